"""What follows a stop: how far it is with locking anew what was shared, and the next part of it.

GET, POST /field/report/<id>/stopped   how far it is; the next part
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

import tg
from tg import expose, redirect

from blockmrs.controllers.followup.part import ReportPart
from blockmrs.controllers.web.context import BOTH, require_actor, show
from blockmrs.errors import Malformed, Unavailable, VerificationFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services
    from blockmrs.services.lines.mailbox import EntrustedKeys
    from blockmrs.services.stopping.sealing_anew import Progress

_CANNOT_TELL = (Unavailable, VerificationFailed, Malformed)
"""Something of it cannot be read now, which keeps nobody from the report."""


class StoppedController(ReportPart):
    """How far it is with the card that the report at `address` is about; made for one request."""

    @expose(allowed_methods=BOTH)
    def index(self, on: object = None, **_ignored: object) -> str:
        """Say how far it is, with a form that goes on; or go on. A script sends the form as long as it gets on."""
        actor = require_actor()
        page = f"/field/report/{quote(self._address, safe='')}"
        if tg.request.method == "POST":
            before = self._services.sealing_anew.progress(actor, self._address)
            after = self._services.sealing_anew.go_on(actor, self._address)
            gets_on = after.total - after.done < before.total - before.done
            redirect(f"{page}/stopped?on=1" if gets_on else f"{page}/stopped")
        progress = self._services.sealing_anew.progress(actor, self._address)
        shares = self._services.sharing.shares(actor, self._address)
        if not progress.total and not any(share.stopped for share in shares):
            redirect(page)
        opened = self._services.reports.open(actor, self._address)
        return show(
            "report.stopped", report_page=page, opened=opened, progress=progress, by_itself=on is not None
        )  # fmt: skip


def left_after_stops(services: Services, actor: Actor, address: str) -> Progress | None:
    """What is left to do after anything about that card was stopped; None if nothing is, or nobody can tell now."""
    with suppress(*_CANNOT_TELL):
        progress = services.sealing_anew.progress(actor, address)
        return None if progress.is_finished else progress
    return None


def go_on_at_once(services: Services, actor: Actor, address: str) -> bool:
    """Do the first part right after a stop, which stands whatever comes of this; whether there is nothing left."""
    with suppress(*_CANNOT_TELL):
        return services.sealing_anew.go_on(actor, address).is_finished
    return False


def go_on_about(services: Services, actor: Actor, cards: Sequence[EntrustedKeys]) -> None:
    """The same for the cards of somebody whom the actor acts for, after an end of what was given of them."""
    with suppress(*_CANNOT_TELL):
        services.sealing_anew.go_on_about(actor, cards)
