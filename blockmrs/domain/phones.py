"""Telephone numbers as people write them, and as a phone dials them.

A number with a country code is judged by `phonenumbers`, which knows what each country's numbers look like; of one
without, all that is known is that it could be dialled. Source of the dialled form: RFC 3966.
"""

import re
from dataclasses import dataclass

import phonenumbers

from blockmrs.errors import InvalidInput
from blockmrs.typed import sign_by_sign

MOST_NUMBERS = 3
_BETWEEN = re.compile(r" ?[;|\n] ?|, | or | o | (?=\+)", re.IGNORECASE)
# A slash occurs within German numbers, and between two numbers of anybody's.
_SLASH = re.compile(r" ?/ ?")
_WHOLE_DIGITS = 6
_NATIONAL = re.compile(r"([0-9 ()./-]{3,30}?)(?: ?(?:ext\.?|x|#) ?([0-9]{1,6}))?", re.IGNORECASE)
_FEWEST_DIGITS, _MOST_DIGITS = 3, 15


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """One number: as it was written, and as it goes into a `tel:` link."""

    text: str
    dialled: str


def parse_numbers(text: str, *, field: str) -> tuple[PhoneNumber, ...]:
    """The numbers in a box, at most three, in order; none for an empty box.

    Raises:
        InvalidInput: part of it cannot be dialled.
    """
    lines = "\n".join(sign_by_sign(line) for line in text.splitlines())
    parts = [part for between in _BETWEEN.split(lines) for part in _at_slash(between) if part]
    if len(parts) > MOST_NUMBERS:
        raise _no_number(field)
    return tuple(PhoneNumber(part, _dialled(part, field)) for part in parts)


def _at_slash(text: str) -> list[str]:
    parts = _SLASH.split(text)
    whole = len(parts) > 1 and all(sum(map(str.isdigit, part)) >= _WHOLE_DIGITS for part in parts)
    return parts if whole else [text]


def _dialled(text: str, field: str) -> str:
    if text.startswith("00"):
        text = f"+{text[2:]}"
    if text.startswith("+"):
        return _international(text, field)
    match = _NATIONAL.fullmatch(text)
    digits = "" if match is None else "".join(filter(str.isdigit, match[1]))
    if match is None or not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        raise _no_number(field)
    return f"{digits};ext={match[2]}" if match[2] else digits


def _international(text: str, field: str) -> str:
    # The library searches for a number within a text: anything that is not part of one was typed by mistake.
    if not re.fullmatch(r"\+[0-9 ()./-]+(?: ?(?:ext\.?|x|#) ?[0-9]{1,6})?", text, re.IGNORECASE):
        raise _no_number(field)
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException as error:
        raise _no_number(field) from error
    if not phonenumbers.is_possible_number(number):
        raise _no_number(field)
    return (
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.RFC3966).removeprefix("tel:").replace("-", "")
    )


def _no_number(field: str) -> InvalidInput:
    return InvalidInput("Enter a telephone number, like +1 555 010 0199. Put a semicolon between two", field=field)
