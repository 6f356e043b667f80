"""An update: one signed addition to somebody's record, before it is sealed.

The signature is made and checked by the caller, with `crypto.signatures` and the purpose "update", over
`signed_bytes()`. Source: docs/protocol.md "Updates".
"""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import cast

from blockmrs.encoding import Value, decode, encode
from blockmrs.errors import InvalidInput
from blockmrs.moments import EPOCH, from_ms, to_ms

UPDATE_VERSION = 1
NONCE_BYTES = 16
CARD_ID_BYTES = 32
SIGNATURE_BYTES = 64

_VERSION, _NONCE, _SUBJECT, _AUTHOR, _KIND, _CREATED, _PURPOSE, _BODY, _SIGNATURE = range(9)
_WORD = re.compile(r"[a-z][a-z-]{1,31}")


def is_word(value: object) -> bool:
    """Whether it is one that can name a kind or a purpose of an update."""
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Update:
    """What `author` (a card id) adds to the record of `subject` (a card id).

    `nonce` is 16 random bytes; `kind` and `purpose` are short words of a-z and hyphens; `created` is UTC, kept to the
    millisecond; `body` is the content, a FHIR resource or Bundle as JSON.
    """

    nonce: bytes
    subject: bytes
    author: bytes
    kind: str
    created: datetime
    purpose: str
    body: bytes

    def __post_init__(self) -> None:
        if len(self.nonce) != NONCE_BYTES:
            raise InvalidInput("an update's nonce has 16 bytes")
        if len(self.subject) != CARD_ID_BYTES or len(self.author) != CARD_ID_BYTES:
            raise InvalidInput("an update's subject and author are card ids of 32 bytes")
        if not is_word(self.kind) or not is_word(self.purpose):
            raise InvalidInput("an update's kind and purpose are 2 to 32 of a-z and hyphens, beginning with a letter")
        if self.created.tzinfo is None or self.created < EPOCH:
            raise InvalidInput("an update's time is in UTC, and not before 1970")
        object.__setattr__(self, "created", from_ms(to_ms(self.created)))

    def signed_bytes(self) -> bytes:
        """What the author signs: the encoding of everything but the signature."""
        return encode(self._fields())

    def _fields(self) -> dict[int, Value]:
        return {
            _VERSION: UPDATE_VERSION,
            _NONCE: self.nonce,
            _SUBJECT: self.subject,
            _AUTHOR: self.author,
            _KIND: str(self.kind),
            _CREATED: to_ms(self.created),
            _PURPOSE: str(self.purpose),
            _BODY: self.body,
        }


def encode_update(update: Update, signature: bytes) -> bytes:
    """The plaintext that is sealed: the update with its author's 64-byte signature."""
    if len(signature) != SIGNATURE_BYTES:
        raise InvalidInput("an update's signature has 64 bytes")
    return encode({**update._fields(), _SIGNATURE: signature})


def decode_update(plaintext: bytes) -> tuple[Update, bytes]:
    """The update in `plaintext` and its signature, which is *not* yet verified; else InvalidInput."""
    value = decode(plaintext)
    if not isinstance(value, dict) or list(value) != list(range(_SIGNATURE + 1)):
        raise InvalidInput("not an update: wrong fields")
    if type(value[_VERSION]) is not int or value[_VERSION] != UPDATE_VERSION:
        raise InvalidInput("this version of an update is not known")
    types = {
        _NONCE: bytes,
        _SUBJECT: bytes,
        _AUTHOR: bytes,
        _KIND: str,
        _CREATED: int,
        _PURPOSE: str,
        _BODY: bytes,
        _SIGNATURE: bytes,
    }
    for key, kind in types.items():
        if type(value[key]) is not kind:
            raise InvalidInput("not an update: a field has the wrong type", field_number=key)
    fields = cast(dict[int, bytes], value)
    if len(fields[_SIGNATURE]) != SIGNATURE_BYTES:
        raise InvalidInput("an update's signature has 64 bytes")
    update = Update(
        nonce=fields[_NONCE],
        subject=fields[_SUBJECT],
        author=fields[_AUTHOR],
        kind=cast(str, value[_KIND]),
        created=from_ms(cast(int, value[_CREATED])),
        purpose=cast(str, value[_PURPOSE]),
        body=fields[_BODY],
    )
    return update, fields[_SIGNATURE]


def update_id(plaintext: bytes) -> bytes:
    """The id of an update, 32 bytes: the SHA-256 of its plaintext, the same whatever object carries it."""
    return sha256(plaintext).digest()
