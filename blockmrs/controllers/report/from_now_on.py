"""`/record/from-now-on`: letting a hospital or doctor read what comes to a record from now on; giving, and ending that.

GET, POST /record/from-now-on/<person>               to whom, what, why, until when; asks again, then begins it
GET       /record/from-now-on/<person>/see/<share>   what they get, what waits, and who opened what
GET, POST /record/from-now-on/<person>/end/<share>   asks, then ends it
POST      /record/from-now-on/<person>/give          gives what waits
POST      /record/from-now-on/<person>/keep-out/<entry>   keeps one thing that waits out of all that is given
GET       /record/from-now-on/<person>/passed-over   says what was not given, and why
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import tg
from tg import TGController, expose, redirect

from blockmrs.controllers.report.share_forms import ONE_WORDS, ShareForm, recipients_on_page
from blockmrs.controllers.report.stopped import go_on_about
from blockmrs.controllers.web.context import (
    BOTH,
    PAGE,
    POST,
    posted_form,
    problem,
    require_actor,
    show,
    try_again,
    wait_first,
)
from blockmrs.controllers.web.recovery_code import code_first
from blockmrs.domain.standing import check_choices
from blockmrs.errors import N_, InvalidInput, NotFound, TooManyAttempts, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blockmrs.controllers.report.share_forms import ShareRequest
    from blockmrs.controllers.web.forms import Form
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services
    from blockmrs.services.people.organisations import Organisation
    from blockmrs.services.people.persons import Person

CHOICE_WORDS: Mapping[str, str] = {
    "reports": N_("Reports, and the checks after a head injury"),
    "private": N_("Private reports too: about mental health, pregnancy, or somebody doing harm"),
    "facts": N_("Health facts: birth date, allergies, medicines that matter, whether they are pregnant"),
}
_AGREED = "yes"
_DRAFT = "from-now-on-draft"
_NOT_YET = N_("It is not shared yet. The disk or the network did not answer. Nothing is lost: press the button again")


@dataclass(frozen=True, slots=True)
class FromNowOnForm:
    """The form as it was typed: that of a share, what was chosen, and whether the page that asks again was answered."""

    share: ShareForm
    choices: tuple[str, ...] = ()
    agreed: bool = False
    draft_id: str = field(default="", repr=False)

    @classmethod
    def posted(cls, form: Form) -> FromNowOnForm:
        """What was sent; InvalidInput if it is not text."""
        agreed = form.text("agreed", 8) == _AGREED
        return cls(ShareForm.posted(form), tuple(form.several("choices")), agreed, form.text(_DRAFT, 40))

    def value(self, name: str) -> str:
        """The content of a field."""
        return self.share.value(name)

    def carried(self) -> list[tuple[str, str]]:
        """Every field, for the page that asks again."""
        choices = [("choices", choice) for choice in self.choices if choice in CHOICE_WORDS]
        draft_id = self.draft_id or secrets.token_hex(16)
        return [*self.share.values.items(), *choices, ("agreed", _AGREED), (_DRAFT, draft_id)]


class FromNowOnController(TGController):
    """Leads to one person's pages."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose()
    def _lookup(self, handle: str, *rest: str) -> tuple[OnePersonFromNowOn, tuple[str, ...]]:
        return OnePersonFromNowOn(self._services, handle), rest


class OnePersonFromNowOn(TGController):
    """Everything from now on, of one person; made for one request."""

    def __init__(self, services: Services, handle: str) -> None:
        super().__init__()
        self._services = services
        self._from_now_on = services.from_now_on
        self._handle = handle

    @expose(allowed_methods=BOTH)
    def index(self, q: object = "", shown: object = "", **_ignored: object) -> str:
        """The form; then what it means; then it begins."""
        actor = require_actor()
        person = self._services.people.find(actor, self._handle)
        if tg.request.method == "POST":
            return self._next(actor, person)
        fields = {name: value for name, value in (("q", q), ("shown", shown)) if isinstance(value, str)}
        return self._page(person, FromNowOnForm(ShareForm.fresh(fields)), {})

    @expose(allowed_methods=PAGE)
    def see(self, share_id: str = "", *_more: str, **_ignored: object) -> str:
        """One of them, with who opened what."""
        actor = require_actor()
        person = self._services.people.find(actor, self._handle)
        return show(
            "record.from_now_on_see",
            **self._about(person),
            share=self._from_now_on.share(actor, self._handle, share_id),
            opened=self._from_now_on.opened(actor, self._handle, share_id),
            waits=self._from_now_on.waiting_for(actor, self._handle, share_id),
            words=ONE_WORDS,
        )

    @expose(allowed_methods=BOTH)
    def end(self, share_id: str = "", *_more: str, **_ignored: object) -> str:
        """Ask, then end it."""
        actor = require_actor()
        person = self._services.people.find(actor, self._handle)
        if tg.request.method == "POST":
            self._from_now_on.stop(actor, self._handle, share_id)
            go_on_about(self._services, actor, person.cards)
            redirect(f"/people/{quote(self._handle, safe='')}")
        share = self._from_now_on.share(actor, self._handle, share_id)
        return show("record.from_now_on_end", **self._about(person), share=share)

    @expose(allowed_methods=POST)
    def give(self, **_ignored: object) -> None:
        """Give what waits."""
        given = self._from_now_on.give(require_actor(), self._handle)
        why = [name for name, number in (("lost", given.lost), ("private", given.private)) if number]
        if why:
            redirect(f"{self._here}/passed-over?{urlencode([(name, 1) for name in why])}")
        redirect(f"/people/{quote(self._handle, safe='')}")

    @expose(allowed_methods=POST)
    def keep_out(self, entry_id: str = "", *_more: str, **_ignored: object) -> None:
        """Keep one thing out of all that is given from now on."""
        self._from_now_on.keep_out(require_actor(), self._handle, entry_id)
        redirect(f"/people/{quote(self._handle, safe='')}")

    @expose(allowed_methods=PAGE)
    def passed_over(self, lost: object = None, private: object = None, **_ignored: object) -> str:
        """Say that something was passed over, and why."""
        person = self._services.people.find(require_actor(), self._handle)
        return show(
            "record.from_now_on_passed_over", **self._about(person), lost=lost is not None, private=private is not None
        )

    @property
    def _here(self) -> str:
        return f"/record/from-now-on/{quote(self._handle, safe='')}"

    def _about(self, person: Person) -> dict[str, Any]:
        return {
            "person": person,
            "here": self._here,
            "acting_for": "" if person.is_me else person.label,
            "choice_words": CHOICE_WORDS,
        }

    def _next(self, actor: Actor, person: Person) -> str:
        form = FromNowOnForm.posted(posted_form())
        typed, errors = form.share.read(self._services.reports.now())
        try:
            check_choices(form.choices)
        except InvalidInput as error:
            errors = {**errors, **problem(error)}
        if typed is None or errors:
            return self._page(person, form, errors)
        try:
            organisation = self._services.organisations.find(typed.organisation_id)
        except NotFound:
            return self._page(person, form, {"organisation": N_("Choose who should get it")})
        if not form.agreed:
            return self._ask(person, form, typed, organisation, {})
        return self._begin(actor, person, form, typed, organisation)

    def _ask(
        self,
        person: Person,
        form: FromNowOnForm,
        typed: ShareRequest,
        organisation: Organisation,
        errors: dict[str, str],
        status: int = 200,
    ) -> str:
        return show(
            "record.from_now_on_ask", status, errors=errors, **self._about(person), form=form,
            organisation=organisation, typed=typed,
        )  # fmt: skip

    def _begin(
        self, actor: Actor, person: Person, form: FromNowOnForm, typed: ShareRequest, organisation: Organisation
    ) -> str:
        if not actor.recovery_confirmed:
            return code_first(self._here)
        try:
            self._from_now_on.begin(
                actor, self._handle, typed.organisation_id, typed.purpose, typed.until, form.choices, form.draft_id
            )
        except InvalidInput as error:
            return self._page(person, form, problem(error))
        except TooManyAttempts as error:
            return self._page(person, form, wait_first(error), 429)
        except Unavailable as error:
            # The same page again: its button is known for the same press, until whenever it comes.
            return self._ask(person, form, typed, organisation, try_again(error, _NOT_YET), 503)
        redirect(f"/people/{quote(self._handle, safe='')}")

    def _page(self, person: Person, form: FromNowOnForm, errors: dict[str, str], status: int = 200) -> str:
        about = {**self._about(person), **recipients_on_page(self._services.organisations.directory(), form.share)}
        return show("record.from_now_on", status, errors=errors, form=form, **about)
