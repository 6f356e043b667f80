"""Giving a selection of somebody's record to an organisation, seeing what became of it, and ending it.

Whatever the number of updates, one block takes for each card of the person the grant on the line to the organisation,
its copy on the card's own line, and, where the line is new, the introductions. The objects are stored before. Source:
docs/protocol "Bundles".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from blockmrs.domain.access_log import Event, LogEntry
from blockmrs.domain.bundles import BundleTerms
from blockmrs.domain.kinds import Purpose, Scope
from blockmrs.domain.permission import Standing, require_acting
from blockmrs.domain.sharing import BundleGrant
from blockmrs.errors import UNKNOWN, BlockMRSError, Conflict, InvalidInput, NotFound
from blockmrs.model.locks import KeyedLocks
from blockmrs.services.grants.ending import end_as_subject, original_of
from blockmrs.services.grants.granting import LineTo, share_bundle
from blockmrs.services.lines.bundles import keep_bundle
from blockmrs.services.lines.saving import commit_batch, finished, save_once
from blockmrs.services.people.persons import ME, handle_of
from blockmrs.services.selections.copies import Copies
from blockmrs.services.selections.selection import RecordShare, listing_of, selected
from blockmrs.services.sharing.books import LONGEST
from blockmrs.services.sharing.everyone import Form, RightRow

if TYPE_CHECKING:
    from datetime import datetime

    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.throttle import Throttle
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox
    from blockmrs.services.people.organisations import Organisation, Organisations
    from blockmrs.services.people.persons import People, Person
    from blockmrs.services.people.rolls import Rolls
    from blockmrs.services.people.teams import Teams
    from blockmrs.services.selections.copies import GivenCopy
    from blockmrs.services.selections.entries import RecordReader
    from blockmrs.services.selections.selection import RecordEntry, RecordNow, Selection, Terms
    from blockmrs.services.sharing.rights import RightsPage
    from blockmrs.storage import ObjectStore

SHARES_A_DAY = 30
"""How often one account gives of records to one organisation within a day."""
_ID_BYTES = 16


class RecordSharing:
    """Gives selections of records, and ends what was given."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        objects: ObjectStore,
        cards: Cards,
        organisations: Organisations,
        teams: Teams,
        people: People,
        rolls: Rolls,
        throttle: Throttle,
        records: RecordReader,
        one_at_a_time: Callable[[Sequence[EntrustedKeys]], AbstractContextManager[object]],
    ) -> None:
        self._one_at_a_time = one_at_a_time
        self._database = database
        self._mailbox = mailbox
        self._objects = objects
        self._cards = cards
        self._organisations = organisations
        self._teams = teams
        self._people = people
        self._rolls = rolls
        self._throttle = throttle
        self._records = records
        self._copies = Copies(mailbox, rolls, organisations)
        self._locks = KeyedLocks(database, "record share")

    def person(self, actor: Actor, handle: str) -> Person:
        """The person, for whoever acts for them.

        Raises:
            NotFound: a stranger to them. NotAuthorized: their coach.
        """
        try:
            person = self._people.with_card(actor, handle) if handle != ME else self._people.find(actor, handle)
        except NotFound:
            players = self._teams.team(actor).players
            knows = any(handle_of(actor, player.card_id) == handle for player in players)
            require_acting(Standing.AUTHOR if knows else Standing.STRANGER)
            raise
        require_acting(Standing.SUBJECT)
        return person

    def record(self, actor: Actor, handle: str) -> RecordNow:
        """Everything of the person's record that the actor can give, newest first; NotAuthorized as in `share`."""
        return self._records.of(self._people.giving(actor, self.person(actor, handle), self._rolls))

    def share(
        self, actor: Actor, handle: str, draft_id: str, organisation_id: bytes, selection: Selection, terms: Terms
    ) -> str:
        """Give the selection, once for each `draft_id` (32 hexadecimal digits); returns the share's id.

        Raises:
            InvalidInput: nothing is selected, or nobody is there to read it, or the terms are not good.
            Conflict: it comes to something else by now than the page listed that asked.
            NotAuthorized: as in `person`; and a coach who let themselves in while another of the family is in.
        """
        person = self._people.giving(actor, self.person(actor, handle), self._rolls)
        mark = actor.draft_mark(draft_id)
        organisation = self._organisations.find(organisation_id)
        self._check(organisation, terms)

        def done(_was_cut_off: bool) -> str | None:
            group = next((group for group in self._groups(actor, person) if _mark(group) == mark), None)
            if group is None:
                return None
            for copy in group:
                bundle = self._mailbox.terms(copy.entry.grant)
                pointers = [copy.entry.grant.object, *(sub.object for sub in bundle.sub_bundles)]
                with finished(self._database, self._objects, pointers):
                    pass
            return _share_id(group)

        def write() -> str:
            with self._one_at_a_time(person.cards):  # No object is let go meanwhile.
                entries = selected(self._records.of(person).entries, selection)
                if not entries:
                    raise InvalidInput("Choose something to share", field="what")
                if selection.listing not in (None, listing_of(entries)):
                    raise Conflict("it comes to something else than the page listed")
                who = (actor.account_id + organisation_id).hex()
                self._throttle.count("record share in a day", who, limit=SHARES_A_DAY, window=timedelta(days=1))
                return self._write(actor, person, organisation, entries, selection, terms, mark)

        return save_once(self._mailbox.settle, self._locks.hold(person.card.keyring.own_line), done, write)

    def shares(self, actor: Actor, handle: str) -> list[RecordShare]:
        """Every such share of the person's record, newest first, with who opened it; not counted by kind."""
        groups = self._groups(actor, self.person(actor, handle))
        return [self._counted(self._described(actor, group), group) for group in groups]

    def find(self, actor: Actor, handle: str, share_id: str) -> RecordShare:
        """One of them, counted by kind; NotFound if there is none with that id."""
        group = self._group(actor, self.person(actor, handle), share_id)
        return self._counted(self._described(actor, group), group, by_kind=True)

    def stop(self, actor: Actor, handle: str, share_id: str) -> None:
        """End it, whoever of the family gave it: its recipient can open none of it again. Errors as in `share`."""
        person = self._people.giving(actor, self.person(actor, handle), self._rolls)
        with self._locks.hold(person.card.keyring.own_line):
            self._mailbox.settle()
            batch, now = self._mailbox.batch(), self._mailbox.moment()
            for copy in self._group(actor, person, share_id):
                if copy.stopped is not None:
                    continue
                _, grantee = original_of(copy.entry)
                keys, organisation = copy.keys, self._organisations.find(grantee)
                line_key = self._organisations.introduce(batch, keys.keyring, keys.label, organisation)
                to = LineTo(self._cards.find(grantee), line_key)
                end_as_subject(batch, copy.entry, now, actor.keyring, keys, to)
            batch.commit()

    def rights(self, actor: Actor, page: RightsPage) -> Iterator[RightRow]:
        """What runs of it, as rows of the page of every right; none for a coach, whose record it is not."""
        if page.is_coach:
            return
        person = self.person(actor, page.handle)
        if person.handle != page.handle:
            return  # One of several cards of one person: all of it is listed at the person.
        here, ends = f"/share/{page.handle}", any(self._rolls.decides(actor, keys.keyring) for keys in person.cards)
        for share in (self._described(actor, group) for group in self._groups(actor, person)):
            if share.active:
                yield RightRow(
                    Form.SHARE, page.handle, page.label, share.party, share.since, share.given_by, share.until,
                    end=f"{here}/stop/{share.share_id}" if ends else "", see=f"{here}/sent/{share.share_id}",
                )  # fmt: skip

    def readers(self, actor: Actor, keys: EntrustedKeys, update_id: bytes) -> set[bytes]:
        """The card ids of those to whom a bundle that runs, or begins later, gives that update of the card's record.

        Raises:
            Unavailable, ObjectDamaged: what one of them got cannot be read here now, so that nobody can tell.
        """
        now = self._mailbox.present().clock
        return {
            copy.entry.grant.grantee
            for copy in self._copies.on(actor, keys)
            if copy.stopped is None
            and copy.entry.grant.grantee is not None
            # One that begins later opens it then.
            and (copy.entry.grant.not_after is None or now < copy.entry.grant.not_after)
            and self._lists(copy, update_id)
        }

    def running_on(self, actor: Actor, keys: EntrustedKeys) -> Iterator[tuple[list[bytes], str, datetime]]:
        """What runs, or begins later, of one card's record: the update ids, to whom it was given, and until when.

        Raises:
            Unavailable, ObjectDamaged: as in `readers`.
        """
        now = self._mailbox.present().clock
        for copy in self._copies.on(actor, keys):
            grant = copy.entry.grant
            if copy.stopped is not None or grant.not_after is None or grant.not_after <= now:
                continue
            try:
                yield [entry.update_id for entry in self._mailbox.bundle(grant).entries], grant.party, grant.not_after
            except UNKNOWN:
                raise
            except BlockMRSError:
                continue  # It opens for nobody.

    def _lists(self, copy: GivenCopy, update_id: bytes) -> bool:
        try:
            return any(entry.update_id == update_id for entry in self._mailbox.bundle(copy.entry.grant).entries)
        except UNKNOWN:
            raise
        except BlockMRSError:
            return False  # It opens for nobody.

    def log(self, actor: Actor, person: Person) -> Iterator[LogEntry]:
        """What was so given of the person's record, ended and opened, for the list of who looked."""
        for group in self._groups(actor, person):
            share, author = self._described(actor, group), group[0].entry.author
            see = f"/share/{person.handle}/sent/{share.share_id}"
            base = LogEntry(
                Event.SHARED_SELECTION, share.since, person.label, share.given_by, party=share.party,
                purpose=share.purpose, until=share.until, see=see, is_me=author == actor.keyring.card.id,
                who_card=author[:_ID_BYTES],
            )  # fmt: skip
            yield base
            if share.stopped is not None:
                ended = replace(base, event=Event.STOPPED_SELECTION, at=share.stopped, who="", is_me=False)
                yield replace(ended, who_card=b"")
            for receipt in share.receipts:
                yield LogEntry(
                    Event.OPENED_SELECTION, receipt.at, person.label, receipt.reader, receipt.organisation,
                    purpose=receipt.purpose, see=see, left=receipt.left, who_card=receipt.card[:_ID_BYTES],
                )  # fmt: skip

    def _check(self, organisation: Organisation, terms: Terms) -> None:
        now = self._mailbox.now()
        if not organisation.staff:
            raise InvalidInput("Nobody there has joined yet. Choose another", field="organisation")
        if terms.purpose not in set(Purpose):
            raise InvalidInput("Choose why you share", field="purpose")
        if not max(now, terms.not_before or now) < terms.until <= now + LONGEST:
            raise InvalidInput("Choose an end date within the next year", field="until")

    def _write(
        self, actor: Actor, person: Person, organisation: Organisation, entries: Sequence[RecordEntry],
        selection: Selection, terms: Terms, mark: bytes,
    ) -> str:  # fmt: skip
        """Write it; returns the share's id."""
        batch, now, copies = self._mailbox.batch(), self._mailbox.moment(), list[bytes]()
        card = self._cards.find(organisation.card_id)
        for keys in person.cards:
            given = [entry.update for entry in entries if entry.keys is keys]
            if not given:
                continue
            subject = keys.keyring.card.id
            its_terms = BundleTerms(terms.may_propose, selection.kinds, name=person.label)
            bundle = keep_bundle(batch, subject, its_terms, given, chain_id=self._mailbox.chain_id)
            line_key = self._organisations.introduce(batch, keys.keyring, keys.label, organisation)
            grant = BundleGrant(
                Scope.BUNDLE,
                bundle.object,
                bundle.bundle_id,
                subject,
                terms.purpose,
                max(now, terms.not_before or now),
                terms.until,
                title=person.label,
                party=actor.display_name,
            )
            to = LineTo(card, line_key)
            copies.append(share_bundle(batch, grant, actor.keyring, keys, to, organisation.name, mark))
        commit_batch(self._database, batch)
        return copies[0][:_ID_BYTES].hex()

    def _groups(self, actor: Actor, person: Person) -> list[list[GivenCopy]]:
        """The copies of every share, those of one press of the button together; newest first."""
        groups: dict[bytes, list[GivenCopy]] = {}
        for copy in sorted(self._copies.of(actor, person), key=lambda copy: copy.entry.index, reverse=True):
            groups.setdefault(copy.entry.author + (copy.entry.grant.draft_mark or copy.entry.id), []).append(copy)
        return list(groups.values())

    def _group(self, actor: Actor, person: Person, share_id: str) -> list[GivenCopy]:
        for group in self._groups(actor, person):
            if _share_id(group) == share_id:
                return group
        raise NotFound("no such share")

    def _counted(self, share: RecordShare, group: Sequence[GivenCopy], *, by_kind: bool = False) -> RecordShare:
        """The share with how many updates it gave; only where they are counted by kind, all their lists are read."""
        counts: Counter[str] = Counter()
        number, unreadable = 0, False
        for copy in group:
            try:
                if by_kind:
                    counts.update(entry.kind for entry in self._mailbox.bundle(copy.entry.grant).entries)
                else:
                    bundle = self._mailbox.terms(copy.entry.grant)
                    number += len(bundle.entries) + sum(sub.count for sub in bundle.sub_bundles)
            except BlockMRSError:
                unreadable = True
        return replace(
            share, number=number + counts.total(), kinds=tuple(sorted(counts.items())), unreadable=unreadable
        )

    def _described(self, actor: Actor, group: Sequence[GivenCopy]) -> RecordShare:
        """The share, not counted."""
        first, now = group[0], self._mailbox.present()
        stops = [copy.stopped for copy in group if copy.stopped is not None]
        is_ended = len(stops) == len(group)
        is_mine = first.entry.author == actor.keyring.card.id
        giver = actor.display_name if is_mine else self._rolls.of(first.keys.keyring).name_of(first.entry.author)
        return RecordShare(
            share_id=_share_id(group),
            party=first.entry.grant.party,
            purpose=first.entry.grant.purpose,
            since=self._mailbox.time_at(first.entry.index),
            until=first.entry.grant.not_after,
            stopped=max(stops) if is_ended else None,
            active=not is_ended and first.entry.grant.covers(now),
            number=0,
            given_by=giver,
            receipts=tuple(self._copies.receipts(group)),
        )


def _mark(group: Sequence[GivenCopy]) -> bytes | None:
    return group[0].entry.grant.draft_mark


def _share_id(group: Sequence[GivenCopy]) -> str:
    return group[-1].entry.id[:_ID_BYTES].hex()
