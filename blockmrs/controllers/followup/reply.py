"""A clinician's reply to a shared report: seen, or seen and please call.

GET, POST /inbox/<id>/reply                 the form, which also stands on the report's page; sends it once
GET, POST /inbox/<id>/reply/withdraw/<id>   asks, then takes back one's own reply
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tg
from tg import expose, redirect

from blockmrs.controllers.followup.part import SharedReportPart
from blockmrs.controllers.web.context import BOTH, posted_form, problem, require_actor, show, try_again
from blockmrs.controllers.web.recovery_code import code_first
from blockmrs.errors import N_, InvalidInput, NotFound, Unavailable

if TYPE_CHECKING:
    from blockmrs.controllers.web.forms import Form
    from blockmrs.services.followup.replies import GivenReply, ReportReplies

LONGEST = 400
_NOT_SENT = N_("It is not sent yet. The disk or the network did not answer. Nothing is lost: press the button again")


@dataclass(frozen=True, slots=True)
class TypedReply:
    """What was typed so far."""

    draft: str
    phone: str
    line: str

    @classmethod
    def fresh(cls, phone: str = "") -> TypedReply:
        """The form at the start, with the number that was given before."""
        return cls(secrets.token_hex(16), phone, "")

    @classmethod
    def posted(cls, form: Form) -> TypedReply:
        """What a form carried, without anything that cannot be shown again."""
        return cls(*(form.text_or_empty(name, LONGEST) for name in ("reply-draft", "phone", "line")))


class ReplyController(SharedReportPart):
    """The replies to the report at `address` by members of an organisation that has it; made for one request."""

    @expose(allowed_methods=BOTH)
    def index(self, **_ignored: object) -> str:
        """The form; then sending it, once."""
        actor = require_actor()
        there = self._opened(actor, self._services.replies.open)
        if there.is_blocked:
            return show("followup.reply_blocked", 403, report_page=self._page)
        if tg.request.method != "POST":
            return self._form(there, TypedReply.fresh(there.phone), {})
        if not actor.recovery_confirmed:
            return code_first(self._page, f"{self._page}/reply")
        form = posted_form()
        try:
            self._services.replies.send(
                actor, self._address, form.text("reply-draft", LONGEST), wish=form.text_or_empty("wish", LONGEST),
                phone=form.text("phone", LONGEST), line=form.text("line", LONGEST),
            )  # fmt: skip
        except InvalidInput as error:
            return self._form(there, TypedReply.posted(form), problem(error))
        except Unavailable as error:
            return self._form(there, TypedReply.posted(form), try_again(error, _NOT_SENT), status=503)
        redirect(f"{self._page}?replied=1")

    @expose(allowed_methods=BOTH)
    def withdraw(self, reply_id: str = "", *_more: str, **_ignored: object) -> str:
        """Ask, then take back one's own reply."""
        actor = require_actor()
        there = self._opened(actor, self._services.replies.open)
        given = next((one for one in there.given if one.mine and one.reply_id == reply_id), None)
        if given is None:
            raise NotFound("no such reply")
        if tg.request.method == "POST":
            draft = posted_form().text("reply-draft", LONGEST)
            self._services.replies.withdraw(actor, self._address, reply_id, draft)
            redirect(f"{self._page}?replied=1")
        return show("followup.reply_withdraw", report_page=self._page, given=given, draft=secrets.token_hex(16))

    def _form(self, there: ReportReplies, typed: TypedReply, errors: dict[str, str], status: int = 200) -> str:
        return show("followup.reply", status, errors=errors, report_page=self._page, typed=typed, there=there)


def latest_of_mine(there: ReportReplies | None) -> GivenReply | None:
    """What the reader sent or took back last; None if nothing."""
    mine = [one for one in there.given if one.mine] if there is not None else []
    return max(mine, key=lambda one: max(filter(None, (one.reply.written_at, one.withdrawn_at))), default=None)
