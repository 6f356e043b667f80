"""Short cuts: sealed rows that only save time, since the chain says the same.

So a row that is gone, or was changed outside this program, keeps nobody from reading: the change is logged, and the
chain is read instead. An older row put back is sealed by the same keys; each reader says what it takes from one.
"""

import logging

from sqlalchemy import delete
from sqlalchemy.orm import Session

from blockmrs.errors import VerificationFailed
from blockmrs.model.database import Database
from blockmrs.model.objects import ShortCutRow

log = logging.getLogger(__name__)


def read_short_cut(database: Database, lookup: bytes) -> bytes | None:
    """What is sealed under `lookup` (32 bytes); None where there is no row, or one that was changed."""
    try:
        with database.read() as rows:
            row = rows.get(ShortCutRow, lookup)
            return None if row is None else row.sealed
    except VerificationFailed as error:
        log.error("the chain is read in place of a short cut: %s", error)
        return None


def replace_short_cut(rows: Session, lookup: bytes, sealed: bytes) -> None:
    """Keep `sealed` under `lookup`, whatever stood there."""
    rows.execute(delete(ShortCutRow).where(ShortCutRow.lookup == lookup))
    rows.add(ShortCutRow(lookup=lookup, sealed=sealed))
