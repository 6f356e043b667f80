"""`/admin`: counts, health, organisations and their members, for administrators. No page shows a record."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tg import TGController, expose, redirect
from tg.i18n import ugettext as _
from tg.i18n import ungettext

from blockmrs.controllers.account.members import MembersPages
from blockmrs.controllers.web.context import PAGE, POST, posted_form, problem, require_actor, show
from blockmrs.errors import N_, InvalidInput, NotFound

if TYPE_CHECKING:
    from blockmrs.controllers.web.forms import Form
    from blockmrs.services.accounts.questions import Questions
    from blockmrs.services.node.overview import Overview
    from blockmrs.services.people.organisations import Organisations


class AdminController(TGController):
    """What the operator does in a browser."""

    def __init__(self, overview: Overview, organisations: Organisations, questions: Questions) -> None:
        super().__init__()
        self._questions = questions
        self._overview = overview
        self._organisations = organisations
        self.organisation = AdministeredOrganisations(organisations)

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """The counts, and the organisations with their staff."""
        _require_admin()
        return self._page(None, {})

    @expose(allowed_methods=POST)
    def add_organisation(self, **_ignored: object) -> str:
        """Add an organisation, and show the invitation code for its first member, once."""
        _require_admin()
        form = posted_form()
        try:
            name, place = form.text("name"), form.text("place")
            until, code = self._organisations.invited_until(), self._organisations.add(name, place)
        except InvalidInput as error:
            return self._page(form, problem(error))
        return show("account.organisation_added", name=name.strip(), code=code, until=until)

    @expose(allowed_methods=POST)
    def answered(self, number: str = "", *_more: str, **_ignored: object) -> None:
        """Take a question about who looked from the list."""
        _require_admin()
        self._questions.answered(require_actor(), number)
        redirect("/admin")

    def _page(self, form: Form | None, errors: dict[str, str]) -> str:
        counts = self._overview.read()
        return show(
            "account.admin",
            errors=errors,
            counts=counts,
            questions=self._questions.of(require_actor()),
            clock_off=_in_words(counts.clock.behind or counts.clock.jumped),
            organisations=self._organisations.directory(),
            name=form.text_or_empty("name") if form else "",
            place=form.text_or_empty("place") if form else "",
        )


class AdministeredOrganisations(TGController):
    """The members of each organisation, for the site's administrator."""

    def __init__(self, organisations: Organisations) -> None:
        super().__init__()
        self._organisations = organisations

    @expose()
    def _lookup(self, organisation: str, *rest: str) -> tuple[AdministeredOrganisation, tuple[str, ...]]:
        return AdministeredOrganisation(self._organisations, organisation), rest


class AdministeredOrganisation(MembersPages):
    """The members of one organisation: the administrator ends memberships, even the last, and says who manages them."""

    back, back_label = "/admin", N_("Operator")

    def __init__(self, organisations: Organisations, organisation: str) -> None:
        super().__init__(organisations, organisation, "/admin/organisation", lambda _: _require_admin())


def _in_words(time: timedelta) -> str:
    """Roughly how long, in one unit, in either direction."""
    minutes = max(1, round(abs(time) / timedelta(minutes=1)))
    if minutes >= 2 * 24 * 60:
        return str(_("%(number)d days") % {"number": round(minutes / (24 * 60))})
    if minutes >= 2 * 60:
        return str(_("%(number)d hours") % {"number": round(minutes / 60)})
    return str(ungettext("%(number)d minute", "%(number)d minutes", minutes) % {"number": minutes})


def _require_admin() -> None:
    if not require_actor().is_admin:
        raise NotFound("there is nothing here")
