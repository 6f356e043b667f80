"""The inbox of an organisation's members: known senders first, strangers apart and counted, nothing ever dropped.

- Everything is counted without being opened; only the twenty reports on a page are opened.
- Urgent first, then newest by the log: senders have no influence on where their report is, except by its level.
- For a sender whom nobody there knows, a list shows three reports and says how many more there are; all of them are on
  the sender's own page. A stranger's level-1 report is counted on the first page, however many others sent.
- Those who were blocked are listed apart, with the number of reports they sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from blockmrs.domain.senders import Standing
from blockmrs.errors import NotFound
from blockmrs.services.lines.contents import KEY_BYTES, ListPlace, page_of

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Card
    from blockmrs.domain.sharing import Now
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox
    from blockmrs.services.people.organisations import Organisations
    from blockmrs.services.reports.access import AccessFinder
    from blockmrs.services.reports.arrivals import Arrival, BundleArrival, SenderLine, StandingArrival
    from blockmrs.services.sharing.shares import InboxItem, Sharing

OF_ONE_STRANGER = 3
"""How many reports from one unknown sender a list shows."""
STRANGERS_FIRST = 5
"""How many reports from unknown senders the first page shows."""


@dataclass(frozen=True, slots=True)
class Strangers:
    """Running shares from unknown senders: how many, how many at level 1, and when the newest arrived."""

    number: int
    urgent: int
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """Twenty reports. `older` begins the next page, if any. `more`: by sender id, how many of theirs are left out."""

    items: list[InboxItem]
    older: ListPlace | None
    more: dict[str, int]


@dataclass(frozen=True, slots=True)
class FirstPage:
    """What a member sees first."""

    organisations: list[str]
    known: Page
    strangers: Strangers
    some: Page
    ended: int
    blocked: int


@dataclass(frozen=True, slots=True)
class SenderPage:
    """One sender's reports, all of them, and what they are to the organisation.

    `records`: how many shares of whole records of theirs run, from now on included.
    """

    sender_id: str
    name: str
    is_claimed: bool
    imitated: str
    organisation: str
    standing: Standing
    page: Page
    records: int = 0


@dataclass(frozen=True, slots=True)
class BlockedSender:
    """A sender whom an organisation has blocked, and how many of their shares are running: of reports, of records."""

    sender_id: str
    name: str
    is_claimed: bool
    organisation: str
    reports: int
    records: int = 0


class Inbox:
    """Sorts, counts and pages what arrived; keeps nothing itself."""

    def __init__(self, mailbox: Mailbox, organisations: Organisations, access: AccessFinder, sharing: Sharing) -> None:
        self._mailbox = mailbox
        self._organisations = organisations
        self._access = access
        self._senders = access.senders
        self._sharing = sharing

    def first(self, actor: Actor, before: ListPlace | None, gaps: list[str]) -> FirstPage:
        """The newest page of what known senders sent, or an older one, and how much there is of everything else.

        `gaps` receives a word for each organisation or sender whose keys or card are not here.
        """
        memberships = self._organisations.memberships(actor, gaps)
        piles = self._sort(actor, gaps, memberships)
        for organisation in memberships:
            self._organisations.top_up(organisation)
        strange = piles.unknown
        blocked = {(arrival.keys.keyring.card.id, arrival.sender.id) for arrival in piles.blocked}
        blocked |= {(one.keys.keyring.card.id, one.card.id) for one in self._blocked_with_records(memberships)}
        return FirstPage(
            organisations=[entry.label for entry in memberships],
            known=self._page(actor, piles.known, before),
            strangers=Strangers(
                len(strange),
                sum(1 for arrival in strange if arrival.level == 1),
                max((arrival.came_at for arrival in strange), default=None),
            ),
            some=self._page(actor, self._few(strange), None, STRANGERS_FIRST),
            ended=len(piles.ended),
            blocked=len(blocked),
        )

    def unopened(self, actor: Actor, since: datetime, gaps: list[str]) -> list[InboxItem]:
        """What was shared since then and nobody opened, as far as the inbox's first page has it."""
        piles = self._sort(actor, gaps)
        known = self._page(actor, piles.known, None)
        strange = self._page(actor, self._few(piles.unknown), None, STRANGERS_FIRST)
        items = (*known.items, *strange.items)
        return [item for item in items if item.opened_at is None and item.shared_at >= since]

    def unknown(self, actor: Actor, before: ListPlace | None, gaps: list[str]) -> Page:
        """What unknown senders sent, three of each; `more` says what is left out."""
        strange = self._sort(actor, gaps).unknown
        page = self._page(actor, self._few(strange), before)
        by_sender = Counter(self._handle(arrival) for arrival in strange)
        senders = {item.sender_id for item in page.items}
        left_out = {sender: by_sender[sender] - OF_ONE_STRANGER for sender in senders}
        return replace(page, more={sender: number for sender, number in left_out.items() if number > 0})

    def ended(self, actor: Actor, before: ListPlace | None, gaps: list[str]) -> Page:
        """Shares that have ended, newest first."""
        arrivals = self._sort(actor, gaps).ended
        return self._page(actor, arrivals, before, place=lambda arrival: _place(arrival, by_level=False))

    def sender(self, actor: Actor, sender_id: str, before: ListPlace | None, gaps: list[str]) -> SenderPage:
        """Everything that one sender's shares still let the actor read; NotFound if they never sent anything."""
        one, now = self._find(actor, sender_id, gaps), self._mailbox.present()
        arrivals = self._access.arrivals(actor, [], [one.keys])
        theirs = [arrival for arrival in arrivals if arrival.sender.id == one.card.id]
        standing = self._senders.standings(one.keys).get(one.card.id, Standing.UNKNOWN)
        page = self._page(actor, [arrival for arrival in theirs if arrival.runs(now)], before)
        name, is_claimed, imitated = self._called(actor, one, theirs)
        running = len(one.running_records(now))
        return SenderPage(sender_id, name, is_claimed, imitated, one.keys.label, standing, page, running)

    def blocked(self, actor: Actor, gaps: list[str]) -> list[BlockedSender]:
        """Those who are blocked, by name, with the number of their shares, which are listed nowhere else."""
        memberships, now = self._organisations.memberships(actor, gaps), self._mailbox.present()
        by_sender: dict[str, list[Arrival]] = {}
        ones: dict[str, _Sender] = {}
        for arrival in self._sort(actor, gaps, memberships).blocked:
            by_sender.setdefault(self._handle(arrival), []).append(arrival)
            ones.setdefault(self._handle(arrival), _Sender(arrival.keys, arrival.sender))
        with_records = self._blocked_with_records(memberships)
        ones |= {self._senders.handle(one.keys, one.card.id): one for one in with_records}
        senders = []
        for sender_id, one in ones.items():
            arrivals = by_sender.get(sender_id, [])
            name, is_claimed, _ = self._called(actor, one, arrivals)
            records = len(one.running_records(now))
            senders.append(BlockedSender(sender_id, name, is_claimed, one.keys.label, len(arrivals), records))
        return sorted(senders, key=lambda sender: sender.name.casefold())

    def decide(self, actor: Actor, sender_id: str, standing: Standing) -> None:
        """Know or block a sender, or undo that, for everybody in the organisation; NotFound as in `sender`."""
        one = self._find(actor, sender_id, [])
        self._senders.decide(actor, one.keys, one.card.id, standing)

    def _find(self, actor: Actor, sender_id: str, gaps: list[str]) -> _Sender:
        """The sender with that id, whatever they sent; NotFound if they never sent anything. `gaps` as in `first`."""
        everybody = [
            one
            for organisation in self._organisations.memberships(actor, gaps)
            for one in self._all(organisation, gaps)
        ]
        for one in everybody:
            if self._senders.handle(one.keys, one.card.id) == sender_id and one.sent_anything:
                return one
        raise NotFound("no such sender")

    def _all(self, organisation: EntrustedKeys, gaps: list[str]) -> list[_Sender]:
        """Everybody who introduced themselves to an organisation, with all that came of them."""
        by_card: dict[bytes, _Sender] = {}
        for card, line in self._access.sender_lines(organisation, gaps):
            by_card.setdefault(card.id, _Sender(organisation, card)).lines.append(line)
        return list(by_card.values())

    def _blocked_with_records(self, memberships: Iterable[EntrustedKeys]) -> list[_Sender]:
        """Those who are blocked and of whose records some share runs."""
        now, blocked = self._mailbox.present(), []
        for organisation in memberships:
            standings = self._senders.standings(organisation)
            if Standing.BLOCKED in standings.values():
                blocked += [
                    one for one in self._all(organisation, []) if standings.get(one.card.id) is Standing.BLOCKED
                ]
        return [one for one in blocked if one.running_records(now)]

    def _sort(self, actor: Actor, gaps: list[str], memberships: Sequence[EntrustedKeys] | None = None) -> _Piles:
        arrivals, now = self._access.arrivals(actor, gaps, memberships), self._mailbox.present()
        standings: dict[bytes, dict[bytes, Standing]] = {}
        for arrival in arrivals:
            if arrival.keys.keyring.card.id not in standings:
                standings[arrival.keys.keyring.card.id] = self._senders.standings(arrival.keys)
        of = [standings[one.keys.keyring.card.id].get(one.sender.id, Standing.UNKNOWN) for one in arrivals]
        unsure = {one.sender.id for one, standing in zip(arrivals, of, strict=True) if standing is Standing.UNKNOWN}
        listed = self._senders.listed(unsure) if unsure else {}
        piles = _Piles([], [], [], [])
        for arrival, standing in zip(arrivals, of, strict=True):
            if not arrival.runs(now):
                piles.ended.append(arrival)
            elif standing is Standing.BLOCKED:
                piles.blocked.append(arrival)
            elif standing is Standing.KNOWN or arrival.sender.id in listed:
                piles.known.append(arrival)
            else:
                piles.unknown.append(arrival)
        return piles

    def _few(self, arrivals: Iterable[Arrival]) -> list[Arrival]:
        """For each sender the three most urgent, then the newest."""
        counts: Counter[str] = Counter()
        few = []
        for arrival in sorted(arrivals, key=_place, reverse=True):
            counts[self._handle(arrival)] += 1
            if counts[self._handle(arrival)] <= OF_ONE_STRANGER:
                few.append(arrival)
        return few

    def _page(
        self,
        actor: Actor,
        arrivals: Iterable[Arrival],
        before: ListPlace | None,
        most: int | None = None,
        place: Callable[[Arrival], ListPlace] | None = None,
    ) -> Page:
        page, older = page_of(arrivals, before, place or _place)
        pairs = [(one, self._access.access_to(one)) for one in page[:most]]
        accesses = [access for _, access in pairs if access is not None]
        lacking = self._sharing.lacking(accesses)
        items = [
            replace(self._sharing.item(actor, access), shared_at=one.came_at, lost=access.entry.id in lacking)
            for one, access in pairs
            if access is not None
        ]
        return Page(items, older, {})

    def _called(self, actor: Actor, one: _Sender, arrivals: Sequence[Arrival]) -> tuple[str, bool, str]:
        """What a sender is called as in what they sent last: a report, else a record."""
        if arrivals:
            return self._name_of(actor, max(arrivals, key=lambda arrival: arrival.index))
        if listed := self._senders.listed([one.card.id]).get(one.card.id):
            return listed, False, ""
        for record in sorted(one.records, key=lambda record: record.came_at, reverse=True):
            line = self._mailbox.opened_on(record.line_key, one.keys.keyring, [record.position], one.card)
            for entry in line.bundles.values():
                return entry.grant.party, True, self._senders.imitated(entry.grant.party) or ""
        return "", True, ""

    def _name_of(self, actor: Actor, arrival: Arrival) -> tuple[str, bool, str]:
        access = self._access.access_to(arrival)
        if access is None:
            return "", True, ""
        item = self._sharing.item(actor, access)
        return item.sender, item.is_claimed, item.imitated

    def _handle(self, arrival: Arrival) -> str:
        return self._senders.handle(arrival.keys, arrival.sender.id)


@dataclass(frozen=True, slots=True)
class _Sender:
    """Somebody who sent something to an organisation of the actor, and the lines on which they did."""

    keys: EntrustedKeys
    card: Card
    lines: list[SenderLine] = field(default_factory=list)

    @property
    def records(self) -> list[BundleArrival | StandingArrival]:
        """What they ever gave of records, from now on included."""
        came: list[BundleArrival | StandingArrival] = []
        for line in self.lines:
            came += [*line.bundles, *line.standings]
        return came

    @property
    def sent_anything(self) -> bool:
        """Whether they only introduced themselves."""
        return bool(self.records) or any(line.arrivals or line.given for line in self.lines)

    def running_records(self, now: Now) -> list[BundleArrival | StandingArrival]:
        """Those that run, as far as their line says."""
        return [record for record in self.records if record.runs(now)]


@dataclass(frozen=True, slots=True)
class _Piles:
    known: list[Arrival]
    unknown: list[Arrival]
    blocked: list[Arrival]
    ended: list[Arrival]


def _place(arrival: Arrival, *, by_level: bool = True) -> ListPlace:
    """A report's place in a list: urgent first, then newest in the log, where no two share a place."""
    return ListPlace(4 - arrival.level if by_level else 0, arrival.index, arrival.update_id[:KEY_BYTES])
