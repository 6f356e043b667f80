"""Making an account, without losing what brought the person here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tg import expose, redirect

from blockmrs.controllers.account.login import EntryController, carried, end_old_session, onward
from blockmrs.controllers.web import recovery_code
from blockmrs.controllers.web.context import (
    BOTH,
    browser,
    client_address,
    current_actor,
    gather,
    is_posted,
    posted_form,
    problem,
    show,
    sign_in_browser,
    wait_first,
)
from blockmrs.controllers.web.drafts import carry_draft, seal_draft
from blockmrs.controllers.web.error_pages import continue_after_sign_in
from blockmrs.errors import N_, InvalidInput, NotAuthenticated, NotFound, TooManyAttempts
from blockmrs.services.accounts.passwords import check_display_name, check_length, normalise_user_name

if TYPE_CHECKING:
    from blockmrs.controllers.account.login import WayOn
    from blockmrs.controllers.web.forms import Form
    from blockmrs.services.accounts.identity import Identity, SignedUp
    from blockmrs.services.people.joining import Joining

NO_INVITATION = N_("This code opens no invitation. It may be used up or too old. Check it, or ask for a new one")
_NO_PASSWORD = N_("Enter a password of 12 characters or more")


class SignupController(EntryController):
    """`/signup`: an account, then the recovery code."""

    def __init__(self, identity: Identity, joining: Joining) -> None:
        super().__init__()
        self._identity = identity
        self._joining = joining

    @expose(allowed_methods=BOTH)
    def index(self, **_ignored: object) -> str:
        """Ask for a name, a user name and a password, or make the account."""
        if is_posted():
            return self._make(posted_form())
        if current_actor() is not None:
            redirect("/")
        return self._page(None, {})

    def _make(self, form: Form) -> str:
        try:
            errors = self._check(form)
            if errors:
                return self._page(form, errors)
            user_name, password = form.text("user_name"), form.text("password")
            name, code = form.text("display_name"), form.text("invitation")
        except InvalidInput as error:
            return self._page(form, problem(error))
        try:
            if code.strip():
                self._joining.read(code, client_address())
            signed_up = self._identity.sign_up(
                user_name, name, password, address=client_address(), browser=browser().lasting_secret()
            )
        except NotFound:
            return self._page(form, {"invitation": NO_INVITATION})
        except InvalidInput as error:
            known = self._known(form) if error.field == "user_name" else None
            return known or self._page(form, problem(error))
        except TooManyAttempts as error:
            return self._page(form, wait_first(error), 429)
        return self._finish(form, signed_up)

    def _finish(self, form: Form, signed_up: SignedUp) -> str:
        end_old_session(self._identity)
        sign_in_browser(signed_up.token)
        return recovery_code.show_code(signed_up.recovery_code, **self._onward(form))

    def _known(self, form: Form) -> str | None:
        """For a form that was sent twice: the first made the account, but its answer, with the code, may be lost."""
        password = form.text_or_empty("password")
        try:
            token = self._identity.sign_in(
                form.text_or_empty("user_name"), password, client_address(), browser().lasting_secret()
            )
        except (NotAuthenticated, InvalidInput, TooManyAttempts):
            return None
        end_old_session(self._identity)
        actor = self._identity.actor_for(token)
        if actor is None or actor.recovery_confirmed:
            return continue_after_sign_in(token, **self._onward(form))
        sign_in_browser(token)
        code = self._identity.new_recovery_code(
            actor, password, address=client_address(), browser=browser().lasting_secret()
        )
        return recovery_code.show_code(code, **self._onward(form))

    @staticmethod
    def _onward(form: Form) -> WayOn:
        """Where to continue, with what was entered before or with the invitation that was entered here."""
        there, code = onward(form), form.text_or_empty("invitation").strip()
        draft = carry_draft(there["draft"])
        draft = draft or (seal_draft({"invitation": [code]}, "/join") if code else "")
        return {"came_from": there["came_from"], "draft": draft}

    @staticmethod
    def _check(form: Form) -> dict[str, str]:
        errors = gather(
            lambda: check_display_name(form.text("display_name")),
            lambda: normalise_user_name(form.text("user_name")),
            lambda: check_length(form.text("password"), user_name=form.text_or_empty("user_name").strip().casefold()),
            lambda: form.text("invitation"),
        )
        if not form.text_or_empty("password") and "password" in errors:
            errors["password"] = _NO_PASSWORD
        return errors

    def _page(self, form: Form | None, errors: dict[str, str], status: int = 200) -> str:
        return show(
            "account.signup",
            status,
            errors=errors,
            display_name=form.text_or_empty("display_name") if form else "",
            invitation=form.text_or_empty("invitation") if form else "",
            **carried(form),
        )
