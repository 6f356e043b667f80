"""Objects on their way out: no longer served from one moment on, and erased 30 days later.

In this order: a copy is put aside on this machine; the object is put on the list of what was let go, which is when it
counts; the store drops it, an IPFS node too, which would serve it to others. If the node is away it is dropped when it
answers again. The copy lies aside for 30 days, where nothing reads it, for an operator who has to undo what somebody
did to harm others (docs/server.md).

    leaving.let_go([cid], now)
    leaving.sweep(now_ms)       # drops what could not be dropped, erases what is old enough
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from blockmrs.errors import ObjectDamaged, ObjectMissing, StorageUnavailable
from blockmrs.moments import to_ms
from blockmrs.storage import MAX_OBJECT_BYTES
from blockmrs.storage.folder import BlockFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from blockmrs.cid import Cid
    from blockmrs.storage.let_go import LetGo
    from blockmrs.storage.outbox import OutboxStore

log = logging.getLogger(__name__)
ERASED_AFTER_MS = 30 * 24 * 3600 * 1000
_STALE_S = 3600.0


def lying_aside(folder: Path) -> BlockFolder:
    """What lies in the outbox `folder` until it is erased."""
    return BlockFolder(folder, ("left",), MAX_OBJECT_BYTES)


def no_step(_step: str) -> None:
    """Let every step pass."""


class Leaving:
    """Lets go what is in `store`; `folder` holds what lies aside."""

    def __init__(
        self, store: OutboxStore, folder: Path, let_go: LetGo, *, on_step: Callable[[str], None] = no_step
    ) -> None:
        self._store = store
        self._list = let_go
        self._leaving = BlockFolder(folder, ("leaving",), MAX_OBJECT_BYTES)
        self._left = lying_aside(folder)
        self._on_step = on_step

    def __contains__(self, cid: Cid) -> bool:
        """Whether it was let go."""
        return cid in self._list

    def let_go(self, cids: Iterable[Cid], at: datetime) -> None:
        """From now on these are served to nobody; repeating it finishes what was cut off.

        Raises:
            StorageUnavailable: the disk or node did not answer. What is on the list by then is let go.
        """
        every = list(cids)
        for cid in every:
            if cid not in self._list:
                self._put_aside(cid)
        self._on_step("put aside")
        self._list.add(every, to_ms(at))
        self._on_step("on the list")
        for cid in every:
            self._drop(cid)
        self._on_step("dropped")

    def enter(self, marks: Iterable[Cid], at: datetime) -> None:
        """Put on the list what is no object, so that a restore does not bring back what it stands for."""
        self._list.add(marks, to_ms(at))

    def read(self, cid: Cid) -> bytes:
        """The bytes of what was let go, for a backup that began before; ObjectMissing, ObjectDamaged or Unavailable."""
        try:
            return self._leaving.read(cid)
        except (ObjectMissing, ObjectDamaged):
            # It is written there before it is removed here.
            return self._left.read(cid)

    def sweep(self, now_ms: int) -> int:
        """Drop what could not be dropped, and erase what was let go 30 days ago; returns how many were erased.

        Raises:
            StorageUnavailable: the disk or node did not answer; the rest waits for the next time.
        """
        for cid in list(self._leaving.iter_cids()):
            if cid in self._list:
                self._drop(cid)
        for cid in list(self._leaving.iter_older(_STALE_S)):
            if cid not in self._list:
                self._leaving.remove(cid)  # Cut off before it counted: it is where it was.
        erased = 0
        for cid in list(self._left.iter_cids()):
            at_ms = self._list.at_ms(cid)
            if at_ms is not None and at_ms + ERASED_AFTER_MS <= now_ms:
                self._left.remove(cid)
                erased += 1
        return erased

    def _put_aside(self, cid: Cid) -> None:
        try:
            self._leaving.write(cid, self._store.get(cid))
        except (ObjectMissing, ObjectDamaged):
            return  # Nothing is here that anybody could want back.

    def _drop(self, cid: Cid) -> None:
        try:
            self._store.unpin(cid)
        except StorageUnavailable as error:
            log.warning("an object that was let go is dropped later: %s", error)
            return
        try:
            self._left.write(cid, self._leaving.read(cid))
        except (ObjectMissing, ObjectDamaged):
            return  # It lies aside already, or was never here.
        self._leaving.remove(cid)
