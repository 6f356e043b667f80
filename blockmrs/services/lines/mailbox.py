"""Reading lines: everything that a person's keys can find on the chain, checked, as values.

A reader looks up slots in windows, discards entries under another one-time key, opens the rest, and accepts those that
are signed by the line's other party. What does not open or verify is not theirs, and is skipped silently: anybody may
write anything to a public log.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from blockmrs.chain.lines import WINDOW, one_time_seed_at, slot_at
from blockmrs.chain.merkle import verify_inclusion
from blockmrs.chain.transaction import Kind
from blockmrs.crypto.envelope import open_object, seal_object
from blockmrs.crypto.keys import Card, Keyring
from blockmrs.domain.kinds import Relation
from blockmrs.domain.sharing import Appointment, Grant, Now, Pointer, Receipt, UpdatePointer
from blockmrs.encoding import decode, encode
from blockmrs.errors import NOT_HERE, UNKNOWN, BlockMRSError, InvalidInput, ObjectMissing
from blockmrs.services.lines.batch import Batch
from blockmrs.services.lines.bundles import read_bundle, read_terms
from blockmrs.services.lines.conclusions import Conclusions
from blockmrs.services.lines.contents import Contents, Item, Items, Sort
from blockmrs.services.lines.memory import LineMemory, PlacedValue, ValueOf
from blockmrs.services.lines.reader import (
    BundleGrantEntry,
    GrantEntry,
    Line,
    LineReader,
    Message,
    RenewalEntry,
    messages_of,
    sort_messages,
    with_renewals,
)
from blockmrs.services.lines.readings import Readings
from blockmrs.services.lines.updates import check_grantor, open_update, seal_anew

if TYPE_CHECKING:
    from blockmrs.chain.ledger import Ledger, Place
    from blockmrs.domain.bundles import Bundle, BundleEntry
    from blockmrs.domain.records import Update
    from blockmrs.domain.sharing import BundleGrant
    from blockmrs.model.database import Database
    from blockmrs.services.lines.batch import MayWrite
    from blockmrs.services.lines.cards import Cards, Following
    from blockmrs.storage import ObjectStore

__all__ = ["BundleGrantEntry", "EntrustedKeys", "GrantEntry", "Line", "Mailbox", "Message"]

LABEL_LIMIT = 120


@dataclass(frozen=True, slots=True)
class EntrustedKeys:
    """A dependent's or organisation's keys, which an appointment lets somebody use."""

    keyring: Keyring
    relation: Relation
    label: str
    seed: bytes

    def __repr__(self) -> str:
        return f"EntrustedKeys({self.relation})"


@dataclass(frozen=True, slots=True)
class MissingKeys:
    """A dependent's or organisation's keys that an appointment lets somebody use, but that are not here."""

    card_id: bytes
    relation: Relation


class Mailbox:
    """Opens the lines of a keyring. Cost: O(own entries), whatever the length of the chain.

    `renews` says whether a renewal on the own line of a card counts: by the card's roll, which is read through this.

    Args:
        objects: where what people write is kept.
        near: where keys, cards and rosters are kept, which must be available while `objects` is away.
        may_write: asked before anything is written, with the ids of the cards that signed it.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        objects: ObjectStore,
        near: ObjectStore,
        cards: Cards,
        clock: Callable[[], datetime],
        may_write: MayWrite = lambda _cards: None,
    ) -> None:
        self._may_write = may_write
        self._ledger = ledger
        self._objects = objects
        self._near = near
        self._cards = cards
        self.readings = Readings(ledger)
        self._lines = LineReader(ledger, cards, self.readings)
        self._contents = Contents(database, ledger, self._lines, self.readings)
        self._memory = LineMemory(database, ledger, self._lines, self.readings)
        self.conclusions = Conclusions(database, ledger, self.readings, clock)
        self.now = clock
        self.renews: Callable[[Keyring, RenewalEntry], bool] = _by_the_card_itself

    def present(self) -> Now:
        """The clock and the newest block's time, by which grants are judged."""
        return Now(self.now(), self._ledger.head().time)

    def moment(self) -> datetime:
        """The time written into whatever is signed now; never before the newest block's, whatever the clock says."""
        return self.present().latest

    @property
    def chain_id(self) -> bytes:
        """The id of the chain that all of this is on."""
        return self._ledger.chain_id

    @property
    def log_size(self) -> int:
        """How many transactions the log holds, which is the place that the next one will take."""
        return self._ledger.size

    def settle(self) -> None:
        """Make every line show all that ever took effect, including what a full disk kept from being seen at once.

        Called before a repeated request checks whether it has been done already.
        """
        self._ledger.catch_up()

    def batch(self) -> Batch:
        """An empty batch to write with."""
        return Batch(
            self._ledger,
            self._objects,
            self._near,
            lambda card: self._cards.successor(card) is None,
            self._may_write,
        )

    def contents(self, keyring: Keyring) -> Items:
        """What is where on a person's or dependent's own line, in the order of the log."""
        return self._contents.of(keyring)

    def opened(self, keyring: Keyring, items: Iterable[Item], *, author: Card | None = None) -> Line:
        """What is on an own line at the places of these items, opened and checked like any page of it."""
        numbers = sorted({number for item in items for number in (item.position, *item.renewals)})
        places = self._lines.at(keyring.own_line, keyring, numbers, author=author) if numbers else ()
        line = sort_messages(messages_of(places))
        return with_renewals(line, lambda entry: self.renews(keyring, entry)) if line.renewals else line

    def update(self, grant: Grant) -> Update:
        """The update that a grant opens, whoever granted it, after all checks on the update itself."""
        return self._update(self._objects, grant.gives)

    def read(self, grant: Grant, grantor: bytes, *, near: bool = False) -> Update:
        """The update that a grant of the card `grantor` opens, after every check of the protocol; as `check_grantor`.

        Args:
            near: it is one that must be at hand while the store is away.
        """
        return self._checked(self._update(self._near if near else self._objects, grant.gives), grantor)

    def _checked(self, update: Update, grantor: bytes) -> Update:
        """As `check_grantor`; whoever follows the card that the update is about stands in its place."""
        if grantor != update.author and self.speaks_for(grantor, [update.subject]):
            return update
        return check_grantor(update, grantor)

    def _update(self, objects: ObjectStore, pointer: UpdatePointer) -> Update:
        # An object's bytes are those that its name says, so that the same pointer always leads to the same update.
        key = "update", objects is self._near, pointer
        return self.readings.now().once(key, lambda: open_update(objects, self._cards, pointer, chain_id=self.chain_id))

    def seal_anew(self, batch: Batch, pointer: UpdatePointer, holder: Keyring) -> Pointer:
        """Add to `batch` another object with the update at `pointer`, for that card; as `updates.seal_anew`."""
        return seal_anew(batch, self._objects, self._cards, pointer, holder, chain_id=self.chain_id)

    def terms(self, grant: BundleGrant) -> Bundle:
        """The bundle that a grant names, without what stands in its sub-bundles, after all checks on its object."""
        key = "bundle", grant.object, grant.bundle_id, grant.subject
        return self.readings.now().once(key, lambda: read_terms(self._objects, grant, chain_id=self.chain_id))

    def bundle(self, grant: BundleGrant) -> Bundle:
        """The bundle that a grant names, whole, after all checks on its objects; its updates are not read."""
        key = "whole bundle", grant.object, grant.bundle_id, grant.subject
        return self.readings.now().once(key, lambda: read_bundle(self._objects, grant, chain_id=self.chain_id))

    def entry(self, subject: bytes, entry: BundleEntry) -> Update:
        """The update of one entry of a bundle that the card `subject` gave, after every check of the protocol."""
        return self._checked(
            self._update(self._objects, UpdatePointer(entry.object, entry.update_id, subject)), subject
        )

    def derived(self, derive: Callable[[bytes], Keyring], of: bytes) -> Keyring:
        """The keys that everybody who knows `of` (32 bytes) can derive, such as those of a staff line."""
        return self.readings.now().once(("derived", derive, of), lambda: derive(of))

    def placed(self, entries: Iterable[GrantEntry]) -> list[GrantEntry]:
        """For each update, the grant that gives it its place, in the order of the log.

        That is the first one signed by the update's own author. Others' grants of it, and later ones, only let people
        read it. Who wrote an update is looked up in it only if several granted it; a single grant is taken to be the
        author's until the update is read.
        """
        of: dict[bytes, list[GrantEntry]] = {}
        for entry in sorted(entries, key=lambda entry: entry.index):
            of.setdefault(entry.grant.update_id, []).append(entry)
        return sorted((self._first(grants) for grants in of.values()), key=lambda entry: entry.index)

    def _first(self, grants: Sequence[GrantEntry]) -> GrantEntry:
        if len({entry.author for entry in grants}) > 1:
            for entry in grants:
                try:
                    author = self.update(entry.grant).author
                except BlockMRSError:
                    continue  # This grant opens nothing now, whatever it claims to open.
                return next((one for one in grants if one.author == author), entry)
        return grants[0]

    def last_update(self, keyring: Keyring) -> bytes | None:
        """The id of the last update about its holder on an own line, behind whatever else came there since."""
        updates = [item for item in self.contents(keyring) if item.of_reader or item.sort is Sort.FOLLOWING]
        entries = self.opened(keyring, updates[-1:]).grants.values()
        return next((entry.grant.update_id for entry in entries if entry.grant.subject == keyring.card.id), None)

    def own_page(self, keyring: Keyring, start: int, stop: int) -> Line:
        """The places `start` to `stop` (not included) of a person's own line."""
        return sort_messages(self._lines.read(keyring.own_line, keyring, author=keyring.card, start=start, stop=stop))

    def subject_page(self, keyring: Keyring, start: int, stop: int) -> Line:
        """The places `start` to `stop` of a dependent's own line, each entry checked against its author's card."""
        return sort_messages(self._lines.read(keyring.own_line, keyring, author=None, start=start, stop=stop))

    def private_line(self, line_key: bytes, keyring: Keyring) -> Line:
        """A line that only this person writes and reads, such as the book of one report."""
        return sort_messages(self._lines.read(line_key, keyring, author=keyring.card))

    def line_by_anyone(self, line_key: bytes, reader: Keyring) -> Line:
        """A line that several may write to, such as a dependent's: each entry is checked against its author's card."""
        return sort_messages(self._lines.read(line_key, reader, author=None))

    def messages_on(self, line_key: bytes, reader: Keyring) -> Iterator[tuple[int, Message]]:
        """Everything said on a line, each entry checked against its author's card, with its place in the log."""
        for message in self._lines.read(line_key, reader, author=None):
            yield message.index, message

    def logged(self, line_key: bytes, reader: Keyring) -> list[tuple[datetime, Message]]:
        """Everything said on a line by anybody, in the order of the log, each entry with the time of its block.

        The line's own places do not give the order: whoever holds the line key may write to an earlier one later.
        """
        messages = sorted(self.messages_on(line_key, reader), key=lambda entry: entry[0])
        times = self._lines.times_of(index for index, _ in messages)
        return [(times[index], message) for index, message in messages]

    def any_begun(self, line_keys: Iterable[bytes]) -> bool:
        """Whether anything stands where a reader of one of these lines would first look; asked at once for all."""
        return self._ledger.came_to(dict.fromkeys(line_keys, WINDOW), 0)

    def length(self, line_key: bytes) -> int:
        """How many places of a line are taken (O(log n))."""
        return self._ledger.next_free(line_key)

    def line_from(self, line_key: bytes, reader: Keyring, author: Card) -> Line:
        """What `author` wrote to `reader` on the line between them."""
        return with_renewals(sort_messages(self._lines.read(line_key, reader, author=author)), _always)

    def remembered(
        self, line_key: bytes, reader: Keyring, value_of: ValueOf, author: Card | None = None
    ) -> list[PlacedValue]:
        """What `value_of` keeps of a line, in the order of the log; only what is new since the last visit is opened."""
        return self._memory.read(line_key, reader, value_of, author)

    def opened_on(self, line_key: bytes, reader: Keyring, positions: Sequence[int], author: Card) -> Line:
        """What `author` wrote at these places of a line, opened and checked, with the renewals among it."""
        places = self._lines.at(line_key, reader, sorted(positions), author=author)
        return with_renewals(sort_messages(messages_of(places)), _always)

    def return_line(self, line_key: bytes, reader: Keyring) -> list[tuple[int, bytes, Receipt]]:
        """The receipts on a return line, each with its place in the log and its signer's card id."""
        receipts = []
        for place, message in self.messages_on(line_key, reader):
            if message.kind is Kind.RECEIPT:
                try:
                    receipts.append((place, message.author, Receipt.from_fields(message.fields)))
                except InvalidInput:
                    continue
        return receipts

    def doorbell(
        self, keyring: Keyring, issued: int = 0, unproven: list[Message] | None = None
    ) -> Iterator[tuple[Card, Message]]:
        """What strangers left at the doorbell, each with its author's card.

        Args:
            issued: how many tokens have ever been handed out.
            unproven: receives what cannot be checked because its author's card is not here; without it, that is raised.
        """
        line = keyring.doorbell_line
        for message in self._lines.read(line, keyring, author=None, at_least=issued, unproven=unproven):
            try:
                yield self._cards.find(message.author), message
            except UNKNOWN:
                raise
            except BlockMRSError:
                continue

    def appointed(self, keyring: Keyring, gaps: list[MissingKeys] | None = None) -> list[EntrustedKeys]:
        """The keys that appointments let this person use, and that they accepted: as themselves, guardian or member.

        Anybody with a doorbell token can appoint somebody for a card of their own making; so only what the person
        accepted, on a line that nobody else can write to, counts. For each card the last appointment counts, until it
        ends.

        Args:
            gaps: receives each whose keys are not here, and the others are returned; without it,
                ObjectMissing is raised: keys that cannot be read are not the same as no keys.
        """
        accepted = {dependent for dependent, _ in self.private_line(_accepted(keyring), keyring).appointments}
        if not accepted:
            return []
        by_card: dict[bytes, EntrustedKeys | MissingKeys] = {}
        unproven: list[Message] = []
        for message in [message for _, message in self.doorbell(keyring, unproven=unproven)]:
            self._take(by_card, accepted, message)
        for message in unproven:
            self._take(by_card, accepted, message, proven=False)
        missing = [keys for keys in by_card.values() if isinstance(keys, MissingKeys)]
        if missing and gaps is None:
            raise ObjectMissing("the keys of somebody whom this person acts for are not here")
        (gaps if gaps is not None else []).extend(missing)
        return [keys for keys in by_card.values() if isinstance(keys, EntrustedKeys)]

    def appoint(self, batch: Batch, seed: bytes, label: str, relation: Relation, person: Keyring) -> Keyring:
        """Add to `batch` that `person` acts for the card of `seed`: signed by that card, and accepted by the person."""
        dependent = Keyring.from_seed(seed)
        secret = batch.keep_near(seal_object(encode({0: seed, 1: label}), chain_id=self.chain_id))
        fields = Appointment(dependent.card.id, secret, relation, self.moment()).to_fields()
        card = person.card
        batch.add(Kind.APPOINT, fields, author=dependent, recipient=card, line_key=person.doorbell_line)
        batch.add(Kind.APPOINT, fields, author=person, recipient=card, line_key=_accepted(person))
        return dependent

    def accept_early(
        self, batch: Batch, dependent: bytes, label: str, relation: Relation, person: Keyring
    ) -> tuple[bytes, bytes]:
        """Add to `batch` that `person` would act for a card, whose seed they do not get yet.

        Returns the place on their doorbell, slot and one-time seed, where `appoint_later` leaves it.
        """
        nothing_yet = batch.keep_near(seal_object(encode({1: label}), chain_id=self.chain_id))
        fields = Appointment(dependent, nothing_yet, relation, self.moment()).to_fields()
        batch.add(Kind.APPOINT, fields, author=person, recipient=person.card, line_key=_accepted(person))
        bell = person.doorbell_line
        place = self.length(bell)
        return slot_at(bell, place), one_time_seed_at(bell, place)

    def appoint_later(
        self, batch: Batch, keys: EntrustedKeys, relation: Relation, person: Card, bell: tuple[bytes, bytes]
    ) -> None:
        """Add to `batch` what lets somebody who accepted early act: the seed, sealed to them, at their doorbell."""
        secret = self.keep_seed(batch, keys)
        batch.add_at(
            Kind.APPOINT,
            Appointment(keys.keyring.card.id, secret, relation, self.moment()).to_fields(),
            author=keys.keyring,
            recipient_id=person.id,
            recipient_key=person.sealing_key,
            slot=bell[0],
            one_time_seed=bell[1],
        )

    def keep_seed(self, batch: Batch, keys: EntrustedKeys) -> Pointer:
        """Store the seed of a card for whoever is to have it; returns where it is."""
        return batch.keep_near(seal_object(encode({0: keys.seed, 1: keys.label}), chain_id=self.chain_id))

    def appoint_on(
        self, batch: Batch, keys: EntrustedKeys, secret: Pointer, relation: Relation, to: tuple[Card, bytes]
    ) -> None:
        """Add to `batch`, by the card of `keys`, that somebody acts for it; `to` is who, and the line it stands on."""
        fields = Appointment(keys.keyring.card.id, secret, relation, self.moment()).to_fields()
        batch.add(Kind.APPOINT, fields, author=keys.keyring, recipient=to[0], line_key=to[1])

    def waiting(self, keyring: Keyring) -> list[tuple[str, datetime]]:
        """Those for whom this person would act once somebody says yes: by name, with when the waiting began."""
        accepted = dict(self.private_line(_accepted(keyring), keyring).appointments)
        gaps: list[MissingKeys] = []
        for keys in self.appointed(keyring, gaps) if accepted else ():
            accepted.pop(keys.keyring.card.id, None)
        names = []
        for appointment in accepted.values():
            pointer = appointment.secret
            try:
                content = decode(open_object(self._near.get(pointer.cid), pointer.seed, chain_id=self.chain_id))
            except NOT_HERE:
                continue
            if isinstance(content, dict) and 0 not in content:
                names.append((str(content.get(1, ""))[:LABEL_LIMIT], appointment.not_before))
        return names

    def speaks_for(self, card_id: bytes, others: Collection[bytes], index: int | None = None) -> bool:
        """As `Cards.speaks_for`: whether a card is one of `others`, or follows one of them."""
        return self._cards.speaks_for(card_id, others, index)

    def successor(self, card: Card) -> Following | None:
        """The card that follows this one, if one does now."""
        return self._cards.successor(card)

    def keys_of(self, appointment: Appointment) -> EntrustedKeys:
        """The keys in an appointment's object, checked against the card they must belong to."""
        return self.keys_at(appointment.secret, appointment.dependent, appointment.relation)

    def keys_at(self, secret: Pointer, dependent: bytes, relation: Relation) -> EntrustedKeys:
        """The keys in the object at `secret`, checked against the card `dependent` that they must belong to."""
        keys = self.readings.now().once(("keys", secret, dependent), lambda: self._open_keys(secret, dependent))
        return replace(keys, relation=relation)

    def _open_keys(self, pointer: Pointer, dependent: bytes) -> EntrustedKeys:
        content = decode(open_object(self._near.get(pointer.cid), pointer.seed, chain_id=self.chain_id))
        if not isinstance(content, dict) or not isinstance(content.get(0), bytes):
            raise InvalidInput("an appointment's object holds no seed")
        keyring = Keyring.from_seed(content[0])
        if keyring.card.id != dependent:
            raise InvalidInput("an appointment's seed belongs to another card")
        return EntrustedKeys(keyring, Relation.HOLDER, str(content.get(1, ""))[:LABEL_LIMIT], content[0])

    def prove(self, line_key: bytes, reader: Keyring, entry: GrantEntry) -> Place:
        """Where the grant is in the log, once its inclusion under the newest header has been checked.

        Raises:
            NotFound: the line holds no such grant.
            InvalidProof: it is not under the newest root.
        """
        transaction = self._lines.find(line_key, reader, entry)
        place, head = self._ledger.place_of(transaction.digest), self._ledger.head()
        proof = self._ledger.prove_inclusion(place.index, head.tree_size)
        verify_inclusion(transaction.encode(), proof, head.root)
        return place

    def written_at(self, entry: GrantEntry) -> datetime:
        """When the block that holds the grant was made: no writer can choose that."""
        return self.time_at(entry.index)

    def time_at(self, index: int) -> datetime:
        """When the block that holds the transaction at `index` of the log was made."""
        return self._lines.times_of([index])[index]

    def _take(
        self,
        by_card: dict[bytes, EntrustedKeys | MissingKeys],
        accepted: Container[bytes],
        message: Message,
        *,
        proven: bool = True,
    ) -> None:
        """Note in `by_card` what a doorbell entry appoints the person for: keys, or that they are lost."""
        if message.kind is not Kind.APPOINT:
            return
        try:
            appointment = Appointment.from_fields(message.fields)
        except InvalidInput:
            return
        # Only the dependent's own card can appoint somebody to act for it.
        if message.author != appointment.dependent or message.author not in accepted:
            return
        by_card.pop(message.author, None)
        if appointment.not_after is not None and appointment.not_after <= self.now():
            return
        not_here = MissingKeys(message.author, appointment.relation)
        try:
            by_card[message.author] = self.keys_of(appointment) if proven else not_here
        except NOT_HERE:
            by_card[message.author] = not_here
        except UNKNOWN:
            raise
        except BlockMRSError:
            return


def _by_the_card_itself(keyring: Keyring, entry: RenewalEntry) -> bool:
    return entry.author == keyring.card.id


def _always(_entry: RenewalEntry) -> bool:
    """On a line that only one card writes to, whatever is there is that card's."""
    return True


def _accepted(keyring: Keyring) -> bytes:
    """The line on which a person records the appointments that they have accepted."""
    return keyring.derive("accepted")
