"""An injury that was told as an illness: one question opens its twin, whose questions and rules then hold too."""

import pytest

from blockmrs.controllers.field.wire import carry, read
from blockmrs.domain.triage.engine import Interview, assess, complaints_of, level_of
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.rules import Finding, Level
from blockmrs.services.advice.interviews import TriageService

RULES = load_rules()
SERVICE = TriageService()
OPENERS = [finding for finding in RULES.findings.values() if finding.opens]


@pytest.mark.parametrize("finding", OPENERS, ids=lambda finding: finding.id)
@pytest.mark.parametrize(("answer", "is_open"), [(True, True), (None, True), (False, False)])
def test_the_twin_is_open_unless_the_answer_is_a_plain_no(finding: Finding, answer: bool | None, is_open: bool) -> None:
    interview = Interview("16-64-years", (finding.presentation,), {finding.id: answer})
    assert set(finding.opens) <= set(complaints_of(RULES, interview)) or not is_open
    assert is_open or not set(finding.opens) & set(complaints_of(RULES, interview))


@pytest.mark.parametrize("finding", OPENERS, ids=lambda finding: finding.id)
def test_a_question_that_opens_is_asked_before_the_advice_is_final(finding: Finding) -> None:
    assert finding.id in assess(RULES, Interview("1-year", (finding.presentation,))).unasked


def test_what_opens_counts_only_with_its_own_complaint() -> None:
    assert complaints_of(RULES, Interview(None, ("fev",), {"urt-hit": True})) == ("fev",)


def test_the_twin_s_rules_and_its_questions_follow() -> None:
    told = Interview("16-64-years", ("urti",), {"urt-hit": True, "face-ear": True})
    assert level_of(RULES, told) <= Level.CLINICIAN
    seen = Interview("16-64-years", ("urti",), {**{sign.finding: False for sign in RULES.signs}, "urt-hit": True})
    pages = []
    while (page := SERVICE.next_page(seen)) is not None:
        pages.append(page.id)
        answer = [("choose", "no")] if page.kind == "choice" else [("answer", "none")]
        seen = read(SERVICE, [*carry(seen), ("page", page.id), *answer])
    assert {"face-danger", "face-more"} <= set(pages)


@pytest.mark.parametrize("part", ["shin", "thigh"])
@pytest.mark.parametrize(("swollen", "is_asked"), [(True, True), (None, True), (False, False)])
def test_a_leg_is_asked_how_it_began_unless_it_is_surely_neither_swollen_nor_sore(
    part: str, swollen: bool | None, is_asked: bool
) -> None:
    advice = assess(RULES, Interview("16-64-years", (part,), {f"{part}-swollen": swollen}))
    assert (f"{part}-not-hit" in advice.unasked) is is_asked


def test_a_calf_that_swelled_by_itself_is_asked_about_clots_where_the_shin_was_chosen() -> None:
    no_sign: dict[str, bool | None] = {sign.finding: False for sign in RULES.signs}
    told = Interview("16-64-years", ("shin",), {**no_sign, "shin-swollen": True, "shin-not-hit": True})
    assert complaints_of(RULES, told) == ("shin", "leg")
    assert {"leg-breath", "leg-two", "sickle-cell"} <= set(assess(RULES, told).unasked)
