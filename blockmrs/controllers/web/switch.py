"""The button on every page that shows it in another language, and `/language`, where it leads.

A page that has an address is opened again. A page that answers a form is requested again with the same form, so that
no answer is lost. No script is needed.

  POST /language    leads back to the page; its language was chosen on the way (wrappers/languages.py)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tg
from tg import TGController, expose, redirect

from blockmrs.controllers.site.language import FIELD, current_language
from blockmrs.controllers.web.context import POST, REPEATABLE, STATELESS, check_local_address, stateless
from blockmrs.controllers.web.drafts import SECRET_FIELDS
from blockmrs.i18n.languages import LANGUAGES

ADDRESS = "/language"
MOST_CARRIED_BYTES = 16 * 1024
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Switch:
    """The form that shows this page in one of `others` (code and name). `tied`: it needs the browser's form token."""

    action: str
    pairs: Pairs
    others: Pairs
    field: str = FIELD
    tied: bool = False
    new_tab: bool = False


class LanguageController(TGController):
    """Where the switch leads on pages that can be opened again by their address."""

    @expose(allowed_methods=POST)
    @stateless
    def index(self, **_ignored: object) -> None:
        """Go back to the page."""
        values = tg.request.POST.getall("back")
        redirect(check_local_address(values[0] if len(values) == 1 and isinstance(values[0], str) else None))


def language_switch(failed: int = 0) -> Switch:
    """The switch of the page that is being shown; on an error page `failed` is its status.

    The address is given without its query: whatever somebody put there, the page does not repeat it.
    """
    request = tg.request
    others = _others()
    address = check_local_address(request.path)
    if request.method in ("GET", "HEAD"):
        return Switch(ADDRESS, [("back", address)], others)
    untied = getattr(_action(request), STATELESS, False)
    changes_nothing = untied or getattr(_action(request), REPEATABLE, False)
    if request.method == "POST" and ((changes_nothing and not failed) or (failed or tg.response.status_int) == 422):
        pairs = _posted(request)
        # It had no effect yet: the same form gives the same page. A long one is already on the page once.
        if sum(len(text.encode()) for pair in pairs for text in pair) <= MOST_CARRIED_BYTES:
            return Switch(address, pairs, others, tied=not untied)
    # What this page shows may be shown only once, or is long: it stays where it is.
    return Switch(ADDRESS, [], others, new_tab=True)


def switch_by_form(action: str, pairs: Pairs) -> Switch:
    """The switch of a page that shows the same once more when `pairs` are sent to `action`."""
    return Switch(action, pairs, _others(), tied=True)


def _others() -> Pairs:
    return [(code, name) for code, name in LANGUAGES.items() if code != current_language()]


def _posted(request: Any) -> Pairs:
    return [
        (name, value)
        for name, value in request.POST.items()
        # What was not text when it came cannot be shown, nor sent again.
        if isinstance(value, str) and "\ufffd" not in name + value and name != "_csrf" and name not in SECRET_FIELDS
    ]


def _action(request: Any) -> Any:
    """What answers this request; None if that is not known."""
    return getattr(getattr(request, "_dispatch_state", None), "action", None)
