"""Bytes by content identifier: what every object store promises, wherever it keeps the bytes.

`embedded` keeps them in a folder, `kubo` in an IPFS node; `outbox` stands in front of a store that may be away.
"""

from dataclasses import dataclass
from typing import Protocol

from blockmrs.cid import Cid
from blockmrs.errors import Malformed, ObjectDamaged, ObjectMismatch

# An object is one raw IPFS block; Bitswap nodes refuse blocks over 2 MiB.
MAX_OBJECT_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a store can take an object now, in words for an operator; `objects` is None if it cannot say how many."""

    ok: bool
    detail: str
    objects: int | None = None


class ObjectStore(Protocol):
    """Keeps objects of up to MAX_OBJECT_BYTES under the identifiers computed from their bytes.

    Every method may raise StorageUnavailable: the disk or node did not answer, or could not keep the bytes.
    """

    def put(self, content: bytes) -> Cid:
        """Keep `content` durably and return its identifier; keeping the same bytes again changes nothing.

        Raises:
            InvalidInput: `content` is longer than MAX_OBJECT_BYTES.
        """
        ...

    def get(self, cid: Cid) -> bytes:
        """The bytes that `cid` names, always checked against it.

        Raises:
            ObjectMissing: this store does not hold them.
            ObjectDamaged: it holds other bytes under that name.
        """
        ...

    def has(self, cid: Cid) -> bool:
        """Whether something is held under `cid`; its bytes may still be wrong."""
        ...

    def pin(self, cid: Cid) -> None:
        """Make sure that an object held here stays; ObjectMissing if it is not held. `put` already pins."""
        ...

    def unpin(self, cid: Cid) -> None:
        """Drop an object: from now on this store does not hold it. Copies elsewhere stay."""
        ...

    def health(self) -> Health:
        """How the store is doing; the one method that answers instead of raising."""
        ...


def check_held(cid: Cid, content: bytes) -> bytes:
    """`content`, which a store holds under `cid`; ObjectDamaged if it does not match its name."""
    try:
        cid.check_bytes(content)
    except ObjectMismatch as error:
        raise ObjectDamaged("the bytes do not match their content identifier", cid=cid) from error
    return content


def check_size(content: bytes, max_bytes: int = MAX_OBJECT_BYTES) -> None:
    """Raise InvalidInput unless `content` may be one object."""
    if len(content) > max_bytes:
        raise Malformed(f"an object is at most {max_bytes // 1024} KiB", size_bytes=len(content))
