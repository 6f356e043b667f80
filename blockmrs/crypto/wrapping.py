"""A seed under a password or a recovery code: Argon2id over a peppered secret, then committing encryption.

Opening the wrapped seed is the only password check there is. Source: RFC 9106; docs/protocol.md "Wrapping".
"""

import hmac
import secrets
import struct
import unicodedata
from dataclasses import dataclass
from hashlib import sha256

from argon2.exceptions import HashingError
from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw

from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.crypto.labels import label
from blockmrs.crypto.recovery_codes import new_recovery_code, parse_recovery_code
from blockmrs.crypto.secret_files import read_or_create_secret_file
from blockmrs.crypto.turns import Turns
from blockmrs.errors import CannotOpen, InvalidInput, Malformed, Unavailable

__all__ = ["WrapCost", "Wrapper", "new_recovery_code", "parse_recovery_code", "read_or_create_secret_file"]

WRAP_VERSION = 1
PEPPER_BYTES = 32
SALT_BYTES = 16
KEY_BYTES = 32
SECRET_MAX_CHARACTERS = 1024

# Version, memory in KiB, iterations, lanes, salt: big-endian, 23 bytes.
_HEADER = struct.Struct(">BIBB16s")
_MEMORY_MAX_KIB = 256 * 1024
_ITERATIONS_MAX = 16
_LANES_MAX = 16
# Argon2 itself requires 8 KiB for each lane.
_MEMORY_PER_LANE_KIB = 8
_WORK_MAX_KIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class WrapCost:
    """What one Argon2id run costs: memory in KiB, passes over it, lanes. InvalidInput outside the protocol's bounds."""

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        if not (1 <= self.lanes <= _LANES_MAX and 1 <= self.iterations <= _ITERATIONS_MAX):
            raise Malformed("the cost of wrapping has 1 to 16 lanes and 1 to 16 iterations")
        if not self.lanes * _MEMORY_PER_LANE_KIB <= self.memory_kib <= _MEMORY_MAX_KIB:
            raise Malformed("the cost of wrapping has 8 KiB of memory for each lane, up to 256 MiB")
        if self.memory_kib * self.iterations > _WORK_MAX_KIB:
            raise Malformed("the cost of wrapping is at most 1 GiB of memory times iterations")


class Wrapper:
    """Wraps small secrets under something that a person remembers or keeps on paper.

    Args:
        pepper: 32 secret bytes kept outside the database; without them a stolen database allows no guessing.
        cost: for new wraps; each wrap carries its own, checked when it is read.
        turns: this process's queue for every Argon2id run, each of `cost.memory_kib`. Callers say on whose
            behalf they ask: `asker` and `known` below are those of `Turns.take`.
    """

    __slots__ = ("_cost", "_pepper", "turns")

    def __init__(self, pepper: bytes, cost: WrapCost, turns: Turns | None = None) -> None:
        if len(pepper) != PEPPER_BYTES:
            raise Malformed("a pepper has 32 bytes")
        self._pepper = pepper
        self._cost = cost
        self.turns = turns or Turns()

    def wrap(self, secret: str, content: bytes, *, context: bytes, asker: str = "", known: bool = True) -> bytes:
        """`content` sealed under `secret` for `context` (what it is and whose): 95 bytes longer for a seed.

        Raises:
            Busy: too many at once.
        """
        header = self._header(secrets.token_bytes(SALT_BYTES))
        key = self._stretch(secret, header, self._cost, asker, known)
        return header + seal_secret(key, content, context=_bound(header, context))

    def unwrap(self, secret: str, wrapped: bytes, *, context: bytes, asker: str = "", known: bool = True) -> bytes:
        """What `wrap` sealed.

        Raises:
            CannotOpen: wrong secret, pepper or context, or changed bytes: deliberately not told apart.
            Busy: too many at once.
        """
        header, sealed = wrapped[: _HEADER.size], wrapped[_HEADER.size :]
        key = self._stretch(secret, header, _read_cost(header), asker, known)
        return open_secret(key, sealed, context=_bound(header, context))

    def dummy(self, secret: str, *, asker: str = "", known: bool = True) -> None:
        """Does the work of `unwrap` for nothing, so that an unknown user takes as long as a wrong password."""
        self._stretch(secret, self._header(bytes(SALT_BYTES)), self._cost, asker, known)

    def lookup(self, purpose: str, name: str) -> bytes:
        """32 bytes that represent `name` in an index, the same however it is typed; meaningless without the pepper."""
        return hmac.digest(self._pepper, label(f"lookup {purpose}") + normalise_name(name).encode(), sha256)

    def node_key(self, purpose: str, about: bytes) -> bytes:
        """A 32-byte key of this node's own, for rows that it must read without anybody's keys."""
        return hmac.digest(self._pepper, label(f"node key {purpose}") + about, sha256)

    def _header(self, salt: bytes) -> bytes:
        cost = self._cost
        return _HEADER.pack(WRAP_VERSION, cost.memory_kib, cost.iterations, cost.lanes, salt)

    def _stretch(self, secret: str, header: bytes, cost: WrapCost, asker: str, known: bool) -> bytes:
        peppered = hmac.digest(self._pepper, label("wrap") + _normalise_secret(secret), sha256)
        with self.turns.take(asker, known=known):
            return _argon2id(peppered, header[-SALT_BYTES:], cost)


def _argon2id(secret: bytes, salt: bytes, cost: WrapCost) -> bytes:
    # The reference implementation: its threads live as long as one call. OpenSSL's come from a pool of the process,
    # in which two calls with more than one lane can wait for each other forever.
    try:
        return hash_secret_raw(
            secret,
            salt,
            time_cost=cost.iterations,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
            hash_len=KEY_BYTES,
            type=Type.ID,
            version=ARGON2_VERSION,
        )
    except (HashingError, MemoryError) as error:
        raise Unavailable("not enough memory to check a password; try again") from error


def normalise_name(name: str) -> str:
    """A user name in the form in which it is compared: NFKC, case folded, white space trimmed and collapsed."""
    folded = unicodedata.normalize("NFKC", _checked_text(name)).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def _normalise_secret(secret: str) -> bytes:
    return unicodedata.normalize("NFKC", _checked_text(secret)).encode()


def _checked_text(text: str) -> str:
    if len(text) > SECRET_MAX_CHARACTERS:
        raise Malformed("too long", limit=SECRET_MAX_CHARACTERS)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Malformed("not text")
    return text


def _read_cost(header: bytes) -> WrapCost:
    try:
        version, memory_kib, iterations, lanes, _ = _HEADER.unpack(header)
        # A hostile row must not make us fill the machine's memory: check the bounds before doing any work.
        cost = WrapCost(memory_kib, iterations, lanes)
    except (struct.error, InvalidInput) as error:
        raise CannotOpen("the sealed bytes do not open") from error
    if version != WRAP_VERSION:
        raise CannotOpen("the sealed bytes do not open")
    return cost


def _bound(header: bytes, context: bytes) -> bytes:
    return b"wrap\x00" + header + context
