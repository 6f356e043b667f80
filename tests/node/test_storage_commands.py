"""`blockmrs backup`, `restore` and `storage`, as an operator types them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from blockmrs.cli import common, main
from blockmrs.errors import StorageUnavailable
from blockmrs.storage.kubo import KuboStore
from tests.support.installation import Installation
from tests.unit.storage.fakes import MemoryStore

PASSPHRASE = "six candles under the stairs"
INI = """[app:main]
use = egg:blockmrs
blockmrs.data.folder = %(here)s/data
blockmrs.passwords.memory_kib = 64
blockmrs.passwords.iterations = 1
blockmrs.passwords.lanes = 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "site.ini").write_text(INI)
    with Installation(tmp_path / "data") as installation:
        installation.sign_up("carol")
    return tmp_path


def run(folder: Path, *arguments: str, answer: str | None = None) -> Result:
    environment = {"BLOCKMRS_CONFIG": str(folder / "site.ini")}
    return CliRunner().invoke(main, [*arguments], env=environment, input=answer)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is there to be asked."""
    monkeypatch.setattr(common, "at_terminal", lambda: True)


def test_an_unsealed_backup_says_what_is_in_it_and_how_to_keep_it(folder: Path) -> None:
    result = run(folder, "backup", str(folder / "saved"), "--unsealed")
    assert result.exit_code == 0
    assert "0600" in result.output
    assert "pepper" in result.output
    assert "Without --unsealed" in result.output


def test_a_backup_without_a_passphrase_and_without_a_terminal_names_both_ways_out(folder: Path) -> None:
    result = run(folder, "backup", str(folder / "saved"))
    assert result.exit_code == 1
    assert "--passphrase-file" in result.output
    assert "--unsealed" in result.output
    assert not (folder / "saved").exists()


@pytest.mark.usefixtures("terminal")
def test_a_passphrase_typed_twice_seals_a_backup_and_typed_once_restores_it(folder: Path) -> None:
    made = run(folder, "backup", str(folder / "saved"), answer=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert made.exit_code == 0
    assert PASSPHRASE not in made.output
    pepper = (folder / "data" / "secrets" / "pepper").read_bytes()
    assert pepper not in (folder / "saved").read_bytes()
    arguments = ("restore", str(folder / "saved"), "--replace", "--yes")
    assert run(folder, *arguments, answer=f"{PASSPHRASE}s\n").exit_code == 1
    assert run(folder, *arguments, answer=f"{PASSPHRASE}\n").exit_code == 0
    assert run(folder, "verify").exit_code == 0


@pytest.mark.usefixtures("terminal")
def test_a_passphrase_that_is_short_or_typed_in_two_ways_is_asked_for_again(folder: Path) -> None:
    typed = ("short", PASSPHRASE, PASSPHRASE + "s", PASSPHRASE, PASSPHRASE)
    result = run(folder, "backup", str(folder / "saved"), answer="".join(f"{line}\n" for line in typed))
    assert result.exit_code == 0
    assert "at least 12" in result.output
    assert "do not match" in result.output


def test_a_backup_is_either_sealed_or_not(folder: Path) -> None:
    (folder / "passphrase").write_text(PASSPHRASE)
    sealed = ("--passphrase-file", str(folder / "passphrase"))
    assert run(folder, "backup", str(folder / "saved"), "--unsealed", *sealed).exit_code == 2


def test_a_sealed_backup_says_that_it_is_sealed(folder: Path) -> None:
    (folder / "passphrase").write_text(PASSPHRASE + "\n")
    result = run(folder, "backup", str(folder / "saved"), "--passphrase-file", str(folder / "passphrase"))
    assert result.exit_code == 0
    assert "sealed" in result.output
    arguments = ("restore", str(folder / "saved"), "--replace", "--yes")
    unopened = run(folder, *arguments)
    assert unopened.exit_code == 1
    assert "sealed" in unopened.output
    assert "--passphrase-file" in unopened.output
    assert run(folder, *arguments, "--passphrase-file", str(folder / "passphrase")).exit_code == 0


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe" * 20])
def test_a_passphrase_that_is_none_is_refused(folder: Path, content: bytes) -> None:
    (folder / "passphrase").write_bytes(content)
    result = run(folder, "backup", str(folder / "saved"), "--passphrase-file", str(folder / "passphrase"))
    assert result.exit_code == 1
    assert "passphrase" in result.output
    assert not (folder / "saved").exists()


def test_a_backup_of_a_damaged_node_names_the_damage_and_fails(folder: Path) -> None:
    with Installation(folder / "data") as installation:
        cid = min(installation.services.evidence.listed_cids())
    (folder / "data" / "objects" / cid.digest.hex()[:2] / str(cid)).unlink()
    result = run(folder, "backup", str(folder / "saved"), "--unsealed")
    assert result.exit_code == 1
    assert str(cid) in result.output
    again = run(folder, "restore", str(folder / "saved"), "--replace", "--yes")
    assert again.exit_code == 0
    assert "already missing" in again.output


def test_replacing_an_installation_asks_first(folder: Path) -> None:
    run(folder, "backup", str(folder / "saved"), "--unsealed")
    before = (folder / "data" / "blockmrs.db").read_bytes()
    assert run(folder, "restore", str(folder / "saved"), "--replace", answer="n\n").exit_code == 1
    assert (folder / "data" / "blockmrs.db").read_bytes() == before
    result = run(folder, "restore", str(folder / "saved"), "--replace", answer="y\n")
    assert result.exit_code == 0
    assert "before-restore" in result.output
    assert "blockmrs verify" in result.output
    assert run(folder, "verify").exit_code == 0


def test_a_restore_over_an_installation_is_refused_unasked(folder: Path) -> None:
    run(folder, "backup", str(folder / "saved"), "--unsealed")
    result = run(folder, "restore", str(folder / "saved"))
    assert result.exit_code == 1
    assert "--replace" in result.output


def test_a_restored_node_that_must_not_sign_says_why_and_what_to_do(folder: Path) -> None:
    run(folder, "backup", str(folder / "saved"), "--unsealed")
    with Installation(folder / "data") as installation:
        installation.add_block(0)
        installation.add_block(1)
    result = run(folder, "restore", str(folder / "saved"), "--replace", "--yes")
    assert result.exit_code == 0
    assert "WILL SIGN NOTHING" in result.output
    assert "bring the missing blocks back" in result.output


def test_a_restore_says_how_much_was_let_go_since_the_backup_and_where_it_lies(folder: Path) -> None:
    run(folder, "backup", str(folder / "saved"), "--unsealed")
    assert "let go" not in run(folder, "restore", str(folder / "saved"), "--replace", "--yes").output
    with Installation(folder / "data") as installation:
        installation.foundation.leaving.let_go(
            [min(installation.services.evidence.listed_cids())], datetime(2026, 3, 14, tzinfo=UTC)
        )
    result = run(folder, "restore", str(folder / "saved"), "--replace", "--yes")
    assert result.exit_code == 0
    assert "Objects in this backup that were let go on this machine after it was made: 1." in result.output
    assert str(folder / "data" / "outbox" / "left") in result.output
    assert "docs/server.md" in result.output


def test_a_restore_on_a_new_machine_says_what_to_check_first(folder: Path, tmp_path: Path) -> None:
    run(folder, "backup", str(folder / "saved"), "--unsealed")
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    (fresh / "site.ini").write_text(INI)
    result = run(fresh, "restore", str(folder / "saved"))
    assert result.exit_code == 0
    assert "STOP if the old machine may have published blocks after" in result.output


def test_finishing_says_that_there_was_nothing(folder: Path) -> None:
    assert "nothing to finish" in run(folder, "restore", "--finish").output


def test_finishing_says_where_the_old_content_is(folder: Path) -> None:
    run(folder, "backup", str(folder / "saved"), "--unsealed")
    building = folder / "data" / "restoring"
    building.mkdir()
    (building / "ready").write_text("before-restore-1")
    assert run(folder, "verify").exit_code == 1
    assert "before-restore-1" in run(folder, "restore", "--finish").output
    assert run(folder, "verify").exit_code == 0


def test_a_restore_needs_a_file(folder: Path) -> None:
    assert run(folder, "restore").exit_code == 2


def test_status_says_how_the_store_is(folder: Path) -> None:
    result = run(folder, "storage", "status")
    assert result.exit_code == 0
    assert "Well" in result.output
    assert "0 are waiting" in result.output


def test_status_fails_when_the_node_is_away(folder: Path) -> None:
    node = "blockmrs.storage.kind = kubo\nblockmrs.storage.kubo_address = /ip4/127.0.0.1/tcp/1\n"
    (folder / "site.ini").write_text(INI + node)
    result = run(folder, "storage", "status")
    assert result.exit_code == 1
    assert "NOT WELL" in result.output


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    """A node in memory in the place of every Kubo node."""
    store = MemoryStore()
    for name in ("put", "get", "has", "pin", "unpin", "health"):
        monkeypatch.setattr(KuboStore, name, lambda self, *given, name=name: getattr(store, name)(*given))
    return store


def test_objects_migrate_to_the_node_and_back(folder: Path, node: MemoryStore) -> None:
    first = run(folder, "storage", "migrate", "--to", "kubo")
    assert first.exit_code == 0, first.output
    assert node.objects
    assert f"{len(node.objects)} were already there" in run(folder, "storage", "migrate", "--to", "kubo").output
    (folder / "site.ini").write_text(INI + "blockmrs.storage.kind = kubo\n")
    assert run(folder, "verify").exit_code == 0
    assert run(folder, "storage", "migrate", "--to", "embedded").exit_code == 0


def test_a_migration_names_what_it_could_not_copy(folder: Path, node: MemoryStore) -> None:
    with Installation(folder / "data") as installation:
        cid = min(installation.services.evidence.listed_cids())
    (folder / "data" / "objects" / cid.digest.hex()[:2] / str(cid)).unlink()
    result = run(folder, "storage", "migrate", "--to", "kubo")
    assert result.exit_code == 1
    assert str(cid) in result.output


def test_flushing_brings_what_waits_and_says_what_is_left(
    folder: Path, node: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "site.ini").write_text(INI + "blockmrs.storage.kind = kubo\n")
    node.away = True
    with pytest.raises(StorageUnavailable):
        node.put(b"x")
    run(folder, "backup", str(folder / "saved"), "--unsealed")
    run(folder, "restore", str(folder / "saved"), "--replace", "--yes")
    assert run(folder, "storage", "flush").exit_code == 0
    with Installation(folder / "data") as installation:
        cid = installation.foundation.objects.keep(b"one more")
    result = run(folder, "storage", "flush")
    assert result.exit_code == 1
    assert "1 objects are still waiting" in result.output
    node.away = False
    assert run(folder, "storage", "flush").exit_code == 0
    assert cid in node.objects
