"""What was saved: a list of objects, and short cuts to what the chain also says."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from blockmrs.model.base import Base
from blockmrs.model.rows import Guarded, UtcDateTime


class HeldObjectRow(Guarded, Base):
    """An object reported as saved, so that its absence is noticed."""

    __tablename__ = "held_object"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    size_bytes: Mapped[int]


class VisitRow(Guarded, Base):
    """What this server noted in one month about one card, sealed under that card's keys: who opened something, when.

    At `ends` it is erased, whoever comes by until then.
    """

    __tablename__ = "visit"

    lookup: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    ends: Mapped[datetime] = mapped_column(UtcDateTime)


class ReleaseRow(Guarded, Base):
    """What lets an object go: the digest of a secret that is derived from the keys of the card it was kept for.

    Objects that were kept before there were such rows have none.
    """

    __tablename__ = "object_release"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    secret_digest: Mapped[bytes] = mapped_column(LargeBinary(32))


class ShortCutRow(Guarded, Base):
    """A short cut to what the chain also says, by a keyed digest that only its owner's keys produce.

    It finds a saved report by its form's number or its address, or what is where on a person's own line.
    """

    __tablename__ = "saved_report"

    lookup: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
