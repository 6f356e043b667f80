"""What counts as an answer: the same for a form, for a program's JSON and for a tap."""

import pytest

from blockmrs.domain.triage.answers import check_answer, format_answer, parse_answer
from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.rules import Kind
from blockmrs.domain.triage.taps import AgeTap, AnswerTap, LookTap, PlaceTap, SignTap, Tap, TicksTap, after
from blockmrs.errors import InvalidInput
from blockmrs.services.advice.as_data import interview_from_data
from tests.support.at_least import at_least
from tests.triage.interviews import values

RULES = load_rules()


def test_every_answer_of_every_question_comes_back_from_its_text() -> None:
    with at_least(1700) as case:
        for finding in RULES.findings.values():
            for answer in values(finding):
                with case(f"{finding.id} {answer}"):
                    assert parse_answer(finding, format_answer(answer)) == answer, finding.id
                    assert check_answer(finding, answer) == answer, finding.id


@pytest.mark.parametrize(("number", "answer"), [(5000, None), (-1, None), (2, 2), (0, 0)])
def test_a_number_outside_its_bounds_is_cant_tell_for_every_door(number: int, answer: Answer) -> None:
    assert check_answer(RULES.findings["head-vomits"], number) == answer
    data = {"presentations": ["head"], "answers": {"head-vomits": number}}
    assert interview_from_data(RULES, data).answers["head-vomits"] == answer


@pytest.mark.parametrize("wrong", [1, 0, "yes", "", 2.5, ["yes"], {}])
def test_what_is_not_yes_no_or_cant_tell_is_no_answer_to_a_yes_no_question(wrong: object) -> None:
    finding = RULES.findings["fit"]
    assert finding.kind is Kind.YES_NO
    with pytest.raises(InvalidInput) as refused:
        check_answer(finding, wrong)
    assert refused.value.field == "fit"


@pytest.mark.parametrize(
    ("tap", "part"),
    [
        (SignTap("headache"), "sign"),
        (PlaceTap("toes"), "part"),
        (PlaceTap("head", within="arm"), "part"),
        (PlaceTap("head", within="head"), "part"),
        (AgeTap("old"), "band"),
        (AnswerTap("nonsense", True), "answer"),
        (AnswerTap("responds", "yes"), "answer"),
        (TicksTap("nonsense"), "page"),
        (TicksTap("head-danger", (("nonsense", True),)), "ticked"),
        (TicksTap("head-danger", (("head-sleepy", "yes"),)), "ticked"),
        (LookTap("mood", True), "answer"),
        (LookTap("awake", 4), "answer"),
        (LookTap("pain", True), "answer"),
        (LookTap("pain", 11), "answer"),
    ],
)
def test_a_tap_that_the_rules_do_not_know_is_refused_by_its_part(tap: Tap, part: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        after(RULES, Interview(), tap)
    assert refused.value.field == part


def test_an_interview_goes_from_the_first_tap_to_the_ticks_in_values_alone() -> None:
    interview = Interview()
    taps: list[Tap] = [
        SignTap("none"),
        PlaceTap("arm"),
        PlaceTap("shoulder", within="arm"),
        AgeTap("16-64-years"),
    ]
    for tap in taps:
        interview = after(RULES, interview, tap)
    assert (interview.presentations, interview.age_band) == (("sho",), "16-64-years")
    head = after(RULES, Interview(presentations=("head",)), TicksTap("head-knock", (("head-memory", True),)))
    assert (head.answers["head-memory"], head.answers["head-fall"]) == (True, False)
