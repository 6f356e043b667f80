"""Rows that prove themselves: each carries a MAC under a key that is not in the database.

It is set whenever a row is written, and checked whenever one is read: a row that was changed outside this program
raises VerificationFailed before anybody can act on it. Columns of such rows cannot be read on their own, since a value
without its row proves nothing; counts can, and so they decide nothing. What this cannot show is a row that was deleted,
or put back as it once was: docs/adr/0006-every-row-proves-itself.md names the rows where that decides something.
"""

import hmac
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnClause,
    Connection,
    Dialect,
    LargeBinary,
    Table,
    TypeDecorator,
    column,
    event,
    func,
    select,
)
from sqlalchemy.engine import Row
from sqlalchemy.orm import (
    Mapped,
    Mapper,
    ORMExecuteState,
    QueryContext,
    Session,
    attributes,
    class_mapper,
    mapped_column,
    object_mapper,
    object_session,
)
from sqlalchemy.sql.visitors import iterate

from blockmrs.encoding import Value, encode
from blockmrs.errors import VerificationFailed
from blockmrs.model.base import Base
from blockmrs.moments import from_ms, to_ms

MAC_BYTES = 32
ROW_KEY = "row_key"  # where a session's `info` holds the key
_Columns = list[tuple[str, str, Callable[[Any], Any] | None]]
# Worked out once: a row is checked every time it is read.
_columns_of: dict[tuple[type, str], _Columns] = {}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time, kept as whole milliseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse a time without a zone: it would be read back as a different moment."""
        return None if value is None else to_ms(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Return the same moment, in UTC."""
        return None if value is None else from_ms(value)


def derive_row_key(pepper: bytes) -> bytes:
    """The 32-byte key under which rows are authenticated; a copy of the database alone cannot compute it."""
    return hmac.digest(pepper, b"blockmrs/1 row", "sha256")


class Guarded:
    """A row with a MAC over its table's name and every other column, set whenever it is written.

    It shows a changed row, not a missing one or one put back to an earlier state.
    """

    mac: Mapped[bytes] = mapped_column(LargeBinary(MAC_BYTES), sort_order=1000)


def _stored(value: object) -> Value:
    """The value as the driver stores it, whichever of its types it arrives as."""
    if isinstance(value, memoryview | bytearray):
        return bytes(value)
    if isinstance(value, bool):
        return int(value)
    if value is None or isinstance(value, int | str | bytes):
        return value
    raise TypeError(f"a guarded row cannot hold {type(value).__name__}")


def compute_mac(key: bytes, table: str, columns: dict[str, object]) -> bytes:
    """32 bytes over the table's name and the stored value of each column, in the order of their names."""
    message: list[Value] = [table]
    for name in sorted(columns):
        stored = _stored(columns[name])
        # Negative integers have no encoding in the protocol; as text they cannot be mistaken for a number.
        message.append([name, f"{stored}" if isinstance(stored, int) and stored < 0 else stored])
    return hmac.digest(key, b"blockmrs/1 row\x00" + encode(message), "sha256")


def _row_mac(target: Guarded, dialect: Dialect) -> bytes:
    """The MAC that belongs to the row as `target` has it; RuntimeError outside the sessions of a Database."""
    session = object_session(target)
    key = session.info.get(ROW_KEY) if session is not None else None
    if key is None:
        raise RuntimeError("guarded rows are read and written through a Database")
    values = {
        name: process(value) if process is not None and value is not None else value
        for name, process, value in (
            (name, process, getattr(target, attribute)) for attribute, name, process in _columns(type(target), dialect)
        )
    }
    return compute_mac(key, _table(target).name, values)


def _columns(row: type[Guarded], dialect: Dialect) -> _Columns:
    """For every column but the MAC: its attribute, its name, and what turns a value into the stored one."""
    known = _columns_of.get((row, dialect.name))
    if known is not None:
        return known
    columns: _Columns = []
    for attribute in class_mapper(row).column_attrs:
        column = attribute.columns[0]
        if attribute.key != "mac":
            process = column.type.dialect_impl(dialect).bind_processor(dialect)
            columns.append((attribute.key, column.name, process))
    return _columns_of.setdefault((row, dialect.name), columns)


def _table(target: Guarded) -> Table:
    return cast(Table, object_mapper(target).local_table)


def _check_loaded(target: Guarded, dialect: Dialect) -> None:
    try:
        matches = isinstance(target.mac, bytes) and hmac.compare_digest(target.mac, _row_mac(target, dialect))
    except (TypeError, ValueError, OverflowError):
        matches = False  # A value of a type that this program does not write.
    if not matches:
        raise VerificationFailed("a row was changed outside this program", table=_table(target).name)


@event.listens_for(Guarded, "load", propagate=True)
def _on_load(target: Guarded, context: QueryContext) -> None:
    _check_loaded(target, context.session.get_bind().dialect)


@event.listens_for(Guarded, "refresh", propagate=True)
def _on_refresh(target: Guarded, context: QueryContext, names: Iterable[str] | None) -> None:
    _check_loaded(target, context.session.get_bind().dialect)


@event.listens_for(Guarded, "before_insert", propagate=True)
def _before_insert(mapper: Mapper[Any], connection: Connection, target: Guarded) -> None:
    for attribute in mapper.column_attrs:
        default = attribute.columns[0].default
        # The MAC covers defaults too, and SQLAlchemy would fill them in only after this event.
        if default is not None and default.is_scalar and getattr(target, attribute.key) is None:
            setattr(target, attribute.key, cast(Any, default).arg)
    target.mac = _row_mac(target, connection.dialect)


@event.listens_for(Guarded, "after_insert", propagate=True)
def _after_insert(mapper: Mapper[Any], connection: Connection, target: Guarded) -> None:
    """Compute the MAC again if the database chose the primary key."""
    mac = _row_mac(target, connection.dialect)
    if mac == target.mac:
        return
    table = cast(Table, mapper.local_table)
    keys = [
        column == value
        for column, value in zip(table.primary_key, mapper.primary_key_from_instance(target), strict=True)
    ]
    connection.execute(table.update().where(*keys).values(mac=mac))
    attributes.set_committed_value(target, "mac", mac)


@event.listens_for(Guarded, "before_update", propagate=True)
def _before_update(mapper: Mapper[Any], connection: Connection, target: Guarded) -> None:
    mac = _row_mac(target, connection.dialect)
    if mac != target.mac:
        target.mac = mac


@event.listens_for(Session, "do_orm_execute")
def _refuse_unproven(state: ORMExecuteState) -> None:
    """Stop statements that would change guarded rows without their MAC, or read values without the row they prove."""
    if state.is_update or state.is_insert:
        mapper = state.bind_mapper
        if mapper is not None and issubclass(mapper.class_, Guarded):
            raise RuntimeError("guarded rows are changed as objects, so that their MAC follows")
    elif state.is_select:
        for column in getattr(state.statement, "column_descriptions", ()):
            expression = column["expr"]
            if expression is not column.get("entity") and any(map(is_guarded, iterate(_clause(expression)))):
                raise RuntimeError("guarded rows are read whole, so that their MAC is checked")


def _clause(expression: Any) -> Any:
    return expression.__clause_element__() if hasattr(expression, "__clause_element__") else expression


def is_guarded(part: object) -> bool:
    """Whether this part of a statement is a column of a guarded row."""
    tables = guarded_tables()
    return isinstance(part, Column) and any(column.table in tables for column in part.base_columns)


def guarded_tables() -> list[Table]:
    """Every table whose rows carry a MAC, by name."""
    tables = [cast(Table, mapper.local_table) for mapper in Base.registry.mappers if issubclass(mapper.class_, Guarded)]
    return sorted(tables, key=lambda table: table.name)


def check_rows(connection: Connection, key: bytes, progress: Callable[[str, int, int], None]) -> int:
    """Return how many guarded rows there are, all of them as they were written; else VerificationFailed."""
    total = 0
    for table in guarded_tables():
        names = [known.name for known in table.columns]
        # The driver's raw values are compared: result types would hide a change.
        untyped: list[ColumnClause[Any]] = [column(name) for name in names]
        count = connection.scalars(select(func.count()).select_from(table)).one()
        rows = connection.execute(select(*untyped).select_from(table))
        for number, row in enumerate(rows, start=1):
            _check_row(key, table, names, row)
            progress(table.name, number, count)
        total += count
    return total


def _check_row(key: bytes, table: Table, names: list[str], row: Row[Any]) -> None:
    values = dict(zip(names, row, strict=True))
    mac = values.pop("mac")
    try:
        matches = isinstance(mac, bytes) and hmac.compare_digest(mac, compute_mac(key, table.name, values))
    except TypeError:
        matches = False
    if not matches:
        place = repr([values[column.name] for column in table.primary_key]).encode()
        row_digest = hmac.digest(key, place, "sha256").hex()[:16]
        raise VerificationFailed("a row was changed outside this program", table=table.name, row=row_digest)
