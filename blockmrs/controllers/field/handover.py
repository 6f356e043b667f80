"""What a crew is shown before anything is saved: the answers with their times and the advice, in hand-over order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from blockmrs.controllers.field.views import ResultView, TimedSign, result_view, timed
from blockmrs.domain.triage.rules import ALWAYS, UNKNOWN_AGE

if TYPE_CHECKING:
    from blockmrs.controllers.field.journey import Journey
    from blockmrs.domain.triage.engine import Interview
    from blockmrs.services.advice.interviews import TriageService


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
        signs=timed(result.answers, journey.times(now)),
        shown_at=now,
    )
