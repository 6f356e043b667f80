"""Counts tries in windows, in the database so that several processes count together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete

from blockmrs.errors import TooManyAttempts
from blockmrs.model.throttle import ThrottleRow
from blockmrs.networks import network_of

if TYPE_CHECKING:
    from blockmrs.crypto.wrapping import Wrapper
    from blockmrs.model.database import Database


class Throttle:
    """Refuses, with TooManyAttempts, what has been tried too often.

    Tries are counted by what is tried, and by `who` (an account or browser), the network of `address`, or both
    together. All of this is stored only as keyed digests.
    """

    def __init__(self, database: Database, wrapper: Wrapper, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._wrapper = wrapper
        self._clock = clock

    def count(self, what: str, who: str = "", *, address: str = "", limit: int, window: timedelta) -> None:
        """Count one try before it is made, in its own transaction, so that parallel and interrupted tries count too."""
        wait = self._add(self._key(what, who, address), limit, window)
        if wait is not None:
            raise _too_many(wait)

    def note(self, what: str, who: str = "", *, address: str = "", window: timedelta) -> None:
        """Count one try that has failed; this refuses nobody yet."""
        self._add(self._key(what, who, address), None, window)

    def check(self, what: str, who: str = "", *, address: str = "", limit: int, window: timedelta) -> None:
        """Refuse if `limit` tries were noted in the window; counts nothing."""
        now = self._clock()
        with self._database.glance() as rows:
            row = rows.get(ThrottleRow, self._key(what, who, address))
            if row is None or row.window_ends <= now or row.tries < limit:
                return
            # Whatever was written by a clock that was ahead ends no later than what is written now.
            wait = min(row.window_ends - now, window)
            late = row.window_ends > now + window
        if late:
            self._add(self._key(what, who, address), limit, window)
        raise _too_many(wait)

    def forget(self, what: str, who: str = "", *, address: str = "") -> None:
        """Start counting afresh, after a success."""
        with self._database.write() as rows:
            rows.execute(delete(ThrottleRow).where(ThrottleRow.throttle_key == self._key(what, who, address)))

    def give_back(self, what: str, who: str = "", *, address: str = "") -> None:
        """Take back one try that was counted and never made."""
        with self._database.write() as rows:
            row = rows.get(ThrottleRow, self._key(what, who, address))
            if row is not None and row.tries > 0:
                row.tries -= 1

    def _key(self, what: str, who: str, address: str) -> bytes:
        return self._wrapper.lookup(f"throttle {what}", f"{network_of(address)} {who}" if address else who)

    def _add(self, key: bytes, limit: int | None, window: timedelta) -> timedelta | None:
        """Add one try, or say how long to wait before the next one counts."""
        now = self._clock()
        with self._database.write() as rows:
            row = rows.get(ThrottleRow, key)
            if row is None:
                rows.add(ThrottleRow(throttle_key=key, window_ends=now + window, tries=1))
                return None
            if row.window_ends <= now:
                row.window_ends, row.tries = now + window, 1
                return None
            # The clock may have been ahead when this was written: nobody is to wait longer than one window.
            row.window_ends = min(row.window_ends, now + window)
            if limit is not None and row.tries >= limit:
                return row.window_ends - now
            row.tries += 1
            return None


def _too_many(wait: timedelta) -> TooManyAttempts:
    return TooManyAttempts("too many tries", retry_after_s=max(1, int(wait.total_seconds())))
