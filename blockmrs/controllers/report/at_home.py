"""A report that somebody writes for their own record, or for that of a person they act for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from blockmrs.controllers.field.wire import FOR_RECORD, FROM_RECORD
from blockmrs.controllers.record.facts_forms import ANSWERS, ASKED, BIRTH_DATE, LABELS
from blockmrs.domain.facts import ALLERGIES, HealthFacts
from blockmrs.domain.reports import OF_RECORD, ReportedFinding
from blockmrs.errors import N_, BlockMRSError, NotFound

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services
    from blockmrs.services.people.persons import Person

NONE_KNOWN = N_("None known")


@dataclass(frozen=True, slots=True)
class AtHome:
    """Whose record a report is for, and which of its facts they kept; `unread`: it could not be read."""

    person: Person
    findings: tuple[ReportedFinding, ...]
    unread: bool = False


class RecordForm(Protocol):
    """A report's form, as far as it says whose record it is for."""

    @property
    def ticked(self) -> Mapping[str, tuple[str, ...]]:
        """What was ticked, by field."""

    def value(self, name: str, default: str = "") -> str:
        """The content of a field."""


def at_home(services: Services, actor: Actor, typed: RecordForm) -> AtHome | None:
    """Whose record the form is for; None if it is not for one that the actor keeps.

    The facts are read afresh: the form says which ones, and never what they are.
    """
    handle = typed.value(FOR_RECORD)
    if not handle:
        return None
    try:
        person = services.people.find(actor, handle)
    except NotFound:
        return None
    chosen = typed.ticked.get(FROM_RECORD, ())
    try:
        saved = services.facts.newest(person)
        facts = saved.facts if saved.is_whole else HealthFacts()
    except BlockMRSError:
        return AtHome(person, (), unread=True)  # The page shows what will be saved, and says that they are not in it.
    return AtHome(person, tuple(told_by_record(facts, chosen)))


def told_by_record(facts: HealthFacts, chosen: Sequence[str]) -> list[ReportedFinding]:
    """The facts that were kept, as a report holds them: in English, which its page translates; days as ISO."""
    by_fact: dict[str, str] = {}
    if facts.allergies or facts.no_allergies:
        by_fact[ALLERGIES] = "; ".join(facts.allergies) or NONE_KNOWN
    if facts.birth_date is not None:
        by_fact[BIRTH_DATE] = facts.birth_date.isoformat()
    by_fact |= {name: ANSWERS[name, facts.choices[name]] for name in ASKED if name in facts.choices}
    return [ReportedFinding(OF_RECORD + fact, LABELS[fact], words) for fact, words in by_fact.items() if fact in chosen]
