"""Whether this machine's clock can be believed: for the operator, and before anything is erased for good.

Rights begin and end by times. A wrong clock may refuse somebody for as long as it is wrong; it must not destroy what
should come back once it is right again. So what has expired stays in the database, where nobody can use it, while the
clock

- is behind the newest block, which was made by a clock that was ahead, or before this one was set back;
- has jumped while this process ran, within the last day;
- is more than a day later than any block, or than the block before the first one of the last day. Then either nobody
  wrote anything for a day, or the clock is ahead. A process that has seen the clock run evenly for a day believes it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blockmrs.chain.header import Header
    from blockmrs.chain.ledger import Ledger

log = logging.getLogger(__name__)
# Between processes and machines on one database; clocks kept by NTP are closer than this.
TOLERANCE = timedelta(seconds=10)
# Smaller corrections happen now and then on a machine that sleeps or keeps poor time.
JUMP = timedelta(minutes=2)
HOLD = timedelta(days=1)


def seconds_awake_or_not() -> float:
    """Seconds that nobody can set, including those during which the machine slept, if it counts them."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(boot) if boot is not None else time.monotonic()


@dataclass(frozen=True, slots=True)
class ClockState:
    """What is known against the clock; everything is zero or true while nothing is.

    `behind` the newest block; `jumped` forward (or back, if below zero) within the last day; `may_erase` what has
    expired.
    """

    clock: datetime
    newest_block: datetime
    behind: timedelta
    jumped: timedelta
    may_erase: bool

    @property
    def is_believed(self) -> bool:
        """Whether the clock needs no attention from the operator."""
        return not self.behind and not self.jumped


class ClockWatch:
    """Compares the clock with the chain, and with seconds that nobody can set."""

    def __init__(
        self, ledger: Ledger, clock: Callable[[], datetime], seconds: Callable[[], float] = seconds_awake_or_not
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._even_since = seconds()
        self._started = clock() - timedelta(seconds=self._even_since)
        self._jumped = timedelta()
        self._jumps = 0
        self._last_news: tuple[bool, int] = (False, 0)

    def state(self) -> ClockState:
        """How it is now. A jump is logged once."""
        with self._lock:
            now, passed = self._clock(), self._seconds()
            self._notice(now, passed)
            even_for = timedelta(seconds=passed - self._even_since)
            jumped = self._jumped if even_for < HOLD else timedelta()
            head = self._ledger.head()
            late = head.time - now
            behind = late if late > TOLERANCE else timedelta()
            may_erase = not behind and not jumped and (even_for >= HOLD or self._chain_goes_on(head, now))
            clock_state = ClockState(now, head.time, behind, jumped, may_erase)
            self._tell(clock_state)
        return clock_state

    def _notice(self, now: datetime, passed: float) -> None:
        """Find out whether the clock has kept pace with the seconds since the last jump."""
        started = now - timedelta(seconds=passed)
        off = started - self._started
        if abs(off) >= JUMP:
            self._started, self._even_since = started, passed
            # A clock that was put right again has not jumped; even so, nothing is erased on the same day.
            total = self._jumped + off
            self._jumped = total if abs(total) >= JUMP else timedelta(0)
            self._jumps += 1

    def _chain_goes_on(self, head: Header, now: datetime) -> bool:
        """Whether blocks lead up to this moment without a gap of a day. Reads O(log n) headers."""
        day_ago = now - HOLD
        if head.time < day_ago:
            return False
        low, high = 0, head.height
        while low < high:
            middle = (low + high) // 2
            if self._ledger.header(middle).time < day_ago:
                low = middle + 1
            else:
                high = middle
        if low == 0:
            return True
        return self._ledger.header(low).time - self._ledger.header(low - 1).time < HOLD

    def _tell(self, clock_state: ClockState) -> None:
        news = (bool(clock_state.behind), self._jumps)
        if news == self._last_news:
            return
        if self._jumps != self._last_news[1] and clock_state.jumped:
            log.warning(
                "this machine's clock jumped by %s; nothing that has expired is erased for a day",
                _whole(clock_state.jumped),
            )
        if clock_state.behind and not self._last_news[0]:
            log.warning("this machine's clock is %s behind the newest block: set it right", _whole(clock_state.behind))
        if clock_state.is_believed:
            log.warning("this machine's clock is right again, as far as can be told")
        self._last_news = news


def _whole(time: timedelta) -> str:
    """The time in whole seconds, with its sign: timedelta prints "-1 day, 23:00:00" for an hour back."""
    seconds = round(time.total_seconds())
    return f"{'-' if seconds < 0 else ''}{timedelta(seconds=abs(seconds))}"
