"""Codes that are said or shown, each with what it opens, sealed under it."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, bindparam, or_
from sqlalchemy.orm import Mapped, mapped_column

from blockmrs.model.base import Base
from blockmrs.model.glance import Query
from blockmrs.model.rows import Guarded, UtcDateTime


class InvitationRow(Guarded, Base):
    """What an invitation code opens, sealed under the code; gone once used or expired."""

    __tablename__ = "invitation"

    lookup: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    expires: Mapped[datetime] = mapped_column(UtcDateTime)


class InvitationClaimRow(Guarded, Base):
    """Who has begun to accept an invitation, as a digest that only their keys produce; deleted with the invitation."""

    __tablename__ = "invitation_claim"

    lookup: Mapped[bytes] = mapped_column(ForeignKey("invitation.lookup", ondelete="CASCADE"), primary_key=True)
    claimed_by: Mapped[bytes] = mapped_column(LargeBinary(32))


class ReportCodeRow(Guarded, Base):
    """A report that crew may open without an account: by QR (128 random bits) or by a typed code."""

    __tablename__ = "report_code"

    locator: Mapped[str] = mapped_column(String(4), primary_key=True)
    handle: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    sealed_typed: Mapped[bytes | None] = mapped_column(LargeBinary)
    qr_lookup: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    sealed_qr: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_for_author: Mapped[bytes] = mapped_column(LargeBinary)
    expires: Mapped[datetime] = mapped_column(UtcDateTime)
    wrong_tries: Mapped[int] = mapped_column(default=0)
    openings: Mapped[int] = mapped_column(default=0)
    first_opened: Mapped[datetime | None] = mapped_column(UtcDateTime)


_WORKS = ReportCodeRow.expires > bindparam("now")
_GUESSED = ReportCodeRow.wrong_tries >= bindparam("most_wrong")
USED_CODES = Query(ReportCodeRow, _WORKS, or_(ReportCodeRow.first_opened.is_not(None), _GUESSED))
"""Those that work and were opened or guessed at."""
CODES_OF = Query(ReportCodeRow, _WORKS, ReportCodeRow.handle == bindparam("handle"))
"""Those of one report that work."""
