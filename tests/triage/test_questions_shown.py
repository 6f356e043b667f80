"""How many questions are shown, with one complaint and with several, to somebody who has nothing that is asked for.

Thirty at most. Each question can still raise the level, so none is left out: with several complaints, one row may stand
for several of them, and counts as one. Whoever ticks it sees its parts beside that; nobody counts those here.
"""

from dataclasses import replace
from itertools import combinations, islice
from random import Random
from statistics import median

import pytest

from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.engine import Interview, facts_of, open_questions
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import AGE, answer_all, next_page
from blockmrs.domain.triage.prepared import prepared
from blockmrs.domain.triage.umbrellas import MOST_SHOWN
from tests.support.extent import examples
from tests.triage.interviews import BANDS, COMPLAINTS, rows_on

RULES = load_rules()
NO_SIGN: dict[str, Answer] = {sign.finding: False for sign in RULES.signs}
TRIPLES = 250
"""Of 17296, as many by chance as of the longest: little enough for the processor. The soak takes more."""
LONGEST = sorted(COMPLAINTS, key=lambda name: -sum(len(plan.findings) for plan in RULES.presentations[name].pages))
EVERY_TRIPLE = list(combinations(COMPLAINTS, 3))
BY_CHANCE = Random(20261130).sample(EVERY_TRIPLE, min(examples(TRIPLES), len(EVERY_TRIPLE)))
TOGETHER = {
    1: [(name,) for name in COMPLAINTS],
    2: list(combinations(COMPLAINTS, 2)),
    3: list(dict.fromkeys([*islice(combinations(LONGEST, 3), TRIPLES), *BY_CHANCE])),
}
ASKED_TWICE = [(name, group) for name, finding in RULES.findings.items() for group in finding.asked_by]


def shown(complaints: tuple[str, ...], age: str = "16-64-years", *, calm: bool = True) -> int:
    interview, questions = Interview(None, complaints, NO_SIGN), 0
    while (page := next_page(RULES, interview)) is not None:
        if page.id == AGE:
            interview = replace(interview, age_band=age)
        elif page.kind == "choice":
            questions += 1
            interview = replace(interview, answers={**interview.answers, page.findings[0]: calm})
        else:
            questions += rows_on(page)
            interview = answer_all(RULES, interview, page.findings)
    return questions


@pytest.mark.parametrize(("together", "usual"), [(1, 17), (2, 24), (3, 27)])
def test_thirty_questions_are_shown_at_most(together: int, usual: int) -> None:
    numbers = {complaints: shown(complaints) for complaints in TOGETHER[together]}
    assert {complaints: number for complaints, number in numbers.items() if number > MOST_SHOWN} == {}
    assert median(numbers.values()) <= usual


@pytest.mark.parametrize("age", BANDS)
def test_thirty_questions_are_shown_at_most_to_any_age_and_to_whoever_cannot_be_calmed(age: str) -> None:
    longest = TOGETHER[3][:: TRIPLES // 20]
    for calm in (True, False):
        assert {complaints: n for complaints in longest if (n := shown(complaints, age, calm=calm)) > MOST_SHOWN} == {}


@pytest.mark.parametrize(
    ("name", "group"), ASKED_TWICE, ids=[f"{name}:{'+'.join(group)}" for name, group in ASKED_TWICE]
)
def test_only_a_plain_no_to_all_of_it_answers_the_same_question_elsewhere(name: str, group: tuple[str, ...]) -> None:
    owner = RULES.findings[name].presentation
    noes: dict[str, Answer] = {other: RULES.findings[other].absence for other in group}
    assert name not in absent(owner, noes)
    for doubtful in group:
        assert name in absent(owner, {**noes, doubtful: None})
        assert name in absent(owner, {other: value for other, value in noes.items() if other != doubtful})
    assert owner not in {RULES.findings[other].presentation for other in group}


def absent(presentation: str, answers: dict[str, Answer]) -> set[str]:
    facts = facts_of(RULES, Interview(None, (presentation,), answers))
    return set(prepared(RULES).presentation(presentation).absent(facts))


def test_a_rash_that_one_complaint_asked_for_is_not_asked_for_by_the_next() -> None:
    both = Interview("16-64-years", ("fev", "other"), NO_SIGN)
    assert {"fev-rash", "other-rash"} <= set(open_questions(RULES, both))
    answered = answer_all(RULES, both, ["fev-rash"])
    assert "other-rash" not in open_questions(RULES, answered)
    unsure = replace(both, answers={**NO_SIGN, "fev-rash": None})
    assert "other-rash" in open_questions(RULES, unsure)
