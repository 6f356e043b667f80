"""`/settings`: the name that others see, the password, the recovery code, the sessions, and how pages look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tg import TGController, expose, redirect

from blockmrs.controllers.account.leaving import LeaveController
from blockmrs.controllers.account.login import carried, missing, onward
from blockmrs.controllers.web import recovery_code
from blockmrs.controllers.web.context import (
    BOTH,
    PAGE,
    POST,
    browser,
    client_address,
    current_actor,
    is_posted,
    posted_form,
    problem,
    require_actor,
    show,
    sign_in_browser,
    sign_out_browser,
    wait_first,
    while_closing,
)
from blockmrs.controllers.web.error_pages import continue_with
from blockmrs.errors import N_, CannotOpen, InvalidInput, TooManyAttempts

if TYPE_CHECKING:
    from blockmrs.controllers.web.forms import Form
    from blockmrs.services.accounts.identity import Identity
    from blockmrs.services.leaving.departures import Departures

_FROM_BEFORE = N_("This page is from before. Enter your password for a new code")
_WRONG_GROUP = N_("Type the third group of the code, as you wrote it down")


class SettingsController(TGController):
    """A signed-in person's own settings."""

    def __init__(self, identity: Identity, departures: Departures) -> None:
        super().__init__()
        self._identity = identity
        self.leave = LeaveController(departures)

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """What can be set, and the card's fingerprint, folded."""
        actor = require_actor()
        return show("account.settings", actor=actor, fingerprint=actor.keyring.card.fingerprint())

    @expose(allowed_methods=BOTH)
    def password(self, **_ignored: object) -> str:
        """Ask for the old and the new password, or change it: all other sessions end, and a new code is shown."""
        actor = require_actor()
        if not is_posted():
            return show("account.password", user_name="")
        form = posted_form()
        user_name = form.text_or_empty("user_name")
        try:
            errors = missing(form, "user_name", "password", "new_password")
            if errors:
                return show("account.password", errors=errors, user_name=user_name)
            changed = self._identity.change_password(
                actor,
                form.text("user_name"),
                form.text("password"),
                form.text("new_password"),
                address=client_address(),
                browser=browser().lasting_secret(),
            )
        except InvalidInput as error:
            return show("account.password", errors=problem(error), user_name=user_name)
        except TooManyAttempts as error:
            return show("account.password", 429, errors=wait_first(error), user_name=user_name)
        sign_in_browser(changed.token)
        return recovery_code.show_code(changed.recovery_code, came_from="/settings")

    @expose(allowed_methods=BOTH)
    def recovery(self, **_ignored: object) -> str:
        """Ask for the password, or make a new recovery code, which replaces the old one, and show it."""
        if not is_posted():
            require_actor()
            return self._recovery(None, {})
        form = posted_form()
        actor = current_actor()
        if actor is None:
            return show("sign_in", 401, **carried(form))
        try:
            errors = missing(form, "password")
            if errors:
                return self._recovery(form, errors)
            code = self._identity.new_recovery_code(
                actor, form.text("password"), address=client_address(), browser=browser().lasting_secret()
            )
        except InvalidInput as error:
            return self._recovery(form, problem(error))
        except TooManyAttempts as error:
            return self._recovery(form, wait_first(error), 429)
        self._renew_session()
        return recovery_code.show_code(code, **onward(form))

    @expose(allowed_methods=POST)
    def check_recovery(self, **_ignored: object) -> str:
        """Compare the group that was typed back; show the same page again if it differs."""
        form = posted_form()
        actor = current_actor()
        if actor is None:
            # The code on the page is worthless to the next session; what was entered before is not.
            return show("sign_in", 401, **carried(form))
        there = onward(form)
        try:
            code = recovery_code.open_code(form.text_or_empty("check"))
        except CannotOpen:
            return self._recovery(form, {"password": _FROM_BEFORE})
        try:
            typed = form.text("group", 40)
        except InvalidInput as error:
            return recovery_code.show_code(code, **there, errors=problem(error))
        if not recovery_code.is_checked_group(code, typed):
            return recovery_code.show_code(code, **there, typed=typed, errors={"group": _WRONG_GROUP})
        self._identity.confirm_recovery(actor)
        return continue_with(**there)

    @expose(allowed_methods=POST)
    @while_closing
    def sign_out_everywhere(self, **_ignored: object) -> None:
        """End every session of this account, this one too."""
        self._identity.sign_out_everywhere(require_actor())
        sign_out_browser()
        redirect("/login")

    def _renew_session(self) -> None:
        """Set a new token, so that a page that still shows the former code can no longer confirm it."""
        sign_in_browser(self._identity.rotate(browser().token_or_new()))

    @staticmethod
    def _recovery(form: Form | None, errors: dict[str, str], status: int = 200) -> str:
        return show("account.recovery_first", status, errors=errors, **carried(form, "/settings"))
