"""From the engine's assessment to what a report keeps of it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from blockmrs.domain.reports import Advice, ReportedFinding
from blockmrs.domain.triage.engine import Assessment
from blockmrs.domain.triage.rules import Level

if TYPE_CHECKING:
    from blockmrs.services.triage import Seen


def advice_of(assessment: Assessment, words: Mapping[Level, str]) -> Advice:
    """The advice as it was given: level, its words, the reasons with their facts, the rules' version."""
    return Advice(
        level=int(assessment.level),
        words=words[assessment.level],
        reasons=tuple((reason.fact, reason.because) for reason in assessment.reasons),
        rules_version=f"{assessment.version} ({assessment.date})",
        reviewed=assessment.reviewed,
    )


def findings_of(seen: "Iterable[Seen]") -> tuple[ReportedFinding, ...]:
    """The answers given at the field, each with its question."""
    return tuple(ReportedFinding(entry.finding, entry.question, _answer(entry)) for entry in seen)


def _answer(entry: "Seen") -> str:
    if entry.value is None:
        return "unsure"
    if isinstance(entry.value, bool):
        return "yes" if entry.value else "no"
    return entry.answer
