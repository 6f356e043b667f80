"""Who is using the data folder, and how a restore replaces its content so that no crash leaves half of it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from blockmrs import durable
from blockmrs.errors import Conflict, Unavailable
from blockmrs.model.at_rest import SUFFIX
from blockmrs.model.private_files import tighten

LOCK = "in-use"
BUILDING = "restoring"
READY = "ready"
DATABASE = "blockmrs.db"
OBJECTS, OUTBOX, SECRETS = "objects", "outbox", "secrets"
HEAD = "sealer.head"
SEAL = f"{DATABASE}{SUFFIX}"
# In this order: whatever belongs to the old database leaves with it, before a new one takes its place.
_ONLY_OLD = (f"{DATABASE}-wal", f"{DATABASE}-shm", SEAL)
# Meanwhile the file is being sealed, which means reading all of it.
PATIENCE_S = 10.0
_REPLACED = (DATABASE, SEAL, OBJECTS, OUTBOX, SECRETS)
_OPENED = os.O_CLOEXEC | os.O_NOFOLLOW


class FolderLock:
    """Holds `folder` until closed, or until the process ends: shared with others, or alone.

    Both the folder itself and a file in it are held. The file can be removed by mistake, the folder cannot; earlier
    versions know only the file.

    Raises:
        Conflict: it is held in a way that is incompatible with this one.
    """

    def __init__(self, folder: Path, *, alone: bool) -> None:
        self._descriptors: list[int] = []
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptors.append(os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | _OPENED, 0o600))
            self._descriptors.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
            self._hold(shared=not alone)
        except BlockingIOError as error:
            self.close()
            raise Conflict(_IN_USE if alone else "a restore is under way in this data folder") from error
        except OSError as error:
            self.close()
            raise Unavailable("the data folder cannot be used", reason=error.strerror) from error

    def alone(self) -> bool:
        """Whether nobody else holds the folder; if so, nobody else can until this lock is closed.

        If somebody does, this lock is lost too, and can only be closed.
        """
        try:
            self._hold()
        except OSError:
            return False
        return True

    def _hold(self, *, shared: bool = False) -> None:
        for descriptor in self._descriptors:
            durable.lock(descriptor, shared=shared)

    def close(self) -> None:
        """Release the folder; safe to call twice."""
        descriptors, self._descriptors = self._descriptors, []
        for descriptor in descriptors:
            # Whatever `close` reports, the descriptor is gone, and the lock with it.
            with suppress(OSError):
                os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


_IN_USE = "a server or another command uses this data folder: stop it first"


def use_folder(folder: Path, *, alone: bool = False) -> FolderLock:
    """A place among the users of `folder`, or the only one; hold it for as long as the database there is open.

    From now on only its owner may read the folder, whatever the umask was when it was made.

    Raises:
        Conflict: a restore is under way, or was interrupted in the middle of its last step; or the folder is wanted
            alone, and somebody is using it.
    """
    lock = FolderLock(folder, alone=True) if alone else _wait_for(folder)
    if (folder / BUILDING / READY).exists():
        lock.close()
        raise Conflict("a restore was interrupted: run `blockmrs restore --finish`")
    _make_private(folder)
    return lock


def _make_private(folder: Path) -> None:
    """Make private whatever is in the folder, except what is inside folders that are private themselves.

    The pepper and the sealer's key are left as they are: whoever reads them reports it if others could.
    """
    try:
        children = list(folder.iterdir())
    except OSError:
        return
    heads = (folder / SECRETS / f"{HEAD}{suffix}" for suffix in ("", ".new"))
    for path in (folder.resolve(), *children, *heads):
        tighten(path)


def _wait_for(folder: Path) -> FolderLock:
    """A shared lock; the last to leave the folder holds it alone for a moment, while the database file is sealed."""
    deadline = time.monotonic() + PATIENCE_S
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
    """A fresh folder to build the new content in; anything that an earlier restore left unfinished there is removed."""
    building = folder / BUILDING
    if building.exists():
        shutil.rmtree(building)
    building.mkdir(mode=0o700)
    return building


def replace_content(folder: Path, aside: str) -> None:
    """Make what is ready in `building` the folder's content; the old content is kept in `folder`/`aside`.

    Once the file READY is on the disk, the replacement will happen: if it is interrupted, nobody can use the folder
    before `finish_replacing` has done the rest.
    """
    building = folder / BUILDING
    sync_tree(building)
    durable.replace(building / READY, aside.encode())
    finish_replacing(folder)


def finish_replacing(folder: Path) -> Path | None:
    """Do what is left of `replace_content`; None if there is nothing to do, else the folder with the old content.

    Every step can be repeated: an old part moves aside only while the new one is still waiting.
    """
    building = folder / BUILDING
    try:
        aside = folder / (building / READY).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    aside.mkdir(mode=0o700, exist_ok=True)
    # While the new database is waiting, these can only be the old one's.
    if _exists(building / DATABASE):
        _move(_ONLY_OLD, folder, aside)
    for name in _REPLACED:
        if _exists(building / name):
            _move((name,), folder, aside)
            _move((name,), building, folder)
    for path in (aside, folder):
        durable.sync(path)
    (building / READY).unlink()
    shutil.rmtree(building)
    durable.sync(folder)
    return aside


def _move(names: Sequence[str], source: Path, target: Path) -> None:
    for name in names:
        if _exists(source / name):
            os.rename(source / name, target / name)


def sync_tree(root: Path) -> None:
    """Make sure that every file and folder under `root` is on disk, except the database, which SQLite has open here.

    Whoever writes that file syncs it.
    """
    for folder, _, files in os.walk(root):
        for name in files:
            if name != DATABASE:
                durable.sync(Path(folder) / name)
        durable.sync(Path(folder))


def _exists(path: Path) -> bool:
    return os.path.lexists(path)
