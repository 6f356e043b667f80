"""What is known of a room's mutants so far: a file in build/mutants/, so that a run that was ended goes on."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.mutants.rooms import ROOT, Room

FOLDER = ROOT / "build" / "mutants"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS verdict (
    path TEXT NOT NULL, number INTEGER NOT NULL, scope TEXT NOT NULL, line INTEGER NOT NULL,
    outcome TEXT NOT NULL, difference TEXT NOT NULL, noticed_by TEXT NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY (path, number)
);
"""


@dataclass(frozen=True)
class Verdict:
    """How one mutant ended: "killed", "alive", "timeout" or "stillborn" (the module cannot be imported)."""

    path: str
    number: int
    scope: str
    line: int
    outcome: str
    difference: str
    noticed_by: str
    seconds: float


class Session:
    """The verdicts of one room. They hold for one text of the room and its tests: another one begins anew.

    `again`: keep what was killed under other tests, and try out the rest again; only for whoever writes tests.
    """

    def __init__(self, name: str, room: Room, *, again: bool) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        self._path = FOLDER / f"{name}.sqlite"
        with self._open() as rows:
            rows.executescript(_SCHEMA)
            about = dict(rows.execute("SELECT name, value FROM about"))
            code, tests = _digest(room.files()), _digest(_tests(room))
            self.reach = FOLDER / f"{name}-{code[:8]}-{tests[:8]}"
            """What the tests reach, for as long as neither changes."""
            same_code, same_tests = about.get("code") == code, about.get("tests") == tests
            if again and same_code:
                rows.execute("DELETE FROM verdict WHERE outcome NOT IN ('killed', 'stillborn')")
            elif not (same_code and same_tests):
                rows.execute("DELETE FROM verdict")
            rows.executemany("REPLACE INTO about VALUES (?, ?)", [("code", code), ("tests", tests)])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path)) as rows, rows:
            yield rows

    def note(self, verdict: Verdict) -> None:
        """It is kept from now on."""
        with self._open() as rows:
            rows.execute("REPLACE INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?)", tuple(vars(verdict).values()))

    def verdicts(self) -> list[Verdict]:
        """All so far, in the order of the text."""
        with self._open() as rows:
            return [Verdict(*row) for row in rows.execute("SELECT * FROM verdict ORDER BY path, number")]


def _tests(room: Room) -> Iterator[Path]:
    # What tests share decides too: everything below tests/ that is no test of another room.
    for path in sorted((ROOT / "tests").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        is_own = any(name == test or name.startswith(f"{test}/") for test in room.tests)
        if is_own or not path.name.startswith("test_"):
            yield path


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
