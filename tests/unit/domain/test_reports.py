"""What a report may say, and which of its findings came from whom."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from blockmrs.domain.reports import (
    FIRST_AID_DONE,
    MECHANISMS,
    TEXT_LIMIT,
    ReportedFinding,
    check_choices,
    check_text,
)
from blockmrs.errors import InvalidInput
from tests.support.world import report_at

REPORT = report_at(datetime(2026, 3, 14, 12, tzinfo=UTC))


def test_what_the_record_said_is_told_apart_from_what_was_answered() -> None:
    known = ReportedFinding("record/blood-thinner", "Takes a blood thinner", "yes")
    answered = ReportedFinding("blood-thinner", "Do they take a blood thinner?", "yes")
    report = replace(REPORT, findings=(known, answered))
    assert (report.told_by_record, report.signs) == ((known,), (answered,))


def test_a_report_is_named_after_the_player_and_the_age_if_that_is_known() -> None:
    assert replace(REPORT, player="Sam", age="13 to 15").title == "Sam, 13 to 15"
    assert replace(REPORT, player="Sam", age="").title == "Sam"


def test_a_text_fits_its_limit_and_the_refusal_says_both_numbers() -> None:
    assert check_text("x" * TEXT_LIMIT, field="place") == "x" * TEXT_LIMIT
    with pytest.raises(InvalidInput) as caught:
        check_text("x" * 10, field="place", limit=9)
    assert caught.value.field == "place"
    assert "Use 9 characters or fewer. You used 10" in str(caught.value)


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\u202e"])
def test_what_cannot_be_shown_is_refused(sign: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_text(f"North{sign}Field", field="place")
    assert caught.value.field == "place"


def test_choices_are_listed_once_and_in_the_order_of_the_list() -> None:
    assert check_choices(("twist", "fall", "twist"), MECHANISMS, field="mechanism") == ("fall", "twist")
    assert check_choices((), MECHANISMS, field="mechanism") == ()


def test_what_is_not_on_offer_is_no_choice() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_choices(("ice", "fall"), FIRST_AID_DONE, field="done")
    assert caught.value.field == "done"
