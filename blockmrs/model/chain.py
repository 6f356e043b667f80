"""The ledger's rows, and `SqlLedgerStore`, which keeps blocks in them.

These rows carry no MAC of their own: the signed headers and the Merkle tree prove them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache, cached_property
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    Engine,
    Index,
    LargeBinary,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from blockmrs.chain.merkle import Coordinates
from blockmrs.chain.store import Block, HeaderRow, LedgerView, LedgerWriter, NodeRow, RowCounts, TransactionRow
from blockmrs.errors import Unavailable, VerificationFailed
from blockmrs.model import sqlite
from blockmrs.model.base import Base
from blockmrs.model.prepared import Prepared

# Databases limit how many values one statement may have (SQLite: 32,766; before 3.32: 999).
_VALUES_AT_ONCE = 400
_A_WINDOW = 20

_Item = TypeVar("_Item")


class ChainHeaderRow(Base):
    """A header's bytes; `tree_size` repeats its own, and `sealers` holds the set it names, if that is new."""

    __tablename__ = "chain_header"

    height: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    tree_size: Mapped[int] = mapped_column(BigInteger, index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary(249))
    sealers: Mapped[bytes | None] = mapped_column(LargeBinary)


class ChainTransactionRow(Base):
    """A transaction's bytes at its index in the log; digest, slot and one-time key repeat parts of it, to search by."""

    __tablename__ = "chain_transaction"

    log_index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    slot: Mapped[bytes] = mapped_column(LargeBinary(32))
    one_time_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    content: Mapped[bytes] = mapped_column(LargeBinary(2048))

    # Not unique: otherwise anybody who foresaw a slot could occupy it, and so block a grant or a revocation.
    __table_args__ = (Index(None, "slot", "one_time_key"),)


class ChainNodeRow(Base):
    """A complete node of the Merkle tree."""

    __tablename__ = "chain_node"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    node_index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))

    __table_args__ = ({"sqlite_with_rowid": False},)


_HEADERS = select(
    ChainHeaderRow.height, ChainHeaderRow.tree_size, ChainHeaderRow.content, ChainHeaderRow.sealers
).order_by(ChainHeaderRow.height)
_TRANSACTIONS = select(
    ChainTransactionRow.log_index,
    ChainTransactionRow.digest,
    ChainTransactionRow.slot,
    ChainTransactionRow.one_time_key,
    ChainTransactionRow.content,
).order_by(ChainTransactionRow.log_index)
_NODES = select(ChainNodeRow.level, ChainNodeRow.node_index, ChainNodeRow.digest).order_by(
    ChainNodeRow.level, ChainNodeRow.node_index
)

# Built once: putting a statement together costs more time than SQLite needs to answer it.
_AT_SLOTS = _TRANSACTIONS.where(ChainTransactionRow.slot.in_(bindparam("slots", expanding=True)))
_FIRST_OVER = (
    select(ChainHeaderRow.height)
    .where(ChainHeaderRow.tree_size > ChainTransactionRow.log_index)
    .order_by(ChainHeaderRow.tree_size, ChainHeaderRow.height)
    .limit(1)
    .correlate(ChainTransactionRow)
    .scalar_subquery()
)
_OVER = (
    _HEADERS.order_by(None)
    .with_only_columns(ChainTransactionRow.log_index, *_HEADERS.selected_columns)
    .join_from(ChainTransactionRow, ChainHeaderRow, ChainHeaderRow.height == _FIRST_OVER)
)
_SIZE = select(ChainHeaderRow.tree_size).order_by(ChainHeaderRow.height.desc()).limit(1)
_NEWEST_HEADER = Prepared(_HEADERS.order_by(None).order_by(ChainHeaderRow.height.desc()).limit(1))


# What each page asks, with a name for each value, so that it is written once for every number of them that there is.
@cache
def _occupied(slots: int) -> Prepared:
    """Which of so many slots are occupied from `since` on."""
    there = select(ChainTransactionRow.slot).distinct().where(ChainTransactionRow.slot.in_(_named("slot", slots)))
    return Prepared(there.where(ChainTransactionRow.log_index >= bindparam("since")))


@cache
def _at_places(places: int) -> Prepared:
    """What is at one of so many slots under one of as many one-time keys."""
    # Not as pairs: SQLite would then read the whole table instead of the index.
    there = _TRANSACTIONS.where(ChainTransactionRow.slot.in_(_named("slot", places)))
    return Prepared(there.where(ChainTransactionRow.one_time_key.in_(_named("key", places))))


@cache
def _over(indexes: int) -> Prepared:
    """The first header over each of so many places of the log."""
    return Prepared(_OVER.where(ChainTransactionRow.log_index.in_(_named("index", indexes))))


def _named(name: str, count: int) -> list[BindParameter[Any]]:
    return [bindparam(f"{name}_{number}") for number in range(count)]


def _values(name: str, some: Sequence[object], count: int) -> dict[str, object]:
    """The values for `_named`; the first one stands for those that are missing: to name one twice asks no more."""
    padded = [*some, *[some[0]] * (count - len(some))]
    return {f"{name}_{number}": value for number, value in enumerate(padded)}


def _rounded(count: int) -> int:
    """A number of values from a few ones: a power of two, or whole windows."""
    return 1 << (count - 1).bit_length() if count < _A_WINDOW else -(-count // _A_WINDOW) * _A_WINDOW


class SqlLedgerStore:
    """Blocks in SQL. Threads and processes that use one SQLite file share one chain.

    `engine` comes from `blockmrs.model.database.create_engine`, so that commits are durable and `write=True` takes the
    write lock at once. The store uses connections of its own: no caller's transaction is ever part of a block.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(write=True)

    @contextmanager
    def read(self) -> Iterator[LedgerView]:
        """One state of the database, which others may change in the meantime."""
        with _errors(), self._engine.connect() as connection:
            yield _SqlView(connection)

    @contextmanager
    def write(self) -> Iterator[LedgerWriter]:
        """The newest state, under the write lock; at a normal end it is committed and on disk."""
        with _errors(), self._writing.begin() as connection:
            yield _SqlView(connection)

    def size(self) -> int | None:
        """Asked of the driver itself: a request asks again and again whether the log has grown."""
        try:
            with _errors(), closing(self._engine.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute(self._size_query)
                row = cursor.fetchone()
                cursor.close()
            return None if row is None else int(row[0])
        except self._engine.dialect.loaded_dbapi.Error:
            # Once more, where the reason becomes one of ours.
            with self.read() as view:
                newest = view.newest_header()
            return None if newest is None else newest.tree_size

    @cached_property
    def _size_query(self) -> str:
        return str(_SIZE.compile(dialect=self._engine.dialect, compile_kwargs={"literal_binds": True}))

    def check_storage(self) -> None:
        """Raise VerificationFailed if SQLite finds the file damaged: pages, indexes or misplaced rows."""
        if self._engine.dialect.name != "sqlite":
            return
        with _errors(), self._engine.connect() as connection:
            for (finding,) in connection.exec_driver_sql(sqlite.CHECK_PAGES):
                if finding != "ok":
                    raise VerificationFailed("the database file is damaged", finding=finding)


@contextmanager
def _errors() -> Iterator[None]:
    """Turn the driver's errors into ours; statements and values stay out of the messages."""
    try:
        yield
    except OperationalError as error:
        raise Unavailable("the ledger's database did not answer", reason=str(error.orig)) from None
    except DBAPIError as error:
        raise VerificationFailed("the ledger's tables are damaged", reason=str(error.orig)) from None


class _SqlView:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest_header(self) -> HeaderRow | None:
        rows = _NEWEST_HEADER.rows(self._connection, {})
        return HeaderRow(*rows[0]) if rows else None

    def headers(self, start: int, count: int) -> list[HeaderRow]:
        query = _HEADERS.where(ChainHeaderRow.height >= start).limit(count)
        return [HeaderRow(*row) for row in self._connection.execute(query)]

    def headers_over(self, indexes: Sequence[int]) -> dict[int, HeaderRow]:
        headers: dict[int, HeaderRow] = {}
        for some in _batches(sorted(set(indexes))):
            count = _rounded(len(some))
            rows = _over(count).rows(self._connection, _values("index", some, count))
            headers.update((index, HeaderRow(*row)) for index, *row in rows)
        return headers

    def sealer_sets(self) -> list[bytes]:
        query = select(ChainHeaderRow.sealers).where(ChainHeaderRow.sealers.is_not(None))
        sets = self._connection.scalars(query.order_by(ChainHeaderRow.height.desc()))
        return [sealers for sealers in sets if sealers is not None]

    def transactions(self, start: int, count: int) -> list[TransactionRow]:
        query = _TRANSACTIONS.where(ChainTransactionRow.log_index >= start).limit(count)
        return [TransactionRow(*row) for row in self._connection.execute(query)]

    def indexes_of(self, digests: Sequence[bytes]) -> dict[bytes, int]:
        columns = select(ChainTransactionRow.digest, ChainTransactionRow.log_index)
        indexes: dict[bytes, int] = {}
        for some in _batches(digests):
            rows = self._connection.execute(columns.where(ChainTransactionRow.digest.in_(some)))
            indexes.update((digest, index) for digest, index in rows)
        return indexes

    def at_slots(self, slots: Sequence[bytes]) -> list[TransactionRow]:
        transactions: list[TransactionRow] = []
        for some in _batches(sorted(set(slots))):
            rows = self._connection.execute(_AT_SLOTS, {"slots": some})
            transactions.extend(TransactionRow(*row) for row in rows)
        return sorted(transactions, key=lambda row: row.index)

    def occupied(self, slots: Sequence[bytes], since: int = 0) -> set[bytes]:
        taken: set[bytes] = set()
        for some in _batches(slots):
            count = -(-len(some) // _A_WINDOW) * _A_WINDOW
            rows = _occupied(count).rows(self._connection, {"since": since, **_values("slot", some, count)})
            taken.update(slot for (slot,) in rows)
        return taken

    def at_places(self, places: Sequence[tuple[bytes, bytes]]) -> list[TransactionRow]:
        place_set = set(places)
        transactions: list[TransactionRow] = []
        for some in _batches(sorted(place_set)):
            slots, keys = zip(*some, strict=True)
            count = _rounded(len(some))
            values = _values("slot", slots, count) | _values("key", keys, count)
            rows = (TransactionRow(*row) for row in _at_places(count).rows(self._connection, values))
            transactions.extend(row for row in rows if (row.slot, row.one_time_key) in place_set)
        return sorted(transactions, key=lambda row: row.index)

    def nodes(self, coordinates: Iterable[Coordinates]) -> Mapping[Coordinates, bytes]:
        digests: dict[Coordinates, bytes] = {}
        for some in _batches(list(coordinates), size=50):
            each = (and_(ChainNodeRow.level == level, ChainNodeRow.node_index == index) for level, index in some)
            rows = self._connection.execute(_NODES.where(or_(*each)))
            digests.update(((level, index), digest) for level, index, digest in rows)
        return digests

    def node_range(self, level: int, start: int, count: int) -> list[NodeRow]:
        within = and_(ChainNodeRow.level == level, ChainNodeRow.node_index.between(start, start + count - 1))
        return [NodeRow(*row) for row in self._connection.execute(_NODES.where(within))]

    def counts(self) -> RowCounts:
        tables = (ChainHeaderRow, ChainTransactionRow, ChainNodeRow)
        return RowCounts(*(self._connection.scalars(select(func.count()).select_from(table)).one() for table in tables))

    def add(self, block: Block) -> None:
        header = block.header
        self._connection.execute(
            insert(ChainHeaderRow),
            {
                "height": header.height,
                "tree_size": header.tree_size,
                "content": header.content,
                "sealers": header.sealers,
            },
        )
        if not block.transactions:
            return
        self._connection.execute(
            insert(ChainTransactionRow),
            [
                {
                    "log_index": row.index,
                    "digest": row.digest,
                    "slot": row.slot,
                    "one_time_key": row.one_time_key,
                    "content": row.content,
                }
                for row in block.transactions
            ],
        )
        self._connection.execute(
            insert(ChainNodeRow),
            [{"level": node.level, "node_index": node.index, "digest": node.digest} for node in block.nodes],
        )


def _batches(items: Sequence[_Item], size: int = _VALUES_AT_ONCE) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
