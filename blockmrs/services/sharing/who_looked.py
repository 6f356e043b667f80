"""Who looked, whole: what happened to the records of the actor's people, newest first, each entry with how it is known.

Openings by recipients, shares, changes and rights come from the chain: receipts, grants and statements, each signed by
whoever did it. Openings by family and coaches, by a crew's code, and sign-ins are what this server noted. Only what
stands on a person's own lines and under their own keys is read: what is kept from them, or is another's, is in none of
it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from blockmrs.domain.access_log import Event, Happening, LogEntry
from blockmrs.domain.permission import Action, Standing
from blockmrs.domain.roll import Says
from blockmrs.errors import NOT_HERE, Ended, NotFound
from blockmrs.fhir.audit import write_log
from blockmrs.moments import from_ms, to_ms
from blockmrs.services.lines.contents import KEY_BYTES, Sort, first_grants
from blockmrs.services.reports.access import report_address
from blockmrs.services.sharing.books import LONGEST

if TYPE_CHECKING:
    from blockmrs.domain.roll import Roll, Step
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.visits import Visits
    from blockmrs.services.lines.contents import Item
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox
    from blockmrs.services.people.persons import Person
    from blockmrs.services.people.rolls import Rolls
    from blockmrs.services.record.crew_facts import CrewFacts
    from blockmrs.services.reports.access import AccessFinder
    from blockmrs.services.sharing.crew_codes import Codes
    from blockmrs.services.sharing.shares import Share, Sharing

ROWS = 40
"""How many entries a page has."""
_CHANGES = {
    Sort.REPORT: Event.WROTE_REPORT,
    Sort.FACTS: Event.CHANGED_FACTS,
    Sort.FOLLOWING: Event.ADDED,
}


_NAME = re.compile(r"([0-9a-f]{1,11})-[0-9a-f]{32}", re.ASCII)
LogSource = Callable[["Actor", "Person"], Iterable[LogEntry]]
"""What was shared and opened in one more way, about one person."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which entries are wanted. `handle`: of one person; `happening`: of one kind; empty: all.

    `others`: leave out what the actor did themselves. `since` and `to` bound the time, both within.
    """

    handle: str = ""
    happening: Happening | None = None
    others: bool = True
    since: datetime | None = None
    to: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of entries, newest first; `total` counts all that pass the filter.

    `concerns`: what each report on it is about (domain/concerns.py), by address, where the actor may read it. `names`:
    what addresses call each entry.
    """

    entries: tuple[LogEntry, ...]
    number: int
    pages: int
    total: int
    concerns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: tuple[str, ...] = ()


class _Names:
    """Who has which card, as far as the actor knows, and whether it is their own. A card's beginning will do."""

    def __init__(self, actor: Actor, roll: Roll) -> None:
        self.me = actor.keyring.card.id
        self._own_name = actor.display_name
        self._roll = roll

    def is_me(self, card: bytes) -> bool:
        return bool(card) and self.me.startswith(card)

    def of(self, card: bytes) -> str:
        if self.is_me(card):
            return self._own_name
        return self._roll.name_beginning(card) if card else ""


class WhoLooked:
    """Collects entries; keeps nothing itself."""

    def __init__(
        self,
        mailbox: Mailbox,
        rolls: Rolls,
        access: AccessFinder,
        sharing: Sharing,
        codes: Codes,
        crew_facts: CrewFacts,
        visits: Visits,
        more: Sequence[LogSource] = (),
    ) -> None:
        self._more = tuple(more)
        self._access = access
        self._mailbox = mailbox
        self._rolls = rolls
        self._sharing = sharing
        self._codes = codes
        self._crew_facts = crew_facts
        self._visits = visits

    def entries(
        self, actor: Actor, people: Sequence[Person], chosen: LogFilter, gaps: list[str] | None = None
    ) -> list[LogEntry]:
        """Every entry about these people that passes the filter, newest first.

        `gaps` receives the name of each person of whom something is not here; without it, that is raised.
        """
        entries: list[LogEntry] = []
        for person in people:
            if chosen.handle in ("", person.handle):
                try:
                    subjects = self._subjects(person)
                    entries += [
                        replace(entry, subjects=subjects)
                        for entry in self._about(actor, person, chosen)
                        if _passes(entry, chosen)
                    ]
                except NOT_HERE:
                    if gaps is None:
                        raise
                    gaps.append(person.label)  # What cannot be read of one person hides nothing about the others.
        return sorted(entries, key=lambda entry: entry.at, reverse=True)

    def page(
        self, actor: Actor, people: Sequence[Person], chosen: LogFilter, number: int = 1,
        gaps: list[str] | None = None,
    ) -> LogPage:  # fmt: skip
        """One page of them, from 1; beyond the last page it is the last. `gaps` as in `entries`."""
        entries = self.entries(actor, people, chosen, gaps)
        pages = max(1, -(-len(entries) // ROWS))
        number = min(max(1, number), pages)
        shown = tuple(entries[(number - 1) * ROWS : number * ROWS])
        addresses = dict.fromkeys(entry.report for entry in shown if entry.report)
        concerns = {address: self._sharing.named(actor, address).concerns for address in addresses}
        names = tuple(entry_name(actor, entry) for entry in shown)
        return LogPage(shown, number, pages, len(entries), concerns, names)

    def entry(self, actor: Actor, people: Sequence[Person], name: str) -> LogEntry:
        """The entry that the actor's page calls so; NotFound if there is none, or it is the actor's own doing."""
        match = _NAME.fullmatch(name)
        at = from_ms(int(match[1], 16)) if match is not None else None
        for entry in self.entries(actor, people, LogFilter(since=at, to=at)) if at is not None else []:
            if entry_name(actor, entry) == name:
                return entry
        raise NotFound("no such entry")

    def export(
        self, actor: Actor, people: Sequence[Person], chosen: LogFilter, *, observer: str, made_at: datetime,
        gaps: list[str] | None = None,
    ) -> bytes:  # fmt: skip
        """The entries as a FHIR R4 Bundle of AuditEvents; `observer` is this site, as others know it.

        `gaps` as in `entries`; if there are any, also before this, the list says that something is missing.
        """
        entries = self.entries(actor, people, chosen, gaps)
        return write_log(entries, observer=observer, made_at=made_at, lost=bool(gaps))

    def note_record(self, actor: Actor, people: Iterable[Person]) -> None:
        """Note that the actor looks at the record of those of them who are somebody else."""
        self._note(actor, people, Event.LOOKED_AT_RECORD)

    def note_facts(self, actor: Actor, people: Iterable[Person]) -> None:
        """The same, of their health facts."""
        self._note(actor, people, Event.LOOKED_AT_FACTS)

    def note_list(self, actor: Actor, people: Iterable[Person]) -> None:
        """The same, of this list."""
        self._note(actor, people, Event.LOOKED_AT_LOG)

    def _note(self, actor: Actor, people: Iterable[Person], event: Event) -> None:
        for person in people:
            self._visits.note(actor, person.cards, event)

    def note_report(self, actor: Actor, address: str) -> None:
        """Note that the actor opened a report as its author or for the family; NotFound or Ended if they may not.

        One that is kept from the family is noted nowhere: the note would be in the family's list.
        """
        access = self._access.allow(actor, address, Action.READ)
        keys = access.keys if access.standing is Standing.SUBJECT else None
        if access.place is not None and not self._access.is_withheld(actor.keyring, access.grant):
            keys = self._access.subject_keys(actor, access.place)
        if keys is not None:
            self._visits.note(actor, [keys], Event.LOOKED_AT_REPORT, address)

    def _subjects(self, person: Person) -> frozenset[bytes]:
        """The beginnings of the card ids of the person themselves: of their cards, and of who joined as that person."""
        cards = {keys.keyring.card.id for keys in person.cards}
        for keys in person.cards:
            family = self._rolls.of(keys.keyring).family.values()
            cards |= {holder.card for holder in family if holder.is_subject}
        return frozenset(card[:KEY_BYTES] for card in cards)

    def _about(self, actor: Actor, person: Person, chosen: LogFilter) -> Iterator[LogEntry]:
        wanted = list(Happening) if chosen.happening is None else [chosen.happening]
        for keys in person.cards:
            roll, contents = self._rolls.of(keys.keyring), self._mailbox.contents(keys.keyring)
            names = _Names(actor, roll)
            if Happening.CHANGED in wanted:
                yield from _changes(person, contents, names)
            if Happening.RIGHTS in wanted:
                yield from _rights(person, roll, names)
            if {Happening.OPENED, Happening.SHARED} & set(wanted):
                yield from self._sharings(actor, person, contents, names, chosen)
            if Happening.OPENED in wanted:
                yield from self._by_code(actor, person, keys, contents)
            if {Happening.OPENED, Happening.SIGNED_IN} & set(wanted):
                yield from self._visited(actor, person, keys)
        if {Happening.OPENED, Happening.SHARED} & set(wanted):
            for source in self._more:
                yield from source(actor, person)
        if Happening.RIGHTS in wanted:
            for answer in self._crew_facts.answers(actor, person):
                event = Event.FACTS_GO_ALONG if answer.is_yes else Event.FACTS_STAY
                yield LogEntry(
                    event, answer.at, person.label, answer.by, is_me=answer.by_me, who_card=answer.card[:KEY_BYTES]
                )

    def _sharings(
        self, actor: Actor, person: Person, contents: Sequence[Item], names: _Names, chosen: LogFilter
    ) -> Iterator[LogEntry]:
        """Shares, their ends, and what recipients opened; of reports with a share that may have run in that time."""
        since_ms = 0 if chosen.since is None else to_ms(chosen.since - LONGEST)
        writers = {item.about: item.by for item in reversed(contents) if item.sort is Sort.REPORT}
        shared = {item.about for item in contents if item.sort is Sort.SHARE and item.at_ms >= since_ms}
        for update_id in shared & set(writers):
            address = report_address(update_id)
            try:
                shares = self._sharing.shares(actor, address)
            except (NotFound, Ended):
                continue
            author = writers[update_id]
            for share in shares:
                yield from _of_share(share, person.label, address, names, author)

    def _by_code(
        self, actor: Actor, person: Person, keys: EntrustedKeys, contents: Sequence[Item]
    ) -> Iterator[LogEntry]:
        handles = self._codes.opened_handles()
        if not handles:
            return  # Nearly always; then no handle is derived.
        for update_id in dict.fromkeys(i.about for i in contents if i.sort is Sort.REPORT and i.of_reader):
            if self._codes.handle_of(keys, update_id) in handles:
                code = self._codes.status(actor, report_address(update_id))
                if code is not None and code.first_opened is not None:
                    yield LogEntry(
                        Event.OPENED_BY_CODE,
                        code.first_opened,
                        person.label,
                        report=report_address(update_id),
                        count=code.openings,
                        proven=False,
                    )

    def _visited(self, actor: Actor, person: Person, keys: EntrustedKeys) -> Iterator[LogEntry]:
        for entry in self._visits.of(actor, keys.keyring):
            yield replace(entry, about=person.label)


def entry_name(actor: Actor, entry: LogEntry) -> str:
    """What the actor's addresses call an entry: its time, and a digest that means nothing to anybody else."""
    at_ms = to_ms(entry.at)
    texts = (entry.event, entry.about, entry.who, entry.organisation, entry.party, entry.report, str(at_ms))
    return f"{at_ms:x}-{actor.keyring.derive('log entry', chr(0).join(texts).encode())[:16].hex()}"


def _passes(entry: LogEntry, chosen: LogFilter) -> bool:
    return (
        (chosen.happening is None or entry.event.happening is chosen.happening)
        and not (chosen.others and entry.is_me)
        and (chosen.since is None or entry.at >= chosen.since)
        and (chosen.to is None or entry.at <= chosen.to)
    )


def _of_share(share: Share, about: str, address: str, names: _Names, author: bytes) -> Iterator[LogEntry]:
    giver = share.sender if share.from_family else names.of(author)
    card = share.giver[:KEY_BYTES]
    base = LogEntry(Event.SHARED, share.since, about, giver, party=share.party, report=address, who_card=card)
    yield replace(base, until=share.until, purpose=share.purpose, is_me=share.by_me)
    if share.stopped is not None:
        # Who of the family it was stands on the page of the share.
        ender, is_me = ("", False) if share.by_family else (giver, share.by_me)
        card = b"" if share.by_family else card
        yield replace(base, event=Event.STOPPED, at=share.stopped, who=ender, is_me=is_me, who_card=card)
    for receipt in share.receipts:
        yield LogEntry(
            Event.OPENED_REPORT,
            receipt.at,
            about,
            receipt.reader,
            receipt.organisation,
            purpose=receipt.purpose,
            report=address,
            left=receipt.left,
            who_card=receipt.card[:KEY_BYTES],
        )


def _changes(person: Person, contents: Sequence[Item], names: _Names) -> Iterator[LogEntry]:
    """What was written: the entry says that, and never what."""
    for item in first_grants(item for item in contents if item.sort in _CHANGES):
        if item.sort is Sort.FOLLOWING or item.of_reader:
            report = "" if item.sort is Sort.FACTS else report_address(item.about)
            event, at = _CHANGES[item.sort], from_ms(item.at_ms)
            yield LogEntry(
                event, at, person.label, names.of(item.by), report=report, is_me=names.is_me(item.by), who_card=item.by
            )


def _rights(person: Person, roll: Roll, names: _Names) -> Iterator[LogEntry]:
    """Every step on the roll: what began, ended and began again since is listed each time."""
    for step in roll.steps:
        event, by, party, name = _of_step(step, names)
        yield LogEntry(
            event, step.at, person.label, names.of(by), party=name, is_me=names.is_me(by),
            who_card=by[:KEY_BYTES], party_card=party[:KEY_BYTES],
        )  # fmt: skip


def _of_step(step: Step, names: _Names) -> tuple[Event, bytes, bytes, str]:
    """What it is, who did it and with whom (card ids), and the latter's name."""
    holder = step.holder
    if holder is None:
        return (Event.INVITED if step.says is Says.INVITED else Event.INVITATION_ENDED), step.by, b"", ""
    if step.says in (Says.CONFIRMED, Says.ENDED):
        event = Event.CONFIRMED if step.says is Says.CONFIRMED else Event.ENDED
        return event, step.by, holder.card, holder.name
    if not holder.is_family:
        return Event.MADE, step.by, b"", ""
    return Event.JOINED, holder.card, holder.invited_by, names.of(holder.invited_by)
