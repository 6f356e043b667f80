"""Reads lines: each transaction opened, checked and sorted. What was not meant for the reader has no effect.

Whoever holds a line's key can write to it; so what does not open, or is not signed by whoever it names, is skipped.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from blockmrs.chain.lines import WINDOW
from blockmrs.chain.transaction import Kind, OpenedPayload, Transaction, open_transaction
from blockmrs.domain.kinds import Scope
from blockmrs.domain.renewal import Renewal
from blockmrs.domain.sharing import (
    Appointment,
    BundleGrant,
    Fields,
    Grant,
    Introduction,
    Receipt,
    Revocation,
    scope_of,
)
from blockmrs.errors import NOT_HERE, UNKNOWN, BlockMRSError, InvalidInput, NotFound

if TYPE_CHECKING:
    from blockmrs.chain.ledger import Ledger
    from blockmrs.crypto.keys import Card, Keyring
    from blockmrs.domain.sharing import Pointer
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.readings import Readings


@dataclass(frozen=True, slots=True)
class Message:
    """One transaction that was meant for us and is signed by `author`.

    `position` is its number on the line, which its writer chose; `index` is its place in the log, which nobody chose.
    """

    kind: Kind
    id: bytes
    author: bytes
    fields: Fields
    position: int
    index: int = 0


@dataclass(frozen=True, slots=True)
class GrantEntry:
    """A grant with its id, its places and, if it was ended early, its revocation and who signed that.

    `position` is its number on the line, and `index` its place in the log: only the latter cannot be chosen.
    `copy_revocation`: for a copy, a revocation of the copy, which proves nothing about its original. `renewed`: where
    the renewal that names its object is in the log, 0 if the grant itself does; `earlier` are the objects before, the
    oldest first.
    """

    id: bytes
    author: bytes
    grant: Grant
    revoked: Revocation | None = None
    position: int = 0
    revoked_by: bytes = b""
    index: int = 0
    copy_revocation: Revocation | None = None
    renewed: int = 0
    earlier: tuple[Pointer, ...] = ()


@dataclass(frozen=True, slots=True)
class BundleGrantEntry:
    """The grant of a bundle, or a standing one, as it stands on a line; fields as in GrantEntry."""

    id: bytes
    author: bytes
    grant: BundleGrant
    revoked: Revocation | None = None
    position: int = 0
    revoked_by: bytes = b""
    index: int = 0


@dataclass(frozen=True, slots=True)
class RenewalEntry:
    """A renewal, with who signed it and its place in the log."""

    author: bytes
    renewal: Renewal
    index: int


@dataclass(slots=True)
class Line:
    """What one line says, sorted by kind, in the order of writing.

    `grants` are of one update each; those of more stand in `bundles`, whatever their scope.
    """

    grants: dict[bytes, GrantEntry] = field(default_factory=dict)
    bundles: dict[bytes, BundleGrantEntry] = field(default_factory=dict)
    introductions: list[Introduction] = field(default_factory=list)
    receipts: list[tuple[bytes, Receipt]] = field(default_factory=list)
    appointments: list[tuple[bytes, Appointment]] = field(default_factory=list)
    revocations: list[tuple[bytes, Revocation]] = field(default_factory=list)
    renewals: list[RenewalEntry] = field(default_factory=list)


class LineReader:
    """Opens the lines of a keyring. Cost: O(places read), whatever the length of the chain."""

    def __init__(self, ledger: Ledger, cards: Cards, readings: Readings) -> None:
        self._ledger = ledger
        self._cards = cards
        self._readings = readings

    def read(
        self,
        line_key: bytes,
        reader: Keyring,
        *,
        author: Card | None,
        start: int = 0,
        stop: int | None = None,
        at_least: int = 0,
        unproven: list[Message] | None = None,
    ) -> Iterator[Message]:
        """What a line says from `start` on, each payload once; up to `stop` (not included) if that is given.

        Args:
            author: the only one who may have written it; None to check each entry against its author's card.
            at_least: look at least this far, however many places are empty.
            unproven: receives what cannot be checked because its author's card is not here; without it, that is raised.
        """

        def opened(unproven: list[Message] | None = None) -> Iterator[Message]:
            transactions = self._transactions(line_key, start, stop, at_least)
            return messages_of(self._opened(transactions, reader, author, unproven))

        if unproven is not None or not self._readings.has_begun:
            return opened(unproven)
        reading = self._readings.now()
        # Named even if nothing of it has to be fetched: who draws a conclusion from it notes that it was read.
        reading.line(line_key)
        by = None if author is None else author.id
        key = "read", line_key, reader.card.id, by, start, stop, at_least
        return reading.handed_along(key, opened)

    def places(
        self, line_key: bytes, reader: Keyring, start: int, author: Card | None = None
    ) -> Iterator[tuple[int, Message | None]]:
        """What is at each place from `start` on, as often as it occurs there; None for what does not open."""
        return self._opened(self._transactions(line_key, start, None, 0), reader, author)

    def at(
        self, line_key: bytes, reader: Keyring, numbers: Sequence[int], *, author: Card | None
    ) -> Iterator[tuple[int, Message | None]]:
        """What is at these places of a line, in order."""
        return self._opened(self._at_numbers(line_key, numbers), reader, author)

    def anew(
        self, line_key: bytes, reader: Keyring, again: Collection[int], start: int, author: Card | None = None
    ) -> list[tuple[int, Message | None]]:
        """What is at the places `again`, which were read before, and then at each from `start` on."""
        before = self.at(line_key, reader, sorted(again), author=author) if again else ()
        return [*before, *self.places(line_key, reader, start, author)]

    def times_of(self, indexes: Iterable[int]) -> dict[int, datetime]:
        """When the blocks were made in which the transactions at these places of the log stand."""
        return self._readings.now().times_of(indexes)

    def _at_numbers(
        self, line_key: bytes, numbers: Sequence[int], ahead: Sequence[int] = ()
    ) -> list[tuple[int, int, Transaction]]:
        if not self._readings.has_begun:
            return self._ledger.at_numbers(line_key, numbers)
        return self._readings.now().line(line_key).at_numbers(numbers, ahead)

    def find(self, line_key: bytes, reader: Keyring, entry: GrantEntry) -> Transaction:
        """The transaction that holds the grant, opened once more; NotFound if the line holds no such grant."""
        for _, index, transaction in self._at_numbers(line_key, [entry.position]):
            opened = self._open(transaction, reader)
            if opened is not None and opened.id == entry.id and self._is_proven(opened, None, index):
                return transaction
        raise NotFound("the line holds no such grant")

    def _opened(
        self,
        transactions: Iterable[tuple[int, int, Transaction]],
        reader: Keyring,
        author: Card | None,
        unproven: list[Message] | None = None,
    ) -> Iterator[tuple[int, Message | None]]:
        # Readers know their own card, whatever became of its object.
        self._cards.remember(reader.card)
        for position, index, transaction in transactions:
            opened = self._open(transaction, reader)
            if opened is None:
                yield position, None
                continue
            payload = opened.payload
            message = Message(Kind(payload.kind), opened.id, payload.author, payload.fields, position, index)
            try:
                proven = self._is_proven(opened, author, index)
            except NOT_HERE:
                if unproven is None:
                    raise
                unproven.append(message)
                proven = False
            yield position, message if proven else None

    def _transactions(
        self, line_key: bytes, start: int, stop: int | None, at_least: int
    ) -> Iterator[tuple[int, int, Transaction]]:
        position, last_found = start, start - 1
        while position < max(last_found + 1, at_least) + WINDOW and (stop is None or position < stop):
            # Always a whole window: how many slots are asked for reveals nothing. What is under another one-time key
            # is not fetched: nobody without the line key can know the right one.
            window = range(position, position + WINDOW)
            # After whatever is found one more window is asked for: both at once cost little more than one.
            ahead = range(window.stop, max(window.stop, at_least) + WINDOW)
            for number, index, transaction in self._at_numbers(line_key, window, ahead):
                if stop is None or number < stop:
                    last_found = number
                    yield number, index, transaction
            position += WINDOW

    def _open(self, transaction: Transaction, reader: Keyring) -> OpenedPayload | None:
        """What a transaction says to the reader, whoever wrote it; None if it is not for them."""

        def opened_now() -> OpenedPayload | None:
            try:
                opened = open_transaction(transaction, reader.sealing_keys, chain_id=self._ledger.chain_id)
            except BlockMRSError:
                return None
            return opened if opened.payload.recipient == reader.card.id else None

        return self._readings.now().once(("opened", reader.card.id, transaction), opened_now)

    def _is_proven(self, opened: OpenedPayload, author: Card | None, index: int) -> bool:
        """Whether its author signed it: `author`, or whoever it names, whose card may not be here.

        What a card signed at a later place than its successor counts for nothing, whatever time it claims.
        """
        try:
            signer = author if author is not None else self._cards.find(opened.payload.author)
        except UNKNOWN:
            raise
        except BlockMRSError:
            return False
        if opened.payload.author != signer.id:
            return False
        # The payload's id names every byte that was signed.
        key = "signed", opened.id, opened.signature, signer.id
        if not self._readings.now().once(key, lambda: _is_signed(opened, signer)):
            return False
        return self._cards.successor_before(signer, index) is None


def _is_signed(opened: OpenedPayload, signer: Card) -> bool:
    try:
        opened.verify_author(signer.signing_key)
    except BlockMRSError:
        return False
    return True


def sort_messages(messages: Iterable[Message]) -> Line:
    """What the messages say, by kind, each grant with the revocation that ends it."""
    line = Line()
    for message in messages:
        try:
            match message.kind:
                case Kind.GRANT if scope_of(message.fields) is Scope.RENEWAL:
                    renewal = Renewal.from_fields(message.fields)
                    line.renewals.append(RenewalEntry(message.author, renewal, message.index))
                case Kind.GRANT if scope_of(message.fields) is Scope.UPDATE:
                    grant = Grant.from_fields(message.fields)
                    line.grants[message.id] = GrantEntry(
                        message.id, message.author, grant, position=message.position, index=message.index
                    )
                case Kind.GRANT:
                    several = BundleGrant.from_fields(message.fields)
                    line.bundles[message.id] = BundleGrantEntry(
                        message.id, message.author, several, position=message.position, index=message.index
                    )
                case Kind.REVOKE:
                    line.revocations.append((message.author, Revocation.from_fields(message.fields)))
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
    for author, revocation in line.revocations:
        if (entry := line.grants.get(revocation.grant_id)) is not None and entry.revoked is None:
            line.grants[entry.id] = replace(entry, revoked=revocation, revoked_by=author)
        if (bundle := line.bundles.get(revocation.grant_id)) is not None and bundle.revoked is None:
            line.bundles[bundle.id] = replace(bundle, revoked=revocation, revoked_by=author)
    return line


def with_renewals(line: Line, counts: Callable[[RenewalEntry], bool]) -> Line:
    """The line, each grant with the newest object of its update, by those of the line's renewals that count."""
    renewals: dict[tuple[bytes, bytes], tuple[list[int], list[Pointer]]] = {}
    for came in sorted(line.renewals, key=lambda came: came.index):
        if counts(came):
            places, objects = renewals.setdefault((came.renewal.update_id, came.renewal.subject), ([], []))
            places.append(came.index)
            objects.append(came.renewal.object)
    for grant_id, entry in line.grants.items() if renewals else ():
        grant = entry.grant
        # A copy opens nothing, and goes on opening nothing; a grant that came later has the newer object.
        places, objects = renewals.get((grant.update_id, grant.subject), ([], []))
        later = objects[bisect_right(places, entry.index) :]
        if later and grant.object is not None:
            line.grants[grant_id] = replace(
                entry,
                grant=replace(grant, object=later[-1]),
                renewed=places[-1],
                earlier=(grant.object, *later[:-1]),
            )
    return line


def messages_of(places: Iterable[tuple[int, Message | None]]) -> Iterator[Message]:
    """What is said at those places, each payload once."""
    ids: set[bytes] = set()
    for _, message in places:
        if message is not None and message.id not in ids:
            ids.add(message.id)
            yield message
