"""What must hold for every look ("Check again") after every interview."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from blockmrs.controllers.field.wire import carry, read
from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.course import AWAKE, BREATHING, PAIN, Look
from blockmrs.domain.triage.engine import Interview, assess
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import next_page
from blockmrs.domain.triage.rules import Level
from blockmrs.services.advice.interviews import TriageService
from tests.support.extent import examples
from tests.triage.interviews import courses, interviews, looks

CAREFULLY = settings(deadline=None, max_examples=examples(100))
RULES = load_rules()
SERVICE = TriageService()
Answers = dict[str, Answer]


def level(interview: Interview) -> Level:
    return assess(RULES, interview).level


@CAREFULLY
@given(interview=interviews(), course=courses(), look=looks())
def test_a_further_look_never_lowers_the_level(interview: Interview, course: tuple[Look, ...], look: Answers) -> None:
    before = replace(interview, course=course)
    after = replace(interview, course=(*course, Look(len(course) + 1, look)))
    assert level(after) <= level(before) <= level(interview)


@CAREFULLY
@given(interview=interviews(), look=looks(whole=False))
def test_half_a_look_never_lowers_the_level(interview: Interview, look: Answers) -> None:
    assert level(replace(interview, course=(Look(1, look),))) <= level(interview)


@CAREFULLY
@given(
    interview=interviews(),
    look=looks(),
    name=st.sampled_from([AWAKE, BREATHING]),
    danger=st.sampled_from([False, None]),
)
def test_not_awake_or_not_breathing_or_cant_tell_is_an_ambulance(
    interview: Interview, look: Answers, name: str, danger: Answer
) -> None:
    assert level(replace(interview, course=(Look(1, {**look, name: danger}),))) is Level.AMBULANCE


@CAREFULLY
@given(interview=interviews(), pain=st.integers(0, 10))
def test_calm_looks_with_no_more_pain_change_nothing(interview: Interview, pain: int) -> None:
    calm = [Look(number, {AWAKE: True, BREATHING: True, PAIN: told}) for number, told in enumerate((pain, pain, 0), 1)]
    assert assess(RULES, replace(interview, course=tuple(calm))) == assess(RULES, interview)


@CAREFULLY
@given(interview=interviews(), first=st.integers(0, 9), more=st.integers(1, 10))
def test_more_pain_than_before_counts_as_getting_worse(interview: Interview, first: int, more: int) -> None:
    pains = (first, min(10, first + more))
    course = tuple(Look(number, {AWAKE: True, BREATHING: True, PAIN: pain}) for number, pain in enumerate(pains, 1))
    worse = replace(interview, answers={**interview.answers, "getting-worse": True})
    assert level(replace(interview, course=course)) is level(worse)


@CAREFULLY
@given(interview=interviews(), course=courses())
def test_a_whole_look_leads_to_no_further_question(interview: Interview, course: tuple[Look, ...]) -> None:
    assert next_page(RULES, replace(interview, course=course)) == next_page(RULES, interview)


@CAREFULLY
@given(interview=interviews(), course=courses())
def test_the_hidden_fields_bring_every_look_back(interview: Interview, course: tuple[Look, ...]) -> None:
    told = replace(interview, course=course)
    assert read(SERVICE, carry(told)) == told
