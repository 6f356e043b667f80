"""Cards from the log: everybody's public keys, found by card id and checked against it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from blockmrs.chain.lines import card_slot, successor_slot
from blockmrs.chain.transaction import Kind, OpenedPayload, Transaction, open_transaction
from blockmrs.crypto.envelope import open_object, seal_object
from blockmrs.crypto.keys import Card, Keyring, card_entry_seed, sealing_public_key
from blockmrs.domain.sharing import Introduction, Pointer
from blockmrs.domain.succession import Successor
from blockmrs.errors import NOT_HERE, UNKNOWN, BlockMRSError, InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from blockmrs.chain.ledger import Ledger
    from blockmrs.services.lines.batch import Batch
    from blockmrs.storage import ObjectStore

_REMEMBERED = 1024
MOST_IN_A_ROW = 32
"""How many cards that follow each other a reader goes along, so that nobody keeps it going for ever."""


def read_card(objects: ObjectStore, pointer: Pointer, chain_id: bytes) -> Card:
    """The card held by the object that `pointer` opens."""
    return Card.decode(open_object(objects.get(pointer.cid), pointer.seed, chain_id=chain_id))


@dataclass(frozen=True, slots=True)
class Following:
    """The card that follows another, by the first word of it in the log, which is at the place `index`."""

    card_id: bytes
    index: int


class Cards:
    """Publishes and finds cards. Cards are public and never change under one id, so those found are remembered."""

    def __init__(self, ledger: Ledger, objects: ObjectStore) -> None:
        self._ledger = ledger
        self._objects = objects
        self._by_id: OrderedDict[bytes, Card] = OrderedDict()
        # What follows a card, for good; or up to which place of the log nothing does.
        self._after: OrderedDict[bytes, Following | int] = OrderedDict()
        self._lock = Lock()

    def publish(self, batch: Batch, keyring: Keyring) -> Pointer:
        """Add the card of `keyring` to the log with `batch`; returns where its object is."""
        card = keyring.card
        sealed = seal_object(card.encode(), chain_id=self._ledger.chain_id)
        pointer = batch.keep_near(sealed)
        entry_seed = card_entry_seed(card.id)
        batch.add_at(
            Kind.CARD,
            Introduction(pointer).to_fields(),
            author=keyring,
            recipient_id=card.id,
            recipient_key=sealing_public_key(entry_seed),
            slot=card_slot(card.id),
            # The card's own signing key is the one-time key: readers discard anything else that is there.
            one_time_seed=keyring.signing_seed,
        )
        return pointer

    def name_successor(self, batch: Batch, old: Keyring, new: Keyring, pointer: Pointer) -> None:
        """Add to `batch`, as the old card's last word, that the card of `new`, which is at `pointer`, follows it."""
        card = old.card
        batch.add_at(
            Kind.CARD,
            Successor(new.card.id, pointer).to_fields(),
            author=old,
            recipient_id=card.id,
            recipient_key=sealing_public_key(card_entry_seed(card.id)),
            slot=successor_slot(card.id),
            one_time_seed=old.signing_seed,
        )

    def successor(self, card: Card) -> Following | None:
        """The card that follows this one, if one does now: the first that it named."""
        return self.successor_before(card, self._ledger.size)

    def successor_before(self, card: Card, index: int) -> Following | None:
        """The card that this one had named at a place of the log before `index`, as the one that follows it."""
        with self._lock:
            known = self._after.get(card.id)
        if known is None or (isinstance(known, int) and known < index):
            # Asked first: what comes while we look is looked for when somebody asks about a later place.
            size = self._ledger.size
            known = self._first_named(card) or size
            with self._lock:
                self._after[card.id] = known
                self._after.move_to_end(card.id)
                while len(self._after) > _REMEMBERED:
                    self._after.popitem(last=False)
        return known if isinstance(known, Following) and known.index < index else None

    def speaks_for(self, card_id: bytes, others: Iterable[bytes], index: int | None = None) -> bool:
        """Whether a card is one of `others`, or follows one of them, by the place `index` of the log if given.

        Raises:
            ObjectMissing: it cannot be told, since a card on the way is not here.
        """
        those = tuple(others)
        return card_id in those or any(card_id in self._line_after(other, index) for other in those)

    def _line_after(self, card_id: bytes, index: int | None = None) -> list[bytes]:
        """This card's id and those of the cards that follow it, in order; up to the first that comes twice."""
        size, line = self._ledger.size if index is None else index, [card_id]
        while len(line) <= MOST_IN_A_ROW:
            try:
                following = self.successor_before(self.find(line[-1]), size)
            except NotFound:
                break  # Nothing follows a card that is not in the log.
            if following is None or following.card_id in line:
                break
            line.append(following.card_id)
        return line

    def _first_named(self, card: Card) -> Following | None:
        for index, transaction in self._ledger.at_place(successor_slot(card.id), card.signing_key):
            opened = self._signed_by(card, transaction)
            if opened is None:
                continue
            try:
                named = Successor.from_fields(opened.payload.fields).card_id
            except InvalidInput:
                continue
            if named != card.id:
                return Following(named, index)
        return None

    def _signed_by(self, card: Card, transaction: Transaction) -> OpenedPayload | None:
        """What a transaction sealed to whoever has a card says, if it is of the kind `card` and signed by that one."""
        try:
            opened = open_transaction(transaction, card_entry_seed(card.id), chain_id=self._ledger.chain_id)
            opened.verify_author(card.signing_key)
        except BlockMRSError:
            return None
        payload = opened.payload
        is_of_it = payload.kind == Kind.CARD and payload.author == card.id and payload.recipient == card.id
        return opened if is_of_it else None

    def find(self, card_id: bytes) -> Card:
        """The card whose id is `card_id`, from the log; NotFound if it was never published."""
        with self._lock:
            if card_id in self._by_id:
                self._by_id.move_to_end(card_id)
                return self._by_id[card_id]
        card, _ = self._find_entry(card_id)
        self.remember(card)
        return card

    def pointer(self, card_id: bytes) -> Pointer:
        """Where the object with this card is, for an introduction."""
        return self._find_entry(card_id)[1]

    def remember(self, card: Card) -> None:
        """Keep a card that has been checked against its id."""
        with self._lock:
            self._by_id[card.id] = card
            while len(self._by_id) > _REMEMBERED:
                self._by_id.popitem(last=False)

    def _find_entry(self, card_id: bytes) -> tuple[Card, Pointer]:
        slot, not_here = card_slot(card_id), None
        for transaction in self._ledger.at_slots([slot]).get(slot, []):
            try:
                entry = self._read_entry(card_id, transaction)
            except NOT_HERE as error:
                # Anybody may write anything at this slot, including the name of something that was never here.
                not_here = error
                continue
            if entry is not None:
                return entry
        if not_here is not None:
            raise not_here
        raise NotFound("no card with this id is in the log")

    def _read_entry(self, card_id: bytes, transaction: Transaction) -> tuple[Card, Pointer] | None:
        try:
            opened = open_transaction(transaction, card_entry_seed(card_id), chain_id=self._ledger.chain_id)
            pointer = Introduction.from_fields(opened.payload.fields).card
            card = read_card(self._objects, pointer, self._ledger.chain_id)
            if card.id != card_id or transaction.one_time_key != card.signing_key:
                return None
            opened.verify_author(card.signing_key)
        except (BlockMRSError, KeyError) as error:
            # Anybody may write anything at this slot; a failing store must still be reported.
            if isinstance(error, UNKNOWN):
                raise
            return None
        return card, pointer
