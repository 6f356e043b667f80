"""The way into the database: engines whose commits are durable, short transactions, and nothing half written.

Transactions belong to services, not to requests: seal, store and submit first, then one short `write()` for the rows.
"""

import hmac
import sqlite3
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy import create_engine as sqlalchemy_engine
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session

from blockmrs import durable
from blockmrs.errors import InvalidInput, Unavailable
from blockmrs.model import sqlite
from blockmrs.model.at_rest import RestSeal
from blockmrs.model.glance import Glance
from blockmrs.model.migrations import migrate
from blockmrs.model.private_files import make_private_file, tighten
from blockmrs.model.rows import ROW_KEY, check_rows

# From this migration on, the database file always has a seal.
SEALED_SINCE = "0002"
LOCKS = ".locks"


def create_engine(url: str | URL, *, busy_timeout_ms: int = 5000) -> Engine:
    """An engine for `url` whose every SQLite connection is durable, checks foreign keys and overwrites what it deletes.

    A SQLite file and those beside it are accessible only to their owner.

    With the execution option `write=True` a transaction starts with BEGIN IMMEDIATE, so that what it read is still
    true when it writes.
    """
    try:
        parsed = make_url(url)
        is_sqlite = parsed.get_backend_name() == "sqlite"
        if not is_sqlite:
            return sqlalchemy_engine(parsed, hide_parameters=True)
    except (ArgumentError, ImportError, ValueError) as error:
        # The address may hold a password.
        raise InvalidInput(
            "this is not the address of a database that can be used here", reason=type(error).__name__
        ) from None
    engine = sqlalchemy_engine(parsed, pool_size=16, max_overflow=16, hide_parameters=True)
    path = file_of(engine)

    @event.listens_for(engine, "do_connect")
    def _keep_private(*_: object) -> None:
        if path is not None:
            # If the folder is missing or full, SQLite will say so.
            with suppress(OSError):
                make_private_file(path)
            for name in ("", "-wal", "-shm"):
                tighten(path.with_name(path.name + name))

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        # The driver must not open transactions by itself: `_begin` below does.
        connection.isolation_level = None
        for statement in (sqlite.WAIT.format(ms=busy_timeout_ms), *sqlite.PREPARE):
            connection.execute(statement)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("write", False):
            connection.exec_driver_sql(sqlite.BEGIN_WRITING)
        else:
            # Takes no lock, so there is no error to translate; SQLAlchemy would take as long as for a question.
            connection.connection.cursor().execute(sqlite.BEGIN)

    # An engine that is dropped closes its connections at once, not whenever the garbage collector finds them.
    weakref.finalize(engine, engine.pool.dispose).atexit = False
    return engine


class Database:
    """Short transactions over one engine.

    `row_key` (32 bytes) authenticates every guarded row: its MAC is set when it is written and checked when it is read.
    """

    def __init__(self, engine: Engine, row_key: bytes) -> None:
        self.engine = engine
        self._writing = engine.execution_options(write=True)
        self._row_key = row_key
        self._seal: RestSeal | None = None
        self._file = file_of(engine)
        if self._file is not None:
            # The engine's listeners know the seal, so it must not keep the engine.
            engine_ref = weakref.ref(engine)
            self._seal = RestSeal(self._file, row_key, lambda: _keeps_no_seal(engine_ref()))
            _open_before_writing(engine, self._seal)

    def migrate(self) -> None:
        """Run every outstanding migration, all of them or none; see `model.migrations.migrate`."""
        migrate(self.engine, self._row_key)

    def rest(self) -> None:
        """Close every connection, and seal the file as it is. Only for the last user of the database."""
        self.engine.dispose()
        if self._seal is not None:
            self._seal.close()

    def check_at_rest(self) -> int:
        """How many bytes of the file are as they were when it was last closed; 0 while it is open, or after a crash.

        Raises:
            VerificationFailed: at least one has changed, now or once before, and nobody has accepted that.
        """
        return 0 if self._seal is None else self._seal.check()

    def accept_file(self) -> None:
        """Accept the bytes of the file as they are now, whatever was found wrong with them."""
        if self._seal is not None:
            self._seal.accept()

    @contextmanager
    def one_at_a_time(self, what: str, key: bytes) -> Iterator[bool]:
        """Hold `key` of `what` against all threads and processes of this machine that use the same SQLite file.

        The value says whether, as far as is known, an earlier holder did not finish.

        Raises:
            Unavailable: somebody held it for longer than anybody should wait.
        """
        if self._file is None:
            yield False
            return
        folder = self._file.with_name(self._file.name + LOCKS)
        # The name reveals nothing: what is being saved is no business of anybody who sees the folder.
        name = hmac.digest(self._row_key, f"blockmrs/1 lock {what}\x00".encode() + key, "sha256").hex()[:32]
        with suppress(OSError):
            folder.mkdir(mode=0o700)
        with durable.hold(folder / name) as was_left:
            yield was_left

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
    def glance(self) -> Iterator[Glance]:
        """As `read`, for rows that are only looked at: found by what is asked on every page, and in no session."""
        with _unavailable_when_locked(), self.engine.connect() as connection:
            yield Glance(connection, self._row_key)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that holds the write lock from its start; committed at the end, undone by any exception."""
        with _unavailable_when_locked(), Session(self._writing, expire_on_commit=False) as session:
            session.info[ROW_KEY] = self._row_key
            with session.begin():
                session.connection()
                yield session

    def check_rows(self, progress: Callable[[str, int, int], None] = lambda *_: None) -> int:
        """Return how many guarded rows there are, having found all of them as they were written.

        Args:
            progress: called with a table's name, how many of its rows are checked, and how many it has.

        Raises:
            VerificationFailed: a row's bytes are not what this server wrote; names the table and the row's digest.
        """
        with self.engine.connect() as connection:
            return check_rows(connection, self._row_key, progress)


def file_of(engine: Engine) -> Path | None:
    """The database's file; None if it is in memory or not SQLite."""
    name = engine.url.database if engine.dialect.name == "sqlite" else None
    return None if name in (None, "", ":memory:") else Path(str(name))


def _open_before_writing(engine: Engine, seal: RestSeal) -> None:
    # Before `_begin`, which `create_engine` has put there: SQLite writes nothing before its BEGIN.
    @event.listens_for(engine, "begin", insert=True)
    def _open(connection: Connection) -> None:
        if connection.get_execution_options().get("write", False):
            seal.open()


def _keeps_no_seal(engine: Engine | None) -> bool:
    """Whether the database is new, or of the version that kept a seal only while the file was closed."""
    if engine is None:
        return False
    try:
        with closing(engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(sqlite.VERSION_TABLE)
            if not cursor.fetchall():
                return True
            cursor.execute(sqlite.VERSIONS)
            names = [str(name) for (name,) in cursor.fetchall()]
    except sqlite3.OperationalError as error:
        raise Unavailable("the database did not answer", reason=type(error).__name__) from None
    return bool(names) and max(names) < SEALED_SINCE


@contextmanager
def _unavailable_when_locked() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        # The statement and its values stay out of the message: it ends up in the log.
        raise Unavailable("the database did not answer", reason=type(error.orig).__name__) from None
