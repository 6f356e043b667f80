"""`/setup`: the first administrator, with the one-time token from the server's log. Closed for good afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tg import TGController, expose

from blockmrs.controllers.account.login import end_old_session
from blockmrs.controllers.web import recovery_code
from blockmrs.controllers.web.context import (
    BOTH,
    browser,
    client_address,
    gather,
    is_posted,
    posted_form,
    problem,
    show,
    sign_in_browser,
    wait_first,
)
from blockmrs.errors import N_, Conflict, InvalidInput, TooManyAttempts
from blockmrs.services.accounts.passwords import check_display_name, check_length, normalise_user_name

if TYPE_CHECKING:
    from blockmrs.controllers.web.forms import Form
    from blockmrs.services.accounts.identity import Identity


class SetupController(TGController):
    """One page, and the page that says it is closed."""

    def __init__(self, identity: Identity) -> None:
        super().__init__()
        self._identity = identity

    @expose(allowed_methods=BOTH)
    def index(self, **_ignored: object) -> str:
        """Ask for the token, a name, a user name and a password, or make the administrator's account."""
        if self._identity.has_admin():
            return _closed()
        if not is_posted():
            return _page(None, {})
        form = posted_form()
        errors = _check(form)
        if errors:
            return _page(form, errors)
        try:
            signed_up = self._identity.set_up(
                form.text("setup_token"),
                form.text("user_name"),
                form.text("display_name"),
                form.text("password"),
                client_address(),
                browser().lasting_secret(),
            )
        except Conflict:
            return _closed()
        except InvalidInput as error:
            return _page(form, problem(error))
        except TooManyAttempts as error:
            return _page(form, wait_first(error), 429)
        end_old_session(self._identity)
        sign_in_browser(signed_up.token)
        return recovery_code.show_code(signed_up.recovery_code, came_from="/admin")


def _closed() -> str:
    return show("account.setup_closed", 410)


def _check(form: Form) -> dict[str, str]:
    return gather(
        lambda: _require_text(form, "setup_token"),
        lambda: check_display_name(form.text("display_name")),
        lambda: normalise_user_name(form.text("user_name")),
        lambda: check_length(form.text("password"), user_name=form.text_or_empty("user_name").strip().casefold()),
    )


def _require_text(form: Form, name: str) -> None:
    if not form.text(name).strip():
        raise InvalidInput(N_("Enter the token from the server's log"), field=name)


def _page(form: Form | None, errors: dict[str, str], status: int = 200) -> str:
    names = ("setup_token", "display_name", "user_name")
    return show(
        "account.setup", status, errors=errors, **{name: form.text_or_empty(name) if form else "" for name in names}
    )
