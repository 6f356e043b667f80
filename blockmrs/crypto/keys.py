"""A seed becomes keys and a card.

Source: docs/protocol.md "Keys and cards".
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import NoReturn, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from blockmrs.crypto import crockford
from blockmrs.crypto.curves import (
    SEALING_KEY_BYTES,
    SIGNING_KEY_BYTES,
    is_acceptable_sealing_key,
    is_acceptable_signing_key,
    is_point,
)
from blockmrs.crypto.labels import label
from blockmrs.errors import Malformed

SEED_BYTES = 32
CARD_ID_BYTES = 32
CARD_VERSION = 1
CARD_BYTES = 1 + SIGNING_KEY_BYTES + SEALING_KEY_BYTES
KEYRING_VERSION = 1
_FINGERPRINT_BYTES = 20

SealingKeys = tuple[MLKEM768PrivateKey, X25519PrivateKey]
"""What a sealing seed expands to: ML-KEM-768 and X25519."""


def new_seed() -> bytes:
    """32 fresh random bytes."""
    return secrets.token_bytes(SEED_BYTES)


def derive_key(secret: bytes, purpose: str, context: bytes = b"") -> bytes:
    """32 bytes by HKDF-SHA256 without salt, `info` = the label of `purpose`, then `context`. `secret` has 32 bytes."""
    _check_32(secret, "a secret to derive from")
    return HKDF(algorithm=SHA256(), length=SEED_BYTES, salt=None, info=label(purpose) + context).derive(secret)


def expand_sealing_seed(sealing_seed: bytes) -> SealingKeys:
    """The two private keys of an X-Wing seed: SHAKE256 to 96 bytes, 64 for ML-KEM-768 and 32 for X25519."""
    _check_32(sealing_seed, "a sealing seed")
    expanded = hashlib.shake_256(sealing_seed).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])


def sealing_keys_of(sealing: bytes | SealingKeys) -> SealingKeys:
    """The private keys themselves, where somebody keeps them; else those of a 32-byte seed."""
    return expand_sealing_seed(sealing) if isinstance(sealing, bytes) else sealing


def sealing_public_key(sealing_seed: bytes) -> bytes:
    """The 1,216-byte X-Wing public key of a 32-byte seed: ML-KEM-768 (1,184), then X25519 (32)."""
    return public_bytes(*expand_sealing_seed(sealing_seed))


def public_bytes(mlkem: MLKEM768PrivateKey, x25519: X25519PrivateKey) -> bytes:
    """The 1,216-byte X-Wing public key of the two private keys."""
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def signing_public_key(signing_seed: bytes) -> bytes:
    """The 32-byte Ed25519 public key of a 32-byte seed."""
    _check_32(signing_seed, "a signing seed")
    return Ed25519PrivateKey.from_private_bytes(signing_seed).public_key().public_bytes_raw()


def card_entry_seed(card_id: bytes) -> bytes:
    """The sealing seed of a card's own log entry, which anybody who knows the card can derive."""
    return derive_key(card_id, "card entry")


@dataclass(frozen=True, slots=True)
class Card:
    """The public keys that others need from somebody: Ed25519 (32 bytes) and X-Wing (1,216 bytes), both acceptable."""

    signing_key: bytes
    sealing_key: bytes
    version: int = CARD_VERSION
    _id: bytes | None = field(default=None, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.version != CARD_VERSION:
            raise Malformed("this version of a card is not known")
        if not is_acceptable_signing_key(self.signing_key) or not is_point(self.signing_key):
            raise Malformed("the card's signing key is not acceptable")
        if not is_acceptable_sealing_key(self.sealing_key):
            raise Malformed("the card's sealing key is not acceptable")

    def encode(self) -> bytes:
        """1,249 bytes: version, signing key, sealing key."""
        return bytes([self.version]) + self.signing_key + self.sealing_key

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The card that `data` encodes; InvalidInput for other lengths, versions, and keys that are not acceptable."""
        if len(data) != CARD_BYTES:
            raise Malformed("a card has 1,249 bytes")
        keys = data[1:]
        return cls(keys[:SIGNING_KEY_BYTES], keys[SIGNING_KEY_BYTES:], data[0])

    @property
    def id(self) -> bytes:
        """SHA-256 of the encoding, 32 bytes."""
        if self._id is None:
            # A page asks for it some hundred times.
            digest = hashlib.sha256(self.encode()).digest()
            object.__setattr__(self, "_id", digest)
            return digest
        return self._id

    def fingerprint(self) -> str:
        """The first 160 bits of the id as eight groups of four characters, to compare in person."""
        return crockford.group(crockford.encode(self.id[:_FINGERPRINT_BYTES]))


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """Everything that a session needs of one identity, derived from its seed but not including it.

    Each field is 32 bytes. Nothing of it appears in `repr`, and it cannot be pickled.
    """

    signing_seed: bytes
    sealing_seed: bytes
    own_line: bytes
    doorbell_line: bytes
    lines_secret: bytes
    rows_secret: bytes
    _card: Card | None = field(default=None, init=False, compare=False)
    _sealing_keys: SealingKeys | None = field(default=None, init=False, compare=False)

    def __post_init__(self) -> None:
        for part in self._parts():
            _check_32(part, "each part of a keyring")

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The keyring of a 32-byte seed."""
        return cls(
            signing_seed=derive_key(seed, "signing"),
            sealing_seed=derive_key(seed, "sealing"),
            own_line=derive_key(seed, "own line"),
            doorbell_line=derive_key(seed, "doorbell line"),
            lines_secret=derive_key(seed, "lines"),
            rows_secret=derive_key(seed, "rows"),
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The keyring that `encode` turned into `data`, else InvalidInput."""
        if len(data) != 1 + 6 * SEED_BYTES or data[0] != KEYRING_VERSION:
            raise Malformed("not a keyring of a known version")
        return cls(*(data[start : start + SEED_BYTES] for start in range(1, len(data), SEED_BYTES)))

    def encode(self) -> bytes:
        """193 secret bytes: version, then the six parts in their order. Only ever stored sealed."""
        return bytes([KEYRING_VERSION]) + b"".join(self._parts())

    @property
    def card(self) -> Card:
        """The card that belongs to these keys."""
        if self._card is None:
            card = Card(signing_public_key(self.signing_seed), public_bytes(*self.sealing_keys))
            object.__setattr__(self, "_card", card)
            return card
        return self._card

    @property
    def sealing_keys(self) -> SealingKeys:
        """The private keys of the sealing seed. Expanding it costs more than opening, so it is done once a keyring."""
        if self._sealing_keys is None:
            keys = expand_sealing_seed(self.sealing_seed)
            object.__setattr__(self, "_sealing_keys", keys)
            return keys
        return self._sealing_keys

    def line_to(self, peer_card_id: bytes) -> bytes:
        """The key of the line on which this identity writes to the card `peer_card_id`."""
        _check_32(peer_card_id, "a card id")
        return derive_key(self.lines_secret, "line", peer_card_id)

    def derive(self, purpose: str, context: bytes = b"") -> bytes:
        """32 bytes for sealed rows, handles and the like; distinct for every purpose and context."""
        return derive_key(self.rows_secret, f"row {purpose}", context)

    def _parts(self) -> tuple[bytes, ...]:
        return (
            self.signing_seed,
            self.sealing_seed,
            self.own_line,
            self.doorbell_line,
            self.lines_secret,
            self.rows_secret,
        )

    def __repr__(self) -> str:
        return "Keyring(...)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a keyring is never pickled or copied")


def staff_keyring(card_id: bytes) -> Keyring:
    """The keys of an organisation's staff line, which anybody who knows the organisation's card can derive.

    Nothing on that line is secret, then; what counts is who signed it.
    """
    return Keyring.from_seed(derive_key(card_id, "staff line"))


def ending_keyring(grant_id: bytes) -> Keyring:
    """The keys of the line that holds a grant's end, which anybody who knows the grant's payload id can derive."""
    _check_32(grant_id, "a payload id")
    return Keyring.from_seed(derive_key(grant_id, "ending"))


def ending_line(grant_id: bytes) -> bytes:
    """The key of that line alone: for whoever only asks whether anything stands there."""
    _check_32(grant_id, "a payload id")
    return derive_key(derive_key(grant_id, "ending"), "own line")


def _check_32(value: bytes, what: str) -> None:
    if len(value) != SEED_BYTES:
        raise Malformed(f"{what} has 32 bytes")
