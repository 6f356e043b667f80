"""`/join`: an invitation code is typed, says what it invites to, and is accepted. It is never part of an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tg import TGController, expose

from blockmrs.controllers.account.signup import NO_INVITATION
from blockmrs.controllers.web.context import (
    BOTH,
    POST,
    client_address,
    is_posted,
    posted_form,
    problem,
    repeatable,
    require_actor,
    show,
    wait_first,
)
from blockmrs.domain.kinds import FAMILY_RELATIONS, Relation
from blockmrs.errors import N_, InvalidInput, NotFound, TooManyAttempts
from blockmrs.services.people.joining import Joining, StaffInvitation

if TYPE_CHECKING:
    from blockmrs.controllers.web.forms import Form
    from blockmrs.services.people.organisations import Organisations
    from blockmrs.services.people.teams import Teams


class JoinController(TGController):
    """Reads an invitation, then accepts it."""

    def __init__(self, joining: Joining, teams: Teams, organisations: Organisations) -> None:
        super().__init__()
        self._joining = joining
        self._teams = teams
        self._organisations = organisations

    @expose(allowed_methods=BOTH)
    @repeatable
    def index(self, **_ignored: object) -> str:
        """Ask for the code; or, with one, say what it invites to. Uses nothing up."""
        if not is_posted():
            return _ask(None, {})
        require_actor()
        form = posted_form()
        return self._read(form, {})

    @expose(allowed_methods=POST)
    def family(self, **_ignored: object) -> str:
        """Read the reports about a player from now on, as the player or as parent or guardian."""
        actor, form = require_actor(), posted_form()
        relation = form.text_or_empty("relation")
        if relation not in FAMILY_RELATIONS:
            return self._read(form, {"relation": N_("Choose who you are to the player")})
        try:
            joined = self._teams.join(actor, form.text("invitation"), Relation(relation), client_address())
        except (InvalidInput, NotFound, TooManyAttempts) as error:
            return _refused(form, error)
        return show("account.joined_family", joined=joined, relation=relation)

    @expose(allowed_methods=POST)
    def staff(self, **_ignored: object) -> str:
        """Become a member of an organisation, and be listed there."""
        actor, form = require_actor(), posted_form()
        try:
            organisation = self._organisations.accept(actor, form.text("invitation"), client_address())
        except (InvalidInput, NotFound, TooManyAttempts) as error:
            return _refused(form, error)
        return show("account.joined_staff", organisation=organisation)

    def _read(self, form: Form, errors: dict[str, str]) -> str:
        try:
            code = form.text("invitation")
            invitation = self._joining.read(code, client_address(), require_actor())
        except (InvalidInput, NotFound, TooManyAttempts) as error:
            return _refused(form, error)
        template = "account.join_staff" if isinstance(invitation, StaffInvitation) else "account.join_family"
        return show(template, errors=errors, invited=invitation, invitation=code)


def _refused(form: Form, error: InvalidInput | NotFound | TooManyAttempts) -> str:
    """The page that asks for the code, with what is wrong. Unknown, used and old codes look the same."""
    if isinstance(error, TooManyAttempts):
        return _ask(form, wait_first(error), 429)
    return _ask(form, problem(error) if isinstance(error, InvalidInput) else {"invitation": NO_INVITATION})


def _ask(form: Form | None, errors: dict[str, str], status: int = 200) -> str:
    return show("account.join", status, errors=errors, invitation=form.text_or_empty("invitation") if form else "")
