"""Reading lines: everything that a person's keys can find on the chain, checked, as values.

A reader looks up slots in windows, drops entries under another one-time key, opens the rest, and takes those that are
signed by the line's other party. What does not open or verify is not theirs, and is passed over in silence: anybody
may write anything to a public log.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from blockmrs.chain.ledger import Ledger, Place
from blockmrs.chain.lines import WINDOW
from blockmrs.chain.merkle import verify_inclusion
from blockmrs.chain.transaction import Kind, OpenedPayload, Transaction, open_transaction
from blockmrs.crypto.envelope import open_object, seal_object
from blockmrs.crypto.keys import Card, Keyring
from blockmrs.domain.sharing import Appointment, Fields, Grant, Introduction, Receipt, Revocation
from blockmrs.encoding import decode, encode
from blockmrs.errors import BlockMRSError, InvalidInput, NotFound, Unavailable
from blockmrs.services.batch import Batch
from blockmrs.services.cards import Cards, read_card
from blockmrs.storage import ObjectStore

LABEL_LIMIT = 120


@dataclass(frozen=True, slots=True)
class Message:
    """One transaction that was meant for us and is signed by `author`."""

    kind: Kind
    id: bytes
    author: bytes
    fields: Fields
    position: int


@dataclass(frozen=True, slots=True)
class Held:
    """A dependent's or organisation's keys, which an appointment lets somebody use."""

    keyring: Keyring
    relation: str
    label: str
    seed: bytes

    def __repr__(self) -> str:
        return f"Held({self.relation})"


@dataclass(frozen=True, slots=True)
class GrantEntry:
    """A grant with its id, its place on its line and, where it was ended early, its revocation."""

    id: bytes
    author: bytes
    grant: Grant
    revoked: Revocation | None = None
    position: int = 0


@dataclass(slots=True)
class Line:
    """What one line says, sorted by kind, in the order written."""

    grants: dict[bytes, GrantEntry] = field(default_factory=dict)
    introductions: list[Introduction] = field(default_factory=list)
    receipts: list[tuple[bytes, Receipt]] = field(default_factory=list)
    appointments: list[tuple[bytes, Appointment]] = field(default_factory=list)


class Mailbox:
    """Opens the lines of a keyring. Cost: O(own entries), whatever the length of the chain."""

    def __init__(self, ledger: Ledger, objects: ObjectStore, cards: Cards, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._objects = objects
        self._cards = cards
        self.now = clock

    @property
    def chain_id(self) -> bytes:
        """The chain all of this stands on."""
        return self._ledger.chain_id

    def settle(self) -> None:
        """Every line shows all that ever took effect, also what a full disk kept from being seen at once.

        Called before a repeated request looks whether it was done already.
        """
        self._ledger.catch_up()

    def batch(self) -> Batch:
        """An empty batch to write with."""
        return Batch(self._ledger, self._objects)

    def own_line(self, keyring: Keyring) -> Line:
        """A person's record of all that they did, on their own line, signed by themselves."""
        return self._sort(self._read(keyring.own_line, keyring, author=keyring.card))

    def own_page(self, keyring: Keyring, start: int, stop: int) -> Line:
        """The places `start` to `stop` (not included) of a person's own line."""
        return self._sort(self._read(keyring.own_line, keyring, author=keyring.card, start=start, stop=stop))

    def subject_page(self, keyring: Keyring, start: int, stop: int) -> Line:
        """The places `start` to `stop` of a dependent's own line, each entry checked against its author's card."""
        return self._sort(self._read(keyring.own_line, keyring, author=None, start=start, stop=stop))

    def private_line(self, line_key: bytes, keyring: Keyring) -> Line:
        """A line that only this person writes and reads, such as the book of one report."""
        return self._sort(self._read(line_key, keyring, author=keyring.card))

    def line_by_anyone(self, line_key: bytes, reader: Keyring) -> Line:
        """A line that several may write, such as a dependent's own: each entry is checked against its author's card."""
        return self._sort(self._read(line_key, reader, author=None))

    def length(self, line_key: bytes) -> int:
        """How many places of a line are taken (O(log n))."""
        return self._ledger.next_free(line_key)

    def line_from(self, line_key: bytes, reader: Keyring, author: Card) -> Line:
        """What `author` wrote to `reader` on the line between them."""
        return self._sort(self._read(line_key, reader, author=author))

    def return_line(self, line_key: bytes, reader: Keyring) -> list[tuple[bytes, Receipt]]:
        """The receipts on a return line, each with the card id of the person who signed it."""
        return self._sort(self._read(line_key, reader, author=None)).receipts

    def doorbell(self, keyring: Keyring, issued: int = 0) -> Iterator[tuple[Card, Message]]:
        """What strangers left at the doorbell, each with its author's card. `issued`: tokens ever handed out."""
        for message in self._read(keyring.doorbell_line, keyring, author=None, at_least=issued):
            try:
                yield self._cards.find(message.author), message
            except Unavailable:
                raise
            except BlockMRSError:
                continue

    def appointed(self, keyring: Keyring) -> list[Held]:
        """The keys that appointments let this person use, and that they accepted: as themselves, guardian or member.

        Whoever was handed a doorbell token can appoint anybody for a card of their own making; so only what the person
        accepted, on a line that nobody else can write, counts. Of one card the last appointment counts, until it ends.
        """
        accepted = {dependent for dependent, _ in self.private_line(_accepted(keyring), keyring).appointments}
        if not accepted:
            return []
        found: dict[bytes, Held] = {}
        for _, message in self.doorbell(keyring):
            if message.kind is Kind.APPOINT:
                try:
                    appointment = Appointment.from_fields(message.fields)
                except InvalidInput:
                    continue
                # Only the dependent's own card can appoint somebody to act for it.
                if message.author == appointment.dependent and message.author in accepted:
                    found.pop(message.author, None)
                    if appointment.not_after is None or self.now() < appointment.not_after:
                        self._hold(found, message.author, appointment)
        return list(found.values())

    def appoint(self, batch: Batch, seed: bytes, label: str, relation: str, person: Keyring) -> Keyring:
        """Add to `batch` that `person` acts for the card of `seed`: signed by that card, and accepted by the person."""
        dependent = Keyring.from_seed(seed)
        secret = batch.keep(seal_object(encode({0: seed, 1: label}), chain_id=self.chain_id))
        fields = Appointment(dependent.card.id, secret, relation, self.now()).to_fields()
        card = person.card
        batch.add(Kind.APPOINT, fields, author=dependent, recipient=card, line_key=person.doorbell_line)
        batch.add(Kind.APPOINT, fields, author=person, recipient=card, line_key=_accepted(person))
        return dependent

    def held(self, appointment: Appointment) -> Held:
        """The keys inside an appointment's object, checked against the card they must belong to."""
        pointer = appointment.secret
        content = decode(open_object(self._objects.get(pointer.cid), pointer.seed, chain_id=self.chain_id))
        if not isinstance(content, dict) or not isinstance(content.get(0), bytes):
            raise InvalidInput("an appointment's object holds no seed")
        keyring = Keyring.from_seed(content[0])
        if keyring.card.id != appointment.dependent:
            raise InvalidInput("an appointment's seed belongs to another card")
        return Held(keyring, appointment.relation, str(content.get(1, ""))[:LABEL_LIMIT], content[0])

    def introduced_card(self, introduction: Introduction) -> Card:
        """The card inside an introduction's object."""
        card = read_card(self._objects, introduction.card, self.chain_id)
        self._cards.remember(card)
        return card

    def prove(self, line_key: bytes, reader: Keyring, entry: GrantEntry) -> Place:
        """Where the grant stands in the log, after its inclusion under the newest header was checked.

        Raises:
            NotFound: the line holds no such grant.
            InvalidProof: it is not under the newest root.
        """
        for _, transaction in self._transactions(line_key, entry.position, entry.position + 1, 0):
            opened = self._open(transaction, reader, None)
            if opened is not None and opened.id == entry.id:
                place, head = self._ledger.place_of(transaction.digest), self._ledger.head()
                proof = self._ledger.prove_inclusion(place.index, head.tree_size)
                verify_inclusion(transaction.encode(), proof, head.root)
                return place
        raise NotFound("the line holds no such grant")

    def written_at(self, line_key: bytes, reader: Keyring, entry: GrantEntry) -> datetime:
        """When the block was made in which the grant stands: no writer can choose that. NotFound: it is not there."""
        for _, transaction in self._transactions(line_key, entry.position, entry.position + 1, 0):
            opened = self._open(transaction, reader, None)
            if opened is not None and opened.id == entry.id:
                return self._ledger.header(self._ledger.place_of(transaction.digest).height).time
        raise NotFound("the line holds no such grant")

    def _hold(self, found: dict[bytes, Held], dependent: bytes, appointment: Appointment) -> None:
        try:
            found[dependent] = self.held(appointment)
        except Unavailable:
            raise
        except BlockMRSError:
            return

    def _read(
        self,
        line_key: bytes,
        reader: Keyring,
        *,
        author: Card | None,
        start: int = 0,
        stop: int | None = None,
        at_least: int = 0,
    ) -> Iterator[Message]:
        seen: set[bytes] = set()
        for position, transaction in self._transactions(line_key, start, stop, at_least):
            opened = self._open(transaction, reader, author)
            if opened is not None and opened.id not in seen:
                seen.add(opened.id)
                payload = opened.payload
                yield Message(Kind(payload.kind), opened.id, payload.author, payload.fields, position)

    def _transactions(
        self, line_key: bytes, start: int, stop: int | None, at_least: int
    ) -> Iterator[tuple[int, Transaction]]:
        position, last_found = start, start - 1
        while position < max(last_found + 1, at_least) + WINDOW and (stop is None or position < stop):
            # Always a whole window: how many slots are asked for tells nothing. What stands under another one-time key
            # is not fetched: nobody without the line key can know the right one.
            for number, transaction in self._ledger.in_window(line_key, range(position, position + WINDOW)):
                if stop is None or number < stop:
                    last_found = number
                    yield number, transaction
            position += WINDOW

    def _open(self, transaction: Transaction, reader: Keyring, author: Card | None) -> OpenedPayload | None:
        try:
            opened = open_transaction(transaction, reader.sealing_seed, chain_id=self.chain_id)
            signer = author if author is not None else self._cards.find(opened.payload.author)
            if opened.payload.author != signer.id or opened.payload.recipient != reader.card.id:
                return None
            opened.verify_author(signer.signing_key)
        except Unavailable:
            raise
        except BlockMRSError:
            return None
        return opened

    def _sort(self, messages: Iterator[Message]) -> Line:
        line, revocations = Line(), []
        for message in messages:
            try:
                match message.kind:
                    case Kind.GRANT:
                        grant = Grant.from_fields(message.fields)
                        line.grants[message.id] = GrantEntry(
                            message.id, message.author, grant, position=message.position
                        )
                    case Kind.REVOKE:
                        revocations.append(Revocation.from_fields(message.fields))
                    case Kind.INTRODUCE:
                        line.introductions.append(Introduction.from_fields(message.fields))
                    case Kind.APPOINT:
                        appointment = Appointment.from_fields(message.fields)
                        line.appointments.append((appointment.dependent, appointment))
                    case Kind.RECEIPT:
                        line.receipts.append((message.author, Receipt.from_fields(message.fields)))
                    case _:
                        pass
            except InvalidInput:
                continue
        for revocation in revocations:
            if (entry := line.grants.get(revocation.grant_id)) is not None and entry.revoked is None:
                line.grants[entry.id] = replace(entry, revoked=revocation)
        return line


def _accepted(keyring: Keyring) -> bytes:
    """The line on which a person notes the appointments that they accepted."""
    return keyring.derive("accepted")
