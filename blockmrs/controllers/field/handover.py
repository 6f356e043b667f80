"""What a crew is shown before anything is saved: the answers with their times and the advice, in hand-over order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from blockmrs.controllers.field.views import ResultView, result_view
from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.rules import ALWAYS, UNKNOWN_AGE

if TYPE_CHECKING:
    from blockmrs.controllers.field.journey import Journey
    from blockmrs.domain.triage.engine import Interview
    from blockmrs.services.advice.in_reports import AnswerTimes
    from blockmrs.services.advice.interviews import AnswerInWords, TriageService


@dataclass(frozen=True, slots=True)
class TimedSign:
    """One sign, and when it was reported; `at` is None if no believable time came with it."""

    finding: str
    label: str
    answer: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class HandoverView:
    """The page for the crew. `age` is empty if nobody knows it."""

    result: ResultView
    age: str
    places: tuple[str, ...]
    signs: tuple[TimedSign, ...]
    shown_at: datetime


def handover_view(triage: TriageService, interview: Interview, journey: Journey, now: datetime) -> HandoverView:
    """The view of the page, taken entirely from the form that asked for it."""
    rules, result = triage.rules, result_view(triage, interview, journey, now)
    ages = {band.id: band.label for band in rules.age_bands if band.id != UNKNOWN_AGE}
    return HandoverView(
        result=result,
        age=ages.get(interview.age_band or "", ""),
        places=tuple(rules.presentations[name].title for name in interview.presentations if name not in ALWAYS),
        signs=timed(result.seen, journey.times(now)),
        shown_at=now,
    )


def timed(seen: Iterable[AnswerInWords], times: AnswerTimes) -> tuple[TimedSign, ...]:
    """The signs in the order in which they were reported; those of unknown time first."""
    signs = [TimedSign(row.finding, row.label, row.answer, times.findings.get(row.finding)) for row in seen]
    return tuple(sorted(signs, key=lambda sign: sign.at.timestamp() if sign.at else 0))
