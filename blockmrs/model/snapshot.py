"""A copy of the whole SQLite database as it was at one moment, taken while others keep writing."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from blockmrs.cid import Cid
from blockmrs.durable import write_new
from blockmrs.errors import InvalidInput, Unavailable, VerificationFailed
from blockmrs.model import sqlite


def copy_database(engine: Engine, path: Path) -> None:
    """Make `path`, a new file for its owner only, a complete database of its own: `engine`'s at one moment.

    Raises:
        InvalidInput: the database is not SQLite, which has tools of its own for this.
        Unavailable: the database or the disk did not answer.
    """
    if engine.dialect.name != "sqlite":
        raise InvalidInput(
            "only a SQLite database can be copied here; use the database's own backup", at=engine.dialect.name
        )
    write_new(path, ())
    connection = engine.raw_connection()
    try:
        with _opened(path) as copy:
            # In one step: whatever is committed meanwhile is either wholly in the copy or not at all.
            connection.driver_connection.backup(copy, pages=-1)  # type: ignore[union-attr]  # SQLite, checked above
            # One file has to be enough: without this it would need its -wal file beside it.
            copy.execute(sqlite.JOURNAL_INSIDE)
    except sqlite3.Error as error:
        raise Unavailable("the database could not be copied", reason=str(error)) from error
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class CopiedDatabase:
    """What a copy contains: the objects it names, and the encoded headers of its chain, from genesis on."""

    cids: frozenset[Cid]
    headers: tuple[bytes, ...]


def read_copy(path: Path) -> CopiedDatabase:
    """What the database in `path` contains; VerificationFailed if the file is damaged or something else."""
    try:
        with _opened(path) as copy:
            (finding,) = copy.execute(sqlite.CHECK_PAGES).fetchone()
            if finding != "ok":
                raise VerificationFailed("the copy of the database is damaged", finding=finding)
            cids = frozenset(Cid(digest) for (digest,) in copy.execute(sqlite.HELD_OBJECTS))
            rows = copy.execute(sqlite.HEADERS).fetchall()
    except (sqlite3.Error, InvalidInput, TypeError) as error:
        raise VerificationFailed("this is not a database of this program") from error
    if not rows:
        raise VerificationFailed("the copy of the database holds no chain")
    return CopiedDatabase(cids, tuple(content for (content,) in rows))


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path)
    try:
        yield connection
    finally:
        connection.close()
