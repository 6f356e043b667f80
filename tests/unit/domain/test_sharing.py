"""What a grant gives, and when it is running."""

from datetime import UTC, datetime, timedelta

import pytest

from blockmrs.cid import Cid
from blockmrs.domain.sharing import Grant, Now, Pointer, UpdatePointer, is_running
from blockmrs.encoding import Value
from blockmrs.errors import InvalidInput, NotFound

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POINTER = Pointer(Cid(b"d" * 32), b"s" * 32)


def test_a_grant_gives_the_update_that_it_names_about_the_person_that_it_names() -> None:
    grant = Grant(b"u" * 32, b"p" * 32, "care", NOON, object=POINTER)
    assert grant.gives == UpdatePointer(POINTER, b"u" * 32, b"p" * 32)


def test_a_grant_without_an_object_gives_nothing_to_read() -> None:
    with pytest.raises(NotFound):
        _ = Grant(b"u" * 32, b"p" * 32, "care", NOON).gives


@pytest.mark.parametrize(
    ("not_before", "not_after", "clock", "newest_block", "runs"),
    [
        (NOON, None, NOON, NOON, True),
        (NOON, None, NOON - HOUR, NOON - HOUR, False),
        (NOON, None, NOON - HOUR, NOON, True),  # a clock that was set back does not undo what has begun
        (NOON, NOON + HOUR, NOON, NOON + HOUR, True),  # and only the clock ends it
        (NOON, NOON + HOUR, NOON + HOUR, NOON, False),
    ],
)
def test_leave_begins_by_the_later_of_clock_and_newest_block_and_is_ended_by_the_clock(
    not_before: datetime, not_after: datetime | None, clock: datetime, newest_block: datetime, runs: bool
) -> None:
    now = Now(clock, newest_block)
    assert is_running(not_before, not_after, now) is runs
    assert Grant(b"u" * 32, b"p" * 32, "care", not_before, not_after).covers(now) is runs


@pytest.mark.parametrize("key", [16, 21])
@pytest.mark.parametrize("wrong", [True, "1", b"1"])
def test_a_grant_whose_number_is_none_is_no_grant(key: int, wrong: Value) -> None:
    fields = Grant(b"u" * 32, b"p" * 32, "care", NOON, number=3, level=2).to_fields()
    assert (Grant.from_fields(fields).number, Grant.from_fields(fields).level) == (3, 2)
    with pytest.raises(InvalidInput):
        Grant.from_fields({**fields, key: wrong})


def test_a_pointer_shows_nothing_in_a_log_that_opens_what_it_points_to() -> None:
    pointer = Pointer(Cid(b"d" * 32), b"secretsecretsecretsecretsecretse")
    assert str(pointer.cid) in repr(pointer)
    assert "secret" not in repr(pointer)
    assert "secret" not in repr(UpdatePointer(pointer, b"u" * 32, b"p" * 32))
