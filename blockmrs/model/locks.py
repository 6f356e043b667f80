"""One at a time per thing: a second press of the same button waits for the first, then finds its answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from blockmrs.model.database import Database


class KeyedLocks:
    """A lock for each key of `what` that somebody holds or waits for: in any thread, and in any server of `database`.

    Whoever holds one must not ask for it again.
    """

    def __init__(self, database: Database, what: str) -> None:
        self._database = database
        self._what = what
        self._guard = Lock()
        self._locks: dict[bytes, tuple[Lock, int]] = {}

    @contextmanager
    def hold(self, key: bytes) -> Iterator[bool]:
        """Hold the lock of `key` within the block; the value says if an earlier holder was cut off, as far as known.

        Raises:
            Unavailable: another server held it for longer than anybody should wait.
        """
        # The threads of this process queue here; only the first of them asks the other processes.
        with self._guard:
            lock, users = self._locks.get(key, (Lock(), 0))
            self._locks[key] = (lock, users + 1)
        try:
            with lock, self._database.one_at_a_time(self._what, key) as was_cut_off:
                yield was_cut_off
        finally:
            with self._guard:
                lock, users = self._locks[key]
                if users == 1:
                    del self._locks[key]
                else:
                    self._locks[key] = (lock, users - 1)
