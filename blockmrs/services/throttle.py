"""Counts tries in windows, in the database so that several processes count together."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete

from blockmrs.crypto.wrapping import Wrapper
from blockmrs.errors import TooManyAttempts
from blockmrs.model.accounts import ThrottleRow
from blockmrs.model.database import Database


class Throttle:
    """Refuses with TooManyAttempts what was tried too often. Names and addresses are stored as keyed digests only."""

    def __init__(self, database: Database, wrapper: Wrapper, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._wrapper = wrapper
        self._clock = clock

    def count(self, what: str, who: str, *, limit: int, window: timedelta) -> None:
        """Count one try, in its own transaction so that it survives the try's failure."""
        now, key = self._clock(), self._wrapper.lookup(f"throttle {what}", who)
        with self._database.write() as rows:
            row = rows.get(ThrottleRow, key)
            if row is None or row.window_ends <= now:
                rows.execute(delete(ThrottleRow).where(ThrottleRow.window_ends <= now))
                rows.expire_all()
                rows.add(ThrottleRow(throttle_key=key, window_ends=now + window, tries=1))
                return
            if row.tries < limit:
                row.tries += 1
                return
            wait = row.window_ends - now
        raise TooManyAttempts("too many tries", retry_after_s=max(1, int(wait.total_seconds())))

    def forget(self, what: str, who: str) -> None:
        """Start counting anew, after a success."""
        with self._database.write() as rows:
            rows.execute(
                delete(ThrottleRow).where(ThrottleRow.throttle_key == self._wrapper.lookup(f"throttle {what}", who))
            )
