"""Times that people type, in the zone of the site: also in the hour that comes twice, and the one that is left out."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from blockmrs.controllers.site import times

NEW_YORK = ZoneInfo("America/New_York")
AUTUMN, SPRING = date(2026, 11, 1), date(2026, 3, 8)
FIRST, SECOND = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
HALF_PAST_ONE = time(1, 30)


@pytest.fixture(autouse=True)
def new_york(monkeypatch) -> None:
    monkeypatch.setattr(times, "zone", lambda: NEW_YORK)


def test_a_time_of_the_doubled_hour_was_twice() -> None:
    assert times.all_at_clock(AUTUMN, HALF_PAST_ONE) == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("now", "meant"),
    [
        (FIRST + timedelta(minutes=10), FIRST),
        (SECOND - timedelta(minutes=20), FIRST),
        (SECOND, SECOND),
        (SECOND + timedelta(minutes=10), SECOND),
        (SECOND + timedelta(hours=20), SECOND),
    ],
)
def test_what_is_typed_in_the_doubled_hour_is_the_last_that_has_been(now: datetime, meant: datetime) -> None:
    assert times.last_at_clock(AUTUMN, HALF_PAST_ONE, now) == meant


def test_a_time_that_has_not_been_yet_stays_one_that_is_refused() -> None:
    assert times.last_at_clock(AUTUMN, time(9, 0), SECOND) == datetime(2026, 11, 1, 14, tzinfo=UTC)


def test_a_time_of_the_hour_that_is_left_out_is_counted_on() -> None:
    assert times.all_at_clock(SPRING, time(2, 30)) == [datetime(2026, 3, 8, 7, 30, tzinfo=UTC)]


def test_every_other_time_was_once() -> None:
    assert times.all_at_clock(AUTUMN, time(3, 0)) == [datetime(2026, 11, 1, 8, tzinfo=UTC)]
    assert times.at_clock(AUTUMN, HALF_PAST_ONE) == FIRST


def test_both_hours_are_told_apart_where_a_time_is_evidence(monkeypatch) -> None:
    monkeypatch.setattr(times, "day", lambda _: "1 November 2026")
    assert [times.full(moment) for moment in (FIRST, SECOND)] == [
        "1 November 2026, 01:30 EDT",
        "1 November 2026, 01:30 EST",
    ]
