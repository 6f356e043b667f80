"""How something changed over time, one measure per page: as a sentence, a chart and a table, on paper too.

GET /record/trends                      to the measure that there is
GET /record/trends/<measure>            of everybody whose record one keeps, each injury by itself
GET /record/trends/<measure>/<report>   of one injury, for everybody who may read its report

The only measure so far is how many symptoms there are after a head injury.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tg import TGController, expose, redirect

from blockmrs.controllers.followup.followup import FollowUpView, report_page, view_of
from blockmrs.controllers.web.context import PAGE, require_actor, show
from blockmrs.errors import NotFound

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services

HEAD_SYMPTOMS = "head-symptoms"


@dataclass(frozen=True, slots=True)
class ShownTrend:
    """One injury on the page. `check_page` is where a check is made; empty for those who may not make one."""

    after: FollowUpView
    address: str
    check_page: str


class TrendsController(TGController):
    """The measures."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> None:
        """Go on to the only measure."""
        require_actor()
        redirect(f"/record/trends/{HEAD_SYMPTOMS}")

    @expose()
    def _lookup(self, measure: str, *rest: str) -> tuple[MeasureController, tuple[str, ...]]:
        return MeasureController(self._services, measure), rest


class MeasureController(TGController):
    """One measure."""

    def __init__(self, services: Services, measure: str) -> None:
        super().__init__()
        self._services = services
        self._measure = measure

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """Every head injury in the last year of this account's people, newest first."""
        actor, follow_ups = require_actor(), self._services.followups
        check_measure(self._measure)
        trends: list[ShownTrend] = []
        gaps: list[str] = []
        for address, follow in follow_ups.about_mine(actor, gaps):
            after = view_of(follow, follow_ups.rules)
            if after is not None:
                trends.append(ShownTrend(after, address, report_page(address)))
        if trends:
            self._services.who_looked.note_record(actor, self._services.people.of(actor, gaps))
        return show("record.trends", trends=trends, back="/record", one=False, lost=bool(gaps))

    @expose()
    def _lookup(self, address: str, *rest: str) -> tuple[OneTrendController, tuple[str, ...]]:
        return OneTrendController(self._services, self._measure, address), rest


class OneTrendController(TGController):
    """The measure after one injury."""

    def __init__(self, services: Services, measure: str, address: str) -> None:
        super().__init__()
        self._services = services
        self._measure = measure
        self._address = address

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """For whoever wrote the report, the family, and a clinician who has opened a share."""
        actor, follow_ups = require_actor(), self._services.followups
        check_measure(self._measure)
        after = view_of(follow_ups.of(actor, self._address), follow_ups.rules)
        own = self._services.sharing.is_author_or_family(actor, self._address)
        if after is None:
            self._refuse(actor, own)
        assert after is not None, "what is not there was refused"  # noqa: S101 - tells the type checker what _refuse did
        if own:
            self._services.who_looked.note_report(actor, self._address)
        page = report_page(self._address) if own else f"/inbox/{self._address}"
        trends = [ShownTrend(after, self._address, page if own else "")]
        return show("record.trends", trends=trends, back=page, one=True, lost=False)

    def _refuse(self, actor: Actor, own: bool) -> None:
        """A shared report that has not been opened shows its cover, which says what opening means; else NotFound."""
        if not own and self._services.sharing.open_shared(actor, self._address) is None:
            redirect(f"/inbox/{self._address}")
        raise NotFound("nothing is counted after this report")


def check_measure(name: str) -> None:
    """Return if there is such a measure; else NotFound."""
    if name != HEAD_SYMPTOMS:
        raise NotFound("no such measure")
