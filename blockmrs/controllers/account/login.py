"""Signing in and out, and coming back with the recovery code. A failure never says which half was wrong."""

from __future__ import annotations

import logging
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, TypedDict

from tg import TGController, expose, redirect

from blockmrs.controllers.web import recovery_code
from blockmrs.controllers.web.context import (
    BOTH,
    POST,
    browser,
    check_local_address,
    client_address,
    current_actor,
    gather,
    is_posted,
    posted_form,
    problem,
    repeatable,
    show,
    sign_in_browser,
    sign_out_browser,
    wait_first,
    while_closing,
)
from blockmrs.controllers.web.drafts import carry_draft
from blockmrs.controllers.web.error_pages import continue_after_sign_in
from blockmrs.controllers.web.forms import LARGEST_FORM_BYTES
from blockmrs.errors import N_, BlockMRSError, InvalidInput, NotAuthenticated, TooManyAttempts
from blockmrs.services.accounts.passwords import check_length, normalise_user_name

if TYPE_CHECKING:
    from blockmrs.controllers.web.forms import Form
    from blockmrs.services.accounts.identity import Identity
    from blockmrs.services.reminders import Reminders
    from blockmrs.services.sharing.rights import Rights

log = logging.getLogger(__name__)
LONGEST_DRAFT = LARGEST_FORM_BYTES
_WRONG = N_("That user name and password do not belong together")
_WRONG_CODE = N_("That user name and recovery code do not belong together")
_EMPTY = {
    "user_name": N_("Enter your user name"),
    "password": N_("Enter your password"),
    "recovery_code": N_("Enter your recovery code"),
    "new_password": N_("Enter a new password"),
}


class EntryController(TGController):
    """A page on the way in, with a form that can be shown again just as it was sent."""

    @expose(allowed_methods=POST)
    @repeatable
    def start(self, **_ignored: object) -> str:
        """The same page, for somebody whose entries are to be there again afterwards. Changes nothing."""
        return self._page(posted_form(), {})

    @abstractmethod
    def _page(self, form: Form | None, errors: dict[str, str], status: int = 200) -> str:
        """The page with this form, and by field what is wrong with it; None: nothing was sent."""


class LoginController(EntryController):
    """`/login`: one page."""

    def __init__(self, identity: Identity, rights: Rights, reminders: Reminders) -> None:
        super().__init__()
        self._identity = identity
        self._rights = rights
        self._reminders = reminders

    @expose(allowed_methods=BOTH)
    def index(self, **_ignored: object) -> str:
        """Ask for user name and password, or start a session with them."""
        if not is_posted():
            if current_actor() is not None:
                redirect("/")
            return self._page(None, {})
        form = posted_form()
        try:
            user_name, password = form.text("user_name"), form.text("password")
            errors = missing(form, "user_name", "password")
            if errors:
                return self._page(form, errors)
            token = self._identity.sign_in(user_name, password, client_address(), browser().lasting_secret())
        except NotAuthenticated:
            return self._page(form, {"user_name": _WRONG})
        except InvalidInput as error:
            return self._page(form, problem(error))
        except TooManyAttempts as error:
            return self._page(form, wait_first(error), 429)
        end_old_session(self._identity)
        self._enter(token)
        return continue_after_sign_in(token, **onward(form))

    def _enter(self, token: str) -> None:
        """Put whoever signed in on the rolls where others look for them, and go on with what a stop left to do.

        Signing in never fails because of that.
        """
        try:
            actor = self._identity.actor_for(token)
            if actor is None:
                return
            self._rights.enter(actor)
        except BlockMRSError:
            log.warning("somebody who signed in could not be entered on a roll; their next sign-in tries again")
            return
        try:
            self._reminders.go_on_at_sign_in(actor)
        except BlockMRSError:
            log.warning("what a stop left to do could not be gone on with; the next sign-in tries again")

    def _page(self, form: Form | None, errors: dict[str, str], status: int = 200) -> str:
        return show("sign_in", status, errors=errors, **carried(form))


class LogoutController(TGController):
    """`/logout`."""

    def __init__(self, identity: Identity) -> None:
        super().__init__()
        self._identity = identity

    @expose(allowed_methods=POST)
    @while_closing
    def index(self, **_ignored: object) -> None:
        """End the session; the cookie that held its keys is worthless afterwards."""
        end_old_session(self._identity)
        sign_out_browser()
        redirect("/")


class RecoverController(EntryController):
    """`/recover`: a new password with the recovery code, and a new code at once."""

    def __init__(self, identity: Identity) -> None:
        super().__init__()
        self._identity = identity

    @expose(allowed_methods=BOTH)
    def index(self, **_ignored: object) -> str:
        """Ask for the code and a new password, or set it."""
        if not is_posted():
            return self._page(None, {})
        form = posted_form()
        try:
            user_name, code = form.text("user_name"), form.text("recovery_code")
            new_password = form.text("new_password")
            errors = missing(form, "user_name", "recovery_code", "new_password")
            errors = errors or gather(
                lambda: check_length(new_password, user_name=normalise_user_name(user_name), field="new_password")
            )
            if errors:
                return self._page(form, errors)
            signed_up = self._identity.recover(
                user_name, code, new_password, client_address(), browser().lasting_secret()
            )
        except NotAuthenticated:
            return self._page(form, {"user_name": _WRONG_CODE})
        except InvalidInput as error:
            return self._page(form, problem(error))
        except TooManyAttempts as error:
            return self._page(form, wait_first(error), 429)
        sign_in_browser(signed_up.token)
        return recovery_code.show_code(signed_up.recovery_code, **onward(form))

    def _page(self, form: Form | None, errors: dict[str, str], status: int = 200) -> str:
        code = form.text_or_empty("recovery_code") if form else ""
        return show("account.recover", status, errors=errors, recovery_code=code, **carried(form))


class WayOn(TypedDict):
    """Where somebody goes on, and what they had entered before, as a form carried it; whoever uses it checks it."""

    came_from: str
    draft: str


def onward(form: Form) -> WayOn:
    """The way on that the form carries."""
    return {"came_from": form.text_or_empty("came_from"), "draft": form.text_or_empty("draft", LONGEST_DRAFT)}


def carried(form: Form | None, otherwise: str = "/") -> dict[str, Any]:
    """What the pages of signing in hand on to each other: the user name, where to go, and what was entered before.

    Without a form it goes on to the address `otherwise`.
    """
    if form is None:
        return {"user_name": "", "came_from": otherwise, "draft": ""}
    there = onward(form)
    return {
        "user_name": form.text_or_empty("user_name"),
        "came_from": check_local_address(there["came_from"]),
        "draft": carry_draft(there["draft"]),
    }


def end_old_session(identity: Identity) -> None:
    """End the session that this browser had before, if any."""
    token = browser().token
    if token is not None and current_actor() is not None:
        identity.sign_out(token)


def missing(form: Form, *names: str) -> dict[str, str]:
    """What to enter, for each of these fields that is empty."""
    return {name: _EMPTY[name] for name in names if not form.text(name).strip()}
