"""Erases what has expired: codes, sessions, invitations, throttle counts, known browsers, notes of who opened what.

Objects that were let go, 30 days after that.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from sqlalchemy import CursorResult, delete

from blockmrs.errors import BlockMRSError
from blockmrs.model.expired import expired
from blockmrs.moments import to_ms

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from blockmrs.model.database import Database
    from blockmrs.services.node.clock_watch import ClockWatch

log = logging.getLogger(__name__)


class Housekeeping:
    """Erases expired rows, and is the only one to do so. SQLite overwrites what it deletes.

    Args:
        sweep: drops objects that were let go, and erases those that were 30 days before the time that it is given (ms).
        close: closes the accounts whose time has come by then.
    """

    def __init__(
        self,
        database: Database,
        watch: ClockWatch,
        sweep: Callable[[int], int] = lambda _now_ms: 0,
        close: Callable[[datetime], int] = lambda _now: 0,
    ) -> None:
        self._close = close
        self._database = database
        self._watch = watch
        self._sweep = sweep

    def erase_expired(self) -> int:
        """Erase everything that has expired; returns how many rows. Erases nothing while the clock is not believed."""
        state = self._watch.state()
        erased = self._erase_rows(state.clock) if state.may_erase else 0
        self._sweep(to_ms(state.clock) if state.may_erase else 0)
        if state.may_erase:
            self._close(state.clock)
        return erased

    def _erase_rows(self, now: datetime) -> int:
        erased = 0
        with self._database.write() as rows:
            for table, condition in expired(now):
                result = rows.execute(delete(table).where(condition))
                if isinstance(result, CursorResult):
                    erased += result.rowcount
        return erased


class Housekeeper:
    """Does it every `interval_s` seconds, in a thread that ends with the process."""

    def __init__(self, housekeeping: Housekeeping, interval_s: float) -> None:
        self._housekeeping = housekeeping
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Start, with the first run at once."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Stop, and wait for what is under way."""
        self._stop.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._housekeeping.erase_expired()
            except BlockMRSError as error:
                log.warning("what has expired could not be erased now: %s", error)
            self._stop.wait(self._interval_s)
