"""Accounts, their sessions and browsers.

No row holds a patient's, player's or guardian's name, and none joins a patient with a recipient: who shares what with
whom is recorded only in sealed transactions.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from blockmrs.model.base import Base
from blockmrs.model.rows import Guarded, UtcDateTime


class AccountRow(Guarded, Base):
    """One person's sign-in: the wrapped identity seed, found by a keyed digest of the user name."""

    __tablename__ = "account"

    account_id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    name_lookup: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    wrapped_by_password: Mapped[bytes] = mapped_column(LargeBinary)
    wrapped_by_recovery: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_profile: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_desk: Mapped[bytes | None] = mapped_column(LargeBinary)
    is_admin: Mapped[bool] = mapped_column(default=False)
    recovery_confirmed: Mapped[bool] = mapped_column(default=False)


class SessionRow(Guarded, Base):
    """A signed-in browser: the derived keys, sealed under a key that only its cookie holds."""

    __tablename__ = "web_session"

    session_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[bytes] = mapped_column(ForeignKey("account.account_id", ondelete="CASCADE"), index=True)
    sealed_keyring: Mapped[bytes] = mapped_column(LargeBinary)
    last_seen: Mapped[datetime] = mapped_column(UtcDateTime)
    expires: Mapped[datetime] = mapped_column(UtcDateTime)


class KnownBrowserRow(Guarded, Base):
    """A browser in which an account has signed in, by a digest that only the browser's own secret produces."""

    __tablename__ = "known_browser"

    mark: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[bytes] = mapped_column(ForeignKey("account.account_id", ondelete="CASCADE"), index=True)
    last_used: Mapped[datetime] = mapped_column(UtcDateTime)


class SetupTokenRow(Guarded, Base):
    """The digest of the one-time token that makes the first administrator."""

    __tablename__ = "setup_token"

    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
