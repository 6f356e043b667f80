"""`/inbox/record`: records of which the actor's organisations get everything from now on.

GET  /inbox/record/<id>                what came of one of them
GET  /inbox/record/<id>/facts/<facts>  one version of its health facts; its cover, until a receipt was left
POST /inbox/record/<id>/open/<facts>   leaves the receipts
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from tg import TGController, expose, redirect

from blockmrs.controllers.record.facts_forms import in_words
from blockmrs.controllers.site.times import local
from blockmrs.controllers.web.context import PAGE, POST, require_actor, show

if TYPE_CHECKING:
    from blockmrs.services.container import Services


class StandingRecordsController(TGController):
    """Leads to one of them."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose()
    def _lookup(self, record: str, *rest: str) -> tuple[OneStandingRecord, tuple[str, ...]]:
        return OneStandingRecord(self._services, record), rest


class OneStandingRecord(TGController):
    """One of them; made for one request."""

    def __init__(self, services: Services, record: str) -> None:
        super().__init__()
        self._records = services.standing_records
        self._clock = services.facts.now
        self._record = record

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """What came."""
        return show("inbox.record", page=self._records.page(require_actor(), self._record), here=self._here)

    @expose(allowed_methods=PAGE)
    def facts(self, address: str = "", *_more: str, **_ignored: object) -> str:
        """One version of the health facts, once a receipt was left; before that, the way to leave it."""
        actor = require_actor()
        opened = self._records.open(actor, self._record, address)
        return show(
            "inbox.record_facts",
            record=self._records.page(actor, self._record).record,
            here=self._here,
            facts=address,
            opened=opened,
            rows=[] if opened is None else in_words(opened.facts, local(self._clock()).date()),
        )

    @expose(allowed_methods=POST)
    def open(self, address: str = "", *_more: str, **_ignored: object) -> None:
        """Leave the receipts; the content follows."""
        self._records.acknowledge(require_actor(), self._record, address)
        redirect(f"{self._here}/facts/{quote(address, safe='')}")

    @property
    def _here(self) -> str:
        return f"/inbox/record/{quote(self._record, safe='')}"
