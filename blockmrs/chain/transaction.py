"""2,048 bytes: version, slot, one-time key, envelope, signature.

The envelope is sealed to one card, its payload padded to 783 bytes and signed inside by its author. Without that
card's keys one sees five fields of fixed length and learns nothing about kind, author or recipient.

Source: docs/protocol.md "Transactions".
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Self, cast

from blockmrs import encoding
from blockmrs.chain.merkle import hash_leaf
from blockmrs.crypto.envelope import SEAL_OVERHEAD_BYTES, open_with, seal_to_key
from blockmrs.crypto.keys import SealingKeys, signing_public_key
from blockmrs.crypto.labels import CHAIN_ID_BYTES, chain_label, label
from blockmrs.crypto.signatures import SIGNATURE_BYTES, sign, verify_signature
from blockmrs.encoding import Value
from blockmrs.errors import Malformed

TRANSACTION_VERSION = 1
TRANSACTION_BYTES = 2048
SLOT_BYTES = 32
ONE_TIME_KEY_BYTES = 32
CARD_ID_BYTES = 32
MAX_PAYLOAD = 783
ENVELOPE_BYTES = MAX_PAYLOAD + SEAL_OVERHEAD_BYTES
FIRST_FIELD, LAST_FIELD = 6, 22
"""The keys of the fields that belong to a kind; 23 is reserved for what a later version needs."""

_ENVELOPE_START = 1 + SLOT_BYTES + ONE_TIME_KEY_BYTES
_SIGNATURE_START = _ENVELOPE_START + ENVELOPE_BYTES


class Kind(IntEnum):
    """What a transaction says, once opened."""

    GRANT = 1
    REVOKE = 2
    INTRODUCE = 3
    CARD = 4
    APPOINT = 5
    RECEIPT = 6
    PROPOSE = 7
    DECIDE = 8
    COVER = 9


@dataclass(frozen=True, slots=True)
class Transaction:
    """One entry of the log, as everybody sees it; `verify_transaction` says whether it belongs there."""

    slot: bytes
    one_time_key: bytes
    envelope: bytes
    signature: bytes

    def __post_init__(self) -> None:
        lengths = (len(self.slot), len(self.one_time_key), len(self.envelope), len(self.signature))
        if lengths != (SLOT_BYTES, ONE_TIME_KEY_BYTES, ENVELOPE_BYTES, SIGNATURE_BYTES):
            raise Malformed("a field of the transaction has the wrong length")

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The transaction that `data` encodes; InvalidInput for another length or version."""
        if len(data) != TRANSACTION_BYTES:
            raise Malformed("a transaction has 2,048 bytes", size=len(data))
        if data[0] != TRANSACTION_VERSION:
            raise Malformed("this version of a transaction is not known", version=data[0])
        return cls(
            slot=data[1:33],
            one_time_key=data[33:_ENVELOPE_START],
            envelope=data[_ENVELOPE_START:_SIGNATURE_START],
            signature=data[_SIGNATURE_START:],
        )

    def encode(self) -> bytes:
        """2,048 bytes."""
        return self.unsigned() + self.signature

    def unsigned(self) -> bytes:
        """The 1,984 bytes before the signature, which the one-time key signs."""
        return bytes([TRANSACTION_VERSION]) + self.slot + self.one_time_key + self.envelope

    @property
    def digest(self) -> bytes:
        """Its leaf in the log, 32 bytes: the name by which it is found."""
        return hash_leaf(self.encode())


@dataclass(frozen=True, slots=True)
class Payload:
    """What an envelope holds. The first six say where it counts, so that a copy of it counts nowhere else."""

    kind: Kind
    chain_id: bytes
    author: bytes
    recipient: bytes
    slot: bytes
    one_time_key: bytes
    fields: Mapping[int, Value]

    def __post_init__(self) -> None:
        parts = (self.chain_id, self.author, self.recipient, self.slot, self.one_time_key)
        if any(len(part) != CHAIN_ID_BYTES for part in parts):
            raise Malformed("a payload's ids, slot and key have 32 bytes each")
        if any(not FIRST_FIELD <= key <= LAST_FIELD for key in self.fields):
            raise Malformed("the fields of a kind have the keys 6 to 22")

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The payload that `data` encodes, else InvalidInput."""
        value = encoding.decode(data)
        if not isinstance(value, dict) or not set(range(FIRST_FIELD)) <= set(value):
            raise Malformed("a payload is a map with the keys 0 to 5")
        kind, *places = (value.pop(key) for key in range(FIRST_FIELD))
        if isinstance(kind, bool) or kind not in tuple(Kind):
            raise Malformed("this kind of transaction is not known")
        if not all(isinstance(place, bytes) for place in places):
            raise Malformed("a payload's ids, slot and key are byte strings")
        chain_id, author, recipient, slot, one_time_key = cast(list[bytes], places)
        return cls(Kind(cast(int, kind)), chain_id, author, recipient, slot, one_time_key, value)

    def encode(self) -> bytes:
        """Deterministic CBOR: a map from 0 (kind) to 5 (one-time key), then the kind's own fields."""
        return encoding.encode(
            {
                0: int(self.kind),
                1: self.chain_id,
                2: self.author,
                3: self.recipient,
                4: self.slot,
                5: self.one_time_key,
                **self.fields,
            }
        )


@dataclass(frozen=True, slots=True)
class SealedTransaction:
    """A transaction's 2,048 bytes, and the id of the payload inside (32 bytes)."""

    transaction: bytes
    payload_id: bytes


@dataclass(frozen=True, slots=True)
class OpenedPayload:
    """A payload whose place has been checked but whose author has not: call `verify_author` before believing it."""

    payload: Payload
    signature: bytes
    id: bytes

    def verify_author(self, signing_key: bytes) -> None:
        """Check the author's signature; `signing_key` comes from the card whose id is `payload.author`.

        Raises:
            InvalidSignature: somebody else wrote it.
        """
        # 9. The author's signature over the payload's encoding. Numbers: docs/protocol.md "Opening a transaction".
        verify_signature(signing_key, "payload", self.payload.chain_id, self.payload.encode(), self.signature)


def payload_id(body: bytes) -> bytes:
    """The id of an encoded payload: SHA-256 over the label and the encoding, 32 bytes; revocations name it."""
    return hashlib.sha256(label("payload id") + body).digest()


def envelope_info(chain_id: bytes, slot: bytes, one_time_key: bytes) -> bytes:
    """What ties an envelope to its place: label, chain id, slot, one-time key."""
    return chain_label("envelope", chain_id) + slot + one_time_key


def seal_transaction(
    kind: Kind,
    fields: Mapping[int, Value],
    *,
    author: bytes,
    signing_seed: bytes,
    recipient: bytes,
    recipient_key: bytes,
    slot: bytes,
    one_time_seed: bytes,
    chain_id: bytes,
) -> SealedTransaction:
    """A transaction for the card `recipient`, signed inside by `author` and outside by the one-time key.

    Args:
        fields: keys 6 to 22, at most 535 bytes when encoded.
        author: the card id (32 bytes) to which `signing_seed` belongs.
        recipient_key: the recipient's X-Wing public key, 1,216 bytes.

    Raises:
        InvalidInput: the fields do not fit, or a part has the wrong length.
    """
    one_time_key = signing_public_key(one_time_seed)
    payload = Payload(kind, chain_id, author, recipient, slot, one_time_key, fields)
    body = payload.encode()
    content = encoding.encode([body, sign(signing_seed, "payload", chain_id, body)])
    if len(content) > MAX_PAYLOAD:
        raise Malformed("the payload is too long for a transaction", size=len(content), limit=MAX_PAYLOAD)
    padded = content.ljust(MAX_PAYLOAD, b"\x00")
    envelope = seal_to_key(padded, recipient_key, info=envelope_info(chain_id, slot, one_time_key))
    unsigned = Transaction(slot, one_time_key, envelope, bytes(SIGNATURE_BYTES)).unsigned()
    signature = sign(one_time_seed, "transaction", chain_id, unsigned)
    return SealedTransaction(unsigned + signature, payload_id(body))


def verify_transaction(transaction: Transaction, chain_id: bytes) -> None:
    """Check that the holder of the one-time key put this together, for this chain.

    Raises:
        InvalidSignature: forged, changed, from another chain, or under a key of small order.
    """
    # 3. The outer signature; 1. and 2., length and version, were `Transaction.decode`.
    verify_signature(transaction.one_time_key, "transaction", chain_id, transaction.unsigned(), transaction.signature)


def open_transaction(
    transaction: Transaction, sealing: bytes | SealingKeys, *, chain_id: bytes, recipient: bytes | None = None
) -> OpenedPayload:
    """The payload of `transaction`, checked against the place where it was found.

    Args:
        sealing: the private keys of the key it was sealed to, or their 32-byte seed.
        recipient: the card id that must be named inside, where the caller reads for one card.

    Raises:
        CannotOpen: sealed to another key, changed, or moved to another slot, key or chain.
        InvalidInput: it opens, but is not a payload of this place.
    """
    # 4. The envelope opens with the info of this chain, slot and one-time key.
    info = envelope_info(chain_id, transaction.slot, transaction.one_time_key)
    padded = open_with(transaction.envelope, sealing, info=info)
    # 5. Inside: an array of body and signature in its one encoding, then zeros only.
    content = encoding.decode_padded(padded)
    match content:
        case [bytes() as body, bytes() as signature] if len(signature) == SIGNATURE_BYTES:
            pass
        case _:
            raise Malformed("an envelope holds a payload and its signature")
    # 6. The body: a map in its one encoding, with a known kind.
    payload = Payload.decode(body)
    # 7. Chain id, slot and one-time key inside match those outside.
    if (payload.chain_id, payload.slot, payload.one_time_key) != (chain_id, transaction.slot, transaction.one_time_key):
        raise Malformed("the payload belongs to another place")
    # 8. The card named inside is the one that reads.
    if recipient is not None and payload.recipient != recipient:
        raise Malformed("the payload is for another card")
    return OpenedPayload(payload, signature, payload_id(body))
