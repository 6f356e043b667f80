"""Who uses the data folder, and how a restore puts a new content in its place so that no crash leaves half of it."""

import fcntl
import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from blockmrs.errors import Conflict, Unavailable
from blockmrs.model.at_rest import SUFFIX

LOCK = "in-use"
BUILDING = "restoring"
READY = "ready"
DATABASE = "blockmrs.db"
OBJECTS, OUTBOX, SECRETS = "objects", "outbox", "secrets"
# In this order: what belongs to the old database leaves with it, before a new one stands in its place.
_ONLY_OLD = (f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}{SUFFIX}")
_PATIENCE_S = 2.0
_REPLACED = (DATABASE, OBJECTS, OUTBOX, SECRETS)


class FolderLock:
    """Holds `folder` until closed, or until the process ends: with others, or alone.

    Raises:
        Conflict: it is held in a way that does not go together with this one.
    """

    def __init__(self, folder: Path, *, alone: bool) -> None:
        self._descriptor = -1
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise Conflict(_IN_USE if alone else "a restore is under way in this data folder") from error
        except OSError as error:
            raise Unavailable("the data folder cannot be used", reason=error.strerror) from error

    def alone(self) -> bool:
        """Whether nobody else holds the folder; if so, nobody else can until this lock is closed."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let go of the folder; safe to call twice."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            # Whatever `close` says, the descriptor is gone, and the lock with it.
            with suppress(OSError):
                os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


_IN_USE = "a server or another command uses this data folder: stop it first"


def use_folder(folder: Path) -> FolderLock:
    """A place among those who use `folder`; hold it for as long as its database is open.

    Raises:
        Conflict: a restore is under way, or was cut off in the middle of its last step.
    """
    lock = _wait_for(folder)
    if (folder / BUILDING / READY).exists():
        lock.close()
        raise Conflict("a restore was cut off before its end: run `blockmrs restore --finish`")
    return lock


def _wait_for(folder: Path) -> FolderLock:
    """A shared lock; who leaves the folder last holds it alone for a moment, while the database file is sealed."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return FolderLock(folder, alone=False)
        except Conflict:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def occupied(folder: Path) -> bool:
    """Whether there is anything in `folder` that a restore would replace."""
    return any(_exists(folder / name) for name in (*_ONLY_OLD, *_REPLACED))


def empty_building(folder: Path) -> Path:
    """A fresh folder to build the new content in; what an earlier restore left unfinished there is gone."""
    building = folder / BUILDING
    if building.exists():
        shutil.rmtree(building)
    building.mkdir(mode=0o700)
    return building


def replace_content(folder: Path, aside: str) -> None:
    """The content that stands ready in `building` is the folder's; the old one is kept in `folder`/`aside`.

    From the moment in which the file READY is on the disk, the replacement happens: if it is cut off, nobody can use
    the folder before `finish_replacing` has done the rest.
    """
    building = folder / BUILDING
    sync_tree(building)
    (building / READY).write_text(aside, encoding="utf-8")
    sync_tree(building)
    finish_replacing(folder)


def finish_replacing(folder: Path) -> Path | None:
    """Do what is left of `replace_content`; None if there is nothing to do, else the folder of the old content.

    Every step can be repeated: an old part moves aside only while the new one still waits.
    """
    building = folder / BUILDING
    try:
        aside = folder / (building / READY).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    aside.mkdir(mode=0o700, exist_ok=True)
    # While the new database waits, these can only be the old one's.
    if _exists(building / DATABASE):
        _move(_ONLY_OLD, folder, aside)
    for name in _REPLACED:
        if _exists(building / name):
            _move((name,), folder, aside)
            _move((name,), building, folder)
    for path in (aside, folder):
        _sync(path)
    (building / READY).unlink()
    shutil.rmtree(building)
    _sync(folder)
    return aside


def _move(names: Sequence[str], source: Path, target: Path) -> None:
    for name in names:
        if _exists(source / name):
            os.rename(source / name, target / name)


def sync_tree(root: Path) -> None:
    """Every file and folder under `root` is on the disk."""
    for folder, _, files in os.walk(root):
        for name in files:
            _sync(Path(folder) / name)
        _sync(Path(folder))


def _exists(path: Path) -> bool:
    return os.path.lexists(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
