"""Moments as whole milliseconds: what is no moment is refused, whoever wrote it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from blockmrs.errors import InvalidInput
from blockmrs.moments import from_ms, to_ms, zone_named


def test_a_moment_is_counted_from_1970_in_any_zone() -> None:
    assert to_ms(datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == 0
    assert to_ms(datetime(2026, 11, 22, 14, 2, 3, 999_999, tzinfo=UTC)) == 1_795_356_123_999
    assert from_ms(1_795_356_123_999) == datetime(2026, 11, 22, 14, 2, 3, 999_000, tzinfo=UTC)


@pytest.mark.parametrize("moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)])
def test_the_first_and_the_last_moment_come_back(moment: datetime) -> None:
    assert from_ms(to_ms(moment)) == moment


@pytest.mark.parametrize("value", [None, True, 1.5, "1", b"1", 10**18, -(10**18), 253_402_300_800_000])
def test_what_is_no_moment_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput):
        from_ms(value)


def test_a_time_without_a_zone_is_no_moment() -> None:
    with pytest.raises(InvalidInput):
        to_ms(datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused


def test_a_zone_is_known_by_the_name_that_browsers_use_too() -> None:
    madrid = zone_named("Europe/Madrid")
    assert madrid is not None
    assert datetime(2026, 7, 1, tzinfo=madrid).utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize(
    "name", ["", "Factory", "localtime", "Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "x\0"]
)
def test_what_no_browser_calls_a_zone_is_none(name: str) -> None:
    assert zone_named(name) is None
