"""Files that survive a crash and a power cut, for their owner only, and locks on files.

- What is written is on the disk before it has its name: nobody ever opens half a file.
- A new file gets its name by a link, which never replaces one that somebody made meanwhile.
- A name is on the disk once its folder was synced.
- A lock belongs to the open file, so it separates threads as well as processes, and ends with a process that is killed.

    write_new(draft, [content])     # on the disk, under a name that nobody looks for
    give_name(draft, path)          # FileExistsError where there is one
    replace(path, content)          # the old content stays until the new one is whole
    with hold(path) as was_left:    # one at a time on this machine
"""

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from blockmrs.errors import BlockMRSError, Unavailable

WAIT_S = 30.0
_RETRY_S = 0.003
_PRIVATE = 0o600


@contextmanager
def opened(path: Path | str, flags: int, parent: int | None = None) -> Iterator[int]:
    """An open descriptor, closed at the end; a file that is made is for its owner only. `parent`: of an open folder."""
    descriptor = os.open(path, flags | os.O_CLOEXEC, _PRIVATE, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """The file's content, or the names in the folder, are on the disk; a link is followed to neither."""
    with opened(path, os.O_RDONLY | os.O_NOFOLLOW) as descriptor:
        os.fsync(descriptor)


def write_new(path: Path, parts: Iterable[bytes]) -> None:
    """A file that was not there holds `parts`, durably but for its name; FileExistsError where there is one."""
    with new_file(path) as file:
        for part in parts:
            file.write(part)


def new_file(path: Path) -> AbstractContextManager[BinaryIO]:
    """A file that was not there, to write to; at the end that is on the disk but for the name.

    FileExistsError where there is one.
    """
    return _written(path, os.O_EXCL)


def give_name(draft: Path, path: Path) -> None:
    """The file `draft` is `path` too, durably; FileExistsError where there is one already."""
    os.link(draft, path)
    sync(path.parent)


def create(path: Path, content: bytes) -> bool:
    """A file that was not there holds `content`, durably; False, and nothing is changed, where there is one.

    Several processes at once make one file, and all find the same content.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        write_new(draft, [content])
        os.link(draft, path)
        is_made = True
    except FileExistsError:
        is_made = False
    finally:
        with suppress(FileNotFoundError):
            os.unlink(draft)
    # Also for whoever came second: the first may not have come so far.
    sync(path.parent)
    return is_made


def replace(path: Path, content: bytes, on_step: Callable[[str], None] = lambda _: None) -> None:
    """`path` holds `content`, durably; until all of it is on the disk, the old content stays.

    Args:
        on_step: is told "written" and "renamed", each before what follows it.
    """
    beside = path.with_name(path.name + ".new")
    with _written(beside, os.O_TRUNC) as file:
        file.write(content)
    on_step("written")
    os.rename(beside, path)
    on_step("renamed")
    sync(path.parent)


def lock(descriptor: int, *, shared: bool = False) -> None:
    """Lock an open file, alone or with others; BlockingIOError where somebody else holds it."""
    fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def lock_within(descriptor: int, wait_s: float) -> bool:
    """Lock an open file alone; False where somebody else held it for all of `wait_s`."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            lock(descriptor)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_RETRY_S)
        else:
            return True


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold `path`, a file that stays, alone; waits as long as it takes."""
    with opened(path, os.O_RDWR | os.O_CREAT) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextmanager
def hold(path: Path, wait_s: float = WAIT_S) -> Iterator[bool]:
    """Hold `path`, which is made now and removed at the end; a process that is killed lets go but leaves the file.

    So does one for which something did not answer. The value says whether an earlier holder left the file behind; after
    a power cut it may be missing even so.

    Raises:
        Unavailable: somebody else held it for all of `wait_s`, or the disk did not answer.
    """
    deadline = time.monotonic() + wait_s
    while (descriptor := _try(path)) is None:
        if time.monotonic() > deadline:
            raise Unavailable("somebody else is doing the same at this moment, and has not finished")
        time.sleep(_RETRY_S)
    is_finished = False
    try:
        # Written once it is held, so that anything there before is an earlier holder's.
        was_left = os.fstat(descriptor).st_size > 0
        with suppress(OSError):
            os.write(descriptor, b"held")
        yield was_left
        is_finished = True
    except BlockMRSError as error:
        is_finished = not isinstance(error, Unavailable)
        raise
    finally:
        if is_finished:
            # While it is held: whoever waits for this file will find it gone, and make another.
            with suppress(OSError):
                os.unlink(path)
        os.close(descriptor)


def _try(path: Path) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _PRIVATE)
    except OSError as error:
        raise Unavailable("a lock cannot be taken", reason=error.strerror) from error
    try:
        lock(descriptor)
        if os.path.samestat(os.fstat(descriptor), os.lstat(path)):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError as error:
        os.close(descriptor)
        raise Unavailable("a lock cannot be taken", reason=error.strerror) from error
    # Held by somebody; or removed, and perhaps made anew, since it was opened.
    os.close(descriptor)
    return None


@contextmanager
def _written(path: Path, how: int) -> Iterator[BinaryIO]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | how | os.O_NOFOLLOW | os.O_CLOEXEC, _PRIVATE)
    with open(descriptor, "wb") as file:
        # Whatever the umask is.
        os.fchmod(file.fileno(), _PRIVATE)
        yield file
        file.flush()
        os.fsync(file.fileno())
