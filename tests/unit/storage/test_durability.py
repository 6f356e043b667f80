"""Whatever fails, wherever: an object is whole or absent, and what `put` returned for is there."""

import errno
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from blockmrs import durable
from blockmrs.cid import Cid
from blockmrs.errors import ObjectMismatch, ObjectMissing, StorageUnavailable
from blockmrs.storage import MAX_OBJECT_BYTES, ObjectStore, folder
from blockmrs.storage.embedded import EmbeddedStore
from blockmrs.storage.folder import BlockFolder
from blockmrs.storage.outbox import OutboxStore
from tests.support.faults import FaultyOs
from tests.unit.storage.fakes import AwayStore

CONTENT = b"an object " * 400
CID = Cid.of(CONTENT)
# More than any write makes; the tests check that they came to its end.
STEPS = range(1, 40)


def embedded(path: Path) -> ObjectStore:
    return EmbeddedStore(path)


def outbox(path: Path) -> ObjectStore:
    return OutboxStore(AwayStore(), path)


REFUSAL = (ObjectMismatch, StorageUnavailable)
STORES = pytest.mark.parametrize("make", [embedded, outbox])


def files_in(path: Path) -> list[Path]:
    return [file for file in path.rglob("*") if file.is_file() and file.name != "lock"]


@STORES
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_put_that_fails_at_any_step_leaves_the_whole_object_or_nothing(
    make: Callable[[Path], ObjectStore], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = set()
    for step in STEPS:
        path = tmp_path / str(step)
        store = make(path)
        faulty = FaultyOs(step, code)
        with monkeypatch.context() as patch:
            use(patch, faulty)
            if not faulty_put(store, faulty):
                break
        seen.add(faulty.calls[step - 1])
        assert [file.read_bytes() for file in files_in(path)] in ([], [CONTENT])
        assert not list((path / "incoming").iterdir())
        assert make(path).put(CONTENT) == CID
        assert make(path).get(CID) == CONTENT
    else:
        pytest.fail("the write has more steps than were tried")
    assert seen >= {"open", "write", "fsync", "rename", "close"}


def use(patch: pytest.MonkeyPatch, faulty: FaultyOs) -> None:
    """All that a write asks of the system, it asks of `faulty`."""
    for module in (durable, folder):
        patch.setattr(module, "os", faulty)


def faulty_put(store: ObjectStore, faulty: FaultyOs) -> bool:
    """Whether the fault struck; if not, the object was put."""
    try:
        assert store.put(CONTENT) == CID
    except StorageUnavailable:
        return True
    assert not faulty.failed
    return False


@STORES
def test_a_disk_that_stays_broken_leaves_no_half_object(
    make: Callable[[Path], ObjectStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in STEPS:
        path = tmp_path / str(step)
        store = make(path)
        faulty = FaultyOs(step, lasting=True)
        with monkeypatch.context() as patch:
            use(patch, faulty)
            if not faulty_put(store, faulty):
                return
        assert [file.read_bytes() for file in files_in(path)] in ([], [CONTENT])


def put_and_die(make: Callable[[Path], ObjectStore], path: Path, step: int) -> None:
    store = make(path)
    folder.os = FaultyOs(step, kill=True)
    store.put(CONTENT)


@STORES
def test_a_process_killed_in_the_middle_of_a_put_leaves_the_whole_object_or_none(
    make: Callable[[Path], ObjectStore], tmp_path: Path
) -> None:
    fork = multiprocessing.get_context("fork")
    for step in STEPS:
        path = tmp_path / str(step)
        process = fork.Process(target=put_and_die, args=(make, path, step))
        process.start()
        process.join(30)
        if process.exitcode == 0:
            assert make(path).get(CID) == CONTENT
            return
        assert process.exitcode == -9
        store = make(path)
        assert [file.read_bytes() for file in files_in(path) if file.parent.name != "incoming"] in ([], [CONTENT])
        store.put(CONTENT)
        assert store.get(CID) == CONTENT
    pytest.fail("the write has more steps than were tried")


def test_a_put_returns_only_after_the_file_and_then_its_folder_are_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = EmbeddedStore(tmp_path)
    watched = FaultyOs(10_000)
    use(monkeypatch, watched)
    store.put(CONTENT)
    order = [name for name in watched.calls if name in ("write", "fsync", "rename")]
    assert order == ["write", "fsync", "rename", "fsync"]


def test_a_write_that_the_system_takes_in_pieces_is_written_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = EmbeddedStore(tmp_path)
    monkeypatch.setattr(os, "write", lambda file, data, write=os.write: write(file, data[:1000]))
    assert store.get(store.put(CONTENT)) == CONTENT


def test_a_temporary_file_of_a_dead_process_is_swept_at_the_next_start(tmp_path: Path) -> None:
    EmbeddedStore(tmp_path)
    stale, young = tmp_path / "incoming" / "1-dead", tmp_path / "incoming" / "2-alive"
    stale.write_bytes(b"half an obj")
    young.write_bytes(b"half an obj")
    os.utime(stale, (0, 0))
    EmbeddedStore(tmp_path)
    assert not stale.exists()
    assert young.exists()


def test_a_temporary_file_that_another_process_sweeps_first_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    EmbeddedStore(tmp_path)
    (tmp_path / "incoming" / "1-dead").write_bytes(b"half an obj")
    use(monkeypatch, FaultyOs(0))
    real_stat = os.stat

    def vanished(name: object, **where: object) -> os.stat_result:
        if name == "1-dead":
            raise FileNotFoundError(errno.ENOENT, "gone")
        return real_stat(name, **where)  # as it came

    monkeypatch.setattr(os, "stat", vanished)
    assert EmbeddedStore(tmp_path).health().ok


def test_files_and_folders_are_closed_to_everybody_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "objects"
    EmbeddedStore(path).put(CONTENT)
    assert {file.stat().st_mode & 0o777 for file in files_in(path)} == {0o600}
    assert {inner.stat().st_mode & 0o777 for inner in (path, *(p for p in path.rglob("*") if p.is_dir()))} == {0o700}


def test_a_shard_that_was_deleted_is_made_again_durably(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EmbeddedStore(tmp_path)
    (tmp_path / CID.digest.hex()[:2]).rmdir()
    assert not store.has(CID)
    assert list(store.iter_cids()) == []
    watched = FaultyOs(10_000)
    use(monkeypatch, watched)
    store.put(CONTENT)
    assert [name for name in watched.calls if name in ("mkdir", "fsync", "write")] == [
        "mkdir", "fsync", "write", "fsync", "fsync",
    ]  # fmt: skip


@pytest.mark.parametrize("operation", ["read", "has", "remove", "list", "free", "start"])
def test_a_disk_that_fails_is_unavailable_and_never_means_absent(
    operation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = BlockFolder(tmp_path, ("only",), MAX_OBJECT_BYTES)
    blocks.write(CID, CONTENT)
    operations: dict[str, Callable[[], object]] = {
        "read": lambda: blocks.read(CID),
        "has": lambda: blocks.has(CID),
        "remove": lambda: blocks.remove(CID),
        "list": lambda: list(blocks.iter_cids()),
        "free": blocks.free_bytes,
        "start": lambda: BlockFolder(tmp_path, ("only",), MAX_OBJECT_BYTES),
    }
    use(monkeypatch, FaultyOs(1, errno.EIO))
    with pytest.raises(StorageUnavailable):
        operations[operation]()


def test_a_parent_that_we_may_not_read_does_not_stop_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    EmbeddedStore(tmp_path)
    # Call 1 is the mkdir of the folder itself, call 2 opens its parent.
    faulty = FaultyOs(2, errno.EACCES)
    use(monkeypatch, faulty)
    EmbeddedStore(tmp_path)
    assert faulty.calls[:2] == ["mkdir", "open"]


@pytest.mark.parametrize("place", ["object", "shard"])
def test_a_symbolic_link_is_never_followed(place: str, tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path / "objects")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / str(CID)).write_bytes(CONTENT)
    shard = tmp_path / "objects" / CID.digest.hex()[:2]
    if place == "object":
        (shard / str(CID)).symlink_to(elsewhere / str(CID))
    else:
        shard.rmdir()
        shard.symlink_to(elsewhere)
    with pytest.raises(REFUSAL):
        store.get(CID)
    store_again = EmbeddedStore(tmp_path / "objects")
    if place == "shard":
        with pytest.raises(REFUSAL):
            store_again.put(CONTENT)
        assert not store_again.has(CID)
    else:
        store_again.put(CONTENT)
        assert store_again.get(CID) == CONTENT
    assert (elsewhere / str(CID)).read_bytes() == CONTENT


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_something_that_is_no_file_is_refused_and_holds_nobody_up(kind: str, tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    path = tmp_path / CID.digest.hex()[:2] / str(CID)
    os.mkfifo(path) if kind == "pipe" else path.mkdir()
    with pytest.raises(REFUSAL):
        store.get(CID)


def test_the_folder_itself_may_be_a_link_to_another_disk(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "objects").symlink_to(tmp_path / "disk")
    assert EmbeddedStore(tmp_path / "objects").put(CONTENT) == CID


def test_a_folder_that_cannot_be_one_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("a file")
    with pytest.raises(StorageUnavailable, match="cannot be used"):
        EmbeddedStore(tmp_path / "objects")


def test_foreign_files_are_not_taken_for_objects(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    store.put(CONTENT)
    (tmp_path / "00" / "notes.txt").write_text("not ours")
    assert list(store.iter_cids()) == [CID]
    assert store.health().objects == 1


def test_a_disk_almost_full_is_not_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EmbeddedStore(tmp_path)
    monkeypatch.setattr(BlockFolder, "free_bytes", lambda self: 1024)
    assert not store.health().ok
    assert "1 KiB" in store.health().detail


def test_an_object_is_pinned_by_being_there(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    with pytest.raises(ObjectMissing):
        store.pin(CID)
    store.pin(store.put(CONTENT))
    store.unpin(CID)
    store.unpin(CID)
    assert not store.has(CID)


def test_a_file_longer_than_any_object_is_refused_unread(tmp_path: Path) -> None:
    EmbeddedStore(tmp_path).put(CONTENT)
    with pytest.raises(ObjectMismatch, match="longer"):
        EmbeddedStore(tmp_path, max_bytes=1000).get(CID)


def test_a_broken_disk_is_reported_by_health_not_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EmbeddedStore(tmp_path)
    use(monkeypatch, FaultyOs(1, errno.EIO))
    assert not store.health().ok
