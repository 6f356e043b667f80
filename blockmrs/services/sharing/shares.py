"""Sharing a report with an organisation, stopping it, opening what was shared, and who looked."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from blockmrs.chain.transaction import Kind
from blockmrs.domain.kinds import RELEASED, Content, Purpose
from blockmrs.domain.permission import Action, Standing, require
from blockmrs.domain.senders import Standing as Sender
from blockmrs.domain.sharing import Grant, Receipt
from blockmrs.errors import InvalidInput, NotFound, ObjectMissing
from blockmrs.model.locks import KeyedLocks
from blockmrs.services.grants.ending import end_as_author, end_as_subject, original_of, write_revocation
from blockmrs.services.grants.granting import (
    LineTo,
    copy_to_owner,
    share_as_subject,
    write_grant,
    write_share,
)
from blockmrs.services.lines.saving import commit_batch
from blockmrs.services.reports.access import Access, AccessFinder, parse_report_address, report_address
from blockmrs.services.sharing.books import LONGEST
from blockmrs.services.sharing.openings import Opening, differs, openings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blockmrs.crypto.keys import Card
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.throttle import Throttle
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Mailbox
    from blockmrs.services.people.organisations import Organisation, Organisations
    from blockmrs.services.record.crew_facts import FamilyFacts
    from blockmrs.services.reports.attachments import Attachments
    from blockmrs.services.reports.reports import OpenedReport, Reports
    from blockmrs.services.sharing.books import Books
    from blockmrs.services.sharing.given_facts import GivenFacts

# Opening it again within this time needs no second receipt.
_RECEIPT_COVERS = timedelta(hours=12)
# More than anybody at the side of a field has to send to one hospital; too few to bury what others send it.
SHARES_AN_HOUR = 30
SHARES_A_DAY = 90


@dataclass(frozen=True, slots=True)
class Share:
    """One share of a report, with the receipts that came back. `by_family`: it was not stopped by whoever shared it.

    `said_stopped`: somebody wrote on the player's line that it was stopped, but nothing shows that the recipient was
    told. `differs`: the recipient opened something other than what this entry names. `from_family`: the family sent it,
    not the report's author; `sender` is who of them did, if the roll names them. `by_me`: whoever reads this did;
    `giver` is the card id of who did.
    """

    share_id: str
    party: str
    purpose: str
    since: datetime
    until: datetime | None
    stopped: datetime | None
    active: bool
    receipts: tuple[Opening, ...] = ()
    by_family: bool = False
    said_stopped: datetime | None = None
    differs: bool = False
    from_family: bool = False
    sender: str = ""
    by_me: bool = False
    giver: bytes = field(default=b"", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A shared report as the inbox lists it, before it is opened.

    `sender` is the directory's name for whoever sent it; if `is_claimed`, it is only what they call themselves, and
    `imitated` is the name in the directory that it could be taken for. `sender_id` is used in addresses. `lost`: its
    text is not on this machine.
    """

    address: str
    title: str
    level: int
    sender: str
    is_claimed: bool
    imitated: str
    sender_id: str
    organisation: str
    purpose: str
    shared_at: datetime
    until: datetime | None
    active: bool
    opened_at: datetime | None
    lost: bool = False
    concerns: tuple[str, ...] = ()


class Sharing:
    """Grants, revocations and receipts for reports."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        cards: Cards,
        organisations: Organisations,
        access: AccessFinder,
        reports: Reports,
        attachments: Attachments,
        throttle: Throttle,
        books: Books,
        along: GivenFacts,
    ) -> None:
        self._along = along
        self._throttle = throttle
        self._books = books
        self._attachments = attachments
        self._database = database
        self._mailbox = mailbox
        self._cards = cards
        self._organisations = organisations
        self._access = access
        self._reports = reports
        self.lacking = reports.without_text
        self.named, self.running_shares = access.named, books.running_shares
        self._locks = KeyedLocks(database, "share")

    def grant(self, actor: Actor, address: str, organisation_id: bytes, purpose: str, until: datetime) -> Share:
        """Let an organisation of the directory read the report until `until`; a repeated call is the same share.

        What the report's author shared serves the family too, and the other way round, if it runs at least as long.
        """
        access = self._access.allow(actor, address, Action.SHARE)
        organisation = self._organisations.find(organisation_id)
        if not organisation.staff:
            raise InvalidInput("Nobody there has joined yet. Choose another", field="organisation")
        now = self._mailbox.now()
        if purpose not in set(Purpose):
            raise InvalidInput("Choose why you share", field="purpose")
        if not now < until <= now + LONGEST:
            raise InvalidInput("Choose an end date within the next year", field="until")
        with self._locks.hold(access.grant.update_id):
            self._mailbox.settle()
            # It may have been sealed anew meanwhile: nobody is given what is about to go.
            access = self._access.allow(actor, address, Action.SHARE)
            share = self._active_share(actor, access, organisation_id, until)
            if share is None:
                self._refuse_what_family_ended(actor, access, organisation_id)
                self._count(actor, organisation_id)
                self._write_grant(actor, access, organisation, purpose, until)
                share = self._active_share(actor, access, organisation_id, until)
        if share is None:
            raise NotFound("no such share")
        return share

    def stop(self, actor: Actor, address: str, share_id: str) -> Share:
        """End a share: its recipient cannot open the report again. They may have kept what they saw.

        Whoever acts for the player may end any share about them, whoever made it; its author may not make it again.
        """
        access = self._access.allow(actor, address, Action.STOP_SHARE)
        with self._locks.hold(access.grant.update_id):
            self._mailbox.settle()
            entry = self._book_entry(actor, access, share_id)
            is_own = access.standing is Standing.AUTHOR and self._books.is_authors(access, entry)
            if entry.revoked is None and is_own:
                self._write_revocation(actor, access, entry)
            elif entry.revoked is None:
                self._end_as_subject(actor, self._books.subject(actor, access), entry)
        return next(share for share in self.shares(actor, address) if share.share_id == share_id)

    def release_to_family(self, actor: Actor, address: str) -> None:
        """Send a withheld report to the player's line, together with the shares made so far.

        A share made while it was withheld has no way back to the family: a receipt on the chain, sealed to the player's
        card, would tell them about the report. So each that is still running is granted again, with one; all in one
        block, since nobody would come back to what a crash in between had left.
        """
        access = self._access.allow(actor, address, Action.RELEASE_TO_FAMILY)
        with self._locks.hold(access.grant.update_id):
            self._mailbox.settle()
            # Asked again: meanwhile it may have been sealed anew, and the object of before be about to go.
            access = self._access.allow(actor, address, Action.RELEASE_TO_FAMILY)
            if not self._reports.is_withheld(actor, access):
                return
            subject = self._books.subject(actor, access)
            batch = self._mailbox.batch()
            self._reports.give_to_owner(batch, subject, access.grant, actor.keyring)
            book, book_key = self._books.authors(actor, access), self._book_key(actor, access)
            self._attachments.release(batch, actor, access, subject, book)
            noted = {entry.id: copy_to_owner(batch, entry.grant, actor.keyring, subject.keyring) for entry in book}
            released = Grant(access.grant.update_id, access.grant.subject, RELEASED, self._mailbox.moment(),
                             grantee=access.grant.subject)  # fmt: skip
            write_grant(batch, released, actor.keyring, LineTo(actor.keyring.card, book_key))
            for entry in book:
                grant = entry.grant
                if entry.revoked is not None:
                    # Both sides seal anew by the ends that stand on this line: whoever was stopped has the keys.
                    own = LineTo.own(subject.keyring)
                    write_revocation(batch, noted[entry.id], self._mailbox.moment(), actor.keyring, own)
                if grant.grantee is None or grant.not_after is None or not self._is_running(entry):
                    continue
                end_as_author(
                    batch, entry, self._mailbox.moment(), actor.keyring, self._cards.find(grant.grantee),
                    book_key=book_key, owner=subject.keyring, on_owners_line=[replace(entry, id=noted[entry.id])],
                )  # fmt: skip
                organisation = self._organisations.find(grant.grantee)
                self._give(batch, actor, access, organisation, grant.purpose, grant.not_after, subject)
            commit_batch(self._database, batch)

    def _refuse_what_family_ended(self, actor: Actor, access: Access, organisation_id: bytes) -> None:
        """InvalidInput if the family ended what this author shared with them: who ended it may share it anew."""
        if access.standing is not Standing.AUTHOR:
            return
        for entry in self._books.authors(actor, access):
            if entry.grant.grantee == organisation_id and _is_ended_by_subject(entry):
                raise InvalidInput("The family stopped sharing this with them. Ask the family", field="organisation")

    def _count(self, actor: Actor, organisation_id: bytes) -> None:
        """Count one share; TooManyAttempts if this account has recently shared too much with that organisation."""
        who = (actor.account_id + organisation_id).hex()
        self._throttle.count("share in an hour", who, limit=SHARES_AN_HOUR, window=timedelta(hours=1))
        self._throttle.count("share in a day", who, limit=SHARES_A_DAY, window=timedelta(days=1))

    def family_facts(self, actor: Actor, address: str) -> FamilyFacts | None:
        """What the family let go along with the report: for a recipient what came, for the others what goes now.

        None where nothing does, and for a recipient who has not left a receipt.
        """
        access = self._access.allow(actor, address, Action.FOLLOW)
        if access.standing is not Standing.RECIPIENT:
            along = self._along.going(actor, access)
        elif self.open_shared(actor, address) is None:
            return None
        else:
            along = self._along.came(actor, access)
        return None if along is None else self._along.read(along)

    def one_at_a_time(self, update_id: bytes) -> AbstractContextManager[bool]:
        """Hold the lock for everything that gives one report, or what follows it, to somebody."""
        return self._locks.hold(update_id)

    def running(self, actor: Actor, access: Access) -> list[tuple[bytes, datetime]]:
        """Those with whom the report is shared now, whoever shared it: each organisation's card id, and until when."""
        return self._books.running(actor, access)

    def shares(self, actor: Actor, address: str) -> list[Share]:
        """Shares of the report with their receipts, newest first: a coach sees their own, the family all of them."""
        access = self._access.allow(actor, address, Action.SEE_WHO_LOOKED)
        entries = sorted(self._books.shown(actor, access), key=lambda entry: entry.index, reverse=True)
        return [self._share(actor, access, entry) for entry in entries]

    def returned(
        self, actor: Actor, access: Access, purpose: str, *, whole: bool = True
    ) -> Iterator[tuple[GrantEntry, GrantEntry, datetime]]:
        """What organisations wrote about the report: share, grant and time.

        Args:
            whole: whoever shared it with them; else only where the actor is shown the share.
        """
        shares = self._books.returning(actor, access, whole=whole)
        return self._attachments.returned(actor, access, shares, purpose)

    def grantees(self, actor: Actor, access: Access) -> set[bytes]:
        """The card ids of all organisations with which the report was ever shared."""
        shares = self._books.returning(actor, access)
        return {share.grant.grantee for share in shares if share.grant.grantee is not None}

    def cover(self, actor: Actor, address: str) -> InboxItem:
        """What a shared report shows before it is opened."""
        access = self._recipient(actor, address)
        return replace(self.item(actor, access), lost=bool(self.lacking([access])))

    def acknowledge(self, actor: Actor, address: str) -> None:
        """Leave signed receipts for author and subject; afterwards the actor may read for twelve hours.

        Raises:
            Unavailable: the report cannot be read here now; nobody is to be told of an opening that shows nothing.
        """
        self._mailbox.settle()
        access = self._recipient(actor, address)
        if self.opened_at(actor, access) is None:
            self._reports.read(actor, access)
            self.leave_receipts(actor, access)

    def leave_receipts(self, actor: Actor, access: Access) -> None:
        """Leave signed receipts for what the actor is about to be shown, and can be."""
        grant, card, keys = access.grant, access.author_card, access.keys
        if keys is None or card is None:
            return
        receipt = Receipt(
            grant.update_id, self._mailbox.moment(), access.purpose, actor.display_name, keys.label, access.entry.id
        )
        batch = self._mailbox.batch()
        if grant.return_to_author is not None:
            _leave(batch, receipt, actor, card, grant.return_to_author)
        if grant.return_to_subject is not None:
            subject = self._cards.find(grant.subject)
            _leave(batch, receipt, actor, subject, grant.return_to_subject)
        _leave(batch, receipt, actor, actor.keyring.card, self._opened_key(actor, grant))
        senders = self._access.senders
        if senders.standings(keys).get(card.id, Sender.UNKNOWN) is Sender.UNKNOWN:
            senders.add(batch, actor, keys, card.id, Sender.KNOWN)
        batch.commit()
        self._organisations.staff.state(actor, keys.keyring.card.id)

    def open_shared(self, actor: Actor, address: str) -> OpenedReport | None:
        """The report's content, once the actor has left a receipt; None before that."""
        access = self._recipient(actor, address)
        if self.opened_at(actor, access) is None:
            return None
        return self._reports.read(actor, access)

    def is_author_or_family(self, actor: Actor, address: str) -> bool:
        """Whether the report's own page is the right one for this actor, rather than the inbox."""
        access = self._access.find(actor, parse_report_address(address))
        return access is not None and access.standing in (Standing.AUTHOR, Standing.SUBJECT)

    def _recipient(self, actor: Actor, address: str) -> Access:
        prefix = parse_report_address(address)
        former = None
        gaps: list[str] = []
        for access in self._access.received(actor, prefix, gaps):
            if access.standing is Standing.RECIPIENT:
                return access
            former = access
        if gaps:
            raise ObjectMissing("some of the keys with which this person reads are not here")
        require(Action.READ, Standing.STRANGER if former is None else former.standing)
        raise NotFound("no such report")

    def item(self, actor: Actor, access: Access) -> InboxItem:
        """What a shared report shows from outside, with its sender as the directory and the organisation know them."""
        grant, keys, card = access.grant, access.keys, access.author_card
        if keys is None or card is None:
            raise NotFound("no such report")
        senders = self._access.senders
        listed = senders.listed([card.id]).get(card.id)
        return InboxItem(
            address=report_address(grant.update_id),
            title=grant.title,
            level=grant.level or 1,
            sender=listed or grant.party,
            is_claimed=listed is None,
            imitated="" if listed else senders.imitated(grant.party) or "",
            sender_id=senders.handle(keys, card.id),
            organisation=keys.label,
            purpose=access.purpose,
            shared_at=self._mailbox.written_at(access.entry),
            until=grant.not_after,
            active=access.standing is Standing.RECIPIENT,
            opened_at=self.opened_at(actor, access, ever=True),
            concerns=grant.concerns,
        )

    def opened_at(self, actor: Actor, access: Access, *, ever: bool = False) -> datetime | None:
        """When the actor last left receipts for it, if those still count; or, with `ever`, at all."""
        line = self._mailbox.private_line(self._opened_key(actor, access.grant), actor.keyring)
        times = [receipt.at for _, receipt in line.receipts if receipt.grant_id == access.entry.id]
        last = max(times, default=None)
        if last is None or ever or self._mailbox.present().latest - last < _RECEIPT_COVERS:
            return last
        return None

    def _write_grant(
        self, actor: Actor, access: Access, organisation: Organisation, purpose: str, until: datetime
    ) -> None:
        is_hidden = access.standing is Standing.AUTHOR and self._reports.is_withheld(actor, access)
        subject = None if is_hidden else self._books.subject(actor, access)
        batch = self._mailbox.batch()
        self._give(batch, actor, access, organisation, purpose, until, subject)
        commit_batch(self._database, batch)

    def _give(
        self, batch: Batch, actor: Actor, access: Access, organisation: Organisation, purpose: str, until: datetime,
        subject: EntrustedKeys | None,
    ) -> None:  # fmt: skip
        """Add a share to `batch`, with what follows the report; `subject` is None while it is withheld from them."""
        card = self._cards.find(organisation.card_id)
        grant = Grant(
            access.grant.update_id,
            access.grant.subject,
            purpose,
            self._mailbox.moment(),
            not_after=until,
            object=access.grant.object,
            level=access.grant.level,
            title=access.grant.title,
            concerns=access.grant.concerns,
            party=actor.display_name,
        )
        giver = (actor.keyring, actor.display_name) if subject is None else (subject.keyring, subject.label)
        if subject is None or access.standing is Standing.AUTHOR:
            keyring = actor.keyring
            line_key = self._organisations.introduce(batch, keyring, actor.display_name, organisation)
            write_share(
                batch, grant, keyring, LineTo(card, line_key), organisation.name,
                book_key=self._book_key(actor, access), owner=None if subject is None else subject.keyring,
            )  # fmt: skip
        else:
            line_key = self._organisations.introduce(batch, *giver, organisation)
            share_as_subject(batch, grant, actor.keyring, subject, LineTo(card, line_key), organisation.name)
        follow = [entry.grant for entry in self._attachments.entries(actor, access, Content.CHECK)]
        along = None
        if subject is not None:
            along = self._along.going_of(actor, access, subject)
        follow += [replace(along.grant, about=access.grant.update_id)] if along is not None else []
        self._attachments.pass_on(batch, giver, card.id, until, follow)

    def _write_revocation(self, actor: Actor, access: Access, entry: GrantEntry) -> None:
        _, grantee = original_of(entry)
        batch, owner = self._mailbox.batch(), None
        if not self._reports.is_withheld(actor, access):
            owner = self._books.subject(actor, access).keyring
        copies = self._books.copies_on(owner, access.grant.update_id) if owner is not None else ()
        end_as_author(
            batch, entry, self._mailbox.moment(), actor.keyring, self._cards.find(grantee),
            book_key=self._book_key(actor, access), owner=owner, on_owners_line=copies,
        )  # fmt: skip
        batch.commit()

    def _end_as_subject(self, actor: Actor, subject: EntrustedKeys, entry: GrantEntry) -> None:
        """End a share with the card that it is about, on that card's own line to the recipient."""
        _, grantee = original_of(entry)
        organisation, batch = self._organisations.find(grantee), self._mailbox.batch()
        line_key = self._organisations.introduce(batch, subject.keyring, subject.label, organisation)
        to = LineTo(self._cards.find(grantee), line_key)
        end_as_subject(batch, entry, self._mailbox.moment(), actor.keyring, subject, to)
        batch.commit()

    def _active_share(self, actor: Actor, access: Access, organisation_id: bytes, until: datetime) -> Share | None:
        """A running share with them that serves: one of the actor's own side, or one that lasts until then."""
        for entry in self._books.shown(actor, access):
            lasts = entry.grant.not_after is not None and entry.grant.not_after >= until
            serves = lasts or self._is_from(access.standing, access, entry)
            if entry.grant.grantee == organisation_id and serves and self._is_running(entry):
                return self._share(actor, access, entry)
        return None

    def _is_from(self, standing: Standing, access: Access, entry: GrantEntry) -> bool:
        """Whether the report's author shared it; for Standing.SUBJECT, whether the family did."""
        return self._books.is_authors(access, entry) is (standing is Standing.AUTHOR)

    def _share(self, actor: Actor, access: Access, entry: GrantEntry) -> Share:
        receipts = []
        if entry.grant.return_to_author is not None:
            receipts = self._mailbox.return_line(entry.grant.return_to_author, actor.keyring)
        elif entry.grant.return_to_subject is not None:
            reader = self._books.subject(actor, access).keyring
            receipts = self._mailbox.return_line(entry.grant.return_to_subject, reader)
        grant = entry.grant
        return Share(
            share_id=entry.id.hex(),
            party=grant.party,
            purpose=grant.purpose,
            since=self._mailbox.written_at(entry),
            until=grant.not_after,
            stopped=entry.revoked.at if entry.revoked else None,
            active=self._is_running(entry),
            receipts=tuple(openings(self._mailbox, self._organisations.staff, entry.grant, receipts)),
            by_family=_is_ended_by_subject(entry),
            said_stopped=entry.copy_revocation.at if entry.copy_revocation and entry.revoked is None else None,
            differs=differs(self._organisations.staff, entry.grant, receipts),
            from_family=self._is_from(Standing.SUBJECT, access, entry),
            sender=self._books.sender(actor, access, entry),
            by_me=entry.author == actor.keyring.card.id,
            giver=entry.author,
        )

    def _is_running(self, entry: GrantEntry) -> bool:
        return self._books.is_running(entry)

    def _book_entry(self, actor: Actor, access: Access, share_id: str) -> GrantEntry:
        for entry in self._books.shown(actor, access):
            if entry.id.hex() == share_id:
                return entry
        raise NotFound("no such share")

    def _book_key(self, actor: Actor, access: Access) -> bytes:
        return self._reports.book_key(actor.keyring, access.grant.update_id)

    def _opened_key(self, actor: Actor, grant: Grant) -> bytes:
        return actor.keyring.derive("opened", grant.update_id)


def _leave(batch: Batch, receipt: Receipt, actor: Actor, recipient: Card, line_key: bytes) -> None:
    batch.add(Kind.RECEIPT, receipt.to_fields(), author=actor.keyring, recipient=recipient, line_key=line_key)


def _is_ended_by_subject(copy: GrantEntry) -> bool:
    return copy.revoked is not None and copy.revoked_by != copy.author
