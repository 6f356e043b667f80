import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from blockmrs.cid import Cid
from blockmrs.errors import InvalidInput, ObjectMismatch, ObjectMissing, StorageUnavailable
from blockmrs.storage import MAX_OBJECT_BYTES
from blockmrs.storage.folder import BlockFolder
from blockmrs.storage.outbox import Flusher, OutboxStore
from tests.unit.storage.fakes import MemoryStore


@pytest.fixture
def inner() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def outbox(inner: MemoryStore, tmp_path: Path) -> OutboxStore:
    return OutboxStore(inner, tmp_path)


def fill(outbox: OutboxStore, inner: MemoryStore, count: int) -> list[Cid]:
    inner.away = True
    cids = [outbox.put(b"object %d" % number) for number in range(count)]
    inner.away = False
    return cids


def test_an_object_goes_straight_to_a_store_that_is_there(outbox: OutboxStore, inner: MemoryStore) -> None:
    cid = outbox.put(b"one")
    assert inner.has(cid)
    assert not outbox.waiting(cid)
    assert outbox.pending() == 0


def test_a_save_succeeds_while_the_store_is_away(outbox: OutboxStore, inner: MemoryStore) -> None:
    inner.away = True
    cid = outbox.put(b"one")
    assert cid == Cid.of(b"one")
    assert outbox.waiting(cid)
    assert outbox.has(cid)
    assert outbox.get(cid) == b"one"
    assert list(outbox.iter_waiting()) == [cid]


def test_what_waits_survives_a_restart(outbox: OutboxStore, inner: MemoryStore, tmp_path: Path) -> None:
    (cid,) = fill(outbox, inner, 1)
    assert OutboxStore(inner, tmp_path).waiting(cid)


def test_an_object_over_the_limit_is_refused_even_while_the_store_is_away(
    outbox: OutboxStore, inner: MemoryStore
) -> None:
    inner.away = True
    with pytest.raises(InvalidInput):
        outbox.put(bytes(MAX_OBJECT_BYTES + 1))
    assert outbox.pending() == 0


def test_flushing_moves_everything_that_waits(outbox: OutboxStore, inner: MemoryStore) -> None:
    cids = fill(outbox, inner, 5)
    assert outbox.flush() == 5
    assert outbox.pending() == 0
    assert all(inner.has(cid) for cid in cids)
    assert outbox.flush() == 0


def test_flushing_from_many_threads_pushes_each_object_once(
    outbox: OutboxStore, inner: MemoryStore, tmp_path: Path
) -> None:
    cids = fill(outbox, inner, 20)
    others = [OutboxStore(inner, tmp_path) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        moved = sum(threads.map(OutboxStore.flush, others))
    assert moved == len(cids) == inner.puts
    assert outbox.pending() == 0


def test_nothing_leaves_the_outbox_while_the_store_is_away(outbox: OutboxStore, inner: MemoryStore) -> None:
    fill(outbox, inner, 3)
    inner.away = True
    assert outbox.flush() == 0
    assert outbox.pending() == 3


def test_one_object_that_the_store_does_not_take_stops_no_other(outbox: OutboxStore, inner: MemoryStore) -> None:
    cids = fill(outbox, inner, 4)
    inner.refuses = {cids[0]}
    inner.rejects = {cids[1]}
    assert outbox.flush() == 2
    assert set(outbox.iter_waiting()) == {cids[0], cids[1]}


def test_a_damaged_object_stays_and_is_named_and_stops_no_other(
    outbox: OutboxStore, inner: MemoryStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cids = fill(outbox, inner, 3)
    (tmp_path / "waiting" / str(cids[1])).write_bytes(b"something else")
    with caplog.at_level(logging.ERROR):
        assert outbox.flush() == 2
    assert outbox.waiting(cids[1])
    assert str(cids[1]) in caplog.text


def test_an_object_leaves_only_after_the_store_gave_its_bytes_back(outbox: OutboxStore, inner: MemoryStore) -> None:
    (cid,) = fill(outbox, inner, 1)
    inner.put = lambda content: Cid.of(content)  # a store that errs
    assert outbox.flush() == 0
    assert outbox.waiting(cid)


def test_a_damaged_copy_in_the_store_is_replaced_by_the_flush(outbox: OutboxStore, inner: MemoryStore) -> None:
    (cid,) = fill(outbox, inner, 1)
    inner.objects[cid] = b"something else"
    assert outbox.flush() == 1
    assert inner.get(cid) == b"object 0"


def test_a_damaged_copy_in_the_outbox_is_passed_over_for_the_store(
    outbox: OutboxStore, inner: MemoryStore, tmp_path: Path
) -> None:
    (cid,) = fill(outbox, inner, 1)
    (tmp_path / "waiting" / str(cid)).write_bytes(b"something else")
    with pytest.raises(ObjectMismatch):
        outbox.get(cid)
    inner.put(b"object 0")
    assert outbox.get(cid) == b"object 0"


def test_an_object_held_nowhere_is_not_found(outbox: OutboxStore) -> None:
    with pytest.raises(ObjectMissing):
        outbox.get(Cid.of(b"nothing"))
    assert not outbox.has(Cid.of(b"nothing"))


def test_a_store_that_is_away_does_not_make_an_object_absent(outbox: OutboxStore, inner: MemoryStore) -> None:
    cid = outbox.put(b"one")
    inner.away = True
    with pytest.raises(StorageUnavailable):
        outbox.get(cid)
    with pytest.raises(StorageUnavailable):
        outbox.has(cid)


def test_a_waiting_object_counts_as_pinned(outbox: OutboxStore, inner: MemoryStore) -> None:
    (cid,) = fill(outbox, inner, 1)
    inner.away = True
    outbox.pin(cid)
    with pytest.raises(StorageUnavailable):
        outbox.pin(Cid.of(b"another"))


def test_an_unpinned_object_is_never_pushed_afterwards(outbox: OutboxStore, inner: MemoryStore) -> None:
    (cid,) = fill(outbox, inner, 1)
    outbox.unpin(cid)
    assert outbox.flush() == 0
    assert not inner.has(cid)


def test_an_object_unpinned_during_a_flush_stays_away(
    outbox: OutboxStore, inner: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    cids = sorted(fill(outbox, inner, 2))
    put = inner.put

    def put_and_unpin_the_next(content: bytes) -> Cid:
        monkeypatch.setattr(inner, "put", put)
        # As another process would, just before the flush comes to that object.
        outbox._waiting.remove(cids[1])
        return put(content)

    monkeypatch.setattr(inner, "put", put_and_unpin_the_next)
    assert outbox.flush() == 1
    assert not inner.has(cids[1])


def test_unpinning_fails_rather_than_leave_a_copy_in_a_store_that_is_away(
    outbox: OutboxStore, inner: MemoryStore
) -> None:
    cid = outbox.put(b"one")
    inner.away = True
    with pytest.raises(StorageUnavailable):
        outbox.unpin(cid)


def test_a_full_outbox_disk_fails_the_save(
    outbox: OutboxStore, inner: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: BlockFolder, cid: Cid, content: bytes) -> None:
        raise StorageUnavailable("no space left")

    inner.away = True
    monkeypatch.setattr(BlockFolder, "write", full)
    with pytest.raises(StorageUnavailable, match="no space"):
        outbox.put(b"one")


def test_health_says_how_many_objects_wait(outbox: OutboxStore, inner: MemoryStore) -> None:
    assert outbox.health() == inner.health()
    fill(outbox, inner, 3)
    assert outbox.health().ok
    assert "3" in outbox.health().detail
    inner.away = True
    assert not outbox.health().ok


def test_health_says_that_the_outbox_itself_is_broken(outbox: OutboxStore, tmp_path: Path) -> None:
    (tmp_path / "waiting").rmdir()
    (tmp_path / "waiting").write_text("not a folder")
    assert not outbox.health().ok


def test_an_outbox_that_cannot_be_locked_is_unavailable(outbox: OutboxStore, tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(StorageUnavailable, match="locked"):
        outbox.unpin(Cid.of(b"one"))


def test_the_flusher_pushes_what_waits_and_stops_when_told(outbox: OutboxStore, inner: MemoryStore) -> None:
    cids = fill(outbox, inner, 3)
    reached = threading.Event()
    put = inner.put

    def seen(content: bytes) -> Cid:
        cid = put(content)
        if len(inner.objects) == len(cids):
            reached.set()
        return cid

    inner.put = seen  # a store that tells
    flusher = Flusher(outbox, interval_s=0.01)
    flusher.start()
    assert reached.wait(10)
    flusher.stop()
    flusher.stop()
    assert not flusher._thread.is_alive()
    assert outbox.pending() == 0


def test_the_flusher_outlives_an_error_that_nobody_foresaw(
    outbox: OutboxStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    again = threading.Event()

    def flush() -> int:
        calls.append(1)
        if len(calls) > 1:
            again.set()
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(outbox, "flush", flush)
    flusher = Flusher(outbox, interval_s=0.01)
    flusher.start()
    assert again.wait(10)
    flusher.stop()


def settle(folder: Path) -> None:
    """Let every copy that settles be old enough."""
    for path in (folder / "settling").iterdir():
        os.utime(path, (0, 0))


@pytest.fixture
def settling(inner: MemoryStore, tmp_path: Path) -> OutboxStore:
    return OutboxStore(inner, tmp_path, settle_s=60.0)


def test_a_store_that_forgets_what_it_took_loses_nothing(
    settling: OutboxStore, inner: MemoryStore, tmp_path: Path
) -> None:
    cid = settling.put(b"one")
    assert not settling.waiting(cid)
    assert settling.pending() == 0
    inner.objects.clear()
    assert settling.get(cid) == b"one"
    settle(tmp_path)
    assert settling.flush() == 0
    assert inner.get(cid) == b"one"


def test_a_store_that_spoils_what_it_took_gets_it_again(
    settling: OutboxStore, inner: MemoryStore, tmp_path: Path
) -> None:
    cid = settling.put(b"one")
    inner.objects[cid] = b""
    assert settling.get(cid) == b"one"
    settle(tmp_path)
    settling.flush()
    assert inner.get(cid) == b"one"


def test_a_copy_stays_until_it_has_settled_and_goes_then(settling: OutboxStore, tmp_path: Path) -> None:
    settling.put(b"one")
    settling.flush()
    assert len(list((tmp_path / "settling").iterdir())) == 1
    settle(tmp_path)
    settling.flush()
    assert list((tmp_path / "settling").iterdir()) == []


def test_what_waited_settles_too(settling: OutboxStore, inner: MemoryStore, tmp_path: Path) -> None:
    inner.away = True
    cid = settling.put(b"one")
    settle(tmp_path)
    inner.away = False
    assert settling.flush() == 1
    inner.objects.clear()
    assert settling.get(cid) == b"one"


def test_a_settled_copy_that_is_damaged_changes_no_answer(
    settling: OutboxStore, inner: MemoryStore, tmp_path: Path
) -> None:
    cid = settling.put(b"one")
    (tmp_path / "settling" / str(cid)).write_bytes(b"something else")
    assert settling.get(cid) == b"one"
    inner.objects.clear()
    with pytest.raises(ObjectMissing):
        settling.get(cid)


def test_an_unpinned_object_leaves_no_copy_behind(settling: OutboxStore, inner: MemoryStore, tmp_path: Path) -> None:
    cid = settling.put(b"one")
    settling.unpin(cid)
    settle_again = list((tmp_path / "settling").iterdir())
    assert settle_again == []
    settling.flush()
    assert not inner.has(cid)


def test_a_copy_that_vanishes_while_ages_are_asked_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = BlockFolder(tmp_path, ("only",), MAX_OBJECT_BYTES)
    monkeypatch.setattr(blocks, "iter_cids", lambda: iter([Cid.of(b"gone")]))
    assert list(blocks.iter_older(0.0)) == []
