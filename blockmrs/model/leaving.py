"""Accounts that close, and the receipts of those that have."""

from datetime import datetime

from sqlalchemy import LargeBinary, Text, bindparam
from sqlalchemy.orm import Mapped, mapped_column

from blockmrs.model.base import Base
from blockmrs.model.glance import Query
from blockmrs.model.rows import Guarded, UtcDateTime


class LeavingRow(Guarded, Base):
    """One person's leaving, from the asking to the receipt, which stays without a trace of whose it is.

    `account_id` and `card_lookup` say whose it is, and are empty once the account has gone. `step` is how far it has
    come (services/leaving/plan.py). `sealed_plan` holds what is still to be done, under a key that is not in the
    database; empty once nothing is.
    """

    __tablename__ = "leaving"

    leaving_id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    account_id: Mapped[bytes | None] = mapped_column(LargeBinary(16), unique=True)
    card_lookup: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    closes: Mapped[datetime] = mapped_column(UtcDateTime)
    step: Mapped[int] = mapped_column(default=0)
    sealed_plan: Mapped[bytes | None] = mapped_column(LargeBinary)
    receipt: Mapped[str] = mapped_column(Text, default="")


LEAVING_OF = Query(LeavingRow, LeavingRow.account_id == bindparam("account_id"))
"""The one of an account."""
LEAVING_WITH = Query(LeavingRow, LeavingRow.card_lookup == bindparam("card_lookup"))
"""The one of whoever has that card."""
