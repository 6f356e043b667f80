"""Files that are held as locks: by one holder at a time among all threads and processes of this machine."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from blockmrs.errors import BlockMRSError, Unavailable

WAIT_S = 30.0
_RETRY_S = 0.003


@contextmanager
def hold_file(path: Path, wait_s: float = WAIT_S) -> Iterator[bool]:
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
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable("a lock cannot be taken", reason=error.strerror) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
