"""Holds every statement that reaches an engine in a test against PostgreSQL's dialect, while SQLite answers it.

A statement is held once, however often it is executed: SQLAlchemy's own key says which are
the same. Statements of plain text do not come by here; tests/project/test_postgresql.py says where they may stand.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Executable, event
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.base import Executable as AnyExecutable
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate

POSTGRESQL = postgresql.dialect()
# Functions that both databases have, with the same meaning. Another name is added once somebody has looked it up.
IN_BOTH = frozenset({"count", "length", "max"})

held: dict[object, str] = {}
"""Every statement so far, as PostgreSQL would get it, by what tells it from others."""


def check_statement(statement: ClauseElement, keys: Sequence[str] = ()) -> str:
    """The statement as PostgreSQL would get it.

    Raises:
        sqlalchemy.exc.CompileError: that dialect cannot say it.
        AssertionError: it would be said, and PostgreSQL would not understand it.
    """
    assert not type(statement).__module__.startswith("sqlalchemy.dialects"), "made for one database alone"
    for part in iterate(statement):
        if isinstance(part, FunctionElement) and hasattr(part, "name"):
            assert part.name in IN_BOTH, f"is {part.name}() a function of PostgreSQL?"
        assert not getattr(part, "_prefixes", ()), "a prefix such as OR IGNORE is for one database alone"
    options: dict[str, Any] = {"column_keys": list(keys)} if keys else {}
    return str(statement.compile(dialect=POSTGRESQL, **options))


def hold_every_statement() -> None:
    """From now on; whoever builds an installation for a test calls this."""
    if not event.contains(Engine, "before_execute", _hold):
        event.listen(Engine, "before_execute", _hold)


def _hold(
    _connection: Connection,
    statement: Executable,
    many: Sequence[Mapping[str, Any]],
    one: Mapping[str, Any],
    _options: Mapping[str, Any],
) -> None:
    if not isinstance(statement, ClauseElement) or not isinstance(statement, AnyExecutable):
        return
    keys = tuple(many[0] if many else one)
    cached = statement._generate_cache_key()
    key = (cached.key, keys) if cached is not None else str(statement)
    if key not in held:
        held[key] = check_statement(statement, keys)
