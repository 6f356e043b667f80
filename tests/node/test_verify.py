"""`verify` names the first thing wrong when one byte was changed, anywhere it is kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from shutil import copyfile, copytree

import pytest
from click.testing import CliRunner

from blockmrs.cli import main
from blockmrs.errors import VerificationFailed
from blockmrs.services.demo import make_demo
from tests.support.at_least import at_least
from tests.support.site import CHEAP, build_site


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation on which the demonstration was played, and stopped."""
    folder = tmp_path_factory.mktemp("sound") / "data"
    site = build_site(folder)
    make_demo(site.services)
    token = site.services.identity.make_setup_token()
    assert token
    with pytest.raises(Exception, match="no invitation"):
        site.services.invitations.open("2222-2222-2222-2222", "test")
    site.foundation.database.engine.dispose()
    with closing(sqlite3.connect(folder / "blockmrs.db")) as database, database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    copytree(sound, tmp_path / "data")
    return tmp_path / "data"


def verify(folder: Path) -> tuple[int, str]:
    lines = ["[app:main]", "use = egg:blockmrs", f"blockmrs.data.folder = {folder}"]
    lines += [f"{name} = {value}" for name, value in CHEAP.items()]
    config = folder.parent / "settings.ini"
    config.write_text("\n".join(lines))
    result = CliRunner().invoke(main, ["verify", "-c", str(config)])
    return result.exit_code, result.output


def tables(folder: Path) -> Iterator[tuple[str, str]]:
    """Every column of every table that has a row."""
    with closing(sqlite3.connect(folder / "blockmrs.db")) as database, database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in names:
            if table.startswith("sqlite_") or not database.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0]:
                continue
            for column in database.execute(f'PRAGMA table_info("{table}")'):
                yield table, column[1]


def changed(value: object) -> object:
    """The same value with one byte changed."""
    match value:
        case bytes() if value:
            middle = len(value) // 2
            return value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :]
        case str() if value:
            return chr(ord(value[0]) ^ 1) + value[1:]
        case int():
            # A high bit, which no neighbouring row can have.
            return value ^ 2**20
        case _:
            return "x"


def change_one_byte(folder: Path, table: str, column: str) -> None:
    """In one row of the table; a row that has a value there, if any has."""
    with closing(sqlite3.connect(folder / "blockmrs.db")) as database:
        database.execute("PRAGMA foreign_keys = OFF")
        keys = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")') if row[5]] or ["rowid"]
        wanted = ", ".join(f'"{name}"' for name in (*keys, column))
        *key, value = database.execute(
            f'SELECT {wanted} FROM "{table}" ORDER BY "{column}" IS NULL, "{column}" DESC LIMIT 1'
        ).fetchone()
        where = " AND ".join(f'"{name}" = ?' for name in keys)
        database.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE {where}', (changed(value), *key))
        database.commit()


def test_what_was_written_is_found_right(copy: Path) -> None:
    status, said = verify(copy)
    assert status == 0, said
    assert "transactions" in said


def test_one_byte_changed_in_any_column_of_any_table_is_named(sound: Path, copy: Path) -> None:
    columns = list(tables(sound))
    assert len({table for table, _ in columns}) >= 10
    # Opened once, then checked after each change: opening checks a part of this by itself.
    site = build_site(copy)
    unnoticed = []
    for table, column in columns:
        change_one_byte(copy, table, column)
        with suppress(VerificationFailed):
            site.services.evidence.check_everything(lambda *_: None)
            unnoticed.append(f"{table}.{column}")
        for name in ("blockmrs.db", "blockmrs.db-wal", "blockmrs.db-shm"):
            (copy / name).unlink(missing_ok=True)
        site.foundation.database.engine.dispose()
        copyfile(sound / "blockmrs.db", copy / "blockmrs.db")
    assert not unnoticed


def test_a_database_at_an_unknown_migration_is_named(copy: Path) -> None:
    change_one_byte(copy, "alembic_version", "version_num")
    status, said = verify(copy)
    assert status == 1
    assert "another version of this program" in said


@pytest.mark.parametrize(
    ("place", "flip"),
    [(b"SQLite format 3", 1), (b"CREATE TABLE account", 1), (b"CREATE INDEX", 1), (b"session_acc", 128)],
)
def test_a_database_that_cannot_be_read_any_more_is_named_damaged(copy: Path, place: bytes, flip: int) -> None:
    content = bytearray((copy / "blockmrs.db").read_bytes())
    at = content.index(place)
    content[at] ^= flip
    (copy / "blockmrs.db").write_bytes(content)
    status, said = verify(copy)
    assert status == 1
    assert "WRONG: the database file is damaged" in said


def test_one_byte_changed_in_any_object_is_named(sound: Path, tmp_path: Path) -> None:
    objects = sorted(path for path in (sound / "objects").rglob("*") if path.is_file())
    with at_least(3) as case:
        for number, path in enumerate(objects[::11]):
            with case(path.name):
                folder = tmp_path / str(number) / "data"
                copytree(sound, folder)
                target = folder / path.relative_to(sound)
                target.chmod(0o600)
                content = bytearray(target.read_bytes())
                content[-1] ^= 1
                target.write_bytes(content)
                status, said = verify(folder)
                assert status == 1
                assert "do not match its name" in said.replace("\n", " ")


@pytest.mark.parametrize("damage", ["cut short", "swapped", "missing", "emptied"])
def test_a_block_file_that_is_not_whole_is_named(copy: Path, damage: str) -> None:
    first, second, *_ = sorted(path for path in (copy / "objects").rglob("*") if path.is_file())
    one, other = first.read_bytes(), second.read_bytes()
    first.chmod(0o600)
    match damage:
        case "cut short":
            first.write_bytes(one[:-1])
        case "swapped":
            first.write_bytes(other)
        case "missing":
            first.unlink()
        case "emptied":
            first.write_bytes(b"")
    status, said = verify(copy)
    assert status == 1
    assert "WRONG" in said
