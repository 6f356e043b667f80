"""The recovery code: 128 random bits and 12 check bits, in 28 characters that a person can copy by hand.

Source: docs/protocol.md "Recovery code".
"""

import secrets
from hashlib import sha256

from blockmrs.crypto import crockford
from blockmrs.crypto.labels import label
from blockmrs.errors import Malformed, Slip

CODE_CHARACTERS = 28
_RANDOM_BYTES = 16
_CHECK_BITS = 12


def new_recovery_code() -> str:
    """A fresh code, as seven groups of four with dashes between them."""
    return format_recovery_code(secrets.token_bytes(_RANDOM_BYTES))


def format_recovery_code(random: bytes) -> str:
    """The code of 16 random bytes, the check bits after them."""
    value = int.from_bytes(random, "big") << _CHECK_BITS | _check_bits(random)
    return crockford.group(crockford.from_integer(value, CODE_CHARACTERS))


def parse_recovery_code(text: str) -> str:
    """The canonical form of a typed code: any case, O for 0, I and L for 1, any spaces and dashes.

    Raises:
        Malformed: a character that no code contains (says where), the wrong length (says which), or a failed check.
    """
    characters = crockford.canonical_text(text)
    if len(characters) != CODE_CHARACTERS:
        raise Malformed(
            "a recovery code has another number of characters",
            slip=Slip.LENGTH,
            whole=CODE_CHARACTERS,
            typed=len(characters),
        )
    value = crockford.to_integer(characters)
    random = (value >> _CHECK_BITS).to_bytes(_RANDOM_BYTES, "big")
    if value & ((1 << _CHECK_BITS) - 1) != _check_bits(random):
        raise Malformed("the recovery code has a character that was copied wrongly", slip=Slip.COPIED)
    return crockford.group(characters)


def _check_bits(random: bytes) -> int:
    return int.from_bytes(sha256(label("recovery code") + random).digest()[:2], "big") >> (16 - _CHECK_BITS)
