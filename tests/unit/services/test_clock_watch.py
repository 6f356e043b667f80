"""When the clock is believed: what is told to the operator, and what keeps rows from being erased."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from blockmrs.services.node.clock_watch import HOLD, ClockWatch

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class FakeHeader:
    time: datetime
    height: int


class FakeLedger:
    """Headers at these times."""

    def __init__(self, times: list[datetime]) -> None:
        self.times = times
        self.read = 0

    def head(self) -> FakeHeader:
        return self.header(len(self.times) - 1)

    def header(self, height: int) -> FakeHeader:
        self.read += 1
        return FakeHeader(self.times[height], height)


class Machine:
    """A clock that can be set, beside seconds that cannot."""

    def __init__(self, *blocks: datetime, now: datetime = NOON) -> None:
        self.now, self.seconds = now, 1000.0
        self.ledger = FakeLedger(list(blocks))
        self.watch = ClockWatch(self.ledger, lambda: self.now, lambda: self.seconds)

    def passes(self, time: timedelta) -> None:
        self.now += time
        self.seconds += time.total_seconds()

    def set_by(self, time: timedelta) -> None:
        self.now += time

    @property
    def state(self):
        return self.watch.state()


def test_a_clock_that_runs_on_with_its_chain_is_believed() -> None:
    machine = Machine(*(NOON - number * HOUR for number in range(60, 0, -1)))
    for _ in range(50):
        machine.passes(HOUR)
        machine.ledger.times.append(machine.now)
        assert machine.state.is_believed
        assert machine.state.may_erase


def test_a_new_chain_is_believed() -> None:
    assert Machine(NOON - MINUTE).state.may_erase


@pytest.mark.parametrize("back", [timedelta(minutes=1), DAY])
def test_a_clock_behind_the_newest_block_is_told_and_erases_nothing(back: timedelta) -> None:
    machine = Machine(NOON - HOUR, NOON)
    machine.set_by(-back)
    assert machine.state.behind == back
    assert not machine.state.is_believed
    assert not machine.state.may_erase


def test_a_second_that_processes_differ_is_not_told() -> None:
    machine = Machine(NOON - HOUR, NOON + timedelta(seconds=1))
    assert machine.state.is_believed
    assert machine.state.may_erase


def test_a_clock_that_jumps_ahead_is_told_and_erases_nothing_for_a_day() -> None:
    machine = Machine(NOON - HOUR, NOON)
    machine.set_by(2 * DAY)
    assert machine.state.jumped == 2 * DAY
    assert not machine.state.may_erase
    # Blocks that are made by that clock prove nothing.
    machine.ledger.times.append(machine.now)
    machine.passes(HOLD - MINUTE)
    assert not machine.state.may_erase
    machine.passes(MINUTE)
    machine.ledger.times.append(machine.now)
    assert machine.state.is_believed
    assert machine.state.may_erase


def test_a_clock_that_was_put_right_again_is_told_no_more_but_erases_nothing_yet() -> None:
    machine = Machine(NOON - HOUR, NOON)
    machine.set_by(2 * DAY)
    assert not machine.state.is_believed
    machine.set_by(-2 * DAY)
    assert machine.state.is_believed


def test_a_process_that_starts_under_a_clock_ahead_erases_nothing_for_a_day() -> None:
    machine = Machine(NOON - HOUR, NOON, now=NOON + 2 * DAY)
    assert not machine.state.may_erase
    machine.ledger.times.append(machine.now)
    assert not machine.state.may_erase, "a block that the same clock has made proves nothing"
    machine.passes(HOLD)
    assert machine.state.may_erase


def test_another_process_that_starts_after_such_a_block_erases_nothing_either() -> None:
    assert not Machine(NOON - HOUR, NOON, NOON + 2 * DAY, now=NOON + 2 * DAY + HOUR).state.may_erase
    assert Machine(NOON, NOON + 2 * DAY, NOON + 2 * DAY + 20 * HOUR, now=NOON + 3 * DAY + 2 * HOUR).state.may_erase


def test_a_long_chain_is_judged_by_a_few_headers() -> None:
    machine = Machine(*(NOON - number * MINUTE for number in range(10_000, 0, -1)))
    machine.ledger.read = 0
    assert machine.state.may_erase
    assert machine.ledger.read < 40


def test_each_jump_is_told_in_the_log_once(caplog) -> None:
    machine = Machine(NOON - HOUR, NOON)
    machine.set_by(2 * DAY)
    for _ in range(3):
        assert machine.state
    assert len(caplog.records) == 1
    assert "jumped by 2 days, 0:00:00;" in caplog.text


def test_the_log_says_in_which_direction_and_by_how_much(caplog) -> None:
    machine = Machine(NOON - HOUR, NOON)
    machine.set_by(-HOUR)
    assert machine.state.jumped == -HOUR
    assert "jumped by -1:00:00;" in caplog.text
    assert "1:00:00 behind the newest block" in caplog.text
