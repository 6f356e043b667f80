"""How often something was tried."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from blockmrs.model.base import Base
from blockmrs.model.rows import Guarded, UtcDateTime


class ThrottleRow(Guarded, Base):
    """How often something was tried in the current window; the key is a keyed digest of what was tried."""

    __tablename__ = "throttle"

    throttle_key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    window_ends: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int]
