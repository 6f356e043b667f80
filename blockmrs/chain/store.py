"""LedgerStore, what a ledger must keep: in memory here, in SQL in `model/chain.py`.

A store keeps and finds; it decides nothing and checks nothing. Whatever it answers, the ledger's proofs are checked
against a signed header.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import Protocol

from blockmrs.chain.merkle import Coordinates


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """A header's 249 bytes; `tree_size` is its own, to search by.

    `sealers`: the encoded set that the header names as next, where that differs from its predecessor's; else None.
    """

    height: int
    tree_size: int
    content: bytes
    sealers: bytes | None


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """A transaction's 2,048 bytes at its index in the log; the other fields repeat parts of them, to search by."""

    index: int
    digest: bytes
    slot: bytes
    one_time_key: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class NodeRow:
    """The digest of a complete node of the Merkle tree."""

    level: int
    index: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """A header with everything that it adds to the log."""

    header: HeaderRow
    transactions: Sequence[TransactionRow]
    nodes: Sequence[NodeRow]


@dataclass(frozen=True, slots=True)
class RowCounts:
    """How many rows of each kind a store holds, needed or not."""

    headers: int
    transactions: int
    nodes: int


class LedgerView(Protocol):
    """One unchanging state of the store. Lists come in order; what is absent is left out."""

    def newest_header(self) -> HeaderRow | None: ...
    def headers(self, start: int, count: int) -> list[HeaderRow]: ...
    def headers_over(self, indexes: Sequence[int]) -> dict[int, HeaderRow]:
        """Of each transaction the first header whose tree holds it; what no header speaks for is left out."""

    def sealer_sets(self) -> list[bytes]:
        """The encoded sets of sealers that headers have named, newest first."""

    def transactions(self, start: int, count: int) -> list[TransactionRow]: ...
    def indexes_of(self, digests: Sequence[bytes]) -> dict[bytes, int]: ...
    def at_slots(self, slots: Sequence[bytes]) -> list[TransactionRow]: ...
    def occupied(self, slots: Sequence[bytes], since: int = 0) -> set[bytes]:
        """Which of `slots` hold anything at all, among the transactions from index `since` on."""

    def at_places(self, places: Sequence[tuple[bytes, bytes]]) -> list[TransactionRow]:
        """What is at these slots under these one-time keys."""

    def nodes(self, coordinates: Iterable[Coordinates]) -> Mapping[Coordinates, bytes]: ...
    def node_range(self, level: int, start: int, count: int) -> list[NodeRow]: ...
    def counts(self) -> RowCounts: ...


class LedgerWriter(LedgerView, Protocol):
    """A view that nobody else can change in the meantime."""

    def add(self, block: Block) -> None: ...


class LedgerStore(Protocol):
    """Keeps blocks. `write` excludes other writers, in every process; its block is durable once it has ended."""

    def read(self) -> AbstractContextManager[LedgerView]: ...
    def write(self) -> AbstractContextManager[LedgerWriter]:
        """Kept on a normal end, undone by any exception; Unavailable if the disk or a lock does not answer."""

    def size(self) -> int | None:
        """How many transactions the newest header speaks for; None without one. Asked often: it must cost little."""

    def check_storage(self) -> None:
        """Raise VerificationFailed if the store's own structure is damaged."""


class MemoryLedgerStore:
    """A ledger's content in memory: for tests, and for checking another node's chain."""

    def __init__(self) -> None:
        self._content = _Content()
        self._lock = RLock()

    @contextmanager
    def read(self) -> Iterator[LedgerView]:
        """The present state; writers wait until it is left."""
        with self._lock:
            yield self._content

    @contextmanager
    def write(self) -> Iterator[LedgerWriter]:
        """The present state and a place to add blocks, which are kept if no exception ends it."""
        with self._lock:
            writer = _MemoryWriter(self._content)
            yield writer
            for block in writer.added:
                self._content.keep(block)

    def size(self) -> int | None:
        """The newest header's size."""
        with self._lock:
            newest = self._content.newest_header()
        return None if newest is None else newest.tree_size

    def check_storage(self) -> None:
        """Nothing can be damaged here."""


class _Content:
    def __init__(self) -> None:
        self.header_rows: list[HeaderRow] = []
        self.transaction_rows: list[TransactionRow] = []
        self.digests: dict[Coordinates, bytes] = {}
        self.by_digest: dict[bytes, int] = {}
        self.by_slot: dict[bytes, list[int]] = {}

    def keep(self, block: Block) -> None:
        self.header_rows.append(block.header)
        for row in block.transactions:
            self.transaction_rows.append(row)
            self.by_digest[row.digest] = row.index
            self.by_slot.setdefault(row.slot, []).append(row.index)
        self.digests.update({(node.level, node.index): node.digest for node in block.nodes})

    def newest_header(self) -> HeaderRow | None:
        return self.header_rows[-1] if self.header_rows else None

    def headers(self, start: int, count: int) -> list[HeaderRow]:
        return self.header_rows[start : start + count]

    def headers_over(self, indexes: Sequence[int]) -> dict[int, HeaderRow]:
        there = [index for index in indexes if index >= 0]
        heights = {index: bisect_right(self.header_rows, index, key=lambda row: row.tree_size) for index in there}
        return {index: self.header_rows[at] for index, at in heights.items() if at < len(self.header_rows)}

    def sealer_sets(self) -> list[bytes]:
        return [row.sealers for row in reversed(self.header_rows) if row.sealers is not None]

    def transactions(self, start: int, count: int) -> list[TransactionRow]:
        return self.transaction_rows[start : start + count]

    def indexes_of(self, digests: Sequence[bytes]) -> dict[bytes, int]:
        return {digest: self.by_digest[digest] for digest in digests if digest in self.by_digest}

    def at_slots(self, slots: Sequence[bytes]) -> list[TransactionRow]:
        indexes = {index for slot in slots for index in self.by_slot.get(slot, ())}
        return [self.transaction_rows[index] for index in sorted(indexes)]

    def occupied(self, slots: Sequence[bytes], since: int = 0) -> set[bytes]:
        return {slot for slot in slots if slot in self.by_slot and self.by_slot[slot][-1] >= since}

    def at_places(self, places: Sequence[tuple[bytes, bytes]]) -> list[TransactionRow]:
        place_set = set(places)
        return [row for row in self.at_slots([slot for slot, _ in places]) if (row.slot, row.one_time_key) in place_set]

    def nodes(self, coordinates: Iterable[Coordinates]) -> Mapping[Coordinates, bytes]:
        return {node: self.digests[node] for node in coordinates if node in self.digests}

    def node_range(self, level: int, start: int, count: int) -> list[NodeRow]:
        indexes = range(start, start + count)
        return [
            NodeRow(level, index, self.digests[level, index]) for index in indexes if (level, index) in self.digests
        ]

    def counts(self) -> RowCounts:
        return RowCounts(len(self.header_rows), len(self.transaction_rows), len(self.digests))


class _MemoryWriter(_Content):
    def __init__(self, content: _Content) -> None:
        vars(self).update(vars(content))
        self.added: list[Block] = []

    def add(self, block: Block) -> None:
        self.added.append(block)
