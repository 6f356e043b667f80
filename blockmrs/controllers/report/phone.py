"""The page for the reports that wait on a phone.

GET /field/phone   the same for everybody: it holds nobody's data, and a service worker may keep it. What waits is known
                   to the browser alone, and goes to `/field/report/save` like any other form
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tg import TGController, expose
from tg.i18n import ugettext as _

from blockmrs.controllers.field.journey import Journey
from blockmrs.controllers.report.forms import MINUTES, NOT_CALLED, OTHER, TypedReport, ages_to_choose, choices_in_words
from blockmrs.controllers.web.context import PAGE, show

if TYPE_CHECKING:
    from blockmrs.services.container import Services


ZONE_PLACE = "{{zone}}"
"""Where a label names the time zone: the script puts that of the phone there."""


class PhoneController(TGController):
    """`/field/phone`."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """The empty pages for everything that can be done with a report without a signal."""
        triage = self._services.triage
        recent = [("0", _("Now")), *((text, _("%(minutes)s min ago") % {"minutes": text}) for text in MINUTES[1:])]
        recent.append((OTHER, _("Another time")))
        return show(
            "report.phone",
            typed=TypedReport(triage.start(), Journey(0), ()),
            ages=ages_to_choose(triage.rules),
            moments={
                "when": [("start", _("When you started")), *recent],
                "ambulance": [(NOT_CALLED, _("Not called")), *recent],
            },
            choices=choices_in_words(),
            zone=ZONE_PLACE,
        )
