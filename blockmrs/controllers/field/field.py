"""`/field`: from "someone is hurt" to advice, signed out, with nothing stored.

The answers travel in the body of each form. These POSTs change nothing, so they carry no form token, and the pages
set no cookie. Whatever arrives, the answer is a page with the emergency number on it.

  GET  /field            the danger signs; the advice of each travels along for the script
  POST /field/check      one sign, "None of these" or "Not sure"; also a further sign from a result
  POST /field/ask/<n>    one page of questions; `n` is for people, the answers alone decide what comes next
  GET  /field/where      a part of a page: where the signed-in coach's team is, for advice that came without us
  POST /field/words      "What's wrong?" in the person's own words: complaints to tick; nothing of the text is kept
  GET  /field/kept/...   what the phone keeps, so that all this needs no signal (offline.py)
  POST /field/show       the answers and the advice in large words, for the crew; nothing is saved by it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import tg
from tg import TGController, expose, redirect

from blockmrs.controllers.field.blank import nothing_ticked
from blockmrs.controllers.field.handover import handover_view
from blockmrs.controllers.field.journey import Journey, step
from blockmrs.controllers.field.offline import OfflineController
from blockmrs.controllers.field.own_words import proposal_view, read_own_words, take_words
from blockmrs.controllers.field.views import ResultView, View, page_view, result_view, utc_now
from blockmrs.controllers.field.wire import (
    FOR_RECORD,
    PICK,
    REPORT_PREFIX,
    Pairs,
    carry,
    in_form,
    only_answers,
    only_mine,
    read,
    without,
)
from blockmrs.controllers.site import times
from blockmrs.controllers.site.language import current_language
from blockmrs.controllers.site.rendering import MadeOnce
from blockmrs.controllers.web.context import BOTH, PAGE, current_actor, problem, stateless
from blockmrs.controllers.web.forms import text_pairs
from blockmrs.domain.triage.loader import RulesUnreadable
from blockmrs.domain.triage.pages import WHERE, at_home
from blockmrs.domain.triage.taps import SignTap
from blockmrs.domain.venues import Plan
from blockmrs.errors import BlockMRSError, InvalidInput
from blockmrs.moments import EPOCH
from blockmrs.services.advice.who_is_told import WhoIsTold

if TYPE_CHECKING:
    from blockmrs.domain.triage.engine import Interview
    from blockmrs.domain.triage.pages import QuestionPage
    from blockmrs.domain.triage.rules import DangerSign
    from blockmrs.services.advice.interviews import TriageService
    from blockmrs.services.people.plans import Plans
    from blockmrs.services.people.roster import Player

LONGEST_NAME = 200
LONGEST_VALUE = 2000
TEMPLATES = "blockmrs.templates.field."


class FieldController(TGController):
    """The coach's pages. Whoever builds the reports sets `report`, `reports` and `phone`, which live below this."""

    report: TGController
    reports: TGController
    phone: TGController

    def __init__(
        self,
        triage: TriageService,
        clock: Callable[[], datetime] = utc_now,
        plans: Plans | None = None,
        who_is_told: WhoIsTold | None = None,
    ) -> None:
        super().__init__()
        self._triage = triage
        self._clock = clock
        self._plans = plans
        self._who_is_told = who_is_told or WhoIsTold(triage, {})
        # By language: its content is already translated.
        self._ready_made: dict[str, tuple[tuple[DangerSign, ResultView], ...]] = {}
        self._once = MadeOnce()
        self.kept = OfflineController(triage, self._who_is_told, lambda: self._signs({}, started=0))

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """The first screen: the danger signs of the rules."""
        return self._guarded(lambda: self._signs({}))

    @expose(allowed_methods=BOTH)
    @stateless
    def check(self, **_ignored: object) -> str:
        """The advice for a danger sign, or the first question."""
        return self._answered()

    @expose(allowed_methods=BOTH)
    @stateless
    def ask(self, _number: str = "1", **_ignored: object) -> str:
        """The next question, or the advice."""
        return self._answered()

    @expose(allowed_methods=BOTH)
    @stateless
    def words(self, **_ignored: object) -> str:
        """Complaints that the written words may mean; for those that were ticked, the next question."""
        if tg.request.method != "POST":
            redirect("/field")
        # The words are taken out of the request first: everything else in it is shorter, and travels on.
        return self._guarded(lambda: self._with_posted(partial(self._described, take_words())))

    @expose(allowed_methods=BOTH)
    @stateless
    def show(self, **_ignored: object) -> str:
        """What the crew needs to know, while nothing is saved yet."""
        if tg.request.method != "POST":
            redirect("/field")
        return self._guarded(lambda: self._with_posted(self._handover))

    @expose(allowed_methods=PAGE)
    def where(self, **_ignored: object) -> str:
        """Where the team is, for the open page; nothing (204) for somebody without a plan, or who is not signed in.

        The page does not wait for it, so this may; 503 if it cannot be read now.
        """
        tg.response.headers["Cache-Control"] = "no-store"
        try:
            actor = current_actor()
            plan = self._plans.plan(actor) if actor is not None and self._plans is not None else Plan()
        except BlockMRSError:
            tg.response.status_int = 503
            return ""
        if plan.today is None:
            tg.response.status_int = 204
            return ""
        # Kajiki takes every template for a complete page.
        return self._page("where_only", plan=plan).strip().removeprefix("<!DOCTYPE html>").strip()

    def _plan(self) -> Plan | None:
        """The plan of whoever is signed in. Advice waits for nothing: what cannot be read at once is not shown."""
        try:
            actor = current_actor()
        except BlockMRSError:
            return None
        return self._plans.plan_at_once(actor) if actor is not None and self._plans is not None else None

    def _hurt(self, journey: Journey) -> Player | None:
        """The player whom the signed-in coach has chosen before, on the report's form. Nothing is waited for, as above.

        The form may be anybody's: only the coach's own roster is looked into.
        """
        chosen = next((value for name, value in journey.report_pairs if name == "r-player"), "")
        try:
            actor = current_actor() if chosen else None
        except BlockMRSError:
            return None
        return self._plans.hurt_at_once(actor, chosen) if actor is not None and self._plans is not None else None

    def _answered(self) -> str:
        if tg.request.method != "POST":
            redirect("/field")
        return self._guarded(lambda: self._with_posted(self._next))

    def begin(self, interview: Interview, journey: Journey) -> str:
        """The page with the danger signs for an interview in which something is known already."""
        return self._guarded(lambda: self._show(interview, journey, {}, ()))

    def _guarded(self, page: Callable[[], str]) -> str:
        try:
            return page()
        except RulesUnreadable:
            return self._page("unreadable", status=503, rules_address="", rules_mark="")

    def _with_posted(self, page: Callable[[Pairs, Journey, Interview], str]) -> str:
        """The page made from what a form carried; if that cannot be read, the first screen."""
        try:
            pairs = posted_pairs()
            journey = Journey.read(pairs, self._clock())
            before = read(self._triage, only_answers(pairs))
        except InvalidInput:
            return self._signs({"": self._sorry()}, status=422)
        return page(pairs, journey, before)

    def _worded(self, journey: Journey) -> TriageService:
        """The advice in the words of this page: for somebody else, or for whoever says that they feel ill."""
        return self._triage.for_oneself if journey.is_about_oneself else self._triage

    def _next(self, pairs: Pairs, journey: Journey, before: Interview) -> str:
        """The page that follows from what was posted; whatever cannot be read is asked again, with the rest kept."""
        if self._is_of_other_rules(pairs):
            errors = {"": tg.i18n.ugettext("The questions changed just now. Answer this page again, or call.")}
            known = bool(carry(before))
            return self._show(before, journey, errors, (), 422) if known else self._signs(errors, 422)
        change = next((value for name, value in pairs if name == "change"), None)
        try:
            if change is not None:
                interview = without(self._triage, before, change)
            else:
                interview = read(self._triage, only_mine(pairs))
        except InvalidInput as error:
            return self._again(before, journey, pairs, error)
        if change is None:
            journey = journey.after(carry(before), carry(interview), self._clock())
        return self._show(interview, journey, {}, ())

    def _is_of_other_rules(self, pairs: Pairs) -> bool:
        """Whether a page made by other rules denies something: these rules may ask what was on no screen.

        A danger sign counts, whatever the page was.
        """
        fields = dict(pairs)
        says_nothing_there = "page" in fields or fields.get("sign") in ("none", "unsure")
        return says_nothing_there and fields.get("rules", "") not in ("", self.kept.rules_mark())

    def _described(self, texts: tuple[str, ...], pairs: Pairs, journey: Journey, before: Interview) -> str:
        """What the words lead to on the page about the place; no other page asks for them."""
        triage = self._worded(journey)
        page, own_words = self._asked(triage, before, journey), read_own_words(texts, pairs)
        if page is None or page.id != WHERE or own_words.is_empty:
            return self._show(before, journey, {}, ())
        view = page_view(self._triage, before, journey, page, own_words.picked)
        common: dict[str, Any] = {"page": page, "view": view, "rules": triage.rules, "typed": own_words.typed}
        try:
            if own_words.is_answer:
                after = self._triage.confirm(before, own_words.picked)
                onward = journey.after(carry(before), carry(after), self._clock())
                return self._show(after, onward, {}, ())
            return self._page("proposed", proposal=proposal_view(triage, own_words.propose(self._triage)), **common)
        except InvalidInput as error:
            common["errors"] = {name: tg.i18n.ugettext(text) for name, text in problem(in_form(error)).items()}
            offers = own_words.offers(self._triage)
            if offers is None:
                return self._page("ask", 422, **common)
            return self._page("proposed", 422, proposal=proposal_view(triage, offers), **common)

    def _handover(self, pairs: Pairs, journey: Journey, interview: Interview) -> str:
        """The page for the crew or, without any answer, the first screen."""
        if not interview.answers:
            return self._signs({"": self._sorry()}, status=422)
        return self._page("show", view=handover_view(self._triage, interview, journey, self._clock()))

    def _again(self, before: Interview, journey: Journey, pairs: Pairs, error: InvalidInput) -> str:
        """The same page with what is wrong or, with nothing answered yet, the first screen."""
        name = error.field or ""
        picked = tuple(value for key, value in pairs if key == PICK)
        if not carry(before):
            return self._signs({"": self._sorry()}, status=422)
        words = nothing_ticked()
        errors = {name: words} if name in {PICK, "choose"} else {"": words}
        return self._show(before, journey, errors, picked, status=422)

    def _asked(self, triage: TriageService, interview: Interview, journey: Journey) -> QuestionPage | None:
        """The question to ask now; of the places, those of home come first for whoever is ill there."""
        page = triage.next_page(interview)
        is_home = any(name == FOR_RECORD for name, _ in journey.report_pairs)
        return at_home(triage.rules, page) if page is not None and is_home else page

    def _show(
        self, interview: Interview, journey: Journey, errors: dict[str, str], picked: tuple[str, ...], status: int = 200
    ) -> str:
        triage = self._worded(journey)
        page = self._asked(triage, interview, journey)
        if page is None:
            result = result_view(triage, interview, journey, self._clock())
            telling = self._who_is_told.of(interview, oneself=journey.is_about_oneself)
            result = replace(result, telling=telling)
            # Somebody who is ill at home is not where a team plays.
            if not result.record:
                result = replace(result, where=True, plan=self._plan(), hurt=self._hurt(journey))
            return self._page("result", view=result)
        view = page_view(triage, interview, journey, page, picked)
        return self._page("ask", status=status, page=page, view=view, errors=errors, rules=triage.rules)

    def _signs(self, errors: dict[str, str], status: int = 200, started: int | None = None) -> str:
        view = View((), int(self._clock().timestamp()) if started is None else started)
        language = current_language()
        if language not in self._ready_made:
            self._ready_made[language] = tuple((sign, self._advice_for(sign)) for sign in self._triage.rules.signs)
        ready = self._ready_made[language]
        # The time of a tap that is still to come: it differs with the reader's zone alone.
        hour = times.clock_time(EPOCH)

        def once(name: str, made: Iterable[Any]) -> Any:
            return self._once(f"{name} {hour}", made)

        variables = {"rules": self._triage.rules, "view": view, "errors": errors, "ready_made": ready, "once": once}
        return self._page("signs", status, **variables)

    def _advice_for(self, sign: DangerSign) -> ResultView:
        """What the script shows when this sign is tapped: exactly the view with which the server would answer."""
        interview = self._triage.after(self._triage.start(), SignTap(sign.id))
        # The script fills in the time of the tap if a time is 0.
        journey = Journey(0, trail=step((), carry(interview), 0))
        # This page is the same for everybody, so that it may be kept: whose team plays where is fetched afterwards.
        return replace(result_view(self._triage, interview, journey, EPOCH), where=True)

    @staticmethod
    def _sorry() -> str:
        return tg.i18n.ugettext("We could not read that answer. Start here, or call.")

    def _page(self, name: str, status: int = 200, **variables: Any) -> str:
        """The page as HTML; still one of our pages if something was wrong. It says which rules it was made by."""
        tg.response.status_int = status
        if "rules_address" not in variables:
            variables["rules_address"] = self.kept.rules_address(current_language())
            variables["rules_mark"] = self.kept.rules_mark()
        variables.setdefault("errors", {})
        variables.setdefault("acting_for", getattr(variables.get("view"), "acting_for", ""))
        return str(tg.render_template(variables, "kajiki", TEMPLATES + name))


def posted_pairs() -> Pairs:
    """The form's pairs as text, in order.

    Raises:
        InvalidInput: not UTF-8, a file, or more or longer than in any of our forms.
    """
    pairs = text_pairs(tg.request.POST, LONGEST_VALUE)
    for name, value in pairs:
        if len(name) > LONGEST_NAME:
            raise InvalidInput("a field is too long", field="form")
        # A report's note may have line breaks; it is checked when the report is saved.
        text = name + ("" if name.startswith(REPORT_PREFIX) else value)
        if not text.isprintable() or "\ufffd" in text:
            raise InvalidInput("a field holds control characters, or what was no text", field="form")
    return pairs
