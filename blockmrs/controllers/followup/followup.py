"""Symptom checks after a head injury, below the report's own page.

GET, POST /field/report/<id>/check           the questions; saves them once
GET       /field/report/<id>/check/<check>   what was answered, and the advice
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import tg
from tg import expose, redirect
from tg.i18n import ugettext as _

from blockmrs.controllers.followup.clearance import CLEARED_WORDS
from blockmrs.controllers.followup.part import ReportPart
from blockmrs.controllers.followup.trend import Trend, draw_trend
from blockmrs.controllers.web.context import (
    BOTH,
    PAGE,
    posted_form,
    problem,
    require_actor,
    show,
    try_again,
    words_of_error,
)
from blockmrs.controllers.web.recovery_code import code_first
from blockmrs.domain.followups import (
    HEAD_CHECK,
    PLANNED_DAYS,
    SIGNS_PAGE,
    SYMPTOMS_PAGE,
    WORSE_PAGE,
    SymptomCheck,
    answers_of,
    questions_on,
)
from blockmrs.domain.triage.answers import NO, UNSURE, YES, parse_answer
from blockmrs.domain.triage.engine import Interview, facts_of
from blockmrs.domain.triage.rules import Finding, Kind, RuleSet
from blockmrs.errors import N_, InvalidInput, NotFound, Unavailable

if TYPE_CHECKING:
    from blockmrs.controllers.web.forms import Form
    from blockmrs.domain.triage.conditions import Answer
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services
    from blockmrs.services.followup.symptom_checks import FollowUp

NONE = "none"
_OPEN = N_("Choose an answer")
_NOTHING_TICKED = N_("Tick what is true, or “None of these”")
LONGEST = 80
# For as long as this a check's advice is an order, also for the next who opens it; then it is what was advised.
_ADVICE_HOLDS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class FollowUpView:
    """What a report's page shows of the days after: the checks, what is due, the last check in numbers, the chart."""

    follow: FollowUp
    trend: Trend | None
    most: int
    last: SymptomCheck | None
    before: SymptomCheck | None
    next_day: int | None


def view_of(follow: FollowUp | None, rules: RuleSet) -> FollowUpView | None:
    """The follow-up for a page; None if a report has none."""
    if follow is None:
        return None
    checks = [made.check for made in follow.checks]
    most = len(questions_on(rules, SYMPTOMS_PAGE, follow.band))
    return FollowUpView(
        follow,
        draw_trend([(check.day, check.noted) for check in checks], most),
        most,
        checks[-1] if checks else None,
        checks[-2] if len(checks) > 1 else None,
        next((day for day in PLANNED_DAYS if day > follow.day), None),
    )


class CheckController(ReportPart):
    """The checks of the report at `address`; made for one request."""

    @expose(allowed_methods=BOTH)
    def index(self, **_ignored: object) -> str:
        """The questions; then saving the answers, once."""
        actor = require_actor()
        if tg.request.method == "POST":
            return self._save(actor)
        return self._form(self._services.followups.open(actor, self._address), None, {})

    @expose()
    def _lookup(self, check_id: str, *rest: str) -> tuple[OneCheckController, tuple[str, ...]]:
        return OneCheckController(self._services, self._address, check_id), rest

    @property
    def _page(self) -> str:
        return f"{report_page(self._address)}/check"

    def _save(self, actor: Actor) -> str:
        if not actor.recovery_confirmed:
            return code_first(self._page)
        form, follow_ups = posted_form(), self._services.followups
        there = follow_ups.open(actor, self._address)
        answers, errors = read_answers(form, follow_ups.rules, there.band)
        if errors:
            return self._form(there, form, errors)
        try:
            made = follow_ups.save(actor, self._address, form.text("check-draft"), Interview(answers=answers))
        except InvalidInput as error:
            missing = follow_ups.rules.findings.get(error.field or "")
            errors = problem(error) if missing is None else {_field(missing): words_of_error(error)}
            return self._form(there, form, errors)
        except Unavailable as error:
            words = N_("It is not saved yet. The disk or the network did not answer. Nothing is lost: press Save again")
            return self._form(there, form, try_again(error, words), status=503)
        redirect(f"{self._page}/{made.check_id}?saved=1")

    def _form(self, there: FollowUp, form: Form | None, errors: dict[str, str], status: int = 200) -> str:
        rules = self._services.followups.rules_to(there)
        signs, symptoms = (questions_on(rules, page, there.band) for page in (SIGNS_PAGE, SYMPTOMS_PAGE))
        worse = questions_on(rules, WORSE_PAGE, there.band)[0]
        plans = {page.id: page for page in rules.presentations[HEAD_CHECK].pages}
        answers = {finding.id: _typed_answer(form, finding) for finding in (*symptoms, worse)}
        return show(
            "followup.form",
            status,
            errors=errors,
            summary=_in_short(errors),
            report_page=report_page(self._address),
            follow=there,
            signs_page=plans[SIGNS_PAGE],
            symptoms_page=plans[SYMPTOMS_PAGE],
            worse_page=plans[WORSE_PAGE],
            signs=[pair for finding in signs for pair in _ticks(finding)],
            ticked=form.several("pick") if form is not None else [],
            symptoms=symptoms,
            worse=worse,
            answers=answers,
            draft=form.text_or_empty("check-draft", LONGEST) if form is not None else secrets.token_hex(16),
        )


class OneCheckController(ReportPart):
    """One saved check."""

    def __init__(self, services: Services, address: str, check_id: str) -> None:
        super().__init__(services, address)
        self._check_id = check_id

    @expose(allowed_methods=PAGE)
    def index(self, saved: object = None, **_ignored: object) -> str:
        """The advice, what to do, and the answers."""
        actor, follow_ups = require_actor(), self._services.followups
        there = follow_ups.open(actor, self._address)
        made = next((made for made in there.checks if made.check_id == self._check_id), None)
        if made is None:
            raise NotFound("no such check")
        rules = follow_ups.rules_to(there)
        forms = rules.oneself if there.about_me else {}
        now = self._services.reports.now()
        level = next(level for level in rules.level_words if int(level) == made.check.advice.level)
        facts = facts_of(rules, answers_of(made.check, rules, there.band))
        advice = rules.advice_to(rules.presentations[HEAD_CHECK].advice[level.disposition], facts)
        return show(
            "followup.saved",
            report_page=report_page(self._address),
            made=made,
            saved=saved is not None,
            given=now - made.check.made_at >= _ADVICE_HOLDS,
            now=now,
            advice=advice,
            pictures=rules.pictures_for(level, advice.first_aid),
            sooner_if=rules.as_said(rules.presentations[HEAD_CHECK].sooner_if, facts),
            because=tuple(dict.fromkeys(forms.get(text, text) for _, text in made.check.advice.reasons)),
            words=[
                (heading, [(forms.get(question, question), answer) for question, answer in rows])
                for heading, rows in answer_words(rules, made.check)
            ],
            sport=self._services.clearances.of(actor, self._address),
            cleared_words=CLEARED_WORDS,
        )


def report_page(address: str) -> str:
    """Where the report's own page is."""
    return f"/field/report/{quote(address, safe='')}"


def answer_words(rules: RuleSet, check: SymptomCheck) -> list[tuple[str, list[tuple[str, str]]]]:
    """The answers of a check as people read them: a heading, then questions with their answers, all in English."""
    groups = ((N_("Danger signs"), check.signs), (N_("Symptoms"), check.symptoms))
    return [
        (heading, [(answer.question, _word(rules.findings.get(answer.finding), answer.answer)) for answer in answers])
        for heading, answers in groups
    ]


def _in_short(errors: dict[str, str]) -> dict[str, str]:
    """What is wrong, as the top of the page says it: several questions without an answer lead to the first of them."""
    waiting = [name for name, text in errors.items() if text in (_OPEN, _NOTHING_TICKED)]
    if len(waiting) < 2:
        return errors
    words = _("%(number)d questions have no answer yet. Go to the first one") % {"number": len(waiting)}
    return {name: words if name == waiting[0] else text for name, text in errors.items() if name not in waiting[1:]}


def read_answers(form: Form, rules: RuleSet, band: str | None) -> tuple[dict[str, Answer], dict[str, str]]:
    """The answers by finding, and what is wrong, by field."""
    signs, picks = questions_on(rules, SIGNS_PAGE, band), form.several("pick")
    answers = _picked(signs, picks)
    problem = _wrong_picks(signs, picks)
    errors = {"pick": problem} if problem else {}
    for finding in (*questions_on(rules, SYMPTOMS_PAGE, band), *questions_on(rules, WORSE_PAGE, band)):
        text = form.text_or_empty(_field(finding), LONGEST)
        if text in _values(finding):
            answers[finding.id] = parse_answer(finding, text)
        else:
            errors[_field(finding)] = _OPEN
    return answers, errors


def _wrong_picks(signs: Iterable[Finding], picks: Sequence[str]) -> str:
    """What is wrong with the ticks of the page with the danger signs; empty if nothing is."""
    if not {*picks} <= {*_all_ticks(signs), NONE, UNSURE}:
        return N_("Choose from the list")
    if not picks:
        return _NOTHING_TICKED
    return N_("Tick what is true, or “None of these” alone") if NONE in picks and len(picks) > 1 else ""


def _picked(signs: Iterable[Finding], picks: Sequence[str]) -> dict[str, Answer]:
    """The answers that these ticks are: of the ticks of one sign the worst, and without any "no", or "can't tell"."""
    known, rest = _all_ticks(signs), UNSURE if UNSURE in picks else NO
    ticked = [pick.partition(":") for pick in picks if pick in known]
    answers: dict[str, Answer] = {}
    for finding in signs:
        mine = [value for name, _colon, value in ticked if name == finding.id]
        absent = rest if finding.kind is Kind.YES_NO or rest == UNSURE else str(finding.none)
        answers[finding.id] = parse_answer(finding, max(mine, default=absent))
    return answers


def _all_ticks(signs: Iterable[Finding]) -> set[str]:
    return {value for finding in signs for value, _ in _ticks(finding)}


def _field(finding: Finding) -> str:
    """The name of the form's field for a question with several answers."""
    return f"a.{finding.id}"


def _ticks(finding: Finding) -> list[tuple[str, str]]:
    """The values and labels of a danger sign's ticks."""
    if finding.kind is Kind.YES_NO:
        return [(f"{finding.id}:{YES}", finding.label)]
    return [(f"{finding.id}:{option.value}", option.label) for option in finding.options]


def _values(finding: Finding) -> tuple[str, ...]:
    if finding.kind is Kind.YES_NO:
        return (YES, NO, UNSURE)
    return (str(finding.none), *(str(option.value) for option in finding.options), UNSURE)


def _typed_answer(form: Form | None, finding: Finding) -> str:
    text = form.text_or_empty(_field(finding), LONGEST) if form is not None else ""
    return text if text in _values(finding) else ""


def _word(finding: Finding | None, answer: str) -> str:
    fixed: dict[str, Any] = {YES: N_("Yes"), NO: N_("No"), UNSURE: N_("Can’t tell"), NONE: N_("None")}
    if answer in fixed:
        return str(fixed[answer])
    for option in finding.options if finding is not None else ():
        if answer == str(option.value):
            return option.label
    return N_("No") if answer == "0" else answer
