"""`backup`: everything that this installation keeps, in one file, while it keeps working.

The order makes the parts fit. The head file comes first, so that it is never ahead of the database by more than the one
block that it can repeat. The list of what was let go comes with it: whatever is on that list was sealed anew before, so
the database, which comes next, as it was at one moment, names the new object too. Objects come last: they never change,
and every object that the database names was stored before it was named. What is let go while the backup is being
written is still a part of it, since the list in it does not say otherwise.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from blockmrs.cid import Cid
from blockmrs.durable import give_name, new_file
from blockmrs.errors import Conflict, InvalidInput, ObjectMissing, Unavailable, VerificationFailed
from blockmrs.model.snapshot import copy_database, read_copy
from blockmrs.services.node.archive import DATABASE, ArchiveWriter, secret_name
from blockmrs.services.node.data_folder import HEAD
from blockmrs.storage.let_go import LET_GO, decode_let_go

if TYPE_CHECKING:
    from blockmrs.storage import ObjectStore

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class BackupResult:
    """What the backup holds; `missing` objects are damaged or absent on this node, and so in the backup too."""

    objects: int
    secrets: int
    size_bytes: int
    missing: tuple[Cid, ...]


class Backup:
    """Writes backups of one installation.

    Args:
        folder: the data folder, which holds a copy of the database while the backup is being written.
        stored: every object in this node's own folders, whether or not the database names it.
        aside: the bytes of an object that was let go, as long as they lie aside; ObjectMissing, ObjectDamaged.
    """

    def __init__(
        self,
        folder: Path,
        engine: Engine,
        objects: ObjectStore,
        stored: Callable[[], Iterable[Cid]],
        aside: Callable[[Cid], bytes],
        clock: Callable[[], datetime],
    ) -> None:
        self._folder = folder
        self._engine = engine
        self._objects = objects
        self._stored = stored
        self._aside = aside
        self._clock = clock

    def write(self, path: Path, passphrase: str | None, progress: Progress) -> BackupResult:
        """Make `path`, a new file for its owner only, a complete backup; after any error there is no such file.

        Args:
            passphrase: seals the file; None leaves the pepper and the sealer's key readable in it.

        Raises:
            Conflict: there already is a file with that name.
            InvalidInput: the database is not SQLite.
            Unavailable: a disk, the database or the object store did not answer.
        """
        if os.path.lexists(path):
            raise Conflict("there is already a file with that name", path=path)
        mark = secrets.token_hex(8)
        draft, copy = path.with_name(f".{path.name}.{mark}"), self._folder / f".snapshot-{mark}"
        try:
            result = self._write(draft, copy, passphrase, progress)
            # A link never replaces a file that somebody has made meanwhile.
            give_name(draft, path)
        except FileExistsError as error:
            raise Conflict("there is already a file with that name", path=path) from error
        except OSError as error:
            raise Unavailable("the backup cannot be written", reason=error.strerror, path=path) from error
        finally:
            draft.unlink(missing_ok=True)
            copy.unlink(missing_ok=True)
        return result

    def _write(self, draft: Path, copy: Path, passphrase: str | None, progress: Progress) -> BackupResult:
        created = self._clock().isoformat(timespec="seconds")
        files = self._read_secrets()
        copy_database(self._engine, copy)
        # The list as it is in this backup, whatever was let go since: a restore goes by that one.
        gone = {Cid(digest) for digest in decode_let_go(files.get(LET_GO, b""))}
        cids = sorted((read_copy(copy).cids | set(self._stored())) - gone)
        missing = []
        with new_file(draft) as file:
            with ArchiveWriter(file, passphrase) as archive:
                with copy.open("rb") as database:
                    archive.add(DATABASE, database, copy.stat().st_size)
                for name, content in files.items():
                    archive.add_bytes(f"secrets/{name}", content)
                for done, cid in enumerate(cids, start=1):
                    try:
                        archive.add_object(cid, self._read(cid))
                    except (ObjectMissing, VerificationFailed):
                        missing.append(cid)
                    progress("objects", done, len(cids))
                manifest = archive.finish(created, missing)
            size_bytes = file.tell()
        return BackupResult(manifest.objects, len(files), size_bytes, tuple(missing))

    def _read(self, cid: Cid) -> bytes:
        try:
            return self._objects.get(cid)
        except ObjectMissing:
            return self._aside(cid)

    def _read_secrets(self) -> dict[str, bytes]:
        """Every secret file, the head file first."""
        folder = self._folder / "secrets"
        names = [name for name in os.listdir(folder) if secret_name(f"secrets/{name}") and not name.endswith(".new")]
        if HEAD not in names:
            raise InvalidInput("there is nothing to back up: this installation has no chain yet")
        return {name: (folder / name).read_bytes() for name in sorted(names, key=lambda name: (name != HEAD, name))}
