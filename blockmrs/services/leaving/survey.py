"""What would go and what would stay if somebody left, and what they have to hand over first.

An object goes unless somebody else's right to it runs. Each side has an object of its own, so what somebody wrote about
a player stays readable to the family, and what a coach wrote about somebody who leaves stays the coach's. What is left
is a share that runs: its object goes when the share has run out. Source: docs/protocol "Leaving".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from blockmrs.crypto.releases import release_secret
from blockmrs.domain.kinds import Content, Relation
from blockmrs.domain.permission import Standing
from blockmrs.domain.roll import Part, Says, Statement
from blockmrs.moments import to_ms
from blockmrs.services.leaving.plan import GoingObject, Plan
from blockmrs.services.lines.contents import OPENS, Sort
from blockmrs.services.people.persons import handle_of, own_card
from blockmrs.services.reports.access import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from blockmrs.cid import Cid
    from blockmrs.crypto.keys import Keyring
    from blockmrs.domain.roll import Holder, Roll
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.visits import Visits
    from blockmrs.services.grants.standing import StandingGrants
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Mailbox
    from blockmrs.services.people.organisations import Organisations
    from blockmrs.services.people.rolls import Rolls
    from blockmrs.services.people.teams import Teams
    from blockmrs.services.selections.record_shares import RecordSharing
    from blockmrs.services.sharing.books import Books
    from blockmrs.services.stopping.releases import Releases

_LETS_GO = frozenset({Content.REPORT, Content.FACTS, Content.CHECK, Content.CREW_FACTS})
"""What a doctor stated about a patient is the patient's too, and stays."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """What only the leaver holds and must hand over first; `kind` is person, player or organisation."""

    kind: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Stays:
    """A share that runs: to whom, and until when."""

    party: str
    until: datetime


@dataclass(slots=True)
class Survey:
    """Everything, for the person to read before they say yes; `plan` is what would be done.

    `is_only_admin`: nobody would run the site then, until its server is started with a new token for that.
    """

    hand_over: list[HandOver] = field(default_factory=list)
    standing: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    players: list[str] = field(default_factory=list)
    organisations: list[str] = field(default_factory=list)
    stays: list[Stays] = field(default_factory=list)
    is_only_admin: bool = False
    plan: Plan = field(default_factory=Plan, repr=False)

    @property
    def goes(self) -> int:
        """How many objects go at once."""
        return sum(1 for one in self.plan.objects if not one.until_ms)

    @property
    def goes_later(self) -> int:
        """How many go when a share has run out."""
        return len(self.plan.objects) - self.goes


@dataclass(frozen=True, slots=True)
class _Mine:
    """A card whose record only the leaver has, and in which nobody else of the family is in."""

    keys: EntrustedKeys
    is_own: bool


class Surveyor:
    """Looks; writes nothing. `is_closing` says of a card whether its holder is leaving too, and so holds nothing."""

    def __init__(
        self,
        mailbox: Mailbox,
        teams: Teams,
        rolls: Rolls,
        organisations: Organisations,
        books: Books,
        standing: StandingGrants,
        record_sharing: RecordSharing,
        releases: Releases,
        visits: Visits,
        is_closing: Callable[[bytes], bool],
        is_only_admin: Callable[[Actor], bool],
    ) -> None:
        self._mailbox = mailbox
        self._teams = teams
        self._rolls = rolls
        self._organisations = organisations
        self._books = books
        self._standing = standing
        self._record_sharing = record_sharing
        self._releases = releases
        self._visits = visits
        self._is_closing = is_closing
        self._is_only_admin = is_only_admin

    def guarded(self, actor: Actor) -> list[Keyring]:
        """The cards of the people for whom the actor is in as one of the family."""
        return [keys.keyring for keys in self._teams.acting_for(actor)]

    def of(self, actor: Actor) -> Survey:
        """Everything about one person's leaving.

        Raises:
            ObjectMissing: the keys of somebody whom they act for are not here, so that nobody can tell.
        """
        survey, batch = Survey(), self._mailbox.batch()
        mine = [_Mine(own_card(actor), is_own=True)]
        invitations = []
        for keys, roll in self._teams.family_rolls(actor):
            sole, ended = self._family(actor, batch, keys, roll, survey)
            invitations += ended
            mine += [_Mine(keys, is_own=False)] if sole else []
        provisional, ended = self._made(actor, batch, survey)
        mine += [_Mine(keys, is_own=False) for keys in provisional]
        invitations += ended
        memberships = self._memberships(actor, batch, survey)
        survey.is_only_admin = self._is_only_admin(actor)
        shares = 0
        for one in mine:
            for reader in self._standing.running(one.keys):
                self._standing.end(batch, actor.keyring, one.keys, reader)
                survey.standing.append(reader.copy.grant.party)
                shares += 1
        until, visits, short_cuts = self._rights_of_others(actor, mine, survey), [], []
        objects = {going.digest: going for one in mine for going in self._objects(one.keys.keyring, until)}
        for one in mine:
            visits += self._visits.lookups(one.keys.keyring)
            short_cuts += self._short_cuts(one.keys.keyring)
        survey.plan = Plan(
            actor.keyring.card.id,
            tuple(batch.written_later()),
            shares,
            tuple(invitations),
            tuple(memberships),
            tuple(objects.values()),
            tuple(visits),
            tuple(short_cuts),
        )
        return survey

    def organisations_alone(self, actor: Actor) -> list[HandOver]:
        """The organisations that nobody else manages, or in which nobody else is, and that the actor manages."""
        me, alone = actor.keyring.card.id, []
        for organisation_id in sorted(self._organisations.staff.organisations_of(me)):
            members = [one for one in self._organisations.staff.of(organisation_id) if one.is_current]
            manages = any(one.manages for one in members if one.card_id == me)
            others = [one for one in members if one.manages and one.card_id != me and not self._is_closing(one.card_id)]
            if manages and not others:
                name = self._organisations.find(organisation_id).name
                alone.append(HandOver("organisation", name, f"/organisation/{organisation_id.hex()}"))
        return alone

    def _family(
        self, actor: Actor, batch: Batch, keys: EntrustedKeys, roll: Roll, survey: Survey
    ) -> tuple[bool, list[bytes]]:
        """Whether nobody else has the card as family; and the rows of the invitations that end."""
        me, card = actor.keyring.card.id, keys.keyring
        if me in roll.family and roll.family[me].part is Part.ENDED:
            return False, []
        others = self._staying(roll.family_in(), me)
        if not roll.is_in(me) and me in roll.family:
            # Who waits takes that back.
            self._rolls.add(batch, card, actor.keyring, Statement(Says.ENDED, me, relation=keys.relation))
            return False, []
        if others:
            survey.people.append(keys.label)
            self._rolls.add(batch, card, actor.keyring, Statement(Says.ENDED, me, relation=keys.relation))
            return False, self._of_mine(me, roll)
        if keys.relation != Relation.SELF:
            survey.hand_over.append(HandOver("person", keys.label, f"/people/{handle_of(actor, card.card.id)}"))
            return False, []
        return True, self._close_all(actor, batch, card, roll)

    def _made(self, actor: Actor, batch: Batch, survey: Survey) -> tuple[list[EntrustedKeys], list[bytes]]:
        """The cards that the actor made, and nobody of a family ever took over; and the invitations that end."""
        me, alone, invitations = actor.keyring.card.id, [], []
        roster = {player.card_id for player in self._teams.team(actor).players}
        for keys in self._holder_cards(actor):
            card, roll = keys.keyring, self._rolls.of(keys.keyring)
            if self._staying(roll.family_in(), me):
                survey.players.append(keys.label)
                if roll.uses(me):
                    self._rolls.add(batch, card, actor.keyring, Statement(Says.ENDED, me, relation=Relation.COACH))
                invitations += self._of_mine(me, roll)
            elif self._staying([one for one in roll.coaches.values() if one.part is Part.IN], me):
                survey.players.append(keys.label)
            elif any(one.part is not Part.WAITING for one in roll.family.values()):
                continue  # It is the family's: `_family` has it if they are it; else it is of those who left it.
            elif card.card.id in roster:
                survey.hand_over.append(HandOver("player", keys.label, "/team"))
            else:
                alone.append(keys)
                invitations += self._close_all(actor, batch, card, roll)
        return alone, invitations

    def _staying(self, holders: Iterable[Holder], me: bytes) -> list[Holder]:
        """Those besides the leaver who are not leaving too."""
        return [one for one in holders if one.card != me and not self._is_closing(one.card)]

    def _of_mine(self, me: bytes, roll: Roll) -> list[bytes]:
        """The rows of open invitations that end with the part of whoever made them."""
        return [one.invitation_id for one in roll.open_invitations(self._mailbox.now()) if one.made_by == me]

    def _holder_cards(self, actor: Actor) -> Iterator[EntrustedKeys]:
        keyring = actor.keyring
        items = [item for item in self._mailbox.contents(keyring) if item.sort is Sort.APPOINTMENT]
        line = self._mailbox.opened(keyring, items, author=keyring.card)
        cards = {}
        for dependent, appointment in line.appointments:
            if appointment.relation == Relation.HOLDER:
                cards[dependent] = self._mailbox.keys_of(appointment)
        yield from cards.values()

    def _close_all(self, actor: Actor, batch: Batch, card: Keyring, roll: Roll) -> list[bytes]:
        """Add to `batch` the end of every open invitation on a roll; returns the keys of their rows."""
        invitations = roll.open_invitations(self._mailbox.now())
        for one in invitations:
            self._rolls.add(batch, card, actor.keyring, Statement(Says.ENDED, one.invitation_id))
        return [one.invitation_id for one in invitations]

    def _memberships(self, actor: Actor, batch: Batch, survey: Survey) -> list[tuple[bytes, int]]:
        me, memberships = actor.keyring.card.id, []
        survey.hand_over += self.organisations_alone(actor)
        for organisation_id in sorted(self._organisations.staff.organisations_of(me)):
            membership = self._organisations.staff.current(me, organisation_id)
            if membership is None:
                continue
            survey.organisations.append(self._organisations.find(organisation_id).name)
            self._organisations.staff.write_own_end(batch, actor, membership, organisation_id)
            memberships.append((organisation_id, membership.since_place))
        return memberships

    def _rights_of_others(self, actor: Actor, mine: Iterable[_Mine], survey: Survey) -> dict[bytes, int]:
        """By update id, until when (ms) the last share runs that gives it; under b"" the last of all."""
        until: dict[bytes, int] = {}

        def note(update_id: bytes, party: str, end: datetime) -> None:
            for key in (update_id, b""):
                until[key] = max(until.get(key, 0), to_ms(end))
            if all((stays.party, stays.until) != (party, end) for stays in survey.stays):
                survey.stays.append(Stays(party, end))

        for one in mine:
            for entry in self._entries(one.keys.keyring):
                if entry.grant.purpose == Content.REPORT:
                    for copy in self._copies(actor, one, entry):
                        if copy.grant.not_after is not None and self._runs(copy):
                            note(entry.grant.update_id, copy.grant.party, copy.grant.not_after)
            for update_ids, party, end in self._record_sharing.running_on(actor, one.keys):
                for update_id in update_ids:
                    note(update_id, party, end)
        survey.stays.sort(key=lambda stays: (stays.until, stays.party))
        return until

    def _runs(self, copy: GrantEntry) -> bool:
        ends = copy.grant.not_after
        return copy.revoked is None and ends is not None and self._mailbox.now() < ends

    def _copies(self, actor: Actor, one: _Mine, entry: GrantEntry) -> list[GrantEntry]:
        """The shares of a report that need an object of that card."""
        card = one.keys.keyring
        copies = []
        if one.is_own:
            copies += self._books.authors(actor, Access(Standing.AUTHOR, entry, card))
        if entry.grant.subject == card.card.id:
            copies += self._books.shown(actor, Access(Standing.SUBJECT, entry, card, one.keys))
        return copies

    def _entries(self, card: Keyring) -> list[GrantEntry]:
        """Whatever on a card's own line opens an object."""
        items = [item for item in self._mailbox.contents(card) if item.sort in OPENS]
        entries = self._mailbox.opened(card, items).grants.values()
        return [entry for entry in entries if entry.grant.object is not None and entry.grant.purpose in _LETS_GO]

    def _objects(self, card: Keyring, until: dict[bytes, int]) -> Iterator[GoingObject]:
        """The objects that were kept on behalf of that card, each with how long somebody else needs it."""
        entry_of: dict[Cid, GrantEntry] = {}
        for entry in self._entries(card):
            for pointer in (entry.grant.gives.object, *entry.earlier):
                entry_of.setdefault(pointer.cid, entry)
        cids = [cid for cid in entry_of if not self._releases.is_gone(cid)]
        for start in range(0, len(cids), 500):
            for cid in self._releases.held_for(card, cids[start : start + 500]):
                grant = entry_of[cid].grant
                report = grant.update_id if grant.purpose == Content.REPORT else grant.about or b""
                last = max(until.get(grant.update_id, 0), until.get(report, 0) if report else 0)
                if grant.purpose == Content.CREW_FACTS:
                    last = until.get(b"", 0)
                yield GoingObject(cid.digest, release_secret(card, cid), last)

    def _short_cuts(self, card: Keyring) -> list[bytes]:
        """The rows that only remember what is on that card's lines, as far as they can be named."""
        names = ["contents", "contents seen"]
        places = [card.derive("saved report", entry.grant.update_id[:16]) for entry in self._entries(card)]
        return [*(card.derive(name) for name in names), *places]
