"""The rules are sourced: every fact they cite is in the repository, and no deciding fact is forgotten."""

import re
import tomllib
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from blockmrs.controllers.field.wire import read
from blockmrs.domain.triage.conditions import AgeIn, All, Answer, AnyOf, AtLeast, Complaint, Condition, Is, NotReassured
from blockmrs.domain.triage.engine import Interview, level_of
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import CHECKS
from blockmrs.domain.triage.rules import ALWAYS, Level, Nature, Rule
from blockmrs.services.advice.interviews import TriageService
from tests.support.at_least import at_least
from tests.triage.interviews import place_of, play

DOCS = Path(__file__).parents[2] / "docs" / "triage"
EVIDENCE = tomllib.loads((DOCS / "evidence.toml").read_text("utf-8"))
EXCEPTIONS = tomllib.loads((DOCS / "exceptions.toml").read_text("utf-8"))
FACTS: dict[str, dict[str, Any]] = {fact["id"]: fact for fact in EVIDENCE["fact"]}
STRENGTH = ["V", "V2", "M"]
DECIDING = 322
RULES = load_rules()
SERVICE = TriageService()


def is_covered(fact: dict[str, Any]) -> bool:
    covered = EXCEPTIONS["covered"]
    partly = fact["section"] in covered["levels_1_and_2"] and bool({1, 2} & set(fact["levels"]))
    return fact["deciding"] and (fact["section"] in covered["whole"] or partly)


def test_every_cited_fact_is_in_the_evidence() -> None:
    assert {fact for rule in RULES.rules for fact in rule.evidence} <= set(FACTS)


def test_who_is_told_cites_the_evidence_that_says_so() -> None:
    cited = {policy.id: set(policy.evidence) for policy in RULES.policies}
    assert {"UNI-08"} <= cited["safeguarding"]
    assert {"MH-08"} <= cited["mental_health"]
    assert {"PREG-04"} <= cited["pregnancy"]
    assert set().union(*cited.values()) <= set(FACTS)


def test_every_question_about_harm_the_mind_or_a_pregnancy_is_marked() -> None:
    """By its words: a question that is added later is not forgotten."""
    words = re.compile(r"\b(pregnan\w*|hurting them\w*|killing themselves|think of dying|try to die|on purpose)\b")
    marked = {name for name, finding in RULES.findings.items() if finding.policy}
    whole = {name for name, entry in RULES.presentations.items() if entry.policy}
    asking = {
        name
        for name, finding in RULES.findings.items()
        if words.search(finding.ask) and finding.presentation not in whole and finding.nature is Nature.DANGER
    }
    # One of seven things of which two are so: a yes tells of no pregnancy.
    assert asking - marked == {"leg-two"}


def test_every_deciding_fact_of_a_covered_section_is_cited_or_excepted() -> None:
    cited = {fact for rule in RULES.rules for fact in rule.evidence}
    excepted = {entry["fact"] for entry in EXCEPTIONS["exception"]}
    assert [name for name, fact in FACTS.items() if is_covered(fact) and name not in cited | excepted] == []


def test_no_section_is_left_out_of_the_check() -> None:
    assert {fact["section"] for fact in FACTS.values() if fact["deciding"]} <= set(EXCEPTIONS["covered"]["whole"])


def test_no_fact_is_lost_or_declared_idle() -> None:
    """As many as the evidence holds; a change of the evidence changes these numbers knowingly."""
    assert (len(FACTS), sum(fact["deciding"] for fact in FACTS.values())) == (381, DECIDING)


def test_the_most_urgent_level_of_a_fact_is_given_by_a_rule_that_cites_it() -> None:
    """A rule that only names the fact while another level is given does not count; a modifier gives any."""
    given = {(fact, level) for rule in RULES.rules for fact in rule.evidence for level in levels_of(rule)}
    missing = [name for name, fact in FACTS.items() if is_covered(fact) and (name, min(fact["levels"])) not in given]
    assert [name for name in missing if name not in {entry["fact"] for entry in EXCEPTIONS["exception"]}] == []


def levels_of(rule: Rule) -> set[int]:
    """The levels that the rule itself can end with."""
    return {level - 1 for level in rule.raises} or {int(rule.level)}


def test_an_exception_has_a_reason_and_is_needed() -> None:
    cited = {fact for rule in RULES.rules for fact in rule.evidence}
    for entry in EXCEPTIONS["exception"]:  # There may be none.
        assert is_covered(FACTS[entry["fact"]])
        assert entry["fact"] not in cited
        assert len(entry["reason"].split()) > 5


def test_a_rule_claims_no_better_verification_than_its_weakest_fact() -> None:
    with at_least(600) as case:
        for rule in RULES.rules:
            with case(rule.id):
                weakest = max((FACTS[fact]["verified"] for fact in rule.evidence), key=STRENGTH.index)
                assert rule.verified == weakest


def test_no_rule_is_calmer_than_every_fact_it_cites() -> None:
    with at_least(600) as case:
        for rule in RULES.rules:
            with case(rule.id):
                levels = [level for fact in rule.evidence for level in FACTS[fact]["levels"]]
                assert rule.raises or not levels or rule.level <= max(levels)


def test_the_evidence_is_complete_and_in_order() -> None:
    sources = {source["code"] for source in EVIDENCE["source"]}
    sections = {fact["section"] for fact in FACTS.values()}
    assert set(range(42)) <= sections
    assert len(FACTS) == len(EVIDENCE["fact"])
    with at_least(380) as case:
        for name, fact in FACTS.items():
            with case(name):
                assert fact["verified"] in STRENGTH
                assert fact["deciding"] is bool(fact["levels"])
                assert set(fact["sources"]) <= sources
                assert fact["condition"].endswith(".")
                assert isinstance(fact["level_ours"], bool)
    assert all(source["title"] and source["how"] for source in EVIDENCE["source"])


def test_until_a_clinician_signs_nothing_counts_as_reviewed() -> None:
    assert RULES.reviewed is all(rule.reviewed_by for rule in RULES.rules)


def test_every_question_is_used_by_a_rule_or_opens_a_complaint() -> None:
    used = {name for rule in RULES.rules for name in rule.findings}
    used |= {name for name, finding in RULES.findings.items() if finding.opens}
    idle = [name for name, finding in RULES.findings.items() if finding.nature is not Nature.NOTE and name not in used]
    assert idle == []


def test_every_question_is_on_a_page() -> None:
    shown = {name for entry in RULES.presentations.values() for page in entry.pages for name in page.findings}
    shown |= {sign.finding for sign in RULES.signs} | set(CHECKS.values())
    shown |= {name for name, finding in RULES.findings.items() if finding.settles}
    asked = {
        name for name, finding in RULES.findings.items() if finding.nature is not Nature.NOTE and not finding.former
    }
    assert asked == shown


def test_no_page_asks_more_than_ten_things() -> None:
    with at_least(170) as case:
        for entry in RULES.presentations.values():
            for page in entry.pages:
                with case(page.id):
                    toggles = sum(max(1, len(RULES.findings[name].options)) for name in page.findings)
                    assert toggles <= 10


Way = tuple[dict[str, Answer], frozenset[str] | None, frozenset[str] | None]
"""Answers, age bands and complaints that meet a condition; None where it does not care."""


def ways(condition: Condition) -> list[Way]:
    """Every way to meet a condition: each of its alternatives, with each value that a question may have for it."""
    match condition:
        case Is(finding, values):
            return [({finding: value}, None, None) for value in sorted(values, key=str)]
        case AtLeast(finding, number):
            return [({finding: number}, None, None)]
        case NotReassured(names):
            return [(dict.fromkeys(names, False), None, None)]
        case AgeIn(bands):
            return [({}, bands, None)]
        case Complaint(presentations):
            return [({}, None, presentations)]
        case AnyOf(parts):
            return [way for part in parts for way in ways(part)]
        case All(parts):
            return [together(chosen) for chosen in product(*map(ways, parts))]
    raise AssertionError(condition)


def together(chosen: Iterable[Way]) -> Way:
    answers: dict[str, Answer] = {}
    ages: frozenset[str] | None = None
    complaints: frozenset[str] | None = None
    for met, its_ages, its_complaints in chosen:
        answers |= met
        ages, complaints = its_ages or ages, its_complaints or complaints
    return answers, ages, complaints


def meet(condition: Condition) -> Way:
    """The first way."""
    return ways(condition)[0]


def test_every_alternative_of_a_rule_can_be_answered() -> None:
    """No alternative asks an age for what that age is not asked, or a complaint for what none of its pages asks."""
    first = {sign.finding for sign in RULES.signs} | set(CHECKS.values())
    # What a report from before may say, and no page asks any more (tests/triage/test_former.py).
    first |= {name for name, finding in RULES.findings.items() if finding.settles or finding.former}
    with at_least(700) as case:
        for rule in RULES.rules:
            for answers, ages, complaints in ways(rule.when):
                with case(f"{rule.id} {answers}"):
                    asked = [RULES.findings[name].ages for name in answers if RULES.findings[name].ages]
                    assert frozenset.intersection(ages or RULES.known_ages, *asked), (rule.id, answers)
                    for complaint in complaints or ({rule.presentation} - set(ALWAYS)):
                        pages = {name for page in RULES.presentations[complaint].pages for name in page.findings}
                        assert set(answers) <= pages | first, (rule.id, complaint)


def bases(rule: Rule, complaint: str) -> list[dict[str, Answer]]:
    """What else is true: for a modifier also something that gives each level that it raises."""
    if not rule.raises:
        return [{}]
    others = RULES.presentations[complaint].rules
    return [{}, *(meet(other.when)[0] for other in others if other.level in rule.raises and not other.raises)]


def reassurances(complaint: str) -> dict[str, Answer]:
    """A yes to everything reassuring that this complaint asks."""
    return {
        name: True
        for name, finding in RULES.findings.items()
        if finding.presentation == complaint and finding.nature is Nature.REASSURING
    }


def settled(answers: dict[str, Answer]) -> dict[str, Answer]:
    """A yes to every question that is asked below a danger sign's advice before the one that the rule looks at."""
    signs = {RULES.findings[name].settles for name in answers} - {""}
    return {name: True for name, finding in RULES.findings.items() if finding.settles in signs}


@pytest.mark.parametrize("rule", RULES.rules[:-1], ids=lambda rule: rule.id)
def test_every_rule_is_reached_by_taps(rule: Rule) -> None:
    answers, ages, complaints = meet(rule.when)
    own = [rule.presentation] if rule.presentation not in ALWAYS else []
    wanted = sorted(complaints or own or set(RULES.presentations) - set(ALWAYS))
    age = sorted(ages or {"16-64-years"})[0]
    checks = [name for name in CHECKS.values() if name in answers]
    for name, finding in RULES.findings.items():
        if name in answers and finding.ages and not ages:
            age = sorted(finding.ages)[0]
    for complaint in wanted:
        part = place_of(RULES, complaint)
        for base, calm in product(bases(rule, complaint), ({}, reassurances(complaint))):
            truth = {"responds": True, **settled(answers), **calm, **base, **answers}
            interview, _ = play(SERVICE, truth, age=age, part=part, look_first=bool(checks))
            if rule.id in {reason.rule for reason in SERVICE.conclude(interview).reasons}:
                return
    pytest.fail("no interview ends with this rule among its reasons")


DANGERS = [
    (rule, name)
    for rule in RULES.rules
    if not rule.raises and not rule.otherwise
    for name in rule.findings
    if RULES.findings[name].nature is Nature.DANGER
]


@pytest.mark.parametrize(("rule", "name"), DANGERS, ids=[f"{rule.id}:{name}" for rule, name in DANGERS])
def test_cannot_tell_about_a_danger_is_never_self_care(rule: Rule, name: str) -> None:
    """Level 2 for what may mean level 1 or 2, level 3 for the rest, unless the rule says with a reason how far."""
    answers, ages, complaints = meet(rule.when)
    own = [rule.presentation] if rule.presentation not in ALWAYS else []
    age = sorted(ages or RULES.findings[name].ages or {"16-64-years"})[0]
    parts = rule.when.parts if isinstance(rule.when, All) else ()
    needed = {finding for part in parts if not isinstance(part, AnyOf) for finding in part.findings()}
    given = {other: value for other, value in answers.items() if name in answers or other in needed}
    found = level_of(RULES, Interview(age, tuple(sorted(complaints or own)), {**given, name: None}))
    assert found <= max(Level.HOSPITAL, rule.level, rule.unsure, RULES.findings[name].unsure)
    assert found <= Level.CLINICIAN


def test_without_a_complaint_the_fallback_speaks() -> None:
    found = SERVICE.conclude(read(SERVICE, [("sign", "none"), ("age", "16-64-years")]))
    assert [reason.rule for reason in found.reasons] == [RULES.fallback.id]
    assert found.level is Level.CLINICIAN
