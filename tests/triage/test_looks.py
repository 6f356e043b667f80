"""Three questions of a look, from form field to form field; and when the evidence says to look."""

import tomllib
from pathlib import Path

import pytest

from blockmrs.controllers.field.wire import carry, read, without
from blockmrs.domain.triage.course import AWAKE, BREATHING, MOST_LOOKS, PAIN, Look
from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.reader import RulesUnreadable, rules_from
from blockmrs.domain.triage.rules import Level
from blockmrs.errors import InvalidInput
from blockmrs.services.advice.interviews import TriageService

RULES = load_rules()
PROTOCOLS = Path(__file__).parents[2] / "blockmrs" / "domain" / "triage" / "protocols"
EVIDENCE = tomllib.loads((Path(__file__).parents[2] / "docs" / "triage" / "evidence.toml").read_text("utf-8"))
CALM = {AWAKE: True, BREATHING: True, PAIN: 3}


@pytest.fixture
def triage() -> TriageService:
    return TriageService()


def look(triage: TriageService, interview: Interview, *answers: str) -> Interview:
    """The interview after these taps, each on the page that is asked."""
    interview = read(triage, [*carry(interview), ("look", "again")])
    for answer in answers:
        page = triage.next_page(interview)
        assert page is not None
        interview = read(triage, [*carry(interview), ("page", page.id), ("choose", answer)])
    return interview


def ill(triage: TriageService, *more: tuple[str, str]) -> Interview:
    """An ankle that a doctor should see."""
    return read(triage, [("complaints", "ank"), ("age", "16-64-years"), ("a.ank-bone", "yes"), *more])


def test_a_look_asks_three_things_with_cant_tell_for_each(triage: TriageService) -> None:
    interview, asked = read(triage, [*carry(ill(triage)), ("look", "again")]), []
    while (page := triage.next_page(interview)) is not None and page.id.startswith("again-"):
        asked.append(page.id)
        assert page.choices[-1].label == "Can't tell"
        interview = read(triage, [*carry(interview), ("page", page.id), ("choose", "unsure")])
    assert asked == ["again-awake", "again-breathing", "again-pain"]


def test_pain_goes_from_0_to_10(triage: TriageService) -> None:
    page = triage.next_page(look(triage, ill(triage), "yes", "yes"))
    assert page is not None
    assert [choice.value for choice in page.choices] == [*map(str, range(11)), "unsure"]


@pytest.mark.parametrize(
    ("pains", "level"),
    [(["4"], 3), (["4", "4"], 3), (["4", "3"], 3), (["4", "5"], 2), (["4", "unsure", "5"], 2), (["5", "2", "3"], 2)],
)
def test_more_pain_than_at_the_last_look_is_one_level_more_urgent(
    triage: TriageService, pains: list[str], level: int
) -> None:
    interview = ill(triage)
    for pain in pains:
        interview = look(triage, interview, "yes", "yes", pain)
    assert triage.conclude(interview).level == level


@pytest.mark.parametrize(("pains", "level"), [(["2"], 4), (["2", "2"], 4), (["2", "9"], 3), (["2", "unsure"], 3)])
def test_more_pain_at_rest_and_watch_is_heard(triage: TriageService, pains: list[str], level: int) -> None:
    interview = read(triage, [("complaints", "ank"), ("age", "16-64-years")])
    for pain in pains:
        interview = look(triage, interview, "yes", "yes", pain)
    found = triage.conclude(interview)
    assert found.level == level
    assert level == 4 or found.reasons[0].rule == "any/getting-worse"


def test_a_calm_look_after_a_worse_one_does_not_lower_the_advice(triage: TriageService) -> None:
    worse = look(triage, ill(triage), "no", "yes", "4")
    assert triage.conclude(look(triage, worse, "yes", "yes", "0")).level is Level.AMBULANCE


def test_a_look_that_is_taken_back_by_hand_counts_no_more_and_is_asked_again(triage: TriageService) -> None:
    worse = look(triage, look(triage, ill(triage), "yes", "yes", "1"), "no", "yes", "4")
    after = without(triage, worse, "again.2")
    assert triage.conclude(after).level is Level.CLINICIAN
    page = triage.next_page(after)
    assert page is not None
    assert page.id == "again-awake"


def test_a_look_is_no_answer_and_shows_in_no_row_of_what_was_seen(triage: TriageService) -> None:
    assert triage.answers_in_words(look(triage, ill(triage), "no", "no", "4")) == triage.answers_in_words(ill(triage))


def test_after_the_last_look_that_fits_no_further_one_is_begun(triage: TriageService) -> None:
    full = Interview(answers={"fit": True}, course=tuple(Look(n, CALM) for n in range(1, MOST_LOOKS + 1)))
    assert read(triage, [*carry(full), ("look", "again")]) == full
    with pytest.raises(InvalidInput):
        read(triage, [*carry(full), ("page", "again-awake"), ("choose", "yes")])


@pytest.mark.parametrize(
    ("name", "value"),
    [("again.1.pain", "11"), ("again.1.pain", "-1"), ("again.1.pain", "4.5"), ("again.1.pain", "yes"),
     ("again.1.awake", "4"), ("again.1.awake", "maybe"), ("again.0.awake", "yes"), ("again.100.awake", "yes"),
     ("again.1.mood", "yes"), ("again.1", "yes"), ("again.x.awake", "yes"), ("again.", ""), ("look", "twice")],
)  # fmt: skip
def test_a_look_that_no_page_of_ours_sends_is_refused_by_name(triage: TriageService, name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(triage, [("a.fit", "yes"), (name, value)])
    assert refused.value.field == name


def test_more_looks_than_fit_are_refused(triage: TriageService) -> None:
    fields = [(f"again.{number}.awake", "yes") for number in range(1, MOST_LOOKS + 2)]
    with pytest.raises(InvalidInput):
        read(triage, fields)


@pytest.mark.parametrize(("page", "choose"), [("again-awake", "4"), ("again-pain", "11"), ("again-mood", "yes")])
def test_an_answer_to_no_question_of_a_look_is_refused(triage: TriageService, page: str, choose: str) -> None:
    with pytest.raises(InvalidInput):
        read(triage, [("a.fit", "yes"), ("page", page), ("choose", choose)])


@pytest.mark.parametrize(
    ("complaint", "answers", "minutes", "fact"),
    [
        ("ana", {"ana-breath": True}, 5, "ANA-06"),
        ("diab", {"diab-drowsy": True}, 10, "DIAB-03"),
        ("heat", {"heat-unwell": True}, 30, "HEAT-08"),
        ("limb", {"limb-swollen": True}, 10, "LIMB-01"),
        ("comp", {"comp-tight": True}, 10, "LIMB-01"),
        ("life", {"throat-swollen": True}, 5, "ANA-06"),
    ],
)
def test_the_evidence_says_when_to_look_again(
    triage: TriageService, complaint: str, answers: dict[str, bool], minutes: int, fact: str
) -> None:
    again = triage.conclude(Interview("16-64-years", (complaint,), answers)).again
    assert again is not None
    assert (again.after_min, again.evidence) == (minutes, fact)


def test_asthma_is_looked_at_again_after_ten_minutes() -> None:
    advice = RULES.presentations["brth"].advice
    waits = {name: entry.again.after_min for name, entry in advice.items() if entry.again}
    assert waits.pop("allergy") == 5
    assert set(waits.values()) == {10}


def test_of_two_waits_the_shorter_is_said(triage: TriageService) -> None:
    both = Interview("16-64-years", ("heat", "ana"), {"throat-swollen": True, "heat-unwell": True})
    again = triage.conclude(both).again
    assert again is not None
    assert again.after_min == 5


def test_every_wait_names_a_fact_of_the_evidence() -> None:
    facts = {fact["id"] for fact in EVIDENCE["fact"]}
    waits = [entry.again for known in RULES.presentations.values() for entry in known.advice.values() if entry.again]
    assert {again.evidence for again in waits} <= facts
    assert len(waits) >= 4


@pytest.mark.parametrize(
    "wrong",
    [{"after_min": 0}, {"after_min": 61}, {"after_min": "5"}, {"after_min": True}, {"words": ""}, {"evidence": "five"},
     {"seconds": 5}],
)  # fmt: skip
def test_a_wait_that_is_written_wrongly_stops_the_rules(wrong: dict[str, object]) -> None:
    tables = {path.name: tomllib.loads(path.read_text("utf-8")) for path in PROTOCOLS.glob("*.toml")}
    tables["ana.toml"]["advice"]["ambulance"]["again"].update(wrong)
    with pytest.raises(RulesUnreadable):
        rules_from(tables)
