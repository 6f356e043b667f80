"""The database file while nobody uses it: any changed byte is noticed, and nothing is claimed that is not known."""

import hmac
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from blockmrs.cli import main
from blockmrs.config.assembly import build_database
from blockmrs.errors import Conflict, VerificationFailed
from blockmrs.model.at_rest import SUFFIX
from blockmrs.model.rows import derive_row_key
from blockmrs.services.node import data_folder
from blockmrs.services.node.data_folder import FolderLock
from tests.support.installation import Installation
from tests.support.site import CHEAP

FLIPS = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation that was used and closed by a command."""
    folder = tmp_path / "data"
    assert run(folder, "admin", "add-organisation", "North Hospital").exit_code == 0
    return folder


def run(folder: Path, *arguments: str) -> Result:
    settings = folder.parent / "settings.ini"
    lines = ["[app:main]", "use = egg:blockmrs", f"blockmrs.data.folder = {folder}"]
    settings.write_text("\n".join([*lines, *(f"{name} = {value}" for name, value in CHEAP.items())]))
    return CliRunner().invoke(main, [*arguments, "-c", str(settings)])


def seal(folder: Path) -> Path:
    return folder / f"blockmrs.db{SUFFIX}"


def unused_places(database: Path) -> Iterator[int]:
    """Bytes of the file that stand between the cells of a page, where nothing is kept (SQLite file format, 1.6)."""
    content = database.read_bytes()
    page_bytes = int.from_bytes(content[16:18], "big")
    for start in range(0, len(content), page_bytes):
        header = start + (100 if start == 0 else 0)
        if content[header] in (10, 13):  # leaves
            cells = int.from_bytes(content[header + 3 : header + 5], "big")
            first = int.from_bytes(content[header + 5 : header + 7], "big") or 65536
            if (gap := header + 8 + 2 * cells) < start + first - 1:
                yield gap


def test_a_byte_changed_where_nothing_is_kept_is_noticed(folder: Path) -> None:
    database = folder / "blockmrs.db"
    places = list(unused_places(database))
    assert len(places) >= 5
    for place in places[:: max(1, len(places) // 5)]:
        sound = database.read_bytes()
        database.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        result = run(folder, "verify")
        assert result.exit_code == 1
        assert "not as it was when it was last closed" in result.output.replace("\n", " ")
        database.write_bytes(sound)
    assert run(folder, "verify").exit_code == 0


def test_a_byte_changed_anywhere_in_the_file_is_noticed(folder: Path) -> None:
    database = folder / "blockmrs.db"
    sound = database.read_bytes()
    unnoticed = []
    for place in range(0, len(sound), len(sound) // FLIPS):
        database.write_bytes(sound[:place] + bytes([sound[place] ^ 0x10]) + sound[place + 1 :])
        if run(folder, "verify").exit_code == 0:
            unnoticed.append(place)
    assert unnoticed == []


def test_verify_leaves_the_seal_and_says_how_many_bytes_it_covers(folder: Path) -> None:
    before = seal(folder).read_bytes()
    size = (folder / "blockmrs.db").stat().st_size
    for _ in range(2):
        assert f"{size:,} bytes of the database file" in " ".join(run(folder, "verify").output.split())
    assert seal(folder).read_bytes() == before


def covered(installation: Installation) -> int:
    """How many bytes of the file the seal vouches for."""
    return installation.services.evidence.check_everything(lambda *_: None).file_bytes


def test_the_seal_is_open_before_anything_is_written(folder: Path) -> None:
    with Installation(folder) as installation:
        closed, size = seal(folder).read_bytes(), (folder / "blockmrs.db").stat().st_size
        assert covered(installation) == size
        installation.sign_up("ana")
        assert seal(folder).read_bytes() != closed
        assert covered(installation) == 0


def test_a_process_that_was_killed_claims_nothing_and_the_next_one_to_close_seals_again(folder: Path) -> None:
    with Installation(folder) as installation:
        installation.sign_up("ana")
    opened = seal(folder).read_bytes()
    assert run(folder, "verify").exit_code == 0
    assert seal(folder).read_bytes() != opened
    with Installation(folder) as installation:
        assert covered(installation) > 0


def test_only_the_last_to_leave_seals(folder: Path) -> None:
    with Installation(folder) as installation:
        installation.sign_up("ana")
        opened = seal(folder).read_bytes()
        assert run(folder, "admin", "list-organisations").exit_code == 0
        assert seal(folder).read_bytes() == opened
        installation.foundation.close()
        assert seal(folder).read_bytes() != opened


def test_who_writes_again_after_sealing_opens_the_seal_again(folder: Path) -> None:
    with Installation(folder) as installation:
        installation.sign_up("ana")
        installation.foundation.database.rest()
        assert covered(installation) > 0
        installation.sign_up("ben")
        assert covered(installation) == 0


def flip_unused(folder: Path) -> None:
    place = next(unused_places(folder / "blockmrs.db"))
    with open(folder / "blockmrs.db", "r+b") as file:
        file.seek(place)
        file.write(b"\x55")


def test_a_change_is_told_to_whoever_opens_the_file_to_write(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    flip_unused(folder)
    with Installation(folder) as installation:
        installation.sign_up("ana")
    assert "changed while nobody was using it" in caplog.text


def wrong(folder: Path, *options: str) -> str:
    """What verify finds wrong, empty for nothing."""
    result = run(folder, "verify", *options)
    assert result.exit_code in (0, 1)
    return " ".join(result.output.split()) if result.exit_code else ""


def test_a_change_is_not_forgotten_by_writing_and_closing_again(folder: Path) -> None:
    flip_unused(folder)
    for name in ("South Hospital", "East Hospital"):
        assert run(folder, "admin", "add-organisation", name).exit_code == 0
        assert "not as it was when it was last closed; noticed at 2" in wrong(folder)


@pytest.mark.parametrize("damage", ["removed", "emptied", "of another key", "of the first version"])
def test_a_seal_that_is_gone_or_not_ours_is_named_and_stays_named(folder: Path, damage: str) -> None:
    flip_unused(folder)
    match damage:
        case "removed":
            seal(folder).unlink()
        case "emptied":
            seal(folder).write_bytes(b"")
        case "of another key":
            content = seal(folder).read_bytes()
            seal(folder).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "of the first version":
            seal(folder).write_bytes(bytes(32))
    named = "the seal of the database file"
    assert named in wrong(folder)
    assert run(folder, "admin", "add-organisation", "South Hospital").exit_code == 0
    assert named in wrong(folder)


def test_a_log_that_somebody_put_beside_a_closed_file_is_noticed(folder: Path) -> None:
    """SQLite would put what it says into the file."""
    with Installation(folder) as other:
        other.sign_up("ana")
        log = (folder / "blockmrs.db-wal").read_bytes()
        assert log
        other.foundation.close()
    (folder / "blockmrs.db-wal").write_bytes(log)
    assert "not as it was when it was last closed" in wrong(folder)


def test_who_knows_why_the_file_changed_accepts_it_once(folder: Path) -> None:
    flip_unused(folder)
    assert wrong(folder)
    assert not wrong(folder, "--accept-file")
    assert not wrong(folder)
    content = (folder / "blockmrs.db").read_bytes()
    (folder / "blockmrs.db").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert wrong(folder)


def test_accepting_the_file_accepts_no_changed_row(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "blockmrs.db")) as connection, connection:
        connection.execute("UPDATE organisation SET name = 'West Hospital'")
    assert "changed outside this program" in wrong(folder, "--accept-file")


def test_a_folder_of_the_first_version_gets_its_seal_and_that_version_s_is_believed(tmp_path: Path) -> None:
    """There the file held the MAC alone, and was absent while the database was open."""
    folder = tmp_path / "data"
    settings = Installation(folder).settings
    database = build_database(settings)
    with database.engine.execution_options(write=True).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0001')")
    database.engine.dispose()
    key = derive_row_key((folder / "secrets" / "pepper").read_bytes())
    content = (folder / "blockmrs.db").read_bytes()
    sound = hmac.digest(key, b"file at rest\x00" + content, "sha256")
    for left, expected in ((None, 0), (sound, len(content)), (bytes(32), -1)):
        seal(folder).unlink(missing_ok=True)
        if left is not None:
            seal(folder).write_bytes(left)
        if expected < 0:
            with pytest.raises(VerificationFailed):
                build_database(settings).check_at_rest()
        else:
            assert build_database(settings).check_at_rest() == expected


def test_a_newcomer_waits_while_the_file_is_sealed_but_not_for_ever(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_folder, "PATIENCE_S", 0.2)
    with FolderLock(folder, alone=True):
        result = run(folder, "admin", "list-organisations")
    assert isinstance(result.exception, Conflict) or result.exit_code != 0
