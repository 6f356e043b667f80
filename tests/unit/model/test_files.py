"""Files that are held, and files for their owner alone."""

import os
import stat
import threading
from pathlib import Path

import pytest

from blockmrs.durable import hold, replace
from blockmrs.errors import Conflict, Unavailable
from blockmrs.model.private_files import make_private_file, tighten


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "lock"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_held_is_held_alone_and_leaves_nothing(lock: Path) -> None:
    with hold(lock):
        with pytest.raises(Unavailable), hold(lock, wait_s=0.01):
            pass
        assert mode(lock) == 0o600
    assert not lock.exists()
    with hold(lock, wait_s=0):
        pass


def test_what_a_killed_process_left_is_no_hindrance(lock: Path) -> None:
    lock.touch()
    with hold(lock, wait_s=0):
        assert lock.exists()
    assert not lock.exists()


def test_who_comes_after_somebody_who_was_cut_off_is_told(lock: Path) -> None:
    for error in (KeyError, Unavailable):
        with pytest.raises(error), hold(lock):
            raise error("cut off")
        with hold(lock) as was_left:
            assert was_left
        with hold(lock) as was_left:
            assert not was_left
    with pytest.raises(Conflict), hold(lock):
        raise Conflict("refused, and so done with")
    assert not lock.exists()


def test_it_is_let_go_of_when_something_goes_wrong(lock: Path) -> None:
    with pytest.raises(KeyError), hold(lock):
        raise KeyError
    with hold(lock, wait_s=0):
        pass


def test_many_take_turns(lock: Path) -> None:
    inside, most = [], []

    def enter() -> None:
        for _ in range(20):
            with hold(lock):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 80


@pytest.mark.parametrize("place", ["nowhere/lock", "link"])
def test_a_lock_that_cannot_be_taken_says_so(tmp_path: Path, place: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unavailable), hold(tmp_path / place, wait_s=0):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_private_file_is_made_once_and_what_is_there_stays(tmp_path: Path) -> None:
    path, before = tmp_path / "new", os.umask(0)
    try:
        make_private_file(path)
        assert (mode(path), path.read_bytes()) == (0o600, b"")
        path.write_bytes(b"kept")
        make_private_file(path)
        replace(tmp_path / "other", b"whole")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"kept"
    assert mode(tmp_path / "other") == 0o600
    assert sorted(os.listdir(tmp_path)) == ["new", "other"]


def test_what_is_tightened_keeps_its_owners_rights_and_links_are_not_followed(tmp_path: Path) -> None:
    file, folder, link = tmp_path / "file", tmp_path / "folder", tmp_path / "link"
    file.touch()
    folder.mkdir()
    outside = tmp_path / "outside"
    outside.touch()
    outside.chmod(0o644)
    link.symlink_to(outside)
    file.chmod(0o444)
    folder.chmod(0o755)
    for path in (file, folder, link, tmp_path / "absent"):
        tighten(path)
    assert (mode(file), mode(folder), mode(outside)) == (0o400, 0o700, 0o644)


def test_what_cannot_be_tightened_is_said_and_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "file"
    file.touch()
    file.chmod(0o644)

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuse)
    tighten(file)
    assert "others than its owner can read" in caplog.text
