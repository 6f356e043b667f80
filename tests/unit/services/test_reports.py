"""When an injury may have happened that is reported now."""

from datetime import UTC, datetime, timedelta

import pytest

from blockmrs.errors import InvalidInput
from blockmrs.services.reports.reports import check_time

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)


def test_an_injury_of_ninety_days_ago_can_be_reported_and_an_older_one_cannot() -> None:
    oldest = NOW - timedelta(days=90)
    check_time(oldest, NOW)
    with pytest.raises(InvalidInput, match="last 90 days") as refused:
        check_time(oldest - MOMENT, NOW, "seen_at")
    assert refused.value.field == "seen_at"


def test_the_clock_of_a_phone_may_be_five_minutes_ahead_and_no_more() -> None:
    latest = NOW + timedelta(minutes=5)
    check_time(latest, NOW)
    with pytest.raises(InvalidInput, match="future") as refused:
        check_time(latest + MOMENT, NOW)
    assert refused.value.field == "injured_at"
