"""The form of one player, `/team/edit/<player>`: what a coach wrote about them, and whom to call.

If the player was changed in another tab meanwhile, it says what stands there now, and keeps what was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import tg
from tg import redirect
from tg.i18n import ugettext as _

from blockmrs.controllers.web.context import gather, posted_form, problem, show
from blockmrs.domain.contacts import (
    CONTACT_NAME_LIMIT,
    CONTACT_PHONE_LIMIT,
    MOST_CONTACTS,
    Contact,
    check_birth_year,
    check_contact,
    contact_fields,
)
from blockmrs.errors import N_, Conflict, InvalidInput
from blockmrs.services.people.roster import Details, check_name, check_number

if TYPE_CHECKING:
    from blockmrs.controllers.web.forms import Form
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services
    from blockmrs.services.people.roster import Player

PLACES = tuple(range(1, MOST_CONTACTS + 1))
_CONTACTS = tuple(name for place in PLACES for name in contact_fields(place))
_FIELDS = ("player_name", "number", "born", *_CONTACTS)
_CHANGED = N_("This player was changed in another tab. Compare, then press Save again")


class PlayerForm:
    """Shows and reads it."""

    def __init__(self, services: Services) -> None:
        self._teams = services.teams
        self._clock = services.reports.now

    def answer(self, actor: Actor, player_id: str) -> str:
        """The form; where it was sent, the team or what is wrong.

        Raises:
            NotFound: there is no such player on the actor's roster.
            Ended: the family ended the coach's part.
        """
        player = self._teams.player(actor, player_id)
        self._teams.check_part(actor, player)
        if tg.request.method == "POST":
            return self._save(actor, player, posted_form())
        return self._page(player, _fields_of(player), player.version)

    def _save(self, actor: Actor, player: Player, form: Form) -> str:
        """Save and show the team; or show what is wrong, with everything that was typed."""
        typed = {name: form.text_or_empty(name) for name in _FIELDS}
        version = form.text_or_empty("version")
        errors = gather(*self._checks(form))
        if errors:
            return self._page(player, typed, version, errors)
        contacts = tuple(Contact(typed[name], typed[phone]) for name, phone in map(contact_fields, PLACES))
        details = Details(typed["number"], typed["player_name"], typed["born"], contacts)
        try:
            self._teams.change_player(actor, player.player_id, details, version)
        except InvalidInput as error:
            return self._page(player, typed, version, problem(error))
        except Conflict:
            now = self._teams.player(actor, player.player_id)
            return self._page(player, typed, now.version, {"": _CHANGED}, _fields_of(now), status=409)
        redirect("/team")

    def _checks(self, form: Form) -> list[Callable[[], object]]:
        """What is to be checked of each box, so that everything that is wrong is said at once."""

        def contact(place: int) -> Contact | None:
            name, phone = contact_fields(place)
            return check_contact(form.text(name), form.text(phone), place)

        return [
            lambda: check_name(form.text("player_name")),
            lambda: check_number(form.text("number")),
            lambda: check_birth_year(form.text("born"), self._clock().year + 1),
            *(partial(contact, place) for place in PLACES),
        ]

    def _page(
        self,
        player: Player,
        typed: Mapping[str, str],
        version: str,
        errors: Mapping[str, str] | None = None,
        saved: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> str:
        labels = {"player_name": _("Name"), "number": _("Shirt number"), "born": _("Year of birth")}
        for place in PLACES:
            who, phone = contact_fields(place)
            labels |= {who: _("Who is it?") + f" ({place})", phone: _("Telephone") + f" ({place})"}
        return show(
            "team.player",
            status,
            errors=errors or {},
            player=player,
            version=version,
            typed=typed,
            places=[contact_fields(place) for place in PLACES],
            limits=(CONTACT_NAME_LIMIT, CONTACT_PHONE_LIMIT),
            saved=[(labels[name], text) for name, text in (saved or {}).items() if text != typed[name]],
        )


def _fields_of(player: Player) -> dict[str, str]:
    """What the boxes of the form say about the player."""
    fields = dict.fromkeys(_FIELDS, "")
    fields |= {"player_name": player.name, "number": player.number, "born": player.born}
    for place, contact in zip(PLACES, player.contacts, strict=False):
        fields |= dict(zip(contact_fields(place), (contact.name, contact.phone), strict=True))
    return fields
