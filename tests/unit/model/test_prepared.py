"""Prepared statements answer as SQLAlchemy's own do, whichever way the driver wants its values."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, Engine, LargeBinary, MetaData, Table, bindparam, create_engine, insert, select
from sqlalchemy.exc import OperationalError

from blockmrs.model.prepared import Prepared
from blockmrs.model.rows import UtcDateTime

NOON, BEFORE = datetime(2026, 3, 14, 12, tzinfo=UTC), {"now": datetime(2026, 3, 14, 11, tzinfo=UTC)}
MOMENTS = Table("moment", MetaData(), Column("name", LargeBinary(32), primary_key=True), Column("at", UtcDateTime))
_AFTER = select(MOMENTS.c.name, MOMENTS.c.at).where(MOMENTS.c.at > bindparam("now")).order_by(MOMENTS.c.name)


# SQLite's driver takes values by number or by name; PostgreSQL's take names.
@pytest.fixture(params=["qmark", "named"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = create_engine("sqlite://", paramstyle=request.param)
    MOMENTS.create(engine)
    with engine.begin() as connection:
        connection.execute(insert(MOMENTS), [{"name": bytes([number]) * 32, "at": NOON} for number in range(3)])
    yield engine
    engine.dispose()


def test_a_prepared_statement_answers_as_the_statement_itself(engine: Engine) -> None:
    for statement in (_AFTER, _AFTER.limit(1), _AFTER.limit(2).offset(1)):
        # Other engines of the same kind have made it already.
        prepared = Prepared(statement)
        for _ in range(2):
            with engine.connect() as connection:
                expected = [tuple(row) for row in connection.execute(statement, BEFORE)]
                assert expected
                assert prepared.rows(connection, BEFORE) == expected
                assert prepared.rows(connection, {"now": NOON}) == []


def test_what_the_driver_gave_can_be_typed_afterwards(engine: Engine) -> None:
    prepared = Prepared(_AFTER)
    with engine.connect() as connection:
        raw = prepared.rows(connection, BEFORE, typed=False)
        assert {type(moment) for _, moment in raw} == {int}
        assert prepared.typed(connection, raw) == prepared.rows(connection, BEFORE)


def test_it_is_part_of_the_connections_transaction(engine: Engine) -> None:
    with engine.connect() as connection:
        assert not connection.in_transaction()
        Prepared(_AFTER).rows(connection, {"now": NOON})
        assert connection.in_transaction()


def test_what_the_driver_could_not_do_is_said_as_sqlalchemy_says_it_without_the_values(engine: Engine) -> None:
    MOMENTS.drop(engine)
    with engine.connect() as connection, pytest.raises(OperationalError) as caught:
        Prepared(_AFTER).rows(connection, {"now": NOON})
    assert "no such table" in str(caught.value.orig)
    assert "2026" not in str(caught.value)
