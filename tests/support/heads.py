"""Reports of a head injury, and symptom checks after one, for the tests of the days after."""

import secrets
from dataclasses import replace
from datetime import datetime

from blockmrs.domain.followups import SIGNS_PAGE, SYMPTOMS_PAGE, WORSE, WORSE_PAGE, questions_on
from blockmrs.domain.reports import Report, ReportedFinding
from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.loader import load_check_rules
from blockmrs.domain.triage.pages import absence
from tests.support.world import report_at

RULES = load_check_rules()


def head_report(now: datetime, level: int = 3) -> Report:
    """A report whose interview had the questions for a hurt head."""
    findings = (
        ReportedFinding("complaints", "What is wrong", "Hurt head"),
        ReportedFinding(
            "head-feels-wrong", "Are they dizzy, sick, foggy, tired, or bothered by light or noise?", "yes"
        ),
    )
    return replace(report_at(now, level=level), findings=findings, age="13 to 15 years")


def form_fields(**changed: str) -> dict[str, str]:
    """The form of a check, filled in to say that nothing is there; `changed` names have _ for -."""
    calm = {f"a.{finding.id}": "none" for finding in questions_on(RULES, SYMPTOMS_PAGE, None)}
    given = {f"a.{name.replace('_', '-')}": value for name, value in changed.items()}
    return {"pick": "none", f"a.{WORSE}": "no", "check-draft": secrets.token_hex(16), **calm, **given}


def answers(**changed: object) -> Interview:
    """Answers that say that nothing is there; `changed` names have _ for - (check_sick="a-lot")."""
    calm = {
        finding.id: absence(finding)
        for page in (SIGNS_PAGE, SYMPTOMS_PAGE, WORSE_PAGE)
        for finding in questions_on(RULES, page, None)
    }
    return Interview(None, (), calm | {name.replace("_", "-"): value for name, value in changed.items()})
