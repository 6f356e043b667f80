"""Checks everything that this node holds: the chain, every object, every row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from blockmrs.cid import Cid
from blockmrs.errors import ObjectMismatch, ObjectMissing, VerificationFailed
from blockmrs.model.migrations import check_structure
from blockmrs.model.objects import HeldObjectRow

if TYPE_CHECKING:
    from blockmrs.chain.ledger import Ledger
    from blockmrs.model.database import Database
    from blockmrs.storage import ObjectStore

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class NodeCounts:
    """What was checked and found correct."""

    headers: int
    transactions: int
    nodes: int
    objects: int
    waiting: int
    unlisted: int
    rows: int
    file_bytes: int


class Evidence:
    """Verifies this node's own data."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        objects: ObjectStore,
        stored: Callable[[], Iterable[Cid]],
        waiting: Callable[[], int],
        let_go: Callable[[], frozenset[Cid]] = frozenset,
    ) -> None:
        self._let_go = let_go
        self._database = database
        self._ledger = ledger
        self._objects = objects
        self._stored = stored
        self._waiting = waiting

    def check_everything(self, progress: Progress, *, accept_file: bool = False) -> NodeCounts:
        """Check everything; VerificationFailed names the first thing that is wrong.

        An object that was never reported as saved (from a save interrupted before its block) is counted as unlisted; it
        must still match its name.

        Args:
            accept_file: if all else is right, accept the database file's bytes as they are now.
        """
        check_structure(self._database.engine)
        rows = self._database.check_rows(progress)
        counts = self._ledger.check_everything(progress)
        objects = self._check_objects(progress)
        unlisted = self._check_unlisted(progress)
        # Last, because the earlier checks can describe better whatever it finds.
        if accept_file:
            self._database.accept_file()
        file_bytes = self._database.check_at_rest()
        waiting = self._waiting()
        return NodeCounts(
            counts.headers, counts.transactions, counts.nodes, objects, waiting, unlisted, rows, file_bytes
        )

    def listed_cids(self) -> list[Cid]:
        """The content identifiers of all objects that were reported as saved, and not let go since."""
        gone = self._let_go()
        with self._database.read() as rows:
            cids = [Cid(row.digest) for row in rows.scalars(select(HeldObjectRow))]
        return [cid for cid in cids if cid not in gone]

    def _check_objects(self, progress: Progress) -> int:
        with self._database.read() as rows:
            object_rows = rows.scalars(select(HeldObjectRow)).all()
        gone = self._let_go()
        for done, row in enumerate(object_rows):
            if Cid(row.digest) not in gone:
                self._check_object(Cid(row.digest), row.size_bytes)
            progress("objects", done + 1, len(object_rows))
        return len(object_rows)

    def _check_unlisted(self, progress: Progress) -> int:
        listed = set(self.listed_cids())
        unlisted = [cid for cid in self._stored() if cid not in listed | self._let_go()]
        for done, cid in enumerate(unlisted):
            self._check_object(cid, None)
            progress("unlisted objects", done + 1, len(unlisted))
        return len(unlisted)

    def _check_object(self, cid: Cid, size_bytes: int | None) -> None:
        try:
            content = self._objects.get(cid)
        except ObjectMissing as error:
            raise VerificationFailed("an object is missing", cid=cid) from error
        except ObjectMismatch as error:
            raise VerificationFailed("an object's bytes do not match its name", cid=cid) from error
        if size_bytes is not None and len(content) != size_bytes:
            raise VerificationFailed("an object's size differs from what its row says", cid=cid)
