"""What a report keeps of the engine's assessment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from blockmrs.domain.concerns import COMPLAINTS
from blockmrs.domain.reports import OF_RECORD, Advice, ReportedFinding, ReportedLook
from blockmrs.domain.triage.answers import format_answer
from blockmrs.domain.triage.course import ASKED
from blockmrs.domain.triage.rules import ALWAYS, Level, RuleSet
from blockmrs.errors import Message

if TYPE_CHECKING:
    from blockmrs.domain.reports import Report
    from blockmrs.domain.triage.engine import Assessment, Interview
    from blockmrs.services.advice.interviews import AnswerInWords


CAREFUL = Message("Some answers were “Not sure”. This is the careful advice.")
_WHERE = Message("What is wrong")


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """When each answer was given; of what is absent no believable time is known.

    `place` is about where it hurts; `findings` has a time by finding, `looks` that of the last answer by number.
    """

    place: datetime | None = None
    findings: Mapping[str, datetime] = field(default_factory=dict)
    looks: Mapping[int, datetime] = field(default_factory=dict)

    def map(self, change: Callable[[datetime], datetime]) -> AnswerTimes:
        """The same moments, each as `change` writes it: with another offset, say."""
        return AnswerTimes(
            self.place and change(self.place),
            {finding: change(at) for finding, at in self.findings.items()},
            {number: change(at) for number, at in self.looks.items()},
        )


def reasons_of(assessment: Assessment) -> tuple[tuple[str, str], ...]:
    """(fact, sentence) of each rule that fired on what was seen, the deciding one first.

    A rule's sentence says what is the case. One that fired on a "can't tell" must not say it: if such a rule decided,
    `CAREFUL` takes its place; otherwise it is left out.
    """
    first, *others = assessment.reasons
    deciding = (first.fact, first.because if first.sure else str(CAREFUL))
    return (deciding, *((reason.fact, reason.because) for reason in others if reason.sure))


def advice_of(assessment: Assessment, words: Mapping[Level, str]) -> Advice:
    """The advice as it was given: level, its words, the reasons with their facts, the rules' version."""
    return Advice(
        level=int(assessment.level),
        words=words[assessment.level],
        reasons=reasons_of(assessment),
        rules_version=f"{assessment.version} ({assessment.date})",
        reviewed=assessment.reviewed,
    )


def findings_of(
    rows: Iterable[AnswerInWords], rules: RuleSet, interview: Interview, times: AnswerTimes | None = None
) -> tuple[ReportedFinding, ...]:
    """Where it hurts, then the answers given at the field, each with its question and its time.

    A complaint that nobody chose, since a danger sign alone opened it, stands in the report as that sign.
    """
    answer_times = times or AnswerTimes()
    unchosen = {*ALWAYS, *_opened_by_signs(rules, interview, answer_times)}
    places = dict.fromkeys(rules.presentations[name].title for name in interview.presentations if name not in unchosen)
    where = (ReportedFinding(COMPLAINTS, str(_WHERE), place, answer_times.place) for place in places)
    return (
        *where,
        *(
            ReportedFinding(entry.finding, entry.question, _answer(entry), answer_times.findings.get(entry.finding))
            for entry in rows
        ),
    )


def read_by_oneself(report: Report, rules: RuleSet) -> Report:
    """The report in the words for whoever wrote it about themselves, for their own eyes only.

    What they wrote, and what their record told, stays as it is; so does a text that these rules no longer have.
    """
    forms = rules.oneself
    findings = (
        finding
        if finding.finding.startswith(OF_RECORD)
        else replace(
            finding,
            question=forms.get(finding.question, finding.question),
            answer=forms.get(finding.answer, finding.answer),
        )
        for finding in report.findings
    )
    reasons = tuple((fact, forms.get(because, because)) for fact, because in report.advice.reasons)
    return replace(report, findings=tuple(findings), advice=replace(report.advice, reasons=reasons))


def looks_of(interview: Interview, times: AnswerTimes) -> tuple[ReportedLook, ...]:
    """Every complete look, with the time of its last answer."""
    looks = []
    for look in interview.course:
        if look.next_question is None:
            awake, breathing, pain = (look.answers[name] for name in ASKED)
            looks.append(
                ReportedLook(
                    at=times.looks.get(look.number),
                    awake=None if awake is None else bool(awake),
                    breathing=None if breathing is None else bool(breathing),
                    pain=pain if isinstance(pain, int) else None,
                )
            )
    return tuple(looks)


def _opened_by_signs(rules: RuleSet, interview: Interview, times: AnswerTimes) -> Iterable[str]:
    """The complaints that came with a danger sign's own tap: where it hurts was answered at no other moment."""
    for sign in rules.signs:
        if interview.answers.get(sign.id) is True and times.place == times.findings.get(sign.id):
            yield sign.presentation


def _answer(entry: AnswerInWords) -> str:
    if entry.value is None or isinstance(entry.value, bool):
        return format_answer(entry.value)
    return entry.answer
