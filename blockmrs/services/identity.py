"""Signing up, in and out; the recovery code; who a session belongs to.

No password hash exists: opening the wrapped seed is the check. A session holds derived keys, sealed under a key that
only the browser's cookie holds; never the seed.
"""

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.crypto.keys import Keyring, new_seed
from blockmrs.crypto.sessions import check_token, new_token, token_digest, token_key
from blockmrs.crypto.wrapping import Wrapper, new_recovery_code, parse_recovery_code
from blockmrs.encoding import decode, encode
from blockmrs.errors import CannotOpen, Conflict, InvalidInput, NotAuthenticated
from blockmrs.model.accounts import AccountRow, SessionRow, SetupTokenRow
from blockmrs.model.database import Database
from blockmrs.services.actor import Actor
from blockmrs.services.cards import Cards
from blockmrs.services.held import remember_objects
from blockmrs.services.mailbox import Mailbox
from blockmrs.services.passwords import check_display_name, check_new_password, normalise_user_name
from blockmrs.services.throttle import Throttle

_WRONG = "That user name and password do not belong together"
_WRONG_CODE = "That user name and recovery code do not belong together"
# A whole club may sit behind one address at its first training evening.
SIGN_UPS_AN_HOUR = 120
# A session's time is written once a minute at most, so that reading a page costs no write.
_TOUCH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts without use, and in all."""

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


class Identity:
    """Accounts and sessions."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        cards: Cards,
        wrapper: Wrapper,
        throttle: Throttle,
        limits: SessionLimits,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._mailbox = mailbox
        self._cards = cards
        self._wrapper = wrapper
        self._throttle = throttle
        self._limits = limits
        self._clock = clock

    def sign_up(self, user_name: str, display_name: str, password: str, *, address: str = "") -> SignedUp:
        """A new account with its card on the chain; the caller must show the recovery code now, once."""
        return self._create(user_name, display_name, password, address=address)

    def sign_in(self, user_name: str, password: str, address: str) -> str:
        """A new session's token; NotAuthenticated says the same whichever half was wrong."""
        seed, account = self._open(user_name, password, address, "password", _WRONG)
        return self._start(account.account_id, Keyring.from_seed(seed))

    def recover(self, user_name: str, code: str, new_password: str, address: str) -> SignedUp:
        """Set a new password with the recovery code; ends all sessions and gives a new code at once."""
        name = normalise_user_name(user_name)
        check_new_password(new_password, user_name=name, field="new_password")
        try:
            spelled = parse_recovery_code(code)
        except InvalidInput as error:
            raise InvalidInput(error.message, field="recovery_code") from error
        seed, account = self._open(user_name, spelled, address, "recovery", _WRONG_CODE)
        return self._rewrap(account.account_id, seed, new_password)

    def change_password(self, actor: Actor, user_name: str, password: str, new_password: str) -> SignedUp:
        """Set a new password, end all other sessions, and give a new recovery code.

        The user name is asked for because no row holds it, and a password must not be the same.
        """
        name = normalise_user_name(user_name)
        check_new_password(new_password, user_name=name, display_name=actor.display_name, field="new_password")
        with self._database.read() as rows:
            lookup = rows.get_one(AccountRow, actor.account_id).name_lookup
        if not hmac.compare_digest(lookup, self._wrapper.lookup("user name", name)):
            raise InvalidInput("That is not your user name", field="user_name")
        seed = self._reopen(actor, password)
        return self._rewrap(actor.account_id, seed, new_password)

    def new_recovery_code(self, actor: Actor, password: str) -> str:
        """A new recovery code, shown once; the old one stops working. Asks for the password."""
        seed, code = self._reopen(actor, password), new_recovery_code()
        wrapped = self._wrapper.wrap(code, seed, context=b"recovery" + actor.account_id)
        with self._database.write() as rows:
            account = rows.get_one(AccountRow, actor.account_id)
            account.wrapped_by_recovery = wrapped
            account.recovery_confirmed = False
        return code

    def confirm_recovery(self, actor: Actor) -> None:
        """Note that the person has written the recovery code down and typed a part of it back."""
        with self._database.write() as rows:
            rows.get_one(AccountRow, actor.account_id).recovery_confirmed = True

    def actor_for(self, token: str) -> Actor | None:
        """Who shows this cookie; None when the session is unknown, idle too long, or over."""
        try:
            digest = token_digest(check_token(token))
        except InvalidInput:
            return None
        now = self._clock()
        with self._database.read() as rows:
            session = rows.get(SessionRow, digest)
            account = rows.get(AccountRow, session.account_id) if session is not None else None
            if session is None or account is None:
                return None
            last_seen, over = session.last_seen, session.expires <= now or session.last_seen + self._limits.idle <= now
            sealed, account_id = session.sealed_keyring, account.account_id
            profile, is_admin, confirmed = account.sealed_profile, account.is_admin, account.recovery_confirmed
        if over:
            self.sign_out(token)
            return None
        try:
            keyring = Keyring.decode(open_secret(token_key(token, "keyring"), sealed, context=digest))
            name = _open_profile(keyring, account_id, profile)
        except CannotOpen:
            return None
        if now - last_seen >= _TOUCH:
            with self._database.write() as rows:
                if (row := rows.get(SessionRow, digest)) is not None:
                    row.last_seen = now
        return Actor(account_id, keyring, name, is_admin, confirmed)

    def rotate(self, token: str) -> str:
        """The same session under a new token, as after any change of what it may do."""
        actor = self.actor_for(token)
        if actor is None:
            raise NotAuthenticated("the session is over")
        fresh = self._start(actor.account_id, actor.keyring)
        self.sign_out(token)
        return fresh

    def sign_out(self, token: str) -> None:
        """End the session: the keys it sealed are gone."""
        with self._database.write() as rows:
            rows.execute(delete(SessionRow).where(SessionRow.session_digest == token_digest(token)))

    def sign_out_everywhere(self, actor: Actor) -> None:
        """End all sessions of this account."""
        with self._database.write() as rows:
            rows.execute(delete(SessionRow).where(SessionRow.account_id == actor.account_id))

    def has_admin(self) -> bool:
        """Whether the first administrator exists; afterwards set-up is closed for good.

        Raises:
            VerificationFailed: an account was changed outside this program. Who cleared an administrator's mark there
                must not find set-up open again.
        """
        with self._database.read() as rows:
            if rows.scalar(select(AccountRow).where(AccountRow.is_admin).limit(1)) is not None:
                return True
            # None, as the column says: each row must prove that it says so. There are few before the first one.
            return any(row.is_admin for row in rows.scalars(select(AccountRow)))

    def make_setup_token(self) -> str:
        """A new one-time token for the first administrator; only its digest is kept."""
        token = new_token()
        with self._database.write() as rows:
            rows.execute(delete(SetupTokenRow))
            rows.add(SetupTokenRow(token_digest=token_digest(token)))
        return token

    def set_up(self, setup_token: str, user_name: str, display_name: str, password: str, address: str) -> SignedUp:
        """The first administrator's account; the token works once."""
        self._throttle.count("set-up", address, limit=10, window=timedelta(minutes=15))
        if self.has_admin():
            raise Conflict("set-up is closed: an administrator exists")
        try:
            digest = token_digest(check_token(setup_token.strip()))
        except InvalidInput as error:
            raise _wrong_setup_token() from error
        with self._database.read() as rows:
            kept = rows.scalar(select(SetupTokenRow))
        if kept is None or not hmac.compare_digest(kept.token_digest, digest):
            raise _wrong_setup_token()
        return self._create(user_name, display_name, password, setup_token=digest)

    def _create(
        self, user_name: str, display_name: str, password: str, *, address: str = "", setup_token: bytes | None = None
    ) -> SignedUp:
        """The account; an administrator's where the digest of a set-up token is given, which is used up with it."""
        name = normalise_user_name(user_name)
        shown = check_display_name(display_name)
        check_new_password(password, user_name=name, display_name=shown)
        if address:
            self._throttle.count("sign-up", address, limit=SIGN_UPS_AN_HOUR, window=timedelta(hours=1))
        lookup = self._wrapper.lookup("user name", name)
        with self._database.read() as rows:
            if rows.scalar(select(AccountRow).where(AccountRow.name_lookup == lookup)) is not None:
                raise _taken()
        seed, code, account_id = new_seed(), new_recovery_code(), os.urandom(16)
        keyring = Keyring.from_seed(seed)
        row = AccountRow(
            account_id=account_id,
            name_lookup=lookup,
            wrapped_by_password=self._wrapper.wrap(password, seed, context=b"password" + account_id),
            wrapped_by_recovery=self._wrapper.wrap(code, seed, context=b"recovery" + account_id),
            sealed_profile=_seal_profile(keyring, account_id, shown),
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
                remember_objects(rows, batch)
        except IntegrityError as error:
            raise _taken() from error
        return SignedUp(token, code, keyring)

    def _open(self, user_name: str, secret: str, address: str, which: str, wrong: str) -> tuple[bytes, AccountRow]:
        try:
            name = normalise_user_name(user_name)
        except InvalidInput:
            name = user_name[:80]
        self._throttle.count("address", address, limit=100, window=timedelta(minutes=15))
        self._throttle.count(which, name, limit=10, window=timedelta(minutes=15))
        lookup = self._wrapper.lookup("user name", name)
        with self._database.read() as rows:
            account = rows.scalar(select(AccountRow).where(AccountRow.name_lookup == lookup))
        if account is None:
            # The same work as for a known name, so that time tells nothing.
            self._wrapper.dummy(secret)
            raise NotAuthenticated(wrong)
        wrapped = account.wrapped_by_password if which == "password" else account.wrapped_by_recovery
        try:
            seed = self._wrapper.unwrap(secret, wrapped, context=which.encode() + account.account_id)
        except CannotOpen as error:
            raise NotAuthenticated(wrong) from error
        self._throttle.forget(which, name)
        return seed, account

    def _reopen(self, actor: Actor, password: str) -> bytes:
        self._throttle.count("reopen", actor.account_id.hex(), limit=10, window=timedelta(minutes=15))
        with self._database.read() as rows:
            wrapped = rows.get_one(AccountRow, actor.account_id).wrapped_by_password
        try:
            seed = self._wrapper.unwrap(password, wrapped, context=b"password" + actor.account_id)
        except CannotOpen as error:
            raise InvalidInput("That is not your password", field="password") from error
        self._throttle.forget("reopen", actor.account_id.hex())
        return seed

    def _rewrap(self, account_id: bytes, seed: bytes, new_password: str) -> SignedUp:
        code, keyring = new_recovery_code(), Keyring.from_seed(seed)
        by_password = self._wrapper.wrap(new_password, seed, context=b"password" + account_id)
        by_recovery = self._wrapper.wrap(code, seed, context=b"recovery" + account_id)
        token, session = self._new_session(account_id, keyring)
        with self._database.write() as rows:
            account = rows.get_one(AccountRow, account_id)
            account.wrapped_by_password = by_password
            account.wrapped_by_recovery = by_recovery
            account.recovery_confirmed = False
            rows.execute(delete(SessionRow).where(SessionRow.account_id == account_id))
            rows.add(session)
        return SignedUp(token, code, keyring)

    def _start(self, account_id: bytes, keyring: Keyring) -> str:
        token, session = self._new_session(account_id, keyring)
        with self._database.write() as rows:
            rows.execute(delete(SessionRow).where(SessionRow.expires <= self._clock()))
            rows.add(session)
        return token

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


def _taken() -> InvalidInput:
    return InvalidInput("That user name is taken. Choose another", field="user_name")


def _use_setup_token(rows: Session, digest: bytes) -> None:
    token = rows.get(SetupTokenRow, digest)
    if token is None:
        raise Conflict("set-up is closed: an administrator exists")
    rows.delete(token)


def _wrong_setup_token() -> InvalidInput:
    return InvalidInput("That is not the set-up token. Copy it from the server's log", field="setup_token")
