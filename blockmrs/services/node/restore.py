"""`restore`: a backup becomes the content of a data folder, completely or not at all.

A restored backup never forks the chain. What prevents that is the head file, so that file never goes back: if this
machine's own says that later blocks were published, it stays, and the restored node signs nothing until its database
has those blocks. The backup's head file counts only on a machine that has none of its own.

Nor does it bring back what was let go: the list of that is joined with this machine's own, and nothing on it is served.
What the backup itself still served lies aside, as if it had been let go here (storage/leaving.py): the key of what took
its place may stand only in blocks that the backup does not have.
"""

from __future__ import annotations

import enum
import io
import itertools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from blockmrs.chain.header import Header
from blockmrs.chain.sealer import SignedBlock
from blockmrs.cid import Cid
from blockmrs.durable import write_new
from blockmrs.errors import Conflict, InvalidInput, Unavailable, VerificationFailed
from blockmrs.model.at_rest import RestSeal
from blockmrs.model.rows import derive_row_key
from blockmrs.model.snapshot import CopiedDatabase, read_copy
from blockmrs.services.node import data_folder
from blockmrs.services.node.archive import DATABASE, ArchiveReader, Manifest, read_object, secret_name
from blockmrs.services.node.data_folder import HEAD, FolderLock
from blockmrs.storage.leaving import lying_aside
from blockmrs.storage.let_go import LET_GO, joined, read_let_go

Progress = Callable[[str, int, int], None]
ASIDE = "before-restore-"
_PART_BYTES = 1024 * 1024


class HeadFile(enum.Enum):
    """What this machine's head files say about the restored database."""

    NONE_HERE = "this machine has published nothing of this chain, as far as it knows; the backup's own is used"
    UP_TO_DATE = "the database has every block that this machine has published"
    ONE_AHEAD = "this machine has published one block more, and will put it into the database at the next start"
    NEWER = "this machine has published later blocks than the database has, or others; it will sign nothing"


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """What was restored; `aside` holds what was there before, and `missing` was missing when the backup was made.

    `let_go_since` was served when the backup was made and let go here since: it lies aside, and nobody is served it.
    `height` is the restored chain's; `published_height` that of the head file, None if it cannot be read.
    """

    objects: int
    created: str
    head: HeadFile
    height: int
    published_height: int | None
    aside: Path | None
    missing: tuple[str, ...]
    let_go_since: tuple[Cid, ...]


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """The objects that are in their place, all that were let go, and those that lie aside."""

    objects: set[Cid]
    let_go: frozenset[Cid]
    aside: set[Cid]


class Restore:
    """Restores backups into the data folder `folder`.

    Args:
        keeper: given the folder being built, a function that keeps an object durably in its place there.
    """

    def __init__(
        self, folder: Path, keeper: Callable[[Path], Callable[[bytes], Cid]], clock: Callable[[], datetime]
    ) -> None:
        self._folder = folder
        self._keeper = keeper
        self._clock = clock

    def read(self, path: Path, passphrase: str | None, progress: Progress, *, replace: bool) -> RestoreResult:
        """Make the backup in `path` the content of the data folder; after any error the folder is as it was.

        Args:
            replace: set aside what is there; otherwise the folder must be empty.

        Raises:
            Conflict: somebody is using the folder, or it is not empty and `replace` is false.
            InvalidInput, CannotOpen, VerificationFailed: the file is no whole backup, sealed differently, or damaged.
            Unavailable: the disk did not keep it.
        """
        with FolderLock(self._folder, alone=True):
            if (self._folder / data_folder.BUILDING / data_folder.READY).exists():
                raise Conflict("a restore was interrupted: run `blockmrs restore --finish` first")
            if not replace and data_folder.occupied(self._folder):
                raise Conflict("this data folder holds an installation; --replace sets it aside")
            try:
                building = data_folder.empty_building(self._folder)
                try:
                    return self._build(path, building, passphrase, progress)
                except BaseException:
                    if not (building / data_folder.READY).exists():
                        shutil.rmtree(building, ignore_errors=True)
                    raise
            except OSError as error:
                raise Unavailable("the backup cannot be restored", reason=error.strerror) from error

    def finish(self) -> Path | None:
        """Finish a restore that was interrupted in its last step; None if there was none."""
        with FolderLock(self._folder, alone=True):
            try:
                return data_folder.finish_replacing(self._folder)
            except OSError as error:
                raise Unavailable("the restore cannot be finished", reason=error.strerror) from error

    def _build(self, path: Path, building: Path, passphrase: str | None, progress: Progress) -> RestoreResult:
        for name in (data_folder.OBJECTS, data_folder.OUTBOX, data_folder.SECRETS):
            (building / name).mkdir(mode=0o700)
        with path.open("rb") as file:
            archive = ArchiveReader(file, passphrase)
            unpacked = self._unpack(archive, building, progress)
        manifest = archive.complete()
        database = _check(building, manifest, unpacked.objects | unpacked.let_go)
        # Open: up to here the archive's digests vouch for the file; from the first start on, nothing does.
        row_key = derive_row_key((building / data_folder.SECRETS / "pepper").read_bytes())
        RestSeal(building / data_folder.DATABASE, row_key, lambda: False).accept()
        head, published_height = self._choose_head(building, database)
        aside = self._new_name()
        was_occupied = data_folder.occupied(self._folder)
        data_folder.replace_content(self._folder, aside)
        return RestoreResult(
            objects=len(unpacked.objects),
            created=manifest.created,
            head=head,
            height=len(database.headers) - 1,
            published_height=published_height,
            aside=self._folder / aside if was_occupied else None,
            missing=tuple(manifest.missing),
            let_go_since=tuple(sorted(unpacked.aside)),
        )

    def _unpack(self, archive: ArchiveReader, building: Path, progress: Progress) -> _Unpacked:
        keep = self._keeper(building)
        objects: set[Cid] = set()
        aside: set[Cid] = set()
        lists: tuple[frozenset[Cid], frozenset[Cid]] | None = None
        for name, source in archive.members():
            if name == DATABASE:
                _write_file(building / data_folder.DATABASE, source)
            elif secret := secret_name(name):
                _write_file(building / data_folder.SECRETS / secret, source)
            else:
                # Objects come after all the files.
                lists = self._join_lists(building) if lists is None else lists
                backups, let_go = lists
                content = read_object(name, source)
                cid = Cid.of(content)
                if cid not in let_go:
                    objects.add(keep(content))
                elif cid not in backups:
                    lying_aside(building / data_folder.OUTBOX).write(cid, content)
                    aside.add(cid)
                progress("objects", len(objects), len(objects))
        _, let_go = self._join_lists(building) if lists is None else lists
        return _Unpacked(objects, let_go, aside)

    def _join_lists(self, building: Path) -> tuple[frozenset[Cid], frozenset[Cid]]:
        """What the backup says was let go, and all that it or this machine says, which is the list from now on."""
        target = building / data_folder.SECRETS / LET_GO
        lists = [read_let_go(path) for path in (target, *self._beside(LET_GO))]
        content = joined(lists)
        if content:
            target.unlink(missing_ok=True)
            _write_file(target, io.BytesIO(content))
        return frozenset(map(Cid, lists[0])), frozenset(Cid(digest) for one in lists for digest in one)

    def _choose_head(self, building: Path, database: CopiedDatabase) -> tuple[HeadFile, int | None]:
        """Put into place the head file that the restored installation must have, and say what it means."""
        target = building / data_folder.SECRETS / HEAD
        backups = SignedBlock.decode(target.read_bytes()).header
        chain_id = Header.decode(database.headers[0]).digest
        published = []
        for path in self._beside(HEAD):
            content = path.read_bytes()
            try:
                header = SignedBlock.decode(content).header
            except InvalidInput:
                # It cannot be read, so nobody knows what was published: it stays, and the node signs nothing.
                _replace_file(target, content)
                return HeadFile.NEWER, None
            if chain_id in (header.chain_id, header.digest):
                published.append((header.height, header.encode(), content))
        if not published:
            return HeadFile.NONE_HERE, backups.height
        unknown = [head for head in published if database.headers[head[0] : head[0] + 1] != (head[1],)]
        height, encoded, content = max(unknown or published)
        if unknown or height > backups.height:
            _replace_file(target, content)
        if not unknown:
            return HeadFile.UP_TO_DATE, max(height, backups.height)
        follows = Header.decode(encoded).previous == Header.decode(database.headers[-1]).digest
        return (HeadFile.ONE_AHEAD if follows else HeadFile.NEWER), height

    def _beside(self, name: str) -> list[Path]:
        """This machine's own file of that name, and those set aside by earlier restores, which were of here too."""
        places = (self._folder, *sorted(self._folder.glob(f"{ASIDE}*")))
        files = (place / data_folder.SECRETS / name for place in places)
        return [file for file in files if os.path.lexists(file)]

    def _new_name(self) -> str:
        name = f"{ASIDE}{self._clock():%Y%m%dT%H%M%S}"
        taken = set(os.listdir(self._folder))
        return next(free for number in itertools.count(1) if (free := f"{name}-{number}") not in taken)


def _check(building: Path, manifest: Manifest, objects: set[Cid]) -> CopiedDatabase:
    """What the unpacked database says; VerificationFailed unless everything that belongs together is there."""
    folder = building / data_folder.SECRETS
    for path in (building / data_folder.DATABASE, *(folder / name for name in (HEAD, "sealer.key", "pepper"))):
        if not path.exists():
            raise VerificationFailed("the backup lacks a part", part=path.name)
    database = read_copy(building / data_folder.DATABASE)
    absent = database.cids - objects - {Cid.parse(text) for text in manifest.missing}
    if absent:
        raise VerificationFailed("the backup lacks an object that its database names", cid=min(absent))
    return database


def _write_file(path: Path, source: BinaryIO) -> None:
    write_new(path, iter(lambda: source.read(_PART_BYTES), b""))


def _replace_file(path: Path, content: bytes) -> None:
    path.unlink()
    _write_file(path, io.BytesIO(content))
