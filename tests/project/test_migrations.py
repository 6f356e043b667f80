"""The migrations make exactly the tables that the code expects."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from blockmrs.errors import VerificationFailed
from blockmrs.model.database import Database, create_engine
from blockmrs.model.migrations import (
    FOLDER,
    check_structure,
    current_revision,
    is_current,
    migrate,
    schema_differences,
)
from blockmrs.model.rows import compute_mac
from blockmrs.moments import from_ms

ROW_KEY = b"k" * 32


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    yield engine
    engine.dispose()


def test_a_new_database_is_not_current(engine: Engine) -> None:
    assert not is_current(engine)


def test_after_migrating_nothing_differs_from_the_code(engine: Engine) -> None:
    migrate(engine)
    assert is_current(engine)
    assert schema_differences(engine) == []


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    migrate(engine)
    check_structure(engine)


def test_a_database_of_a_newer_version_is_left_alone(engine: Engine) -> None:
    migrate(engine)
    with engine.execution_options(write=True).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert not is_current(engine)
    with pytest.raises(VerificationFailed, match="another version"):
        migrate(engine)


def test_a_migration_that_fails_leaves_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from blockmrs.model.migrations.versions import v0001_first_tables

    original = v0001_first_tables.op.create_index
    calls = []

    def fail(*args: object, **options: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            raise OSError("the disk is full")
        return original(*args, **options)

    monkeypatch.setattr(v0001_first_tables.op, "create_index", fail)
    monkeypatch.setattr("alembic.op.create_index", fail)
    with pytest.raises(OSError, match="full"):
        migrate(engine)
    assert inspect(engine).get_table_names() == []


@pytest.mark.parametrize(
    "change",
    ["DROP TABLE throttle", "ALTER TABLE throttle ADD COLUMN extra TEXT", "DROP INDEX ix_chain_header_tree_size"],
)
def test_a_changed_table_is_noticed(engine: Engine, change: str) -> None:
    migrate(engine)
    with engine.execution_options(write=True).begin() as connection:
        connection.exec_driver_sql(change)
    with pytest.raises(VerificationFailed, match="expected"):
        check_structure(engine)


def test_a_row_that_names_another_that_does_not_exist_is_noticed(engine: Engine) -> None:
    migrate(engine)
    with closing(sqlite3.connect(engine.url.database or "")) as outside, outside:
        outside.execute("INSERT INTO doorbell_token VALUES (1, x'11', x'22', x'33', x'44')")
    with pytest.raises(VerificationFailed, match="does not exist"):
        check_structure(engine)


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("account", "CONSTRAINT pk_account", "CONSTRAINT pk_accounu"),
        ("account", "sealed_desk BLOB", "sealed_desk BLOC"),
        ("account", "CREATE TABLE account", "CREATE TABLE aCcount"),
        ("organisation", "VARCHAR(120)", "VARCHAR(121)"),
        ("web_session", "ON DELETE", "ON DeLETE"),
        ("chain_transaction", "(slot,", "(Slot,"),
    ],
)
def test_one_byte_changed_in_the_statement_of_a_table_or_an_index_is_noticed(
    engine: Engine, table: str, old: str, new: str
) -> None:
    migrate(engine)
    engine.dispose()
    with closing(sqlite3.connect(engine.url.database or "")) as outside, outside:
        outside.execute("PRAGMA writable_schema = ON")
        change = "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE tbl_name = ? AND instr(sql, ?)"
        assert outside.execute(change, (old, new, table, old)).rowcount == 1
    with pytest.raises(VerificationFailed):
        check_structure(engine)


def test_what_analyze_writes_down_is_no_damage(engine: Engine) -> None:
    migrate(engine)
    with engine.execution_options(write=True).begin() as connection:
        connection.exec_driver_sql("INSERT INTO throttle VALUES (x'00', 1, 1, x'00')")
        connection.exec_driver_sql("ANALYZE")
    check_structure(engine)


def to_version(engine: Engine, revision: str = "0001") -> None:
    """The tables of an earlier version; of the first, if none is named."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.execution_options(write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_who_was_listed_stays_a_member_and_the_first_one_manages_members(engine: Engine) -> None:
    to_version(engine)
    hospital, members = b"h" * 32, [(b"z" * 32, "Dr Zoe"), (b"a" * 32, "Dr Abe")]
    with engine.execution_options(write=True).begin() as connection:
        connection.exec_driver_sql("INSERT INTO organisation VALUES (?, 'North', '', 0, x'00')", (hospital,))
        for card_id, name in members:
            columns = {"card_id": card_id, "organisation_id": hospital, "name": name}
            mac = compute_mac(ROW_KEY, "staff", columns)
            connection.exec_driver_sql("INSERT INTO staff VALUES (?, ?, ?, ?)", (card_id, hospital, name, mac))
    with pytest.raises(VerificationFailed, match="without the key"):
        migrate(engine)
    with pytest.raises(VerificationFailed, match="changed outside"):
        migrate(engine, b"another" * 5)
    assert current_revision(engine) == "0001"
    Database(engine, ROW_KEY).migrate()
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT name, manages, since, until FROM staff_membership").all()
        whole = connection.exec_driver_sql("SELECT * FROM staff_membership").mappings().all()
    assert set(found) == {("Dr Zoe", 1, None, None), ("Dr Abe", 0, None, None)}
    for row in map(dict, whole):
        mac = row.pop("mac")
        assert mac == compute_mac(ROW_KEY, "staff_membership", row)


def test_what_was_noted_of_openings_is_kept_and_gets_an_end_and_a_changed_row_is_left_behind(engine: Engine) -> None:
    to_version(engine, "0007")
    with engine.execution_options(write=True).begin() as connection:
        for lookup, sealed in ((b"a" * 32, b"whole"), (b"b" * 32, b"changed")):
            columns: dict[str, object] = {"lookup": lookup, "sealed": b"whole"}
            mac = compute_mac(ROW_KEY, "visit", columns)
            connection.exec_driver_sql("INSERT INTO visit VALUES (?, ?, ?)", (lookup, sealed, mac))
    with pytest.raises(VerificationFailed, match="without the key"):
        migrate(engine)
    Database(engine, ROW_KEY).migrate()
    assert schema_differences(engine) == []
    with engine.connect() as connection:
        (row,) = map(dict, connection.exec_driver_sql("SELECT * FROM visit").mappings())
    mac = row.pop("mac")
    assert mac == compute_mac(ROW_KEY, "visit", row)
    in_days = (from_ms(row["ends"]) - datetime.now(UTC)).days
    assert (row["lookup"], row["sealed"], 390 < in_days < 410) == (b"a" * 32, b"whole", True)
