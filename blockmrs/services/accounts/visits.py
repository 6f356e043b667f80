"""What this server noted by itself: openings by family and coaches, once an item in twelve hours, and sign-ins.

The notes of a month about one card are one row, sealed under that card's own keys and found by a digest that only they
produce: whoever may act for the card reads them, and the row tells nobody else about whom or by whom they are.
They prove nothing, and pages say so. Nobody is kept from reading by a note that cannot be written. When a row is 13
months old, services/node/housekeeping.py erases it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.domain.access_log import Event, LogEntry
from blockmrs.domain.kinds import Relation
from blockmrs.encoding import Value, decode, encode
from blockmrs.errors import BlockMRSError, Unavailable, VerificationFailed
from blockmrs.model.locks import KeyedLocks
from blockmrs.model.objects import VisitRow
from blockmrs.moments import from_ms, to_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from blockmrs.crypto.keys import Keyring
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.mailbox import EntrustedKeys

AGAIN_AFTER = timedelta(hours=12)
"""Who opens the same within that time is noted once."""
MONTHS = 13
"""How many months of notes are kept, this one included."""
MOST = 400
"""How many notes a month has: after that the oldest make room."""
_LEAST_BYTES = 1024
_CARD_BYTES = 16


@dataclass(frozen=True, slots=True)
class _Note:
    event: str
    by: bytes
    name: str
    report: str
    at_ms: int

    def value(self) -> Value:
        return [self.event, self.by, self.name, self.report, self.at_ms]


class Visits:
    """Writes and reads notes."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._locks = KeyedLocks(database, "visits")

    def note(self, actor: Actor, cards: Iterable[EntrustedKeys], event: Event, report: str = "") -> None:
        """Note that the actor, who may, opened something about somebody else; what they open of their own is not noted.

        Args:
            cards: those of the person.
            report: the address of a report, if that is what they opened.
        """
        me = actor.keyring.card.id
        for keys in cards:
            if keys.relation != Relation.SELF and keys.keyring.card.id != me:
                note = _Note(event, me[:_CARD_BYTES], actor.display_name, report, to_ms(self._clock()))
                with suppress(Unavailable):
                    self._add(keys.keyring, note, AGAIN_AFTER)

    def signed_in(self, keyring: Keyring) -> None:
        """Note on their own card that somebody signed in."""
        note = _Note(Event.SIGNED_IN, keyring.card.id[:_CARD_BYTES], "", "", to_ms(self._clock()))
        with suppress(Unavailable):
            self._add(keyring, note, timedelta(0))

    def of(self, actor: Actor, card: Keyring) -> Iterator[LogEntry]:
        """Every note about the card, as entries that this server vouches for; `about` is left to the caller."""
        me = actor.keyring.card.id
        months = _months(self._clock())
        lookups = {_lookup(card, month): month for month in months}
        for lookup, sealed in self._rows(list(lookups)).items():
            for note in _opened(card, lookup, sealed):
                is_me = me.startswith(note.by) and note.event != Event.SIGNED_IN
                who = actor.display_name if me.startswith(note.by) else note.name
                yield LogEntry(
                    Event(note.event), from_ms(note.at_ms), "", who, report=note.report, proven=False, is_me=is_me,
                    who_card=note.by,
                )  # fmt: skip

    def lookups(self, card: Keyring) -> list[bytes]:
        """The keys of every row about the card."""
        return [_lookup(card, month) for month in _months(self._clock())]

    def _add(self, card: Keyring, note: _Note, again_after: timedelta) -> None:
        month = _months(self._clock())[0]
        lookup = _lookup(card, month)
        if self._is_noted(card, lookup, note, again_after):
            return
        with self._locks.hold(lookup):
            sealed = self._rows([lookup]).get(lookup)
            notes = [] if sealed is None else list(_opened(card, lookup, sealed))
            if _is_among(notes, note, again_after):
                return
            text = encode([one.value() for one in [*notes, note][-MOST:]])
            padded = len(text).to_bytes(4, "big") + text
            padded = padded.ljust(max(_LEAST_BYTES, 1 << (len(padded) - 1).bit_length()), b"\x00")
            sealed = seal_secret(_key(card), padded, context=lookup)
            row = VisitRow(lookup=lookup, sealed=sealed, ends=_end_of(month))
            with self._database.write() as rows:
                rows.execute(delete(VisitRow).where(VisitRow.lookup == lookup))
                rows.add(row)

    def _is_noted(self, card: Keyring, lookup: bytes, note: _Note, again_after: timedelta) -> bool:
        """Whether it is noted already, without waiting for anybody who notes something now."""
        sealed = self._rows([lookup]).get(lookup) if again_after else None
        return sealed is not None and _is_among(_opened(card, lookup, sealed), note, again_after)

    def _rows(self, lookups: list[bytes]) -> dict[bytes, bytes]:
        try:
            with self._database.read() as rows:
                matches = rows.scalars(select(VisitRow).where(VisitRow.lookup.in_(lookups)))
                return {row.lookup: row.sealed for row in matches}
        except VerificationFailed:
            if len(lookups) == 1:
                return {}  # Somebody changed it from outside: it is this server's word no more.
            # The others are what they were.
            return {lookup: sealed for one in lookups for lookup, sealed in self._rows([one]).items()}


def _is_among(notes: Iterable[_Note], note: _Note, again_after: timedelta) -> bool:
    since_ms = note.at_ms - again_after // timedelta(milliseconds=1)
    return any(
        (one.event, one.by, one.report) == (note.event, note.by, note.report) and one.at_ms > since_ms for one in notes
    )


def _opened(card: Keyring, lookup: bytes, sealed: bytes) -> Iterator[_Note]:
    try:
        padded = open_secret(_key(card), sealed, context=lookup)
        values = decode(padded[4 : 4 + int.from_bytes(padded[:4], "big")])
    except BlockMRSError:
        return
    for value in values if isinstance(values, list) else []:
        match value:
            case [str() as event, bytes() as by, str() as name, str() as report, int() as at_ms] if event in set(Event):
                yield _Note(event, by, name, report, at_ms)


def _months(now: datetime) -> list[str]:
    """This month and those before it, newest first, as the notes are kept."""
    months = [f"{now:%Y-%m}"]
    while len(months) < MONTHS:
        months.append(_before(months[-1]))
    return months


def _before(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"


def _end_of(month: str) -> datetime:
    """When the notes of a month are over: at the end of the last month in which they are shown."""
    year, number = map(int, month.split("-"))
    months = 12 * year + number - 1 + MONTHS
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


def _lookup(card: Keyring, month: str) -> bytes:
    return card.derive("visits", month.encode("ascii"))


def _key(card: Keyring) -> bytes:
    return card.derive("visits key")
