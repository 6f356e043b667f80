"""Whether this node can serve, part by part: for machines at `/readyz`, and for the operator."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

from sqlalchemy import literal_column, select
from sqlalchemy.exc import SQLAlchemyError

from blockmrs.cid import Cid
from blockmrs.errors import NOT_HERE, BlockMRSError
from blockmrs.model.objects import HeldObjectRow
from blockmrs.services.node.disk import has_room

if TYPE_CHECKING:
    from blockmrs.chain.ledger import Ledger
    from blockmrs.model.database import Database
    from blockmrs.storage.outbox import OutboxStore

Holds = Literal["all", "some", "none", "unknown"]
SAMPLE = 8
# Anybody may ask, and a store that hangs costs its whole timeout, so one check answers everybody for a while.
FRESH_S = 5.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """How each part is.

    database, chain: it answers. may_sign: the head file and the database belong together, and the key is one of the
    chain's. storage: the object store answers; `holds`, how much it has of a sample of the objects that it should have.
    outbox, disk: they can take what is saved. `waiting` objects have not reached their store yet.
    """

    database: bool
    chain: bool
    may_sign: bool
    storage: bool
    holds: Holds
    outbox: bool
    disk: bool
    waiting: int

    @property
    def is_ready(self) -> bool:
        """Whether a report can be saved now, and saved ones can be read.

        A store that is away does not prevent the first: there is the outbox. One that has nothing is the wrong store.
        """
        can_save = self.database and self.chain and self.may_sign and self.outbox and self.disk
        return can_save and self.holds != "none"

    @property
    def is_well(self) -> bool:
        """Whether nothing needs anybody's attention."""
        return self.is_ready and self.storage and self.holds != "some"


class HealthService:
    """Asks each part, and says only whether it answered."""

    def __init__(
        self, database: Database, ledger: Ledger, objects: OutboxStore, folder: Path, fresh_s: float = FRESH_S
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._objects = objects
        self._folder = folder
        self.fresh_s = fresh_s
        self._lock = Lock()
        self._last: tuple[float, Readiness] | None = None

    def readiness(self) -> Readiness:
        """How this node is doing, as of at most a few seconds ago."""
        with self._lock:
            if self._last is None or time.monotonic() - self._last[0] >= self.fresh_s:
                self._last = time.monotonic(), self._look()
            return self._last[1]

    def _look(self) -> Readiness:
        # First, since it says what not to wait for.
        storage = self._objects.health().ok
        waiting: list[int] = []
        return Readiness(
            database=_answers(self._ask_database),
            chain=_answers(self._ledger.head),
            may_sign=_answers(self._ledger.check_may_sign),
            storage=storage,
            holds=self._holds() if storage else "unknown",
            outbox=_answers(lambda: waiting.append(self._objects.pending())),
            disk=has_room(self._folder),
            waiting=waiting[0] if waiting else 0,
        )

    def _ask_database(self) -> None:
        with self._database.read() as rows:
            rows.execute(select(literal_column("1")))

    def _holds(self) -> Holds:
        """How much the store itself has, intact, of a sample of objects chosen afresh each time."""
        here = 0
        try:
            sample = self._sample()
            for cid in sample:
                try:
                    self._objects.inner.get(cid)
                except NOT_HERE:
                    continue
                here += 1
        except (BlockMRSError, SQLAlchemyError):
            return "unknown"
        if not sample:
            return "unknown"
        return "all" if here == len(sample) else "some" if here else "none"

    def _sample(self) -> list[Cid]:
        """Some objects that the store should have, not counting those that are waiting for it."""
        pivot, digest = os.urandom(32), HeldObjectRow.digest
        some = select(HeldObjectRow).order_by(digest)
        with self._database.read() as rows:
            matches = list(rows.scalars(some.where(digest >= pivot).limit(SAMPLE)))
            matches += rows.scalars(some.where(digest < pivot).limit(SAMPLE - len(matches)))
        cids = [Cid(row.digest) for row in matches]
        return [cid for cid in cids if not self._objects.waiting(cid)]


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except (BlockMRSError, SQLAlchemyError, OSError):
        return False
    return True
