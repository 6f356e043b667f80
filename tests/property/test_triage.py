"""What must hold for every interview, not only for those we thought of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockmrs.controllers.field.wire import carry, read
from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.engine import Interview, assess
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import absence, next_page
from blockmrs.domain.triage.rules import ALWAYS, Kind, Level, Nature
from blockmrs.services.advice.interviews import TriageService
from tests.support.extent import examples
from tests.triage.interviews import BANDS, COMPLAINTS, interviews, places, play, values

CAREFULLY = settings(deadline=None, max_examples=examples(60))
PLAYED = settings(deadline=None, max_examples=examples(25))
RULES = load_rules()
SERVICE = TriageService()
PLACES = places(RULES)
DANGERS = [name for name, finding in RULES.findings.items() if finding.nature is Nature.DANGER]
SMALL = RULES.known_ages - RULES.sport_ages
REASSURANCES = [name for name, finding in RULES.findings.items() if finding.nature is Nature.REASSURING]


def with_answer(interview: Interview, name: str, value: Answer) -> Interview:
    return Interview(interview.age_band, interview.presentations, {**interview.answers, name: value})


def level(interview: Interview) -> Level:
    return assess(RULES, interview).level


def dangers_of(interview: Interview) -> st.SearchStrategy[str]:
    homes = (*interview.presentations, *ALWAYS)
    return st.sampled_from([name for name in DANGERS if RULES.findings[name].presentation in homes])


@CAREFULLY
@given(interview=interviews(), data=st.data())
def test_a_further_red_flag_never_lowers_the_level(interview: Interview, data: st.DataObject) -> None:
    name = data.draw(dangers_of(interview))
    finding = RULES.findings[name]
    worst: Answer = True if finding.kind is Kind.YES_NO else finding.options[0].value
    assert level(with_answer(interview, name, worst)) <= level(interview)


@CAREFULLY
@given(interview=interviews(), data=st.data())
def test_yes_is_at_least_as_urgent_as_cant_tell_and_that_as_no(interview: Interview, data: st.DataObject) -> None:
    name = data.draw(dangers_of(interview))
    finding = RULES.findings[name]
    worst: Answer = True if finding.kind is Kind.YES_NO else finding.options[0].value
    yes, unsure, no = (level(with_answer(interview, name, value)) for value in (worst, None, absence(finding)))
    assert yes <= unsure <= no


@CAREFULLY
@given(interview=interviews(), name=st.sampled_from(REASSURANCES))
def test_for_reassuring_questions_the_order_is_turned_round(interview: Interview, name: str) -> None:
    no, unsure, yes = (level(with_answer(interview, name, value)) for value in (False, None, True))
    assert no <= unsure <= yes


@CAREFULLY
@given(interview=interviews(), name=st.sampled_from(DANGERS))
def test_not_asked_is_as_urgent_as_no_and_never_more_than_cant_tell(interview: Interview, name: str) -> None:
    without = {key: value for key, value in interview.answers.items() if key != name}
    absent = Interview(interview.age_band, interview.presentations, without)
    assert level(with_answer(interview, name, None)) <= level(absent)


@CAREFULLY
@given(interview=interviews(), data=st.data())
def test_the_order_of_answers_and_complaints_does_not_matter(interview: Interview, data: st.DataObject) -> None:
    answers = dict(data.draw(st.permutations(list(interview.answers.items()))))
    complaints = tuple(data.draw(st.permutations(list(interview.presentations))))
    other = assess(RULES, Interview(interview.age_band, complaints, answers))
    first = assess(RULES, interview)
    assert other.level is first.level
    assert {reason.rule for reason in other.reasons} == {reason.rule for reason in first.reasons}
    assert set(other.unasked) == set(first.unasked)


@CAREFULLY
@given(interview=interviews())
def test_an_unknown_age_is_at_least_as_urgent_as_any_age(interview: Interview) -> None:
    unknown = level(Interview("unknown", interview.presentations, interview.answers))
    assert all(unknown <= level(Interview(band, interview.presentations, interview.answers)) for band in BANDS)


@CAREFULLY
@given(interview=interviews(), extra=st.sampled_from(COMPLAINTS))
def test_a_further_complaint_never_lowers_the_level(interview: Interview, extra: str) -> None:
    if not interview.presentations:
        return
    more = Interview(interview.age_band, tuple(dict.fromkeys((*interview.presentations, extra))), interview.answers)
    assert level(more) <= level(interview)


@CAREFULLY
@given(interview=interviews())
def test_advice_is_never_empty_and_its_reason_has_its_level(interview: Interview) -> None:
    found = assess(RULES, interview)
    assert found.first_aid
    assert found.dont
    assert bool(found.return_to_play) is (interview.age_band not in SMALL)
    assert found.reasons[0].level is found.level
    assert not found.reviewed


@CAREFULLY
@given(interview=interviews())
def test_what_is_unasked_could_raise_the_level(interview: Interview) -> None:
    found = assess(RULES, interview)
    assert found.level is not Level.AMBULANCE or not found.unasked
    assert not set(found.unasked) & set(interview.answers)


@PLAYED
@given(
    age=st.sampled_from(BANDS),
    part=st.sampled_from(sorted(PLACES)),
    data=st.data(),
)
def test_every_interview_ends_and_reads_back_from_its_fields(age: str, part: str, data: st.DataObject) -> None:
    near = [name for name in DANGERS if RULES.findings[name].presentation in (*PLACES[part], "any")]
    names = data.draw(st.lists(st.sampled_from(near), unique=True, max_size=4))
    truth = {name: data.draw(st.sampled_from(values(RULES.findings[name]))) for name in names}
    interview, _ = play(SERVICE, truth, age=age, part=part)
    assert assess(RULES, interview).final
    assert next_page(RULES, interview) is None
    assert read(SERVICE, carry(interview)) == interview


@pytest.mark.parametrize("part", sorted(PLACES))
@pytest.mark.parametrize("age", BANDS)
def test_when_nothing_applies_advice_is_at_most_six_pages_away(age: str, part: str) -> None:
    interview, pages = play(SERVICE, {}, age=age, part=part)
    assert len(pages) <= 6
    assert assess(RULES, interview).final
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
