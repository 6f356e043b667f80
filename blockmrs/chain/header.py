"""The signed block header, always 249 bytes, and what makes one valid.

A header speaks for the whole log so far: its root covers every transaction from the first. The genesis header, height
0, is the same 249 bytes with 32 random bytes where the predecessor's digest stands; its digest is the chain id.

Source: docs/protocol.md "Headers".
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from blockmrs.chain.merkle import DIGEST_BYTES, EMPTY_ROOT
from blockmrs.crypto.curves import is_acceptable_signing_key
from blockmrs.crypto.labels import NO_CHAIN, label
from blockmrs.crypto.signatures import SIGNATURE_BYTES, sign, verify_signature
from blockmrs.errors import InvalidSignature, Malformed, VerificationFailed
from blockmrs.moments import from_ms

HEADER_VERSION = 1
HEADER_BYTES = 249
MAX_SEALERS = 255
SIGNING_PURPOSE = "header"
_KEY_BYTES = 32
_MAX_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class SealerSet:
    """The Ed25519 keys that may sign the next header: 1 to 255, ascending, each 32 bytes."""

    keys: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.keys) <= MAX_SEALERS:
            raise Malformed("a chain has 1 to 255 sealers")
        if list(self.keys) != sorted(set(self.keys)):
            raise Malformed("sealers' keys come in ascending order, each once")
        if not all(is_acceptable_signing_key(key) for key in self.keys):
            raise Malformed("a sealer's key is not acceptable")

    @classmethod
    def of(cls, keys: Iterable[bytes]) -> Self:
        """The set of `keys`, in any order."""
        return cls(tuple(sorted(set(keys))))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The set that `data` encodes, else InvalidInput."""
        if len(data) % _KEY_BYTES != 1 or len(data) // _KEY_BYTES != data[0]:
            raise Malformed("not an encoded set of sealers")
        return cls(tuple(data[start : start + _KEY_BYTES] for start in range(1, len(data), _KEY_BYTES)))

    def encode(self) -> bytes:
        """One byte for how many there are, then the keys."""
        return bytes([len(self.keys)]) + b"".join(self.keys)

    @property
    def digest(self) -> bytes:
        """What a header says about the set: SHA-256 over the label and the encoding, 32 bytes."""
        return hashlib.sha256(label("sealers") + self.encode()).digest()


@dataclass(frozen=True, slots=True)
class Header:
    """A statement about the log's first `tree_size` transactions.

    `time_ms`: since 1970 UTC. `previous`: digest of the header before; in the genesis header, 32 random bytes.
    `next_sealers`: digest of the set that may sign the header after this one. `chain_id`: zeros in the genesis header.
    """

    chain_id: bytes
    height: int
    previous: bytes
    time_ms: int
    tree_size: int
    root: bytes
    next_sealers: bytes
    sealer: bytes
    signature: bytes

    def __post_init__(self) -> None:
        digests = (self.chain_id, self.previous, self.root, self.next_sealers, self.sealer)
        if any(len(digest) != DIGEST_BYTES for digest in digests) or len(self.signature) != SIGNATURE_BYTES:
            raise Malformed("a field of the header has the wrong length")
        if any(not 0 <= number <= _MAX_NUMBER for number in (self.height, self.time_ms, self.tree_size)):
            raise Malformed("a number in the header is out of range")

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The header that `data` encodes; InvalidInput for another length or version. Nothing else is checked here."""
        if len(data) != HEADER_BYTES:
            raise Malformed("a header has 249 bytes")
        if data[0] != HEADER_VERSION:
            raise Malformed("this version of a header is not known", version=data[0])
        return cls(
            chain_id=data[1:33],
            height=int.from_bytes(data[33:41], "big"),
            previous=data[41:73],
            time_ms=int.from_bytes(data[73:81], "big"),
            tree_size=int.from_bytes(data[81:89], "big"),
            root=data[89:121],
            next_sealers=data[121:153],
            sealer=data[153:185],
            signature=data[185:249],
        )

    def encode(self) -> bytes:
        """249 bytes: version, the fields in their order (numbers big-endian in 8 bytes), signature."""
        return self.unsigned() + self.signature

    def unsigned(self) -> bytes:
        """The 185 bytes before the signature, which the sealer signs."""
        return b"".join(
            (
                bytes([HEADER_VERSION]),
                self.chain_id,
                self.height.to_bytes(8, "big"),
                self.previous,
                self.time_ms.to_bytes(8, "big"),
                self.tree_size.to_bytes(8, "big"),
                self.root,
                self.next_sealers,
                self.sealer,
            )
        )

    @property
    def digest(self) -> bytes:
        """SHA-256 of the encoding, signature included: 32 bytes; the chain id, if this is the genesis header."""
        return hashlib.sha256(self.encode()).digest()

    @property
    def time(self) -> datetime:
        """`time_ms` as an aware UTC time."""
        return from_ms(self.time_ms)

    def signed_by(self, signing_seed: bytes) -> Self:
        """This header with the signature of the sealer whose 32-byte seed is given."""
        return replace(self, signature=sign(signing_seed, SIGNING_PURPOSE, self.chain_id, self.unsigned()))


def genesis_header(*, random: bytes, time_ms: int, sealers: SealerSet, sealer: bytes) -> Header:
    """The unsigned first header of a new chain, over an empty log; `random` has 32 bytes."""
    return Header(
        chain_id=NO_CHAIN,
        height=0,
        previous=random,
        time_ms=time_ms,
        tree_size=0,
        root=EMPTY_ROOT,
        next_sealers=sealers.digest,
        sealer=sealer,
        signature=bytes(SIGNATURE_BYTES),
    )


def next_header(
    predecessor: Header, chain_id: bytes, *, sealer: bytes, time_ms: int, tree_size: int, root: bytes
) -> Header:
    """The unsigned header after `predecessor`, naming the same set of sealers; never earlier than it."""
    return replace(
        predecessor,
        chain_id=chain_id,
        height=predecessor.height + 1,
        previous=predecessor.digest,
        time_ms=max(time_ms, predecessor.time_ms),
        tree_size=tree_size,
        root=root,
        sealer=sealer,
        signature=bytes(SIGNATURE_BYTES),
    )


def verify_genesis(header: Header, sealers: SealerSet) -> bytes:
    """Check the first header of a chain and return the chain id. Numbers: docs/protocol.md "Headers"."""
    # G1. Height 0 over the empty log, and no chain id yet.
    if header.height != 0 or header.tree_size != 0 or header.root != EMPTY_ROOT or header.chain_id != NO_CHAIN:
        raise VerificationFailed("the first header is not a genesis header", height=header.height)
    # G2. It names the set of sealers, and its sealer is one of them.
    _check_sealer(header, header.next_sealers, sealers)
    # G3. The sealer's signature, with zeros for the chain id.
    _check_signature(header)
    return header.digest


def verify_header(header: Header, predecessor: Header, sealers: SealerSet) -> None:
    """Check that `header` may follow `predecessor`, itself verified. Numbers: docs/protocol.md "Headers".

    The root is checked against the log, or by a consistency proof, by whoever has one.

    Args:
        sealers: the set that `predecessor.next_sealers` names.

    Raises:
        VerificationFailed: names the first step that failed, and the height.
    """
    where = header.height
    # 1. The same chain: the predecessor's id, or the predecessor's digest if that is the genesis header.
    if header.chain_id != (predecessor.chain_id if predecessor.height else predecessor.digest):
        raise VerificationFailed("the header belongs to another chain", height=where)
    # 2. The next height.
    if header.height != predecessor.height + 1:
        raise VerificationFailed("the header's height does not follow its predecessor's", height=where)
    # 3. It names this predecessor.
    if header.previous != predecessor.digest:
        raise VerificationFailed("the header names another predecessor", height=where)
    # 4. Time never runs backwards.
    if header.time_ms < predecessor.time_ms:
        raise VerificationFailed("the header's time is before its predecessor's", height=where)
    # 5. The log never shrinks, and each size has one root.
    if header.tree_size < predecessor.tree_size:
        raise VerificationFailed("the header's log is shorter than its predecessor's", height=where)
    if header.tree_size == predecessor.tree_size and header.root != predecessor.root:
        raise VerificationFailed("the header has another root for the same log", height=where)
    # 6. The sealer is in the set that the predecessor named.
    _check_sealer(header, predecessor.next_sealers, sealers)
    # 7. The sealer's signature.
    _check_signature(header)


def _check_sealer(header: Header, named: bytes, sealers: SealerSet) -> None:
    if sealers.digest != named:
        raise VerificationFailed("this is not the set of sealers that the chain names", height=header.height)
    if header.sealer not in sealers.keys:
        raise VerificationFailed("the header's sealer is not one of the chain's", height=header.height)


def _check_signature(header: Header) -> None:
    try:
        verify_signature(header.sealer, SIGNING_PURPOSE, header.chain_id, header.unsigned(), header.signature)
    except InvalidSignature as error:
        raise InvalidSignature("the header's signature does not verify", height=header.height) from error
