"""The database as services use it: durable, all or nothing, and aware of changed rows."""

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select, update

from blockmrs.chain.ledger import Ledger
from blockmrs.chain.sealer import Sealer
from blockmrs.errors import Unavailable, VerificationFailed
from blockmrs.model.base import Base
from blockmrs.model.chain import SqlLedgerStore
from blockmrs.model.codes import InvitationRow
from blockmrs.model.database import Database, create_engine
from blockmrs.model.organisations import DoorbellTokenRow, OrganisationRow
from blockmrs.model.rows import derive_row_key
from blockmrs.model.throttle import ThrottleRow

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def database(engine: Engine) -> Database:
    return Database(engine, derive_row_key(b"p" * 32))


def throttle(key: bytes = b"k" * 32, tries: int = 1) -> ThrottleRow:
    return ThrottleRow(throttle_key=key, window_ends=NOON, tries=tries)


def test_every_connection_of_the_engine_is_durable(engine: Engine) -> None:
    connections = [engine.connect() for _ in range(5)]
    levels = [connection.exec_driver_sql("PRAGMA synchronous").scalar_one() for connection in connections]
    for connection in connections:
        connection.close()
    assert levels == [2] * 5  # 2 is FULL


def test_every_connection_that_the_ledger_uses_is_durable(engine: Engine, tmp_path: Path) -> None:
    levels = []

    @event.listens_for(engine, "checkin")
    def _note(connection: sqlite3.Connection, _record: object) -> None:
        levels.append(connection.execute("PRAGMA synchronous").fetchone()[0])

    sealer = Sealer(tmp_path / "secrets" / "key", tmp_path / "secrets" / "head")
    ledger = Ledger(SqlLedgerStore(engine), sealer, lambda: NOON)
    ledger.head()
    assert len(levels) >= 2
    assert set(levels) == {2}


def test_every_connection_checks_foreign_keys_and_overwrites_what_it_deletes(engine: Engine) -> None:
    with engine.connect() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("foreign_keys", "secure_delete")
        ]
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    assert found == [1, 1]


def test_what_write_yields_is_kept(database: Database) -> None:
    with database.write() as session:
        session.add(throttle())
    with database.read() as session:
        assert session.scalars(select(ThrottleRow)).one().window_ends == NOON


def test_an_exception_leaves_no_row(database: Database) -> None:
    with pytest.raises(KeyError), database.write() as session:
        session.add(throttle())
        session.flush()
        raise KeyError
    with database.read() as session:
        assert session.scalars(select(ThrottleRow)).all() == []


def test_what_is_done_in_read_is_not_kept(database: Database) -> None:
    with database.read() as session:
        session.add(throttle())
    with database.read() as session:
        assert session.scalars(select(ThrottleRow)).all() == []


def test_reading_then_adding_one_loses_nothing_between_threads(database: Database) -> None:
    with database.write() as session:
        session.add(throttle(tries=0))

    def add() -> None:
        for _ in range(10):
            with database.write() as session:
                row = session.get_one(ThrottleRow, b"k" * 32)
                row.tries += 1

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.get_one(ThrottleRow, b"k" * 32).tries == 40


def test_a_locked_database_is_unavailable_and_names_no_value(database: Database, tmp_path: Path) -> None:
    impatient = create_engine(f"sqlite:///{tmp_path / 'test.db'}", busy_timeout_ms=1)
    with database.write():
        with pytest.raises(Unavailable) as caught, Database(impatient, b"k" * 32).write() as session:
            session.add(throttle())
        assert "throttle" not in str(caught.value)
    impatient.dispose()


def test_rows_as_written_pass(database: Database) -> None:
    with database.write() as session:
        session.add(throttle())
        session.add(InvitationRow(lookup=b"l" * 32, sealed=b"sealed", expires=NOON))
    assert database.check_rows() == 2


def test_a_row_changed_as_an_object_passes(database: Database) -> None:
    with database.write() as session:
        session.add(throttle())
    with database.write() as session:
        session.get_one(ThrottleRow, b"k" * 32).window_ends = NOON + timedelta(hours=1)
    assert database.check_rows() == 1


def test_a_row_whose_key_the_database_chose_passes(database: Database) -> None:
    with database.write() as session:
        session.add(OrganisationRow(card_id=b"o" * 32, name="North Hospital"))
        session.flush()
        session.add_all(
            DoorbellTokenRow(organisation_id=b"o" * 32, slot=bytes([n]) * 32, one_time_seed=b"s" * 32) for n in range(3)
        )
    assert database.check_rows() == 4


@pytest.mark.parametrize(
    "change",
    [
        "tries = 2",
        "window_ends = window_ends + 1",
        "throttle_key = x'00'",
        "mac = x'00'",
        "mac = 'text'",
        "tries = 1.5",
    ],
)
def test_a_changed_row_is_noticed(database: Database, change: str) -> None:
    with database.write() as session:
        session.add(throttle())
    with database.engine.execution_options(write=True).begin() as connection:
        connection.exec_driver_sql(f"UPDATE throttle SET {change}")
    with pytest.raises(VerificationFailed) as caught:
        database.check_rows()
    assert caught.value.context["table"] == "throttle"


def test_a_row_moved_to_another_key_is_noticed(database: Database) -> None:
    with database.write() as session:
        session.add(throttle(b"a" * 32, tries=9))
        session.add(throttle(b"b" * 32, tries=1))
    with database.engine.execution_options(write=True).begin() as connection:
        connection.exec_driver_sql("UPDATE throttle SET mac = (SELECT mac FROM throttle WHERE tries = 9)")
    with pytest.raises(VerificationFailed):
        database.check_rows()


def test_a_statement_that_would_skip_the_mac_is_refused(database: Database) -> None:
    with database.write() as session:
        session.add(throttle())
    with pytest.raises(RuntimeError), database.write() as session:
        session.execute(update(ThrottleRow).values(tries=7))


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(Exception, match="without a zone"), database.write() as session:
        session.add(ThrottleRow(throttle_key=b"k" * 32, window_ends=naive, tries=1))
