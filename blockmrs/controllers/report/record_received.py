"""`/shared/<bundle>`: what somebody gave of their record to the actor's hospital, update by update.

GET  /shared/<bundle>            its cover; or what it holds, once a receipt was left
POST /shared/<bundle>/open       leaves the receipt
GET  /shared/<bundle>/<update>   one update
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from tg import TGController, expose, redirect

from blockmrs.controllers.followup.followup import answer_words
from blockmrs.controllers.record.facts_forms import in_words
from blockmrs.controllers.report.share_forms import ONE_WORDS
from blockmrs.controllers.site import times
from blockmrs.controllers.web.context import PAGE, POST, parse_place, require_actor, show

if TYPE_CHECKING:
    from blockmrs.services.container import Services


class SharedController(TGController):
    """What came."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose()
    def _lookup(self, address: str, *rest: str) -> tuple[OneSharedController, tuple[str, ...]]:
        return OneSharedController(self._services, address), rest


class OneSharedController(TGController):
    """One bundle; made for one request."""

    def __init__(self, services: Services, address: str) -> None:
        super().__init__()
        self._services = services
        self._received = services.received_records
        self._address = address

    @expose(allowed_methods=PAGE)
    def index(self, before: object = None, **_ignored: object) -> str:
        """The cover before the receipt, what it holds after it, twenty at a time."""
        actor, place = require_actor(), parse_place(before)
        record = self._received.cover(actor, self._address)
        return show(
            "share.received",
            here=self._page,
            record=record,
            opened=self._received.open(actor, self._address, place),
            newest=place is not None,
            words=ONE_WORDS,
        )

    @expose(allowed_methods=POST)
    def open(self, **_ignored: object) -> None:
        """Leave the receipt; what it holds follows."""
        self._received.acknowledge(require_actor(), self._address)
        redirect(self._page)

    @expose()
    def _lookup(self, update_id: str, *rest: str) -> tuple[OneUpdateController, tuple[str, ...]]:
        return OneUpdateController(self._services, self._address, update_id), rest

    @property
    def _page(self) -> str:
        return shared_address(self._address)


class OneUpdateController(TGController):
    """One update of a bundle; made for one request."""

    def __init__(self, services: Services, address: str, update_id: str) -> None:
        super().__init__()
        self._services = services
        self._address = address
        self._update_id = update_id

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """What it says."""
        services = self._services
        update = services.received_records.update(require_actor(), self._address, self._update_id)
        rows: list[tuple[str, str]] = []
        if update.facts is not None:
            today = times.local(services.reports.now()).date()
            rows = [(name, words) for _fact, name, words in in_words(update.facts, today)]
        return show(
            "share.update",
            here=shared_address(self._address),
            heading=ONE_WORDS[update.kind],
            update=update,
            rows=rows,
            answers=answer_words(services.followups.rules, update.check) if update.check is not None else [],
        )


def shared_address(address: str) -> str:
    """The address of a bundle that came."""
    return f"/shared/{quote(address, safe='')}"
