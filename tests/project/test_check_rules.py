"""The rules of the days after are sourced, plain and our own, as those of the field are."""

from io import BytesIO
from pathlib import Path

import pytest

from blockmrs.domain.followups import HEAD_CHECK, with_change
from blockmrs.domain.triage.engine import assess
from blockmrs.domain.triage.loader import load_check_rules, load_rules
from blockmrs.domain.triage.messages import extract
from blockmrs.domain.triage.rules import Level, Sport
from tests.project.test_triage_rules import FACTS, STRENGTH
from tests.project.test_triage_words import CLINICAL, PUBLISHED, sentences
from tests.support.at_least import at_least
from tests.support.heads import answers

RULES = load_check_rules()
CHECK = RULES.presentations[HEAD_CHECK]
FILE = Path(__file__).parents[2] / "blockmrs" / "domain" / "triage" / "follow_up" / "head-check.toml"
SHOWN = [message for _, _, message, _ in extract(BytesIO(FILE.read_bytes()), [], [], {})]
# Just above and just below each threshold: the answers, the level, the fact that says so.
CASES = [
    ({}, "self_care", "HEAD-50"),
    ({"check_sleepy": True}, "ambulance", "HEAD-01"),
    ({"check_fit": True}, "ambulance", "HEAD-02"),
    ({"check_neck": True}, "ambulance", "HEAD-03"),
    ({"check_sight": True}, "ambulance", "HEAD-04"),
    ({"check_balance": True}, "ambulance", "HEAD-05"),
    ({"check_balance": True}, "ambulance", "HEAD-09"),
    ({"check_headache_grows": True}, "ambulance", "HEAD-06"),
    ({"check_confused": True}, "ambulance", "HEAD-07"),
    ({"check_vomits": 2}, "ambulance", "HEAD-08"),
    ({"check_vomits": 1}, "hospital", "HEAD-20"),
    ({"check_skull": True}, "ambulance", "HEAD-10"),
    ({"check_behaviour": True}, "hospital", "HEAD-25"),
    ({"very_worried": True}, "hospital", "UNI-03"),
    ({"check_headache": "a-lot"}, "hospital", "HEAD-22"),
    ({"check_headache": "a-little"}, "clinician", "HEAD-41"),
    ({"check_dizzy": "a-little"}, "clinician", "HEAD-41"),
    ({"check_dizzy": "a-lot"}, "clinician", "HEAD-43"),
    ({"check_dizzy": "a-little", "getting_worse": True}, "hospital", "UNI-02"),
    ({"getting_worse": True}, "hospital", "UNI-02"),
]


def found_for(given: dict[str, object], age: str = "13-15-years"):
    interview = answers(**given)
    return assess(RULES, with_change(type(interview)(age, (), interview.answers), None))


@pytest.mark.parametrize(("given", "expected", "fact"), CASES)
def test_the_case_gets_its_level_and_names_its_fact(given, expected: str, fact: str) -> None:
    found = found_for(given)
    assert found.level.disposition == expected
    assert fact in {name for reason in found.reasons for name in reason.facts}


def test_small_children_are_asked_more_and_a_baby_always_sees_a_doctor() -> None:
    assert found_for({"check_cries": True}, "1-year").level is Level.AMBULANCE
    assert found_for({}, "3-5-months").level is Level.CLINICIAN
    assert found_for({}, "1-year").level is Level.SELF_CARE


def test_every_rule_is_met_by_a_case() -> None:
    met = {reason.rule for given, _, _ in CASES for reason in found_for(given).reasons}
    met |= {reason.rule for reason in found_for({"check_cries": True}, "6-11-months").reasons}
    met |= {reason.rule for reason in found_for({}, "6-11-months").reasons}
    assert [rule.id for rule in CHECK.rules if rule.id not in met] == []


def test_every_cited_fact_is_in_the_evidence_and_no_rule_is_calmer_or_surer_than_its_facts() -> None:
    with at_least(15) as case:
        for rule in CHECK.rules:
            with case(rule.id):
                levels = [level for fact in rule.evidence for level in FACTS[fact]["levels"]]
                assert rule.level <= max(levels)
                assert rule.verified == max((FACTS[fact]["verified"] for fact in rule.evidence), key=STRENGTH.index)


def test_the_field_never_asks_them() -> None:
    assert HEAD_CHECK not in load_rules().presentations


def test_the_texts_are_short_plain_and_name_no_published_tool() -> None:
    assert [part for text in SHOWN for part in sentences(text) if len(part.split()) > 15] == []
    assert [text for text in SHOWN if PUBLISHED.search(text) or CLINICAL.search(text)] == []
    assert all(len(RULES.findings[name].label) <= 36 for page in CHECK.pages for name in page.findings)
    with at_least(4) as case:
        for advice in CHECK.advice.values():
            with case(advice.first_aid[0]):
                assert 3 <= len(advice.first_aid) <= 5
                assert [line for line in advice.first_aid if len(line.split()) > 9] == []
                assert all(line.startswith("Do not ") for line in advice.dont)


def test_whoever_hurt_the_head_is_out_until_a_doctor_clears_them() -> None:
    for name in ("head", "head-check"):
        for level in ("ambulance", "hospital", "clinician", "self_care"):
            advice = RULES.presentations[name].advice[level]
            assert advice.sport is Sport.OUT
            assert "A doctor must clear them in writing first." in advice.return_to_play
