"""The database file while nobody uses it: any changed byte is noticed, and nothing is claimed that is not known."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from blockmrs.cli import main
from blockmrs.errors import Conflict
from blockmrs.model.at_rest import SUFFIX
from blockmrs.services.data_folder import FolderLock
from tests.functional.installation import Installation
from tests.functional.site import CHEAP

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


def test_the_seal_is_gone_before_anything_is_written(folder: Path) -> None:
    with Installation(folder) as installation:
        assert seal(folder).exists()
        installation.sign_up("ana")
        assert not seal(folder).exists()
        assert installation.services.evidence.check_everything(lambda *_: None).file_bytes == 0


def test_a_process_that_was_killed_claims_nothing_and_the_next_one_to_close_seals_again(folder: Path) -> None:
    with Installation(folder) as installation:
        installation.sign_up("ana")
    assert not seal(folder).exists()
    assert run(folder, "verify").exit_code == 0
    assert seal(folder).exists()


def test_only_the_last_to_leave_seals(folder: Path) -> None:
    with Installation(folder) as installation:
        installation.sign_up("ana")
        assert run(folder, "admin", "list-organisations").exit_code == 0
        assert not seal(folder).exists()
        installation.foundation.close()
        assert seal(folder).exists()


def test_who_writes_again_after_sealing_breaks_the_seal_again(folder: Path) -> None:
    with Installation(folder) as installation:
        installation.sign_up("ana")
        installation.foundation.database.rest()
        assert seal(folder).exists()
        installation.sign_up("ben")
        assert not seal(folder).exists()


def test_a_change_is_told_to_whoever_opens_the_file_to_write(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = next(unused_places(folder / "blockmrs.db"))
    with open(folder / "blockmrs.db", "r+b") as file:
        file.seek(place)
        file.write(b"\x55")
    with Installation(folder) as installation:
        installation.sign_up("ana")
    assert "changed while nobody used it" in caplog.text


def test_a_newcomer_waits_while_the_file_is_sealed_but_not_for_ever(folder: Path) -> None:
    with FolderLock(folder, alone=True):
        result = run(folder, "admin", "list-organisations")
    assert isinstance(result.exception, Conflict) or result.exit_code != 0
