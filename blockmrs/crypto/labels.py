"""The labels that keep one use of a key or a signature from being taken for another.

Source: docs/protocol.md "Labels".
"""

import re
from functools import lru_cache

from blockmrs.errors import Malformed

CHAIN_ID_BYTES = 32
NO_CHAIN = bytes(CHAIN_ID_BYTES)
"""Stands for the chain id where none can exist yet: in the signature of a genesis header."""

PREFIX = b"blockmrs/1 "
_PURPOSE = re.compile(r"[a-z0-9][a-z0-9 ._-]{0,63}")


@lru_cache(maxsize=256)
def label(purpose: str) -> bytes:
    """`blockmrs/1 <purpose>` and a zero byte, so that no label is a prefix of another."""
    if not _PURPOSE.fullmatch(purpose):
        raise Malformed("a purpose is 1 to 64 of: a-z, 0-9, space, dot, underscore, hyphen")
    return PREFIX + purpose.encode("ascii") + b"\x00"


def chain_label(purpose: str, chain_id: bytes) -> bytes:
    """The label of `purpose` on the chain `chain_id` (32 bytes): it begins every signed text and every HPKE info."""
    if len(chain_id) != CHAIN_ID_BYTES:
        raise Malformed("a chain id has 32 bytes")
    return label(purpose) + chain_id
