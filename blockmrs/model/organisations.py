"""Organisations and their listed staff, who have agreed to be named."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, bindparam
from sqlalchemy.orm import Mapped, mapped_column

from blockmrs.model.base import Base
from blockmrs.model.glance import Query
from blockmrs.model.rows import Guarded, UtcDateTime


class OrganisationRow(Guarded, Base):
    """An organisation that the operator added, with the number of doorbell tokens it has ever issued."""

    __tablename__ = "organisation"

    card_id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    place: Mapped[str] = mapped_column(String(120), default="")
    doorbell_issued: Mapped[int] = mapped_column(default=0)


class StaffRow(Guarded, Base):
    """One membership of an organisation, by somebody who agreed to be listed; ended, never deleted.

    `since_place` and `until_place` are places in the log: of what the member signed, only what lies between them
    counts. `ended_by` is the card of whoever ended it, empty for the site's administrator; `is_stated`, whether the
    log says so too (services/people/staff.py).
    """

    __tablename__ = "staff_membership"

    card_id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    organisation_id: Mapped[bytes] = mapped_column(ForeignKey("organisation.card_id"), primary_key=True)
    since_place: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(120))
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    manages: Mapped[bool] = mapped_column(default=False)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    until_place: Mapped[int | None] = mapped_column(BigInteger)
    ended_by: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    is_stated: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("ix_staff_membership_organisation", "organisation_id"),)


class DoorbellTokenRow(Guarded, Base):
    """One place on an organisation's doorbell line, for a stranger to introduce themselves once."""

    __tablename__ = "doorbell_token"

    token_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    organisation_id: Mapped[bytes] = mapped_column(ForeignKey("organisation.card_id"))
    slot: Mapped[bytes] = mapped_column(LargeBinary(32))
    one_time_seed: Mapped[bytes] = mapped_column(LargeBinary(32))

    __table_args__ = (Index("ix_doorbell_token_organisation", "organisation_id", "token_id"),)


IN_ORDER_OF_JOINING = StaffRow.since_place, StaffRow.name, StaffRow.card_id
STAFF_OF = Query(StaffRow, StaffRow.organisation_id == bindparam("organisation_id"), order_by=IN_ORDER_OF_JOINING)
"""Every membership of an organisation."""
ANY_STAFF = Query(StaffRow, limit=1)
MEMBERSHIPS_OF = Query(StaffRow, StaffRow.card_id == bindparam("card_id"))
