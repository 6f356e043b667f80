"""Questions to the people who run the site, each sealed to one of them, and the boxes to which they are sealed."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from blockmrs.model.base import Base
from blockmrs.model.rows import Guarded, UtcDateTime


class OperatorBoxRow(Guarded, Base):
    """The public key to which questions for one administrator are sealed, and whose it is.

    The key says nothing of their own card; `card_lookup` is a digest of that, under a key that is not in the database.
    """

    __tablename__ = "operator_box"

    account_id: Mapped[bytes] = mapped_column(ForeignKey("account.account_id", ondelete="CASCADE"), primary_key=True)
    sealing_key: Mapped[bytes] = mapped_column(LargeBinary)
    card_lookup: Mapped[bytes] = mapped_column(LargeBinary(32))


class QuestionRow(Guarded, Base):
    """One question, sealed to one administrator's box; nobody else reads it, or who asked."""

    __tablename__ = "question"

    question_id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    account_id: Mapped[bytes] = mapped_column(ForeignKey("account.account_id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    asked: Mapped[datetime] = mapped_column(UtcDateTime)
