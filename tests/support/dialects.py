"""Holds every statement that reaches an engine in a test against PostgreSQL's dialect, while SQLite answers it.

A statement is held once, however often it is executed: SQLAlchemy's own key says which are
the same. Statements of plain text do not come by here; tests/project/test_postgresql.py says where they may stand.
"""

from collections.abc import Sequence
from typing import Any
from weakref import WeakSet

from sqlalchemy import Compiled, Connection, Dialect, Engine, create_engine, event
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import ExecutionContext
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate
from sqlalchemy.util import LRUCache

from blockmrs.model import database
from blockmrs.model.prepared import Prepared

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
    if not event.contains(Engine, "before_cursor_execute", _hold):
        event.listen(Engine, "before_cursor_execute", _hold)
        _compile_once()


def _compile_once() -> None:
    """Let all engines for SQLite files have one cache of compiled statements.

    Each test has a database of its own, and compiled the same statements for it as the one before.
    """
    dialect: Any = type(create_engine("sqlite://").dialect)
    # A part of the key in that cache, and in those of mapped classes. They differ in nothing but whom they connect.
    dialect.__eq__ = lambda one, other: type(one) is type(other)
    dialect.__hash__ = lambda one: hash(type(one))
    compiled: LRUCache[Any, Any] = LRUCache(2000)

    def engine_for(*url: Any, **options: Any) -> Engine:
        made = create_engine(*url, **options)
        if type(made.dialect) is dialect:
            made._compiled_cache = compiled
        return made

    database.sqlalchemy_engine = engine_for  # type: ignore[assignment] # as SQLAlchemy's own


def _hold_prepared(self: Prepared, dialect: Dialect) -> Any:
    """A prepared statement goes to the driver itself, once it is made."""
    held[self] = check_statement(self.statement)
    return _make(self, dialect)


# As soon as this is loaded: each is made once in a process, by whoever asks first.
_make = Prepared._make
Prepared._make = _hold_prepared  # type: ignore[method-assign] # the one way by which they are made


# Each statement is compiled once in a process. To ask for its key each time would take longer than to execute it.
_compiled: "WeakSet[Compiled]" = WeakSet()


def _hold(
    _connection: Connection,
    _cursor: DBAPICursor,
    _text: str,
    _parameters: object,
    context: ExecutionContext,
    _is_many: bool,
) -> None:
    compiled = context.compiled
    if compiled is None or compiled in _compiled:
        return
    statement, keys = compiled.statement, tuple(getattr(compiled, "column_keys", None) or ())
    if isinstance(statement, ClauseElement) and isinstance(statement, Executable):
        cached = statement._generate_cache_key()
        key = (cached.key, keys) if cached is not None else str(statement)
        if key not in held:
            held[key] = check_statement(statement, keys)
    _compiled.add(compiled)
