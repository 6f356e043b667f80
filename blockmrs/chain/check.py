"""Check a stored chain from its first byte to its last, trusting only the keys that the genesis header names.

Source: docs/protocol.md "Checking everything", which has the same numbers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from blockmrs.chain.blocks import header_in
from blockmrs.chain.header import Header, SealerSet, verify_genesis, verify_header
from blockmrs.chain.merkle import Frontier
from blockmrs.chain.sealer import Sealer, SignedBlock
from blockmrs.chain.store import HeaderRow, LedgerStore, LedgerView, NodeRow, RowCounts, TransactionRow
from blockmrs.chain.transaction import Transaction, verify_transaction
from blockmrs.errors import InvalidInput, InvalidSignature, Unavailable, VerificationFailed

Progress = Callable[[str, int, int], None]
"""Called with what is being counted, how many are done, and how many there are."""

_ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """How many rows of each kind were checked."""

    headers: int
    transactions: int
    nodes: int


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def check_chain(store: LedgerStore, sealer: Sealer, progress: Progress) -> LedgerCounts:
    """Check everything in `store`, and that it ends at, or continues from, what `sealer` published last.

    Raises:
        VerificationFailed: the first thing that is wrong.
    """
    # 1. The store's own structure.
    store.check_storage()
    try:
        # Before the snapshot: a node that keeps sealing meanwhile is not an error.
        published = sealer.read_head()
    except Unavailable as error:
        raise VerificationFailed(error.message, **error.context) from error
    with store.read() as view:
        try:
            return _Check(view, progress).run(published)
        except (TypeError, ValueError, AttributeError) as error:
            # A changed byte can also turn a column into a value of another type.
            raise VerificationFailed("a row of the chain holds a value of the wrong type") from error


class _Check:
    def __init__(self, view: LedgerView, progress: Progress) -> None:
        self._view = view
        self._progress = progress
        self._log = Frontier()
        self._nodes = 0
        self._total = 0
        self._rows = self._transaction_rows()
        self._levels: dict[int, Iterator[NodeRow]] = {}
        self._sealers: SealerSet | None = None
        self._chain_id = b""

    def run(self, published: SignedBlock | None) -> LedgerCounts:
        newest = self._view.newest_header()
        if newest is None:
            raise VerificationFailed("the store holds no chain")
        self._total = newest.tree_size
        self._progress("transactions", 0, self._total)
        height, previous = 0, None
        for row in self._header_rows():
            if row.height != height:
                raise VerificationFailed("a header is missing", height=height)
            header = self._check_header(row, previous)
            # 5. Every transaction that the header adds, and with them the tree's nodes.
            while self._log.size < header.tree_size:
                self._check_transaction(self._next_transaction())
            # 6. The root over all transactions so far.
            if self._log.root() != header.root:
                raise VerificationFailed("the header's root is not that of the log", kind="header", height=height)
            height, previous = height + 1, header
        checked = LedgerCounts(height, self._log.size, self._nodes)
        # 7. Nothing beyond what the headers cover.
        if self._view.counts() != RowCounts(checked.headers, checked.transactions, checked.nodes):
            raise VerificationFailed("the store holds rows that no header covers")
        self._check_published(published, newest)
        self._progress("transactions", self._log.size, self._total)
        return checked

    def _check_header(self, row: HeaderRow, previous: Header | None) -> Header:
        # 2. Its bytes are a header, and the columns beside them agree.
        try:
            header = Header.decode(row.content)
            named = None if row.sealers is None else SealerSet.decode(row.sealers)
        except InvalidInput as error:
            raise VerificationFailed(
                f"a header cannot be decoded: {error.message}", kind="header", height=row.height
            ) from error
        if (header.height, header.tree_size) != (row.height, row.tree_size):
            raise VerificationFailed("a header's columns differ from its bytes", kind="header", height=row.height)
        # 3. It follows the one before, signed by a sealer that the one before names.
        if previous is None or self._sealers is None:
            if named is None:
                raise VerificationFailed("the genesis header's sealers are not stored", kind="header", height=0)
            self._chain_id = verify_genesis(header, named)
        else:
            verify_header(header, previous, self._sealers)
            if named is not None and named.digest != header.next_sealers:
                raise VerificationFailed("the stored sealers are not those named", kind="header", height=row.height)
        # 4. The set for the next header is known.
        if named is not None:
            self._sealers = named
        return header

    def _check_transaction(self, row: TransactionRow) -> None:
        index = self._log.size
        # 5a. No gap.
        if row.index != index:
            raise VerificationFailed("a transaction is missing", kind="transaction", index=index)
        # 5b. Its bytes are a transaction.
        try:
            transaction = Transaction.decode(row.content)
        except InvalidInput as error:
            raise VerificationFailed(
                f"a transaction cannot be decoded: {error.message}", kind="transaction", index=index
            ) from error
        # 5c. The leaf, hashed again, and every node above it that it completes, match those stored.
        for level, node_index, digest in self._log.append(transaction.digest):
            self._check_node(level, node_index, digest)
        # 5d. The columns beside its bytes agree.
        if (row.slot, row.one_time_key, row.digest) != (transaction.slot, transaction.one_time_key, transaction.digest):
            raise VerificationFailed("a transaction's columns differ from its bytes", kind="transaction", index=index)
        # 5e. Its outer signature.
        try:
            verify_transaction(transaction, self._chain_id)
        except InvalidSignature as error:
            raise InvalidSignature(
                "a transaction's signature does not verify", kind="transaction", index=index
            ) from error
        if self._log.size % _ROWS_AT_ONCE == 0:
            self._progress("transactions", self._log.size, self._total)

    def _check_node(self, level: int, index: int, digest: bytes) -> None:
        rows = self._levels.setdefault(level, self._node_rows(level))
        stored = next(rows, None)
        if stored is None or stored.index != index:
            raise VerificationFailed("a node of the Merkle tree is missing", kind="node", level=level, index=index)
        if stored.digest != digest:
            raise VerificationFailed(
                "a node of the Merkle tree is not the digest of what is below it: it or a transaction was changed",
                kind="node",
                level=level,
                index=index,
            )
        self._nodes += 1

    def _check_published(self, published: SignedBlock | None, newest: HeaderRow) -> None:
        # 8. The database holds the last header published here, or lacks just that one, as after a crash.
        if published is None:
            raise VerificationFailed("the head file beside the sealer's key is missing", kind="head file")
        header = published.header
        rows = self._view.headers(header.height, 1)
        if rows and rows[0].content == header.encode():
            return
        if header.height == newest.height + 1 and header.previous == header_in(newest).digest:
            return
        raise VerificationFailed(
            "the database is older than the head that this node has published, or differs from it",
            kind="head file",
            height=header.height,
        )

    def _next_transaction(self) -> TransactionRow:
        row = next(self._rows, None)
        if row is None:
            raise VerificationFailed("a transaction is missing", kind="transaction", index=self._log.size)
        return row

    def _header_rows(self) -> Iterator[HeaderRow]:
        start = 0
        while rows := self._view.headers(start, _ROWS_AT_ONCE):
            yield from rows
            start = rows[-1].height + 1

    def _transaction_rows(self) -> Iterator[TransactionRow]:
        start = 0
        while rows := self._view.transactions(start, _ROWS_AT_ONCE):
            yield from rows
            start = rows[-1].index + 1

    def _node_rows(self, level: int) -> Iterator[NodeRow]:
        start = 0
        while rows := self._view.node_range(level, start, _ROWS_AT_ONCE):
            yield from rows
            start = rows[-1].index + 1
