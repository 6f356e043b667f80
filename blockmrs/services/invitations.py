"""Invitations: a code that is said or shown once opens what was sealed under it, until it is used or expires."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from blockmrs.crypto.wrapping import Wrapper
from blockmrs.encoding import Value, decode, encode
from blockmrs.errors import CannotOpen, NotFound
from blockmrs.model.accounts import InvitationRow
from blockmrs.model.database import Database
from blockmrs.services.code_text import format_code, new_code, parse_code
from blockmrs.services.locks import KeyedLocks
from blockmrs.services.throttle import Throttle

# 80 random bits, under Argon2id and the pepper.
CODE_LENGTH = 16
_CONTEXT = b"invitation"


class Invitations:
    """Makes and opens invitations. A row tells nothing of who invited whom to what."""

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
        self._locks = KeyedLocks()

    @property
    def lifetime(self) -> timedelta:
        """How long a code works."""
        return self._lifetime

    def make(self, content: dict[int, Value]) -> str:
        """A code in groups of four that opens `content` once, within the lifetime."""
        code = new_code(CODE_LENGTH)
        row = InvitationRow(
            lookup=self._wrapper.lookup("invitation", code),
            sealed=self._wrapper.wrap(code, encode(content), context=_CONTEXT),
            expires=self._clock() + self._lifetime,
        )
        with self._database.write() as rows:
            rows.execute(delete(InvitationRow).where(InvitationRow.expires <= self._clock()))
            rows.add(row)
        return format_code(code)

    def open(self, typed: str, address: str) -> tuple[str, dict[int, Value]]:
        """The code in its one spelling, and what it opens; NotFound for unknown, used and expired ones alike."""
        code = parse_code(typed, CODE_LENGTH, field="invitation")
        self._throttle.count("invitation", address, limit=30, window=timedelta(minutes=15))
        with self._database.read() as rows:
            row = rows.get(InvitationRow, self._wrapper.lookup("invitation", code))
            sealed = row.sealed if row is not None and row.expires > self._clock() else None
        if sealed is None:
            raise NotFound("no invitation opens with this code")
        try:
            content = decode(self._wrapper.unwrap(code, sealed, context=_CONTEXT))
        except CannotOpen as error:
            raise NotFound("no invitation opens with this code") from error
        if not isinstance(content, dict):
            raise NotFound("no invitation opens with this code")
        return code, content

    @contextmanager
    def one_at_a_time(self, typed: str) -> Iterator[None]:
        """Hold the code while it is accepted, against others in this process.

        An appointment stands on the chain before its code is used up: two who accept at once would both be appointed.
        """
        code = parse_code(typed, CODE_LENGTH, field="invitation")
        with self._locks.hold(code.encode("ascii")):
            yield

    def use(self, rows: Session, code: str) -> None:
        """Remove the invitation within the caller's transaction; NotFound when somebody else was faster."""
        row = rows.get(InvitationRow, self._wrapper.lookup("invitation", code))
        if row is None:
            raise NotFound("no invitation opens with this code")
        rows.delete(row)
