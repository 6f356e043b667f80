"""`/record`: the reports about oneself and the people one acts for; `/log`: who looked at them."""

from typing import Any

from tg import TGController, expose

from blockmrs.controllers import times
from blockmrs.controllers.context import PAGE, require_actor
from blockmrs.controllers.inbox import level_words
from blockmrs.services.container import Services


class RecordController(TGController):
    """The family's page."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose("blockmrs.templates.record.index", allowed_methods=PAGE)
    def index(self, **_ignored: object) -> dict[str, Any]:
        """Each person with their reports, newest first."""
        actor = require_actor()
        people = self._services.reports.about(actor)
        checks = [entry for entry in self._services.followups.due(actor) if entry.about]
        words = level_words(self._services)
        return {"errors": {}, "people": people, "checks": checks, "level_words": words, "times": times}


class LogController(TGController):
    """Who looked."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose("blockmrs.templates.record.log", allowed_methods=PAGE)
    def index(self, **_ignored: object) -> dict[str, Any]:
        """Each opening as a sentence, newest first; and what a crew opened by code, while the code lasts."""
        actor = require_actor()
        looks, codes = [], []
        for held, reports in self._services.reports.about(actor):
            for report in reports:
                for share in self._services.sharing.shares(actor, report.address):
                    looks.extend((receipt, held.label, report, share) for receipt in share.receipts)
                code = self._services.codes.status(actor, report.address)
                if code is not None and code.first_opened is not None:
                    codes.append((code, held.label, report))
        looks.sort(key=lambda look: look[0].at, reverse=True)
        return {"errors": {}, "looks": looks, "codes": codes, "times": times}
