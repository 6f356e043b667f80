"""Brings a database to the tables that this code needs; run by `blockmrs migrate`, and before serving."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, String, column, create_engine, inspect, select, table

from blockmrs.errors import VerificationFailed
from blockmrs.model import accounts, chain, codes, leaving, objects, organisations, sqlite, throttle
from blockmrs.model.base import Base

# Every module with tables is imported here, so that the metadata is complete for everybody who asks.
TABLE_MODULES = (accounts, chain, codes, leaving, objects, organisations, throttle)
FOLDER = Path(__file__).parent
_SCRIPTS = str(FOLDER).replace("%", "%%")


def migrate(engine: Engine, row_key: bytes | None = None) -> None:
    """Run every outstanding migration, all of them or none.

    Args:
        row_key: authenticates guarded rows that a migration moves to another table. Without it there must be none.

    Raises:
        VerificationFailed: the database names a migration unknown to this code, or a row that has to be moved was
            changed outside this program.
    """
    # Alembic takes longer to load than all the rest: only those who migrate or verify wait for it.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    with engine.execution_options(write=True).begin() as connection:
        config.attributes["connection"] = connection
        config.attributes["row_key"] = row_key
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise VerificationFailed("another version of this program has migrated the database") from error


def newest_revision() -> str:
    """The name of the newest migration known to this code: files are `v<revision>_<words>.py`."""
    return max(path.stem[1:].partition("_")[0] for path in (FOLDER / "versions").glob("v*.py"))


def current_revision(engine: Engine) -> str:
    """The name of the newest migration that was done; empty before the first."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        versions = select(column("version_num", String)).select_from(table("alembic_version"))
        names = connection.scalars(versions).all()
    return ", ".join(sorted(str(name) for name in names))


def is_current(engine: Engine) -> bool:
    """Whether no migration is missing."""
    return current_revision(engine) == newest_revision()


def schema_differences(engine: Engine) -> list[Any]:
    """What Alembic would have to change to make the database what the code expects."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def check_structure(engine: Engine, progress: Callable[[str, int, int], None] = lambda *_: None) -> None:
    """Check the database's own pages, its references, and that its tables are the expected ones.

    Raises:
        VerificationFailed: names the first check that found something.
    """
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            progress("database pages", 0, 1)
            if connection.exec_driver_sql(sqlite.CHECK_PAGES).scalar_one() != "ok":
                raise VerificationFailed("the database file is damaged")
            progress("database pages", 1, 1)
            broken = connection.exec_driver_sql(sqlite.CHECK_REFERENCES).first()
            if broken is not None:
                raise VerificationFailed("a row names another that does not exist", table=broken[0])
    if not is_current(engine):
        raise VerificationFailed("the database has not been migrated")
    # SQLite keeps the statements that made its tables. Where they are those of a new database, except for white space,
    # so are the tables, and Alembic need not take them apart, which takes longer than all the rest.
    expected, present = frozenset[Any](), frozenset[Any]()
    if engine.dialect.name == "sqlite" and (present := _statements(engine)) == (expected := _expected_statements()):
        return
    if schema_differences(engine):
        raise VerificationFailed("the database's tables are not the expected ones")
    if present != expected:
        _, name, *_ = min(present ^ expected)
        raise VerificationFailed("a table or index is not as the migrations make it", name=name)


@cache
def _expected_statements() -> frozenset[tuple[str, str, str, str]]:
    """Those of a new database, which no installation can change: found out once, since it takes all migrations."""
    fresh = create_engine("sqlite://")
    migrate(fresh)
    expected = _statements(fresh)
    fresh.dispose()
    return expected


def _statements(engine: Engine) -> frozenset[tuple[str, str, str, str]]:
    """Per table and index: its kind, its name, its table's name, and the statement that made it."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(sqlite.STATEMENTS)
        return frozenset((kind, name, owner, " ".join(sql.split())) for kind, name, owner, sql in rows)
