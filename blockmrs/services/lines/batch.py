"""What one use case writes: objects first, then all its transactions in one block.

Effects run from harmless to visible: objects, ledger, rows. A crash between them leaves an orphan, never a dangling
name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from blockmrs.chain.ledger import MAX_BLOCK_TRANSACTIONS
from blockmrs.chain.lines import one_time_seed_at, slot_at
from blockmrs.chain.transaction import Kind, seal_transaction
from blockmrs.crypto.releases import release_digest
from blockmrs.domain.sharing import Pointer
from blockmrs.errors import Conflict

if TYPE_CHECKING:
    from blockmrs.chain.ledger import Ledger
    from blockmrs.cid import Cid
    from blockmrs.crypto.envelope import SealedObject
    from blockmrs.crypto.keys import Card, Keyring
    from blockmrs.encoding import Value
    from blockmrs.storage import ObjectStore

MayWrite = Callable[[Iterable[bytes]], None]
"""Raises AccountCloses if the account of one of these cards, by id, is closing."""
LEAST_COVERED = 16
"""How many transactions a batch that is covered has at least; else 32, 64 and so on."""


class Batch:
    """Collects the transactions of one use case; `commit` puts them into one block.

    `sizes` lists the objects stored so far, each with its size in bytes; `releases` says, of those that can be let go,
    what the release secret hashes to (by the object's digest); `positions` says where on its line each payload id is.

    Args:
        signs: whether what a card signs now counts: not once another card follows it.
    """

    def __init__(
        self, ledger: Ledger, objects: ObjectStore, near: ObjectStore, signs: Callable[[Card], bool] = lambda _: True,
        may_write: MayWrite = lambda _cards: None,
    ) -> None:  # fmt: skip
        self._may_write = may_write
        self._ledger = ledger
        self._objects = objects
        self._near = near
        self._signs = signs
        self._authors: dict[bytes, Card] = {}
        self._transactions: list[bytes] = []
        self._next: dict[bytes, int] = {}
        self._in_use: dict[bytes, int] = {}
        self._covered_by: Keyring | None = None
        self._not_there = 0
        self.sizes: list[tuple[Cid, int]] = []
        self.releases: dict[bytes, bytes] = {}
        self.positions: dict[bytes, int] = {}

    def keep(self, sealed: SealedObject, holder: Keyring | None = None) -> Pointer:
        """Store an object durably now; returns where it is and what opens it.

        Args:
            holder: on behalf of whose card it is kept: whoever acts for that card can let it go. None: it stays.
        """
        pointer = self._put(self._objects, sealed)
        if holder is not None:
            self.releases[pointer.cid.digest] = release_digest(holder, pointer.cid)
        return pointer

    def keep_near(self, sealed: SealedObject) -> Pointer:
        """The same for keys, cards and rosters, which must be at hand while the store is away."""
        return self._put(self._near, sealed)

    def know_length(self, line_key: bytes, length: int) -> None:
        """Save `add` the search: the line was just found to have `length` places taken (it may have more by now)."""
        self._in_use[line_key] = length

    def find_places(self, line_keys: Iterable[bytes]) -> None:
        """Save `add` the searches, one by one, for the next free places of these lines."""
        new = [line_key for line_key in line_keys if line_key not in self._next]
        self._next.update(self._ledger.next_free_of(new))

    @property
    def room(self) -> int:
        """How many more transactions its block takes; the ledger refuses a batch that has more, as a whole."""
        return MAX_BLOCK_TRANSACTIONS - len(self._transactions)

    def next_on(self, line_key: bytes) -> int | None:
        """The place that `add` takes next on a line; None if this batch has not added anything to it yet."""
        return self._next.get(line_key)

    def add(
        self, kind: Kind, fields: Mapping[int, Value], *, author: Keyring, recipient: Card, line_key: bytes
    ) -> bytes:
        """Add a transaction at the next free place of a line; returns its payload id (32 bytes)."""
        position = self._next.get(line_key)
        if position is None:
            position = self._ledger.next_free(line_key, self._in_use.get(line_key, 0))
        self._next[line_key] = position + 1
        payload_id = self.add_at(
            kind,
            fields,
            author=author,
            recipient_id=recipient.id,
            recipient_key=recipient.sealing_key,
            slot=slot_at(line_key, position),
            one_time_seed=one_time_seed_at(line_key, position),
        )
        self.positions[payload_id] = position
        return payload_id

    def add_at(
        self,
        kind: Kind,
        fields: Mapping[int, Value],
        *,
        author: Keyring,
        recipient_id: bytes,
        recipient_key: bytes,
        slot: bytes,
        one_time_seed: bytes,
    ) -> bytes:
        """Add a transaction at a known place; returns its payload id (32 bytes)."""
        sealed = seal_transaction(
            kind,
            fields,
            author=author.card.id,
            signing_seed=author.signing_seed,
            recipient=recipient_id,
            recipient_key=recipient_key,
            slot=slot,
            one_time_seed=one_time_seed,
            chain_id=self._ledger.chain_id,
        )
        self._transactions.append(sealed.transaction)
        self._authors[author.card.id] = author.card
        return sealed.payload_id

    def written_later(self) -> list[bytes]:
        """The transactions, signed and sealed, for whoever writes them later in place of `commit`."""
        return list(self._transactions)

    def cover_with(self, keyring: Keyring) -> None:
        """Let `commit` fill the batch with covers, sealed to `keyring`: it hides how many others there are."""
        self._covered_by = keyring

    def count_as(self, more: int) -> None:
        """Let a batch that is covered be as large as if so many more transactions were in it; less than 0: fewer."""
        self._not_there += more

    def _put(self, store: ObjectStore, sealed: SealedObject) -> Pointer:
        cid = store.put(sealed.content)
        self.sizes.append((cid, len(sealed.content)))
        return Pointer(cid, sealed.seed)

    def commit(self) -> int:
        """Write everything to the ledger as part of one block; returns how many transactions were written.

        Raises:
            Conflict: a card that signed some of it has passed to a new seed, so that nobody would take it.
            AccountCloses: the account of somebody who signed here is closing.
        """
        if not all(self._signs(card) for card in self._authors.values()):
            raise Conflict("a card that has passed to a new seed signs nothing any more")
        if self._transactions and self._covered_by is not None:
            self._cover(self._covered_by)
        if self._transactions:
            self._may_write(self._authors)
            self._ledger.submit(self._transactions)
            self._ledger.know_lengths(self._next)
        return len(self._transactions)

    def _cover(self, keyring: Keyring) -> None:
        whole = max(LEAST_COVERED, 1 << (len(self._transactions) + self._not_there - 1).bit_length())
        card = keyring.card
        for _ in range(whole - len(self._transactions)):
            # Nobody looks for it: its place is on no line.
            self.add_at(
                Kind.COVER,
                {},
                author=keyring,
                recipient_id=card.id,
                recipient_key=card.sealing_key,
                slot=os.urandom(32),
                one_time_seed=os.urandom(32),
            )
