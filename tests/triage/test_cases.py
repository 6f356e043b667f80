"""Worked cases from the evidence's own thresholds, judged at once and played through by taps."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.engine import Interview, assess
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import absence, next_page
from blockmrs.domain.triage.rules import ALWAYS, Level, Nature
from blockmrs.services.advice.interviews import TriageService
from tests.support.at_least import at_least
from tests.triage.interviews import place_of, play

FOLDER = Path(__file__).parent / "cases"
CASES: list[dict[str, Any]] = [
    case for file in sorted(FOLDER.glob("*.toml")) for case in tomllib.loads(file.read_text("utf-8"))["case"]
]
RULES = load_rules()
SERVICE = TriageService()


def truth_of(case: dict[str, Any]) -> dict[str, Answer]:
    named: dict[str, Answer] = dict(case.get("answers", {}))
    named |= dict.fromkeys(case.get("yes", []), True)
    named |= dict.fromkeys(case.get("no", []), False)
    return named | dict.fromkeys(case.get("unsure", []), None)


# A report from before may say what no page asks any more: it is judged (test_former.py), and nobody can tap it.
ASKED = [case for case in CASES if not any(RULES.findings[name].former for name in truth_of(case))]


def whole_interview(case: dict[str, Any]) -> Interview:
    complaints = tuple(case.get("complaints", []))
    asked = {
        name: absence(finding)
        for name, finding in RULES.findings.items()
        if finding.presentation in (*complaints, "life", "any") and finding.nature is Nature.DANGER
    }
    asked |= {
        name: False
        for name, finding in RULES.findings.items()
        if finding.presentation in complaints and finding.nature is Nature.REASSURING
    }
    return Interview(case.get("age"), complaints, asked | truth_of(case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_case_gets_its_level(case: dict[str, Any]) -> None:
    assert assess(RULES, whole_interview(case)).level.disposition == case["expected"]


@pytest.mark.parametrize("case", ASKED, ids=lambda case: case["name"])
def test_the_case_is_reached_by_taps(case: dict[str, Any]) -> None:
    complaints = case.get("complaints", ["other"])
    part = place_of(RULES, complaints[-1])
    taps, _ = play(
        SERVICE, truth_of(case), age=case.get("age", "unknown"), part=part, look_first=case.get("look_first", False)
    )
    assert SERVICE.conclude(taps).level.disposition == case["expected"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_case_names_findings_that_exist(case: dict[str, Any]) -> None:
    assert set(truth_of(case)) <= set(RULES.findings)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 200


def test_every_complaint_has_cases_above_and_below_its_thresholds() -> None:
    with at_least(44) as case:
        for name in set(RULES.presentations) - set(ALWAYS):
            with case(name):
                levels = {case["expected"] for case in CASES if case.get("complaints", ["other"])[-1] == name}
                assert len(levels) >= 2


def test_every_rule_of_a_complaint_is_met_by_a_case() -> None:
    met = {reason.rule for case in CASES for reason in assess(RULES, whole_interview(case)).reasons}
    assert [rule.id for rule in RULES.rules if rule.id not in met and rule is not RULES.fallback] == []


def test_no_case_comes_out_less_urgent_than_expected() -> None:
    """Stands apart from the test of each case: whatever else is changed, this one may never be."""
    with at_least(1100) as case:
        for one in CASES:
            with case(one["name"]):
                assert assess(RULES, whole_interview(one)).level.disposition in order_up_to(one["expected"])


def order_up_to(disposition: str) -> list[str]:
    order = [level.disposition for level in Level]
    return order[: order.index(disposition) + 1]


def test_a_reason_names_the_fact_of_its_case() -> None:
    """Where the level is not the calm one, the case's fact, or a doubt about it, stands among the reasons."""
    with at_least(1100) as case:
        for one in CASES:
            with case(one["name"]):
                found = assess(RULES, whole_interview(one))
                cited = {fact for reason in found.reasons for fact in reason.facts}
                assert one["fact"] in cited or one["fact"].startswith("UNK-")


def test_level_1_ends_the_interview() -> None:
    with at_least(300) as case:
        for one in CASES:
            interview = whole_interview(one)
            if assess(RULES, interview).level is Level.AMBULANCE:
                with case(one["name"]):
                    assert next_page(RULES, interview) is None
