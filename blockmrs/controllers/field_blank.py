"""The pages under /field with nothing in them: the phone's script fills the server's own markup.

Each text that depends on the answers is a place, such as {{label}}; each part that may be absent or repeated is there
once, with its name in `data-if` or `data-each`. What depends on the level alone is there already: one result a level.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import tg

from blockmrs.controllers.field_views import (
    Answered,
    Further,
    LookRow,
    ResultView,
    View,
    format_day,
    text_link,
)
from blockmrs.domain.reports import ReportedLook
from blockmrs.domain.triage.engine import Assessment
from blockmrs.domain.triage.pages import Choice, QuestionPage, Toggle
from blockmrs.domain.triage.rules import Again, DangerSign, Level, Policy, RuleSet
from blockmrs.domain.triage.telling import MENTAL_HEALTH, Telling
from blockmrs.services.advice import CAREFUL
from blockmrs.services.triage import Seen

LINE = ("{{it}}",)
CARRIED = (("{{carried}}", ""),)
BACK = (("{{back}}", ""),)
STARTED = "{{started}}"
# The block with the crisis lines is there only for this one; the script fills in which it is.
POLICY = Policy(MENTAL_HEALTH, "{{why}}", "{{tell}}", "{{parent_words}}", ())


@dataclass(frozen=True, slots=True)
class BlankPage:
    """A page of questions. `id` is its kind, with `-error` where nothing was ticked."""

    id: str
    page: QuestionPage
    view: View
    errors: dict[str, str]


def blank_pages(rules: RuleSet) -> tuple[BlankPage, ...]:
    """One of each kind."""
    view = View(CARRIED, STARTED, BACK, step="{{step}}", blank=True)
    choices = (Choice("{{value}}", "{{label}}"),)
    toggles = (Toggle("{{value}}", "{{label}}", "{{hint}}"),)
    ticks = QuestionPage("{{id}}", "toggles", "{{title}}", "{{hint}}", toggles=toggles)
    signs = QuestionPage("signs-again", "signs", rules.words["signs_title"], "{{hint}}")
    return (
        BlankPage("signs", signs, view, {}),
        BlankPage("choice", QuestionPage("{{id}}", "choice", "{{title}}", "{{hint}}", choices=choices), view, {}),
        BlankPage("toggles", ticks, view, {}),
        BlankPage("toggles-error", ticks, view, {"pick": nothing_ticked()}),
    )


def blank_result(rules: RuleSet, level: Level) -> ResultView:
    """The advice of one level."""
    found = Assessment(
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
        assessment=found,
        words=rules.level_words[level],
        intended_use=rules.intended_use,
        seen=(Seen("{{finding}}", "", "{{label}}", "{{answer}}", None),),
        other_answers=(Answered("{{finding}}", "{{label}}", "{{answer}}"),),
        because=LINE,
        further=(Further("{{label}}", LINE, LINE),),
        chips=(DangerSign("{{id}}", "{{label}}", ""),),
        changed="{{changed}}",
        day=format_day(rules.date),
        text_link=text_link(level),
        where=True,
        telling=Telling((POLICY,), (POLICY,)),
        looks=(LookRow("{{field}}", ReportedLook(None, None, None, None)),),
    )


def nothing_ticked() -> str:
    """What a page of questions says when it was sent on without an answer."""
    return str(tg.i18n.ugettext("Choose what is true, or “None of these”"))


def script_words(withheld: Iterable[str]) -> dict[str, str]:
    """Texts that the script puts into the pages, and that stand in no template or rule; and whom the site tells."""
    words = {
        "careful": str(CAREFUL),
        "complaints": "Where it hurts",
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
    }
    said = {f"data-{name}": str(tg.i18n.ugettext(text)) for name, text in words.items()}
    return {**said, "data-withheld": " ".join(sorted(withheld))}
