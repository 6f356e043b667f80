"""Secrets in files of their own."""

import os
import threading

import pytest

from blockmrs.crypto.secret_files import read_or_create_secret_file
from blockmrs.durable import create
from blockmrs.errors import VerificationFailed


def test_a_secret_is_made_once_and_stays(tmp_path) -> None:
    path = tmp_path / "keys" / "pepper"
    secret = read_or_create_secret_file(path)
    assert len(secret) == 32
    assert read_or_create_secret_file(path) == secret
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["pepper"]


def test_a_secret_has_the_size_that_is_asked_for(tmp_path) -> None:
    assert len(read_or_create_secret_file(tmp_path / "short", 16)) == 16


def test_the_folder_of_a_secret_is_made_with_those_above_it_and_its_owner_alone_may_enter(tmp_path) -> None:
    read_or_create_secret_file(tmp_path / "data" / "keys" / "pepper")
    assert (tmp_path / "data" / "keys").stat().st_mode & 0o777 == 0o700


def test_two_files_have_two_secrets(tmp_path) -> None:
    assert read_or_create_secret_file(tmp_path / "a") != read_or_create_secret_file(tmp_path / "b")


def test_all_who_start_at_once_get_the_same_secret(tmp_path) -> None:
    path = tmp_path / "pepper"
    got: list[bytes] = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        got.append(read_or_create_secret_file(path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len(set(got)) == 1


def test_whoever_comes_second_keeps_the_first_ones_secret(tmp_path) -> None:
    path = tmp_path / "pepper"
    first = read_or_create_secret_file(path)
    assert not create(path, bytes(32))
    assert read_or_create_secret_file(path) == first
    assert [entry.name for entry in tmp_path.iterdir()] == ["pepper"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_file_that_others_may_use_is_refused(tmp_path, mode) -> None:
    path = tmp_path / "pepper"
    read_or_create_secret_file(path)
    path.chmod(mode)
    with pytest.raises(VerificationFailed, match="chmod 600"):
        read_or_create_secret_file(path)


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(33)])
def test_a_file_of_another_size_is_refused_not_replaced(tmp_path, content) -> None:
    path = tmp_path / "pepper"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(VerificationFailed, match="size"):
        read_or_create_secret_file(path)
    assert path.read_bytes() == content


def test_a_folder_a_pipe_and_a_link_are_refused(tmp_path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("folder", "pipe", "link"):
        with pytest.raises(VerificationFailed):
            read_or_create_secret_file(tmp_path / name)


def test_a_secret_and_its_folder_are_synced_before_it_counts(tmp_path, monkeypatch) -> None:
    synced = []
    real = os.fsync

    def record(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}").split("/")[-1])
        real(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    read_or_create_secret_file(tmp_path / "pepper")
    assert len(synced) == 2
    assert synced[0].startswith(".pepper.")
    assert synced[1] == tmp_path.name


def test_a_full_disk_leaves_no_half_secret(tmp_path, monkeypatch) -> None:
    def fail(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        read_or_create_secret_file(tmp_path / "pepper")
    assert list(tmp_path.iterdir()) == []
