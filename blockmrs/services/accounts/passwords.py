"""What a new password or user name must be. No composition rules: length, and not easily guessed."""

from __future__ import annotations

import re
import unicodedata

from zxcvbn import zxcvbn
from zxcvbn.matching import L33T_TABLE

from blockmrs.errors import InvalidInput
from blockmrs.typed import is_seen, one_line, plain

PASSWORD_MIN = 12
PASSWORD_MAX = 256
NAME_MAX = 80
STRONG = 3
LONGEST_JUDGED = 72
# Measured: up to eight kinds of such characters in 72 characters, or all twenty kinds in 20, take 50 ms.
SHORT_PART = 18
MOST_READINGS = 8
MOST_WORDS = 12
_READ_AS_LETTERS = frozenset(sign for signs in L33T_TABLE.values() for sign in signs)
_WORDS = re.compile(r"\w+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def normalise_user_name(text: str) -> str:
    """The one spelling under which a user name or e-mail address is looked up; InvalidInput if it is not one."""
    name = unicodedata.normalize("NFKC", plain(text)).strip().casefold()
    if not 3 <= len(name) <= NAME_MAX or _CONTROL.search(name) or " " in name or not is_seen(name):
        raise InvalidInput("Enter a user name or email of 3 to 80 characters, without spaces", field="user_name")
    return name


def check_display_name(text: str, field: str = "display_name") -> str:
    """A person's, team's or player's name as shown to others: 1 to 80 characters, no control characters.

    At least one letter or digit of it must be visible: nobody can tell names of blanks or marks apart, or say them.
    """
    name = plain(text)
    if not 1 <= len(name) <= NAME_MAX or _CONTROL.search(name):
        raise InvalidInput("Enter a name of 1 to 80 characters", field=field)
    if not is_seen(name):
        raise InvalidInput("Enter a name with at least one letter", field=field)
    return one_line(name)


def check_length(password: str, *, user_name: str, field: str = "password") -> None:
    """InvalidInput says what to do if the password is too short, too long, or the user name. Costs nothing."""
    if len(password) < PASSWORD_MIN:
        raise InvalidInput("Use 12 characters or more. Three or four words work well", field=field)
    if len(password) > PASSWORD_MAX:
        raise InvalidInput("Use 256 characters or fewer", field=field)
    if unicodedata.normalize("NFKC", password).casefold() == user_name:
        raise InvalidInput("Use a password that is not your user name", field=field)


def check_not_guessed(password: str, *, user_name: str, display_name: str = "", field: str = "password") -> None:
    """InvalidInput says what to do if the password is easily guessed.

    This takes a twentieth of a second at worst, and so comes after a throttle, in its turn.
    """
    names = [user_name, display_name, *_WORDS.findall(f"{user_name} {display_name}")]
    inputs = [name[:NAME_MAX] for name in names[:MOST_WORDS]]
    if all(zxcvbn(part, user_inputs=inputs)["score"] < STRONG for part in _judged(password)):
        raise InvalidInput("That password is easy to guess. Use four words that do not belong together", field=field)


def _judged(password: str) -> list[str]:
    """The part of a password that is judged: its strongest part counts.

    zxcvbn tries every reading of characters that stand for letters (4 for a, $ for s): with all of them in one long
    password that takes seconds; in a short one it does not.
    """
    longest = password[:LONGEST_JUDGED]
    if len(set(longest) & _READ_AS_LETTERS) <= MOST_READINGS:
        return [longest]
    return [longest[start : start + SHORT_PART] for start in range(0, len(longest), SHORT_PART)]
