"""Statements that the driver is given as they are: what every page asks is put together once, not at each question.

For SQLAlchemy to bind a small statement and wrap its result takes several times as long as SQLite needs to answer it.
The text is still SQLAlchemy's own, made for the database at hand.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.visitors import iterate

from blockmrs.model.rows import is_guarded


class _ForDialect(NamedTuple):
    """`binds`: each value's name, what the driver needs done to it, and the one that the statement itself gives it."""

    text: str
    binds: list[tuple[str, Any, Any]]
    is_counted: bool
    results: list[Any] | None


class Prepared:
    """One question about whole columns. Its values have names, and there are always as many of them.

    `proves`: whoever asks checks each guarded row that comes back; nobody else may ask for their values (rows.py).
    """

    def __init__(self, statement: Select[*tuple[Any, ...]], *, proves: bool = False) -> None:
        if not proves and any(map(is_guarded, iterate(statement))):
            raise RuntimeError("guarded rows are read whole, so that their MAC is checked")
        self.statement = statement
        self._made: dict[tuple[str, str], _ForDialect] = {}

    def rows(self, connection: Connection, values: Mapping[str, object], *, typed: bool = True) -> list[Any]:
        """Every row of the answer, each a tuple; part of the connection's transaction, which is begun if none is.

        Args:
            typed: as the columns' types have them; else as the driver gives them, for `typed`.

        Raises:
            DBAPIError: the database did not answer, or is damaged, as SQLAlchemy says it.
        """
        dialect = connection.dialect
        made = self._made.get((dialect.name, dialect.driver)) or self._make(dialect)
        if not connection.in_transaction():
            connection.begin()
        given = values.get
        if made.is_counted:
            bound: Any = [
                given(name, usual) if process is None else process(given(name, usual))
                for name, process, usual in made.binds
            ]
        else:
            bound = {
                name: given(name, usual) if process is None else process(given(name, usual))
                for name, process, usual in made.binds
            }
        cursor = connection.connection.cursor()
        try:
            cursor.execute(made.text, bound)
            answer = list(cursor.fetchall())
        except dialect.loaded_dbapi.Error as error:
            base = dialect.loaded_dbapi.Error
            raise DBAPIError.instance(made.text, None, error, base, hide_parameters=True, dialect=dialect) from None
        finally:
            cursor.close()
        return _typed(answer, made.results) if typed else answer

    def typed(self, connection: Connection, rows: list[Any]) -> list[Any]:
        """Rows as the driver gave them, with each value as its column's type has it."""
        dialect = connection.dialect
        return _typed(rows, self._made[dialect.name, dialect.driver].results)

    def _make(self, dialect: Dialect) -> _ForDialect:
        compiled: Any = self.statement.compile(dialect=dialect)
        names = compiled.positiontup if compiled.positional else list(compiled.params)
        binds = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect), compiled.params[name])
            for name in names
        ]
        results = [
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in self.statement.selected_columns
        ]
        made = _ForDialect(str(compiled), binds, compiled.positional, results if any(results) else None)
        return self._made.setdefault((dialect.name, dialect.driver), made)


def _typed(rows: list[Any], results: list[Any] | None) -> list[Any]:
    if results is None:
        return rows
    return [
        tuple(value if process is None else process(value) for value, process in zip(row, results, strict=True))
        for row in rows
    ]
