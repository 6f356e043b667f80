"""The list of objects that were let go: they are served to nobody any more, here or after a restore.

It is a file of its own beside the head file, outside the database, and like that file it never goes back: entries are
only ever added, and a restore joins what the backup has with what this machine has. Each entry is on the disk before it
counts. An entry that a power cut left half written was never acknowledged, and is overwritten by the next.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
from typing import TYPE_CHECKING

from blockmrs.cid import Cid
from blockmrs.durable import opened, sync
from blockmrs.errors import StorageUnavailable, VerificationFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

LET_GO = "let-go"
"""The file's name, in the folder of the head file."""
_ENTRY = struct.Struct(">32sQ8s")
_READ = os.O_RDONLY | os.O_NOFOLLOW
_WRITE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW


class LetGo:
    """The list in `path`, which need not be there yet. Safe for many threads and processes at once.

    Raises:
        VerificationFailed: the file is damaged before its end: nobody knows what was let go, so nothing is served.
        StorageUnavailable: the disk did not answer.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # One value, so that no thread sees the one half with the other of another thread's reading.
        self._last: tuple[tuple[int, int, int] | None, Mapping[bytes, int]] = (None, {})

    def __contains__(self, cid: object) -> bool:
        return isinstance(cid, Cid) and cid.digest in self._read()

    def at_ms(self, cid: Cid) -> int | None:
        """When it was let go, in milliseconds since 1970; None if it was not."""
        return self._read().get(cid.digest)

    def cids(self) -> frozenset[Cid]:
        """Everything that was let go."""
        return frozenset(Cid(digest) for digest in self._read())

    def add(self, cids: Iterable[Cid], at_ms: int) -> None:
        """Let these go, durably; what was let go before stays as it is."""
        try:
            with opened(self._path, _WRITE) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                content = _all_of(file)
                there, whole = _decode(content)
                new = [_entry(cid.digest, at_ms) for cid in dict.fromkeys(cids) if cid.digest not in there]
                if new:
                    os.ftruncate(file, whole)
                    os.lseek(file, whole, os.SEEK_SET)
                # Also where nothing is new: whoever wrote it may not have come so far.
                os.fsync(file)
                for entry in new:
                    _append(file, entry)
            sync(self._path.parent)
        except OSError as error:
            raise StorageUnavailable(f"the list of what was let go cannot be written: {error.strerror}") from error

    def _read(self) -> Mapping[bytes, int]:
        try:
            state = os.stat(self._path, follow_symlinks=False)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StorageUnavailable(f"the list of what was let go cannot be read: {error.strerror}") from error
        seen, last = (state.st_ino, state.st_size, state.st_mtime_ns), self._last
        if seen != last[0]:
            last = self._last = seen, read_let_go(self._path)
        return last[1]


def read_let_go(path: Path) -> dict[bytes, int]:
    """By digest, when each object of a list was let go (ms); nothing if there is no such file. Raises as `LetGo`."""
    try:
        with opened(path, _READ) as file:
            return _decode(_all_of(file))[0]
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StorageUnavailable(f"the list of what was let go cannot be read: {error.strerror}") from error


def decode_let_go(content: bytes) -> dict[bytes, int]:
    """`read_let_go` for the bytes of a list; VerificationFailed if they are damaged before their end."""
    return _decode(content)[0]


def joined(lists: Iterable[Mapping[bytes, int]]) -> bytes:
    """The file with everything on these lists; where several have an object, the time of the earliest."""
    earliest: dict[bytes, int] = {}
    for one in lists:
        for digest, at_ms in one.items():
            earliest[digest] = min(at_ms, earliest.get(digest, at_ms))
    by_time = sorted(earliest.items(), key=lambda entry: (entry[1], entry[0]))
    return b"".join(_entry(digest, at_ms) for digest, at_ms in by_time)


def _append(file: int, entry: bytes) -> None:
    """Write one entry, durably: of several at once a power cut could leave a later one and no earlier one."""
    rest = memoryview(entry)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.fsync(file)


def _entry(digest: bytes, at_ms: int) -> bytes:
    return _ENTRY.pack(digest, at_ms, _check(digest, at_ms))


def _check(digest: bytes, at_ms: int) -> bytes:
    return hashlib.sha256(digest + at_ms.to_bytes(8, "big")).digest()[:8]


def _decode(content: bytes) -> tuple[dict[bytes, int], int]:
    """What the file says, and how many of its bytes are whole entries."""
    entries: dict[bytes, int] = {}
    for start in range(0, len(content), _ENTRY.size):
        part = content[start : start + _ENTRY.size]
        if len(part) == _ENTRY.size:
            digest, at_ms, check = _ENTRY.unpack(part)
            if check == _check(digest, at_ms):
                entries.setdefault(digest, at_ms)
                continue
        if start + _ENTRY.size < len(content):
            raise VerificationFailed("the list of what was let go is damaged", entry=start // _ENTRY.size)
        return entries, start
    return entries, len(content)


def _all_of(file: int) -> bytes:
    content = bytearray()
    while part := os.read(file, 1024 * 1024):
        content += part
    return bytes(content)
