"""What is over is erased: codes, sessions, invitations and throttle counts, soon after they end."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import CursorResult, delete

from blockmrs.errors import BlockMRSError
from blockmrs.model.accounts import InvitationRow, ReportCodeRow, SessionRow, ThrottleRow
from blockmrs.model.database import Database

log = logging.getLogger(__name__)


class Housekeeping:
    """Erases rows whose time is over. SQLite overwrites what it deletes (`secure_delete`)."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def erase_expired(self) -> int:
        """Erase all that is over now; returns how many rows."""
        now, erased = self._clock(), 0
        over = (
            ReportCodeRow.expires <= now,
            SessionRow.expires <= now,
            InvitationRow.expires <= now,
            ThrottleRow.window_ends <= now,
        )
        with self._database.write() as rows:
            for table, condition in zip((ReportCodeRow, SessionRow, InvitationRow, ThrottleRow), over, strict=True):
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
        """Begin; the first time at once."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End, and wait for what is being done."""
        self._stop.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._housekeeping.erase_expired()
            except BlockMRSError as error:
                log.warning("what is over could not be erased now: %s", error)
            self._stop.wait(self._interval_s)
