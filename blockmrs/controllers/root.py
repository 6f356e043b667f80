"""The site map: which controller answers which address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tg import TGController, expose

from blockmrs.controllers.about.about import AboutController
from blockmrs.controllers.account.account import account_controllers
from blockmrs.controllers.crew.crew import CrewController
from blockmrs.controllers.field.field import FieldController
from blockmrs.controllers.inbox.inbox import InboxController, OrganisationController
from blockmrs.controllers.people.people import PeopleController
from blockmrs.controllers.record.log import LogController
from blockmrs.controllers.record.record import RecordController
from blockmrs.controllers.report.from_now_on import FromNowOnController
from blockmrs.controllers.report.phone import PhoneController
from blockmrs.controllers.report.record_received import SharedController
from blockmrs.controllers.report.record_share import ShareController
from blockmrs.controllers.report.report import ReportController, ReportListController
from blockmrs.controllers.report.standing_records import StandingRecordsController
from blockmrs.controllers.team.team import TeamController
from blockmrs.controllers.web.context import PAGE, current_actor, show
from blockmrs.controllers.web.health import HealthAnswers
from blockmrs.controllers.web.switch import LanguageController
from blockmrs.errors import BlockMRSError
from blockmrs.services.advice.document import AdviceDocument
from blockmrs.services.reminders import RemindersNow

if TYPE_CHECKING:
    from blockmrs.services.container import Services
    from blockmrs.services.followup.replies import ReplyNews
    from blockmrs.services.followup.symptom_checks import DueCheck
    from blockmrs.services.notices import NewReport, Notice
    from blockmrs.services.sharing.from_now_on import WaitingFor
    from blockmrs.services.sharing.right_news import RightNews


class RootController(TGController):
    """Hands each part of the site the services that it calls."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._health = HealthAnswers(services.health, services.clock_watch)
        self._notices = services.notices
        self._lost = services.lost
        self._follow_ups = services.followups
        self._from_now_on = services.from_now_on
        self._reminders = services.reminders
        self._clock = services.reports.now
        self.field = FieldController(services.triage, plans=services.plans, who_is_told=services.who_is_told)
        self.field.report = ReportController(services)
        self.field.reports = ReportListController(services)
        self.field.phone = PhoneController(services)
        self.team = TeamController(services)
        for name, controller in account_controllers(services).items():
            setattr(self, name, controller)
        self.inbox = InboxController(services)
        self.inbox.record = StandingRecordsController(services)
        self.organisation = OrganisationController(services)
        self.record = RecordController(services, self.field.begin)
        self.record.from_now_on = FromNowOnController(services)
        self.log = LogController(services)
        self.people = PeopleController(services)
        self.share = ShareController(services)
        self.shared = SharedController(services)
        self.r = CrewController(services.codes)
        self.about = AboutController(AdviceDocument())
        self.language = LanguageController()

    @expose("blockmrs.templates.home", allowed_methods=PAGE)
    def index(self, **_ignored: object) -> dict[str, Any]:
        """Two doors: somebody is hurt; my record. For somebody signed in: what needs their attention."""
        gaps: list[str] = []
        return {
            "errors": {},
            "notices": self._latest(gaps),
            "new": self._new(gaps),
            "replied": self._replied(gaps),
            "rights": self._rights(),
            "checks": self._due_checks(gaps),
            "waits": self._waits(gaps),
            "reminders": self._reminders_now(gaps),
            "gone": self._gone(gaps),
            "lost": bool(gaps),
            "now": self._clock(),
        }

    @expose(allowed_methods=PAGE)
    def help(self, **_ignored: object) -> str:
        """What this is, how to begin, and what to do without a signal or when locked out; the same for everybody."""
        return show("about.help")

    def _due_checks(self, gaps: list[str]) -> list[DueCheck] | None:
        """The waiting symptom checks; None if they cannot be read now."""
        try:
            actor = current_actor()
            return self._follow_ups.due(actor, gaps) if actor is not None else []
        except BlockMRSError:
            return None

    def _waits(self, gaps: list[str]) -> list[WaitingFor] | None:
        """What waits to be given from now on, and to whom; None if that cannot be read now."""
        try:
            actor = current_actor()
            return self._from_now_on.waiting(actor, gaps) if actor is not None else []
        except BlockMRSError:
            return None

    def _reminders_now(self, gaps: list[str]) -> RemindersNow | None:
        """What goes on around one's records; None if that cannot be read now."""
        try:
            actor = current_actor()
            return self._reminders.now(actor, gaps) if actor is not None else RemindersNow()
        except BlockMRSError:
            return None

    def _new(self, gaps: list[str]) -> list[NewReport] | None:
        """The reports that came and were not opened; None if they cannot be read now."""
        try:
            actor = current_actor()
            return self._notices.new_reports(actor, gaps) if actor is not None else []
        except BlockMRSError:
            return None

    def _replied(self, gaps: list[str]) -> list[ReplyNews] | None:
        """What clinicians replied; None if that cannot be read now."""
        try:
            actor = current_actor()
            return self._notices.replies(actor, gaps) if actor is not None else []
        except BlockMRSError:
            return None

    def _gone(self, gaps: list[str]) -> list[str] | None:
        """Whose record went to new keys that the actor was not given; None if that cannot be read now."""
        try:
            actor = current_actor()
            return self._lost.of(actor, gaps) if actor is not None else []
        except BlockMRSError:
            return None

    def _rights(self) -> list[RightNews] | None:
        """What has happened to rights; None if that cannot be read now."""
        try:
            actor = current_actor()
            return self._notices.about_rights(actor) if actor is not None else []
        except BlockMRSError:
            return None

    def _latest(self, gaps: list[str]) -> list[Notice] | None:
        """The notices; None if they cannot be read now: the doors have to open all the same."""
        try:
            actor = current_actor()
            return self._notices.latest(actor, gaps) if actor is not None else []
        except BlockMRSError:
            return None

    @expose(content_type="text/javascript", allowed_methods=PAGE)
    def sw_js(self) -> bytes:
        """`/sw.js`, the service worker: at the root, so that it may answer for every page."""
        return self.field.kept.worker()

    @expose("json", allowed_methods=PAGE)
    def healthz(self) -> dict[str, Any]:
        """Say that the process answers."""
        return self._health.alive()

    @expose("json", allowed_methods=PAGE)
    def readyz(self) -> dict[str, Any]:
        """Say whether reports can be saved and read."""
        return self._health.ready()
