"""Signing up, in and out; the recovery code; whose session it is.

No password hash exists: opening the wrapped seed is the check. A session holds derived keys, sealed under a key that
only the browser's cookie holds; never the seed.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.crypto.keys import Keyring, new_seed
from blockmrs.crypto.sessions import check_token, new_token, token_digest, token_key
from blockmrs.crypto.wrapping import Wrapper, new_recovery_code, parse_recovery_code
from blockmrs.encoding import decode, encode
from blockmrs.errors import CannotOpen, Conflict, InvalidInput, Malformed, NotAuthenticated
from blockmrs.model.accounts import AccountRow, SessionRow, SetupTokenRow
from blockmrs.networks import network_of
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.accounts.attempts import WINDOW, Attempts
from blockmrs.services.accounts.browsers import KnownBrowsers
from blockmrs.services.accounts.closing import Closing
from blockmrs.services.accounts.passwords import (
    check_display_name,
    check_length,
    check_not_guessed,
    normalise_user_name,
)
from blockmrs.services.accounts.questions import Questions
from blockmrs.services.accounts.visits import Visits
from blockmrs.services.lines.saving import remember_objects

if TYPE_CHECKING:
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.throttle import Throttle
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import Mailbox

_WRONG = "That user name and password do not belong together"
_WRONG_CODE = "That user name and recovery code do not belong together"
# At its first training evening a whole club may share one address.
SIGN_UPS_AN_HOUR = 120
NEW_PASSWORDS_AN_HOUR = 600
SETUP_TRIES = 10
# Several servers, or several starts, each announce one until somebody uses one of them.
MOST_SETUP_TOKENS = 8
# A session's time is written at most once a minute, so that reading a page costs no write.
_TOUCH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts without use, and altogether."""

    idle: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class SignedUp:
    """A new account: its first session, and the recovery code, which is shown once and stored nowhere."""

    token: str
    recovery_code: str
    keyring: Keyring

    def __repr__(self) -> str:
        return "SignedUp()"


class _Asker(TypedDict):
    """Who takes a turn."""

    asker: str
    known: bool


class Identity:
    """Accounts and sessions.

    `address` is where a request comes from, and `browser` the lasting secret of the browser that sent it, if it has
    one: with that, somebody who signed in there before is told from strangers, and remembered there.
    """

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        cards: Cards,
        wrapper: Wrapper,
        throttle: Throttle,
        limits: SessionLimits,
        clock: Callable[[], datetime],
        closing: Closing | None = None,
    ) -> None:
        self._closing = closing or Closing(database, wrapper)
        self._database = database
        self._mailbox = mailbox
        self._cards = cards
        self._wrapper = wrapper
        self._throttle = throttle
        self._attempts = Attempts(throttle)
        self._browsers = KnownBrowsers(database, clock)
        self.visits = Visits(database, clock)
        self.questions = Questions(database, throttle, mailbox.chain_id, clock, wrapper.lookup)
        self._limits = limits
        self._clock = clock

    def sign_up(
        self, user_name: str, display_name: str, password: str, *, address: str = "", browser: str = ""
    ) -> SignedUp:
        """A new account with its card on the chain; the caller must show the recovery code now, once."""
        return self._create(user_name, display_name, password, address=address, browser=browser)

    def sign_in(self, user_name: str, password: str, address: str, browser: str = "") -> str:
        """A new session's token; NotAuthenticated says the same, whichever half was wrong."""
        seed, account = self._open(user_name, password, address, browser, "password", _WRONG)
        keyring = Keyring.from_seed(seed)
        token, session = self._new_session(account.account_id, keyring)
        with self._database.write() as rows:
            # Somebody who typed the old password while it was being changed elsewhere is not let in by it.
            if rows.get_one(AccountRow, account.account_id).wrapped_by_password != account.wrapped_by_password:
                raise NotAuthenticated(_WRONG)
            rows.add(session)
            self._browsers.remember(rows, account.account_id, browser)
        self.visits.signed_in(keyring)
        if account.is_admin:
            self.questions.open_box(account.account_id, keyring)
        return token

    def recover(self, user_name: str, code: str, new_password: str, address: str, browser: str = "") -> SignedUp:
        """Set a new password with the recovery code; this ends all sessions and gives a new code at once."""
        name = normalise_user_name(user_name)
        check_length(new_password, user_name=name, field="new_password")
        try:
            spelled = parse_recovery_code(code)
        except Malformed as error:
            raise Malformed(error.message, slip=error.slip, field="recovery_code", **error.context) from error
        seed, account = self._open(user_name, spelled, address, browser, "recovery", _WRONG_CODE)
        self._judge(new_password, name, field="new_password", address=address)
        changed = self._rewrap(account, seed, new_password, browser, by="recovery")
        if changed is None:
            raise NotAuthenticated(_WRONG_CODE)
        self.visits.signed_in(changed.keyring)
        return changed

    def change_password(
        self, actor: Actor, user_name: str, password: str, new_password: str, *, address: str = "", browser: str = ""
    ) -> SignedUp:
        """Set a new password, end all other sessions, and give a new recovery code.

        The user name is needed because no row holds it, and the password must not be the same.
        """
        name = normalise_user_name(user_name)
        check_length(new_password, user_name=name, field="new_password")
        with self._database.read() as rows:
            lookup = rows.get_one(AccountRow, actor.account_id).name_lookup
        if not hmac.compare_digest(lookup, self._wrapper.lookup("user name", name)):
            raise InvalidInput("That is not your user name", field="user_name")
        seed, account = self._reopen(actor, password, address, browser)
        self._judge(new_password, name, actor.display_name, field="new_password", address=address)
        changed = self._rewrap(account, seed, new_password, browser, by="password")
        if changed is None:
            raise _not_your_password()
        return changed

    def new_recovery_code(self, actor: Actor, password: str, *, address: str = "", browser: str = "") -> str:
        """A new recovery code, shown once; the old one stops working. Asks for the password."""
        (seed, opened), code = self._reopen(actor, password, address, browser), new_recovery_code()
        wrapped = self._wrapper.wrap(code, seed, context=b"recovery" + actor.account_id)
        with self._database.write() as rows:
            account = rows.get_one(AccountRow, actor.account_id)
            if account.wrapped_by_password != opened.wrapped_by_password:
                raise _not_your_password()
            account.wrapped_by_recovery = wrapped
            account.recovery_confirmed = False
        return code

    def check_password(self, actor: Actor, password: str, *, address: str = "", browser: str = "") -> None:
        """Return if that is the actor's password; InvalidInput or TooManyAttempts otherwise."""
        self._reopen(actor, password, address, browser)

    def confirm_recovery(self, actor: Actor) -> None:
        """Note that the person has written down the recovery code and typed part of it back."""
        with self._database.write() as rows:
            rows.get_one(AccountRow, actor.account_id).recovery_confirmed = True

    def actor_for(self, token: str) -> Actor | None:
        """Whoever presents this cookie; None if the session is unknown, was idle too long, or is over."""
        try:
            digest = token_digest(check_token(token))
        except InvalidInput:
            return None
        now = self._clock()
        with self._database.glance() as rows:
            session = rows.get(SessionRow, digest)
            account = rows.get(AccountRow, session.account_id) if session is not None else None
            if session is None or account is None or self._closing.has_left(account.account_id):
                return None
            closes = self._closing.closes(rows, account.account_id)
            last_seen, over = session.last_seen, session.expires <= now or session.last_seen + self._limits.idle <= now
            # Whatever was written by a clock that was ahead lasts no longer than what is written now.
            late = last_seen > now + _TOUCH or session.expires > now + self._limits.longest + _TOUCH
            sealed, account_id = session.sealed_keyring, account.account_id
            profile, is_admin, confirmed = account.sealed_profile, account.is_admin, account.recovery_confirmed
        if over:
            # The row stays until housekeeping erases it: the clock may have jumped.
            return None
        try:
            keyring = Keyring.decode(open_secret(token_key(token, "keyring"), sealed, context=digest))
            name = _open_profile(keyring, account_id, profile)
        except CannotOpen:
            return None
        if late or now - last_seen >= _TOUCH:
            with self._database.write() as rows:
                if (row := rows.get(SessionRow, digest)) is not None:
                    row.last_seen = now
                    row.expires = min(row.expires, now + self._limits.longest)
        return Actor(account_id, keyring, name, is_admin, confirmed, closes)

    def rotate(self, token: str) -> str:
        """The same session under a new token, as after any change of what it may do."""
        actor = self.actor_for(token)
        if actor is None:
            raise NotAuthenticated("the session is over")
        fresh, session = self._new_session(actor.account_id, actor.keyring)
        with self._database.write() as rows:
            former = rows.get(SessionRow, token_digest(token))
            if former is None:
                raise NotAuthenticated("the session is over")
            rows.delete(former)
            rows.add(session)
        return fresh

    def sign_out(self, token: str) -> None:
        """End the session: the keys sealed in it are gone."""
        with self._database.write() as rows:
            rows.execute(delete(SessionRow).where(SessionRow.session_digest == token_digest(token)))

    def sign_out_everywhere(self, actor: Actor) -> None:
        """End all sessions of this account; every browser is a stranger to it again."""
        with self._database.write() as rows:
            rows.execute(delete(SessionRow).where(SessionRow.account_id == actor.account_id))
            self._browsers.forget_all(rows, actor.account_id)

    def has_admin(self) -> bool:
        """Whether the first administrator exists; once they do, set-up is closed for good.

        Raises:
            VerificationFailed: an account was changed outside this program. Clearing an administrator's mark there must
                not open set-up again.
        """
        with self._database.read() as rows:
            if rows.scalar(select(AccountRow).where(AccountRow.is_admin).limit(1)) is not None:
                return True
            # None, according to the column: each row must prove that. There are few before the first administrator.
            return any(row.is_admin for row in rows.scalars(select(AccountRow)))

    def is_only_admin(self, actor: Actor) -> bool:
        """Whether nobody else runs this site."""
        if not actor.is_admin:
            return False
        with self._database.read() as rows:
            others = list(rows.scalars(select(AccountRow).where(AccountRow.is_admin)))
        return not any(row.account_id != actor.account_id for row in others)

    def make_setup_token(self, *, others_stay: bool = False) -> str:
        """A new one-time token for the first administrator; only its digest is kept.

        Args:
            others_stay: tokens that other servers have announced keep working; otherwise this is the only one.
        """
        token = new_token()
        with self._database.write() as rows:
            token_count = rows.scalar(select(func.count()).select_from(SetupTokenRow)) or 0
            if not others_stay or token_count >= MOST_SETUP_TOKENS:
                rows.execute(delete(SetupTokenRow))
            rows.add(SetupTokenRow(token_digest=token_digest(token)))
        return token

    def set_up(
        self,
        setup_token: str,
        user_name: str,
        display_name: str,
        password: str,
        address: str,
        browser: str = "",
    ) -> SignedUp:
        """The first administrator's account; the token works once."""
        self._throttle.check("set-up", address=address, limit=SETUP_TRIES, window=WINDOW)
        if self.has_admin():
            raise Conflict("set-up is closed: an administrator exists")
        try:
            digest = token_digest(check_token(setup_token.strip()))
        except InvalidInput:
            digest = b""
        with self._database.read() as rows:
            digests = [row.token_digest for row in rows.scalars(select(SetupTokenRow))]
        if not any(hmac.compare_digest(known, digest) for known in digests):
            self._throttle.note("set-up", address=address, window=WINDOW)
            raise _wrong_setup_token()
        return self._create(user_name, display_name, password, address=address, browser=browser, setup_token=digest)

    def _create(
        self,
        user_name: str,
        display_name: str,
        password: str,
        *,
        address: str,
        browser: str,
        setup_token: bytes | None = None,
    ) -> SignedUp:
        """The account; an administrator's if the digest of a set-up token is given, which this uses up."""
        name = normalise_user_name(user_name)
        profile_name = check_display_name(display_name)
        check_length(password, user_name=name)
        self._judge(password, name, profile_name, address=address)
        if address and setup_token is None:
            self._throttle.count("sign-up", address=address, limit=SIGN_UPS_AN_HOUR, window=timedelta(hours=1))
        lookup = self._wrapper.lookup("user name", name)
        with self._database.read() as rows:
            if rows.scalar(select(AccountRow).where(AccountRow.name_lookup == lookup)) is not None:
                raise _taken()
        seed, code, account_id = new_seed(), new_recovery_code(), os.urandom(16)
        keyring, stranger = Keyring.from_seed(seed), _Asker(asker=network_of(address), known=False)
        row = AccountRow(
            account_id=account_id,
            name_lookup=lookup,
            wrapped_by_password=self._wrapper.wrap(password, seed, context=b"password" + account_id, **stranger),
            wrapped_by_recovery=self._wrapper.wrap(code, seed, context=b"recovery" + account_id, **stranger),
            sealed_profile=_seal_profile(keyring, account_id, profile_name),
            is_admin=setup_token is not None,
        )
        batch = self._mailbox.batch()
        self._cards.publish(batch, keyring)
        batch.commit()
        token, session = self._new_session(account_id, keyring)
        try:
            with self._database.write() as rows:
                if setup_token is not None:
                    _use_setup_token(rows, setup_token)
                rows.add(row)
                rows.flush()
                rows.add(session)
                self._browsers.remember(rows, account_id, browser)
                remember_objects(rows, batch)
        except IntegrityError as error:
            raise _taken() from error
        if setup_token is not None:
            self.questions.open_box(account_id, keyring)
        return SignedUp(token, code, keyring)

    def _open(
        self, user_name: str, secret: str, address: str, browser: str, which: str, wrong: str
    ) -> tuple[bytes, AccountRow]:
        """The seed under `secret`, and the account as it was at the time of the try."""
        try:
            name = normalise_user_name(user_name)
        except InvalidInput:
            name = user_name[:80]
        lookup = self._wrapper.lookup("user name", name)
        with self._database.read() as rows:
            account = rows.scalar(select(AccountRow).where(AccountRow.name_lookup == lookup))
        if account is not None and self._closing.has_left(account.account_id):
            account = None  # A restore brought the row back, and not the account.
        known = self._browsers.find(account.account_id, browser) if account is not None else ""
        asker = _Asker(asker=network_of(address), known=bool(known))
        with self._attempts.one(which, name, address=address, known=known):
            if account is None:
                # The same work as for a known name, so that timing reveals nothing.
                self._wrapper.dummy(secret, **asker)
                raise NotAuthenticated(wrong)
            wrapped = account.wrapped_by_password if which == "password" else account.wrapped_by_recovery
            try:
                seed = self._wrapper.unwrap(secret, wrapped, context=which.encode() + account.account_id, **asker)
            except CannotOpen as error:
                raise NotAuthenticated(wrong) from error
        return seed, account

    def _reopen(self, actor: Actor, password: str, address: str, browser: str) -> tuple[bytes, AccountRow]:
        """The seed of somebody who is already signed in, and the account as it was when the password was tried."""
        with self._database.read() as rows:
            account = rows.get_one(AccountRow, actor.account_id)
        known = self._browsers.find(actor.account_id, browser)
        with self._attempts.one("reopen", actor.account_id.hex(), address=address, known=known):
            try:
                seed = self._wrapper.unwrap(
                    password, account.wrapped_by_password, context=b"password" + actor.account_id
                )
            except CannotOpen as error:
                raise _not_your_password() from error
        return seed, account

    def _judge(
        self, password: str, user_name: str, display_name: str = "", *, field: str = "password", address: str
    ) -> None:
        """InvalidInput if the new password is easily guessed. Finding out is costly, so the try is counted first."""
        if address:
            hour = timedelta(hours=1)
            self._throttle.count("new password", address=address, limit=NEW_PASSWORDS_AN_HOUR, window=hour)
        with self._wrapper.turns.take(network_of(address), known=False):
            check_not_guessed(password, user_name=user_name, display_name=display_name, field=field)

    def _rewrap(self, opened: AccountRow, seed: bytes, new_password: str, browser: str, *, by: str) -> SignedUp | None:
        """A new password and code, and one session; None if what opened the account was changed meanwhile."""
        code, keyring, account_id = new_recovery_code(), Keyring.from_seed(seed), opened.account_id
        by_password = self._wrapper.wrap(new_password, seed, context=b"password" + account_id)
        by_recovery = self._wrapper.wrap(code, seed, context=b"recovery" + account_id)
        token, session = self._new_session(account_id, keyring)
        with self._database.write() as rows:
            account = rows.get_one(AccountRow, account_id)
            if getattr(account, f"wrapped_by_{by}") != getattr(opened, f"wrapped_by_{by}"):
                return None
            account.wrapped_by_password = by_password
            account.wrapped_by_recovery = by_recovery
            account.recovery_confirmed = False
            rows.execute(delete(SessionRow).where(SessionRow.account_id == account_id))
            self._browsers.forget_all(rows, account_id)
            rows.add(session)
            self._browsers.remember(rows, account_id, browser)
        return SignedUp(token, code, keyring)

    def _new_session(self, account_id: bytes, keyring: Keyring) -> tuple[str, SessionRow]:
        token, now = new_token(), self._clock()
        digest = token_digest(token)
        row = SessionRow(
            session_digest=digest,
            account_id=account_id,
            sealed_keyring=seal_secret(token_key(token, "keyring"), keyring.encode(), context=digest),
            last_seen=now,
            expires=now + self._limits.longest,
        )
        return token, row


def _seal_profile(keyring: Keyring, account_id: bytes, name: str) -> bytes:
    return seal_secret(keyring.derive("profile"), encode({0: name}), context=account_id)


def _open_profile(keyring: Keyring, account_id: bytes, sealed: bytes) -> str:
    profile = decode(open_secret(keyring.derive("profile"), sealed, context=account_id))
    return str(profile.get(0, "")) if isinstance(profile, dict) else ""


def _not_your_password() -> InvalidInput:
    return InvalidInput("That is not your password", field="password")


def _taken() -> InvalidInput:
    return InvalidInput("That user name is taken. Choose another", field="user_name")


def _use_setup_token(rows: Session, digest: bytes) -> None:
    token = rows.get(SetupTokenRow, digest)
    if token is None:
        raise Conflict("set-up is closed: an administrator exists")
    # This uses up all of them.
    for other in rows.scalars(select(SetupTokenRow)).all():
        rows.delete(other)


def _wrong_setup_token() -> InvalidInput:
    return InvalidInput("That is not the set-up token. Copy it from the server's log", field="setup_token")
