"""Every action that is reached by a method other than GET needs a form token of this browser, unless marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tg

from blockmrs.controllers.web.context import STATELESS, browser
from blockmrs.controllers.web.http_errors import StaleForm

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "_csrf"
HEADER = "X-CSRF-Token"

Caller = Callable[[Any, Any, Any, Any], Any]


def protect(call: Caller) -> Caller:
    """Wrap the call of every action in the check."""

    def checked(config: Any, action: Any, remainder: Any, params: Any) -> Any:
        request = tg.request
        if request.method not in SAFE and not getattr(action, STATELESS, False):
            sent = request.headers.get(HEADER) or request.POST.get(FIELD) or ""
            if not isinstance(sent, str) or not browser().owns_form(sent):
                raise StaleForm("the form is not this browser's, or too old")
        params.pop(FIELD, None)
        return call(config, action, remainder, params)

    return checked
