"""Health facts: saved as updates of the person's record, the newest of which counts, and all of which stay.

The effects of a save come in the order of a report's: the object is durable, then its grant stands in a block on the
person's own line, then the row that misses it when it is gone. Only then does the page say "Saved".
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from blockmrs.chain.transaction import Kind
from blockmrs.domain.facts import HealthFacts, check_facts
from blockmrs.domain.sharing import Grant
from blockmrs.errors import BlockMRSError, CannotOpen, Conflict, NotAuthorized, ObjectMissing
from blockmrs.model.database import Database
from blockmrs.services.actor import Actor
from blockmrs.services.cards import Cards
from blockmrs.services.contents import Item, ListPlace, Sort, by_time, page_of
from blockmrs.services.facts_fhir import read_facts, write_facts
from blockmrs.services.held import commit_batch, finish
from blockmrs.services.locks import KeyedLocks
from blockmrs.services.mailbox import GrantEntry, Held, Mailbox
from blockmrs.services.owners import owners_grant
from blockmrs.services.people import Person
from blockmrs.services.reports import DRAFT_BYTES, parse_draft_id
from blockmrs.services.updates import read_update, write_update
from blockmrs.storage import ObjectStore

FACTS = "facts"


@dataclass(frozen=True, slots=True)
class SavedFacts:
    """One version of somebody's facts. `version` is its update id in hexadecimal, empty when nothing was ever told."""

    version: str = ""
    facts: HealthFacts = field(default_factory=HealthFacts)
    saved_at: datetime | None = None
    author: str = ""

    def __repr__(self) -> str:
        return f"SavedFacts({self.version})"


class Facts:
    """Reads and saves facts, for the people of `services.people` only."""

    def __init__(self, database: Database, mailbox: Mailbox, cards: Cards, objects: ObjectStore) -> None:
        self._database = database
        self._mailbox = mailbox
        self._cards = cards
        self._objects = objects
        self._locks = KeyedLocks(database, "facts")

    def now(self) -> datetime:
        """The time by this node's clock."""
        return self._mailbox.now()

    def newest(self, person: Person) -> SavedFacts:
        """What counts now: the newest on the person's own card, else on one that was made for them.

        Raises:
            VerificationFailed, Unavailable: the newest cannot be read. An older one never stands in for it.
        """
        for held in person.cards:
            entry = self._newest_entry(held)
            if entry is not None:
                return self._opened(entry)
        if not person.is_whole:
            raise ObjectMissing("the keys of a card that may hold facts are not here")
        return SavedFacts()

    def current(self, person: Person) -> SavedFacts:
        """The newest on the card that the next save goes to."""
        entry = self._newest_entry(person.card)
        return SavedFacts() if entry is None else self._opened(entry)

    def history(self, person: Person) -> list[SavedFacts | None]:
        """The newest versions on the person's cards, 20 at most, newest first; None where one cannot be read."""
        return self.page_of_history(person)[0]

    def page_of_history(
        self, person: Person, before: ListPlace | None = None
    ) -> tuple[list[SavedFacts | None], ListPlace | None]:
        """Twenty versions on the person's cards, newest first, and the next `before`, if any are older."""
        places = [(item, held) for held in person.cards for item in self._places(held)]
        page, older = page_of(places, before, lambda place: by_time(place[0]))
        found: list[SavedFacts | None] = []
        for item, held in page:
            entries = [entry for entry in self._entries(held, [item]) if entry.grant.update_id == item.about]
            found.append(self._opened_or_none(entries[0]) if entries else None)
        return found, older

    def save(
        self, actor: Actor, person: Person, draft_id: str, facts: HealthFacts, version: str, today: date
    ) -> SavedFacts:
        """Save `facts` as the newest, once for each `draft_id` (32 hexadecimal digits), however often it is called.

        Args:
            version: that of the facts that the form was filled from; empty when there were none.
            today: in the zone of the person's clock; no birth date is after it.

        Raises:
            Conflict: other facts were saved since `version`.
        """
        if not actor.recovery_confirmed:
            raise NotAuthorized("write down the recovery code first")
        mark = actor.keyring.derive("draft mark", parse_draft_id(draft_id))[:DRAFT_BYTES]
        checked = check_facts(facts, today)
        with self._locks.hold(person.card.keyring.own_line):
            self._mailbox.settle()
            newest = self._newest_entry(person.card)
            if (newest.grant.update_id.hex() if newest is not None else "") == version:
                return self._write(actor, person.card, mark, checked)
            done = self._by_mark(person.card, mark)
            if done is None:
                raise Conflict("the facts were changed elsewhere meanwhile")
            if done.grant.object is not None:
                finish(self._database, self._objects, done.grant.object)
            return self._opened(done)

    def _write(self, actor: Actor, subject: Held, mark: bytes, facts: HealthFacts) -> SavedFacts:
        now, batch = self._mailbox.moment(), self._mailbox.batch()
        card = subject.keyring.card
        pointer, update_id = write_update(
            batch,
            actor.keyring,
            subject=card.id,
            kind=FACTS,
            purpose="care",
            body=write_facts(facts, subject.label, author=actor.display_name, saved_at=now),
            created=now,
            chain_id=self._mailbox.chain_id,
        )
        grant = Grant(update_id, card.id, FACTS, now, object=pointer, draft_mark=mark)
        grant = owners_grant(self._mailbox, batch, subject, grant)
        batch.add(
            Kind.GRANT, grant.to_fields(), author=actor.keyring, recipient=card, line_key=subject.keyring.own_line
        )
        commit_batch(self._database, batch)
        return SavedFacts(update_id.hex(), facts, now, actor.display_name)

    def _by_mark(self, subject: Held, mark: bytes) -> GrantEntry | None:
        """What an earlier pressing of the same Save wrote, cut off before its rows or answered to nobody."""
        made = [item for item in self._places(subject) if item.key == mark]
        return next((entry for entry in reversed(self._entries(subject, made)) if entry.grant.draft_mark == mark), None)

    def _newest_entry(self, held: Held) -> GrantEntry | None:
        newest = self._places(held)[-1:]
        entries = self._entries(held, newest)
        if newest and not entries:
            raise CannotOpen("the newest facts do not open")
        return entries[-1] if entries else None

    def _places(self, held: Held) -> list[Item]:
        """Where facts about whom the card belongs to stand on its line, in the order written."""
        return [item for item in self._mailbox.contents(held.keyring) if item.sort is Sort.FACTS and item.of_reader]

    def _entries(self, held: Held, places: list[Item]) -> list[GrantEntry]:
        """The facts that stand there, in the order written."""
        return [
            entry
            for entry in self._mailbox.opened(held.keyring, places).grants.values()
            if entry.grant.purpose == FACTS and entry.grant.subject == held.keyring.card.id
        ]

    def _opened(self, entry: GrantEntry) -> SavedFacts:
        update = read_update(self._objects, self._cards, entry.grant, entry.author, chain_id=self._mailbox.chain_id)
        facts, author = read_facts(update.body)
        return SavedFacts(entry.grant.update_id.hex(), facts, entry.grant.not_before, author)

    def _opened_or_none(self, entry: GrantEntry) -> SavedFacts | None:
        try:
            return self._opened(entry)
        except BlockMRSError:
            return None
