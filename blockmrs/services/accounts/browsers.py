"""Browsers in which an account has signed in. Nobody else's wrong passwords can keep them out.

A browser keeps a random secret of its own beside its session, for more than a year. The database keeps, for each
account that signed in there, a digest that only the secret produces. It opens nothing: it tells known people from
strangers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from blockmrs.crypto.sessions import check_token, known_mark
from blockmrs.errors import InvalidInput
from blockmrs.model.accounts import KnownBrowserRow

if TYPE_CHECKING:
    from blockmrs.model.database import Database

# More than a person has; the one unused for longest is forgotten to make room for the next.
MOST_BROWSERS = 20


class KnownBrowsers:
    """Remembers browsers, and forgets them."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def find(self, account_id: bytes, secret: str) -> str:
        """A name for this browser and account if they belong together; otherwise empty."""
        mark = _mark(account_id, secret)
        if mark is None:
            return ""
        with self._database.glance() as rows:
            known = rows.get(KnownBrowserRow, mark)
            return mark.hex() if known is not None and known.account_id == account_id else ""

    def remember(self, rows: Session, account_id: bytes, secret: str) -> None:
        """Within the caller's transaction: this account has signed in with this browser."""
        mark, now = _mark(account_id, secret), self._clock()
        if mark is None:
            return
        known = rows.get(KnownBrowserRow, mark)
        if known is not None:
            known.last_used = now
            return
        newest_first = KnownBrowserRow.last_used.desc(), KnownBrowserRow.mark
        of_account = select(KnownBrowserRow).where(KnownBrowserRow.account_id == account_id)
        for row in rows.scalars(of_account.order_by(*newest_first).offset(MOST_BROWSERS - 1)).all():
            rows.delete(row)
        rows.add(KnownBrowserRow(mark=mark, account_id=account_id, last_used=now))

    @staticmethod
    def forget_all(rows: Session, account_id: bytes) -> None:
        """Within the caller's transaction: every browser is a stranger to this account again."""
        rows.execute(delete(KnownBrowserRow).where(KnownBrowserRow.account_id == account_id))


def _mark(account_id: bytes, secret: str) -> bytes | None:
    try:
        return known_mark(check_token(secret), account_id)
    except InvalidInput:
        return None
