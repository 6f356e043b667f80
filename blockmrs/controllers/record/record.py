"""`/record`: oneself and the people one acts for, their health facts and reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tg import TGController, expose

from blockmrs.controllers.field.views import ill_address
from blockmrs.controllers.record.facts import FactsController, facts_address
from blockmrs.controllers.record.facts_forms import in_words
from blockmrs.controllers.record.ill import Begin, IllController
from blockmrs.controllers.record.reports_about import ReportsAboutController, reports_address
from blockmrs.controllers.record.trends import TrendsController
from blockmrs.controllers.site import times
from blockmrs.controllers.web.context import PAGE, require_actor
from blockmrs.errors import NOT_HERE, BlockMRSError

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services
    from blockmrs.services.followup.symptom_checks import DueCheck
    from blockmrs.services.people.persons import Person
    from blockmrs.services.reports.reports import SavedReport


@dataclass(frozen=True, slots=True)
class PersonOnPage:
    """One person on the page. `rows` or `reports` is None if that part cannot be read, which hides nothing else.

    `older` is the address of the reports before these, if there are any. `lost`: the facts should be here but are not.
    `is_whole` is False if something that was once there is gone.
    """

    person: Person
    address: str
    ill: str
    rows: list[tuple[str, str, str]] | None
    saved_at: datetime | None
    author: str
    reports: list[SavedReport] | None
    older: str = ""
    lost: bool = False
    is_whole: bool = True


class RecordController(TGController):
    """The family's page."""

    from_now_on: TGController

    def __init__(self, services: Services, begin: Begin) -> None:
        super().__init__()
        self._services = services
        self.facts = FactsController(services)
        self.ill = IllController(services, begin)
        self.trends = TrendsController(services)
        self.reports = ReportsAboutController(services)

    @expose("blockmrs.templates.record.index", allowed_methods=PAGE)
    def index(self, saved: object = None, **_ignored: object) -> dict[str, Any]:
        """Each person with their facts, then their newest reports."""
        actor = require_actor()
        gaps: list[str] = []
        people = self._services.people.of(actor, gaps)
        self._services.who_looked.note_record(actor, people)
        return {
            "errors": {},
            "checks": self._checks(actor),
            "lost": bool(gaps),
            "people": [self._on_page(person) for person in people],
            "joined": any(person.others or not person.is_me for person in people),
            "saved": saved is not None,
        }

    def _checks(self, actor: Actor) -> list[DueCheck] | None:
        """The symptom checks that are due for the people on this page; None if that cannot be told now."""
        try:
            return [entry for entry in self._services.followups.due(actor, []) if entry.about]
        except BlockMRSError:
            return None

    def _on_page(self, person: Person) -> PersonOnPage:
        rows, saved_at, author, lost = None, None, "", False
        try:
            saved = self._services.facts.newest(person)
            rows = in_words(saved.facts, times.local(self._services.facts.now()).date())
            saved_at, author = saved.saved_at, saved.author
        except BlockMRSError as error:
            lost = isinstance(error, NOT_HERE)  # The page says so.
        is_whole = True
        try:
            reports, older = self._services.reports.page_about(person)
            is_whole = self._services.reports.is_whole([person])
        except BlockMRSError:
            reports, older = None, None
        facts, ill = facts_address(person.handle), ill_address(person.handle)
        more = reports_address(person.handle, older) if older else ""
        return PersonOnPage(person, facts, ill, rows, saved_at, author, reports, more, lost, is_whole)
