"""What no page asks any more stays readable: a report from before is judged by it as on the day it was written."""

import pytest

from blockmrs.domain.triage.engine import Interview, assess, level_of
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.rules import Finding, Level
from tests.triage.test_cases import CASES, truth_of

RULES = load_rules()
FORMER = [finding for finding in RULES.findings.values() if finding.former]
ADULT = "16-64-years"


@pytest.mark.parametrize("finding", FORMER, ids=lambda finding: finding.id)
def test_nobody_is_asked_for_it(finding: Finding) -> None:
    assert finding.id not in assess(RULES, Interview(ADULT, (finding.presentation,))).unasked
    assert finding.id not in {
        name for entry in RULES.presentations.values() for page in entry.pages for name in page.findings
    }


@pytest.mark.parametrize("finding", FORMER, ids=lambda finding: finding.id)
def test_a_worked_case_says_what_it_still_comes_to(finding: Finding) -> None:
    assert [case for case in CASES if finding.id in truth_of(case)]


@pytest.mark.parametrize(
    ("complaint", "answer", "level"),
    [
        ("knee", "knee-cap", Level.HOSPITAL),
        ("knee", "knee-out", Level.AMBULANCE),
        ("knee", "knee-55", Level.CLINICIAN),
        ("other", "other-groin", Level.HOSPITAL),
        ("other", "other-back", Level.HOSPITAL),
        ("limb", "limb-open", Level.AMBULANCE),
        ("limb", "limb-heel", Level.HOSPITAL),
        ("limb", "limb-swollen", Level.CLINICIAN),
    ],
)
def test_a_report_from_before_comes_to_the_level_that_it_had(complaint: str, answer: str, level: Level) -> None:
    assert level_of(RULES, Interview(ADULT, (complaint,), {answer: True})) is level
