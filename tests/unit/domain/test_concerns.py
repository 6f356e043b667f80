"""What a list says a report is about: what somebody chose, else the danger sign that was seen."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from blockmrs.domain.concerns import MOST_CONCERNS, concern_titles, concerns_of
from blockmrs.domain.reports import ReportedFinding
from blockmrs.domain.sharing import TITLE_LIMIT
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.oneself import for_oneself
from tests.support.world import report_at

RULES = load_rules()
NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)


def about(*findings: tuple[str, str]) -> tuple[str, ...]:
    made = tuple(ReportedFinding(finding, "?", answer) for finding, answer in findings)
    return concerns_of(replace(report_at(NOW), findings=made), RULES)


@pytest.mark.parametrize("rules", [RULES, for_oneself(RULES)], ids=["about others", "about oneself"])
def test_every_complaint_is_named_by_what_was_chosen_whoever_it_is_about(rules) -> None:
    for name, presentation in rules.presentations.items():
        assert about(("complaints", presentation.title)) == (name,)
        assert concern_titles((name,), RULES) == (RULES.presentations[name].title,)


def test_where_nobody_was_asked_what_is_wrong_the_danger_sign_that_was_seen_is_named() -> None:
    assert about(("fit", "yes"), ("choking", "no"), ("collapsed", "unsure")) == ("fit",)
    (label,) = (sign.label for sign in RULES.signs if sign.id == "fit")
    assert concern_titles(("fit",), RULES) == (label,)
    assert about(("complaints", RULES.presentations["ank"].title), ("fit", "yes")) == ("ank",)


def test_what_a_report_says_that_these_rules_do_not_know_is_left_out() -> None:
    assert about(("complaints", "Something of a later version")) == ()
    assert concern_titles(("tail", "ank"), RULES) == (RULES.presentations["ank"].title,)


def test_at_most_three_are_named_and_they_fit_into_a_grant() -> None:
    titles = [presentation.title for presentation in RULES.presentations.values()]
    assert len(about(*(("complaints", title) for title in titles))) == MOST_CONCERNS
    longest = sorted([*RULES.presentations, *(sign.id for sign in RULES.signs)], key=len)[-MOST_CONCERNS:]
    assert len(" ".join(longest).encode()) <= TITLE_LIMIT
