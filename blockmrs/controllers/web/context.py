"""What an action may ask about the request that it answers, and the page that it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

import tg
from tg.i18n import ugettext

from blockmrs.controllers.site.site import Site
from blockmrs.controllers.web.browser import ENVIRON_KEY, Browser, masked
from blockmrs.controllers.web.forms import Errors, Form
from blockmrs.controllers.web.forms import (
    words_of_error as words_of_error,  # for the doors, which know this module only
)
from blockmrs.controllers.web.http_errors import headers_of
from blockmrs.domain.triage.places import fill
from blockmrs.errors import BlockMRSError, InvalidInput, Message, NotAuthenticated, NotFound, TooManyAttempts
from blockmrs.services.lines.contents import ListPlace

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor

Action = TypeVar("Action")
STATELESS = "blockmrs_stateless"
REPEATABLE = "blockmrs_repeatable"
WHILE_CLOSING = "blockmrs_while_closing"
PAGE = ("GET", "HEAD")
POST = ("POST",)
BOTH = (*PAGE, *POST)


def site() -> Site:
    """How this site is reached and what it says."""
    return cast(Site, tg.config["blockmrs.site"])


def site_address() -> str:
    """This site's address for another phone, without a slash at its end; the edge lets only allowed hosts through."""
    scheme = "https" if site().secure_cookies else tg.request.scheme
    return f"{scheme}://{tg.request.host}"


def browser() -> Browser:
    """The browser that sent this request."""
    return cast(Browser, tg.request.environ[ENVIRON_KEY])


def current_actor() -> Actor | None:
    """Who is signed in, or None."""
    return browser().actor()


def require_actor() -> Actor:
    """Who is signed in; NotAuthenticated becomes the sign-in page, which keeps what was entered."""
    actor = current_actor()
    if actor is None:
        raise NotAuthenticated("sign in to go on")
    return actor


def csrf_token() -> str:
    """A token for a form on this page; different each time, equally good."""
    return browser().csrf_token()


def phone_account() -> str | None:
    """What a phone needs for the reports that wait on it (docs/phone.md): "" signed out, else three words.

    They are the account's mark, which says nothing about who that is; the key that seals what they write, masked, which
    only one of their sessions can give; and for how many seconds the phone may hold it. None: it cannot be told now.
    """
    try:
        actor = current_actor()
    except BlockMRSError:
        return None
    if actor is None:
        return ""
    mark, key = actor.keyring.derive("phone mark")[:8].hex(), masked(actor.keyring.derive("phone key"))
    return f"{mark} {key} {site().session_s}"


def sign_in_browser(token: str) -> None:
    """Give the browser the session's token, with this answer."""
    browser().sign_in(token)


def sign_out_browser() -> None:
    """Take the token away from the browser, with this answer."""
    browser().sign_out()


def is_posted() -> bool:
    """Whether this request changes something; HEAD and GET only show a page."""
    return bool(tg.request.method == "POST")


def posted_form() -> Form:
    """This request's form; what is in the address is not part of it."""
    return Form(tg.request.POST)


def parse_place(text: object) -> ListPlace | None:
    """Where in a list a page begins, according to its address; None for the newest page, NotFound for anything else."""
    if text is None:
        return None
    if not isinstance(text, str):
        raise NotFound("there is no such page")
    return ListPlace.parse(text)


def client_address() -> str:
    """The address that this request came from, for throttling only; never stored or logged in clear."""
    return str(tg.request.environ.get("REMOTE_ADDR") or "")


def stateless(action: Action) -> Action:
    """Mark an action whose POST changes nothing, so that it needs no form token. Goes below `@expose`."""
    setattr(action, STATELESS, True)
    return action


def repeatable(action: Action) -> Action:
    """Mark an action whose POST changes nothing, though it asks for a form token: its form may be sent once more."""
    setattr(action, REPEATABLE, True)
    return action


def while_closing(action: Action) -> Action:
    """Mark an action that somebody may use whose account is closing, though it changes something."""
    setattr(action, WHILE_CLOSING, True)
    return action


def rule_text(text: str) -> str:
    """A text of the rules in the reader's language, with the operator's numbers in their places."""
    return fill(ugettext(text), site().places)


def check_local_address(text: str | None) -> str:
    """`text` if it is an address on this site, else "/", so that signing in never leads elsewhere."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")) or len(text) > 2000:
        return "/"
    if any(ord(character) < 0x20 or character in "\\\x7f" for character in text):
        return "/"
    return text


def show(template: str, status: int = 200, *, errors: Mapping[str, str] | None = None, **variables: Any) -> str:
    """The page `template` below blockmrs.templates. With `errors` (field to English message) the status is 422."""
    tg.response.status_int = 422 if errors and status == 200 else status
    variables["errors"] = {name: translated(text) for name, text in (errors or {}).items()}
    return str(tg.render_template(variables, "kajiki", f"blockmrs.templates.{template}"))


def translated(text: str) -> str:
    """The text in the reader's language; a Message with its numbers in place."""
    if not isinstance(text, Message):
        return str(ugettext(text))
    values = {name: translated(value) if isinstance(value, Message) else value for name, value in text.values.items()}
    return str(ugettext(text.pattern) % values)


def problem(error: InvalidInput) -> dict[str, str]:
    """The errors of a page on which one thing is wrong."""
    return {error.field or "": words_of_error(error)}


def gather(*checks: Callable[[], object]) -> dict[str, str]:
    """What is wrong, by field, after all checks, so that everything can be corrected at once."""
    errors = Errors()
    for check in checks:
        errors.check(check)
    return errors


def try_again(error: BlockMRSError, words: str) -> dict[str, str]:
    """The errors of a page of which nothing could be saved; sets the header that tells a program when to come back."""
    tg.response.headers.update(headers_of(error))
    return {"": words}


def wait_first(error: TooManyAttempts) -> dict[str, str]:
    """The errors of a page that was asked for too often; sets the header that tells programs when to come back."""
    seconds = max(1, error.retry_after_s)
    tg.response.headers["Retry-After"] = str(seconds)
    minutes = -(-seconds // 60)
    if minutes == 1:
        return {"": ugettext("Too many tries. Try again in 1 minute")}
    return {"": ugettext("Too many tries. Try again in %(minutes)d minutes") % {"minutes": minutes}}
