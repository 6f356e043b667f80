"""The page that shows an error, and the form that sends kept values again."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Sequence
from functools import cache
from typing import Any

import tg
from tg import Response
from tg.i18n import ugettext as _
from tg.render import render

from blockmrs.controllers.site.language import current_language
from blockmrs.controllers.web.browser import is_own_page
from blockmrs.controllers.web.context import browser, check_local_address, site
from blockmrs.controllers.web.drafts import OWN_FIELDS, SECRET_FIELDS, Draft, open_draft, posted_values, seal_draft
from blockmrs.controllers.web.http_errors import Words, words_for
from blockmrs.controllers.web.switch import language_switch
from blockmrs.errors import BlockMRSError, CannotOpen, InvalidInput

log = logging.getLogger(__name__)
_ID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LAST_RESORT = (
    '<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>BlockMRS</title></head><body>'
    '<h1>{happened}</h1><p>{do}</p><p><a href="/field">{hurt}</a></p><p>{number} {error_id}</p></body></html>'
)


def new_error_id() -> str:
    """Eight characters that appear on the page and in the log."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(8))


def wants_json(request: Any) -> bool:
    """Whether a program asked, and not a person's browser."""
    accepted = request.headers.get("Accept", "")
    return request.path_info.startswith("/api/") or ("application/json" in accepted and "text/html" not in accepted)


def error_response(
    status: int, error_id: str, *, error: BlockMRSError | None = None, message: str = "", retry_after_s: int = 0
) -> Response:
    """The answer for `status`, as a page or as JSON, in the words of `error` if it has some of its own.

    `message` replaces the usual advice.
    """
    words = words_for(status, error)
    request = tg.request
    if wants_json(request):
        content = {"status": status, "error": words.happened, "message": message or words.do, "id": error_id}
        return Response(json.dumps(content).encode(), status=status, content_type="application/json", charset="utf-8")
    variables = {
        "status": status,
        "words": words,
        "message": message,
        "wait_minutes": -(-retry_after_s // 60),
        "error_id": error_id,
        "resend": _kept_form(request) if status == 503 else None,
        "errors": {},
    }
    return _page("error", variables, status, words, error_id)


def sign_in_response(error_id: str) -> Response:
    """401: the sign-in page. What was entered travels along, sealed, and is there again afterwards."""
    request = tg.request
    draft, lost = "", False
    if request.method == "POST":
        try:
            draft = seal_draft(posted_values(request), request.path_qs)
        except InvalidInput:
            lost = True
    words = words_for(401)
    variables = {
        "errors": {},
        "user_name": "",
        "came_from": check_local_address(request.path_qs) if request.method in ("GET", "HEAD") else "/",
        "draft": draft,
        "too_much_to_keep": lost,
    }
    return _page("sign_in", variables, 401, words, error_id)


def stale_form_response(error_id: str) -> Response:
    """403: an old form. The values are shown ready to be sent again, unless another site sent them here."""
    request = tg.request
    has_cookie = site().cookie_name in request.cookies
    variables = {
        "errors": {},
        "form": _kept_form(request) if is_own_page(request) else None,
        "error_id": error_id,
        # Sent again, it would again come without the cookie, and so on forever.
        "needs_https": site().secure_cookies and request.scheme == "http" and not has_cookie,
        "has_cookie": has_cookie,
        "secure_address": f"https://{request.host}/",
    }
    if variables["needs_https"]:
        _warn_of_plain_http()
    return _page("send_again", variables, 403, words_for(403), error_id)


@cache
def _warn_of_plain_http() -> None:
    log.warning(
        "forms come over plain HTTP, and blockmrs.site.secure_cookies is true, so that no browser keeps our cookie: "
        "serve the site behind HTTPS, and name the proxy with --trusted-proxy"
    )


def continue_after_sign_in(token: str, came_from: str | None = None, draft: str | None = None) -> str:
    """Give the browser its session, and bring the person back: to a page that sends on what they had entered, or on.

    Returns the page, or ends the action with a redirect if nothing was entered.
    """
    holder = browser()
    holder.sign_in(token)
    return continue_with(came_from, draft)


def continue_with(came_from: str | None = None, draft: str | None = None) -> str:
    """The page that sends on what a signed-in person had entered before, or a redirect to where they were going."""
    try:
        entered = open_draft(draft) if draft else None
    except CannotOpen:
        entered = None
    if entered is None:
        tg.redirect(check_local_address(came_from))
    return str(render({"errors": {}, "form": form_of(entered)}, "kajiki", "blockmrs.templates.continue_form"))


def form_of(draft: Draft, ask_again: Sequence[str] = ()) -> dict[str, Any]:
    """What a template needs to send `draft` again; `ask_again` names secrets that must be typed once more."""
    return {"action": draft.path, "pairs": draft.pairs(), "ask_again": list(ask_again)}


def _kept_form(request: Any) -> dict[str, Any] | None:
    if request.method != "POST":
        return None
    secrets_sent = [name for name in dict.fromkeys(request.POST.keys()) if name in SECRET_FIELDS]
    form = form_of(Draft(check_local_address(request.path_qs), posted_values(request)), secrets_sent)
    # What a form carries for its own machinery is passed on unchanged; only the token is new.
    own = [
        (name, value)
        for name, value in request.POST.items()
        if name in OWN_FIELDS - {"_csrf"} and isinstance(value, str)
    ]
    return {**form, "pairs": form["pairs"] + own}


def _page(template: str, variables: dict[str, Any], status: int, words: Words, error_id: str) -> Response:
    variables = {**variables, "language_switch": lambda: language_switch(failed=status)}
    try:
        body = str(render(variables, "kajiki", f"blockmrs.templates.{template}"))
    except Exception:  # noqa: BLE001 - whatever broke the page, the person still gets a plain one
        body = _LAST_RESORT.format(
            lang=current_language(),
            happened=_(words.happened),
            do=_(words.do),
            hurt=_("Someone is hurt"),
            number=_("Number for help:"),
            error_id=error_id,
        )
    return Response(body.encode("utf-8"), status=status, content_type="text/html", charset="utf-8")
