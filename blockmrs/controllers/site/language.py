"""Which language a page speaks: the one the person chose, else one their browser asks for, else the site's own.

The choice is a cookie that holds two letters, and nothing about anybody. Any form that is sent here may carry the
field `_language`: the answer then speaks that language, and the browser keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import tg

from blockmrs.i18n.languages import LANGUAGES, texts

if TYPE_CHECKING:
    from blockmrs.controllers.site.site import Site

ENVIRON_KEY = "blockmrs.language"
FIELD = "_language"
COOKIE_S = 365 * 24 * 3600


def chosen_language(request: Any) -> str | None:
    """The language that this request's form chooses, or None; the field is taken out of the form."""
    try:
        values = request.POST.getall(FIELD) if request.method == "POST" else []
        if values:
            del request.POST[FIELD]
    except (UnicodeError, ValueError):
        return None
    return values[0] if len(values) == 1 and isinstance(values[0], str) and values[0] in LANGUAGES else None


def language_of(request: Any, site: Site) -> str:
    """The language for a request whose form did not choose one."""
    cookie = request.cookies.get(site.language_cookie_name)
    if cookie in LANGUAGES:
        return cast(str, cookie)
    return cast(str, request.accept_language.lookup(language_tags=list(LANGUAGES), default=site.language))


def current_language() -> str:
    """The language of this request."""
    return cast(str, tg.request.environ[ENVIRON_KEY])


def speak(language: str) -> None:
    """Make this request's answer speak `language`, a key of LANGUAGES, from now on."""
    tg.request.environ[ENVIRON_KEY] = language
    tg.request_local.context.translator = texts(language)
