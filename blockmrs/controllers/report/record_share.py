"""`/share`: giving what stands in a record to a hospital or doctor, seeing who opened it, and ending it.

GET       /share                         whose record
GET, POST /share/<person>                to whom, what, why and until when; then what it comes to; then gives it
GET       /share/<person>/sent/<share>   what was given to whom, and who opened it
GET, POST /share/<person>/stop/<share>   asks, then ends it
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import tg
from tg import TGController, expose, redirect
from tg.i18n import ugettext as _

from blockmrs.controllers.report.share_forms import ONE_WORDS, PURPOSE_WORDS, ShareForm, recipients_on_page
from blockmrs.controllers.report.stopped import go_on_about
from blockmrs.controllers.web.context import (
    BOTH,
    PAGE,
    posted_form,
    problem,
    require_actor,
    show,
    try_again,
    wait_first,
)
from blockmrs.controllers.web.recovery_code import code_first
from blockmrs.errors import N_, Conflict, InvalidInput, NotFound, TooManyAttempts, Unavailable
from blockmrs.services.selections.selection import (
    KINDS,
    NAMED,
    Selection,
    Terms,
    What,
    came_since,
    listing_of,
    selected,
)

if TYPE_CHECKING:
    from datetime import datetime

    from blockmrs.controllers.report.share_forms import ShareRequest
    from blockmrs.controllers.web.forms import Form
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services
    from blockmrs.services.selections.selection import RecordEntry, RecordNow

_NOT_SENT = N_("It is not shared yet. The disk or the network did not answer. Nothing is lost: press Share again")
_CHANGED = N_("What goes along has changed since you looked. Nothing is shared yet. Look again, then press Share")

KIND_WORDS: Mapping[str, str] = {
    "report": N_("Reports of an injury or illness"),
    "symptom-check": N_("Symptom checks after a head injury"),
    "facts": N_("Health facts"),
}
LISTED = NAMED
SEND = "send"
_CARRIED = ("organisation", "purpose", "how_long", "until_day", "until_month", "until_year")


@dataclass(frozen=True, slots=True)
class RecordForm:
    """The form as it was filled in, on any of its pages. `step` is what its button asks for."""

    share: ShareForm
    what: str = What.EVERYTHING.value
    kinds: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    step: str = ""
    draft_id: str = field(default="", repr=False)
    listing: str = ""

    @classmethod
    def posted(cls, form: Form) -> RecordForm:
        """What was sent; InvalidInput if it is not text."""
        return cls(
            ShareForm.posted(form),
            form.text("what", 20),
            tuple(kind for kind in form.several("kind") if kind in KINDS),
            tuple(entry for entry in form.several("entry") if len(entry) <= 32)[:LISTED],
            form.text("step", 20),
            form.text("share-draft", 40),
            form.text("listing", 100),
        )

    def value(self, name: str) -> str:
        """The content of a field of the first page."""
        return self.share.value(name)

    def read(self, now: datetime) -> tuple[ShareRequest | None, dict[str, str]]:
        """To whom, why and until when; or what is wrong on the first page, by field."""
        typed, errors = self.share.read(now)
        if self.what not in set(What):
            return None, {**errors, "what": N_("Choose what they may see")}
        return typed, errors

    @property
    def selection(self) -> Selection:
        """What was selected."""
        what = What(self.what)
        kinds = self.kinds if what is What.KINDS else ()
        return Selection(what, kinds, frozenset(self.chosen) if what is What.CHOSEN else frozenset(), self.listing)

    @property
    def lacks_choice(self) -> bool:
        """Whether it asks for a choice on a second page that was not made yet."""
        return (self.what == What.KINDS and not self.kinds) or (self.what == What.CHOSEN and not self.chosen)

    def carried(self, *, choice: bool = True) -> Iterator[tuple[str, str]]:
        """The fields that the next page carries along; `choice`: with what was ticked."""
        yield from ((name, self.value(name)) for name in _CARRIED)
        yield "what", self.what
        if choice:
            yield from (("kind", kind) for kind in self.kinds)
            yield from (("entry", entry) for entry in self.chosen)


def counted(entries: Iterable[RecordEntry]) -> list[tuple[str, int]]:
    """How many there are of each kind, in the order in which pages name kinds."""
    kinds = [entry.kind for entry in entries]
    return [(kind, kinds.count(kind)) for kind in KINDS if kind in kinds]


class ShareController(TGController):
    """Whose record."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose("blockmrs.templates.share.index", allowed_methods=PAGE)
    def index(self, **_ignored: object) -> dict[str, Any]:
        """Choose the person; there is nothing to choose for whoever keeps their own record alone."""
        gaps: list[str] = []
        people = self._services.people.of(require_actor(), gaps)
        if len(people) == 1 and not gaps:
            redirect(f"/share/{people[0].handle}")
        return {"errors": {}, "people": people, "lost": bool(gaps)}

    @expose()
    def _lookup(self, handle: str, *rest: str) -> tuple[OneRecordController, tuple[str, ...]]:
        return OneRecordController(self._services, handle), rest


class OneRecordController(TGController):
    """The shares of one person's record; made for one request."""

    def __init__(self, services: Services, handle: str) -> None:
        super().__init__()
        self._services = services
        self._sharing = services.record_sharing
        self._handle = handle

    @expose(allowed_methods=BOTH)
    def index(self, q: object = "", shown: object = "", **_ignored: object) -> str:
        """The form, page by page; the last one shares, once."""
        actor = require_actor()
        if tg.request.method == "POST":
            return self._next(actor)
        fields = {name: value for name, value in (("q", q), ("shown", shown)) if isinstance(value, str)}
        return self._form(actor, RecordForm(ShareForm.fresh(fields)), {})

    @expose(allowed_methods=PAGE)
    def sent(self, share_id: str = "", *_more: str, new: object = None, **_ignored: object) -> str:
        """What was given to whom."""
        actor = require_actor()
        return show(
            "share.sent",
            here=self._page,
            name=self._sharing.person(actor, self._handle).label,
            share=self._sharing.find(actor, self._handle, share_id),
            kind_words=KIND_WORDS,
            purposes=PURPOSE_WORDS,
            now=self._services.reports.now(),
            new=new is not None,
        )

    @expose(allowed_methods=BOTH)
    def stop(self, share_id: str = "", *_more: str, **_ignored: object) -> str:
        """Ask, then end it."""
        actor = require_actor()
        if tg.request.method == "POST":
            self._sharing.stop(actor, self._handle, share_id)
            go_on_about(self._services, actor, self._sharing.person(actor, self._handle).cards)
            redirect(f"{self._page}/sent/{share_id}")
        return show("share.stop", here=self._page, share=self._sharing.find(actor, self._handle, share_id))

    @property
    def _page(self) -> str:
        return f"/share/{quote(self._handle, safe='')}"

    def _next(self, actor: Actor) -> str:
        form = RecordForm.posted(posted_form())
        typed, errors = form.read(self._services.reports.now())
        if typed is None:
            return self._form(actor, form, errors)
        record = self._sharing.record(actor, self._handle)
        self._services.who_looked.note_record(actor, [self._sharing.person(actor, self._handle)])
        if form.lacks_choice:
            lacking = {"kind" if form.what == What.KINDS else "entry": N_("Tick at least one")} if form.step else {}
            return self._choose(actor, form, record, lacking)
        if form.step != SEND:
            return self._check(actor, form, typed, {})
        return self._send(actor, form, typed)

    def _send(self, actor: Actor, form: RecordForm, typed: ShareRequest) -> str:
        if not actor.recovery_confirmed:
            return code_first(self._page)
        terms = Terms(typed.purpose, typed.until)
        try:
            share_id = self._sharing.share(
                actor, self._handle, form.draft_id, typed.organisation_id, form.selection, terms
            )
        except NotFound:
            # Whoever acts for nobody was refused before this; only an organisation that left is asked for again.
            return self._form(actor, form, {"organisation": N_("Choose who should get it")})
        except InvalidInput as error:
            return self._form(actor, form, problem(error))
        except TooManyAttempts as error:
            return self._form(actor, form, wait_first(error), 429)
        except Conflict:
            return self._check(actor, form, typed, {"": _CHANGED}, 409)
        except Unavailable as error:
            return self._check(actor, form, typed, try_again(error, _NOT_SENT), 503)
        redirect(f"{self._page}/sent/{share_id}?new=1")

    def _form(self, actor: Actor, form: RecordForm, errors: dict[str, str], status: int = 200) -> str:
        person = self._sharing.person(actor, self._handle)
        return show(
            "share.form", status, errors=errors, here=self._page, person=person, form=form,
            **recipients_on_page(self._services.organisations.directory(), form.share),
        )  # fmt: skip

    def _choose(self, actor: Actor, form: RecordForm, record: RecordNow, errors: dict[str, str]) -> str:
        return show(
            "share.choose",
            errors=errors,
            here=self._page,
            name=self._sharing.person(actor, self._handle).label,
            form=form,
            by_kind=form.what == What.KINDS,
            kinds=[(kind, _(KIND_WORDS[kind]), number) for kind, number in counted(record.entries)],
            entries=record.entries[:LISTED],
            words=ONE_WORDS,
            is_all=len(record.entries) <= LISTED,
        )

    def _check(
        self, actor: Actor, form: RecordForm, typed: ShareRequest, errors: dict[str, str], status: int = 200
    ) -> str:
        try:
            organisation = self._services.organisations.find(typed.organisation_id)
        except NotFound:
            return self._form(actor, form, {"organisation": N_("Choose who should get it")})
        record = self._sharing.record(actor, self._handle)
        given = selected(record.entries, form.selection)
        goes = {entry.entry_id for entry in given}
        return show(
            "share.check",
            status,
            errors=errors,
            here=self._page,
            name=self._sharing.person(actor, self._handle).label,
            form=form,
            organisation=organisation,
            purpose=_(PURPOSE_WORDS[typed.purpose]),
            until=typed.until,
            given=given,
            counts=[(_(KIND_WORDS[kind]), number) for kind, number in counted(given)],
            new={one.entry_id for one in given if came_since(one, form.listing)},
            listing=listing_of(given),
            left_out=[entry for entry in record.entries if entry.is_private and entry.entry_id not in goes],
            is_whole=record.is_whole,
            words=ONE_WORDS,
            listed=LISTED,
            draft=form.draft_id or secrets.token_hex(16),
        )
