"""Days are calendar days of the site, each planned check is made once, and a check knows what it says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockmrs.domain.followups import (
    LAST_DAY,
    PLANNED_DAYS,
    SIGNS_PAGE,
    SYMPTOMS_PAGE,
    WORSE,
    WORSE_PAGE,
    SymptomCheck,
    answers_of,
    answers_on,
    band_of,
    day_number,
    due_on,
    is_more,
    may_be_head_injury,
    planned_for,
    questions_on,
    was_asked_about_head,
    with_change,
)
from blockmrs.domain.reports import FIELD, HOME, Advice, Report, ReportedFinding
from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.engine import Interview, level_of
from blockmrs.domain.triage.loader import load_check_rules
from tests.support.heads import answers
from tests.support.world import report_at

RULES = load_check_rules()
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
SYMPTOMS = [finding.id for finding in questions_on(RULES, SYMPTOMS_PAGE, None)]
STRENGTHS = ["none", "a-little", "a-lot"]


def check(day: int = 1, worse: str = "no", **symptoms: str) -> SymptomCheck:
    found = tuple(ReportedFinding(name, "?", symptoms.get(name.replace("-", "_"), "none")) for name in SYMPTOMS)
    advice = Advice(3, "See a doctor within 24 hours", (), "1", False)
    return SymptomCheck(bytes(32), day, NOON, "Ana", (ReportedFinding(WORSE, "?", worse),), found, advice)


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=9)), timezone(-timedelta(hours=5))])
def test_the_day_changes_at_midnight_where_it_happened(zone: timezone) -> None:
    """Whatever the server's clocks show, and whoever reads it from wherever."""
    injured = datetime(2026, 3, 14, 23, 30, tzinfo=zone)
    for seen_from in (zone, UTC, ZoneInfo("Australia/Sydney")):
        assert day_number(injured, (injured + timedelta(minutes=29)).astimezone(seen_from)) == 0
        assert day_number(injured, (injured + timedelta(minutes=30)).astimezone(seen_from)) == 1
        assert day_number(injured, (injured + timedelta(days=7)).astimezone(seen_from)) == 7


def test_a_check_counts_for_the_planned_day_before_it() -> None:
    assert {day: planned_for(day) for day in (-1, 0, 1, 2, 3, 6, 7, LAST_DAY, LAST_DAY + 1)} == {
        -1: None, 0: None, 1: 1, 2: 1, 3: 3, 6: 3, 7: 7, LAST_DAY: 7, LAST_DAY + 1: None,
    }  # fmt: skip


@given(st.integers(-3, 40), st.lists(st.integers(0, 40)))
def test_nothing_is_due_twice_and_what_is_due_can_be_made_today(day: int, made: list[int]) -> None:
    due = due_on(day, made)
    if due is not None:
        assert due.day in PLANNED_DAYS
        assert due.late is (day > due.day)
        assert due_on(day, [*made, day]) is None


def test_a_check_says_how_many_symptoms_are_there_and_whether_it_is_late() -> None:
    made = check(2, "yes", check_dizzy="a-lot", check_sick="a-little", check_tired="unsure")
    assert (made.noted, made.strong, made.worse, made.planned_day, made.is_late) == (2, 1, True, 1, True)
    assert (check(0).is_late, check(0).worse) == (False, False)


def test_only_the_questions_for_that_age_are_asked() -> None:
    assert "check-cries" in [finding.id for finding in questions_on(RULES, SIGNS_PAGE, "1-year")]
    assert "check-cries" not in [finding.id for finding in questions_on(RULES, SIGNS_PAGE, "13-15-years")]
    assert (
        questions_on(RULES, SIGNS_PAGE, None)
        == questions_on(RULES, SIGNS_PAGE, "unknown")
        == questions_on(RULES, SIGNS_PAGE, "1-year")
    )


def test_the_age_of_a_report_is_found_by_its_words() -> None:
    assert band_of("13 to 15 years", RULES) == "13-15-years"
    assert band_of("very old", RULES) is None


@pytest.mark.parametrize(
    ("finding", "answer", "is_head"),
    [("complaints", "Hurt head", True), ("head-vomits", "Threw up once", True), ("complaints", "Hurt ankle", False),
     ("limb-bent", "yes", False), ("nothing-we-know", "yes", False)],
)  # fmt: skip
def test_a_head_injury_is_one_whose_interview_was_about_the_head(finding: str, answer: str, is_head: bool) -> None:
    class Report:
        findings = (ReportedFinding(finding, "?", answer),)

    assert was_asked_about_head(Report(), RULES) is is_head  # only the findings are looked at


def said(finding: str, answer: str, origin: str = FIELD) -> Report:
    return replace(report_at(NOON), findings=(ReportedFinding(finding, "?", answer),), origin=origin)


@pytest.mark.parametrize(
    ("finding", "answer", "may_be"),
    [
        ("wont-wake", "yes", True),
        ("wont-wake", "unsure", True),
        ("wont-wake", "no", False),
        ("responds", "yes", False),  # that they answer rules out that they do not wake
        ("responds", "no", True),
        ("responds", "unsure", True),
        ("limb-bent", "yes", False),
        ("nothing-we-know", "yes", False),
    ],
)
def test_at_a_field_a_sign_of_a_head_injury_is_enough(finding: str, answer: str, may_be: bool) -> None:
    assert may_be_head_injury(said(finding, answer), RULES) is may_be


def test_at_home_only_the_questions_about_the_head_make_it_a_head_injury() -> None:
    assert not may_be_head_injury(said("wont-wake", "yes", HOME), RULES)
    assert may_be_head_injury(said("head-vomits", "1", HOME), RULES)


def test_answers_are_kept_with_their_questions_in_the_order_of_the_page() -> None:
    kept = answers_on(RULES, SIGNS_PAGE, answers(check_fit=True, check_vomits=2, check_neck=None))
    assert [found.finding for found in kept] == [finding.id for finding in questions_on(RULES, SIGNS_PAGE, None)]
    said = {found.finding: found.answer for found in kept}
    assert (said["check-fit"], said["check-vomits"], said["check-neck"], said["check-sleepy"]) == (
        "yes", "2", "unsure", "no",
    )  # fmt: skip
    assert answers_on(RULES, SIGNS_PAGE, Interview()) == ()


def test_the_answers_of_a_saved_check_are_those_that_the_rules_still_know() -> None:
    given = answers(check_fit=True, check_vomits=2, check_neck=None, check_dizzy="a-lot")
    signs, symptoms = answers_on(RULES, SIGNS_PAGE, given), answers_on(RULES, SYMPTOMS_PAGE, given)
    gone = (ReportedFinding("check-of-an-older-version", "?", "yes"), ReportedFinding("check-sick", "?", "very"))
    saved = replace(check(), signs=(*signs, gone[0]), symptoms=(*symptoms, gone[1]))
    again = answers_of(saved, RULES, "13-15-years")
    assert (again.age_band, again.presentations) == ("13-15-years", ("head-check",))
    assert (again.answers["check-fit"], again.answers["check-vomits"], again.answers["check-neck"]) == (True, 2, None)
    assert again.answers["check-dizzy"] == "a-lot"
    assert "check-of-an-older-version" not in again.answers
    assert again.answers["check-sick"] == given.answers["check-sick"]


def test_a_symptom_that_could_not_be_told_before_is_not_called_stronger() -> None:
    before = check(check_dizzy="unsure", check_sick="a-little")
    assert not is_more(before, {"check-dizzy": "a-lot", "check-sick": "a-little"})
    assert is_more(before, {"check-sick": "a-lot"})
    assert with_change(answers(check_sick="a-lot"), before).answers[WORSE] is True
    assert with_change(answers(check_sick="a-lot"), None).answers[WORSE] is False


states = st.fixed_dictionaries(
    {name: st.sampled_from([*STRENGTHS, None]) for name in SYMPTOMS}
    | {finding.id: st.sampled_from([False, True, None]) for finding in questions_on(RULES, SIGNS_PAGE, None)
       if finding.id != "check-vomits"}
    | {"check-vomits": st.sampled_from([0, 1, 2, None]), WORSE: st.sampled_from([False, True, None])}
)  # fmt: skip
ages = st.sampled_from([None, *(band.id for band in RULES.age_bands)])


def level(age: str | None, given: dict[str, Answer]) -> int:
    return int(level_of(RULES, with_change(Interview(age, (), given), None)))


@given(ages, states, st.data())
def test_a_stronger_answer_or_a_danger_sign_never_makes_it_less_urgent(age, given, data) -> None:
    name = data.draw(st.sampled_from(sorted(given)))
    worst = "a-lot" if name in SYMPTOMS else 2 if name == "check-vomits" else True
    assert level(age, given | {name: worst}) <= level(age, given)


@given(ages, states, st.data())
def test_cannot_tell_is_never_less_urgent_than_nothing_there(age, given, data) -> None:
    name = data.draw(st.sampled_from(sorted(given)))
    absent = "none" if name in SYMPTOMS else 0 if name == "check-vomits" else False
    assert level(age, given | {name: None}) <= level(age, given | {name: absent})


@given(states, st.data())
def test_worse_than_before_is_a_hospital_at_least(given, data) -> None:
    assert level(data.draw(ages), given | {WORSE: True}) <= 2


def test_the_pages_ask_every_finding_that_the_rules_look_at() -> None:
    shown = {
        finding.id for page in (SIGNS_PAGE, SYMPTOMS_PAGE, WORSE_PAGE) for finding in questions_on(RULES, page, None)
    }
    used = {name for rule in RULES.presentations["head-check"].rules for name in rule.findings}
    assert used == shown
