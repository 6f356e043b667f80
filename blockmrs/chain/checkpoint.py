"""The head as a signed note for outside witnesses to read.

A note's text is plain: its signature carries no label of ours. It still cannot be mistaken for anything else that the
same key signs, because those begin with a label that ends in a zero byte, which no note may contain.

Source: C2SP signed-note and tlog-checkpoint; docs/protocol.md "Checkpoints".
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cryptography import exceptions
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from blockmrs.chain.merkle import DIGEST_BYTES
from blockmrs.crypto.curves import is_acceptable_signing_key
from blockmrs.crypto.keys import signing_public_key
from blockmrs.errors import InvalidSignature, Malformed

ED25519 = b"\x01"
MAX_SIGNATURES = 100
MAX_NOTE_BYTES = 64 * 1024
_KEY_ID_BYTES = 4
_DASH = "— "
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class NoteKey:
    """An Ed25519 key that signs notes, under a name without spaces or plus signs."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise Malformed("a note key's name has no spaces, plus signs or control characters")
        if not is_acceptable_signing_key(self.public_key):
            raise Malformed("the note key is not acceptable")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key written as `name+hex(id)+base64(type | key)`, else InvalidInput."""
        match text.split("+", 2):
            case [name, key_id, encoded]:
                content = _decode_base64(encoded)
            case _:
                raise Malformed("not a verifier key")
        if content[:1] != ED25519:
            raise Malformed("not an Ed25519 verifier key")
        key = cls(name, content[1:])
        if key.id.hex() != key_id:
            raise Malformed("the verifier key's id does not match its key")
        return key

    def format(self) -> str:
        """The verifier key as text, as witnesses' configurations take it."""
        return f"{self.name}+{self.id.hex()}+{_encode_base64(ED25519 + self.public_key)}"

    @property
    def id(self) -> bytes:
        """The first 4 bytes of SHA-256(name, newline, type, key)."""
        content = self.name.encode("utf-8") + b"\n" + ED25519 + self.public_key
        return hashlib.sha256(content).digest()[:_KEY_ID_BYTES]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log states about itself: its name, how many entries it has, and their root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """The checkpoint that `text` is; further lines, which the standard allows, are ignored. Else InvalidInput."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or "" in lines[:-1] or not _SIZE.fullmatch(lines[1]):
            raise Malformed("not a checkpoint")
        root = _decode_base64(lines[2])
        if len(root) != DIGEST_BYTES:
            raise Malformed("a checkpoint's root has 32 bytes")
        return cls(lines[0], int(lines[1]), root)

    def format(self) -> str:
        """Three lines: origin, size in decimal, root in base64."""
        return f"{self.origin}\n{self.size}\n{_encode_base64(self.root)}\n"


def sign_note(text: str, name: str, signing_seed: bytes) -> str:
    """The signed note of `text`, which ends in a newline, under the key of `signing_seed` (32 bytes)."""
    _check_text(text)
    key = NoteKey(name, signing_public_key(signing_seed))
    signature = Ed25519PrivateKey.from_private_bytes(signing_seed).sign(text.encode("utf-8"))
    return f"{text}\n{_DASH}{name} {_encode_base64(key.id + signature)}\n"


def open_note(note: str, known: Sequence[NoteKey]) -> tuple[str, list[NoteKey]]:
    """The text of `note`, and those of the `known` keys that signed it, at least one.

    Raises:
        InvalidInput: it is not a signed note.
        InvalidSignature: a known key's signature is wrong, or no known key signed.
    """
    # 1. The text ends before the last empty line; only signature lines follow.
    if len(note.encode("utf-8", "surrogatepass")) > MAX_NOTE_BYTES:
        raise Malformed("the note is too long", limit_bytes=MAX_NOTE_BYTES)
    text, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise Malformed("not a signed note")
    text += "\n"
    _check_text(text)
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Malformed("too many signatures on a note", limit=MAX_SIGNATURES)
    signers: list[NoteKey] = []
    for line in lines:
        # 2. Every line is well-formed, whoever signed it.
        name, key_id, signature = _parse_signature(line)
        for key in known:
            if (key.name, key.id) == (name, key_id):
                # 3. A known key's signature must be right; lines of unknown keys count for nothing.
                _verify(key, text, signature)
                signers.append(key)
    # 4. At least one known key signed.
    if not signers:
        raise InvalidSignature("no known key signed this note")
    return text, signers


def _verify(key: NoteKey, text: str, signature: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, text.encode("utf-8"))
    except (exceptions.InvalidSignature, ValueError) as error:
        raise InvalidSignature("a signature on the note does not verify", key=key.name) from error


def _parse_signature(line: str) -> tuple[str, bytes, bytes]:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _NAME.fullmatch(name):
        raise Malformed("not a signature line of a note")
    content = _decode_base64(encoded)
    if len(content) <= _KEY_ID_BYTES:
        raise Malformed("a note's signature is too short")
    return name, content[:_KEY_ID_BYTES], content[_KEY_ID_BYTES:]


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(character < " " and character != "\n" for character in text):
        raise Malformed("a note's text ends in a newline and has no other control characters")


def _encode_base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _decode_base64(text: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("not base64") from error
    # The last character has unused bits: only one spelling is valid.
    if _encode_base64(content) != text:
        raise Malformed("not base64")
    return content
