"""Health facts: saved as updates in the person's record, the newest of which counts, and all of which stay.

The effects of a save come in the same order as a report's: the object is durable, then its grant is in a block, on the
person's own line, then comes the row that notices if it goes missing. Only then does the page say "Saved".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from blockmrs.domain.facts import HealthFacts, check_facts
from blockmrs.domain.kinds import Content, Purpose
from blockmrs.domain.sharing import Grant
from blockmrs.errors import BlockMRSError, CannotOpen, Conflict, InvalidProof, ObjectMissing
from blockmrs.fhir.facts import read_facts, write_facts
from blockmrs.model.locks import KeyedLocks
from blockmrs.services.lines.contents import Item, Items, ListPlace, Sort, by_log, first_grants, page_of
from blockmrs.services.lines.saving import commit_batch, finish, save_once
from blockmrs.services.lines.updates import write_update

if TYPE_CHECKING:
    from blockmrs.domain.records import Update
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.grants.owners import Owners
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Mailbox
    from blockmrs.services.people.persons import Person
    from blockmrs.services.record.crew_facts import CrewFacts
    from blockmrs.storage import ObjectStore


@dataclass(frozen=True, slots=True)
class SavedFacts:
    """One version of somebody's facts. `version` is its update id in hexadecimal, empty if nothing was ever stated.

    `is_whole` is False if something on the person's line is gone, which may have been a newer version.
    """

    version: str = ""
    facts: HealthFacts = field(default_factory=HealthFacts)
    saved_at: datetime | None = None
    author: str = ""
    is_whole: bool = True

    def __repr__(self) -> str:
        return f"SavedFacts({self.version})"


class Facts:
    """Reads and saves facts, for the people of `services.people` only."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        cards: Cards,
        objects: ObjectStore,
        crew_facts: CrewFacts,
        owners: Owners,
    ) -> None:
        self._owners = owners
        self._crew_facts = crew_facts
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
            VerificationFailed, Unavailable: the newest cannot be read. An older one never takes its place.
        """
        place, is_whole = self._newest_of(person)
        if place is not None:
            return self._opened(place[1], is_whole)
        if not person.is_whole:
            raise ObjectMissing("the keys of a card that may hold facts are not here")
        return SavedFacts(is_whole=is_whole)

    def newest_grant(self, person: Person) -> tuple[EntrustedKeys, GrantEntry] | None:
        """Where what `newest` reads stands: on which card, and its grant there; None if nothing was ever stated.

        Raises:
            VerificationFailed, Unavailable: as `newest`, also if the facts themselves cannot be read.
        """
        place, _ = self._newest_of(person)
        if place is not None:
            self._opened(place[1])
        return place

    def current(self, person: Person) -> SavedFacts:
        """The newest on the card that the next save goes to."""
        items = self._mailbox.contents(person.card.keyring)
        entry = self._newest_entry(person.card, items)
        return SavedFacts(is_whole=items.is_whole) if entry is None else self._opened(entry, items.is_whole)

    def history(self, person: Person) -> list[SavedFacts | None]:
        """The newest versions on the person's cards, at most 20, newest first; None for one that cannot be read."""
        return self.page_of_history(person)[0]

    def page_of_history(
        self, person: Person, before: ListPlace | None = None
    ) -> tuple[list[SavedFacts | None], ListPlace | None]:
        """Twenty versions on the person's cards, newest first, and the next `before`, if any are older."""
        places = [(item, keys) for keys in person.cards for item in first_grants(_facts(self._contents(keys)))]
        page, older = page_of(places, before, lambda place: by_log(place[0]))
        page_of_facts: list[SavedFacts | None] = []
        for item, keys in page:
            entry = self._entry_at(keys, item)
            if entry is None:
                page_of_facts.append(None)
            elif self._is_unread_or_its_authors(entry):
                page_of_facts.append(self._opened_or_none(entry))
        return page_of_facts, older

    def save(
        self, actor: Actor, person: Person, draft_id: str, facts: HealthFacts, version: str, today: date
    ) -> SavedFacts:
        """Save `facts` as the newest, once for each `draft_id` (32 hexadecimal digits), however often it is called.

        Args:
            version: that of the facts with which the form was filled; empty if there were none.
            today: in the zone of the person's clock; no birth date may be after it.

        Raises:
            Conflict: other facts have been saved since `version`.
        """
        mark = actor.draft_mark(draft_id)
        checked = check_facts(facts, today)

        def done(_was_cut_off: bool) -> SavedFacts | None:
            newest = self._newest_entry(person.card, self._contents(person.card))
            if (newest.grant.update_id.hex() if newest is not None else "") == version:
                return None
            entry = self._by_mark(person.card, mark)
            if entry is None:
                raise Conflict("the facts were changed elsewhere in the meantime")
            if entry.grant.object is not None:
                finish(self._database, self._objects, entry.grant.object, person.card.keyring)
            self._crew_facts.finish(person)
            return self._opened(entry)

        write = partial(self._write, actor, person, mark, checked)
        return save_once(self._mailbox.settle, self._locks.hold(person.card.keyring.own_line), done, write)

    def _write(self, actor: Actor, person: Person, mark: bytes, facts: HealthFacts) -> SavedFacts:
        with self._crew_facts.one_at_a_time(list(person.cards)):
            return self._write_all(actor, person, mark, facts)

    def _write_all(self, actor: Actor, person: Person, mark: bytes, facts: HealthFacts) -> SavedFacts:
        now, batch, subject = self._mailbox.moment(), self._mailbox.batch(), person.card
        card = subject.keyring.card
        pointer, update_id = write_update(
            batch,
            actor.keyring,
            subject=card.id,
            kind=Content.FACTS,
            purpose=Purpose.CARE,
            body=write_facts(facts, subject.label, author=actor.display_name, saved_at=now),
            created=now,
            chain_id=self._mailbox.chain_id,
            holder=subject.keyring,
        )
        grant = Grant(update_id, card.id, Content.FACTS, now, object=pointer, draft_mark=mark)
        self._owners.give(batch, subject, grant, actor.keyring, mark=mark)
        saved = SavedFacts(update_id.hex(), facts, now, actor.display_name)
        self._crew_facts.renew(batch, actor, person, saved)
        commit_batch(self._database, batch)
        return saved

    def _by_mark(self, subject: EntrustedKeys, mark: bytes) -> GrantEntry | None:
        """What an earlier press of the same Save wrote, if it was interrupted before its rows or never answered."""
        items = [item for item in reversed(_facts(self._contents(subject))) if item.key == mark]
        entries = (self._entry_at(subject, item) for item in items)
        return next((entry for entry in entries if entry is not None and entry.grant.draft_mark == mark), None)

    def _newest_entry(self, keys: EntrustedKeys, items: Items) -> GrantEntry | None:
        """The version that counts: the last in the log of those granted by their own authors.

        Raises:
            VerificationFailed: it is gone, or does not open.
        """
        if items.facts_gone:
            raise CannotOpen("the newest facts are gone")
        for item in reversed(first_grants(_facts(items))):
            entry = self._entry_at(keys, item)
            if entry is None:
                raise CannotOpen("the newest facts do not open")
            if self._is_unread_or_its_authors(entry):
                return entry
        return None

    def _newest_of(self, person: Person) -> tuple[tuple[EntrustedKeys, GrantEntry] | None, bool]:
        """The version that counts, of the first card that has any; and whether all looked at until then was whole."""
        is_whole = True
        for keys in person.cards:
            items = self._mailbox.contents(keys.keyring)
            is_whole = is_whole and items.is_whole
            entry = self._newest_entry(keys, items)
            if entry is not None:
                return (keys, entry), is_whole
        return None, is_whole

    def _contents(self, keys: EntrustedKeys) -> Items:
        return self._mailbox.contents(keys.keyring)

    def _entry_at(self, keys: EntrustedKeys, item: Item) -> GrantEntry | None:
        """The facts at that place; None if what was there no longer opens."""
        for entry in self._mailbox.opened(keys.keyring, [item]).grants.values():
            if entry.index == item.index and entry.grant.update_id == item.about:
                return entry
        return None

    def _is_unread_or_its_authors(self, entry: GrantEntry) -> bool:
        """Whether the version's own author granted it there: a grant by anybody else moves nothing.

        One that cannot be read may be its author's: then nothing older may take its place.
        """
        try:
            return self._read(entry) is not None
        except BlockMRSError:
            return True

    def _read(self, entry: GrantEntry) -> Update | None:
        """The version that its own author granted with `entry`; None if it is not one."""
        update = self._mailbox.update(entry.grant)
        return update if update.author == entry.author and update.kind == Content.FACTS else None

    def _opened(self, entry: GrantEntry, is_whole: bool = True) -> SavedFacts:
        update = self._read(entry)
        if update is None:
            raise InvalidProof("whoever granted these facts did not write them")
        facts, author, _ = read_facts(update.body)
        when = self._mailbox.written_at(entry)
        return SavedFacts(entry.grant.update_id.hex(), facts, when, author, is_whole)

    def _opened_or_none(self, entry: GrantEntry) -> SavedFacts | None:
        try:
            return self._opened(entry)
        except BlockMRSError:
            return None


def _facts(items: Items) -> list[Item]:
    """Where on a line facts about its own holder are, in the order of the log."""
    return [item for item in items if item.sort is Sort.FACTS and item.of_reader]
