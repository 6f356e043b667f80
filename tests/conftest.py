"""What every test may use: a clock that stands still, and a seed of its own."""

from datetime import UTC, datetime, timedelta

import pytest


class StillClock:
    """A clock that moves only when told to. Times are UTC, to the millisecond."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock() -> StillClock:
    return StillClock(datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC))
