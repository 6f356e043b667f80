"""`/record/reports`: every report about oneself, or about somebody one acts for, newest first, 20 a page.

GET  /record/reports             about oneself
     /record/reports/<person>    about somebody one acts for; <person> means nothing to anybody else
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tg import TGController, expose

from blockmrs.controllers.web.context import PAGE, parse_place, require_actor, show
from blockmrs.services.people.persons import ME

if TYPE_CHECKING:
    from blockmrs.services.container import Services
    from blockmrs.services.lines.contents import ListPlace


class PersonReportsController(TGController):
    """The reports about the person with that handle; made for one request, except for oneself."""

    def __init__(self, services: Services, handle: str) -> None:
        super().__init__()
        self._services = services
        self._handle = handle

    @expose(allowed_methods=PAGE)
    def index(self, before: object = None, **_ignored: object) -> str:
        """One page of them; `before` says which."""
        actor = require_actor()
        person = self._services.people.find(actor, self._handle)
        reports, older = self._services.reports.page_about(person, parse_place(before))
        self._services.who_looked.note_record(actor, [person])
        return show(
            "record.reports",
            errors={},
            person=person,
            acting_for="" if person.is_me else person.label,
            reports=reports,
            is_whole=self._services.reports.is_whole([person]),
            older=reports_address(self._handle, older) if older else "",
            newest="" if before is None else reports_address(self._handle),
        )


class ReportsAboutController(PersonReportsController):
    """The reports about oneself, and below them those about people one acts for."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, ME)

    @expose()
    def _lookup(self, handle: str, *rest: str) -> tuple[PersonReportsController, tuple[str, ...]]:
        """The pages of somebody one acts for."""
        return PersonReportsController(self._services, handle), rest


def reports_address(handle: str, before: ListPlace | None = None) -> str:
    """The address of the reports about the person with that handle: those before a place in them, or the newest."""
    page = "/record/reports" if handle == ME else f"/record/reports/{handle}"
    return page if before is None else f"{page}?before={before}"
