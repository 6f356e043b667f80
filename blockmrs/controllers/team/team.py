"""`/team`: the coach's roster.

GET       /team                    the players, and forms to add some
POST      /team/name               names the team
POST      /team/add                one player
POST      /team/add-several        a list of names: all of them, or none
GET, POST /team/edit/<player>      changes one, and whom to call about them: controllers/team/player.py
GET, POST /team/remove/<player>    takes one off the list
POST      /team/invite/<player>    shows, once, the code, link and QR code with which the family joins
          /team/plan               the emergency plan: controllers/team/plan.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import tg
from tg import TGController, expose, redirect
from tg.i18n import ugettext as _

from blockmrs.controllers.team.plan import PlanController
from blockmrs.controllers.team.player import PlayerForm
from blockmrs.controllers.web.context import (
    BOTH,
    PAGE,
    POST,
    gather,
    posted_form,
    problem,
    require_actor,
    show,
    translated,
    words_of_error,
)
from blockmrs.domain.contacts import Contact
from blockmrs.domain.team_list import read_lines
from blockmrs.errors import N_, UNKNOWN, Conflict, InvalidInput
from blockmrs.services.people.persons import handle_of
from blockmrs.services.people.roster import MAX_PLAYERS, Details, check_details, check_name, check_number

if TYPE_CHECKING:
    from blockmrs.controllers.web.forms import Form
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services
    from blockmrs.services.followup.clearances import OutOfPlay
    from blockmrs.services.people.roster import Team
    from blockmrs.services.people.teams import FamilyMember

MOST_NAMED = 20
_LONGEST_LIST = 20_000
_CHANGED = N_("The team was changed in another tab. Look at the list, then press the button again")


class TeamController(TGController):
    """The team of whoever is signed in."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.plan = PlanController(services)
        self._player_form = PlayerForm(services)
        self._teams = services.teams
        self._calls = services.calls
        self._clearances = services.clearances
        self._invitations = services.invitations
        self._rights = services.rights
        self._clock = services.reports.now

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """The roster."""
        return self._page(require_actor(), None, {})

    @expose(allowed_methods=POST)
    def name(self, **_ignored: object) -> str:
        """Name the team."""
        actor, form = require_actor(), posted_form()
        return self._change(
            actor, form, lambda: self._teams.rename(actor, form.text("team_name"), form.text("version"))
        )

    @expose(allowed_methods=POST)
    def add(self, **_ignored: object) -> str:
        """Put one player on the list."""
        actor, form = require_actor(), posted_form()
        errors = gather(
            lambda: check_name(form.text("player_name")),
            lambda: check_number(form.text("number")),
        )
        if errors:
            return self._page(actor, form, errors)
        return self._change(
            actor,
            form,
            lambda: self._teams.add_player(actor, form.text("player_name"), form.text("number"), form.text("version")),
        )

    @expose(allowed_methods=POST)
    def add_several(self, **_ignored: object) -> str:
        """Put a list of names on the list: all of them, or none."""
        actor, form = require_actor(), posted_form()

        def put() -> Team:
            year = self._clock().year
            players = read_players(form.text("players", _LONGEST_LIST), field="players", this_year=year)
            try:
                return self._teams.add_players(actor, players, form.text("version"))
            except InvalidInput as error:
                raise InvalidInput(words_of_error(error), field="players") from error

        return self._change(actor, form, put)

    @expose(allowed_methods=BOTH)
    def edit(self, player_id: str = "", *_more: str, **_ignored: object) -> str:
        """Change what is written about a player, and whom to call."""
        return self._player_form.answer(require_actor(), player_id)

    @expose(allowed_methods=BOTH)
    def remove(self, player_id: str = "", *_more: str, **_ignored: object) -> str:
        """Ask, then take a player off the list."""
        actor = require_actor()
        if tg.request.method == "POST":
            form = posted_form()
            return self._change(actor, form, lambda: self._teams.remove_player(actor, player_id, form.text("version")))
        player = self._teams.player(actor, player_id)
        return show("team.remove", player=player, version=self._teams.team(actor).version)

    @expose(allowed_methods=POST)
    def invite(self, player_id: str = "", *_more: str, **_ignored: object) -> str:
        """The code for the player's family, shown only this once."""
        actor = require_actor()
        player = self._teams.player(actor, player_id)
        try:
            until, code = self._invitations.until(), self._teams.invite_family(actor, player_id)
        except InvalidInput as error:
            return self._page(actor, None, problem(error))
        return show("team.invited", player=player, team=self._teams.team(actor).name, code=code, until=until)

    def _change(self, actor: Actor, form: Form, change: Callable[[], Any]) -> str:
        """Do it and show the list; or show what is wrong, with everything that was typed."""
        try:
            change()
        except InvalidInput as error:
            return self._page(actor, form, problem(error))
        except Conflict:
            return self._page(actor, form, {"": _CHANGED}, status=409)
        redirect("/team")

    def _page(self, actor: Actor, form: Form | None, errors: dict[str, str], status: int = 200) -> str:
        team = self._teams.team(actor)

        def typed(name: str, default: str = "") -> str:
            return default if form is None else form.text_or_empty(name, _LONGEST_LIST) or default

        return show(
            "team.index",
            status,
            errors=errors,
            team=team,
            joined=self._joined(actor),
            former=self._former(actor, team),
            contacts={player.card_id: self._calls.of(actor, player) for player in team.players},
            handles={player.card_id: handle_of(actor, player.card_id) for player in team.players},
            out=self._out(actor, team),
            most=MAX_PLAYERS,
            team_name=typed("team_name", team.name),
            player_name=typed("player_name"),
            number=typed("number"),
            players=typed("players"),
        )

    def _out(self, actor: Actor, team: Team) -> dict[bytes, OutOfPlay] | None:
        """Which players are out until cleared; None if that cannot be read."""
        try:
            return self._clearances.out(actor, [player.card_id for player in team.players])
        except UNKNOWN:
            return None

    def _former(self, actor: Actor, team: Team) -> set[bytes] | None:
        """For which players the actor's part has ended; None if that cannot be read."""
        try:
            return self._rights.former(actor, team.players)
        except UNKNOWN:
            return None

    def _joined(self, actor: Actor) -> dict[bytes, list[FamilyMember]] | None:
        """Who has joined, by player; None if that cannot be read."""
        try:
            return self._teams.joined(actor)
        except UNKNOWN:
            return None


def read_players(text: str, *, field: str, this_year: int) -> list[Details]:
    """The players of a list with one a line (`domain.team_list`).

    Raises:
        InvalidInput: names the lines that are wrong, at most MOST_NAMED of them; or there are none.
    """
    players: list[Details] = []
    wrong: list[str] = []
    for line in read_lines(text):
        if len(wrong) == MOST_NAMED:
            break
        contacts = tuple(Contact(*call) for call in line.calls)
        try:
            players.append(check_details(Details(line.number, line.name, line.born, contacts), this_year))
        except InvalidInput as error:
            words = translated(words_of_error(error))
            wrong.append(_("Line %(place)d: %(problem)s") % {"place": line.place, "problem": words})
    if wrong:
        raise InvalidInput(". ".join(wrong), field=field)
    if not players:
        raise InvalidInput(N_("Enter one name on each line"), field=field)
    return players
