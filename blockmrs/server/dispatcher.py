"""Hands requests to threads: to each client in turn, and never all threads to one."""

import logging
import threading
from collections import Counter, OrderedDict, deque
from typing import Protocol

log = logging.getLogger(__name__)


class Task(Protocol):
    """A connection with a request to answer. `client` is whose behalf it is on."""

    @property
    def client(self) -> str: ...

    def service(self) -> None: ...

    def cancel(self) -> None: ...


class FairDispatcher:
    """Answers one request of each client before a second of any.

    However many one client sends, another's waits only for those that are running and for one of each client that came
    before. Half of the initial threads never go to a single client; those added for threads that wait go to anybody.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: OrderedDict[str, deque[Task]] = OrderedDict()
        self._running: Counter[str] = Counter()
        self._thread_count = 0
        self._for_others = 0
        self._alive = 0

    def set_thread_count(self, count: int) -> None:
        """From now on have `count` threads; any beyond that end once they have answered."""
        with self._changed:
            self._thread_count = count
            self._for_others = self._for_others or count // 2
            while self._alive < count:
                self._alive += 1
                threading.Thread(target=self._work, name="answering", daemon=True).start()
            self._changed.notify_all()

    def add_task(self, task: Task) -> None:
        """Answer it when its client's turn comes."""
        with self._changed:
            self._waiting.setdefault(task.client, deque()).append(task)
            self._changed.notify()

    def forget(self, task: Task) -> bool:
        """Take `task` out of the queue; whether it was still waiting."""
        with self._changed:
            for client, tasks in self._waiting.items():
                if task in tasks:
                    tasks.remove(task)
                    if not tasks:
                        del self._waiting[client]
                    return True
        return False

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End all threads, giving them so many seconds to finish. Whether anything waiting was cancelled."""
        with self._changed:
            self._thread_count = 0
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._alive == 0, timeout)
            pending = [task for tasks in self._waiting.values() for task in tasks] if cancel_pending else []
            if cancel_pending:
                self._waiting.clear()
        for task in pending:
            task.cancel()
        return bool(pending)

    def _work(self) -> None:
        while (work := self._take()) is not None:
            client, task = work
            try:
                task.service()
            except Exception as error:  # noqa: BLE001 - a thread that ends is lost for good
                log.error("answering failed: %s", type(error).__name__)
            finally:
                with self._changed:
                    self._running[client] -= 1
                    if self._running[client] <= 0:
                        del self._running[client]
                    self._changed.notify()

    def _take(self) -> tuple[str, Task] | None:
        """The next request, once there is one; None if this thread is to end."""
        with self._changed:
            while True:
                if self._alive > self._thread_count:
                    self._alive -= 1
                    self._changed.notify_all()
                    return None
                most = max(1, self._thread_count - self._for_others)
                for client, tasks in self._waiting.items():
                    if self._running[client] < most:
                        task = tasks.popleft()
                        # Whoever was served goes to the back of the queue.
                        self._waiting.move_to_end(client)
                        if not tasks:
                            del self._waiting[client]
                        self._running[client] += 1
                        return client, task
                self._changed.wait()
