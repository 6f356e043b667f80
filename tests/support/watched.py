"""Whether anything came to a folder or left it, as Linux itself says: thousands of tests ask, and hardly ever is it so.

To look at each of the 256 folders of an object store takes a millisecond.
"""

import ctypes
import os
import sys
import weakref
from collections.abc import Iterable

# inotify(7): a name came, went, or was renamed; and that the folder itself is gone.
_COMES_AND_GOES = 0x40 | 0x80 | 0x100 | 0x200 | 0x400
_WITHOUT_WAITING = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)
_ANSWER_BYTES = 64 * 1024


class Watch:
    """On some folders, from when it is made on. Where there is no such thing, something might always have come."""

    def __init__(self, folders: Iterable[str]) -> None:
        self._number = -1
        if not sys.platform.startswith("linux"):
            return
        libc = ctypes.CDLL(None, use_errno=True)
        self._number = libc.inotify_init1(_WITHOUT_WAITING)
        if self._number < 0:
            return
        weakref.finalize(self, os.close, self._number)
        watches = [libc.inotify_add_watch(self._number, os.fsencode(folder), _COMES_AND_GOES) for folder in folders]
        self._is_whole = min(watches, default=0) >= 0

    def is_quiet(self) -> bool:
        """Whether nothing came or went since."""
        if self._number < 0 or not self._is_whole:
            return False
        try:
            return not os.read(self._number, _ANSWER_BYTES)
        except BlockingIOError:
            return True
