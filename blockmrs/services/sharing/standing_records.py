"""Records of which an organisation gets everything from now on: what came of one, and its health facts, opened.

Reports that came so are in the inbox with the others. Everything is opened with a receipt first, which the family sees.
What ended is gone from here at once, and so is all that was given under it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Content
from blockmrs.domain.senders import Standing as Sender
from blockmrs.errors import NotFound, ObjectMissing
from blockmrs.fhir.facts import read_facts
from blockmrs.services.record.crew_facts import family_facts_in
from blockmrs.services.reports.access import ID_BYTES, report_address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from blockmrs.domain.facts import HealthFacts
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.mailbox import Mailbox
    from blockmrs.services.people.organisations import Organisations
    from blockmrs.services.reports.access import Access, AccessFinder
    from blockmrs.services.reports.arrivals import Arrival, SenderLine, StandingArrival
    from blockmrs.services.sharing.shares import InboxItem, Sharing

SHOWN = 20
"""How many versions of the facts a page lists."""
_FACTS = (Content.FACTS, Content.CREW_FACTS)


@dataclass(frozen=True, slots=True)
class StandingRecord:
    """A record of which an organisation gets everything from now on. `record_id` is used in addresses.

    `name` is whose record it is, and `sender` who gave it: both as the family calls them. `sender_id` is used in
    addresses.
    """

    record_id: str
    name: str
    sender: str
    organisation: str
    purpose: str
    since: datetime
    until: datetime | None
    sender_id: str = ""


@dataclass(frozen=True, slots=True)
class FactsArrival:
    """One version of the health facts that came. `opened_at`: when the actor last opened it, if ever."""

    address: str
    came_at: datetime
    opened_at: datetime | None


@dataclass(frozen=True, slots=True)
class StandingRecordPage:
    """What came of one record: the newest of its facts and of its reports, newest first."""

    record: StandingRecord
    facts: tuple[FactsArrival, ...]
    reports: tuple[InboxItem, ...]


@dataclass(frozen=True, slots=True)
class OpenedFacts:
    """Health facts, after a receipt: what somebody of the family stated, and when. `few`: only what goes along."""

    facts: HealthFacts
    author: str
    stated_at: datetime | None
    few: bool = False

    def __repr__(self) -> str:
        return "OpenedFacts()"


class StandingRecords:
    """Lists and opens; keeps nothing itself."""

    def __init__(self, mailbox: Mailbox, organisations: Organisations, access: AccessFinder, sharing: Sharing) -> None:
        self._mailbox = mailbox
        self._organisations = organisations
        self._access = access
        self._sharing = sharing

    def records(self, actor: Actor, gaps: list[str] | None = None) -> list[StandingRecord]:
        """Every record that runs, the newest first; none of a blocked sender's. `gaps`: as `AccessFinder.arrivals`."""
        shown = [standing for standing, _ in self._standings(actor, gaps) if not self._is_blocked(standing)]
        records = (self._record(standing) for standing in shown)
        return sorted((record for record in records if record), key=lambda record: record.since, reverse=True)

    def page(self, actor: Actor, record_id: str) -> StandingRecordPage:
        """What came of one of them; NotFound if there is none with that id, or it has ended."""
        standing, record, line = self._find(actor, record_id)
        given = [one for one in line.given if one.standing == standing and one.kind in _FACTS and one.ends is None]
        facts = [self._came(actor, one) for one in reversed(given[-SHOWN:])]
        came = [one for one in line.arrivals if one.standing == standing and one.ends is None]
        reports = [(one, self._access.access_to(one)) for one in reversed(came[-SHOWN:])]
        return StandingRecordPage(
            record,
            tuple(one for one in facts if one is not None),
            tuple(
                replace(self._sharing.item(actor, access), shared_at=one.came_at)
                for one, access in reports
                if access is not None
            ),
        )

    def acknowledge(self, actor: Actor, record_id: str, address: str) -> None:
        """Leave signed receipts for one version of the facts; afterwards the actor may read it for twelve hours."""
        self._mailbox.settle()
        access = self._facts_access(actor, record_id, address)
        if self._sharing.opened_at(actor, access) is None:
            self._read(access)
            self._sharing.leave_receipts(actor, access)

    def open(self, actor: Actor, record_id: str, address: str) -> OpenedFacts | None:
        """One version of the facts, once the actor has left a receipt; None before that."""
        access = self._facts_access(actor, record_id, address)
        return None if self._sharing.opened_at(actor, access) is None else self._read(access)

    def _read(self, access: Access) -> OpenedFacts:
        update = self._mailbox.read(access.grant, access.entry.author)
        self._access.check_given(access, update)
        if update.kind == Content.CREW_FACTS:
            along = family_facts_in(update)
            return OpenedFacts(along.facts, along.by, along.at, few=True)
        if update.kind != Content.FACTS:
            raise NotFound("these are no health facts")
        facts, author, stated_at = read_facts(update.body)
        return OpenedFacts(facts, author, stated_at)

    def _facts_access(self, actor: Actor, record_id: str, address: str) -> Access:
        standing, _, line = self._find(actor, record_id)
        for one in line.given:
            if one.standing == standing and one.kind in _FACTS and report_address(one.update_id) == address:
                access = self._access.access_to(one)
                if access is not None and access.under is not None:
                    return access
        raise NotFound("no such facts")

    def _came(self, actor: Actor, arrival: Arrival) -> FactsArrival | None:
        access = self._access.access_to(arrival)
        if access is None:
            return None
        opened_at = self._sharing.opened_at(actor, access, ever=True)
        return FactsArrival(report_address(arrival.update_id), arrival.came_at, opened_at)

    def _find(self, actor: Actor, record_id: str) -> tuple[StandingArrival, StandingRecord, SenderLine]:
        gaps: list[str] = []
        for standing, line in self._standings(actor, gaps):
            record = self._record(standing) if _record_id(standing) == record_id else None
            if record is not None:
                return standing, record, line
        if gaps:
            raise ObjectMissing("some of the keys with which this person reads are not here")
        raise NotFound("no such record")

    def _standings(self, actor: Actor, gaps: list[str] | None) -> Iterator[tuple[StandingArrival, SenderLine]]:
        now = self._mailbox.present()
        for organisation in self._organisations.memberships(actor, gaps):
            for _, line in self._access.sender_lines(organisation, gaps):
                for standing in line.standings:
                    if standing.runs(now):
                        yield standing, line

    def _is_blocked(self, standing: StandingArrival) -> bool:
        return self._access.senders.standings(standing.keys).get(standing.sender.id) is Sender.BLOCKED

    def _record(self, standing: StandingArrival) -> StandingRecord | None:
        entry = self._access.standing_at(standing)
        if entry is None:
            return None
        return StandingRecord(
            _record_id(standing),
            entry.grant.title,
            entry.grant.party,
            standing.keys.label,
            entry.grant.purpose,
            standing.came_at,
            entry.grant.not_after,
            self._access.senders.handle(standing.keys, standing.sender.id),
        )


def _record_id(standing: StandingArrival) -> str:
    return standing.standing_id[:ID_BYTES].hex()
