"""New databases for tests: the migrations are run once in a process, and what they made is copied.

That the migrations make what the code expects is for tests/project/test_migrations.py and tests/node/test_database.py.
"""

import sqlite3
from contextlib import closing
from functools import cache

from sqlalchemy import Engine, create_engine

from blockmrs.config.assembly import build_database
from blockmrs.config.settings import Settings
from blockmrs.model.migrations import current_revision, is_current, migrate


@cache
def _prepared() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:", check_same_thread=False)
    engine = create_engine("sqlite://")
    migrate(engine)
    with closing(engine.raw_connection()) as connection:
        connection.driver_connection.backup(made)
    engine.dispose()
    return made


def make_tables(engine: Engine) -> None:
    """What `migrate` does. Only a new database is copied; another one is migrated."""
    if not current_revision(engine):
        # Beginning to write opens the seal of the file, as a migration does.
        with engine.execution_options(write=True).begin():
            pass
        with closing(engine.raw_connection()) as connection:
            _prepared().backup(connection.driver_connection)
    elif not is_current(engine):
        migrate(engine)


def make_installation(settings: Settings) -> None:
    """The data folder as it is after `blockmrs migrate`, if there is nothing in it yet."""
    if settings.data.folder.exists() and any(settings.data.folder.iterdir()):
        return
    database = build_database(settings)
    make_tables(database.engine)
    database.engine.dispose()
