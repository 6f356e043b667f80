"""Files named after their content, written so that each is either complete or absent, whatever fails in between.

A write is: temporary file in `incoming/`, fsync, rename into its shard, fsync of the shard. Once it has returned,
a power cut loses nothing; before that, it leaves at most a temporary file, which a later start sweeps away.
"""

import errno
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from blockmrs.cid import Cid
from blockmrs.durable import opened, sync
from blockmrs.errors import InvalidInput, ObjectDamaged, ObjectMissing, StorageUnavailable
from blockmrs.storage import check_held

INCOMING = "incoming"
# Long enough for no write still under way, in this process or another, to be taken for a dead one.
STALE_AFTER_S = 3600.0

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_ABSENT = (errno.ENOENT,)
# What `open` reports if a symbolic link or a plain file is where one of our own entries should be.
_FOREIGN = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)


class BlockFolder:
    """A folder of immutable files named by CID. `shards` names its subfolders, over which the digests are spread.

    Folders are 0700 and files 0600. Symbolic links inside the folder are never followed; the folder itself may be one.
    """

    def __init__(
        self,
        folder: Path,
        shards: Sequence[str],
        max_bytes: int,
        clock_s: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self._shards = shards
        self._max_bytes = max_bytes
        self._clock_s = clock_s
        try:
            self._root = self._prepare()
            self._sweep(clock_s() - STALE_AFTER_S)
        except OSError as error:
            raise StorageUnavailable(f"the folder {folder} cannot be used: {error.strerror}") from error

    def write(self, cid: Cid, content: bytes) -> None:
        """Keep `content` durably under `cid`, replacing whatever is there; StorageUnavailable leaves nothing behind."""
        try:
            self._write(cid, content)
        except OSError as error:
            raise StorageUnavailable(f"the disk could not keep an object: {error.strerror}", cid=cid) from error

    def read(self, cid: Cid) -> bytes:
        """The bytes under `cid`, checked; ObjectMissing, ObjectDamaged or StorageUnavailable."""
        try:
            content = self._read(cid)
        except OSError as error:
            if error.errno in _ABSENT:
                raise ObjectMissing("no such object", cid=cid) from error
            if error.errno in _FOREIGN:
                raise ObjectDamaged("something else is where an object should be", cid=cid) from error
            raise StorageUnavailable(f"the disk could not read an object: {error.strerror}", cid=cid) from error
        return check_held(cid, content)

    def has(self, cid: Cid) -> bool:
        """Whether an entry named `cid` is here."""
        try:
            with opened(self._root / self._shard(cid), _FOLDER) as shard:
                os.stat(str(cid), dir_fd=shard, follow_symlinks=False)
        except OSError as error:
            if error.errno in (*_ABSENT, *_FOREIGN):
                return False
            raise StorageUnavailable(f"the disk did not answer: {error.strerror}", cid=cid) from error
        return True

    def remove(self, cid: Cid) -> None:
        """Remove any entry named `cid`, durably; one that was absent stays absent."""
        try:
            with opened(self._root / self._shard(cid), _FOLDER) as shard:
                os.unlink(str(cid), dir_fd=shard)
                os.fsync(shard)
        except OSError as error:
            if error.errno not in _ABSENT:
                raise StorageUnavailable(f"the disk could not remove an object: {error.strerror}", cid=cid) from error

    def iter_older(self, seconds: float) -> Iterator[Cid]:
        """The identifiers of those entries that were written at least `seconds` ago."""
        before_s = self._clock_s() - seconds
        for cid in self.iter_cids():
            try:
                written_s = os.lstat(self._root / self._shard(cid) / str(cid)).st_mtime
            except OSError:
                continue  # Gone by now; or the disk is failing, and whoever reads the entry will find out.
            if written_s <= before_s:
                yield cid

    def iter_cids(self) -> Iterator[Cid]:
        """Every identifier that names an entry here, in no particular order; foreign names are skipped."""
        for shard in self._shards:
            try:
                with opened(self._root / shard, _FOLDER) as folder:
                    names = os.listdir(folder)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise StorageUnavailable(f"the disk did not answer: {error.strerror}") from error
            for name in names:
                try:
                    yield Cid.parse(name)
                except InvalidInput:
                    continue

    def free_bytes(self) -> int:
        """How much room the disk still has."""
        try:
            figures = os.statvfs(self._root)
        except OSError as error:
            raise StorageUnavailable(f"the disk did not answer: {error.strerror}") from error
        return figures.f_bavail * figures.f_frsize

    def _shard(self, cid: Cid) -> str:
        return self._shards[cid.digest[0] * len(self._shards) // 256]

    def _prepare(self) -> Path:
        _make_path(self.folder)
        root = Path(os.path.realpath(self.folder))
        for name in (INCOMING, *self._shards):
            _make_folder(root / name)
        # Always, not only if something was made: an earlier start may have made it and died before this.
        sync(root)
        return root

    def _sweep(self, before_s: float) -> None:
        with opened(self._root / INCOMING, _FOLDER) as incoming:
            for name in os.listdir(incoming):
                try:
                    if os.stat(name, dir_fd=incoming, follow_symlinks=False).st_mtime < before_s:
                        os.unlink(name, dir_fd=incoming)
                except FileNotFoundError:
                    continue  # Another process swept it, or finished writing it.

    def _write(self, cid: Cid, content: bytes) -> None:
        with opened(self._root / INCOMING, _FOLDER) as incoming, self._opened_shard(cid) as shard:
            name = f"{os.getpid()}-{secrets.token_hex(8)}"
            try:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                with opened(name, flags, incoming) as file:
                    rest = memoryview(content)
                    while rest:
                        rest = rest[os.write(file, rest) :]
                    os.fsync(file)
                os.rename(name, str(cid), src_dir_fd=incoming, dst_dir_fd=shard)
            except OSError:
                _unlink_if_there(name, incoming)
                raise
            os.fsync(shard)

    @contextmanager
    def _opened_shard(self, cid: Cid) -> Iterator[int]:
        path = self._root / self._shard(cid)
        if _make_folder(path):
            sync(self._root)
        with opened(path, _FOLDER) as shard:
            yield shard

    def _read(self, cid: Cid) -> bytes:
        with opened(self._root / self._shard(cid), _FOLDER) as shard:
            # O_NONBLOCK: a named pipe in its place must not hold up the reader.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with opened(str(cid), flags, shard) as file:
                if not stat.S_ISREG(os.fstat(file).st_mode):
                    raise ObjectDamaged("something else is where an object should be", cid=cid)
                content = bytearray()
                while len(content) <= self._max_bytes and (part := os.read(file, self._max_bytes + 1 - len(content))):
                    content += part
        if len(content) > self._max_bytes:
            raise ObjectDamaged("longer than any object", cid=cid)
        return bytes(content)


def _make_folder(path: Path) -> bool:
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return False
    return True


def _make_path(path: Path) -> None:
    if not path.parent.exists():
        _make_path(path.parent)
    _make_folder(path)
    try:
        sync(Path(os.path.realpath(path.parent)))
    except PermissionError:
        return  # A parent that we may not even read was made by somebody else, long ago.


def _unlink_if_there(name: str, parent: int) -> None:
    try:
        os.unlink(name, dir_fd=parent)
    except OSError:
        return  # Never made, already renamed, or the disk refuses this too; the next start sweeps.
