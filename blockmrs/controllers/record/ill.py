"""`/record/ill`: "I feel ill", for oneself or somebody one acts for.

The record's facts are shown first, each as an answer to keep or to take back. Then come the questions of `/field`
on its own pages; they carry whose record it is for, and "Save to my record" leads to controllers/report/report.py.

GET  /record/ill              one's own facts; straight to the danger signs where none are known
POST /record/ill              the danger signs, with what was kept already answered
     /record/ill/<person>     the same for somebody one acts for
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date
from typing import TYPE_CHECKING, TypeAlias

import tg
from tg import TGController, expose
from tg.i18n import ugettext as _

from blockmrs.controllers.field.journey import Journey
from blockmrs.controllers.field.views import ill_address
from blockmrs.controllers.field.wire import FOR_RECORD, FROM_RECORD, REPORT_PREFIX
from blockmrs.controllers.record.facts import facts_address
from blockmrs.controllers.record.facts_forms import ASKED, BIRTH_DATE, LABELS, in_words
from blockmrs.controllers.site.times import local
from blockmrs.controllers.web.context import BOTH, posted_form, repeatable, require_actor, show
from blockmrs.domain.facts import ALLERGIES, HealthFacts
from blockmrs.errors import N_, BlockMRSError
from blockmrs.services.people.persons import ME, Person

if TYPE_CHECKING:
    from blockmrs.domain.triage.engine import Interview
    from blockmrs.services.container import Services

PICK = "use"
Begin: TypeAlias = "Callable[[Interview, Journey], str]"
"""Shows the questions of /field for an interview in which something is answered."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One fact of the record: in words, and the answers that follow from it."""

    fact: str
    words: str
    answers: tuple[str, ...]


class PersonIllController(TGController):
    """The first page for the person with that handle; made for one request, except for oneself."""

    def __init__(self, services: Services, begin: Begin, handle: str) -> None:
        super().__init__()
        self._services = services
        self._questions = begin
        self._handle = handle

    @expose(allowed_methods=BOTH)
    @repeatable
    def index(self, **_ignored: object) -> str:
        """What the record says; then the danger signs."""
        person = self._services.people.find(require_actor(), self._handle)
        facts = self._facts(person)
        proposals = self._proposals(facts or HealthFacts())
        if tg.request.method == "POST":
            chosen = posted_form().several(PICK)
            if set(chosen) <= {proposal.fact for proposal in proposals}:
                return self._begin(person, facts or HealthFacts(), chosen)
            return self._page(person, proposals, {PICK: N_("Your record has changed. Look at it again")})
        if facts is not None and not proposals:
            return self._begin(person, facts, [])
        return self._page(person, proposals, {}, unreadable=facts is None)

    def _begin(self, person: Person, facts: HealthFacts, chosen: list[str]) -> str:
        let_stand = only(facts, chosen)
        name = () if person.is_me else ((REPORT_PREFIX + "name", person.label),)
        report_pairs = ((FOR_RECORD, person.handle), *name, *((FROM_RECORD, fact) for fact in dict.fromkeys(chosen)))
        started = int(self._services.facts.now().astimezone(UTC).timestamp())
        return self._questions(self._propose(let_stand), Journey(started, report_pairs=report_pairs))

    def _page(
        self, person: Person, proposals: list[Proposal], errors: dict[str, str], *, unreadable: bool = False
    ) -> str:
        on_record = {proposal.fact for proposal in proposals}
        silent = [_(LABELS[fact]) for fact in (ALLERGIES, BIRTH_DATE, *ASKED) if fact not in on_record]
        return show(
            "record.ill",
            errors=errors,
            person=person,
            acting_for="" if person.is_me else person.label,
            page=ill_address(person.handle),
            facts_page=facts_address(person.handle),
            proposals=proposals,
            silent=[] if unreadable else silent,
            unreadable=unreadable,
        )

    def _facts(self, person: Person) -> HealthFacts | None:
        """The newest facts; None if they cannot be read, or may not be the newest: advice never waits for them."""
        try:
            saved = self._services.facts.newest(person)
            return saved.facts if saved.is_whole else None
        except BlockMRSError:
            return None

    def _proposals(self, facts: HealthFacts) -> list[Proposal]:
        triage = self._services.triage.for_oneself if self._handle == ME else self._services.triage
        rules, rows = triage.rules, []
        for fact, label, value in in_words(facts, self._today()):
            interview = self._propose(only(facts, [fact]))
            answers = [
                _("%(question)s %(answer)s") % {"question": _(row.question), "answer": _(row.answer)}
                for row in triage.answers_in_words(interview, all_answers=True)
            ]
            answers += [_(band.label) for band in rules.age_bands if band.id == interview.age_band]
            rows.append(Proposal(fact, _("%(fact)s: %(told)s") % {"fact": label, "told": value}, tuple(answers)))
        return rows

    def _propose(self, facts: HealthFacts) -> Interview:
        return self._services.triage.from_record(facts, self._today())

    def _today(self) -> date:
        return local(self._services.facts.now()).date()


class IllController(PersonIllController):
    """The first page for oneself, and below it for those one acts for."""

    def __init__(self, services: Services, begin: Begin) -> None:
        super().__init__(services, begin, ME)

    @expose()
    def _lookup(self, handle: str, *rest: str) -> tuple[PersonIllController, tuple[str, ...]]:
        """The page of somebody one acts for."""
        return PersonIllController(self._services, self._questions, handle), rest


def only(facts: HealthFacts, chosen: list[str]) -> HealthFacts:
    """Those of the facts that were chosen."""
    return HealthFacts(
        facts.birth_date if BIRTH_DATE in chosen else None,
        {name: value for name, value in facts.choices.items() if name in chosen},
        facts.allergies if ALLERGIES in chosen else (),
        facts.no_allergies and ALLERGIES in chosen,
    )
