"""The ledger in SQL: what only a real database can show."""

import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from blockmrs.chain.store import Block, HeaderRow
from blockmrs.errors import Unavailable, VerificationFailed
from blockmrs.model.chain import SqlLedgerStore
from blockmrs.model.database import create_engine
from tests.unit.chain.support import WRITER, open_ledger, sql_store


@pytest.fixture
def store(tmp_path):
    return sql_store(tmp_path)


def test_every_connection_of_the_ledger_is_durable(store):
    with store.read() as view:
        assert view._connection.scalar(text("PRAGMA synchronous")) == 2
    with store.write() as writer:
        assert writer._connection.scalar(text("PRAGMA synchronous")) == 2


def test_a_writer_excludes_every_other_writer_from_its_beginning(store, tmp_path):
    impatient = SqlLedgerStore(create_engine(f"sqlite:///{tmp_path / 'chain.db'}", busy_timeout_ms=1))
    with store.write(), pytest.raises(Unavailable, match="database did not answer"), impatient.write():
        pass


def test_a_view_does_not_change_while_others_write(store, tmp_path):
    ledger = open_ledger(tmp_path, store)
    with store.read() as view:
        assert view.counts().transactions == 0
        ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
        assert view.counts().transactions == 0


def test_a_block_is_undone_by_any_exception(store):
    with pytest.raises(KeyError), store.write() as writer:
        writer.add(Block(HeaderRow(0, 0, b"h", None), (), ()))
        raise KeyError
    with store.read() as view:
        assert view.newest_header() is None


def test_a_height_is_never_taken_twice(store):
    block = Block(HeaderRow(0, 0, b"h", None), (), ())
    with store.write() as writer:
        writer.add(block)
    with pytest.raises(VerificationFailed), store.write() as writer:
        writer.add(block)


def test_many_slots_and_digests_are_looked_up_in_batches(store, tmp_path):
    ledger = open_ledger(tmp_path, store)
    ledger.submit([WRITER.write(number, chain_id=ledger.chain_id) for number in range(3)])
    with store.read() as view:
        rows = view.transactions(0, 9)
        others = [number.to_bytes(32, "big") for number in range(900)]
        slots = [*others, *(row.slot for row in rows)]
        assert view.at_slots(slots) == rows
        assert view.occupied(slots) == {row.slot for row in rows}
        assert view.at_places([(row.slot, row.one_time_key) for row in rows] + [(o, o) for o in others]) == rows
        assert view.indexes_of([*others, *(row.digest for row in rows)]) == {row.digest: row.index for row in rows}


def test_a_sound_file_passes_and_a_damaged_one_is_named(store, tmp_path):
    ledger = open_ledger(tmp_path, store)
    ledger.submit([WRITER.write(number, chain_id=ledger.chain_id) for number in range(40)])
    store.check_storage()
    store._engine.dispose()
    path = tmp_path / "chain.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name LIKE 'ix_chain_transaction%'"
        ).fetchone()[0]
    content = bytearray(path.read_bytes())
    content[page * 4096 - 40] ^= 1
    path.write_bytes(content)
    with pytest.raises(VerificationFailed, match="damaged"):
        ledger.check_everything()


def test_a_file_that_is_no_database_is_damaged(store, tmp_path):
    store._engine.dispose()
    for path in tmp_path.glob("chain.db-*"):
        path.unlink()
    (tmp_path / "chain.db").write_bytes(b"x" * 8192)
    with pytest.raises(VerificationFailed, match="damaged"):
        store.check_storage()


def test_a_database_without_the_tables_is_unavailable(tmp_path):
    store = SqlLedgerStore(create_engine(f"sqlite:///{tmp_path / 'empty.db'}"))
    with pytest.raises(Unavailable), store.read() as view:
        view.newest_header()


def test_other_databases_check_their_own_files():
    engine = SimpleNamespace(dialect=SimpleNamespace(name="postgresql"), execution_options=lambda **_: None)
    SqlLedgerStore(engine).check_storage()


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE chain_transaction SET content = zeroblob(2048) WHERE log_index = 1", "transaction cannot be decoded"),
        ("UPDATE chain_transaction SET slot = zeroblob(32) WHERE log_index = 1", "columns differ"),
        ("UPDATE chain_transaction SET one_time_key = zeroblob(32) WHERE log_index = 1", "columns differ"),
        ("UPDATE chain_transaction SET digest = zeroblob(32) WHERE log_index = 1", "columns differ"),
        ("DELETE FROM chain_transaction WHERE log_index = 2", "transaction is missing"),
        ("UPDATE chain_node SET digest = zeroblob(32) WHERE level = 1", "Merkle tree"),
        ("DELETE FROM chain_node WHERE level = 1", "Merkle tree is missing"),
        ("INSERT INTO chain_node VALUES (5, 0, zeroblob(32))", "no header covers"),
        ("DELETE FROM chain_header WHERE height = 1", "header is missing"),
        ("UPDATE chain_header SET tree_size = 1 WHERE height = 1", "columns differ"),
        ("UPDATE chain_header SET content = zeroblob(249) WHERE height = 1", "cannot be decoded"),
        ("UPDATE chain_header SET content = 'text' WHERE height = 1", "wrong type|cannot be decoded"),
        ("DELETE FROM chain_header WHERE height = 2", "older than the head|no header covers"),
    ],
)
def test_every_changed_row_is_found(store, tmp_path, statement, reason):
    ledger = open_ledger(tmp_path, store)
    ledger.submit([WRITER.write(number, chain_id=ledger.chain_id) for number in range(2)])
    ledger.submit([WRITER.write(2, chain_id=ledger.chain_id)])
    ledger.check_everything()
    with store._writing.begin() as connection:
        connection.execute(text(statement))
    with pytest.raises(VerificationFailed, match=reason):
        ledger.check_everything()
