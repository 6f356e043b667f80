"""The head file: what a restored copy and a crash may not do."""

import hashlib
import shutil
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace

import pytest

from blockmrs import encoding
from blockmrs.chain.header import SealerSet
from blockmrs.chain.ledger import Ledger, Place
from blockmrs.chain.sealer import Sealer, SignedBlock
from blockmrs.chain.store import MemoryLedgerStore
from blockmrs.errors import InvalidInput, Unavailable, VerificationFailed
from tests.unit.chain.support import NOON, WRITER, open_ledger, sql_store

STEPS = ["signed", "head written", "head renamed", "published", "added", "committed"]


class PulledPlug(BaseException):
    """Nothing catches this, as nothing catches a power cut."""


def pulls_plug_at(step, armed):
    def on_step(done):
        if done == step and armed:
            raise PulledPlug

    return on_step


@pytest.fixture(params=["memory", "sql"])
def store(request, tmp_path):
    return MemoryLedgerStore() if request.param == "memory" else sql_store(tmp_path)


def sealer(folder):
    return Sealer(folder / "sealer.key", folder / "head")


@pytest.mark.parametrize("step", STEPS)
def test_a_block_cut_off_at_any_step_is_there_whole_or_not_at_all(tmp_path, store, step):
    armed = []
    ledger = open_ledger(tmp_path, store, on_step=pulls_plug_at(step, armed))
    earlier, cut_off = ([WRITER.write(2 * n + i, chain_id=ledger.chain_id) for i in (0, 1)] for n in (0, 1))
    ledger.submit(earlier)
    armed.append(True)
    with pytest.raises(PulledPlug):
        ledger.submit(cut_off)
    reopened = open_ledger(tmp_path, store)
    # From the moment the head file is in place, the block can only be repeated; before that, it never was.
    assert reopened.size == (2 if step in ("signed", "head written") else 4)
    assert reopened.submit(cut_off) == [Place(2, 2), Place(3, 2)]
    assert reopened.check_everything().transactions == 4


@pytest.mark.parametrize("step", ["signed", "head written", "head renamed", "published", "added"])
def test_a_first_start_cut_off_at_any_step_leaves_one_chain(tmp_path, store, step):
    with pytest.raises(PulledPlug):
        open_ledger(tmp_path, store, on_step=pulls_plug_at(step, [True]))
    published = sealer(tmp_path).read_head()
    ledger = open_ledger(tmp_path, store)
    assert published is None or ledger.chain_id == published.header.digest
    assert ledger.check_everything().headers == 1


def test_a_block_that_the_database_did_not_take_is_repeated_by_the_same_process(tmp_path, store, monkeypatch):
    armed = []
    ledger = open_ledger(tmp_path, store, on_step=pulls_plug_at("added", armed))
    first, second = (WRITER.write(number, chain_id=ledger.chain_id) for number in (0, 1))
    armed.append(True)
    with pytest.raises(PulledPlug):
        ledger.submit([first])
    armed.clear()
    assert ledger.submit([second, first]) == [Place(1, 2), Place(0, 1)]


def test_a_block_that_the_database_did_not_take_is_seen_after_catching_up(tmp_path, store):
    armed = []
    ledger = open_ledger(tmp_path, store, on_step=pulls_plug_at("added", armed))
    armed.append(True)
    with pytest.raises(PulledPlug):
        ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    armed.clear()
    assert ledger.size == 0
    ledger.catch_up()
    ledger.catch_up()
    assert (ledger.size, ledger.head().height) == (1, 1)


def test_without_a_head_file_there_is_nothing_to_catch_up_with(tmp_path, store):
    ledger = open_ledger(tmp_path, store)
    (tmp_path / "head").unlink()
    ledger.catch_up()
    assert ledger.size == 0


def test_an_old_copy_of_the_database_refuses_to_sign(tmp_path):
    old, now = tmp_path / "old", tmp_path / "now"
    old.mkdir()
    now.mkdir()
    ledger = open_ledger(now, sql_store(now))
    ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    with closing(sqlite3.connect(now / "chain.db")) as source, closing(sqlite3.connect(old / "chain.db")) as target:
        source.backup(target)
    for number in (1, 2):
        ledger.submit([WRITER.write(number, chain_id=ledger.chain_id)])
    restored = Ledger(sql_store(old), sealer(now), lambda: NOON)
    assert restored.size == 1
    with pytest.raises(Unavailable, match="older than the head that this node has published"):
        restored.submit([WRITER.write(9, chain_id=ledger.chain_id)])
    with pytest.raises(VerificationFailed, match="older than the head"):
        restored.check_everything()
    # Nothing was spoilt by trying.
    assert ledger.submit([WRITER.write(3, chain_id=ledger.chain_id)]) == [Place(3, 4)]


def test_a_copy_that_lacks_just_the_last_block_gets_that_very_block_back(tmp_path):
    old, now = tmp_path / "old", tmp_path / "now"
    old.mkdir()
    now.mkdir()
    ledger = open_ledger(now, sql_store(now))
    with closing(sqlite3.connect(now / "chain.db")) as source, closing(sqlite3.connect(old / "chain.db")) as target:
        source.backup(target)
    ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    restored = Ledger(sql_store(old), sealer(now), lambda: NOON)
    assert restored.head() == ledger.head()


def test_a_history_that_differs_from_what_was_published_refuses_to_sign(tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    ledger = open_ledger(ours, sql_store(ours))
    shutil.copytree(ours, theirs)
    other = open_ledger(theirs, sql_store(theirs))
    ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    other.submit([WRITER.write(1, chain_id=ledger.chain_id)])
    shutil.copy(theirs / "head", ours / "head")
    reopened = open_ledger(ours, sql_store(ours))
    with pytest.raises(Unavailable, match="differs from it"):
        reopened.submit([WRITER.write(2, chain_id=ledger.chain_id)])


def test_a_database_that_goes_on_from_what_was_published_here_may_be_continued(tmp_path, store):
    ledger = open_ledger(tmp_path, store)
    earlier = (tmp_path / "head").read_bytes()
    ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    (tmp_path / "head").write_bytes(earlier)
    assert open_ledger(tmp_path, store).submit([WRITER.write(1, chain_id=ledger.chain_id)]) == [Place(1, 2)]
    assert ledger.check_everything().transactions == 2


def test_an_empty_database_beside_a_head_file_starts_no_second_chain(tmp_path):
    ledger = open_ledger(tmp_path)
    ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    with pytest.raises(Unavailable, match="holds no chain"):
        open_ledger(tmp_path, MemoryLedgerStore())


@pytest.mark.parametrize("damage", [b"", b"x" * 400])
def test_a_damaged_head_file_stops_signing_but_not_reading(tmp_path, store, damage):
    ledger = open_ledger(tmp_path, store)
    (tmp_path / "head").write_bytes(damage)
    reopened = open_ledger(tmp_path, store)
    assert reopened.chain_id == ledger.chain_id
    with pytest.raises(Unavailable, match="head file beside the sealer's key is damaged"):
        reopened.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    with pytest.raises(VerificationFailed, match="damaged"):
        reopened.check_everything()


def test_a_missing_head_file_stops_signing(tmp_path, store):
    ledger = open_ledger(tmp_path, store)
    (tmp_path / "head").unlink()
    with pytest.raises(Unavailable, match="missing"):
        open_ledger(tmp_path, store).submit([WRITER.write(0, chain_id=ledger.chain_id)])
    with pytest.raises(VerificationFailed, match="missing"):
        ledger.check_everything()


def test_a_node_whose_key_is_not_the_chains_reads_and_signs_nothing(tmp_path, store):
    ledger = open_ledger(tmp_path, store)
    (tmp_path / "sealer.key").unlink()
    stranger = open_ledger(tmp_path, store)
    with pytest.raises(Unavailable, match="not one of the chain's"):
        stranger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    assert stranger.size == 0


def test_a_head_file_that_cannot_be_read_or_written_is_unavailable(tmp_path, store):
    ledger = open_ledger(tmp_path, store)
    (tmp_path / "head.new").mkdir()
    with pytest.raises(Unavailable, match="cannot be written"):
        ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    (tmp_path / "head").unlink()
    (tmp_path / "head").mkdir()
    with pytest.raises(Unavailable, match="cannot be read"):
        ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])


def test_a_key_held_by_somebody_else_is_waited_for_and_then_given_up(tmp_path):
    impatient = Sealer(tmp_path / "sealer.key", tmp_path / "head", lock_wait_s=0.01)
    with (
        sealer(tmp_path).exclusive(),
        pytest.raises(Unavailable, match="another process holds"),
        impatient.exclusive(),
    ):
        pass
    with impatient.exclusive():
        pass


def test_a_key_file_that_went_away_stops_signing(tmp_path, store):
    ledger = open_ledger(tmp_path, store)
    (tmp_path / "sealer.key").unlink()
    with pytest.raises(Unavailable, match="key file"):
        ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])


def test_a_full_disk_under_the_database_refuses_and_the_block_follows_when_there_is_room(tmp_path):
    store = sql_store(tmp_path)
    ledger = open_ledger(tmp_path, store)
    contents = [WRITER.write(number, chain_id=ledger.chain_id) for number in range(3)]
    with store._writing.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

    def limit(to):
        # The pool hands out the connection that came back last.
        with store._writing.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={to}")

    limit(pages)
    with pytest.raises(Unavailable, match="database did not answer"):
        ledger.submit(contents)
    assert ledger.size == 0
    limit(1_000_000)
    assert ledger.submit(contents) == [Place(index, 1) for index in range(3)]


def test_the_key_is_for_its_owner_alone_and_never_shown(tmp_path):
    one = sealer(tmp_path)
    assert stat.S_IMODE((tmp_path / "sealer.key").stat().st_mode) == 0o600
    assert repr(one) == f"Sealer({one.public_key.hex()})"


def head_of(folder, store):
    ledger = open_ledger(folder, store)
    ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    return sealer(folder).read_head()


def test_a_signed_block_decodes_to_itself_and_nothing_else_decodes(tmp_path):
    block = head_of(tmp_path, MemoryLedgerStore())
    assert SignedBlock.decode(block.encode()) == block
    for content in ({0: b"h"}, {0: block.header.encode(), 1: None, 2: b""}, [1]):
        data = encoding.encode(content)
        with pytest.raises(InvalidInput):
            SignedBlock.decode(data + hashlib.sha256(data).digest())


@pytest.mark.parametrize("foreign", [7, "text", None, [b"in a list"], {0: b"in a map"}])
def test_a_signed_block_with_something_else_among_its_transactions_is_refused_whole(tmp_path, foreign):
    block = head_of(tmp_path, MemoryLedgerStore())
    data = encoding.encode({0: block.header.encode(), 1: None, 2: [*block.transactions, foreign]})
    with pytest.raises(InvalidInput, match="not bytes"):
        SignedBlock.decode(data + hashlib.sha256(data).digest())


def test_a_published_block_is_checked_before_it_is_repeated(tmp_path):
    store = MemoryLedgerStore()
    block = head_of(tmp_path, store)
    del store._content.header_rows[1:], store._content.transaction_rows[:]
    store._content.digests.clear()
    store._content.by_digest.clear()
    sealer(tmp_path).publish(replace(block, transactions=()))
    with pytest.raises(VerificationFailed, match="does not lead to its own root"):
        open_ledger(tmp_path, store)


def test_a_published_genesis_block_names_its_sealers(tmp_path):
    open_ledger(tmp_path)
    block = sealer(tmp_path).read_head()
    assert block.sealers == SealerSet.of([sealer(tmp_path).public_key]).encode()
    sealer(tmp_path).publish(replace(block, sealers=None))
    with pytest.raises(VerificationFailed, match="names no sealers"):
        open_ledger(tmp_path, MemoryLedgerStore())


def test_a_node_may_sign_while_its_database_is_one_block_behind_as_a_crash_leaves_it(tmp_path, store):
    armed = []
    ledger = open_ledger(tmp_path, store, on_step=pulls_plug_at("added", armed))
    armed.append(True)
    with pytest.raises(PulledPlug):
        ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    ledger.check_may_sign()
