"""A site as it was at one moment: tests that change it put it back, and do not make their way through what others did.

A page costs as much as what stands on it. Where hundreds of tests use one site, each is as quick as the first, and none
depends on what ran before it.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from blockmrs.services.node.data_folder import HEAD
from tests.support.site import TestSite

_listed: dict[str, tuple[tuple[int, int], list[str]]] = {}


def files_below(folder: Path) -> Iterator[str]:
    """The path of every file in a folder of objects: those in it, and in the folders in it.

    A folder is listed again when it has another time or size than when it was listed. There are 256 in a store.
    """
    for entry in os.scandir(folder):
        if not entry.is_dir(follow_symlinks=False):
            yield entry.path
            continue
        found = os.stat(entry.path)
        stamp = found.st_mtime_ns, found.st_size
        known = _listed.get(entry.path)
        if known is None or known[0] != stamp:
            _listed[entry.path] = known = stamp, [f"{entry.path}/{name}" for name in os.listdir(entry.path)]
        yield from known[1]


class Snapshot:
    """Every row, the chain's head file and every object of a site that nobody else is using, kept in memory."""

    def __init__(self, site: TestSite) -> None:
        self._engine = site.foundation.database.engine
        self._clock, self._ahead = site.clock, site.clock.ahead
        data = site.settings.data
        self._head_file, self._folders = data.secrets / HEAD, (data.objects, data.outbox)
        self._rows = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(self._engine.raw_connection()) as connection:
            connection.driver_connection.backup(self._rows)
        self._head = self._head_file.read_bytes()
        self._objects = {path: Path(path).read_bytes() for path in self._files()}

    def bring_back(self) -> None:
        """The site is again as it was; what it has done since never happened."""
        with closing(self._engine.raw_connection()) as connection:
            self._rows.backup(connection.driver_connection)
        self._head_file.write_bytes(self._head)
        self._clock.ahead = self._ahead
        there = set(self._files())
        for path in there - self._objects.keys():
            os.unlink(path)
        for path in self._objects.keys() - there:
            Path(path).write_bytes(self._objects[path])

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is done inside is undone at its end, however it ends."""
        try:
            yield
        finally:
            self.bring_back()

    def _files(self) -> Iterator[str]:
        for folder in self._folders:
            yield from files_below(folder)
