"""An installation as it was at one moment: brought back instead of being made again, or of growing from test to test.

A page costs as much as what stands on it. Where hundreds of tests use one site, each is as quick as the first, and none
depends on what ran before it.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine

from blockmrs.services.node.data_folder import HEAD, OBJECTS, OUTBOX
from blockmrs.storage.let_go import LET_GO
from tests.support.site import TestSite
from tests.support.watched import Watch

_listed: dict[Path, tuple[Watch, frozenset[str]]] = {}


def objects_in(folder: Path) -> frozenset[str]:
    """The path of every object in a data folder, from there: in its two folders, and in the folders in them."""
    known = _listed.get(folder)
    if known is not None and known[0].is_quiet():
        return known[1]
    there = [str(folder / name) for name in (OBJECTS, OUTBOX) if (folder / name).is_dir()]
    below = [entry.path for each in there for entry in os.scandir(each) if entry.is_dir(follow_symlinks=False)]
    # Before anything is listed: what comes meanwhile is noticed at the next use.
    watch = Watch([str(folder), *there, *below])
    begin = len(f"{folder}/")
    listed = frozenset(
        entry.path[begin:]
        for each in (*there, *below)
        for entry in os.scandir(each)
        if not entry.is_dir(follow_symlinks=False)
    )
    # Of the folder that was asked about last: each watch costs the system something.
    _listed.clear()
    _listed[folder] = watch, listed
    return listed


class Stored:
    """All rows, the head file, what was let go, and all objects of a data folder that nobody writes to, in memory."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._rows = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(engine.raw_connection()) as connection:
            connection.driver_connection.backup(self._rows)
        self._head = (folder / "secrets" / HEAD).read_bytes()
        let_go = folder / "secrets" / LET_GO
        self._let_go = let_go.read_bytes() if let_go.exists() else None
        self._objects = {path: (folder / path).read_bytes() for path in objects_in(folder)}

    def bring_back(self, engine: Engine, folder: Path) -> None:
        """The folder holds this, and nothing else. It is the same folder, or has the same secrets."""
        with closing(engine.raw_connection()) as connection:
            self._rows.backup(connection.driver_connection)
        (folder / "secrets" / HEAD).write_bytes(self._head)
        # A true list never goes back; here what was done since never happened.
        (folder / "secrets" / LET_GO).unlink(missing_ok=True)
        if self._let_go is not None:
            (folder / "secrets" / LET_GO).write_bytes(self._let_go)
        present = objects_in(folder)
        for path in present - self._objects.keys():
            (folder / path).unlink()
        for path in self._objects.keys() - present:
            (folder / path).write_bytes(self._objects[path])


class Snapshot:
    """A site, with its clock, as it is now."""

    def __init__(self, site: TestSite) -> None:
        self._site, self._ahead = site, site.clock.ahead
        self._stored = Stored(site.foundation.database.engine, site.settings.data.folder)

    def bring_back(self) -> None:
        """The site is again as it was; what it has done since never happened."""
        self._stored.bring_back(self._site.foundation.database.engine, self._site.settings.data.folder)
        self._site.clock.ahead = self._ahead

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is done inside is undone at its end, however it ends."""
        try:
            yield
        finally:
            self.bring_back()
