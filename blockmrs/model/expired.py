"""Which rows are over at a time, of every table whose rows end by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from blockmrs.model.accounts import KnownBrowserRow, SessionRow
from blockmrs.model.codes import InvitationRow, ReportCodeRow
from blockmrs.model.objects import VisitRow
from blockmrs.model.questions import QuestionRow
from blockmrs.model.throttle import ThrottleRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from blockmrs.model.base import Base

# The longest for which browsers keep a cookie.
BROWSER_KNOWN_FOR = timedelta(days=400)

# What nobody has answered by then, nobody will.
QUESTION_KEPT_FOR = timedelta(days=90)


def expired(now: datetime) -> list[tuple[type[Base], ColumnElement[bool]]]:
    """Each such table, with the condition for those of its rows that are over at `now`."""
    return [
        (ReportCodeRow, ReportCodeRow.expires <= now),
        (SessionRow, SessionRow.expires <= now),
        (InvitationRow, InvitationRow.expires <= now),
        (ThrottleRow, ThrottleRow.window_ends <= now),
        (KnownBrowserRow, KnownBrowserRow.last_used <= now - BROWSER_KNOWN_FOR),
        (VisitRow, VisitRow.ends <= now),
        (QuestionRow, QuestionRow.asked <= now - QUESTION_KEPT_FOR),
    ]
