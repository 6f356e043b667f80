"""Short cuts: sealed rows that only save time, since the chain says the same.

So a row that is gone, or was changed outside this program, keeps nobody from reading: the change is logged, and the
chain is read instead. An older row put back is sealed under the same keys; each reader says what it makes of one.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import delete
from sqlalchemy.orm import Session

from blockmrs.errors import VerificationFailed
from blockmrs.model.objects import ShortCutRow

if TYPE_CHECKING:
    from blockmrs.model.database import Database

log = logging.getLogger(__name__)


def read_short_cut(database: Database, lookup: bytes) -> bytes | None:
    """What is sealed under `lookup` (32 bytes); None if there is no row, or if it was changed."""
    try:
        with database.glance() as rows:
            row = rows.get(ShortCutRow, lookup)
            return None if row is None else row.sealed
    except VerificationFailed as error:
        log.error("reading the chain instead of a short cut: %s", error)
        return None


def read_short_cuts(database: Database, lookups: Sequence[bytes]) -> dict[bytes, bytes]:
    """What is sealed under each of these; as `read_short_cut`, by one question."""
    try:
        with database.glance() as rows:
            return {row.lookup: row.sealed for row in rows.get_all(ShortCutRow, lookups)}
    except VerificationFailed:
        # One of them was changed; the others serve as before.
        each = {lookup: read_short_cut(database, lookup) for lookup in lookups}
        return {lookup: sealed for lookup, sealed in each.items() if sealed is not None}


def replace_short_cut(rows: Session, lookup: bytes, sealed: bytes) -> None:
    """Keep `sealed` under `lookup`, whatever was there."""
    rows.execute(delete(ShortCutRow).where(ShortCutRow.lookup == lookup))
    rows.add(ShortCutRow(lookup=lookup, sealed=sealed))
