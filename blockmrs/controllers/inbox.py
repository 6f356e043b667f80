"""`/inbox`: what was shared with the organisations of whoever is signed in, and `/organisation`: their colleagues.

GET  /inbox                     the list, most urgent first
GET  /inbox/<report>            its cover; or its content, once a receipt was left
POST /inbox/<report>/open       leaves the receipts
     /inbox/<report>/clearance  a written clearance for sport: controllers/clearance.py
GET  /organisation              the actor's organisations
     /organisation/<id>         its members: controllers/members.py
POST /organisation/<id>/invite  a code for a colleague, shown once
"""

from typing import Any

from tg import TGController, expose, redirect

from blockmrs.controllers import times
from blockmrs.controllers.clearance import CLEARED_WORDS, ClearanceController
from blockmrs.controllers.context import PAGE, POST, require_actor
from blockmrs.controllers.followup import FollowUpView, view_of
from blockmrs.controllers.http_errors import N_
from blockmrs.controllers.members import MembersPages
from blockmrs.domain.triage.rules import Level
from blockmrs.services.actor import Actor
from blockmrs.services.container import Services


class InboxController(TGController):
    """The clinician's pages."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose("blockmrs.templates.inbox.list", allowed_methods=PAGE)
    def index(self, **_ignored: object) -> dict[str, Any]:
        """Everything shared with the actor's organisations."""
        actor = require_actor()
        lost: list[str] = []
        organisations = [held.label for held in self._services.organisations.memberships(actor, lost)]
        items = self._services.sharing.inbox(actor, lost) if organisations else []
        return {
            "errors": {},
            "lost": bool(lost),
            "organisations": organisations,
            "active": [item for item in items if item.active],
            "ended": [item for item in items if not item.active],
            "level_words": level_words(self._services),
            "times": times,
        }

    @expose()
    def _lookup(self, address: str, *rest: str) -> tuple["SharedReport", tuple[str, ...]]:
        return SharedReport(self._services, address), rest


class SharedReport(TGController):
    """One shared report."""

    def __init__(self, services: Services, address: str) -> None:
        super().__init__()
        self._services = services
        self._address = address
        self.clearance = ClearanceController(services, address)

    @expose("blockmrs.templates.inbox.report", allowed_methods=PAGE)
    def index(self, **_ignored: object) -> dict[str, Any]:
        """The cover before the receipt, the content after it."""
        actor = require_actor()
        item = self._services.sharing.cover(actor, self._address)
        opened = self._services.sharing.open_shared(actor, self._address)
        return {
            "errors": {},
            "item": item,
            "opened": opened,
            "sport": None if opened is None else self._services.clearances.of(actor, self._address),
            "cleared_words": CLEARED_WORDS,
            "after": None if opened is None else self._follow_up(actor),
            "level_words": level_words(self._services),
            "times": times,
        }

    def _follow_up(self, actor: Actor) -> FollowUpView | None:
        """The symptom checks that follow a head injury."""
        follow_ups = self._services.followups
        return view_of(follow_ups.of(actor, self._address), follow_ups.rules)

    @expose(allowed_methods=POST)
    def open(self, **_ignored: object) -> None:
        """Leave the receipts; the content follows."""
        actor = require_actor()
        self._services.sharing.acknowledge(actor, self._address)
        redirect(f"/inbox/{self._address}")


class OrganisationController(TGController):
    """The actor's organisations and their members."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose("blockmrs.templates.inbox.organisation", allowed_methods=PAGE)
    def index(self, **_ignored: object) -> dict[str, Any]:
        """Which organisations, with the names of who is in."""
        organisations, actor = self._services.organisations, require_actor()
        lost: list[str] = []
        mine = {held.keyring.card.id for held in organisations.memberships(actor, lost)}
        listed = [entry for entry in organisations.directory() if entry.card_id in mine]
        managed = {card_id for card_id in mine if organisations.staff.manages(actor, card_id)}
        return {"errors": {}, "organisations": listed, "managed": managed, "lost": bool(lost)}

    @expose()
    def _lookup(self, organisation: str, *rest: str) -> tuple["OneOrganisation", tuple[str, ...]]:
        return OneOrganisation(self._services.organisations, organisation, "/organisation"), rest


class OneOrganisation(MembersPages):
    """One organisation of the actor's."""

    back, back_label = "/organisation", N_("Colleagues")

    def _by(self) -> Actor:
        actor = require_actor()
        self._organisations.membership(actor, self._id())
        return actor

    @expose(allowed_methods=POST)
    def invite(self, **_ignored: object) -> str:
        """Make an invitation for a colleague; its code is shown once."""
        actor = self._by()
        return self._page(actor, code=self._organisations.invite(actor, self._id()))


def level_words(services: Services) -> dict[int, str]:
    """The words of each level, by number."""
    return {int(level): services.triage.rules.level_words[level] for level in Level}
