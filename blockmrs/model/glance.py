"""Guarded rows that are only looked at, without a session: a page asks for a few of them each time that it is opened.

Each proves itself as everywhere (rows.py), by the values that the driver gave. What is returned belongs to no session:
to change it changes no row.
"""

import hmac
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, bindparam, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import attributes, class_mapper

from blockmrs.errors import VerificationFailed
from blockmrs.model.prepared import Prepared
from blockmrs.model.rows import Guarded, compute_mac

Row = TypeVar("Row", bound=Guarded)
# How many keys one question names at most; SQLite allows more.
_AT_ONCE = 256


class Query(Generic[Row]):
    """Whole rows of one table: those that meet `criteria`, whose values are named by `bindparam`, in that order."""

    def __init__(
        self, row: type[Row], *criteria: ColumnElement[bool], order_by: Sequence[Any] = (), limit: int | None = None
    ) -> None:
        mapper = class_mapper(row)
        columns = [(attribute.key, attribute.columns[0]) for attribute in mapper.column_attrs]
        self.row = row
        self.table = str(mapper.local_table.description)
        self.attributes = [key for key, _ in columns]
        self.names = [column.name for _, column in columns]
        whole = select(*(column for _, column in columns))
        self.prepared = Prepared(whole.where(*criteria).order_by(*order_by).limit(limit), proves=True)


class Glance:
    """One state of the database."""

    def __init__(self, connection: Connection, row_key: bytes) -> None:
        self._connection = connection
        self._row_key = row_key

    def all(self, query: Query[Row], **values: object) -> list[Row]:
        """The rows that the query finds.

        Raises:
            VerificationFailed: one of them was changed outside this program.
        """
        raw = query.prepared.rows(self._connection, values, typed=False)
        for row in raw:
            _check(self._row_key, query, row)
        return [_made(query, row) for row in query.prepared.typed(self._connection, raw)]

    def get(self, row: type[Row], key: bytes | str) -> Row | None:
        """The row with that primary key, if there is one; errors as above."""
        rows = self.all(_by_key(row, 1), key_0=key)
        return rows[0] if rows else None

    def get_one(self, row: type[Row], key: bytes | str) -> Row:
        """The row with that primary key.

        Raises:
            NoResultFound: there is none.
        """
        there = self.get(row, key)
        if there is None:
            raise NoResultFound("no row has that key")
        return there

    def get_all(self, row: type[Row], keys: Sequence[bytes]) -> list[Row]:
        """Those rows of these primary keys that there are, in no order."""
        rows: list[Row] = []
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            # One statement for every power of two: to name a key twice asks no more.
            count = 1 << (len(some) - 1).bit_length()
            values = {f"key_{number}": key for number, key in enumerate([*some, *[some[0]] * (count - len(some))])}
            rows += self.all(_by_key(row, count), **values)
        return rows


_by_keys: dict[tuple[type[Guarded], int], Query[Any]] = {}


def _by_key(row: type[Row], count: int) -> Query[Row]:
    """The query for so many primary keys; made once."""
    known = _by_keys.get((row, count))
    if known is not None:
        return known
    (key,) = class_mapper(row).primary_key
    made = Query(row, key.in_([bindparam(f"key_{number}") for number in range(count)]))
    return _by_keys.setdefault((row, count), made)


def _check(key: bytes, query: Query[Row], raw: Sequence[Any]) -> None:
    values = dict(zip(query.names, raw, strict=True))
    mac = values.pop("mac")
    try:
        matches = isinstance(mac, bytes) and hmac.compare_digest(mac, compute_mac(key, query.table, values))
    except (TypeError, ValueError, OverflowError):
        matches = False  # A value of a type that this program does not write.
    if not matches:
        raise VerificationFailed("a row was changed outside this program", table=query.table)


def _made(query: Query[Row], values: Sequence[Any]) -> Row:
    row = attributes.manager_of_class(query.row).new_instance()
    attributes.instance_dict(row).update(zip(query.attributes, values, strict=True))
    return row
