"""From transactions to a block's rows, and from stored rows back to what a header says about them.

Source: docs/protocol.md "The ledger".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from blockmrs.chain.header import Header, SealerSet, verify_genesis, verify_header
from blockmrs.chain.merkle import Frontier, peak_coordinates
from blockmrs.chain.sealer import SignedBlock
from blockmrs.chain.store import Block, HeaderRow, LedgerView, NodeRow, TransactionRow
from blockmrs.chain.transaction import Transaction
from blockmrs.errors import InvalidInput, Unavailable, VerificationFailed


@dataclass(frozen=True, slots=True)
class Additions:
    """The rows that a block adds beneath its header."""

    transactions: Sequence[TransactionRow]
    nodes: Sequence[NodeRow]

    def under(self, header: Header, sealers: SealerSet | None = None) -> Block:
        """The block of these rows under `header`; `sealers` is the set that it names anew, if it does."""
        encoded = None if sealers is None else sealers.encode()
        row = HeaderRow(header.height, header.tree_size, header.encode(), encoded)
        return Block(row, self.transactions, self.nodes)


def header_in(row: HeaderRow) -> Header:
    """The header that a stored row holds, else VerificationFailed: if it cannot be decoded, our own data is damaged."""
    try:
        return Header.decode(row.content)
    except InvalidInput as error:
        raise VerificationFailed("a stored header cannot be decoded", kind="header", height=row.height) from error


def transaction_in(row: TransactionRow) -> Transaction:
    """The transaction that a stored row holds, else VerificationFailed."""
    try:
        return Transaction.decode(row.content)
    except InvalidInput as error:
        raise VerificationFailed(
            "a stored transaction cannot be decoded", kind="transaction", index=row.index
        ) from error


def extend(log: Frontier, transactions: Sequence[Transaction]) -> Additions:
    """Append `transactions` to `log` and return the rows that this adds."""
    rows: list[TransactionRow] = []
    nodes: list[NodeRow] = []
    for transaction in transactions:
        digest = transaction.digest
        rows.append(TransactionRow(log.size, digest, transaction.slot, transaction.one_time_key, transaction.encode()))
        nodes.extend(NodeRow(*node) for node in log.append(digest))
    return Additions(rows, nodes)


def log_at(view: LedgerView, header: Header) -> Frontier:
    """The log as `header` describes it, ready to be extended; VerificationFailed if the stored nodes disagree.

    This way nothing is ever signed on top of a damaged tree.
    """
    coordinates = peak_coordinates(header.tree_size)
    digests = view.nodes(coordinates)
    log = Frontier(header.tree_size, [digests[node] for node in coordinates if node in digests])
    if len(log.peaks) != len(coordinates) or log.root() != header.root:
        raise VerificationFailed("the log's nodes do not lead to the root in the header", height=header.height)
    return log


def read_sealers(view: LedgerView, digest: bytes) -> SealerSet:
    """The set of sealers with this digest, as kept beside the header that named it; else VerificationFailed."""
    for encoded in view.sealer_sets():
        try:
            sealers = SealerSet.decode(encoded)
        except InvalidInput as error:
            raise VerificationFailed("a stored set of sealers cannot be decoded") from error
        if sealers.digest == digest:
            return sealers
    raise VerificationFailed("a header names sealers that are not stored")


def verify_newest(view: LedgerView) -> bytes:
    """Check the newest header against the one before, its sealers and the stored log; returns the chain id."""
    newest = view.newest_header()
    if newest is None:
        raise VerificationFailed("the store holds no chain")
    headers = [header_in(row) for row in view.headers(max(0, newest.height - 1), 2)]
    if len(headers) == 1:
        chain_id = verify_genesis(headers[0], read_sealers(view, headers[0].next_sealers))
    else:
        predecessor, header = headers
        verify_header(header, predecessor, read_sealers(view, predecessor.next_sealers))
        chain_id = header.chain_id
    log_at(view, headers[-1])
    return chain_id


def is_next_block(newest: HeaderRow | None, published: SignedBlock) -> bool:
    """Whether `published` is the block that follows `newest` (None: an empty store)."""
    if newest is None:
        return published.header.height == 0
    predecessor = header_in(newest)
    return published.header.height == newest.height + 1 and published.header.previous == predecessor.digest


def rebuild_block(view: LedgerView, newest: HeaderRow | None, published: SignedBlock) -> Block:
    """The rows of a published block that follows `newest`, after checking it as if somebody else had made it."""
    header = published.header
    sealers = None if published.sealers is None else SealerSet.decode(published.sealers)
    if newest is None:
        if sealers is None:
            raise VerificationFailed("the head file's first block names no sealers")
        verify_genesis(header, sealers)
        return Additions((), ()).under(header, sealers)
    predecessor = header_in(newest)
    verify_header(header, predecessor, read_sealers(view, predecessor.next_sealers))
    log = log_at(view, predecessor)
    additions = extend(log, [Transaction.decode(content) for content in published.transactions])
    if (log.size, log.root()) != (header.tree_size, header.root):
        raise VerificationFailed("the head file's block does not lead to its own root", height=header.height)
    return additions.under(header, sealers)


def check_published(view: LedgerView, published: SignedBlock | None) -> None:
    """Raise Unavailable unless the database holds the header that was published last, or continues from it."""
    if published is None:
        raise Unavailable(
            "the head file beside the sealer's key is missing, so this node cannot know what it published and signs"
            " nothing"
        )
    rows = view.headers(published.header.height, 1)
    if not rows or rows[0].content != published.header.encode():
        raise Unavailable(
            "the database is older than the head that this node has published, or differs from it; signing would fork"
            " the chain",
            height=published.header.height,
        )
