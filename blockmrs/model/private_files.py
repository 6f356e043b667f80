"""Files for their owner only, whatever the umask is or was; nothing here opens a file that somebody may be using."""

import logging
import os
import stat
from pathlib import Path

from blockmrs.durable import create

log = logging.getLogger(__name__)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def tighten(path: Path) -> None:
    """Let only its owner use the file or folder; what is absent, or a link, is left alone."""
    try:
        mode = os.lstat(path).st_mode
        if mode & _OTHERS and not stat.S_ISLNK(mode):
            os.chmod(path, stat.S_IMODE(mode) & ~_OTHERS)
    except FileNotFoundError:
        return
    except OSError as error:
        log.warning("others than its owner can read %s, and this cannot be changed: %s", path, error.strerror)


def make_private_file(path: Path) -> None:
    """Make sure that there is a file at `path`; if there was none it is empty, and for its owner only.

    It gets its name only once closed, so that nobody can have it open under that name when this closes it.
    """
    if not os.path.lexists(path):
        create(path, b"")
