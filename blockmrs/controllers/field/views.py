"""What the pages under /field show, as values: the controller makes them, the templates only print them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import tg

from blockmrs.controllers.field.journey import Journey, way_back
from blockmrs.controllers.field.wire import FOR_RECORD, REPORT_PREFIX, Pairs, carry, look_field
from blockmrs.controllers.site.dates import format_day
from blockmrs.controllers.site.hand_on import text_message
from blockmrs.domain.triage.course import MOST_LOOKS
from blockmrs.domain.triage.rules import DangerSign, Level
from blockmrs.domain.triage.taps import SignTap
from blockmrs.domain.triage.telling import Telling
from blockmrs.errors import N_
from blockmrs.services.advice.in_reports import AnswerTimes, looks_of, reasons_of
from blockmrs.services.people.persons import ME

if TYPE_CHECKING:
    from blockmrs.domain.reports import ReportedLook
    from blockmrs.domain.triage.engine import Assessment, Interview
    from blockmrs.domain.triage.pages import QuestionPage
    from blockmrs.domain.triage.rules import Picture
    from blockmrs.domain.venues import Plan
    from blockmrs.services.advice.interviews import AnswerInWords, TriageService
    from blockmrs.services.people.roster import Player

# The field by which a report's form says when it was first on the screen.
SHOWN = REPORT_PREFIX + "shown"
HANDLE = re.compile(r"me|[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class View:
    """What any page under /field needs besides its question. `back` is empty if "Back" leads to the first screen.

    `step` counts pages, for people. A `blank` view is a page that the phone's script fills (field_blank.py).
    """

    carried: Pairs
    started: int | str
    back: Pairs = ()
    picked: tuple[str, ...] = ()
    step: int | str = 1
    blank: bool = False

    def mark(self, name: str) -> str | None:
        """The name by which the script knows a part of a blank page; None on all others, for no attribute."""
        return name if self.blank else None

    @property
    def record(self) -> str:
        """The handle of the person whose record the answers are for; empty for somebody hurt at the field."""
        handle = next((value for name, value in self.carried if name == FOR_RECORD), "")
        return handle if HANDLE.fullmatch(handle) else ""

    @property
    def is_about_oneself(self) -> bool:
        """Whether whoever reads the page is the person whom it is about."""
        return self.record == ME

    @property
    def first(self) -> str:
        """Where the questions began."""
        return ill_address(self.record) if self.record else "/field"

    @property
    def is_writing(self) -> bool:
        """Whether these answers come from a report that is being written already, and go back to it."""
        return any(name == SHOWN for name, _value in self.carried)

    @property
    def acting_for(self) -> str:
        """The person for whom a guardian gives these answers, as named on the record's page."""
        name = next((value for key, value in self.carried if key == REPORT_PREFIX + "name"), "")
        return name if self.record not in ("", ME) else ""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer as a row with "Change". `finding` may also be `complaints` or `age`."""

    finding: str
    label: str
    answer: str


@dataclass(frozen=True, slots=True)
class LookRow:
    """One look since then, and the name under which it can be taken back."""

    field: str
    look: ReportedLook


@dataclass(frozen=True, slots=True)
class TimedSign:
    """One sign, and when it was reported; `at` is None if no believable time came with it."""

    finding: str
    label: str
    answer: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Further:
    """What to do about a further danger sign, below the deciding advice."""

    label: str
    first_aid: tuple[str, ...]
    dont: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResultView(View):
    """The advice and everything around it.

    With `where` the page says where the team is: from `plan`, or by asking for it afterwards. `hurt` is the player whom
    a coach has chosen already, with whom to call. `telling` says who is told; what is withheld from the family offers
    no message to a parent, unless its words say when.
    """

    assessment: Assessment | None = None
    words: str = ""
    intended_use: str = ""
    answers: tuple[AnswerInWords, ...] = ()
    other_answers: tuple[AnswerRow, ...] = ()
    because: tuple[str, ...] = ()
    further: tuple[Further, ...] = ()
    chips: tuple[DangerSign, ...] = ()
    changed: str = ""
    day: str = ""
    text_link: str = ""
    injured: int = 0
    where: bool = False
    plan: Plan | None = None
    hurt: Player | None = None
    telling: Telling = field(default_factory=Telling)
    looks: tuple[LookRow, ...] = ()
    may_look: bool = True
    since: int = 0
    settling: QuestionPage | None = None
    pictures: tuple[Picture, ...] = ()

    @property
    def again_at(self) -> datetime:
        """When to look again, counted from the last answer or look."""
        again = self.assessment.again if self.assessment else None
        return datetime.fromtimestamp(self.since + (60 * again.after_min if again else 0), UTC)

    @property
    def injured_at(self) -> datetime:
        """When it happened, if somebody said so."""
        return datetime.fromtimestamp(self.injured, UTC)


def ill_address(handle: str) -> str:
    """Where "I feel ill" begins for the person with that handle."""
    return "/record/ill" if handle == ME else f"/record/ill/{handle}"


def page_view(
    triage: TriageService, interview: Interview, journey: Journey, page: QuestionPage, picked: Sequence[str] = ()
) -> View:
    """The view of a question page."""
    carried = carry(interview)
    all_of_it = (*carried, *journey.pairs())
    # A look without any answer yet came from the advice, not from a page that added something.
    is_begun = any(not look.answers for look in interview.course)
    back = (*all_of_it, ("started", str(journey.started))) if is_begun else way_back(carried, journey)
    return View(all_of_it, journey.started, back, tuple(picked), page.number + 1)


def result_view(triage: TriageService, interview: Interview, journey: Journey, now: datetime) -> ResultView:
    """The view of the advice. Every form on it carries the level, so that a later page can say "Advice changed"."""
    answered = journey.answered(now)
    assessment = triage.conclude(interview)
    carried = carry(interview)
    onward = replace(journey, was=assessment.level)
    changed = ""
    if journey.was is not None and assessment.level != journey.was:
        changed = "up" if assessment.level < journey.was else "down"
    rows = triage.answers_in_words(interview)
    on_page = {row.finding for row in rows}
    own = any(name == FOR_RECORD for name, _ in journey.report_pairs)
    further = _further(triage, interview, assessment)
    lines = (*assessment.first_aid, *(line for sign in further for line in sign.first_aid))
    return ResultView(
        carried=(*carried, *onward.pairs()),
        started=journey.started,
        back=way_back(carried, onward),
        assessment=assessment,
        words=triage.rules.level_words[assessment.level],
        intended_use=triage.rules.intended_use,
        answers=rows,
        other_answers=other_answers(triage, interview, on_page)
        if interview.presentations and journey.trail[1:]
        else (),
        because=tuple(dict.fromkeys(because for _, because in reasons_of(assessment)))[:2],
        further=further,
        pictures=triage.rules.pictures_for(assessment.level, lines),
        chips=tuple(sign for sign in triage.rules.signs if sign.finding not in on_page),
        changed=changed,
        day=format_day(assessment.date),
        text_link="" if own else text_link(assessment.level),
        injured=journey.injured,
        looks=look_rows(interview, journey.times(now)),
        may_look=len(interview.course) < MOST_LOOKS,
        settling=triage.settling_page(interview),
        since=int(max(answered.values(), default=now).timestamp()),
    )


def look_rows(interview: Interview, times: AnswerTimes) -> tuple[LookRow, ...]:
    """Every complete look, with the time of its last answer."""
    whole = [look for look in interview.course if look.next_question is None]
    in_words = looks_of(interview, times)
    return tuple(LookRow(look_field(look.number), words) for look, words in zip(whole, in_words, strict=True))


def timed(rows: Iterable[AnswerInWords], times: AnswerTimes) -> tuple[TimedSign, ...]:
    """The signs in the order in which they were reported; those of unknown time first."""
    signs = [TimedSign(row.finding, row.label, row.answer, times.findings.get(row.finding)) for row in rows]
    return tuple(sorted(signs, key=lambda sign: sign.at.timestamp() if sign.at else 0))


def text_link(level: Level) -> str:
    """Words for a parent that name nobody and reveal nothing medical; the phone's owner adds to whom. Level 1: none."""
    if level is Level.AMBULANCE:
        return ""
    return text_message(tg.i18n.ugettext("Your child has been hurt at sport. Please call me."))


def _further(triage: TriageService, interview: Interview, assessment: Assessment) -> tuple[Further, ...]:
    """The first aid of every danger sign that was tapped but did not decide: a further sign hides nothing.

    Each is judged with what was answered below its advice, so that one that was settled says nothing any more.
    """
    rows = []
    for sign in triage.rules.signs:
        if interview.answers.get(sign.finding) is not True:
            continue
        names = [name for name, finding in triage.rules.findings.items() if finding.settles == sign.finding]
        below = {name: interview.answers[name] for name in names if name in interview.answers}
        alone = triage.after(triage.start(), SignTap(sign.id))
        own = triage.conclude(replace(alone, age_band=interview.age_band, answers={**alone.answers, **below}))
        if own.level is Level.AMBULANCE and own.first_aid != assessment.first_aid:
            rows.append(Further(sign.label, own.first_aid, own.dont))
    return tuple(rows)


def other_answers(triage: TriageService, interview: Interview, on_page: set[str]) -> tuple[AnswerRow, ...]:
    """Every answer that "You saw" leaves out: the place, the age, and what was not the case."""
    places = [triage.rules.presentations[name].title for name in interview.presentations]
    rows = [AnswerRow("complaints", N_("What is wrong"), places[0])] if places else []
    ages = {band.id: band.label for band in triage.rules.age_bands}
    if interview.age_band is not None:
        rows.append(AnswerRow("age", N_("How old"), ages[interview.age_band]))
    every = triage.answers_in_words(interview, all_answers=True)
    return (*rows, *(AnswerRow(row.finding, row.label, row.answer) for row in every if row.finding not in on_page))


def utc_now() -> datetime:
    """The present, aware of its zone."""
    return datetime.now(UTC)
