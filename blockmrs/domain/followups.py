"""The days after a head injury: when a symptom check is due, and what one contains.

Checks are planned for days 1, 3 and 7, and may be made on any other day too. Days are numbered by the calendar, where
the injury happened: its own day is day 0.
"""

from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from blockmrs.domain.reports import FIELD, Advice, Report, ReportedFinding
from blockmrs.domain.triage.answers import parse_answer
from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.rules import Finding, Kind, Nature, RuleSet
from blockmrs.errors import InvalidInput

HEAD = "head"
HEAD_CHECK = "head-check"
SIGNS_PAGE, SYMPTOMS_PAGE, WORSE_PAGE = "check-signs", "check-symptoms", "check-worse"
WORSE = "getting-worse"
PLANNED_DAYS = (1, 3, 7)
LAST_DAY = 13
"""After this day, a planned check that was not made is no longer asked for."""
_HEAD_FACTS = "HEAD-"
_WEIGHT = {"a-lot": 2, "a-little": 1}


@dataclass(frozen=True, slots=True)
class SymptomCheck:
    """One check, as it was made. `day` counts from the injury; `report` is the update id (32 bytes) of the report.

    `signs` are the danger signs and whether it got worse, `symptoms` the rest: each answer is `yes`, `no`, `unsure`,
    a number, or the value of a choice.
    """

    report: bytes
    day: int
    made_at: datetime
    made_by: str
    signs: tuple[ReportedFinding, ...]
    symptoms: tuple[ReportedFinding, ...]
    advice: Advice

    @property
    def noted(self) -> int:
        """How many symptoms are present, a little or a lot."""
        return sum(symptom.answer in _WEIGHT for symptom in self.symptoms)

    @property
    def strong(self) -> int:
        """How many of them are present a lot."""
        return sum(symptom.answer == "a-lot" for symptom in self.symptoms)

    @property
    def planned_day(self) -> int | None:
        """The planned day that this check counts for; None if it was made outside the plan."""
        return planned_for(self.day)

    @property
    def is_late(self) -> bool:
        """Whether it was made after the day that it counts for."""
        return self.planned_day is not None and self.day > self.planned_day

    @property
    def worse(self) -> bool:
        """Whether somebody said, or the answers show, that it is worse than before."""
        return any(sign.finding == WORSE and sign.answer == "yes" for sign in self.signs)


@dataclass(frozen=True, slots=True)
class Due:
    """A planned check that has not been made yet. `late`: its day has passed."""

    day: int
    late: bool


def day_number(injured_at: datetime, moment: datetime) -> int:
    """How many calendar days `moment` is after the injury, by the clocks where it happened.

    A report keeps the offset of its moments. The server may stand anywhere.
    """
    return (moment.astimezone(injured_at.tzinfo).date() - injured_at.date()).days


def planned_for(day: int) -> int | None:
    """The planned day for which a check on `day` counts; None before the first and after the last."""
    if not PLANNED_DAYS[0] <= day <= LAST_DAY:
        return None
    return max(planned for planned in PLANNED_DAYS if planned <= day)


def due_on(day: int, made_on: Iterable[int]) -> Due | None:
    """The check that is due on `day`, if none of those made on the days `made_on` counts as it."""
    planned = planned_for(day)
    if planned is None or planned in {planned_for(made) for made in made_on}:
        return None
    return Due(planned, late=day > planned)


def may_be_head_injury(report: Report, rules: RuleSet) -> bool:
    """Whether a knock to the head may be behind this report.

    Either its interview had the questions for a hurt head; or, if it was written at a field, it holds a finding that
    the evidence counts among the signs of a head injury (HEAD-*), such as not waking: level 1 ends the interview before
    anybody is asked where it hurts.
    """
    if was_asked_about_head(report, rules):
        return True
    signs = {
        name
        for presentation in rules.presentations.values()
        if presentation.id not in (HEAD, HEAD_CHECK)
        for rule in presentation.rules
        if any(fact.startswith(_HEAD_FACTS) for fact in rule.evidence)
        for name in rule.findings
    }
    return report.origin == FIELD and any(_is_sign(finding, rules, signs) for finding in report.findings)


def was_asked_about_head(report: Report, rules: RuleSet) -> bool:
    """Whether the interview of this report included the questions for a hurt head."""
    presentation = rules.presentations[HEAD]
    return any(
        ((known := rules.findings.get(finding.finding)) is not None and known.presentation == HEAD)
        or (finding.finding == "complaints" and finding.answer == presentation.title)
        for finding in report.findings
    )


def _is_sign(finding: ReportedFinding, rules: RuleSet, signs: Container[str]) -> bool:
    """Whether the answer is one of `signs`, or rules out what would settle one, such as that they answer."""
    rule_finding = rules.findings.get(finding.finding)
    if rule_finding is None or (rule_finding.id not in signs and rule_finding.settled_by not in signs):
        return False
    return finding.answer not in (
        ("yes",) if rule_finding.nature is Nature.REASSURING else ("no", str(rule_finding.none))
    )


def band_of(age: str, rules: RuleSet) -> str | None:
    """The age band that a report names in words; None means every band's rules."""
    return next((band.id for band in rules.age_bands if band.label == age), None)


def questions_on(rules: RuleSet, page: str, band: str | None) -> tuple[Finding, ...]:
    """The questions on one page of the check, for somebody of that age."""
    plan = next(plan for plan in rules.presentations[HEAD_CHECK].pages if plan.id == page)
    ages = frozenset([band]) & rules.known_ages or rules.known_ages
    findings = (rules.findings[name] for name in plan.findings)
    return tuple(finding for finding in findings if not finding.ages or finding.ages & ages)


def is_more(before: SymptomCheck, answers: Mapping[str, object]) -> bool:
    """Whether any symptom is stronger in `answers` than it was at the check before."""
    was = {symptom.finding: _WEIGHT.get(symptom.answer, 0) for symptom in before.symptoms if symptom.answer != "unsure"}
    return any(_WEIGHT.get(str(answers.get(name)), 0) > weight for name, weight in was.items())


def with_change(interview: Interview, before: SymptomCheck | None) -> Interview:
    """The interview of a check; it counts as worse if the answers are stronger than the last, whatever was said."""
    answers = dict(interview.answers)
    if before is not None and is_more(before, answers):
        answers[WORSE] = True
    return Interview(interview.age_band, (HEAD_CHECK,), answers)


def answers_on(rules: RuleSet, page: str, interview: Interview) -> tuple[ReportedFinding, ...]:
    """What was answered on one page, in the page's order, each with its question."""
    return tuple(
        ReportedFinding(finding.id, finding.ask, _in_text(finding, interview.answers[finding.id]))
        for finding in questions_on(rules, page, interview.age_band)
        if finding.id in interview.answers
    )


def answers_of(check: SymptomCheck, rules: RuleSet, band: str | None) -> Interview:
    """The answers of a saved check. What the rules no longer ask, or no longer allow, counts as not asked."""
    answers: dict[str, Answer] = {}
    for reported in (*check.signs, *check.symptoms):
        finding = rules.findings.get(reported.finding)
        with suppress(InvalidInput):
            if finding is not None:
                answers[finding.id] = parse_answer(finding, reported.answer)
    return Interview(band, (HEAD_CHECK,), answers)


def _in_text(finding: Finding, value: object) -> str:
    if value is None:
        return "unsure"
    if finding.kind is Kind.YES_NO:
        return "yes" if value else "no"
    return str(value)
