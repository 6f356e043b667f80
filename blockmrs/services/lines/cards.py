"""Cards from the log: everybody's public keys, found by card id and checked against it."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from blockmrs.chain.lines import card_slot
from blockmrs.chain.transaction import Kind, Transaction, open_transaction
from blockmrs.crypto.envelope import open_object, seal_object
from blockmrs.crypto.keys import Card, Keyring, card_entry_seed, sealing_public_key
from blockmrs.domain.sharing import Introduction, Pointer
from blockmrs.errors import NOT_HERE, UNKNOWN, BlockMRSError, NotFound

if TYPE_CHECKING:
    from blockmrs.chain.ledger import Ledger
    from blockmrs.services.lines.batch import Batch
    from blockmrs.storage import ObjectStore

_REMEMBERED = 1024


def read_card(objects: ObjectStore, pointer: Pointer, chain_id: bytes) -> Card:
    """The card held by the object that `pointer` opens."""
    return Card.decode(open_object(objects.get(pointer.cid), pointer.seed, chain_id=chain_id))


class Cards:
    """Publishes and finds cards. Cards are public and never change under one id, so those found are remembered."""

    def __init__(self, ledger: Ledger, objects: ObjectStore) -> None:
        self._ledger = ledger
        self._objects = objects
        self._by_id: OrderedDict[bytes, Card] = OrderedDict()
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
