"""Line keys and slots: how people find what is theirs in a log that reveals it to nobody else.

A line is a 32-byte key; its n-th transaction is at `slot_at(line_key, n)` under the one-time key of
`one_time_seed_at(line_key, n)`. Anybody may write anything at a slot, so a reader discards whatever is there under
another one-time key before opening anything.

Source: docs/protocol.md "Lines and slots".
"""

import hmac

from blockmrs.crypto.keys import derive_key, signing_public_key
from blockmrs.crypto.labels import label
from blockmrs.errors import Malformed

WINDOW = 20
"""How many slots beyond the last entry a reader looks; a writer never leaves a gap this wide."""

LINE_KEY_BYTES = 32
_MAX_NUMBER = 2**63 - 1


def slot_at(line_key: bytes, number: int) -> bytes:
    """The 32-byte place of the line's transaction `number`, from 0: HMAC-SHA256(line key, label | number)."""
    return hmac.digest(_checked(line_key), label("slot") + _encode_number(number), "sha256")


def one_time_seed_at(line_key: bytes, number: int) -> bytes:
    """The 32-byte signing seed for the line's transaction `number`: HKDF(line key, label | number)."""
    return derive_key(_checked(line_key), "otk", _encode_number(number))


def one_time_key_at(line_key: bytes, number: int) -> bytes:
    """The 32-byte public key that the line's transaction `number` must be under."""
    return signing_public_key(one_time_seed_at(line_key, number))


def card_slot(card_id: bytes) -> bytes:
    """The 32-byte place of a card's own entry, which anybody who knows the card's id can compute."""
    return hmac.digest(_checked(card_id), label("card slot"), "sha256")


def successor_slot(card_id: bytes) -> bytes:
    """The 32-byte place of the card that follows this one, which anybody who knows this one's id can compute."""
    return hmac.digest(_checked(card_id), label("successor slot"), "sha256")


def _encode_number(number: int) -> bytes:
    if not 0 <= number <= _MAX_NUMBER:
        raise Malformed("a line's numbers run from 0 to 2^63-1")
    return number.to_bytes(8, "big")


def _checked(key: bytes) -> bytes:
    if len(key) != LINE_KEY_BYTES:
        raise Malformed("a line key or card id has 32 bytes")
    return key
