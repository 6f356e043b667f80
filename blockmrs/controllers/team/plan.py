"""`/team/plan`: the emergency plan of each place where the team plays.

GET       /team/plan                   every venue, to read, to print and to change
GET, POST /team/plan/add               writes a new venue
GET, POST /team/plan/edit/<venue>      changes one
GET, POST /team/plan/remove/<venue>    takes one out
POST      /team/plan/today/<venue>     says that the team is there
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import tg
from tg import TGController, expose, redirect
from tg.i18n import ugettext as _
from tg.util import Bunch

from blockmrs.controllers.web.context import BOTH, PAGE, POST, gather, posted_form, problem, require_actor, show
from blockmrs.domain.venues import LIMITS, MOST_VENUES, Venue, check_field, is_venue_id
from blockmrs.errors import N_, Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from blockmrs.controllers.web.forms import Form
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services

LABELS: Mapping[str, str] = {
    "name": N_("Name of the place"),
    "address": N_("Street address"),
    "gate": N_("Gate for the ambulance"),
    "coordinates": N_("Coordinates"),
    "defibrillator": N_("Nearest defibrillator"),
    "caller": N_("Who calls for help"),
    "greeter": N_("Who meets the crew"),
    "hospital": N_("Nearest hospital"),
    "hospital_phone": N_("Telephone of the hospital"),
    "directions": N_("Way to the hospital"),
}
"""What each field of a venue is called on the pages."""
_CHANGED = N_("This place was changed in another tab. Compare, then press Save again")
_REMOVED = N_("This place was removed in another tab. Press Save to write it again")


class PlanController(TGController):
    """The plan of whoever is signed in."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._plans = services.plans
        self._teams = services.teams
        self._clock = services.reports.now

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """Every venue."""
        team = self._teams.team(require_actor())
        return show(
            "team.plan",
            team=team,
            labels=Bunch({name: _(words) for name, words in LABELS.items()}),
            most=MOST_VENUES,
            now=self._clock(),
        )

    @expose(allowed_methods=BOTH)
    def add(self, **_ignored: object) -> str:
        """Write a new venue. The form already has the venue's number, so that pressing Save twice writes only one."""
        actor = require_actor()
        if tg.request.method == "POST":
            form = posted_form()
            venue_id = form.text_or_empty("venue_id")
            return self._save(actor, form, venue_id if is_venue_id(venue_id) else secrets.token_hex(8))
        return self._page(secrets.token_hex(8), {}, "")

    @expose(allowed_methods=BOTH)
    def edit(self, venue_id: str = "", *_more: str, **_ignored: object) -> str:
        """Change a venue."""
        actor = require_actor()
        if tg.request.method == "POST":
            form = posted_form()
            if not is_venue_id(venue_id) or not form.text_or_empty("version"):
                raise NotFound("no such venue in this plan")
            return self._save(actor, form, venue_id)
        venue = self._plans.venue(actor, venue_id)
        return self._page(venue_id, asdict(venue), venue.version)

    @expose(allowed_methods=BOTH)
    def remove(self, venue_id: str = "", *_more: str, **_ignored: object) -> str:
        """Ask, then take a venue out of the plan."""
        actor, changed = require_actor(), False
        if tg.request.method == "POST":
            try:
                self._plans.remove(actor, venue_id, posted_form().text("version"))
            except Conflict:
                changed = True
            else:
                redirect("/team/plan")
        venue = self._plans.venue(actor, venue_id)
        question = _("Remove %(name)s from the plan?") % {"name": venue.name}
        return show("team.plan_remove", 409 if changed else 200, venue=venue, changed=changed, question=question)

    @expose(allowed_methods=POST)
    def today(self, venue_id: str = "", *_more: str, **_ignored: object) -> None:
        """Say that the team is at this venue."""
        self._plans.choose(require_actor(), venue_id)
        redirect("/team/plan")

    def _save(self, actor: Actor, form: Form, venue_id: str) -> str:
        """Save and show the plan; or show what is wrong, with everything that was typed."""
        fields = {name: form.text_or_empty(name) for name in LIMITS}
        errors = gather(*(lambda name=name: check_field(name, form.text(name)) for name in LIMITS))
        version = form.text_or_empty("version")
        if errors:
            return self._page(venue_id, fields, version, errors)
        try:
            self._plans.put(actor, venue_id, fields, form.text("version"))
        except InvalidInput as error:
            return self._page(venue_id, fields, version, problem(error))
        except Conflict:
            return self._conflict(actor, venue_id, fields)
        redirect("/team/plan")

    def _conflict(self, actor: Actor, venue_id: str, fields: Mapping[str, str]) -> str:
        """The form with what was typed, and beside it what is saved now; Save then keeps what was typed."""
        saved = self._plans.plan(actor).find(venue_id)
        if saved is None:
            return self._page(venue_id, fields, "", {"": _REMOVED}, status=409)
        return self._page(venue_id, fields, saved.version, {"": _CHANGED}, saved, status=409)

    @staticmethod
    def _page(
        venue_id: str,
        fields: Mapping[str, str],
        version: str,
        errors: Mapping[str, str] | None = None,
        saved: Venue | None = None,
        status: int = 200,
    ) -> str:
        now = asdict(saved) if saved is not None else {}
        return show(
            "team.plan_form",
            status,
            errors=errors or {},
            venue_id=venue_id,
            version=version,
            new=not version,
            values={name: fields.get(name, "") for name in LIMITS},
            limits=LIMITS,
            saved=[(_(LABELS[name]), now[name]) for name in LIMITS if now and now[name] != fields.get(name, "")],
        )
