"""The pages under /field with nothing in them: the phone's script fills in the server's own markup.

Each text that depends on the answers is a placeholder, such as {{label}}; each part that may be absent or repeated is
there once, with its name in `data-if` or `data-each`. What depends only on the level is already there: one result per
level.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import tg

from blockmrs.controllers.field.handover import HandoverView
from blockmrs.controllers.field.own_words import WORDS, ProposalView
from blockmrs.controllers.field.views import (
    AnswerRow,
    Further,
    LookRow,
    ResultView,
    TimedSign,
    View,
    text_link,
)
from blockmrs.controllers.field.wire import PICK
from blockmrs.controllers.site.dates import format_day
from blockmrs.domain.reports import ReportedLook
from blockmrs.domain.triage.answers import NO, UNSURE, YES
from blockmrs.domain.triage.engine import Assessment
from blockmrs.domain.triage.pages import Choice, Part, QuestionPage, Toggle
from blockmrs.domain.triage.rules import Again, DangerSign, Level, Policy, RuleSet
from blockmrs.domain.triage.telling import MENTAL_HEALTH, Telling
from blockmrs.services.advice.in_reports import CAREFUL
from blockmrs.services.advice.interviews import AnswerInWords

LINE = ("{{it}}",)
CARRIED = (("{{carried}}", ""),)
BACK = (("{{back}}", ""),)
OFFERS = (("{{offered}}", ""),)
STARTED = "{{started}}"
TYPED = "{{typed}}"
ANSWERS = ((YES, "yes"), (NO, "no"), (UNSURE, "not_sure"))
# Only this one has the block with the crisis lines; the script fills in which it is.
POLICY = Policy(MENTAL_HEALTH, "{{why}}", "{{tell}}", "{{parent_words}}", ())


@dataclass(frozen=True, slots=True)
class BlankPage:
    """A page of questions. `id` is its kind, with `-error` if something is wrong: nothing ticked, or no words."""

    id: str
    page: QuestionPage
    view: View
    errors: dict[str, str]
    typed: str = ""


@dataclass(frozen=True, slots=True)
class BlankProposal(BlankPage):
    """The page with what somebody's own words may mean."""

    proposal: ProposalView = field(kw_only=True)


def blank_pages(rules: RuleSet) -> tuple[BlankPage, ...]:
    """One of each kind."""
    view = _view()
    choices = (Choice("{{value}}", "{{label}}"),)
    toggles = (Toggle("{{value}}", "{{label}}", "{{hint}}", (Part("{{label}}", "{{hint}}"),)),)
    places = QuestionPage("{{id}}", "choice", "{{title}}", "{{hint}}", choices=choices)
    ticks = QuestionPage("{{id}}", "toggles", "{{title}}", "{{hint}}", toggles=toggles)
    signs = QuestionPage("signs-again", "signs", rules.words["signs_title"], "{{hint}}")
    return (
        BlankPage("signs", signs, view, {}),
        BlankPage("choice", places, view, {}),
        BlankPage("choice-error", places, view, {WORDS: "{{problem}}"}, TYPED),
        BlankPage("toggles", ticks, view, {}),
        BlankPage("toggles-error", ticks, view, {PICK: nothing_ticked()}),
    )


def blank_proposals() -> tuple[BlankProposal, ...]:
    """What the words may mean; the same if nothing was ticked; and that nothing was found."""
    choices = (Choice("{{value}}", "{{label}}"),)
    places = QuestionPage("{{id}}", "choice", "", "", choices=choices)
    signs = (DangerSign("{{id}}", "{{label}}", ""),)
    proposal, nothing = ProposalView(choices, signs, OFFERS), ProposalView((), signs, ())
    return (
        BlankProposal("proposed", places, _view(), {}, proposal=proposal),
        BlankProposal("proposed-error", places, _view(), {PICK: nothing_fits()}, proposal=proposal),
        BlankProposal("nothing", places, _view(), {}, TYPED, proposal=nothing),
    )


def blank_handover(rules: RuleSet) -> HandoverView:
    """The page for the crew. Only the most urgent advice leads to it."""
    some_day = datetime.fromtimestamp(0, UTC)
    signs = (TimedSign("", "{{label}}", "{{answer}}", some_day),)
    return HandoverView(blank_result(rules, Level.AMBULANCE), "{{age}}", LINE, signs, some_day)


def _view() -> View:
    return View(CARRIED, STARTED, BACK, step="{{step}}", blank=True)


def blank_result(rules: RuleSet, level: Level) -> ResultView:
    """The advice of one level."""
    assessment = Assessment(
        level=level,
        disposition=level.disposition,
        reasons=(),
        first_aid=LINE,
        dont=LINE,
        return_to_play="{{return_to_play}}",
        again=Again(0, "{{again_words}}", ""),
        sooner_if=LINE,
        unasked=(),
        look_again=LINE,
        reviewed=rules.reviewed,
        version=rules.version,
        date=rules.date,
    )
    return ResultView(
        carried=CARRIED,
        started=STARTED,
        back=BACK,
        blank=True,
        assessment=assessment,
        words=rules.level_words[level],
        intended_use=rules.intended_use,
        answers=(AnswerInWords("{{finding}}", "", "{{label}}", "{{answer}}", None),),
        other_answers=(AnswerRow("{{finding}}", "{{label}}", "{{answer}}"),),
        because=LINE,
        further=(Further("{{label}}", LINE, LINE),),
        chips=(DangerSign("{{id}}", "{{label}}", ""),),
        changed="{{changed}}",
        day=format_day(rules.date),
        text_link=text_link(level),
        where=True,
        telling=Telling((POLICY,), (POLICY,)),
        settling=QuestionPage(
            "{{settling_id}}",
            "choice",
            "{{settling_title}}",
            "{{settling_hint}}",
            choices=tuple(Choice(word, rules.words[name]) for word, name in ANSWERS),
        ),
        pictures=rules.pictures if level <= Level.HOSPITAL else (),
        looks=(LookRow("{{field}}", ReportedLook(None, None, None, None)),),
    )


def nothing_ticked() -> str:
    """What a page of questions says if it was submitted without an answer."""
    return str(tg.i18n.ugettext("Choose what is true, or “None of these”"))


def nothing_fits() -> str:
    """What the page with the proposals says if it was submitted without a tick."""
    return str(tg.i18n.ugettext("Tick what fits, or choose from the list"))


def script_words(withheld: Iterable[str]) -> dict[str, str]:
    """Texts that the script puts into the pages, and that are in no template or rule; and whom the site tells."""
    words = {
        "careful": str(CAREFUL),
        "complaints": "What is wrong",
        "age": "How old",
        "no-time": "Time not known",
        "awake-true": "Awake",
        "awake-false": "Not awake",
        "awake-null": "Can’t tell if awake",
        "breathing-true": "breathing",
        "breathing-false": "not breathing normally",
        "breathing-null": "can’t tell how they breathe",
        "pain": "pain %(number)s",
        "pain-null": "can’t tell the pain",
        "words-none": "Write what is wrong, or choose it from the list",
        "words-long": "Write one short line, or choose from the list",
        "words-letters": "Use letters and numbers, or choose from the list",
    }
    attributes = {f"data-{name}": str(tg.i18n.ugettext(text)) for name, text in words.items()}
    return {**attributes, "data-withheld": " ".join(sorted(withheld))}
