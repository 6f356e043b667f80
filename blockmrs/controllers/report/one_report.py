"""One saved report: its page for the author and the family, its code, its shares.

GET       /field/report/<id>                  the hand-over card
POST      /field/report/<id>/code             makes the code, then shows it
GET       /field/report/<id>/show             the code, full screen
GET, POST /field/report/<id>/stop-code        ends it
GET, POST /field/report/<id>/share            sends it to an organisation
GET       /field/report/<id>/share/<share>    what was sent to whom, until when
GET, POST /field/report/<id>/stop/<share>     stops that
          /field/report/<id>/stopped          what follows that: controllers/report/stopped.py
GET, POST /field/report/<id>/release          sends a withheld report to the family
          /field/report/<id>/check            symptom checks: controllers/followup/followup.py
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

import tg
from tg import expose, redirect
from tg.i18n import ugettext as _

from blockmrs.controllers.followup.clearance import CLEARED_WORDS
from blockmrs.controllers.followup.followup import CheckController, view_of
from blockmrs.controllers.followup.part import ReportPart
from blockmrs.controllers.report.share_forms import PURPOSE_WORDS, ShareForm, recipients_on_page
from blockmrs.controllers.report.stopped import StoppedController, go_on_at_once, left_after_stops
from blockmrs.controllers.site.hand_on import draw_qr, text_message
from blockmrs.controllers.web.context import (
    BOTH,
    PAGE,
    POST,
    posted_form,
    problem,
    require_actor,
    show,
    site_address,
    wait_first,
)
from blockmrs.domain.permission import Standing
from blockmrs.domain.reports import FIELD
from blockmrs.errors import N_, UNKNOWN, Ended, InvalidInput, NotAuthorized, NotFound, TooManyAttempts, Unavailable

if TYPE_CHECKING:
    from blockmrs.domain.reports import Report
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services
    from blockmrs.services.people.teams import FamilyMember
    from blockmrs.services.reports.reports import OpenedReport
    from blockmrs.services.sharing.crew_codes import ReportCode
    from blockmrs.services.sharing.shares import Share


class OneReportController(ReportPart):
    """The pages of the report at `address`; made for one request."""

    def __init__(self, services: Services, address: str) -> None:
        super().__init__(services, address)
        self.check = CheckController(services, address)
        self.stopped = StoppedController(services, address)

    @expose(allowed_methods=PAGE)
    def index(self, saved: object = None, again: object = None, ended: object = None, **_ignored: object) -> str:
        """The hand-over card, for the author and for the family."""
        actor = require_actor()
        try:
            opened = self._services.reports.open(actor, self._address)
        except NotAuthorized:
            redirect(f"/inbox/{self._address}")
        self._services.who_looked.note_report(actor, self._address)
        if opened.standing is Standing.FORMER_AUTHOR:
            return show("report.former", opened=opened, now=self._services.reports.now())
        mine = opened.standing is Standing.AUTHOR
        from_field = mine and opened.report.origin == FIELD
        return show(
            "report.view",
            opened=opened,
            mine=mine,
            is_new=self._services.reports.is_new(actor, opened),
            own_words=self._own_words(opened) if mine else None,
            saved=saved is not None,
            again=again is not None,
            code_ended=ended == "code",
            now=self._services.reports.now(),
            shares=self._services.sharing.shares(actor, self._address),
            after_stops=left_after_stops(self._services, actor, self._address),
            purposes=PURPOSE_WORDS,
            code=self._services.codes.status(actor, self._address),
            family_facts=self._services.sharing.family_facts(actor, self._address),
            family=self._family(actor, opened) if from_field else [],
            proof=self._services.reports.prove(actor, self._address),
            text_link=_text_to_parent(opened) if from_field else "",
            contacts=self._services.calls.about(actor, opened.subject) if from_field and not opened.withheld else (),
            sport=self._services.clearances.of(actor, self._address),
            replies_there=self._services.replies.of(actor, self._address),
            cleared_words=CLEARED_WORDS,
            after=view_of(self._services.followups.of(actor, self._address), self._services.followups.rules),
        )

    def _own_words(self, opened: OpenedReport) -> Report | None:
        """What somebody wrote about themselves, as they read it; None where a report is for others' eyes too."""
        is_own = opened.about_me and opened.report.origin != FIELD
        return self._services.triage.for_oneself.read_again(opened.report) if is_own else None

    @expose(allowed_methods=POST)
    def read(self, **_ignored: object) -> None:
        """Open it from the list of what is new, or say on its page that it was read: it is new no more.

        A full disk keeps nobody from reading.
        """
        with suppress(Unavailable):
            self._services.reports.mark_read(require_actor(), self._address)
        redirect(self._page)

    def _family(self, actor: Actor, opened: OpenedReport) -> list[FamilyMember] | None:
        """Who of the family has joined; None if that cannot be read."""
        try:
            return self._services.teams.joined(actor).get(opened.subject, [])
        except UNKNOWN:
            return None

    @expose(allowed_methods=POST)
    def code(self, **_ignored: object) -> None:
        """Make a code, or keep the one that still works; then show it."""
        self._services.codes.make(require_actor(), self._address)
        redirect(f"{self._page}/show")

    @expose(allowed_methods=PAGE)
    def show(self, **_ignored: object) -> str:
        """The full-screen hand-over: QR, typed code, and the report in large words."""
        actor = require_actor()
        opened, code = self._shareable(actor), self._working_code(actor)
        self._services.who_looked.note_report(actor, self._address)
        drawing = draw_qr(f"{site_address()}/r#{code.qr_secret}") if code is not None else None
        return show(
            "report.show", opened=opened, code=code, qr=drawing, host=tg.request.host,
            now=self._services.reports.now(), family_facts=self._services.sharing.family_facts(actor, self._address),
        )  # fmt: skip

    @expose(allowed_methods=BOTH)
    def stop_code(self, **_ignored: object) -> str:
        """Ask, then end the code at once."""
        actor = require_actor()
        if tg.request.method == "POST":
            self._services.codes.stop(actor, self._address)
            redirect(f"{self._page}?ended=code")
        code = self._services.codes.status(actor, self._address)
        return show("report.stop_code", report_page=self._page, mine=code is not None and code.is_mine)

    @expose(allowed_methods=BOTH)
    def share(
        self, share_id: str | None = None, *_more: str, q: object = "", shown: object = "", **_ignored: object
    ) -> str:
        """Choose to whom it goes, why and for how long; afterwards, given a share's id, show what was sent."""
        actor = require_actor()
        if share_id is not None:
            return self._receipt(actor, share_id)
        if tg.request.method == "POST":
            return self._send(actor)
        fields = {name: value for name, value in (("q", q), ("shown", shown)) if isinstance(value, str)}
        return self._share_page(actor, ShareForm.fresh(fields), {})

    @expose(allowed_methods=BOTH)
    def stop(self, share_id: str = "", **_ignored: object) -> str:
        """Ask, then stop a share."""
        actor = require_actor()
        if tg.request.method == "POST":
            self._services.sharing.stop(actor, self._address, share_id)
            is_done = go_on_at_once(self._services, actor, self._address)
            redirect(f"{self._page}/share/{share_id}" if is_done else f"{self._page}/stopped?on=1")
        share = self._share(actor, share_id)
        opened = self._services.reports.open(actor, self._address)
        return show("report.stop", report_page=self._page, share=share, mine=opened.standing is Standing.AUTHOR)

    @expose(allowed_methods=BOTH)
    def release(self, **_ignored: object) -> str:
        """Ask, then send a withheld report to the family."""
        actor = require_actor()
        if tg.request.method == "POST":
            self._services.sharing.release_to_family(actor, self._address)
            redirect(self._page)
        opened = self._own(actor)
        if not opened.withheld:
            redirect(self._page)
        return show("report.release", report_page=self._page)

    @property
    def _page(self) -> str:
        return f"/field/report/{quote(self._address, safe='')}"

    def _own(self, actor: Actor) -> OpenedReport:
        """The report, for its author only."""
        opened = self._shareable(actor)
        if opened.standing is not Standing.AUTHOR:
            raise NotAuthorized("only the author of a report may do this")
        return opened

    def _shareable(self, actor: Actor) -> OpenedReport:
        """The report, for its author and the family: either may show it to others."""
        opened = self._services.reports.open(actor, self._address)
        if opened.standing is Standing.FORMER_AUTHOR:
            raise Ended("the author's part in what is about the player has ended")
        return opened

    def _working_code(self, actor: Actor) -> ReportCode | None:
        """The actor's own code, if it works: nobody else's can be shown."""
        code = self._services.codes.status(actor, self._address)
        return code if code is not None and code.is_mine and not code.stopped else None

    def _share(self, actor: Actor, share_id: str) -> Share:
        for share in self._services.sharing.shares(actor, self._address):
            if share.share_id == share_id:
                return share
        raise NotFound("no such share")

    def _receipt(self, actor: Actor, share_id: str) -> str:
        share = self._share(actor, share_id)
        opened = self._services.reports.open(actor, self._address)
        return show(
            "report.shared", report_page=self._page, share=share, purposes=PURPOSE_WORDS, opened=opened,
            progress=self._services.sealing_anew.progress(actor, self._address) if share.stopped else None,
            mine=opened.standing is Standing.AUTHOR, now=self._services.reports.now(),
        )  # fmt: skip

    def _send(self, actor: Actor) -> str:
        form = ShareForm.posted(posted_form())
        typed, errors = form.read(self._services.reports.now())
        if typed is None:
            return self._share_page(actor, form, errors)
        try:
            share = self._services.sharing.grant(
                actor, self._address, typed.organisation_id, typed.purpose, typed.until
            )
        except NotFound:
            # A stranger to the report is told the same as before; only an organisation that left is asked for again.
            self._shareable(actor)
            return self._share_page(actor, form, {"organisation": N_("Choose who should get it")})
        except InvalidInput as error:
            return self._share_page(actor, form, problem(error))
        except TooManyAttempts as error:
            return self._share_page(actor, form, wait_first(error), 429)
        redirect(f"{self._page}/share/{share.share_id}")

    def _share_page(self, actor: Actor, form: ShareForm, errors: dict[str, str], status: int = 200) -> str:
        opened = self._shareable(actor)
        return show(
            "report.share", status, errors=errors, report_page=self._page, opened=opened, form=form,
            mine=opened.standing is Standing.AUTHOR,
            family_facts=self._services.sharing.family_facts(actor, self._address),
            **recipients_on_page(self._services.organisations.directory(), form),
        )  # fmt: skip


def _text_to_parent(opened: OpenedReport) -> str:
    """A link that opens the phone's own messages, with words that hold nothing medical, and the report's address.

    The address names nobody, and opens only for those who are signed in and may read the report.
    """
    report = opened.report
    first_name, place = report.player.split()[0], report.place.partition("\n")[0]
    if report.place:
        words = _("%(name)s has been hurt at %(place)s. Please call %(coach)s. Report: %(link)s")
    else:
        words = _("%(name)s has been hurt. Please call %(coach)s. Report: %(link)s")
    link = f"{site_address()}/field/report/{quote(opened.address, safe='')}"
    return text_message(words % {"name": first_name, "place": place, "coach": report.author, "link": link})
