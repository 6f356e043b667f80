"""Copies, on this machine, of the objects without which nobody here could work: keys, cards and rosters.

They are small, few per person, and as sealed as the originals. While the store is away, or lacks what it should hold,
who is whose parent or colleague is still known, and a report can still be written.
"""

import logging

from blockmrs.cid import Cid
from blockmrs.errors import ObjectMissing, StorageUnavailable, VerificationFailed
from blockmrs.storage import Health, ObjectStore
from blockmrs.storage.folder import BlockFolder

log = logging.getLogger(__name__)
COPIES = "copies"


class CopyingStore:
    """An ObjectStore that keeps a copy in `copies` of each object that passes through it, and reads that copy first.

    A copy is checked against its name like any object. If it cannot be kept, because the disk is full, it is made
    at the next reading: the object itself is in the inner store or its outbox.
    """

    def __init__(self, inner: ObjectStore, copies: BlockFolder) -> None:
        self._inner = inner
        self._copies = copies

    def put(self, content: bytes) -> Cid:
        cid = self._inner.put(content)
        self._copy(cid, content)
        return cid

    def get(self, cid: Cid) -> bytes:
        try:
            return self._copies.read(cid)
        except (ObjectMissing, VerificationFailed, StorageUnavailable):
            content = self._inner.get(cid)
        self._copy(cid, content)
        return content

    def has(self, cid: Cid) -> bool:
        return self._copies.has(cid) or self._inner.has(cid)

    def pin(self, cid: Cid) -> None:
        self._inner.pin(cid)

    def unpin(self, cid: Cid) -> None:
        self._inner.unpin(cid)
        self._copies.remove(cid)

    def health(self) -> Health:
        return self._inner.health()

    def _copy(self, cid: Cid, content: bytes) -> None:
        try:
            if not self._copies.has(cid):
                self._copies.write(cid, content)
        except StorageUnavailable as error:
            log.warning("an object is not copied: %s", error)
