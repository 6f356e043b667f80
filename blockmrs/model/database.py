"""The database's door: engines whose commits are durable, short transactions, and nothing half written.

Transactions belong to services, not to requests: seal, store and submit first, then one short `write()` for the rows.
"""

import sqlite3
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, event
from sqlalchemy import create_engine as sqlalchemy_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from blockmrs.errors import Unavailable
from blockmrs.model.at_rest import RestSeal
from blockmrs.model.migrations import migrate
from blockmrs.model.rows import ROW_KEY, check_rows

# WAL with FULL survives a power cut; with NORMAL a ledger that had published a head would fork itself.
SQLITE_PRAGMAS = ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")


def create_engine(url: str, *, busy_timeout_ms: int = 5000) -> Engine:
    """An engine for `url` whose every SQLite connection is durable, checks foreign keys and overwrites what it deletes.

    With the execution option `write=True` a transaction starts with BEGIN IMMEDIATE, so that what it read is still
    true when it writes.
    """
    if not url.startswith("sqlite"):
        return sqlalchemy_engine(url, hide_parameters=True)
    engine = sqlalchemy_engine(url, pool_size=16, max_overflow=16, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        # The driver must not open transactions by itself: `_begin` below does.
        connection.isolation_level = None
        for pragma in (f"busy_timeout={busy_timeout_ms}", *SQLITE_PRAGMAS):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    # An engine that is dropped closes its connections at once, not when the collector finds each of them.
    weakref.finalize(engine, engine.pool.dispose).atexit = False
    return engine


class Database:
    """Short transactions over one engine.

    `row_key` (32 bytes) authenticates every guarded row: set when one is written, checked when one is read.
    """

    def __init__(self, engine: Engine, row_key: bytes) -> None:
        self.engine = engine
        self._writing = engine.execution_options(write=True)
        self._row_key = row_key
        self._seal: RestSeal | None = None
        if engine.dialect.name == "sqlite" and engine.url.database not in (None, "", ":memory:"):
            self._seal = RestSeal(Path(str(engine.url.database)), row_key)
            _break_before_writing(engine, self._seal)

    def migrate(self) -> None:
        """Every migration is done, all of them or none; see `model.migrations.migrate`."""
        migrate(self.engine, self._row_key)

    def rest(self) -> None:
        """Every connection is closed, and the file sealed as it is. Only for the last one who uses the database."""
        self.engine.dispose()
        if self._seal is not None:
            self._seal.set()

    def check_at_rest(self) -> int:
        """How many bytes of the file are as they were when it was last closed; 0 if nothing is known about that.

        Raises:
            VerificationFailed: at least one of them changed.
        """
        return 0 if self._seal is None else self._seal.check()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the database; nothing done in it is kept.

        A guarded row that was changed outside this program raises VerificationFailed when it is read, here and in
        `write`.
        """
        with _unavailable_when_locked(), Session(self.engine, autoflush=False, expire_on_commit=False) as session:
            session.info[ROW_KEY] = self._row_key
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that holds the write lock from its start; committed at the end, undone by any exception."""
        with _unavailable_when_locked(), Session(self._writing, expire_on_commit=False) as session:
            session.info[ROW_KEY] = self._row_key
            with session.begin():
                session.connection()
                yield session

    def check_rows(self, progress: Callable[[str, int, int], None] = lambda *_: None) -> int:
        """Return how many guarded rows there are, all of them as they were written.

        Args:
            progress: called with a table's name, the rows checked in it, and the rows it has.

        Raises:
            VerificationFailed: a row's bytes are not what this server wrote; names the table and the row's digest.
        """
        with self.engine.connect() as connection:
            return check_rows(connection, self._row_key, progress)


def _break_before_writing(engine: Engine, seal: RestSeal) -> None:
    # Before `_begin`, which `create_engine` has put there: SQLite writes nothing before its BEGIN.
    @event.listens_for(engine, "begin", insert=True)
    def _break(connection: Connection) -> None:
        if connection.get_execution_options().get("write", False):
            seal.break_before_writing()


@contextmanager
def _unavailable_when_locked() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        # The statement and its values stay out of the message: it ends up in the log.
        raise Unavailable("the database did not answer", reason=type(error.orig).__name__) from None
