"""The server's threads: an extra one for each that is only waiting its turn, so that pages never wait for passwords."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Dispatcher(Protocol):
    """Something that hands requests to threads."""

    def set_thread_count(self, count: int, /) -> None: ...


class Workers:
    """Keeps `threads` of them working; those that are waiting do not count."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._waiting = 0
        self._lock = threading.Lock()
        self._dispatcher: Dispatcher | None = None

    def serve_with(self, dispatcher: Dispatcher) -> None:
        """From now on the threads are those of `dispatcher`, which starts with as many as were asked for."""
        self._dispatcher = dispatcher

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Add a thread while this one waits; when the wait is over, one of them all ends."""
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
