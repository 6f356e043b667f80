"""The server's threads: one more for each that only waits for its turn, so that pages never wait for passwords."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Dispatcher(Protocol):
    """What hands requests to threads."""

    def set_thread_count(self, count: int, /) -> None: ...


class Workers:
    """Keeps `threads` of them at work; those that wait are not counted."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._waiting = 0
        self._lock = threading.Lock()
        self._dispatcher: Dispatcher | None = None

    def serve_with(self, dispatcher: Dispatcher) -> None:
        """From now on the threads are those of `dispatcher`, which has as many as were promised."""
        self._dispatcher = dispatcher

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Another thread works while this one waits; afterwards one of them all ends."""
        self._wait_for(1)
        try:
            yield
        finally:
            self._wait_for(-1)

    def _wait_for(self, more: int) -> None:
        with self._lock:
            self._waiting += more
            if self._dispatcher is not None:
                self._dispatcher.set_thread_count(self._threads + self._waiting)
