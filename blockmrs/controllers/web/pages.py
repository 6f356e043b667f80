"""Showing a page of ours: its template, its status, and what is wrong with what was entered."""

from collections.abc import Mapping
from typing import Any

import tg
from tg.i18n import ugettext as _

from blockmrs.errors import InvalidInput, Message, TooManyAttempts


def show(template: str, status: int = 200, *, errors: Mapping[str, str] | None = None, **variables: Any) -> str:
    """The page `template` below blockmrs.templates. With `errors` (field to English message) the status is 422."""
    tg.response.status_int = 422 if errors and status == 200 else status
    variables["errors"] = {name: translated(text) for name, text in (errors or {}).items()}
    return str(tg.render_template(variables, "kajiki", f"blockmrs.templates.{template}"))


def translated(text: str) -> str:
    """The text in the reader's language; a Message with its numbers in place."""
    if not isinstance(text, Message):
        return str(_(text))
    values = {name: translated(value) if isinstance(value, Message) else value for name, value in text.values.items()}
    return str(_(text.pattern) % values)


def problem(error: InvalidInput) -> dict[str, str]:
    """The errors of a page for one thing that is wrong."""
    return {error.field or "": error.message}


def wait_first(error: TooManyAttempts) -> dict[str, str]:
    """The errors of a page that was asked too often; sets the header that tells a program when to come back."""
    seconds = max(1, error.retry_after_s)
    tg.response.headers["Retry-After"] = str(seconds)
    minutes = -(-seconds // 60)
    if minutes == 1:
        return {"": _("Too many tries. Try again in 1 minute")}
    return {"": _("Too many tries. Try again in %(minutes)d minutes") % {"minutes": minutes}}
