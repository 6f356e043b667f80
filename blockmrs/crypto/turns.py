"""One queue for everything that is costly on purpose: so many run at once, so many wait, and nobody waits forever.

Known people come first. Among the others, nobody's tenth request goes before somebody else's first.
"""

import heapq
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from blockmrs.errors import Busy

# As long as a proxy in front will wait. Two slow processors let two hundred people in within this time.
WAIT_S = 40.0
# Under a server that has no extra threads for those who wait, pages need the rest of its threads.
FEW_WAITING = 4


class Turns:
    """Hands out turns.

    Args:
        at_once: how many run at the same time in this process.
        waiting: how many more may wait; anybody after that is told at once. As many known people again may wait.
        wait_s: how long to wait before raising Busy.
        aside: entered while somebody waits, so that the server can replace the waiting thread by
            another.
    """

    __slots__ = ("_aside", "_at_once", "_count", "_lock", "_of_one", "_queue", "_running", "_wait_s", "_waiting")

    def __init__(
        self,
        at_once: int = 2,
        waiting: int = FEW_WAITING,
        *,
        wait_s: float = WAIT_S,
        aside: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._at_once = at_once
        self._waiting = waiting
        self._wait_s = wait_s
        self._aside = aside
        self._lock = threading.Lock()
        self._queue: list[_Ticket] = []
        self._of_one: Counter[str] = Counter()
        self._running = 0
        self._count = 0

    @contextmanager
    def take(self, asker: str = "", *, known: bool = True) -> Iterator[None]:
        """Wait for a turn, and hold it.

        Args:
            asker: on whose behalf, such as a network address; one asker's turns are spread among those of others.
            known: whether we know that whoever asks is not a stranger.

        Raises:
            Busy: too many are waiting already, or the turn did not come in time.
        """
        ticket = self._queue_up(asker, known)
        if ticket is not None:
            with self._aside():
                ticket.came.wait(self._wait_s)
            if not self._leave_queue(ticket):
                raise Busy("busy with other sign-ins; try again in a few seconds")
        try:
            yield
        finally:
            self._pass_on()

    def _queue_up(self, asker: str, known: bool) -> "_Ticket | None":
        """A place in the queue; None if the turn came at once."""
        with self._lock:
            if self._running < self._at_once:
                self._running += 1
                return None
            if len(self._queue) >= self._waiting * (2 if known else 1):
                raise Busy("too many wait for this; try again in a few seconds")
            self._count += 1
            rank = 0 if known else 1 + self._of_one[asker]
            ticket = _Ticket(rank, self._count, asker)
            self._of_one[asker] += not known
            heapq.heappush(self._queue, ticket)
            return ticket

    def _leave_queue(self, ticket: "_Ticket") -> bool:
        """Whether the turn came. It may have come at the very moment at which the waiting ended."""
        with self._lock:
            if not ticket.came.is_set():
                self._queue.remove(ticket)
                heapq.heapify(self._queue)
                self._forget(ticket)
                return False
        return True

    def _pass_on(self) -> None:
        with self._lock:
            if self._queue:
                ticket = heapq.heappop(self._queue)
                self._forget(ticket)
                ticket.came.set()
            else:
                self._running -= 1

    def _forget(self, ticket: "_Ticket") -> None:
        if ticket.rank:
            self._of_one[ticket.asker] -= 1
            self._of_one += Counter()  # Drop those who no longer have anything waiting.


class _Ticket:
    """A place in the queue: by rank, then by who came first."""

    __slots__ = ("asker", "came", "number", "rank")

    def __init__(self, rank: int, number: int, asker: str) -> None:
        self.rank = rank
        self.number = number
        self.asker = asker
        self.came = threading.Event()

    def __lt__(self, other: "_Ticket") -> bool:
        return (self.rank, self.number) < (other.rank, other.number)
