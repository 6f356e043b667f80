"""The site map while the data cannot be used, as on a full disk: advice is there, and everything else says "later"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import tg
from tg import TGController, expose

from blockmrs.controllers.field.field import FieldController
from blockmrs.controllers.web.context import BOTH, PAGE, show, stateless
from blockmrs.controllers.web.switch import LanguageController
from blockmrs.errors import Unavailable

if TYPE_CHECKING:
    from blockmrs.services.advice.interviews import TriageService
    from blockmrs.services.advice.who_is_told import WhoIsTold

# Several of these answer POSTs, which are shown again to be sent later.


class LaterController(TGController):
    """Every address says that it cannot be done now; what a form contained is on the page, to be sent again."""

    @expose(allowed_methods=BOTH)
    @stateless
    def _default(self, *_path: str, **_ignored: object) -> NoReturn:
        raise Unavailable("the data cannot be used yet")


class AdviceAloneController(LaterController):
    """What needs no data, at its usual addresses."""

    def __init__(self, triage: TriageService, who_is_told: WhoIsTold, about: TGController) -> None:
        super().__init__()
        self.field = FieldController(triage, who_is_told=who_is_told)
        for name in ("report", "reports", "phone"):
            setattr(self.field, name, LaterController())
        self.about = about
        self.language = LanguageController()

    @expose(allowed_methods=PAGE)
    def help(self, **_ignored: object) -> str:
        """The page of help needs no data either."""
        return show("about.help")

    @expose(content_type="text/javascript", allowed_methods=PAGE)
    def sw_js(self) -> bytes:
        """`/sw.js`, as always: phones that have the pages keep them."""
        return self.field.kept.worker()

    @expose("json", allowed_methods=PAGE)
    def healthz(self) -> dict[str, Any]:
        """Say that the process answers."""
        return {"status": "ok"}

    @expose("json", allowed_methods=PAGE)
    def readyz(self) -> dict[str, Any]:
        """Say that nothing can be saved or read."""
        tg.response.status_int = 503
        return {"status": "away"}
