"""A backup carries everything; a restore is whole or nothing, and never forks the chain."""

import contextlib
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from blockmrs import durable
from blockmrs.cid import Cid
from blockmrs.config.assembly import build_backup, build_restore
from blockmrs.config.settings import DataSettings, Settings, StorageSettings
from blockmrs.errors import (
    BlockMRSError,
    CannotOpen,
    Conflict,
    InvalidInput,
    ObjectMissing,
    StorageUnavailable,
    Unavailable,
    VerificationFailed,
)
from blockmrs.model import snapshot
from blockmrs.moments import to_ms
from blockmrs.services.node import archive as archives
from blockmrs.services.node import backup, data_folder
from tests.support.faults import FaultyOs
from tests.support.installation import Installation

PASSPHRASE = "six candles under the stairs"


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_restored_installation_has_everything(machine: Installation, other: Installation, tmp_path: Path) -> None:
    with machine:
        result = machine.backup(tmp_path / "saved")
        head = machine.foundation.ledger.head()
    assert result.missing == ()
    assert result.size_bytes == (tmp_path / "saved").stat().st_size
    restored = other.restore(tmp_path / "saved")
    assert restored.objects == result.objects
    assert restored.missing == ()
    assert restored.height == head.height
    with other:
        assert other.foundation.ledger.head() == head
        assert other.signs_in("carol")
        assert other.foundation.objects.get(Cid.of(b"of a save that was cut off"))
        other.verify()


def test_a_backup_is_for_its_owner_alone(saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600


def test_a_backup_leaves_nothing_behind_but_itself(machine: Installation, tmp_path: Path) -> None:
    with machine:
        before = set(os.listdir(machine.folder)) | set(os.listdir(tmp_path))
        machine.backup(tmp_path / "saved")
        assert set(os.listdir(machine.folder)) | set(os.listdir(tmp_path)) == before | {"saved"}


def test_a_sealed_backup_opens_only_with_its_passphrase(
    machine: Installation, other: Installation, tmp_path: Path
) -> None:
    with machine:
        machine.backup(tmp_path / "sealed", PASSPHRASE)
    pepper = (machine.folder / "secrets" / "pepper").read_bytes()
    assert pepper not in (tmp_path / "sealed").read_bytes()
    with pytest.raises(InvalidInput, match="sealed"):
        other.restore(tmp_path / "sealed")
    with pytest.raises(CannotOpen):
        other.restore(tmp_path / "sealed", PASSPHRASE + "s")
    other.restore(tmp_path / "sealed", PASSPHRASE)
    with other:
        other.verify()


def test_a_passphrase_for_a_backup_that_is_not_sealed_is_refused(other: Installation, saved: Path) -> None:
    with pytest.raises(InvalidInput, match="not sealed"):
        other.restore(saved, PASSPHRASE)


def test_backups_made_while_others_write_are_whole(machine: Installation, tmp_path: Path) -> None:
    stop, wrote = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def write() -> None:
        number = 0
        while not stop.is_set():
            try:
                machine.sign_up(f"person-{number}")
            except BlockMRSError as error:
                failures.append(error)
                return
            number += 1
            wrote.set()

    with machine:
        writer = threading.Thread(target=write)
        writer.start()
        for number in range(3):
            # However slow the machine is, something was written since the backup before.
            wrote.clear()
            assert wrote.wait(timeout=60)
            machine.backup(tmp_path / f"saved-{number}")
        stop.set()
        writer.join()
    assert failures == []
    heights = []
    for number in range(3):
        other = Installation(tmp_path / f"other-{number}")
        heights.append(other.restore(tmp_path / f"saved-{number}").height)
        with other:
            other.verify()
            other.add_block()
    assert heights == sorted(heights)
    assert heights[-1] > heights[0]


# A restored backup never forks the chain.


def test_a_folder_that_holds_an_installation_is_not_replaced_unasked(machine: Installation, saved: Path) -> None:
    before = content_of(machine.folder)
    with pytest.raises(Conflict, match="--replace"):
        machine.restore(saved)
    assert content_of(machine.folder) == before


def test_what_was_there_is_kept_aside(machine: Installation, saved: Path) -> None:
    database = (machine.folder / "blockmrs.db").read_bytes()
    first = machine.restore(saved, replace=True).aside
    second = machine.restore(saved, replace=True).aside
    assert first is not None
    assert second is not None
    assert first != second
    assert (first / "blockmrs.db").read_bytes() == database
    assert (first / "secrets" / "pepper").exists()


def test_a_running_server_keeps_a_restore_away(machine: Installation, saved: Path) -> None:
    with machine, pytest.raises(Conflict, match="stop it first"):
        machine.restore(saved, replace=True)


def test_a_backup_never_overwrites_a_file(machine: Installation, saved: Path, tmp_path: Path) -> None:
    before = saved.read_bytes()
    with machine, pytest.raises(Conflict):
        machine.backup(saved)
    assert saved.read_bytes() == before


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    machine: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = archives.ArchiveWriter.finish

    def somebody_else_is_quicker(self: archives.ArchiveWriter, *arguments: Any) -> archives.Manifest:
        (tmp_path / "saved").write_text("theirs")
        return finish(self, *arguments)

    monkeypatch.setattr(archives.ArchiveWriter, "finish", somebody_else_is_quicker)
    with machine, pytest.raises(Conflict):
        machine.backup(tmp_path / "saved")
    assert (tmp_path / "saved").read_text() == "theirs"


def test_a_full_disk_leaves_no_part_of_a_backup(
    machine: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: archives.ArchiveWriter, cid: Cid, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    with machine:
        before = set(os.listdir(machine.folder)) | set(os.listdir(tmp_path))
        monkeypatch.setattr(archives.ArchiveWriter, "add_object", full)
        with pytest.raises(Unavailable, match="No space"):
            machine.backup(tmp_path / "saved")
        assert set(os.listdir(machine.folder)) | set(os.listdir(tmp_path)) == before


def test_a_full_disk_leaves_the_old_installation_as_it_was(
    machine: Installation, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(root: Path) -> None:
        raise OSError(28, "No space left on device")

    before = content_of(machine.folder)
    monkeypatch.setattr(data_folder, "sync_tree", full)
    with pytest.raises(Unavailable, match="No space"):
        machine.restore(saved, replace=True)
    assert content_of(machine.folder) == before
    assert not (machine.folder / "restoring").exists()


def kept(folder: Path) -> dict[str, bytes]:
    """What the folder holds, without what was set aside and without the lock."""
    return {
        name: content
        for name, content in content_of(folder).items()
        if not name.startswith("before-restore") and name != data_folder.LOCK
    }


def test_a_restore_cut_off_in_its_last_step_is_finished_before_anybody_starts(
    machine: Installation, other: Installation, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machine:
        machine.add_block()
    other.restore(saved)
    old, new = kept(machine.folder), kept(other.folder)
    # The one block more stays in the head file, as it must.
    new["secrets/sealer.head"] = old["secrets/sealer.head"]
    monkeypatch.setattr(data_folder, "sync_tree", lambda root: None)
    cut_off = 0
    for step in range(1, 100):
        copy = Installation(tmp_path / f"copy-{step}")
        shutil.copytree(machine.folder, copy.folder)
        faulty = FaultyOs(step)
        with monkeypatch.context() as patch, contextlib.suppress(Unavailable):
            for module in (durable, data_folder):
                patch.setattr(module, "os", faulty)
            copy.restore(saved, replace=True)
        if not faulty.failed:
            break
        if not (copy.folder / "restoring" / "ready").exists():
            assert kept(copy.folder) in (old, new)
            continue
        cut_off += 1
        with pytest.raises(Conflict, match="--finish"):
            copy.__enter__()
        with pytest.raises(Conflict, match="--finish"):
            copy.restore(saved, replace=True)
        assert copy.finish_restore() is not None
        assert kept(copy.folder) == new
    else:
        pytest.fail("the replacement has more steps than were tried")
    assert cut_off > 8


def test_there_is_nothing_to_finish_where_nothing_was_cut_off(machine: Installation) -> None:
    assert machine.finish_restore() is None


def test_what_an_earlier_restore_left_unfinished_is_no_hindrance(other: Installation, saved: Path) -> None:
    (other.folder / "restoring" / "objects").mkdir(parents=True)
    other.restore(saved)
    with other:
        other.verify()


def test_a_backup_names_what_this_node_lacks_and_the_restore_repeats_it(
    machine: Installation, other: Installation, tmp_path: Path
) -> None:
    with machine:
        lost, damaged = sorted(machine.services.evidence.listed_cids())[:2]
        for cid, act in ((lost, os.unlink), (damaged, lambda path: os.truncate(path, 10))):
            act(machine.folder / "objects" / cid.digest.hex()[:2] / str(cid))
        result = machine.backup(tmp_path / "saved")
    assert set(result.missing) == {lost, damaged}
    assert set(other.restore(tmp_path / "saved").missing) == {str(lost), str(damaged)}


def test_a_restore_leaves_out_what_was_let_go_since_the_backup(machine: Installation, tmp_path: Path) -> None:
    with machine:
        machine.backup(tmp_path / "saved")
        gone, stays = sorted(machine.services.evidence.listed_cids())[:2]
        machine.foundation.leaving.let_go([gone], datetime(2026, 3, 14, tzinfo=UTC))
        machine.verify()
    machine.restore(tmp_path / "saved", replace=True)
    with machine:
        assert gone in machine.foundation.let_go
        assert not machine.foundation.objects.inner.has(gone)
        with pytest.raises(ObjectMissing):
            machine.foundation.objects.get(gone)
        assert machine.foundation.objects.get(stays)
        machine.verify()
    machine.restore(tmp_path / "saved", replace=True)
    with machine:
        assert gone in machine.foundation.let_go, "nor after another, whose own file says nothing of it"


def test_what_a_backup_served_and_this_machine_let_go_since_lies_aside_after_its_restore(
    machine: Installation, tmp_path: Path
) -> None:
    aside = machine.folder / "outbox" / "left"
    with machine:
        gone, stays = sorted(machine.services.evidence.listed_cids())[:2]
        content = machine.foundation.objects.get(gone)
        machine.backup(tmp_path / "saved")
        machine.foundation.leaving.let_go([gone], datetime(2026, 3, 14, tzinfo=UTC))
        machine.backup(tmp_path / "later")
    for _ in range(2):
        result = machine.restore(tmp_path / "saved", replace=True)
        assert result.let_go_since == (gone,)
        assert [path.name for path in aside.iterdir()] == [str(gone)]
        assert (aside / str(gone)).read_bytes() == content
        with machine, pytest.raises(ObjectMissing):
            machine.foundation.objects.get(gone)
    with machine:
        machine.foundation.leaving.sweep(to_ms(datetime(2026, 4, 12, tzinfo=UTC)))
        assert machine.foundation.leaving.read(gone) == content
        machine.foundation.leaving.sweep(to_ms(datetime(2026, 4, 13, tzinfo=UTC)))
        with pytest.raises(ObjectMissing):
            machine.foundation.leaving.read(gone)
        assert machine.foundation.objects.get(stays)
    assert machine.restore(tmp_path / "later", replace=True).let_go_since == ()


@pytest.mark.parametrize("moment", ["before the database is copied", "after it", "among the objects", "node away"])
def test_what_is_let_go_during_a_backup_is_in_it_whole(
    machine: Installation, other: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    copy = backup.copy_database

    def away(cid: Cid) -> None:
        raise StorageUnavailable("the node is away")

    with machine:
        gone = max(machine.services.evidence.listed_cids())
        content = machine.foundation.objects.get(gone)

        def let_go(*_: object) -> None:
            machine.foundation.leaving.let_go([gone], datetime(2026, 3, 14, tzinfo=UTC))

        def copying(engine: Any, path: Path) -> None:
            steps = [lambda: copy(engine, path), let_go]
            for step in reversed(steps) if moment.startswith("before") else steps:
                step()

        if moment == "node away":
            monkeypatch.setattr(machine.foundation.objects, "unpin", away)
        if moment == "among the objects":
            result = build_backup(machine.settings, machine.foundation).write(tmp_path / "saved", None, let_go)
        else:
            monkeypatch.setattr(backup, "copy_database", copying)
            result = machine.backup(tmp_path / "saved")
        assert gone in machine.foundation.let_go
    assert result.missing == ()
    assert other.restore(tmp_path / "saved").objects == result.objects
    with other:
        assert other.foundation.objects.get(gone) == content
        other.verify()


def test_what_was_let_go_before_the_backup_is_let_go_where_it_is_restored(
    machine: Installation, other: Installation, tmp_path: Path
) -> None:
    with machine:
        gone = min(machine.services.evidence.listed_cids())
        machine.foundation.leaving.let_go([gone], datetime(2026, 3, 14, tzinfo=UTC))
        result = machine.backup(tmp_path / "saved")
    assert result.missing == ()
    assert other.restore(tmp_path / "saved").objects == result.objects
    with other:
        assert gone in other.foundation.let_go
        other.verify()


def test_an_installation_that_keeps_objects_in_a_node_lets_them_wait_for_it(saved: Path, tmp_path: Path) -> None:
    away = Installation(tmp_path / "other", StorageSettings(kind="kubo", kubo_address="/ip4/127.0.0.1/tcp/1"))
    result = away.restore(saved)
    with away:
        assert away.foundation.objects.pending() == result.objects
        away.verify()


def test_a_database_that_is_kept_elsewhere_is_not_restored_here(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="data folder"):
        build_restore(Settings(data=DataSettings(folder=tmp_path, database_url="sqlite:////elsewhere.db")))


def test_only_sqlite_is_copied_here(tmp_path: Path) -> None:
    class Other:
        class dialect:  # noqa: N801 - SQLAlchemy's engines spell this name so
            name = "postgresql"

    with pytest.raises(InvalidInput, match="own backup"):
        snapshot.copy_database(Other(), tmp_path / "copy")  # only its name is read
    assert not (tmp_path / "copy").exists()


def test_an_installation_without_a_chain_has_nothing_to_back_up(machine: Installation, tmp_path: Path) -> None:
    with machine:
        (machine.folder / "secrets" / "sealer.head").unlink()
        with pytest.raises(InvalidInput, match="nothing to back up"):
            machine.backup(tmp_path / "saved")


def test_a_folder_that_cannot_be_written_is_unavailable(machine: Installation, tmp_path: Path) -> None:
    with machine, pytest.raises(Unavailable):
        machine.backup(tmp_path / "nowhere" / "saved")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Unavailable):
        data_folder.FolderLock(tmp_path / "file", alone=True)


def test_a_restore_that_the_disk_does_not_finish_says_so(
    machine: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(folder: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(data_folder, "finish_replacing", broken)
    with pytest.raises(Unavailable, match="cannot be finished"):
        machine.finish_restore()


def test_a_database_that_cannot_be_copied_is_unavailable(
    machine: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.contextmanager
    def closed(path: Path) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(path)
        connection.close()
        yield connection

    with machine:
        monkeypatch.setattr(snapshot, "_opened", closed)
        with pytest.raises(Unavailable, match="could not be copied"):
            machine.backup(tmp_path / "saved")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("DELETE FROM chain_header", "no chain"),
        ("DROP TABLE held_object", "not a database of this program"),
        (
            "PRAGMA writable_schema=ON;"
            "UPDATE sqlite_master SET sql = replace(sql, 'sealers BLOB', 'sealers BLOB NOT NULL')",
            "damaged",
        ),
    ],
)
def test_a_copy_that_is_not_whole_is_not_trusted(
    machine: Installation, change: str, reason: str, tmp_path: Path
) -> None:
    with machine:
        machine.add_block()
        snapshot.copy_database(machine.foundation.database.engine, tmp_path / "copy")
    connection = sqlite3.connect(tmp_path / "copy")
    connection.executescript(change)
    connection.close()
    with pytest.raises(VerificationFailed, match=reason):
        snapshot.read_copy(tmp_path / "copy")
