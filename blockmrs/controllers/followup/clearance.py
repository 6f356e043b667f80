"""A clinician's written clearance for sport, below a shared report.

GET, POST /inbox/<id>/clearance                 the form; what it means, to confirm; then it is signed
GET, POST /inbox/<id>/clearance/withdraw/<id>   asks, then takes back one's own clearance
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import tg
from tg import expose, redirect

from blockmrs.controllers.followup.part import SharedReportPart
from blockmrs.controllers.site import times
from blockmrs.controllers.web.context import BOTH, posted_form, problem, require_actor, show, try_again
from blockmrs.controllers.web.recovery_code import code_first
from blockmrs.domain.clearances import EARLIEST_FULL_PLAY, FULL_PLAY, Clearance
from blockmrs.domain.followups import day_number
from blockmrs.errors import N_, InvalidInput, NotFound, Unavailable

if TYPE_CHECKING:
    from blockmrs.controllers.web.forms import Form
    from blockmrs.domain.reports import Report
    from blockmrs.services.accounts.actor import Actor

STAGE_WORDS = {
    "light exercise": N_("Light exercise only"),
    "training without contact": N_("Training without contact"),
    FULL_PLAY: N_("Full play"),
}
CLEARED_WORDS = {
    "light exercise": N_("Cleared for light exercise only by %(doctor)s, %(organisation)s, %(day)s."),
    "training without contact": N_("Cleared for training without contact by %(doctor)s, %(organisation)s, %(day)s."),
    FULL_PLAY: N_("Cleared for full play by %(doctor)s, %(organisation)s, %(day)s."),
}
LONGEST = 400
_NOT_SAVED = N_("It is not saved yet. The disk or the network did not answer. Nothing is lost: press Save again")


@dataclass(frozen=True, slots=True)
class TypedClearance:
    """What was typed so far, as it goes from page to page."""

    draft: str
    seen_on: str
    stage: str
    conditions: str
    note: str

    @classmethod
    def fresh(cls, today: date) -> TypedClearance:
        """The form at the start: seen today."""
        return cls(secrets.token_hex(16), today.isoformat(), "", "", "")

    @classmethod
    def posted(cls, form: Form) -> TypedClearance:
        """What a form carried, without anything that cannot be shown again."""
        return cls(
            *(form.text_or_empty(name, 2000) for name in ("clearance-draft", "seen", "stage", "conditions", "note"))
        )

    def pairs(self) -> list[tuple[str, str]]:
        """The hidden fields that carry it along."""
        values = (self.draft, self.seen_on, self.stage, self.conditions, self.note)
        return list(zip(("clearance-draft", "seen", "stage", "conditions", "note"), values, strict=True))


class ClearanceController(SharedReportPart):
    """The clearance of the report at `address`; made for one request."""

    @expose(allowed_methods=BOTH)
    def index(self, **_ignored: object) -> str:
        """The form; what it means; then signing it, once."""
        actor = require_actor()
        report = self._opened(actor, self._services.clearances.may_write)
        if tg.request.method != "POST":
            return self._form(TypedClearance.fresh(self._today()), {})
        if not actor.recovery_confirmed:
            return code_first(self._page, f"{self._page}/clearance")
        form = posted_form()
        typed = TypedClearance.posted(form)
        if form.text_or_empty("change"):
            return self._form(typed, {})
        return self._judge(actor, report, form, typed)

    @expose(allowed_methods=BOTH)
    def withdraw(self, statement_id: str = "", *_more: str, **_ignored: object) -> str:
        """Ask, then take back one's own clearance."""
        actor = require_actor()
        self._opened(actor, self._services.clearances.may_write)
        status = self._services.clearances.of(actor, self._address)
        mine = [one for one in status.statements if one.mine and one.clearance.stage] if status is not None else []
        statement = next((one for one in mine if one.statement_id == statement_id), None)
        if statement is None:
            raise NotFound("no such clearance")
        if tg.request.method == "POST":
            draft = posted_form().text("clearance-draft", LONGEST)
            self._services.clearances.withdraw(actor, self._address, statement_id, draft)
            redirect(f"{self._page}?stated=1")
        return show(
            "followup.withdraw", report_page=self._page, statement=statement, cleared_words=CLEARED_WORDS,
            draft=secrets.token_hex(16),
        )  # fmt: skip

    def _judge(self, actor: Actor, report: Report, form: Form, typed: TypedClearance) -> str:
        """Show what it means, to be confirmed, or what is wrong; once confirmed, sign it."""
        try:
            clearance = self._services.clearances.check(
                actor, self._address, stage=form.text("stage", LONGEST), seen_on=read_day(form.text("seen", LONGEST)),
                conditions=form.text("conditions"), note=form.text("note"), today=self._today(),
            )  # fmt: skip
            if not form.text_or_empty("sign"):
                return self._confirm(report, clearance, typed)
            self._services.clearances.issue(
                actor, self._address, form.text("clearance-draft", LONGEST), stage=clearance.stage,
                seen_on=clearance.seen_on, conditions=clearance.conditions, note=clearance.note, today=self._today(),
            )  # fmt: skip
        except InvalidInput as error:
            return self._form(typed, problem(error))
        except Unavailable as error:
            return self._form(typed, try_again(error, _NOT_SAVED), status=503)
        redirect(f"{self._page}?stated=1")

    def _today(self) -> date:
        return times.local(self._services.reports.now()).date()

    def _form(self, typed: TypedClearance, errors: dict[str, str], status: int = 200) -> str:
        return show(
            "followup.clearance", status, errors=errors, report_page=self._page, typed=typed,
            stages=list(STAGE_WORDS.items()),
        )  # fmt: skip

    def _confirm(self, report: Report, clearance: Clearance, typed: TypedClearance) -> str:
        day = day_number(report.injured_at, self._services.reports.now())
        return show(
            "followup.confirm", report_page=self._page, typed=typed, clearance=clearance, player=report.player,
            stage_words=STAGE_WORDS, day=day, early=clearance.stage == FULL_PLAY and day < EARLIEST_FULL_PLAY,
            earliest=EARLIEST_FULL_PLAY,
        )  # fmt: skip


def read_day(text: str) -> date:
    """A day as a date box sends it ("2026-12-03"), else InvalidInput."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput(N_("Enter the day as year-month-day, like 2026-12-03"), field="seen") from error
