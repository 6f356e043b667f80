"""What the operator may see: counts and health, never a record."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from blockmrs.model.accounts import AccountRow
from blockmrs.model.leaving import LeavingRow
from blockmrs.model.migrations import current_revision
from blockmrs.model.objects import HeldObjectRow
from blockmrs.model.organisations import OrganisationRow

if TYPE_CHECKING:
    from blockmrs.chain.ledger import Ledger
    from blockmrs.model.database import Database
    from blockmrs.services.node.clock_watch import ClockState, ClockWatch
    from blockmrs.services.node.health import HealthService, Readiness


@dataclass(frozen=True, slots=True)
class Counts:
    """How much this installation holds, and how it is doing."""

    accounts: int
    closing: int
    closed: int
    organisations: int
    blocks: int
    transactions: int
    objects: int
    version: str
    migration: str
    health: Readiness
    clock: ClockState


class Overview:
    """Counts, in the database and on the chain."""

    def __init__(self, database: Database, ledger: Ledger, health: HealthService, watch: ClockWatch) -> None:
        self._database = database
        self._ledger = ledger
        self._health = health
        self._watch = watch

    def read(self) -> Counts:
        """The numbers as of now."""
        with self._database.read() as rows:
            accounts, organisations, objects = (
                rows.scalar(select(func.count()).select_from(row)) or 0
                for row in (AccountRow, OrganisationRow, HeldObjectRow)
            )
            leaving = select(func.count()).select_from(LeavingRow)
            closing = rows.scalar(leaving.where(LeavingRow.account_id.is_not(None))) or 0
            closed = rows.scalar(leaving.where(LeavingRow.account_id.is_(None))) or 0
        head = self._ledger.head()
        return Counts(
            accounts=accounts,
            closing=closing,
            closed=closed,
            organisations=organisations,
            blocks=head.height + 1,
            transactions=self._ledger.size,
            objects=objects,
            version=_version(),
            migration=current_revision(self._database.engine),
            health=self._health.readiness(),
            clock=self._watch.state(),
        )


def _version() -> str:
    try:
        return version("blockmrs")
    except PackageNotFoundError:
        return "unknown"
