"""The newest statement decides, a withdrawal clears nobody, and what is stated is within its bounds."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockmrs.domain.clearances import (
    FULL_PLAY,
    STAGES,
    Clearance,
    check_remark,
    check_seen_on,
    check_stage,
    decisive,
    found_something,
)
from blockmrs.errors import InvalidInput

INJURED, TODAY = date(2026, 3, 14), date(2026, 3, 20)


def said(stage: str) -> Clearance:
    return Clearance(bytes(32), stage, TODAY, "", "", "Dr Chen", "North Hospital", datetime(2026, 3, 20, tzinfo=UTC))


@given(st.lists(st.sampled_from(["", *STAGES])))
def test_the_newest_statement_decides_and_a_withdrawal_clears_nobody(stages: list[str]) -> None:
    deciding = decisive([said(stage) for stage in stages])
    assert (deciding.stage if deciding else "") == (stages[-1] if stages else "")


@pytest.mark.parametrize(("levels", "out"), [([4], False), ([4, 4], False), ([4, 3], True), ([1], True), ([], False)])
def test_a_check_above_self_care_puts_a_cleared_player_out_again(levels: list[int], out: bool) -> None:
    assert found_something(levels) is out


def test_a_stage_is_one_of_three() -> None:
    assert check_stage(FULL_PLAY) == FULL_PLAY
    with pytest.raises(InvalidInput):
        check_stage("contact")


@pytest.mark.parametrize(("day", "right"), [(date(2026, 3, 13), False), (INJURED, True), (TODAY, True),
                                            (date(2026, 3, 21), False)])  # fmt: skip
def test_the_player_was_seen_between_the_injury_and_today(day: date, right: bool) -> None:
    if right:
        assert check_seen_on(day, injured_on=INJURED, today=TODAY) == day
    else:
        with pytest.raises(InvalidInput):
            check_seen_on(day, injured_on=INJURED, today=TODAY)


def test_a_remark_has_300_characters_at_most() -> None:
    assert check_remark(" " + "x" * 300 + "\n", "note") == "x" * 300
    with pytest.raises(InvalidInput):
        check_remark("x" * 301, "note")
