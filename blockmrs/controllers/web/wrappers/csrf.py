"""Every action that is reached by a method other than GET needs a form token of this browser, unless marked.

And an account that is not closing, unless the action changes nothing or is marked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tg

from blockmrs.controllers.web.context import REPEATABLE, STATELESS, WHILE_CLOSING, browser, current_actor
from blockmrs.controllers.web.http_errors import StaleForm
from blockmrs.errors import AccountCloses

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
            _check_open(action)
        params.pop(FIELD, None)
        return call(config, action, remainder, params)

    return checked


def _check_open(action: Any) -> None:
    """Raise AccountCloses if whoever is signed in asked to leave: then they read, undo it and sign out, no more."""
    if getattr(action, REPEATABLE, False) or getattr(action, WHILE_CLOSING, False):
        return
    actor = current_actor()
    if actor is not None and actor.closes is not None:
        raise AccountCloses("this account is closing")
