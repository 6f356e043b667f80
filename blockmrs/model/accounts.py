"""Accounts, sessions, organisations, invitations and codes: what the database keeps, sealed or meaningless by itself.

No row holds a patient's, player's or guardian's name, and none joins a patient with a recipient: who shares what with
whom is recorded only in sealed transactions. Organisations and their listed staff have agreed to be named.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
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


class ThrottleRow(Guarded, Base):
    """How often something was tried in the current window; the key is a keyed digest of what was tried."""

    __tablename__ = "throttle"

    throttle_key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    window_ends: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int]


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


class ShortCutRow(Guarded, Base):
    """A short cut to what the chain also says, by a keyed digest that only its owner's keys produce.

    It finds a saved report by its form's number or its address, or what is where on a person's own line.
    """

    __tablename__ = "saved_report"

    lookup: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class HeldObjectRow(Guarded, Base):
    """An object reported as saved, so that its absence is noticed."""

    __tablename__ = "held_object"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    size_bytes: Mapped[int]


class SetupTokenRow(Guarded, Base):
    """The digest of the one-time token that makes the first administrator."""

    __tablename__ = "setup_token"

    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
