"""What an organisation's members read of a bundle: its cover, then, after a receipt, its updates one by one.

Nothing that the bundle says of an update is believed: each is read with all its checks when it is shown, with the
giver's card as its subject. One that fails is passed over by itself, and counted. Source: docs/protocol "Bundles".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from blockmrs.chain.transaction import Kind
from blockmrs.domain.senders import Standing as Sender
from blockmrs.domain.sharing import Receipt
from blockmrs.errors import NOT_HERE, UNKNOWN, BlockMRSError, Ended, NotFound, ObjectMissing
from blockmrs.services.grants.ending import ending_of
from blockmrs.services.lines.contents import KEY_BYTES, ListPlace, page_of
from blockmrs.services.reports.access import parse_report_address, report_address
from blockmrs.services.selections.opened import opened_update
from blockmrs.services.selections.selection import ListedUpdate, OpenedRecord, ReceivedRecord

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Card
    from blockmrs.domain.bundles import BundleEntry
    from blockmrs.domain.records import Update
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.mailbox import BundleGrantEntry, Mailbox
    from blockmrs.services.people.organisations import Organisations
    from blockmrs.services.reports.access import AccessFinder
    from blockmrs.services.reports.arrivals import BundleArrival
    from blockmrs.services.selections.opened import OpenedUpdate

_RECEIPT_COVERS = timedelta(hours=12)
"""Opening it again within this time needs no second receipt."""


@dataclass(frozen=True, slots=True)
class _Received:
    """A bundle that reached an organisation of the actor, and its grant, opened and checked."""

    arrival: BundleArrival = field(repr=False)
    entry: BundleGrantEntry = field(repr=False)
    runs: bool


class ReceivedRecords:
    """Lists and opens what came to the actor's organisations."""

    def __init__(self, mailbox: Mailbox, organisations: Organisations, access: AccessFinder) -> None:
        self._mailbox = mailbox
        self._organisations = organisations
        self._access = access

    def page(
        self, actor: Actor, before: ListPlace | None, gaps: list[str]
    ) -> tuple[list[ReceivedRecord], ListPlace | None]:
        """Twenty that run, newest first by the log, and the next `before`; none of a blocked sender's."""
        now = self._mailbox.present()
        running = [
            arrival
            for arrival in self._access.bundles(actor, gaps)
            if arrival.runs(now) and self._standing(arrival) is not Sender.BLOCKED
        ]
        arrivals, older = page_of(running, before, lambda one: ListPlace(one.index, 0, one.bundle_id[:KEY_BYTES]))
        there = [received for arrival in arrivals if (received := self._opened(arrival)) is not None]
        return [self._described(actor, received) for received in there if received.runs], older

    def cover(self, actor: Actor, address: str) -> ReceivedRecord:
        """What it shows before it is opened."""
        return self._described(actor, self._find(actor, address))

    def acknowledge(self, actor: Actor, address: str) -> None:
        """Leave a signed receipt; afterwards the actor may read for twelve hours.

        Raises:
            Unavailable: the list cannot be read here now; nobody is to be told of an opening that shows nothing.
        """
        self._mailbox.settle()
        received = self._find(actor, address)
        grant, keys = received.entry.grant, received.arrival.keys
        if self._opened_at(actor, received) is not None:
            return
        self._mailbox.bundle(grant)
        receipt = Receipt(
            grant.bundle_id, self._mailbox.moment(), grant.purpose, actor.display_name, keys.label, received.entry.id
        )
        batch = self._mailbox.batch()
        if grant.return_to_subject is not None:
            _leave(batch, receipt, actor, received.arrival.sender, grant.return_to_subject)
        _leave(batch, receipt, actor, actor.keyring.card, self._opened_key(actor, received))
        if self._standing(received.arrival) is Sender.UNKNOWN:
            self._access.senders.add(batch, actor, keys, received.arrival.sender.id, Sender.KNOWN)
        batch.commit()
        self._organisations.staff.state(actor, keys.keyring.card.id)

    def open(self, actor: Actor, address: str, before: ListPlace | None = None) -> OpenedRecord | None:
        """What it holds, once the actor has left a receipt; None before that."""
        received = self._find(actor, address)
        if self._opened_at(actor, received) is None:
            return None
        entries = self._mailbox.bundle(received.entry.grant).entries
        page, older = page_of(entries, before, lambda one: ListPlace(one.place, 0, one.update_id[:KEY_BYTES]))
        listed = [self._listed(received, entry) for entry in page]
        passed = tuple(one for one in listed if one is not None)
        return OpenedRecord(self._described(actor, received), passed, len(entries), len(listed) - len(passed), older)

    def update(self, actor: Actor, address: str, update_id: str) -> OpenedUpdate:
        """One update of it, after every check, for whoever has left a receipt.

        Raises:
            NotFound: it holds no such update, or there is no receipt yet.
            VerificationFailed, ObjectMissing: it did not pass, or its text is not here.
        """
        received, prefix = self._find(actor, address), parse_report_address(update_id)
        if self._opened_at(actor, received) is None:
            raise NotFound("no receipt was left for it")
        for entry in self._mailbox.bundle(received.entry.grant).entries:
            if entry.update_id.startswith(prefix):
                return opened_update(self._read(received, entry))
        raise NotFound("no such update")

    def _read(self, received: _Received, entry: BundleEntry) -> Update:
        """The update of an entry, in the object that the giver sealed anew last, after every check."""
        arrival = received.arrival
        if positions := arrival.renewals.get(entry.update_id):
            line = self._mailbox.opened_on(arrival.line_key, arrival.keys.keyring, positions, arrival.sender)
            later = [
                came
                for came in line.renewals
                if came.index > arrival.index and came.renewal.subject == arrival.sender.id
            ]
            if later:
                entry = replace(entry, object=max(later, key=lambda came: came.index).renewal.object)
        return self._mailbox.entry(arrival.sender.id, entry)

    def _listed(self, received: _Received, entry: BundleEntry) -> ListedUpdate | None:
        """The entry as a list shows it; None for one that does not pass."""
        address = report_address(entry.update_id)
        try:
            update = opened_update(self._read(received, entry))
        except NOT_HERE:
            return ListedUpdate(address, entry.kind, lost=True)
        except UNKNOWN:
            raise
        except BlockMRSError:
            return None
        title = update.report.title if update.report is not None else ""
        return ListedUpdate(address, update.kind, update.created, title)

    def _find(self, actor: Actor, address: str) -> _Received:
        """The running bundle with that address.

        Raises:
            NotFound: none ever came. Ended: it came, and has ended.
        """
        prefix, gaps, former = parse_report_address(address), list[str](), False
        for arrival in self._access.bundles(actor, gaps):
            if arrival.bundle_id.startswith(prefix):
                received = self._opened(arrival)
                if received is not None and received.runs:
                    return received
                former = former or received is not None
        if former:
            raise Ended("this share has ended")
        if gaps:
            raise ObjectMissing("some of the keys with which this person reads are not here")
        raise NotFound("no such share")

    def _opened(self, arrival: BundleArrival) -> _Received | None:
        """Its grant, opened from its line once more, with what ended it; None if it is not there."""
        line = self._mailbox.opened_on(arrival.line_key, arrival.keys.keyring, [arrival.position], arrival.sender)
        entry = line.bundles.get(arrival.grant_id)
        if entry is None or entry.grant.subject != arrival.sender.id:
            return None
        runs = arrival.ends is None and entry.grant.covers(self._mailbox.present())
        if runs and ending_of(self._mailbox, entry.id, (arrival.sender.id,)) is not None:
            runs = False
        return _Received(arrival, entry, runs)

    def _described(self, actor: Actor, received: _Received) -> ReceivedRecord:
        grant, keys = received.entry.grant, received.arrival.keys
        return ReceivedRecord(
            address=report_address(grant.bundle_id),
            title=grant.title,
            sender=grant.party,
            imitated=self._access.senders.imitated(grant.party) or "",
            organisation=keys.label,
            purpose=grant.purpose,
            shared_at=received.arrival.came_at,
            until=grant.not_after,
            active=received.runs,
            opened_at=self._opened_at(actor, received, ever=True),
            sender_id=self._access.senders.handle(keys, received.arrival.sender.id),
        )

    def _standing(self, arrival: BundleArrival) -> Sender:
        return self._access.senders.standings(arrival.keys).get(arrival.sender.id, Sender.UNKNOWN)

    def _opened_at(self, actor: Actor, received: _Received, *, ever: bool = False) -> datetime | None:
        line = self._mailbox.private_line(self._opened_key(actor, received), actor.keyring)
        times = [receipt.at for _, receipt in line.receipts if receipt.grant_id == received.entry.id]
        last = max(times, default=None)
        if last is None or ever or self._mailbox.present().latest - last < _RECEIPT_COVERS:
            return last
        return None

    def _opened_key(self, actor: Actor, received: _Received) -> bytes:
        return actor.keyring.derive("opened", received.entry.grant.bundle_id)


def _leave(batch: Batch, receipt: Receipt, actor: Actor, recipient: Card, line_key: bytes) -> None:
    batch.add(Kind.RECEIPT, receipt.to_fields(), author=actor.keyring, recipient=recipient, line_key=line_key)
