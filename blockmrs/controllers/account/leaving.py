"""`/settings/leave`: closing one's account, and undoing it. `/left`: a receipt, read and checked without an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tg
from tg import TGController, expose, redirect

from blockmrs.controllers.account.login import missing
from blockmrs.controllers.web.context import (
    BOTH,
    PAGE,
    browser,
    client_address,
    is_posted,
    posted_form,
    problem,
    require_actor,
    show,
    site_address,
    stateless,
    wait_first,
    while_closing,
)
from blockmrs.errors import N_, Conflict, InvalidInput, InvalidSignature, NotFound, TooManyAttempts

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.leaving.departures import Departures, Status

_RECEIPT_CHARACTERS = 4000
_NOT_OURS = N_("This site did not sign this, or somebody changed it. Paste all of it, from the first line to the last")
_NOTHING = N_("Paste the receipt")


class LeaveController(TGController):
    """Closing one's account."""

    def __init__(self, departures: Departures) -> None:
        super().__init__()
        self._departures = departures

    @expose(allowed_methods=BOTH)
    @while_closing
    def index(self, **_ignored: object) -> str:
        """What goes and what stays, before; then when it closes, with the undo."""
        actor = require_actor()
        if not is_posted():
            status = self._departures.of(actor)
            return self._asking(actor, {}) if status is None else self._closing(status)
        form = posted_form()
        if form.text_or_empty("keep"):
            self._departures.undo(actor)
            redirect("/settings/leave")
        try:
            errors = missing(form, "password")
            if errors:
                return self._asking(actor, errors)
            self._departures.ask(
                actor, form.text("password"), address=client_address(), browser=browser().lasting_secret()
            )
        except InvalidInput as error:
            return self._asking(actor, problem(error))
        except TooManyAttempts as error:
            return self._asking(actor, wait_first(error), 429)
        except Conflict:
            return self._asking(actor, {}, 409)
        redirect("/settings/leave")

    def _asking(self, actor: Actor, errors: dict[str, str], status: int = 200) -> str:
        days = max(1, self._departures.wait.days)
        return show("account.leave", status, errors=errors, survey=self._departures.survey(actor), days=days)

    @staticmethod
    def _closing(status: Status) -> str:
        receipt_address = f"{site_address()}/left/{status.number}"
        return show("account.closing", leaving=status, receipt_address=receipt_address)


class LeftController(TGController):
    """Receipts, for anybody."""

    def __init__(self, departures: Departures) -> None:
        super().__init__()
        self._departures = departures

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """A field to paste a receipt into."""
        return show("account.left", errors={}, leaving=None, receipt=None, note="")

    @expose(allowed_methods=BOTH)
    @stateless
    def check(self, **_ignored: object) -> str:
        """Say whether this node signed the receipt that was pasted, and what it says; keeps nothing."""
        if not is_posted():
            redirect("/left")
        form = posted_form()
        note, errors, receipt = "", {}, None
        try:
            note = form.text_or_empty("receipt", _RECEIPT_CHARACTERS)
            if note.strip():
                receipt = self._departures.check(note)
            else:
                errors = {"receipt": _NOTHING}
        except (InvalidInput, InvalidSignature):
            errors = {"receipt": _NOT_OURS}
        return show("account.left", errors=errors, leaving=None, receipt=receipt, note=note)

    @expose()
    def _lookup(self, number: str, *rest: str) -> tuple[OneReceipt, tuple[str, ...]]:
        return OneReceipt(self._departures, number), rest


class OneReceipt(TGController):
    """One receipt, once there is one."""

    def __init__(self, departures: Departures, number: str) -> None:
        super().__init__()
        self._departures = departures
        self._number = number

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """What it says; before there is one, when the account closes."""
        leaving = self._departures.find(self._number)
        receipt = self._departures.check(leaving.receipt) if leaving.receipt else None
        return show("account.left", leaving=leaving, receipt=receipt, note="")

    @expose(allowed_methods=PAGE)
    def file(self, **_ignored: object) -> bytes:
        """The receipt itself, to keep."""
        leaving = self._departures.find(self._number)
        if not leaving.receipt:
            raise NotFound("there is no such receipt")
        tg.response.content_type = "text/plain"
        tg.response.charset = "utf-8"
        tg.response.headers["Content-Disposition"] = 'attachment; filename="receipt.txt"'
        return leaving.receipt.encode()
