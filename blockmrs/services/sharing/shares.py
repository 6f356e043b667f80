"""Sharing a report with an organisation, stopping it, opening what was shared, and who looked."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from blockmrs.chain.transaction import Kind
from blockmrs.domain.kinds import RELEASED, Content, Purpose
from blockmrs.domain.permission import Action, Standing, require
from blockmrs.domain.senders import Standing as Sender
from blockmrs.domain.sharing import Grant, Receipt
from blockmrs.errors import InvalidInput, NotFound, ObjectMissing
from blockmrs.model.locks import KeyedLocks
from blockmrs.services.grants.ending import end_as_author, end_as_subject, ending_of, original_of, who_may_end
from blockmrs.services.grants.granting import LineTo, copy_to_owner, give_to_owner, write_grant, write_share
from blockmrs.services.lines.contents import Sort
from blockmrs.services.lines.saving import commit_batch
from blockmrs.services.reports.access import Access, AccessFinder, parse_report_address, report_address
from blockmrs.services.sharing.openings import Opening, differs, openings

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Card, Keyring
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.throttle import Throttle
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Line, Mailbox
    from blockmrs.services.people.organisations import Organisation, Organisations
    from blockmrs.services.reports.attachments import Attachments
    from blockmrs.services.reports.reports import OpenedReport, Reports

LONGEST = timedelta(days=366)
# Opening it again within this time needs no second receipt.
_RECEIPT_COVERS = timedelta(hours=12)
# More than anybody at the side of a field has to send to one hospital; too few to bury what others send it.
SHARES_AN_HOUR = 30
SHARES_A_DAY = 90


@dataclass(frozen=True, slots=True)
class Share:
    """One share of a report, with the receipts that came back. `by_family`: it was not stopped by whoever shared it.

    `said_stopped`: somebody wrote on the player's line that it was stopped, but nothing shows that the recipient was
    told. `differs`: the recipient opened something other than what this entry names.
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
    ) -> None:
        self._throttle = throttle
        self._attachments = attachments
        self._database = database
        self._mailbox = mailbox
        self._cards = cards
        self._organisations = organisations
        self._access = access
        self._reports = reports
        self.lacking = reports.without_text
        self._locks = KeyedLocks(database, "share")

    def grant(self, actor: Actor, address: str, organisation_id: bytes, purpose: str, until: datetime) -> Share:
        """Let an organisation of the directory read the report until `until`; a repeated call is the same share."""
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
            share = self._active_share(actor, access, organisation_id)
            if share is None:
                if any(
                    entry.grant.grantee == organisation_id and _is_ended_by_subject(entry)
                    for entry in self.book(actor, access)
                ):
                    raise InvalidInput(
                        "The family stopped sharing this with them. Ask the family", field="organisation"
                    )
                self._count(actor, organisation_id)
                self._write_grant(actor, access, organisation, purpose, until)
                share = self._active_share(actor, access, organisation_id)
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
            if entry.revoked is None and access.standing is Standing.SUBJECT and access.keys is not None:
                self._end_as_subject(actor, access.keys, entry)
            elif entry.revoked is None:
                self._write_revocation(actor, access, entry)
        return next(share for share in self.shares(actor, address) if share.share_id == share_id)

    def release_to_family(self, actor: Actor, address: str) -> None:
        """Send a withheld report to the player's line, together with the shares made so far.

        A share made while it was withheld has no way back to the family: a receipt on the chain, sealed to the player's
        card, would tell them about the report. So each that is still running is granted again, with one.
        """
        access = self._access.allow(actor, address, Action.RELEASE_TO_FAMILY)
        with self._locks.hold(access.grant.update_id):
            self._mailbox.settle()
            if not self._reports.is_withheld(actor, access):
                return
            subject = self._subject(actor, access)
            batch = self._mailbox.batch()
            give_to_owner(self._mailbox, batch, subject, access.grant, actor.keyring)
            self._attachments.release(batch, actor, access, subject, self.book(actor, access))
            for entry in self.book(actor, access):
                copy_to_owner(batch, entry.grant, actor.keyring, subject.keyring)
            released = Grant(access.grant.update_id, access.grant.subject, RELEASED, self._mailbox.moment(),
                             grantee=access.grant.subject)  # fmt: skip
            write_grant(batch, released, actor.keyring, LineTo(actor.keyring.card, self._book_key(actor, access)))
            batch.commit()
            for entry in self.book(actor, access):
                grant = entry.grant
                if grant.grantee is None or grant.not_after is None or not self._share(access, entry).active:
                    continue
                self._write_revocation(actor, access, entry)
                organisation = self._organisations.find(grant.grantee)
                self._write_grant(actor, access, organisation, grant.purpose, grant.not_after)

    def _count(self, actor: Actor, organisation_id: bytes) -> None:
        """Count one share; TooManyAttempts if this account has recently shared too much with that organisation."""
        who = (actor.account_id + organisation_id).hex()
        self._throttle.count("share in an hour", who, limit=SHARES_AN_HOUR, window=timedelta(hours=1))
        self._throttle.count("share in a day", who, limit=SHARES_A_DAY, window=timedelta(days=1))

    def one_at_a_time(self, update_id: bytes) -> AbstractContextManager[bool]:
        """Hold the lock for everything that gives one report, or what follows it, to somebody."""
        return self._locks.hold(update_id)

    def running(self, actor: Actor, access: Access) -> list[tuple[bytes, datetime]]:
        """Those with whom the report is shared now: each organisation's card id, and until when."""
        return [
            (entry.grant.grantee, entry.grant.not_after)
            for entry in self.book(actor, access)
            if entry.grant.grantee and entry.grant.not_after and self._is_running(entry)
        ]

    def shares(self, actor: Actor, address: str) -> list[Share]:
        """Every share of the report with its receipts, newest first, for its author and for the family."""
        access = self._access.allow(actor, address, Action.SEE_WHO_LOOKED)
        return [self._share(access, entry) for entry in reversed(self.book(actor, access))]

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
        grant, card, keys = access.grant, access.author_card, access.keys
        if self._opened_at(actor, access) is not None or keys is None or card is None:
            return
        self._reports.read(actor, access)
        receipt = Receipt(
            grant.update_id, self._mailbox.moment(), grant.purpose, actor.display_name, keys.label, access.entry.id
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
        if self._opened_at(actor, access) is None:
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
            purpose=grant.purpose,
            shared_at=self._mailbox.written_at(access.entry),
            until=grant.not_after,
            active=access.standing is Standing.RECIPIENT,
            opened_at=self._opened_at(actor, access, ever=True),
        )

    def _opened_at(self, actor: Actor, access: Access, *, ever: bool = False) -> datetime | None:
        line = self._mailbox.private_line(self._opened_key(actor, access.grant), actor.keyring)
        times = [receipt.at for _, receipt in line.receipts if receipt.grant_id == access.entry.id]
        last = max(times, default=None)
        if last is None or ever or self._mailbox.present().latest - last < _RECEIPT_COVERS:
            return last
        return None

    def _write_grant(
        self, actor: Actor, access: Access, organisation: Organisation, purpose: str, until: datetime
    ) -> None:
        keyring, card = actor.keyring, self._cards.find(organisation.card_id)
        batch = self._mailbox.batch()
        line_key = self._organisations.introduce(batch, keyring, actor.display_name, organisation)
        owner = None if self._reports.is_withheld(actor, access) else self._subject(actor, access).keyring
        grant = Grant(
            access.grant.update_id,
            access.grant.subject,
            purpose,
            self._mailbox.moment(),
            not_after=until,
            object=access.grant.object,
            level=access.grant.level,
            title=access.grant.title,
            party=actor.display_name,
        )
        write_share(
            batch, grant, keyring, LineTo(card, line_key), organisation.name,
            book_key=self._book_key(actor, access), owner=owner,
        )  # fmt: skip
        follow = [entry.grant for entry in self._attachments.entries(actor, access, Content.CHECK)]
        self._attachments.pass_on(batch, actor, access, card.id, until, follow)
        commit_batch(self._database, batch)

    def _write_revocation(self, actor: Actor, access: Access, entry: GrantEntry) -> None:
        _, grantee = original_of(entry)
        batch, owner = self._mailbox.batch(), None
        if not self._reports.is_withheld(actor, access):
            owner = self._subject(actor, access).keyring
        copies = self._copies(owner, access.grant.update_id).grants.values() if owner is not None else ()
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

    def _active_share(self, actor: Actor, access: Access, organisation_id: bytes) -> Share | None:
        for entry in self.book(actor, access):
            share = self._share(access, entry)
            if entry.grant.grantee == organisation_id and share.active:
                return share
        return None

    def _share(self, access: Access, entry: GrantEntry) -> Share:
        grant = entry.grant
        back = grant.return_to_author if access.standing is Standing.AUTHOR else grant.return_to_subject
        receipts = self._mailbox.return_line(back, access.reader) if back is not None else []
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
        )

    def _is_running(self, entry: GrantEntry) -> bool:
        return entry.revoked is None and entry.grant.covers(self._mailbox.present())

    def book(self, actor: Actor, access: Access) -> list[GrantEntry]:
        """The copies of every share of this report, from the author's book or from the subject's line."""
        if access.standing is Standing.AUTHOR:
            line = self._mailbox.private_line(self._book_key(actor, access), actor.keyring)
        else:
            line = self._copies(access.reader, access.grant.update_id)
        update_id = access.grant.update_id
        author = self._reports.author_of(access)
        return [
            self._with_ending(access, entry)
            for entry in line.grants.values()
            # Whoever holds the line's key can write on it that somebody shared something.
            if entry.grant.update_id == update_id and entry.grant.copy_of is not None and entry.author == author
        ]

    def _with_ending(self, access: Access, copy: GrantEntry) -> GrantEntry:
        """The copy, with what ended its original; revoking only a copy ends nothing.

        Authors need no proof of what they noted in their own book.
        """
        if copy.grant.copy_of is None:
            return copy
        may_end = who_may_end(copy.grant, copy.author)
        ending = ending_of(self._mailbox, copy.grant.copy_of, may_end)
        if ending is not None:
            return replace(copy, revoked_by=ending[0], revoked=ending[1])
        return copy if access.standing is Standing.AUTHOR else replace(copy, revoked=None, copy_revocation=copy.revoked)

    def _copies(self, reader: Keyring, update_id: bytes) -> Line:
        """The copies of every share of that report on its subject's own line, with their revocations."""
        contents = self._mailbox.contents(reader)
        copies = [item for item in contents if item.sort is Sort.SHARE and item.about == update_id]
        ids = {item.key for item in copies}
        ends = [item for item in contents if item.sort is Sort.REVOCATION and item.key in ids]
        return self._mailbox.opened(reader, [*copies, *ends])

    def _book_entry(self, actor: Actor, access: Access, share_id: str) -> GrantEntry:
        for entry in self.book(actor, access):
            if entry.id.hex() == share_id:
                return entry
        raise NotFound("no such share")

    def _book_key(self, actor: Actor, access: Access) -> bytes:
        return self._reports.book_key(actor.keyring, access.grant.update_id)

    def _opened_key(self, actor: Actor, grant: Grant) -> bytes:
        return actor.keyring.derive("opened", grant.update_id)

    def _subject(self, actor: Actor, access: Access) -> EntrustedKeys:
        subject = self._access.subject_keys(actor, access.place) if access.place is not None else None
        if subject is None:
            raise NotFound("the player's card is not held here")
        return subject


def _leave(batch: Batch, receipt: Receipt, actor: Actor, recipient: Card, line_key: bytes) -> None:
    batch.add(Kind.RECEIPT, receipt.to_fields(), author=actor.keyring, recipient=recipient, line_key=line_key)


def _is_ended_by_subject(copy: GrantEntry) -> bool:
    return copy.revoked is not None and copy.revoked_by != copy.author
