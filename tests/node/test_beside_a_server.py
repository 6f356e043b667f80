"""Servers and commands beside each other on one data folder: what was acknowledged is never lost, and all of it works.

Everything here begins with a folder that was closed in order.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from blockmrs.cli import COMMANDS
from blockmrs.config.assembly import build_database
from blockmrs.errors import Conflict, VerificationFailed
from blockmrs.services.node.data_folder import LOCK, FolderLock, use_folder
from tests.support.installation import Installation
from tests.support.processes import Process, holds_its_lock
from tests.support.quick import quick_folder

WORK = [
    ("verify",),
    ("verify", "--accept-file"),
    ("backup", "--unsealed", "{root}/saved"),
    ("admin", "add-organisation", "South Hospital"),
    ("admin", "list-organisations"),
    ("admin", "setup-token"),
    ("storage", "status"),
    ("storage", "flush"),
    ("triage", "questions"),
    ("demo",),
]
# These say what is true and end with 1: a demonstration is for a fresh installation, and there is no IPFS node here.
MAY_FAIL = [("storage", "migrate", "--to", "kubo"), ("storage", "migrate", "--to", "embedded")]
REFUSED = [("migrate",), ("restore", "{root}/saved", "--replace", "--yes"), ("restore", "--finish")]
PEOPLE = ("ana", "ben")


@pytest.fixture
def folder() -> Iterator[Path]:
    """An installation with two accounts, whose server was stopped in order."""
    with quick_folder() as root:
        folder = root / "data"
        with Installation(folder) as installation:
            for name in PEOPLE:
                installation.sign_up(name)
            installation.foundation.close()
        yield folder


def test_every_command_is_tried_here() -> None:
    assert {names[0] for names in (*WORK, *MAY_FAIL, *REFUSED)} | {"serve"} == set(COMMANDS)


def test_nothing_acknowledged_is_lost_by_any_command_or_second_server_and_a_kill(folder: Path) -> None:
    saved: list[str] = []

    def save(server: Process, name: str = "ana") -> None:
        saved.append(server.ask("save", name, os.urandom(16).hex()))
        assert holds_its_lock(folder / "blockmrs.db")

    with Process("server", folder) as first, Process("commands", folder) as beside:
        save(first)
        for names in (*WORK, *MAY_FAIL, *REFUSED):
            arguments = [name.format(root=folder.parent) for name in names]
            status, output, unexpected = beside.ask(*arguments)
            assert unexpected is None, (names, output)
            if names in REFUSED:
                assert status == 1
                assert "uses this data folder: stop it first" in output
            elif names in WORK:
                assert status == 0 or names in (("demo",),), (names, output)
            save(first)
        with Process("server", folder) as second:
            save(second)
            save(first)
            assert first.ask("block", "0") < second.ask("block", "1")
            for process in (first, second, beside):
                assert process.ask("opened") == []
            second.kill()
        save(first)
        first.kill()
    with Process("server", folder) as again:
        assert sorted(again.ask("list", "ana")) == sorted(saved)
        again.ask("block", "2")
        assert again.ask("verify") == 0
        assert again.ask("close")
        assert again.ask("verify") > 0


def test_two_servers_that_press_one_save_save_once(folder: Path) -> None:
    with Process("server", folder) as first, Process("server", folder) as second:
        for server in (first, second):
            assert server.ask("ready")
        for draft in (os.urandom(16).hex() for _ in range(3)):
            for server in (first, second):
                server.tell("save", "ana", draft)
            assert first.answer() == second.answer()
        assert len(first.ask("list", "ana")) == 3


def test_two_servers_lose_nothing_that_either_saves_at_the_same_time(folder: Path) -> None:
    with Process("server", folder) as first, Process("server", folder) as second:
        for server in (first, second):
            assert server.ask("ready")
        saved = []
        for _ in range(5):
            for server in (first, second):
                server.tell("save", "ana", os.urandom(16).hex())
            saved += [first.answer(), second.answer()]
        first.kill()
        second.kill()
    with Process("server", folder) as again:
        assert sorted(again.ask("list", "ana")) == sorted(set(saved))
        assert len(set(saved)) == 10
        again.ask("block", "0")
        assert again.ask("verify") == 0


def test_servers_that_start_at_once_on_a_new_folder_both_come_up(tmp_path: Path) -> None:
    servers = [Process("server", tmp_path / "data") for _ in range(3)]
    for number, server in enumerate(servers):
        server.tell("block", str(number))
    heights = [server.answer() for server in servers]
    for server in servers:
        server.kill()
        server.__exit__()
    assert sorted(heights) == [1, 2, 3]


def test_a_database_that_somebody_uses_is_not_migrated_under_their_hands(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from blockmrs.config import assembly

    with Installation(folder) as used:
        monkeypatch.setattr(assembly, "is_current", lambda engine: False)
        monkeypatch.setattr(assembly, "PATIENCE_S", 0.1)
        with pytest.raises(Conflict, match="stop it first"):
            assembly.build_foundation(used.settings, upgrade=True)


def test_the_folder_stays_held_when_its_lock_file_is_removed(folder: Path) -> None:
    with use_folder(folder):
        (folder / LOCK).unlink()
        with use_folder(folder), pytest.raises(Conflict):
            FolderLock(folder, alone=True)
        (folder / LOCK).unlink()
        with pytest.raises(Conflict):
            FolderLock(folder, alone=True)


def test_a_missing_pepper_is_not_made_anew_where_there_is_a_database(folder: Path) -> None:
    pepper = folder / "secrets" / "pepper"
    pepper.rename(folder / "kept")
    settings = Installation(folder).settings
    with pytest.raises(VerificationFailed, match="pepper"):
        build_database(settings)
    (folder / "blockmrs.db").unlink()
    with pytest.raises(VerificationFailed, match="pepper"):
        build_database(settings)
    assert not pepper.exists()
    (folder / "kept").rename(pepper)
    assert build_database(settings)


def open_to_others(folder: Path) -> list[str]:
    """What anybody but its owner may use, by name."""
    found = [folder, *folder.rglob("*")]
    return [str(path) for path in found if stat.S_IMODE(path.lstat().st_mode) & 0o077]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_everything_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "data"
    with Process("server", folder, umask=umask) as server:
        assert server.ask("block", "0")
        assert {"blockmrs.db", "blockmrs.db-wal", "blockmrs.db-shm"} <= set(os.listdir(folder))
        assert open_to_others(folder) == []
        assert server.ask("close")
        assert open_to_others(folder) == []


def test_what_an_earlier_version_left_open_to_others_is_closed_to_them(folder: Path) -> None:
    with Installation(folder) as installation:
        installation.add_block()
        for name in ("", "objects", "outbox", "secrets", "secrets/sealer.head", "blockmrs.db", "blockmrs.db-wal"):
            path = folder / name
            path.chmod(0o755 if path.is_dir() else 0o644)
        (folder / "before-restore-x").mkdir(mode=0o755)
        with Installation(folder):
            assert open_to_others(folder) == []
