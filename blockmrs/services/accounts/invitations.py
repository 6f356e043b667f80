"""Invitations: a code, said or shown once, opens what was sealed under it, until it is used or expires.

The first to accept claims the code, durably, before anything that appoints them is on the chain: of two people in two
processes only one is appointed. A claim is never given back: whoever was interrupted after it can finish, and nobody
else can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from blockmrs.encoding import Value, decode, encode
from blockmrs.errors import CannotOpen, NotFound
from blockmrs.model.codes import InvitationClaimRow, InvitationRow
from blockmrs.model.locks import KeyedLocks
from blockmrs.services.accounts.typed_codes import format_code, new_code, parse_code

if TYPE_CHECKING:
    from blockmrs.crypto.wrapping import Wrapper
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.throttle import Throttle

# 80 random bits, under Argon2id and the pepper.
CODE_LENGTH = 16
WRONG_CODES = 30
_WINDOW = timedelta(minutes=15)
_CONTEXT = b"invitation"
# A claimed code does not expire on somebody who was interrupted.
_TIME_TO_FINISH = timedelta(days=1)


class Invitations:
    """Makes and opens invitations. A row reveals nothing of who invited whom to what."""

    def __init__(
        self,
        database: Database,
        wrapper: Wrapper,
        throttle: Throttle,
        lifetime: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._wrapper = wrapper
        self._throttle = throttle
        self._lifetime = lifetime
        self._clock = clock
        self._locks = KeyedLocks(database, "invitation")

    @property
    def lifetime(self) -> timedelta:
        """How long a code works."""
        return self._lifetime

    def until(self) -> datetime:
        """When a code that is made now stops working."""
        return self._clock() + self._lifetime

    def make(self, content: dict[int, Value], announce: Callable[[bytes, datetime], None] | None = None) -> str:
        """A code in groups of four that opens `content` once, within the lifetime.

        Args:
            announce: called with the invitation's id and end before the code works, so that none works unannounced.
        """
        code = new_code(CODE_LENGTH)
        row = InvitationRow(
            lookup=self._wrapper.lookup("invitation", code),
            sealed=self._wrapper.wrap(code, encode(content), context=_CONTEXT),
            expires=self.until(),
        )
        if announce is not None:
            announce(row.lookup, row.expires)
        with self._database.write() as rows:
            rows.add(row)
        return format_code(code)

    def open(self, typed: str, address: str, actor: Actor | None = None) -> tuple[str, dict[int, Value]]:
        """The code in its one spelling, and what it opens.

        Raises:
            NotFound: it is unknown, used, expired, or claimed by somebody other than `actor`: all alike.
        """
        code = parse_code(typed, CODE_LENGTH, field="invitation")
        # Only wrong codes count: a whole team may join from one address in one evening.
        self._throttle.check("invitation", address=address, limit=WRONG_CODES, window=_WINDOW)
        try:
            return code, self._content(code, actor)
        except NotFound:
            self._throttle.note("invitation", address=address, window=_WINDOW)
            raise

    def _content(self, code: str, actor: Actor | None) -> dict[int, Value]:
        with self._database.read() as rows:
            row = rows.get(InvitationRow, self._wrapper.lookup("invitation", code))
            sealed = row.sealed if row is not None and row.expires > self._clock() else None
            if row is not None and not _is_open_to(rows, row.lookup, actor):
                sealed = None
        if sealed is None:
            raise NotFound("no invitation opens with this code")
        try:
            content = decode(self._wrapper.unwrap(code, sealed, context=_CONTEXT))
        except CannotOpen as error:
            raise NotFound("no invitation opens with this code") from error
        if not isinstance(content, dict):
            raise NotFound("no invitation opens with this code")
        return content

    @contextmanager
    def one_at_a_time(self, typed: str) -> Iterator[None]:
        """Hold the code while it is accepted: a second press of the same button waits for the first."""
        code = parse_code(typed, CODE_LENGTH, field="invitation")
        with self._locks.hold(code.encode("ascii")):
            yield

    def claim(self, actor: Actor, code: str) -> None:
        """From now on only `actor` can use the code; durable. Called before anything that the code lets them do.

        Raises:
            NotFound: it is used, expired, or claimed by somebody else.
        """
        lookup, now = self._wrapper.lookup("invitation", code), self._clock()
        with self._database.write() as rows:
            row = rows.get(InvitationRow, lookup)
            if row is None or row.expires <= now or not _is_open_to(rows, lookup, actor):
                raise NotFound("no invitation opens with this code")
            if rows.get(InvitationClaimRow, lookup) is None:
                rows.add(InvitationClaimRow(lookup=lookup, claimed_by=_mark(actor, lookup)))
                row.expires = max(row.expires, now + _TIME_TO_FINISH)

    def id_of(self, code: str) -> bytes:
        """What tells an invitation from others, 32 bytes, without its code."""
        return self._wrapper.lookup("invitation", code)

    def end(self, invitation_id: bytes) -> None:
        """The invitation's code opens nothing from now on; it may be gone already."""
        with self._database.write() as rows:
            row = rows.get(InvitationRow, invitation_id)
            if row is not None:
                rows.delete(row)

    def use(self, rows: Session, code: str) -> None:
        """Remove the invitation within the caller's transaction; NotFound if somebody else was faster."""
        row = rows.get(InvitationRow, self._wrapper.lookup("invitation", code))
        if row is None:
            raise NotFound("no invitation opens with this code")
        rows.delete(row)


def _mark(actor: Actor, lookup: bytes) -> bytes:
    """What only this person's keys make of this invitation, so that a row reveals to nobody else who claimed it."""
    return actor.keyring.derive("invitation claim", lookup)


def _is_open_to(rows: Session, lookup: bytes, actor: Actor | None) -> bool:
    """Whether nobody has claimed the invitation, or this actor has."""
    claim = rows.get(InvitationClaimRow, lookup)
    return claim is None or (actor is not None and claim.claimed_by == _mark(actor, lookup))
