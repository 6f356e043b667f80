"""Content identifiers: CIDv1, codec raw, sha2-256, base32 lower case without padding.

Source: multiformats CID specification; docs/protocol.md "Content identifiers".
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Self

from blockmrs.errors import Malformed, ObjectMismatch

# CID version 1, codec raw (0x55), multihash sha2-256 (0x12) of 32 bytes (0x20).
_PREFIX = b"\x01\x55\x12\x20"
_TEXT = re.compile(r"bafkrei[a-z2-7]{52}")
DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True, order=True)
class Cid:
    """The name of an object's bytes: `digest` is their SHA-256, 32 bytes."""

    digest: bytes

    def __post_init__(self) -> None:
        if len(self.digest) != DIGEST_BYTES:
            raise Malformed("a content identifier holds a digest of 32 bytes")

    @classmethod
    def of(cls, content: bytes) -> Self:
        """The identifier of `content`."""
        return cls(hashlib.sha256(content).digest())

    @classmethod
    def parse(cls, text: str) -> Self:
        """The identifier written as `text` (59 characters, `bafkrei...`), else InvalidInput."""
        if not _TEXT.fullmatch(text):
            raise Malformed("not a content identifier of this protocol")
        raw = base64.b32decode(text[1:].upper() + "======")
        cid = cls(raw[len(_PREFIX) :])
        # The last character carries unused bits: only the canonical spelling is a name.
        if str(cid) != text:
            raise Malformed("not a content identifier of this protocol")
        return cid

    def __str__(self) -> str:
        return "b" + base64.b32encode(_PREFIX + self.digest).decode("ascii").lower().rstrip("=")

    def check_bytes(self, content: bytes) -> None:
        """Raise ObjectMismatch unless `content` is what this identifier names."""
        if hashlib.sha256(content).digest() != self.digest:
            raise ObjectMismatch("the bytes do not match their content identifier", cid=self)
