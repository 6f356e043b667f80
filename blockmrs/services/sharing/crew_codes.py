"""A report for people without an account: by QR code, or by a code that is read out and typed.

The QR carries 128 random bits. The typed code is a 4-character locator, not secret, and an 8-character secret under
Argon2id and the pepper. A wrong locator costs no Argon2; ten wrong secrets end the typed code but not the QR.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from blockmrs.cid import Cid
from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.crypto.sessions import token_key
from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.permission import Action
from blockmrs.domain.sharing import Pointer, UpdatePointer
from blockmrs.encoding import decode, encode
from blockmrs.errors import BlockMRSError, CannotOpen, NotFound, Unavailable
from blockmrs.fhir.report import read_report
from blockmrs.model.codes import CODES_OF, USED_CODES, ReportCodeRow
from blockmrs.model.locks import KeyedLocks
from blockmrs.moments import from_ms, to_ms
from blockmrs.services.accounts.typed_codes import format_code, new_code, parse_code
from blockmrs.services.lines.updates import read_update
from blockmrs.services.record.crew_facts import FamilyFacts, family_facts_in

if TYPE_CHECKING:
    from blockmrs.crypto.wrapping import Wrapper
    from blockmrs.domain.reports import Report
    from blockmrs.encoding import Value
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.throttle import Throttle
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import EntrustedKeys
    from blockmrs.services.record.crew_facts import CrewFacts
    from blockmrs.services.reports.access import Access, AccessFinder
    from blockmrs.storage import ObjectStore

LOCATOR = 4
SECRET = 8
MAX_WRONG = 10
WRONG_CODES = 60
_WINDOW = timedelta(minutes=15)
_QR_BYTES = 16
QR_LETTERS = -(-8 * _QR_BYTES // 6)
"""How many letters such a secret has in a scanned address (base64url); the page's script is told of it."""
_GONE = "No report opens with this code. It may have ended"


@dataclass(frozen=True, slots=True)
class ReportCode:
    """A code as somebody who may make one sees it. `typed` is None once wrong tries have ended it.

    `others`: how many more codes of the report work, which somebody else made and only they can show. `is_mine` is
    False where the code itself is somebody else's. Openings are those by any code of the report.
    """

    typed: str | None = field(repr=False)
    qr_secret: str = field(repr=False)
    until: datetime
    stopped: bool
    openings: int
    first_opened: datetime | None
    wrong_tries: int
    is_mine: bool = True
    others: int = 0


@dataclass(frozen=True, slots=True)
class WorkingCode:
    """A code that works, as everybody sees it who may see who looked. Who made one of somebody else's, no row says."""

    since: datetime
    until: datetime
    is_mine: bool


@dataclass(frozen=True, slots=True)
class CodeNews:
    """A code of this site that was opened, or that wrong tries ended; whose it is, only their keys tell."""

    handle: bytes
    first_opened: datetime | None
    guessed: bool
    locator: str = field(repr=False)
    sealed_for_author: bytes = field(repr=False)
    sealed_qr: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedByCode:
    """A report opened by code. `family_facts`: what the family lets the crew know, if anything."""

    report: Report
    until: datetime
    family_facts: FamilyFacts | None = None


class Codes:
    """Makes, stops and opens codes."""

    def __init__(
        self,
        database: Database,
        objects: ObjectStore,
        cards: Cards,
        access: AccessFinder,
        wrapper: Wrapper,
        throttle: Throttle,
        lifetime: timedelta,
        clock: Callable[[], datetime],
        chain_id: bytes,
        crew_facts: CrewFacts,
    ) -> None:
        self._crew_facts = crew_facts
        self._database = database
        self._objects = objects
        self._cards = cards
        self._access = access
        self._wrapper = wrapper
        self._throttle = throttle
        self.lifetime = lifetime
        self._clock = clock
        self._chain_id = chain_id
        self._locks = KeyedLocks(database, "code")

    def make(self, actor: Actor, address: str) -> ReportCode:
        """A code for the report: a new one, or the one that still works, with what the family lets go along now."""
        access = self._access.allow(actor, address, Action.MAKE_CODE)
        with self._locks.hold(access.grant.update_id):
            # It may have been sealed anew meanwhile: a code must not open what is about to go.
            access = self._access.allow(actor, address, Action.MAKE_CODE)
            current = self._current(actor, access)
            if current is not None and current.is_mine and not current.stopped and current.typed is not None:
                self._put_along(actor, access, current)
                return current
            handle = self._handle(actor, access)
            for _ in range(5):
                try:
                    return self._write(actor, access, handle)
                except IntegrityError:
                    continue  # The locator is in use: 2^20 exist, and another one is free.
        raise Unavailable("no code could be made now")

    def one_at_a_time(self, update_id: bytes) -> AbstractContextManager[bool]:
        """Hold the lock under which codes of that report are made."""
        return self._locks.hold(update_id)

    def stop(self, actor: Actor, address: str) -> None:
        """End all codes of the report, QR and typed, at once: its author may, and so may who acts for the player."""
        access = self._access.allow(actor, address, Action.STOP_CODE)
        self.end(self._handle(actor, access))

    def status(self, actor: Actor, address: str) -> ReportCode | None:
        """The newest code that the actor made for the report, else anybody's, of which they see only its use."""
        access = self._access.allow(actor, address, Action.SEE_WHO_LOOKED)
        return self._current(actor, access)

    def working(self, actor: Actor, address: str) -> list[WorkingCode]:
        """Every code of the report that works, the first that was made first: each opens it for whoever has it."""
        access = self._access.allow(actor, address, Action.SEE_WHO_LOOKED)
        with self._database.glance() as rows:
            matches = rows.all(CODES_OF, handle=self._handle(actor, access), now=self._clock())
        codes = [
            WorkingCode(row.expires - self.lifetime, row.expires, self._secrets(actor, row) is not None)
            for row in matches
            if row.sealed_qr
        ]
        return sorted(codes, key=lambda code: code.since)

    def news(self) -> list[CodeNews]:
        """Every code that works and has been opened or guessed at."""
        with self._database.glance() as rows:
            matches = rows.all(USED_CODES, now=self._clock(), most_wrong=MAX_WRONG)
        return [
            CodeNews(row.handle, row.first_opened, row.wrong_tries >= MAX_WRONG, row.locator, row.sealed_for_author,
                     row.sealed_qr)
            for row in matches
            if row.sealed_qr
        ]  # fmt: skip

    def opened_handles(self) -> set[bytes]:
        """The handle of the report for every code that was opened and has not expired, including stopped ones."""
        query = select(ReportCodeRow).where(
            ReportCodeRow.expires > self._clock(), ReportCodeRow.first_opened.is_not(None)
        )
        with self._database.read() as rows:
            return {row.handle for row in rows.scalars(query)}

    def running(self) -> dict[bytes, datetime]:
        """Until when each code of this site works, by the handle of its report."""
        with self._database.read() as rows:
            matches = rows.scalars(select(ReportCodeRow).where(ReportCodeRow.expires > self._clock())).all()
        return {row.handle: row.expires for row in sorted(matches, key=lambda row: row.expires) if row.sealed_qr}

    def end(self, handle: bytes) -> None:
        """End the code of the report that is found by `handle`, QR and typed, at once."""
        with self._database.write() as rows:
            for row in rows.scalars(select(ReportCodeRow).where(ReportCodeRow.handle == handle)):
                row.sealed_typed, row.sealed_qr = None, b""

    def made_by(self, actor: Actor, code: CodeNews) -> bytes | None:
        """The update whose code it is, if the actor made the code; else None."""
        context = code.locator.encode()
        try:
            own = decode(open_secret(actor.keyring.derive("code"), code.sealed_for_author, context=context))
            key = token_key(str(own[1]), "report code") if isinstance(own, list) else b""
            content = decode(open_secret(key, code.sealed_qr, context=context))
        except CannotOpen:
            return None
        update_id = content[0] if isinstance(content, list) else None
        return update_id if isinstance(update_id, bytes) else None

    def handle_of(self, keys: EntrustedKeys, update_id: bytes) -> bytes:
        """The handle that finds a report's codes; it takes the player's keys, which author and family have."""
        return keys.keyring.derive("report code", update_id)

    def open_qr(self, qr_secret: str, address: str) -> OpenedByCode:
        """The report behind a scanned code; NotFound for wrong, stopped and expired ones alike."""
        # Counted apart from typed codes: mistyping must not keep anybody from scanning.
        with self._counting_wrong("scanned code", address):
            lookup = self._wrapper.lookup("report code", qr_secret)
            with self._database.read() as rows:
                row = rows.scalar(select(ReportCodeRow).where(ReportCodeRow.qr_lookup == lookup))
            if row is None or not row.sealed_qr or row.expires <= self._clock():
                raise NotFound(_GONE)
        content = open_secret(token_key(qr_secret, "report code"), row.sealed_qr, context=row.locator.encode())
        return self._open(row.locator, content)

    def open_typed(self, text: str, address: str) -> OpenedByCode:
        """The report behind a typed code; NotFound for wrong, stopped and expired ones alike."""
        code = parse_code(text, LOCATOR + SECRET)
        locator, secret = code[:LOCATOR], code[LOCATOR:]
        with self._counting_wrong("code", address):
            sealed = self._count_try(locator)
            try:
                content = self._wrapper.unwrap(secret, sealed, context=b"report code" + locator.encode())
            except CannotOpen as error:
                self._end_typed_code(locator)
                raise NotFound(_GONE) from error
            except Unavailable:
                self._take_back_try(locator)
                raise
        self._take_back_try(locator)
        return self._open(locator, content)

    @contextmanager
    def _counting_wrong(self, what: str, address: str) -> Iterator[None]:
        """Count only wrong codes: many crews and desks may share one address."""
        self._throttle.check(what, address=address, limit=WRONG_CODES, window=_WINDOW)
        try:
            yield
        except NotFound:
            self._throttle.note(what, address=address, window=_WINDOW)
            raise

    def _take_back_try(self, locator: str) -> None:
        with self._database.write() as rows:
            if (row := rows.get(ReportCodeRow, locator)) is not None:
                row.wrong_tries = max(0, row.wrong_tries - 1)

    def _count_try(self, locator: str) -> bytes:
        """Count the try before looking, so that parallel tries count too; returns what the right secret opens."""
        with self._database.write() as rows:
            row = rows.get(ReportCodeRow, locator)
            if row is None or row.sealed_typed is None or row.expires <= self._clock():
                raise NotFound(_GONE)
            sealed = row.sealed_typed
            row.wrong_tries += 1
            has_ended = row.wrong_tries > MAX_WRONG
            if has_ended:
                row.sealed_typed = None
        if has_ended:
            raise NotFound(_GONE)
        return sealed

    def _end_typed_code(self, locator: str) -> None:
        """Called after the last wrong try, so that the coach is told at once, not only when somebody tries again."""
        with self._database.write() as rows:
            row = rows.get(ReportCodeRow, locator)
            if row is not None and row.wrong_tries >= MAX_WRONG:
                row.sealed_typed = None

    def _open(self, locator: str, content: bytes) -> OpenedByCode:
        values = decode(content)
        if not isinstance(values, list):
            raise NotFound(_GONE)
        update_id, subject, digest, seed, grantor, until, *along = values
        pointer = UpdatePointer(Pointer(Cid(digest), seed), update_id, subject)
        update = read_update(self._objects, self._cards, pointer, grantor, chain_id=self._chain_id)
        family_facts = self._read_along(subject, along[0]) if along else None
        with self._database.write() as rows:
            if (row := rows.get(ReportCodeRow, locator)) is not None:
                row.openings += 1
                row.first_opened = row.first_opened or self._clock()
        return OpenedByCode(read_report(update.body), from_ms(until), family_facts)

    def _read_along(self, subject: bytes, along: list[bytes]) -> FamilyFacts:
        """What the family lets the crew know; the report is shown without it if it cannot be read now."""
        update_id, digest, seed, author = along
        pointer = UpdatePointer(Pointer(Cid(digest), seed), update_id, subject)
        try:
            return family_facts_in(read_update(self._objects, self._cards, pointer, author, chain_id=self._chain_id))
        except BlockMRSError:
            return FamilyFacts(HealthFacts(), lost=True)

    def _write(self, actor: Actor, access: Access, handle: bytes) -> ReportCode:
        locator, secret, qr_secret = new_code(LOCATOR), new_code(SECRET), secrets.token_urlsafe(_QR_BYTES)
        until = self._clock() + self.lifetime
        content = self._content(actor, access, until)
        row = ReportCodeRow(
            locator=locator,
            handle=handle,
            sealed_typed=self._wrapper.wrap(secret, content, context=b"report code" + locator.encode()),
            qr_lookup=self._wrapper.lookup("report code", qr_secret),
            sealed_qr=_seal_qr(qr_secret, content, locator),
            sealed_for_author=seal_secret(
                actor.keyring.derive("code"), encode([locator + secret, qr_secret]), context=locator.encode()
            ),
            expires=until,
            wrong_tries=0,
            openings=0,
        )
        with self._database.write() as rows:
            rows.add(row)
        return ReportCode(format_code(locator + secret), qr_secret, until, False, 0, None, 0)

    def _current(self, actor: Actor, access: Access) -> ReportCode | None:
        with self._database.glance() as rows:
            matches = rows.all(CODES_OF, handle=self._handle(actor, access), now=self._clock())
        if not matches:
            return None
        secrets_of = {row.locator: self._secrets(actor, row) for row in matches}
        mine = [row for row in matches if secrets_of[row.locator] is not None]
        row = max(matches, key=lambda row: (bool(row.sealed_qr), row in mine, row.expires))
        typed, qr_secret = secrets_of[row.locator] or ("", "")
        return ReportCode(
            typed=format_code(typed) if typed and row.sealed_typed is not None else None,
            qr_secret=qr_secret,
            until=row.expires,
            stopped=not row.sealed_qr,
            openings=sum(row.openings for row in matches),
            first_opened=min((row.first_opened for row in matches if row.first_opened is not None), default=None),
            wrong_tries=min(row.wrong_tries, MAX_WRONG),
            is_mine=row in mine,
            others=sum(1 for other in matches if other.sealed_qr and other is not row and other not in mine),
        )

    @staticmethod
    def _secrets(actor: Actor, row: ReportCodeRow) -> tuple[str, str] | None:
        """The typed code and the QR's secret, for whoever made the code; None for everybody else."""
        try:
            content = decode(
                open_secret(actor.keyring.derive("code"), row.sealed_for_author, context=row.locator.encode())
            )
        except CannotOpen:
            return None
        return (str(content[0]), str(content[1])) if isinstance(content, list) and len(content) == 2 else None

    def _content(self, actor: Actor, access: Access, until: datetime) -> bytes:
        """What a code opens: docs/protocol "Codes for crew"."""
        grant, pointer = access.grant, access.grant.object
        if pointer is None:
            raise NotFound("no such report")
        along = self._crew_facts.going_along(actor, self._subject(actor, access), access.entry.author)
        given = along.grant.object if along is not None else None
        more: list[Value] = (
            [[along.grant.update_id, given.cid.digest, given.seed, along.author]] if along and given else []
        )
        report: list[Value] = [
            grant.update_id,
            grant.subject,
            pointer.cid.digest,
            pointer.seed,
            access.entry.author,
            to_ms(until),
        ]
        return encode([*report, *more])

    def _put_along(self, actor: Actor, access: Access, code: ReportCode) -> None:
        """Let a code that works open what the family lets go along now, and no longer what it opened before."""
        typed = parse_code(code.typed or "", LOCATOR + SECRET)
        locator, secret, content = typed[:LOCATOR], typed[LOCATOR:], self._content(actor, access, code.until)
        with self._database.read() as rows:
            row = rows.get(ReportCodeRow, locator)
        context = locator.encode()
        key = token_key(code.qr_secret, "report code")
        if row is None or not row.sealed_qr or open_secret(key, row.sealed_qr, context=context) == content:
            return
        sealed_typed = self._wrapper.wrap(secret, content, context=b"report code" + context)
        with self._database.write() as rows:
            row = rows.get(ReportCodeRow, locator)
            # Somebody may have stopped it, or guessed at it, meanwhile.
            if row is not None and row.sealed_qr and row.sealed_typed is not None:
                row.sealed_typed, row.sealed_qr = sealed_typed, _seal_qr(code.qr_secret, content, locator)

    def _handle(self, actor: Actor, access: Access) -> bytes:
        return self.handle_of(self._subject(actor, access), access.grant.update_id)

    def _subject(self, actor: Actor, access: Access) -> EntrustedKeys:
        keys = access.keys
        if keys is None and access.place is not None:
            keys = self._access.subject_keys(actor, access.place)
        if keys is None:
            raise NotFound("no such report")
        return keys


def _seal_qr(qr_secret: str, content: bytes, locator: str) -> bytes:
    return seal_secret(token_key(qr_secret, "report code"), content, context=locator.encode())
