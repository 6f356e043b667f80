"""One at a time per thing: a second press of the same button waits for the first, then finds its answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class KeyedLocks:
    """A lock for each key that somebody holds or waits for; none for the rest."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._locks: dict[bytes, tuple[Lock, int]] = {}

    @contextmanager
    def hold(self, key: bytes) -> Iterator[None]:
        """Hold the lock of `key` within the block."""
        with self._guard:
            lock, users = self._locks.get(key, (Lock(), 0))
            self._locks[key] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, users = self._locks[key]
                if users == 1:
                    del self._locks[key]
                else:
                    self._locks[key] = (lock, users - 1)
