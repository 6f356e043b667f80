"""`/people`: everybody who has a right over what concerns somebody, and how it ends.

GET       /people                            every right over what one may read, and those one is waiting for
GET       /people/<person>                   every right over what concerns one of them
POST      /people/<person>/seen              "I have seen this": only what comes later is news
POST      /people/<person>/lock              the next part of what a stop left to do
GET, POST /people/<person>/confirm/<right>   asks, then says yes to somebody
GET, POST /people/<person>/end/<right>       asks, then ends a right or an invitation
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import tg
from tg import TGController, expose, redirect

from blockmrs.controllers.web.context import BOTH, PAGE, POST, require_actor, show
from blockmrs.domain.kinds import Relation
from blockmrs.domain.roll import Part
from blockmrs.errors import NotFound, Unavailable
from blockmrs.services.sharing.rights import InvitationRight, Right

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services
    from blockmrs.services.selections.selection import RecordShare
    from blockmrs.services.sharing.from_now_on import StandingShare
    from blockmrs.services.sharing.rights import RightsPage


class PeopleController(TGController):
    """The list."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose("blockmrs.templates.people.index", allowed_methods=PAGE)
    def index(
        self, about: object = "", form: object = "", page: object = "", ended: object = "", **_ignored: object
    ) -> dict[str, Any]:
        """Everybody who holds a right over what one may read; of one person, or of one form, if the address says so."""
        actor, rights = require_actor(), self._services.rights
        news = {item.handle for item in rights.news(actor)}
        chosen = {"about": _text(about), "form": _text(form)}
        gaps: list[str] = []
        shown = self._services.everyone.page(actor, gaps, chosen["about"], chosen["form"], _number(page))

        def numbered(number: int) -> str:
            return "/people?" + urlencode({**{name: text for name, text in chosen.items() if text}, "page": number})

        return {
            "errors": {},
            "shown": shown,
            "chosen": chosen,
            "numbered": numbered,
            "lost": gaps,
            "ended": _text(ended),
            "people": [(handle, name, handle in news) for handle, name in rights.people(actor)],
            "waiting": rights.waiting(actor),
        }

    @expose()
    def _lookup(self, handle: str, *rest: str) -> tuple[OnePersonController, tuple[str, ...]]:
        return OnePersonController(self._services, handle), rest


class OnePersonController(TGController):
    """The rights over what concerns one person; made for one request."""

    def __init__(self, services: Services, handle: str) -> None:
        super().__init__()
        self._rights = services.rights
        self._crew_facts = services.crew_facts
        self._reminders = services.reminders
        self._from_now_on = services.from_now_on
        self._record_sharing = services.record_sharing
        self._clock = services.reports.now
        self._handle = handle

    @expose(allowed_methods=PAGE)
    def index(self, ended: object = "", **_ignored: object) -> str:
        """Every right, with the buttons that this viewer has; and after one was pressed, what that did."""
        actor = require_actor()
        page = self._rights.page(actor, self._handle)
        news = [item for item in self._rights.news(actor, as_coach=page.is_coach) if item.handle == self._handle]
        is_family = not page.is_me and not page.is_coach
        return show(
            "people.rights",
            page=page,
            news=news,
            here=self._address,
            ended=_text(ended),
            now=self._clock(),
            standing=self._standing(actor, page),
            consent=self._crew_facts.consent(actor, self._handle) if is_family else None,
            acting_for=page.label if is_family else "",
            records=[] if page.is_coach else self._running(actor),
        )

    def _standing(self, actor: Actor, page: RightsPage) -> list[StandingShare] | None:
        """Who gets everything from now on; None where that is not this viewer's, or stands on another page."""
        if page.is_coach:
            return None
        try:
            return self._from_now_on.of(actor, self._handle)
        except NotFound:
            return None  # A card that a coach made for the viewer: it stands with their own.

    def _running(self, actor: Actor) -> list[RecordShare]:
        """What runs of what was given of the record as a whole."""
        return [share for share in self._record_sharing.shares(actor, self._handle) if share.active]

    @expose(allowed_methods=POST)
    def seen(self, **_ignored: object) -> None:
        """Note that the actor has seen how things are."""
        self._rights.mark_seen(require_actor(), self._handle)
        redirect(self._address)

    @expose(allowed_methods=POST)
    def lock(self, **_ignored: object) -> None:
        """Seal the next part anew; home says how far it is. What cannot be done now stays there to be gone on with."""
        actor = require_actor()
        with suppress(Unavailable):
            self._reminders.go_on(actor, self._handle)
        redirect("/")

    @expose(allowed_methods=BOTH)
    def confirm(self, right_id: str = "", *_more: str, **_ignored: object) -> str:
        """Ask, then say yes."""
        actor = require_actor()
        if tg.request.method == "POST":
            self._rights.confirm(actor, self._handle, right_id)
            redirect(f"{self._address}?ended=yes")
        return self._ask(actor, "people.confirm", right_id)

    @expose(allowed_methods=BOTH)
    def end(self, right_id: str = "", *_more: str, **_ignored: object) -> str:
        """Ask, then end it."""
        actor = require_actor()
        if tg.request.method == "POST":
            ended = _ending(self._rights.right(actor, self._handle, right_id))
            self._rights.end(actor, self._handle, right_id)
            left = not any(handle == self._handle for handle, _ in self._rights.people(actor))
            redirect(f"{'/people' if left else self._address}?ended={ended}")
        return self._ask(actor, "people.end", right_id)

    def _ask(self, actor: Actor, template: str, right_id: str) -> str:
        page, right = self._rights.page(actor, self._handle), self._rights.right(actor, self._handle, right_id)
        if template == "people.confirm" and not isinstance(right, Right):
            raise NotFound("no such right")
        return show(template, page=page, right=right, is_part=isinstance(right, Right), here=self._address)

    @property
    def _address(self) -> str:
        return people_address(self._handle)


def _ending(right: Right | InvitationRight) -> str:
    """What ending it does, as a word for the page that comes after: `ended` in templates/people/parts.xhtml."""
    if isinstance(right, InvitationRight):
        return "invitation"
    if right.part is Part.WAITING:
        return "no"
    if right.relation == Relation.COACH:
        return "own" if right.is_me else "coach"
    return "left" if right.is_me else "wish" if right.takes_all else "family"


def _text(value: object) -> str:
    """What a field of an address says; empty if it is not there once."""
    return value if isinstance(value, str) else ""


def _number(value: object) -> int:
    """The number of a page in an address; the first for anything else."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 7 else 1


def people_address(handle: str) -> str:
    """The address of the rights over what concerns the person with that handle."""
    return f"/people/{handle}"
