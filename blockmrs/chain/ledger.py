"""Ledger: submit, commit, look up, prove.

The order of effects for a block: signed; head file durable; database committed; acknowledged. `chain/sealer.py` says
why. A block takes every submission that is waiting when it begins: whichever thread gets the lock seals for the rest.

Source: docs/protocol.md "The ledger".
"""

import copy
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from blockmrs.chain import merkle
from blockmrs.chain.blocks import (
    Additions,
    check_published,
    extend,
    header_in,
    is_next_block,
    log_at,
    read_sealers,
    rebuild_block,
    transaction_in,
    verify_newest,
)
from blockmrs.chain.check import LedgerCounts, Progress, check_chain, no_progress
from blockmrs.chain.ends import LineLengths, gallop
from blockmrs.chain.header import Header, SealerSet, genesis_header, next_header
from blockmrs.chain.lines import WINDOW, one_time_key_at, slot_at
from blockmrs.chain.sealer import OnStep, Sealer, SignedBlock, no_step
from blockmrs.chain.store import HeaderRow, LedgerStore, LedgerView, LedgerWriter
from blockmrs.chain.transaction import Transaction, verify_transaction
from blockmrs.errors import BlockMRSError, Malformed, NotFound, Unavailable, VerificationFailed
from blockmrs.moments import to_ms

__all__ = ["MAX_BLOCK_TRANSACTIONS", "Ledger", "Place", "Sealer"]

MAX_BLOCK_TRANSACTIONS = 1024
"""The most that one block adds: as much as a crash may make us repeat, or a follower has to take at once."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a transaction is: its index in the log, from 0, and the height of the block that added it."""

    index: int
    height: int


class _Submission:
    def __init__(self, transactions: Sequence[Transaction]) -> None:
        self.entries = {transaction.digest: transaction for transaction in transactions}
        self.digests = [transaction.digest for transaction in transactions]
        self.places: dict[bytes, Place] | None = None
        self.error: BlockMRSError | None = None

    @property
    def is_settled(self) -> bool:
        return self.places is not None or self.error is not None

    def result(self) -> list[Place]:
        if self.places is None:
            # A copy: several threads may raise the error of a block that they shared.
            raise copy.copy(self.error) from self.error  # type: ignore[misc]  # settled: an error, if no places
        return [self.places[digest] for digest in self.digests]


class Ledger:
    """The chain in `store`, continued with `sealer`, or begun if the store is empty. Any number of threads may call it.

    Args:
        clock: gives aware times; a header is never earlier than the one before it, whatever the clock says.
        on_step: called with each step of a block once it is done; for tests that stop the process there.

    Raises:
        VerificationFailed: the newest header is not valid, or the log does not lead to its root.
        Unavailable: the store is empty, but the head file says that a chain was already published.
    """

    def __init__(
        self, store: LedgerStore, sealer: Sealer, clock: Callable[[], datetime], *, on_step: OnStep = no_step
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self._on_step = on_step
        self._waiting: deque[_Submission] = deque()
        self._waiting_lock = Lock()
        self._sealing = Lock()
        self._lengths = LineLengths()
        self._begin()
        with self._store.read() as view:
            self.chain_id = verify_newest(view)

    def head(self) -> Header:
        """The newest header, including those of blocks sealed by other processes."""
        with self._store.read() as view:
            return header_in(_newest(view))

    @property
    def size(self) -> int:
        """How many transactions the log has."""
        size = self._store.size()
        if size is None:
            raise _no_chain()
        return size

    def header(self, height: int) -> Header:
        """The header at `height`, else NotFound."""
        with self._store.read() as view:
            rows = view.headers(height, 1) if height >= 0 else []
        if not rows or rows[0].height != height:
            raise NotFound("the chain has no header at this height", height=height)
        return header_in(rows[0])

    def submit(self, transactions: Sequence[bytes]) -> list[Place]:
        """Make all of `transactions` durable, in one block; those seen before keep the place that they had.

        Raises:
            InvalidInput: one has another size or version, or there are too many for one block: none is taken.
            InvalidSignature: one is forged, or belongs to another chain: none is taken.
            Unavailable: the disk or a lock did not answer, or this node may not sign. They may still end up in the
                log; submitting the same bytes again returns their places.
        """
        if len(transactions) > MAX_BLOCK_TRANSACTIONS:
            raise Malformed("too many transactions for one block", limit=MAX_BLOCK_TRANSACTIONS)
        if not transactions:
            return []
        # Checked before they join others in one block, so that a refusal affects nobody else.
        submission = _Submission([self._admit(content) for content in transactions])
        with self._waiting_lock:
            self._waiting.append(submission)
        with self._sealing:
            while not submission.is_settled:
                self._seal_for(self._take_waiting())
        return submission.result()

    def catch_up(self) -> None:
        """Let readers see a block that was published while the database refused it, because of a full disk for example.

        Call this before looking whether an earlier attempt took effect.

        Raises:
            Unavailable: there is such a block, and the disk or a lock still does not answer.
        """
        # A block being committed looks the same for a moment, so only the check under the lock decides.
        published = self._sealer.read_head()
        if published is not None and self._is_behind(published):
            with self._sealer.exclusive():
                self._catch_up()

    def check_may_sign(self) -> None:
        """Return if this node could sign the next header now; nothing is signed or written.

        Raises:
            Unavailable: the head file is missing or damaged, the database is older than it or differs from it, or this
                node's key is not one of the chain's.
        """
        published = self._sealer.read_head()
        with self._store.read() as view:
            newest = _newest(view)
            # One block behind is what a crash leaves; the next signing repeats that block.
            if published is None or not is_next_block(newest, published):
                check_published(view, published)
            self._check_key(view, header_in(newest))

    def transaction(self, index: int) -> Transaction:
        """The transaction at `index`, else NotFound."""
        with self._store.read() as view:
            rows = view.transactions(index, 1) if index >= 0 else []
        if not rows or rows[0].index != index:
            raise NotFound("the log has no transaction at this index", index=index)
        return transaction_in(rows[0])

    def place_of(self, digest: bytes) -> Place:
        """The place of the transaction with this digest (32 bytes), else NotFound."""
        with self._store.read() as view:
            places = _places(view, [digest])
        if digest not in places:
            raise NotFound("the log has no transaction with this digest")
        return places[digest]

    def at_slots(self, slots: Sequence[bytes]) -> dict[bytes, list[Transaction]]:
        """Everything at `slots`, in the log's order, whatever one-time key it is under; empty slots are left out."""
        with self._store.read() as view:
            rows = view.at_slots(slots)
        by_slot: dict[bytes, list[Transaction]] = {}
        for row in rows:
            by_slot.setdefault(row.slot, []).append(transaction_in(row))
        return by_slot

    def at_place(self, slot: bytes, one_time_key: bytes) -> list[tuple[int, Transaction]]:
        """What is at a slot under that one-time key, each with its index in the log, in the log's order."""
        with self._store.read() as view:
            return [(row.index, transaction_in(row)) for row in view.at_places([(slot, one_time_key)])]

    def read_line(self, line_key: bytes, start: int = 0) -> Iterator[tuple[int, Transaction]]:
        """Every (number, transaction) of a line from number `start` on, until `WINDOW` slots after the last are empty.

        Whatever is there under another one-time key is never fetched, however much there is.
        """
        last = start - 1
        while True:
            with self._store.read() as view:
                entries = _at_numbers(view, line_key, range(last + 1, last + 1 + WINDOW))
            if not entries:
                return
            yield from ((number, transaction) for number, _, transaction in entries)
            last = entries[-1][0]

    def at_numbers(self, line_key: bytes, numbers: Sequence[int]) -> list[tuple[int, int, Transaction]]:
        """What is on the line at `numbers` under its own one-time keys: number, index in the log, transaction."""
        with self._store.read() as view:
            return _at_numbers(view, line_key, numbers)

    def came_since(self, line_key: bytes, numbers: Sequence[int], size: int) -> list[int]:
        """Those of `numbers` whose slots were written to after the log's first `size` transactions."""
        number_at = {slot_at(line_key, number): number for number in numbers}
        with self._store.read() as view:
            return sorted(number_at[slot] for slot in view.occupied(list(number_at), since=size))

    def came_to(self, stops: Mapping[bytes, int], size: int) -> bool:
        """Whether a slot of these lines, by key, before these numbers, was written to after the first `size`."""
        with self._store.read() as view:
            return bool(view.occupied([slot_at(key, at) for key, stop in stops.items() for at in range(stop)], size))

    def empty_of(self, line_key: bytes, numbers: Sequence[int]) -> set[int]:
        """Those of `numbers` whose slots on the line are empty."""
        number_at = {slot_at(line_key, number): number for number in numbers}
        with self._store.read() as view:
            return set(number_at.values()) - {number_at[slot] for slot in view.occupied(list(number_at))}

    def times_of(self, indexes: Iterable[int]) -> dict[int, datetime]:
        """When the blocks that hold the transactions at these indexes were made, according to their headers.

        Raises:
            NotFound: the log has no transaction at one of them.
        """
        places = sorted(set(indexes))
        with self._store.read() as view:
            rows = view.headers_over(places) if places else {}
        for index in places:
            if index not in rows:
                raise NotFound("the log has no transaction at this index", index=index)
        time_at = {row: header_in(row).time for row in set(rows.values())}
        return {index: time_at[row] for index, row in rows.items()}

    def next_free(self, line_key: bytes, start: int = 0) -> int:
        """The number that the line's next transaction takes, where a reader who looks a window ahead will find it.

        Only entries under the line's own one-time keys count. O(log n) look-ups, a window of numbers at a time:
        doubling first, then narrowing. Somebody who holds the line key could lead these far ahead by writing
        beyond the window, where no reader looks: so the window before the answer must be full, or the line is walked
        as a reader walks it.

        Args:
            start: a number up to which the caller knows the line to be in use.
        """
        start = max(start, self._lengths.of(line_key) or 0)
        with self._store.read() as view:
            for trusting in (True, False):
                free = gallop(view, line_key, start, trusting)
                before = range(max(start, free - WINDOW), free)
                places = {(slot_at(line_key, number), one_time_key_at(line_key, number)) for number in before}
                if {(row.slot, row.one_time_key) for row in view.at_places(list(places))} == places:
                    self._lengths.remember(line_key, free)
                    return free
        last = start - 1
        for number, _ in self.read_line(line_key, start):
            last = number
        return last + 1

    def next_free_of(self, line_keys: Iterable[bytes]) -> dict[bytes, int]:
        """As `next_free` for each of these lines, but in one question for all to which nobody has come since."""
        keys = list(dict.fromkeys(line_keys))
        ends = {key: self._lengths.of(key) for key in keys}
        slots = {key: slot_at(key, end) for key, end in ends.items() if end is not None}
        with self._store.read() as view:
            occupied = view.occupied(list(slots.values())) if slots else set()
        free: dict[bytes, int] = {}
        for key, end in ends.items():
            is_as_it_was = end is not None and slots[key] not in occupied
            free[key] = end if end is not None and is_as_it_was else self.next_free(key)
        return free

    def know_lengths(self, lengths: Mapping[bytes, int]) -> None:
        """Begin the next searches there: these lines, by key, are in use up to these numbers, as was just written."""
        for line_key, length in lengths.items():
            self._lengths.remember(line_key, length)

    def prove_inclusion(self, index: int, size: int) -> merkle.InclusionProof:
        """That transaction `index` is in the log's first `size`; InvalidInput if it is not, or the log is shorter."""
        with self._store.read() as view:
            _check_size(view, size)
            return merkle.prove_inclusion(index, size, view.nodes)

    def prove_consistency(self, old_size: int, new_size: int) -> merkle.ConsistencyProof:
        """That the log of `old_size` begins that of `new_size`; InvalidInput unless 0 < old <= new <= the log's."""
        with self._store.read() as view:
            _check_size(view, new_size)
            return merkle.prove_consistency(old_size, new_size, view.nodes)

    def root_at(self, size: int) -> bytes:
        """The root over the log's first `size` transactions; InvalidInput if it has fewer."""
        with self._store.read() as view:
            _check_size(view, size)
            return merkle.root_of(size, view.nodes)

    def check_everything(self, progress: Progress = no_progress) -> LedgerCounts:
        """Check every byte of the chain again, and count what was checked.

        Args:
            progress: called with "transactions", how many are done, and how many there are.

        Raises:
            VerificationFailed: the first thing that is wrong, in plain words, with its row.
        """
        return check_chain(self._store, self._sealer, progress)

    def _admit(self, content: bytes) -> Transaction:
        transaction = Transaction.decode(content)
        verify_transaction(transaction, self.chain_id)
        return transaction

    def _take_waiting(self) -> list[_Submission]:
        taken: list[_Submission] = []
        room = MAX_BLOCK_TRANSACTIONS
        with self._waiting_lock:
            while self._waiting and len(self._waiting[0].entries) <= room:
                taken.append(self._waiting.popleft())
                room -= len(taken[-1].entries)
        return taken

    def _seal_for(self, submissions: Sequence[_Submission]) -> None:
        entries = {digest: entry for submission in submissions for digest, entry in submission.entries.items()}
        try:
            places = self._seal(entries)
        except BlockMRSError as error:
            for submission in submissions:
                submission.error = error
            return
        except BaseException:
            for submission in submissions:
                submission.error = Unavailable("the block could not be sealed")
            raise
        for submission in submissions:
            submission.places = places

    def _seal(self, entries: dict[bytes, Transaction]) -> dict[bytes, Place]:
        with self._sealer.exclusive():
            published = self._catch_up()
            with self._store.write() as writer:
                newest = _newest(writer)
                check_published(writer, published)
                places = _places(writer, list(entries))
                new = [transaction for digest, transaction in entries.items() if digest not in places]
                if new:
                    self._add_block(writer, newest, new)
                    for index, transaction in enumerate(new, start=newest.tree_size):
                        places[transaction.digest] = Place(index, newest.height + 1)
            self._on_step("committed")
        return places

    def _add_block(self, writer: LedgerWriter, newest: HeaderRow, new: Sequence[Transaction]) -> None:
        predecessor = header_in(newest)
        self._check_key(writer, predecessor)
        log = log_at(writer, predecessor)
        additions = extend(log, new)
        header = self._sealer.sign(
            next_header(
                predecessor,
                self.chain_id,
                sealer=self._sealer.public_key,
                time_ms=to_ms(self._clock()),
                tree_size=log.size,
                root=log.root(),
            )
        )
        self._on_step("signed")
        self._sealer.publish(SignedBlock(header, tuple(row.content for row in additions.transactions)))
        self._on_step("published")
        writer.add(additions.under(header))
        self._on_step("added")

    def _check_key(self, view: LedgerView, predecessor: Header) -> None:
        if self._sealer.public_key not in read_sealers(view, predecessor.next_sealers).keys:
            raise Unavailable("this node's sealer key is not one of the chain's, so it signs nothing")

    def _begin(self) -> None:
        """Start a chain if the store is empty; else repeat a block whose commit was cut off."""
        with self._store.read() as view:
            is_new = view.newest_header() is None
        try:
            with self._sealer.exclusive():
                published = self._catch_up()
                if is_new:
                    with self._store.write() as writer:
                        if writer.newest_header() is None:
                            self._start_chain(writer, published)
        except Unavailable:
            if is_new:
                raise
            # Reading has to work whatever keeps this node from signing; `submit` will say what that is.

    def _start_chain(self, writer: LedgerWriter, published: SignedBlock | None) -> None:
        if published is not None:
            raise Unavailable(
                "the database holds no chain, but the head file says that this node has published one; restore the"
                " database that belongs to it",
                height=published.header.height,
            )
        sealers = SealerSet.of([self._sealer.public_key])
        header = self._sealer.sign(
            genesis_header(
                random=secrets.token_bytes(32),
                time_ms=to_ms(self._clock()),
                sealers=sealers,
                sealer=self._sealer.public_key,
            )
        )
        self._on_step("signed")
        self._sealer.publish(SignedBlock(header, (), sealers.encode()))
        self._on_step("published")
        writer.add(Additions((), ()).under(header, sealers))
        self._on_step("added")

    def _catch_up(self) -> SignedBlock | None:
        """Put the published block into the database if exactly that one is missing there; returns it in any case."""
        published = self._sealer.read_head()
        if published is not None and self._is_behind(published):
            with self._store.write() as writer:
                writer.add(rebuild_block(writer, writer.newest_header(), published))
            self._on_step("repeated")
        return published

    def _is_behind(self, published: SignedBlock) -> bool:
        """Whether the database lacks exactly this block."""
        with self._store.read() as view:
            return is_next_block(view.newest_header(), published)


def _newest(view: LedgerView) -> HeaderRow:
    newest = view.newest_header()
    if newest is None:
        raise _no_chain()
    return newest


def _no_chain() -> Unavailable:
    return Unavailable("the ledger's database holds no chain any more")


def _at_numbers(view: LedgerView, line_key: bytes, numbers: Sequence[int]) -> list[tuple[int, int, Transaction]]:
    """What is on the line at `numbers`, under the line's own one-time keys: number, index in the log, transaction."""
    number_at = {slot_at(line_key, number): number for number in numbers}
    # Most slots are empty: deriving a one-time key is worthwhile only for the others.
    occupied = view.occupied(list(number_at))
    rows = view.at_places([(slot, one_time_key_at(line_key, number_at[slot])) for slot in occupied])
    entries = [(number_at[row.slot], row.index, transaction_in(row)) for row in rows]
    return sorted(entries, key=lambda entry: entry[:2])


def _check_size(view: LedgerView, size: int) -> None:
    if not 0 <= size <= _newest(view).tree_size:
        raise Malformed("the log is shorter than this size", size=size)


def _places(view: LedgerView, digests: Sequence[bytes]) -> dict[bytes, Place]:
    indexes = view.indexes_of(digests)
    over = view.headers_over(list(indexes.values())) if indexes else {}
    places = {}
    for digest, index in indexes.items():
        if index not in over:
            raise VerificationFailed("a transaction lies beyond the newest header", index=index)
        places[digest] = Place(index, over[index].height)
    return places
