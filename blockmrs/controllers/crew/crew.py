"""`/r`: a report for crew and hospital desks without an account, by typed code or by QR.

The QR's secret comes after `#`, so that no address, log or referrer ever holds it; the page's script hands it over in
the body of a form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tg
from tg import TGController, expose

from blockmrs.controllers.web.context import PAGE, POST, client_address, translated, words_of_error
from blockmrs.errors import N_, CannotOpen, InvalidInput, NotFound

if TYPE_CHECKING:
    from blockmrs.services.sharing.crew_codes import Codes, OpenedByCode

_LONGEST = 100
_NOTHING = N_("No report opens with this code. Check each letter. It may also have ended: ask the coach for a new one")


class CrewController(TGController):
    """Type a code, or scan; read one report."""

    def __init__(self, codes: Codes) -> None:
        super().__init__()
        self._codes = codes

    @expose("blockmrs.templates.crew.code", allowed_methods=PAGE)
    def index(self, **_ignored: object) -> dict[str, Any]:
        """The form for the code."""
        return self._form()

    @expose("blockmrs.templates.crew.report", allowed_methods=POST)
    def code(self, **_ignored: object) -> dict[str, Any] | str:
        """The report behind a typed code."""
        text = _posted("code")
        try:
            return self._report(self._codes.open_typed(text, client_address()))
        except InvalidInput as error:
            return self._again({"code": translated(words_of_error(error))}, 422)
        except NotFound:
            return self._again({"code": tg.i18n.ugettext(_NOTHING)}, 404)

    @expose("blockmrs.templates.crew.report", allowed_methods=POST)
    def scan(self, **_ignored: object) -> dict[str, Any] | str:
        """The report behind a scanned code."""
        try:
            return self._report(self._codes.open_qr(_posted("secret"), client_address()))
        except (NotFound, CannotOpen):
            return self._again({"": tg.i18n.ugettext(_NOTHING)}, 404)

    def _report(self, opened: OpenedByCode) -> dict[str, Any]:
        tg.response.headers["Cache-Control"] = "no-store"
        return {"errors": {}, "report": opened.report, "until": opened.until, "family_facts": opened.family_facts}

    def _again(self, errors: dict[str, str], status: int) -> str:
        # What was typed is a secret, so it is not written back into the page.
        tg.response.status_int = status
        tg.response.headers["Cache-Control"] = "no-store"
        page: str = tg.render_template(self._form(errors), "kajiki", "blockmrs.templates.crew.code")
        return page

    def _form(self, errors: dict[str, str] | None = None) -> dict[str, Any]:
        return {"errors": errors or {}}


def _posted(name: str) -> str:
    """One field of the form, as text; anything else counts as empty."""
    values = tg.request.POST.getall(name)
    if len(values) == 1 and isinstance(values[0], str) and len(values[0]) <= _LONGEST:
        return str(values[0])
    return ""
