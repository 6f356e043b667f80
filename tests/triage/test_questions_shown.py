"""How many questions are shown, with one complaint and with several, to somebody who has nothing that is asked for.

Thirty at most was the aim, and holds for one complaint. Two are two kinds of trouble, and each question that is left
can still raise the level, so none may go. The other numbers hold that they do not grow.
"""

from dataclasses import replace
from itertools import combinations
from random import Random
from statistics import median

import pytest

from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.engine import Interview, facts_of, open_questions
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import AGE, answer_all, next_page
from blockmrs.domain.triage.prepared import prepared
from tests.triage.interviews import COMPLAINTS

RULES = load_rules()
NO_SIGN: dict[str, Answer] = {sign.finding: False for sign in RULES.signs}
TRIPLES = 300
"""Of 17296: enough to meet the longest ones, and little enough for the processor."""
TOGETHER = {
    1: [(name,) for name in COMPLAINTS],
    2: list(combinations(COMPLAINTS, 2)),
    3: Random(20261130).sample(list(combinations(COMPLAINTS, 3)), TRIPLES),
}
ASKED_TWICE = [(name, group) for name, finding in RULES.findings.items() for group in finding.asked_by]


def shown(complaints: tuple[str, ...]) -> int:
    interview, questions = Interview(None, complaints, NO_SIGN), 0
    while (page := next_page(RULES, interview)) is not None:
        if page.id == AGE:
            interview = replace(interview, age_band="16-64-years")
            continue
        questions += len(page.findings)
        if page.kind == "choice":
            interview = replace(interview, answers={**interview.answers, page.findings[0]: True})
        else:
            interview = answer_all(RULES, interview, page.findings)
    return questions


@pytest.mark.parametrize(("together", "usual", "most"), [(1, 17, 30), (2, 28, 47), (3, 39, 61)])
def test_no_more_questions_are_shown(together: int, usual: int, most: int) -> None:
    numbers = {complaints: shown(complaints) for complaints in TOGETHER[together]}
    assert {complaints: number for complaints, number in numbers.items() if number > most} == {}
    assert median(numbers.values()) <= usual


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
