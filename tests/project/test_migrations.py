"""The migrations make exactly the tables that the code expects."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from blockmrs.errors import VerificationFailed
from blockmrs.model.database import create_engine
from blockmrs.model.migrations import check_structure, is_current, migrate, schema_differences


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
        outside.execute("INSERT INTO staff VALUES (x'00', x'11', 'Lee', x'22')")
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
