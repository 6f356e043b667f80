"""What an update says that came as part of a record: a report, health facts, or a symptom check."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Content
from blockmrs.errors import NotFound
from blockmrs.fhir.check import read_check
from blockmrs.fhir.facts import read_facts
from blockmrs.fhir.report import read_report

if TYPE_CHECKING:
    from datetime import datetime

    from blockmrs.domain.facts import HealthFacts
    from blockmrs.domain.followups import SymptomCheck
    from blockmrs.domain.records import Update
    from blockmrs.domain.reports import Report


@dataclass(frozen=True, slots=True)
class OpenedUpdate:
    """What one update of it says: a report, health facts with who stated them, or a symptom check."""

    kind: str
    created: datetime
    report: Report | None = None
    facts: HealthFacts | None = None
    author: str = ""
    check: SymptomCheck | None = None


def opened_update(update: Update) -> OpenedUpdate:
    """What an update says; NotFound for a kind that cannot be given so."""
    opened = OpenedUpdate(update.kind, update.created)
    match update.kind:
        case Content.REPORT:
            return replace(opened, report=read_report(update.body))
        case Content.FACTS:
            facts, author, _ = read_facts(update.body)
            return replace(opened, facts=facts, author=author)
        case Content.CHECK:
            return replace(opened, check=read_check(update.body))
    raise NotFound("nobody gives an update of this kind so")
