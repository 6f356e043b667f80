"""Codes that people read out and type: groups of four, without 0, O, 1 and I."""

from __future__ import annotations

import secrets

from blockmrs.errors import InvalidInput, Message
from blockmrs.typed import sign_by_sign

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_GROUP = 4
_SPACES = str.maketrans("", "", " -")


def new_code(length: int) -> str:
    """`length` random characters, 5 bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def format_code(code: str) -> str:
    """`code` in groups of four."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def parse_code(text: str, length: int, *, field: str = "code") -> str:
    """The code that somebody typed, in capitals and without spaces; InvalidInput if it cannot be one."""
    code = sign_by_sign(text).translate(_SPACES).upper()
    if len(code) != length:
        raise InvalidInput(Message("Enter all %(length)d characters of the code", length=length), field=field)
    if any(character not in ALPHABET for character in code):
        raise InvalidInput("Check the code: it has letters and numbers, but no 0, O, 1 or I", field=field)
    return code
