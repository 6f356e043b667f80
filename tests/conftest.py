"""What every test may use: a clock that stands still, and a seed of its own."""

import gc
import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.browser.tapped import TAPPED, table

# A busy machine makes no property false: no test is judged by the time that it takes.
settings.register_profile(
    "timeless", parent=settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("timeless")

_IN_MEMORY = Path("/dev/shm")
_made: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests' folders in memory where the machine has such a place: thousands of them sync what they write.

    What a test proves of a kill, a full disk or a damaged file is the same there. `--basetemp` says otherwise.
    """
    if config.option.basetemp is None and _IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK):
        config.option.basetemp = tempfile.mkdtemp(prefix="blockmrs-tests-", dir=_IN_MEMORY)
        _made.append(config.option.basetemp)


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what was loaded, and come seldom: it was a tenth of all processor time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folders that this run made."""
    for folder in _made:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the interviews that were tapped took, wherever they were: pytest-xdist brings it from its workers."""
    reports = terminalreporter.getreports("passed")
    told = [value for report in reports for name, value in report.user_properties if name == TAPPED]
    if shown := table(told):
        terminalreporter.section("taps and time")
        terminalreporter.write_line(shown)


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
