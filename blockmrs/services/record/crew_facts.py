"""What a family lets go along with a coach's reports: known allergies, birth date and blood thinner.

The family says yes once, for one card that a coach made. What they let be known is an update of its own, with these
three facts alone, granted to the player's card on a line of its own. Whoever shares a report about the player, or makes
a code for a crew, holds that card and passes the update on, as a symptom check is passed on; the server needs no key of
anybody who is away. So whoever may act with the card, the coach too, can read these three, and nothing else for it.

Each yes is signed with the own card of one of the family, and ended with a revocation by any of them. The newest yes
decides: where it was ended, or its signer no longer acts for the player, nothing goes along. Whatever was given stays
readable as long as its share or code lasts. Source: docs/protocol "Facts that go along with a report".
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from blockmrs.domain.facts import HealthFacts, for_crew
from blockmrs.domain.kinds import Content, Purpose
from blockmrs.domain.sharing import Grant
from blockmrs.errors import BlockMRSError, InvalidInput, NotFound, ObjectMissing
from blockmrs.fhir.facts import read_facts, write_facts
from blockmrs.model.locks import KeyedLocks
from blockmrs.services.grants.ending import write_revocation
from blockmrs.services.grants.granting import LineTo, write_grant
from blockmrs.services.lines.saving import commit_batch, finish
from blockmrs.services.lines.updates import write_update
from blockmrs.services.people.persons import handle_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from blockmrs.crypto.keys import Keyring
    from blockmrs.domain.records import Update
    from blockmrs.domain.roll import Roll
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.grants.owners import Owners
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Mailbox
    from blockmrs.services.people.persons import Person
    from blockmrs.services.people.rolls import Rolls
    from blockmrs.services.people.teams import Teams
    from blockmrs.services.record.facts import SavedFacts
    from blockmrs.storage import ObjectStore


Give = Callable[["Batch", "Actor", "EntrustedKeys", Grant], None]
"""Adds to a batch that those read it, too, who can read a report about that card now: sharing/given_facts.py."""


@dataclass(frozen=True, slots=True)
class FamilyFacts:
    """What goes, or went, along: the facts, when the family stated them, and who did.

    `lost`: something went along, but its text cannot be read here now.
    """

    facts: HealthFacts
    at: datetime | None = None
    by: str = ""
    lost: bool = False

    def __repr__(self) -> str:
        return f"FamilyFacts(lost={self.lost})"


@dataclass(frozen=True, slots=True)
class Consent:
    """Whether facts go along for one card, who of the family said so, and since when; `handle` is as in `/people`."""

    handle: str
    label: str
    is_on: bool = False
    by: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody of the family said of it, and when: yes, or no more."""

    is_yes: bool
    at: datetime
    by: str
    by_me: bool
    card: bytes = field(repr=False)


class CrewFacts:
    """Says yes and no for a family, and finds what goes along."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        objects: ObjectStore,
        teams: Teams,
        rolls: Rolls,
        to_running: Give,
        owners: Owners,
    ) -> None:
        self._owners = owners
        self._to_running = to_running
        self._database = database
        self._mailbox = mailbox
        self._objects = objects
        self._teams = teams
        self._rolls = rolls
        self._locks = KeyedLocks(database, "crew facts")

    def consents(self, actor: Actor, person: Person) -> list[Consent]:
        """One for each card that a coach made for the person."""
        cards = [keys for keys in person.cards if keys.keyring.card.id != actor.keyring.card.id]
        return [self._consent(actor, keys) for keys in cards]

    def consent(self, actor: Actor, handle: str) -> Consent:
        """That of the card which the actor calls so; NotFound if they do not act for it."""
        return self._consent(actor, self._card(actor, handle))

    def answers(self, actor: Actor, person: Person) -> Iterator[Answer]:
        """Every time that somebody let them go along, or ended that, card by card."""
        for keys in person.cards:
            if keys.keyring.card.id != actor.keyring.card.id:
                yield from self._answers(actor, keys)

    @staticmethod
    def of(newest: SavedFacts) -> FamilyFacts:
        """What would be given of these facts."""
        return FamilyFacts(for_crew(newest.facts), newest.saved_at, newest.author)

    def turn_on(self, actor: Actor, handle: str, newest: SavedFacts) -> None:
        """Let the three facts go along, as they stand in `newest`; a repeated call changes nothing.

        Raises:
            NotFound: the actor does not act for a card that they call so.
        """
        keys = self._card(actor, handle)
        with self.one_at_a_time([keys]):
            running = self._running(keys.keyring)
            if running is not None and self._is_same(running, newest):
                self._finish(running, keys.keyring)
                return
            batch = self._mailbox.batch()
            self._add(batch, actor, keys, newest)
            commit_batch(self._database, batch)

    def turn_off(self, actor: Actor, handle: str) -> None:
        """Let nothing go along from now on; what was given stays readable where it was given."""
        keys = self._card(actor, handle)
        with self.one_at_a_time([keys]):
            running = self._running(keys.keyring)
            if running is not None:
                batch = self._mailbox.batch()
                to = LineTo(keys.keyring.card, _line(keys.keyring))
                write_revocation(batch, running.id, self._mailbox.moment(), actor.keyring, to)
                batch.commit()

    @contextmanager
    def one_at_a_time(self, cards: list[EntrustedKeys]) -> Iterator[None]:
        """Hold what is said for these cards, so that no change of the facts undoes a no."""
        with ExitStack() as locks:
            for line_key in sorted(keys.keyring.own_line for keys in cards):
                locks.enter_context(self._locks.hold(line_key))
            self._mailbox.settle()
            yield

    def renew(self, batch: Batch, actor: Actor, person: Person, newest: SavedFacts) -> None:
        """Add to `batch` the facts as they were just stated, for every card of the person for which some go along.

        Called by whoever saves them, within `one_at_a_time`.
        """
        for keys in person.cards:
            if self._running(keys.keyring) is not None:
                self._add(batch, actor, keys, newest)

    def finish(self, person: Person) -> None:
        """List the objects of a save that was interrupted after its block."""
        for keys in person.cards:
            running = self._running(keys.keyring)
            if running is not None:
                self._finish(running, keys.keyring)

    def going_along(self, actor: Actor, keys: EntrustedKeys, author: bytes) -> GrantEntry | None:
        """The grant of what goes along now with a report about that card; None if nothing does.

        Nothing does for whoever may not act with the card, nor with a report that the family wrote: who writes one at
        home chooses for each what of the record it tells.

        Args:
            author: the card id of whoever wrote the report.
        """
        running = self._running(keys.keyring)
        if running is None or not self._teams.may_use(actor, keys):
            return None
        return running if self.goes_with(keys, author) else None

    def goes_with(self, keys: EntrustedKeys, author: bytes) -> bool:
        """Whether such facts ever go along with a report about that card by that author (card id)."""
        roll = self._rolls.of(keys.keyring)
        return author in roll.coaches or not roll.was_family(author)

    def read(self, entry: GrantEntry) -> FamilyFacts | None:
        """What a grant of such facts says, after every check of the protocol; None if it says no such thing."""
        try:
            return family_facts_in(self._mailbox.read(entry.grant, entry.author))
        except InvalidInput:
            return None
        except BlockMRSError:
            return FamilyFacts(HealthFacts(), lost=True)

    def _card(self, actor: Actor, handle: str) -> EntrustedKeys:
        gaps: list[str] = []
        for keys in self._teams.acting_for(actor, gaps):
            if handle_of(actor, keys.keyring.card.id) == handle:
                return keys
        if gaps:
            raise ObjectMissing("the keys of somebody whom this person acts for are not here")
        raise NotFound("you act for nobody with that name")

    def _consent(self, actor: Actor, keys: EntrustedKeys) -> Consent:
        consent = Consent(handle_of(actor, keys.keyring.card.id), keys.label)
        running = self._running(keys.keyring)
        if running is None:
            return consent
        by = self._rolls.of(keys.keyring).name_of(running.author)
        return replace(consent, is_on=True, by=by, since=self._mailbox.written_at(running))

    def _running(self, card: Keyring) -> GrantEntry | None:
        """The newest yes of the family, unless it was ended or its signer no longer acts for the card."""
        line = self._mailbox.line_by_anyone(_line(card), card)
        if not line.grants:
            return None  # Nearly always; then the roll is not read.
        roll = self._rolls.of(card)
        statements = _statements(line.grants.values(), card, roll)
        newest = max(statements, key=lambda entry: entry.index, default=None)
        if newest is None or not roll.acts(newest.author):
            return None
        ended = {ends.grant_id for author, ends in line.revocations if roll.was_family(author)}
        return None if newest.id in ended else newest

    def _answers(self, actor: Actor, keys: EntrustedKeys) -> Iterator[Answer]:
        card, me = keys.keyring, actor.keyring.card.id
        line = self._mailbox.line_by_anyone(_line(card), card)
        if not line.grants:
            return  # Nearly always, as above.
        roll = self._rolls.of(card)
        statements = sorted(_statements(line.grants.values(), card, roll), key=lambda entry: entry.index)
        ended = {ends.grant_id: (author, ends) for author, ends in reversed(line.revocations)
                 if roll.was_family(author)}  # fmt: skip

        def answer(by: bytes, at: datetime, *, is_yes: bool) -> Answer:
            return Answer(is_yes, at, roll.name_of(by), by == me, by)

        before: GrantEntry | None = None
        for statement in statements:
            # What was stated anew while it went along is no new yes; a no ends it, and so does the end of a part.
            if before is None or before.id in ended or not self._rolls.of(card, statement.index).acts(before.author):
                yield answer(statement.author, self._mailbox.time_at(statement.index), is_yes=True)
            before = statement
            if statement.id in ended:
                author, ends = ended[statement.id]
                yield answer(author, ends.at, is_yes=False)

    def _is_same(self, entry: GrantEntry, newest: SavedFacts) -> bool:
        known = self.read(entry)
        return known is not None and not known.lost and known.facts == for_crew(newest.facts)

    def _add(self, batch: Batch, actor: Actor, keys: EntrustedKeys, newest: SavedFacts) -> None:
        now, card = self._mailbox.moment(), keys.keyring.card
        stated_at, stated_by = newest.saved_at or now, newest.author or actor.display_name
        pointer, update_id = write_update(
            batch,
            actor.keyring,
            subject=card.id,
            kind=Content.CREW_FACTS,
            purpose=Purpose.CARE,
            body=write_facts(for_crew(newest.facts), keys.label, author=stated_by, saved_at=stated_at),
            created=now,
            chain_id=self._mailbox.chain_id,
            holder=keys.keyring,
        )
        grant = Grant(update_id, card.id, Content.CREW_FACTS, now, object=pointer)
        write_grant(batch, grant, actor.keyring, LineTo(card, _line(keys.keyring)))
        self._owners.give_beside(batch, keys, grant, actor.keyring)
        self._to_running(batch, actor, keys, grant)

    def _finish(self, entry: GrantEntry, card: Keyring) -> None:
        if entry.grant.object is not None:
            finish(self._database, self._objects, entry.grant.object, card)


def family_facts_in(update: Update) -> FamilyFacts:
    """What an update that went along says; InvalidInput if it is of another kind. Anything beside the three is left."""
    if update.kind != Content.CREW_FACTS:
        raise InvalidInput("this is not what a family lets go along")
    facts, author, stated_at = read_facts(update.body)
    return FamilyFacts(for_crew(facts), stated_at, author)


def _statements(entries: Iterable[GrantEntry], card: Keyring, roll: Roll) -> list[GrantEntry]:
    """Those of these grants that are a yes of somebody of the family."""
    return [
        entry
        for entry in entries
        if entry.grant.purpose == Content.CREW_FACTS
        and entry.grant.subject == card.card.id
        and entry.grant.object is not None
        and roll.was_family(entry.author)
    ]


def _line(card: Keyring) -> bytes:
    return card.derive("crew facts")
