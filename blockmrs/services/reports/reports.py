"""Saving and opening injury reports.

The effects of a save, in this order: the sealed objects are durable, then all its transactions are in one block, then
come the rows that find it again. Only then does the page say "Saved".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from blockmrs.domain.concerns import concerns_of
from blockmrs.domain.followups import may_be_head_injury
from blockmrs.domain.kinds import Content, Purpose, Relation
from blockmrs.domain.permission import Action, Standing
from blockmrs.domain.sharing import Grant, Pointer
from blockmrs.domain.triage.loader import load_rules
from blockmrs.errors import Conflict, InvalidInput, NotAuthorized
from blockmrs.fhir.report import read_report, write_report
from blockmrs.model.locks import KeyedLocks
from blockmrs.moments import from_ms, to_ms
from blockmrs.services.grants.granting import LineTo, give_to_owner, write_grant
from blockmrs.services.grants.private_marks import PrivateMarks
from blockmrs.services.lines.contents import (
    Item,
    ListPlace,
    Sort,
    by_log,
    first_grants,
    newest_once,
    page_of,
)
from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Line, Mailbox
from blockmrs.services.lines.saving import committed, finished, parse_draft_id, save_once
from blockmrs.services.lines.updates import keep_update, sign_update
from blockmrs.services.reports.access import (
    ID_BYTES,
    Access,
    AccessFinder,
    ReportPlace,
    book_key,
    parse_report_address,
    report_address,
)
from blockmrs.services.reports.read_marks import ReadMarks

if TYPE_CHECKING:
    from blockmrs.cid import Cid
    from blockmrs.crypto.keys import Keyring
    from blockmrs.domain.reports import Report
    from blockmrs.domain.triage.rules import RuleSet
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.grants.owners import Owners
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.people.persons import Person
    from blockmrs.services.people.roster import Player
    from blockmrs.services.people.teams import Teams
    from blockmrs.storage import ObjectStore

_LOOK_BACK = 3
# A clock on a phone may be a little ahead of ours.
_FUTURE = timedelta(minutes=5)
_OLDEST = timedelta(days=90)
# Of how many of the newest reports about one person it is looked up whether they were opened.
_NEWS_OF = 200


@dataclass(frozen=True, slots=True)
class SavedReport:
    """A saved report: object, chain and rows are durable. `waiting`: not yet at the IPFS node.

    `lost`: its text is not on this machine, where it should be. `concerns`: what it is about (domain/concerns.py).
    """

    address: str
    title: str
    level: int
    saved_at: datetime
    withheld: bool
    waiting: bool
    lost: bool = False
    concerns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenedReport:
    """A report's content, with its reader's standing."""

    address: str
    report: Report
    standing: Standing
    saved_at: datetime
    withheld: bool
    waiting: bool
    subject: bytes = b""
    acting_for: str = ""
    about_me: bool = False


@dataclass(frozen=True, slots=True)
class ReportProof:
    """What proves a report: `update_id`, its author's card, and where the grant is that lets this reader read.

    The update's signature has been checked, and that the transaction is under the chain's newest header.
    """

    update_id: str
    signed_by: str
    transaction: int
    block: int


class Reports:
    """Saves, lists and opens reports."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        cards: Cards,
        objects: ObjectStore,
        teams: Teams,
        access: AccessFinder,
        owners: Owners,
        waiting: Callable[[Pointer], bool],
        lacking: Callable[[Iterable[Cid]], Collection[Cid]] = lambda _: (),
        rules: Callable[[], RuleSet] = load_rules,
    ) -> None:
        self._rules = rules
        self._owners = owners
        self._database = database
        self._mailbox = mailbox
        self._cards = cards
        self._objects = objects
        self._teams = teams
        self._access = access
        self._waiting = waiting
        self.lacking = lacking
        self._locks = KeyedLocks(database, "report")
        self._read_marks = ReadMarks(database)

    def now(self) -> datetime:
        """The time by this node's clock."""
        return self._mailbox.now()

    def save(
        self,
        actor: Actor,
        draft_id: str,
        report: Report,
        *,
        player: Player | None = None,
        person: Person | None = None,
        withheld: bool = False,
    ) -> SavedReport:
        """Save `report` once, however often it is called with one `draft_id` (32 hexadecimal digits).

        It is about a player on the roster, or a person whose record the actor keeps. With neither, a provisional card
        is made for somebody who is on no roster; so it is for a player whose family ended the coach's part, so that
        nothing is lost and nothing enters the family's record. `withheld` keeps it from the family until the author
        releases it; nothing is kept from the people themselves, or from whoever acts for them.
        """
        if person is not None and (player is not None or withheld):
            raise InvalidInput("a report for one's own record is about one person, and is withheld from nobody")
        mark, draft = actor.draft_mark(draft_id), parse_draft_id(draft_id)
        check_time(report.injured_at, self._mailbox.now())
        length = 0

        def done(was_cut_off: bool) -> SavedReport | None:
            nonlocal length
            place = self._access.saved_by_draft(actor, draft)
            if place is not None:
                return self._describe(actor, place)
            length = self._mailbox.length(actor.keyring.own_line)
            grant = self._finish_earlier(actor, draft, mark, length, was_cut_off)
            return None if grant is None else self._listed(grant)

        def write() -> SavedReport:
            about = self._teams.usable(actor, player) if person is None else person.card
            secret = player.secret if player is not None and about is not None else None
            return self._listed(self._write(actor, draft, mark, report, about, secret, withheld, length))

        return save_once(self._mailbox.settle, self._locks.hold(mark), done, write)

    def draft_is_saved(self, actor: Actor, draft_id: str) -> SavedReport | None:
        """The report that this form already made, if it did."""
        place = self._access.saved_by_draft(actor, parse_draft_id(draft_id))
        return None if place is None else self._describe(actor, place)

    def open(self, actor: Actor, address: str) -> OpenedReport:
        """The report at `address` for its author, or for the family; recipients open through `sharing.open_shared`."""
        access = self._access.allow(actor, address, Action.READ)
        if access.standing is Standing.RECIPIENT:
            raise NotAuthorized("a shared report is opened from the inbox, which leaves a receipt")
        return self.read(actor, access)

    def read(self, actor: Actor, access: Access) -> OpenedReport:
        """The content behind an access that has been allowed."""
        grant = access.grant
        update = self._mailbox.read(grant, access.entry.author)
        self._access.check_given(access, update)
        pointer = grant.object
        return OpenedReport(
            address=report_address(grant.update_id),
            report=read_report(update.body),
            standing=access.standing,
            saved_at=self._mailbox.written_at(access.entry),
            withheld=access.standing is Standing.AUTHOR and self.is_withheld(actor, access),
            waiting=pointer is not None and self._waiting(pointer),
            subject=grant.subject,
            acting_for=access.keys.label if access.standing is Standing.SUBJECT and access.keys else "",
            about_me=grant.subject == actor.keyring.card.id,
        )

    def prove(self, actor: Actor, address: str) -> ReportProof:
        """The proof of a report, for its author and the family; InvalidProof if the chain does not hold it."""
        access = self._access.allow(actor, address, Action.SEE_WHO_LOOKED)
        place = self._mailbox.prove(access.reader.own_line, access.reader, access.entry)
        return ReportProof(
            update_id=access.grant.update_id.hex(),
            signed_by=self._cards.find(access.entry.author).fingerprint(),
            transaction=place.index,
            block=place.height,
        )

    def mine(self, actor: Actor, before: ListPlace | None = None) -> tuple[list[SavedReport], ListPlace | None]:
        """The actor's own reports, newest first, 20 at a time; and the `before` of the next older page, if any."""
        keyring = actor.keyring
        places = newest_once([item for item in self._mailbox.contents(keyring) if item.sort is Sort.REPORT])
        page, older = page_of(places, before, by_log)
        entries = self._listed_at(page, self._mailbox.opened(keyring, page, author=keyring.card))
        return self._marked(page, entries), older

    def page_about(self, person: Person, before: ListPlace | None = None) -> tuple[list[SavedReport], ListPlace | None]:
        """The reports about a person from `services.people`, newest first, 20 a page, and the next `before`, if any."""
        places = [(item, keys) for keys in person.cards for item in self._placed_on(keys)]
        page, older = page_of(places, before, lambda place: by_log(place[0]))
        return self._listed_about(person, page), older

    def unread_about(self, actor: Actor, person: Person, since: datetime) -> list[SavedReport]:
        """The reports about a person since then that others wrote and the actor has not opened, newest first.

        20 at most.
        """
        me, since_ms = actor.keyring.card.id, to_ms(since)
        places = [
            (item, keys)
            for keys in person.cards
            for item in self._placed_on(keys)
            if item.at_ms >= since_ms and not me.startswith(item.by)
        ]
        places = sorted(places, key=lambda place: by_log(place[0]), reverse=True)[:_NEWS_OF]
        opened = self._read_marks.among(actor, [item.update[:ID_BYTES] for item, _ in places])
        unread = [(item, keys) for item, keys in places if item.update[:ID_BYTES] not in opened]
        page, _older = page_of(unread, None, lambda place: by_log(place[0]))
        return self._listed_about(person, page)

    def mark_read(self, actor: Actor, address: str) -> None:
        """Note that the actor opens the report at `address`, which they may read: it is no longer new to them."""
        self._access.allow(actor, address, Action.READ)
        self._read_marks.add(actor, parse_report_address(address))

    def is_new(self, actor: Actor, opened: OpenedReport) -> bool:
        """Whether a report that is about one of the actor's people is still new to them."""
        return opened.standing is Standing.SUBJECT and not self._read_marks.among(
            actor, [parse_report_address(opened.address)]
        )

    def _listed_about(self, person: Person, page: Sequence[tuple[Item, EntrustedKeys]]) -> list[SavedReport]:
        entries: dict[int, GrantEntry] = {}
        for keys in person.cards:
            its = [item for item, holder in page if holder is keys]
            entries |= self._listed_at(its, self._mailbox.opened(keys.keyring, its))
        return self._marked([item for item, _ in page], entries)

    def without_text(self, accesses: Sequence[Access]) -> set[bytes]:
        """The ids of those running shares whose object is not here."""
        running = [access for access in accesses if access.standing is Standing.RECIPIENT]
        objects = {access.entry.id: access.grant.object.cid for access in running if access.grant.object is not None}
        # What was chosen is needed, too, to show what was given under it.
        under = {access.entry.id: access.under.grant.object.cid for access in running if access.under is not None}
        lacking = self.lacking([*objects.values(), *under.values()])
        return {entry_id for of in (objects, under) for entry_id, cid in of.items() if cid in lacking}

    def _marked(self, page: Sequence[Item], entries: Mapping[int, GrantEntry]) -> list[SavedReport]:
        """What a list shows for these places, with the time of each block, and whether the text is not here."""
        there = [(item, entries[item.index].grant) for item in page if item.index in entries]
        lacking = self.lacking([grant.object.cid for _, grant in there if grant.object is not None])
        return [
            replace(
                self._listed(grant),
                saved_at=from_ms(item.at_ms),
                lost=grant.object is not None and grant.object.cid in lacking,
            )
            for item, grant in there
        ]

    @staticmethod
    def _listed_at(places: list[Item], line: Line) -> dict[int, GrantEntry]:
        """The grants of the reports at these places, by their places in the log."""
        indexes = {item.index for item in places}
        reports = [
            entry for entry in line.grants.values() if entry.grant.purpose == Content.REPORT and entry.index in indexes
        ]
        return {e.index: e for e in reports if e.grant.grantee is None and e.grant.object is not None}

    def is_whole(self, people: Iterable[Person]) -> bool:
        """Whether everything once seen on these people's lines is still there."""
        return all(self._mailbox.contents(keys.keyring).is_whole for person in people for keys in person.cards)

    def is_own_line_whole(self, actor: Actor) -> bool:
        """Whether everything once seen on the actor's own line is still there."""
        return self._mailbox.contents(actor.keyring).is_whole

    def _placed_on(self, keys: EntrustedKeys) -> list[Item]:
        """Where on a card's line reports about its holder are, each where its author first granted it."""
        # Somebody's own line also holds their copies of reports about others, and of shares.
        contents = self._mailbox.contents(keys.keyring)
        items = first_grants(item for item in contents if item.sort is Sort.REPORT and item.of_reader)
        signers: dict[bytes, int] = {}
        for item in items:
            signers[item.update] = signers.get(item.update, 0) + 1
        several = [item for item in items if signers[item.update] > 1]
        placed: set[int] = set()
        if several:
            # Hardly ever; then the writer is looked up in the update itself.
            entries = self._mailbox.opened(keys.keyring, several).grants.values()
            placed = {entry.index for entry in self._mailbox.placed(entries)}
        return newest_once([item for item in items if signers[item.update] == 1 or item.index in placed])

    def author_of(self, access: Access) -> bytes:
        """The card of whoever wrote the report; looked up in the update if only its subject's card granted it."""
        entry = access.entry
        return entry.author if entry.author != entry.grant.subject else self._mailbox.update(entry.grant).author

    def is_withheld(self, actor: Actor, access: Access) -> bool:
        """Whether the author still keeps this report from the family."""
        return self._access.is_withheld(actor.keyring, access.grant)

    def give_to_owner(self, batch: Batch, subject: EntrustedKeys, grant: Grant, author: Keyring) -> None:
        """Add to `batch` the owner's grant of a report that was kept from them, with an object of the owner's own."""
        pointer = self._mailbox.seal_anew(batch, grant.gives, subject.keyring)
        give_to_owner(self._mailbox, batch, subject, replace(grant, object=pointer), author)

    def book_key(self, keyring: Keyring, update_id: bytes) -> bytes:
        """The line on which the author keeps the book of one report: who got it, and until when."""
        return book_key(keyring, update_id)

    def _write(
        self,
        actor: Actor,
        draft: bytes,
        mark: bytes,
        report: Report,
        about: EntrustedKeys | None,
        secret: Pointer | None,
        withheld: bool,
        length: int,
    ) -> Grant:
        keyring, now = actor.keyring, self._mailbox.moment()
        batch = self._mailbox.batch()
        batch.know_length(keyring.own_line, length)
        if about is not None:
            subject = about
        else:
            player = self._teams.make_provisional(batch, actor, report.player)
            subject, secret = EntrustedKeys(player.keyring, Relation.HOLDER, report.player, player.seed), player.secret
        report = replace(report, written_at=now.astimezone(report.written_at.tzinfo))
        chain_id = self._mailbox.chain_id
        plaintext, update_id = sign_update(
            keyring,
            subject=subject.keyring.card.id,
            kind=Content.REPORT,
            purpose=Purpose.CARE,
            body=write_report(report),
            created=now,
            chain_id=chain_id,
        )
        grant = Grant(
            update_id,
            subject.keyring.card.id,
            Content.REPORT,
            now,
            object=keep_update(batch, plaintext, keyring, chain_id=chain_id),
            draft_mark=mark,
            level=report.advice.level,
            withheld=withheld,
            title=report.title,
            head=may_be_head_injury(report, self._rules()),
            concerns=concerns_of(report, self._rules()),
            private=PrivateMarks(self._rules()).on(report),
        )
        is_own = subject.keyring.card.id == keyring.card.id
        # In a report about oneself, the author's grant is also the owner's: both lines are the same.
        authors = self._owners.numbered(batch, subject, grant, keyring, report=report) if is_own else grant
        own = write_grant(batch, authors, keyring, LineTo.own(keyring))
        if not withheld and not is_own:
            # An object of the owner's own: what either of them stops and seals anew takes nothing from the other.
            owners = keep_update(batch, plaintext, subject.keyring, chain_id=chain_id)
            self._owners.give(batch, subject, replace(grant, object=owners), keyring, report=report)
        place = ReportPlace(update_id, batch.positions[own], subject.keyring.card.id, secret)
        with committed(self._database, batch) as rows:
            rows.add_all(self._access.save_rows(actor, draft, place))
        return grant

    def _finish_earlier(self, actor: Actor, draft: bytes, mark: bytes, length: int, was_cut_off: bool) -> Grant | None:
        """Write the rows for a save that was interrupted after its block: the chain has it, so it is the same report.

        If it is known to have been interrupted, it is found however long ago that was: a phone may resend what it kept
        after its owner has saved much else elsewhere. Otherwise, after a power cut, it is at the end of the line.
        """
        keyring = actor.keyring
        if was_cut_off:
            items = [item for item in self._mailbox.contents(keyring) if item.sort is Sort.REPORT and item.key == mark]
            line = self._mailbox.opened(keyring, items, author=keyring.card)
        else:
            line = self._mailbox.own_page(keyring, max(0, length - _LOOK_BACK), length)
        for entry in line.grants.values():
            grant = entry.grant
            if grant.draft_mark == mark and grant.object is not None:
                secret = self._secret_made_with(actor, entry)
                place = ReportPlace(grant.update_id, entry.position, grant.subject, secret)
                pointers = [secret, self._cards.pointer(grant.subject)] if secret is not None else []
                releasable = [(grant.object, keyring)]
                if grant.subject != keyring.card.id and not grant.withheld:
                    releasable = self._both(actor, place, grant.object)
                pointers += [] if releasable else [grant.object]
                with finished(self._database, self._objects, pointers, releasable) as rows:
                    rows.add_all(self._access.save_rows(actor, draft, place))
                return grant
        return None

    def _both(self, actor: Actor, place: ReportPlace, authors: Pointer) -> list[tuple[Pointer, Keyring]]:
        """The author's and the owner's object of a report that was just saved, each with the keys it was kept for.

        None where both are one, as before there were two: that one is let go by nobody.
        """
        keys = self._access.subject_keys(actor, place)
        if keys is None:
            return [(authors, actor.keyring)]
        items = [item for item in self._mailbox.contents(keys.keyring) if item.about == place.update_id]
        entries = self._mailbox.opened(keys.keyring, items).grants.values()
        owners = {entry.grant.object for entry in entries if entry.author == actor.keyring.card.id}
        if authors in owners:
            return []
        return [(authors, actor.keyring), *((pointer, keys.keyring) for pointer in owners if pointer is not None)]

    def _secret_made_with(self, actor: Actor, entry: GrantEntry) -> Pointer | None:
        """Where the seed of the report's card is, if the same save made that card; None for an existing card."""
        # Such a save writes the appointment right before the grant.
        before = self._mailbox.own_page(actor.keyring, max(0, entry.position - 1), entry.position).appointments
        return next((appointment.secret for dependent, appointment in before if dependent == entry.grant.subject), None)

    def _describe(self, actor: Actor, place: ReportPlace) -> SavedReport:
        entries = self._mailbox.own_page(actor.keyring, place.position, place.position + 1).grants
        for entry in entries.values():
            if entry.grant.update_id == place.update_id:
                return self._listed(entry.grant)
        raise Conflict("the saved report is not where its row says")

    def _listed(self, grant: Grant) -> SavedReport:
        pointer = grant.object
        return SavedReport(
            address=report_address(grant.update_id),
            title=grant.title,
            level=grant.level or 1,
            saved_at=grant.not_before,
            withheld=grant.withheld,
            waiting=pointer is not None and self._waiting(pointer),
            concerns=grant.concerns,
        )


def check_time(moment: datetime, now: datetime, field: str = "injured_at") -> None:
    """InvalidInput unless `moment` is in the last 90 days and not in the future."""
    to_ms(moment)
    if moment > now + _FUTURE:
        raise InvalidInput("Enter a time that is not in the future", field=field)
    if moment < now - _OLDEST:
        raise InvalidInput("Enter a time in the last 90 days", field=field)
