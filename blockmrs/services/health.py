"""Whether this node can serve: database, chain and object store."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text

from blockmrs.chain.ledger import Ledger
from blockmrs.errors import BlockMRSError
from blockmrs.model.database import Database
from blockmrs.storage import ObjectStore


@dataclass(frozen=True, slots=True)
class Readiness:
    """What answers, by part; `waiting` objects have not reached their node yet."""

    database: bool
    chain: bool
    storage: bool
    waiting: int

    @property
    def is_ready(self) -> bool:
        """Whether a report can be saved now. A store that is away does not prevent it: there is the outbox."""
        return self.database and self.chain


class HealthService:
    """Asks each part, and says only whether it answered."""

    def __init__(self, database: Database, ledger: Ledger, objects: ObjectStore, waiting: Callable[[], int]) -> None:
        self._database = database
        self._ledger = ledger
        self._objects = objects
        self._waiting = waiting

    def readiness(self) -> Readiness:
        """How this node is doing now."""
        return Readiness(
            database=_answers(self._ask_database),
            chain=_answers(self._ledger.head),
            storage=self._objects.health().ok,
            waiting=self._waiting(),
        )

    def _ask_database(self) -> None:
        with self._database.read() as rows:
            rows.execute(text("SELECT 1"))


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except BlockMRSError:
        return False
    return True
