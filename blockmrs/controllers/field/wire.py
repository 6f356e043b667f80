"""An interview as fields of a form, and back: the names that travel with each page of `/field`, and nobody else's.

`a.<finding>`, `age` and `complaints` carry what is known, `which.<finding>` of what one or more are so, and
`again.<n>.<question>` each look since then; `sign`, `look`, or `page` with `pick` and `answer` or `choose`, is what was
just tapped. Anything with an unknown name is refused by that name, so a mistyped or forged field never counts as "no".
The phone's scripts read and write the same names, which tools/shared.py gives them from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from blockmrs.domain.triage.answers import ANSWERS, UNSURE, YES, format_answer, parse_answer
from blockmrs.domain.triage.course import ASKED, MOST_LOOKS, PAIN, Look
from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.pages import AGAIN, AGE, CHECKS, SETTLE, SIGNS, SIGNS_AGAIN, WHERE, WHERE_INNER, page_named
from blockmrs.domain.triage.rules import Nature, RuleSet
from blockmrs.domain.triage.taps import (
    NONE,
    AgeTap,
    AnswerTap,
    LookAgain,
    LookTap,
    PlaceTap,
    SignTap,
    Tap,
    TicksTap,
    check_look_answer,
    check_parts,
)
from blockmrs.domain.triage.umbrellas import BETWEEN, ONE_OR_MORE
from blockmrs.errors import InvalidInput
from blockmrs.services.advice.in_reports import AnswerTimes

if TYPE_CHECKING:
    from blockmrs.domain.triage.conditions import Answer
    from blockmrs.services.advice.interviews import TriageService

Pairs = tuple[tuple[str, str], ...]

LONGEST_VALUE = 200
MOST_FIELDS = 400
PREFIX = "a."
LOOK_PREFIX = "again."
WHICH_PREFIX = "which."
LOOK_NAME = re.compile(r"again\.([1-9][0-9]?)\.(awake|breathing|pain)")
COMPLAINTS = "complaints"
_CARRIED = (PREFIX, LOOK_PREFIX, WHICH_PREFIX)
SINGLE = ("sign", "age", COMPLAINTS, "page", "choose", "answer", "look")
PICK = "pick"
"""The one field that may occur several times: everything that was ticked."""
NEXT = "next"
# What was typed into a report, on its way through a changed answer and back (controllers/report/forms.py).
REPORT_PREFIX = "r-"
# Whose own record the answers are for, and which of its facts were left as they are: oneself ("me"), or a handle of
# services/people/persons.py, which means nothing to anybody else.
FOR_RECORD, FROM_RECORD = REPORT_PREFIX + "for", REPORT_PREFIX + "said"

# What the parts of a tap are called in the form.
_IN_FORMS = {"part": "choose", "band": "choose", "answer": "choose", "ticked": PICK, "presentations": PICK}


def only_mine(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those fields of a form that belong to the interview."""
    return [(name, value) for name, value in fields if name in (*SINGLE, PICK) or name.startswith(_CARRIED)]


def only_answers(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those made by `carry`, without what was just tapped."""
    return [(name, value) for name, value in fields if name in ("age", COMPLAINTS) or name.startswith(_CARRIED)]


def read(triage: TriageService, fields: Iterable[tuple[str, str]]) -> Interview:
    """The interview after what was just tapped.

    Args:
        triage: whose rules the answers are of.
        fields: names and values of one posted form, in any order.

    Raises:
        InvalidInput: a field is unknown, repeated, too long, or not an answer to its question; `field` names it.
    """
    values, picks = _sorted_out(fields)
    interview = _carried(triage.rules, values)
    tap = _tap(triage.rules, values, picks)
    if tap is None:
        return interview
    try:
        return triage.after(interview, tap)
    except InvalidInput as error:
        raise in_form(error) from error


def carry(interview: Interview) -> Pairs:
    """The hidden fields that carry the interview to the next page; `read` reads them back."""
    fields = [(PREFIX + name, format_answer(value)) for name, value in interview.answers.items()]
    if interview.age_band is not None:
        fields.append(("age", interview.age_band))
    if interview.presentations:
        fields.append((COMPLAINTS, ",".join(interview.presentations)))
    looks = (
        (f"{look_field(look.number)}.{name}", format_answer(value))
        for look in interview.course
        for name, value in look.answers.items()
    )
    return (*fields, *((WHICH_PREFIX + name, YES) for name in interview.which), *looks)


def without(triage: TriageService, interview: Interview, field: str) -> Interview:
    """The interview without one answer or look, or anything about `age` or `complaints`, which is asked again.

    Raises:
        InvalidInput: `field` is none of these.
    """
    if not field.startswith(LOOK_PREFIX):
        return triage.without(interview, field)
    number = field.removeprefix(LOOK_PREFIX)
    if not LOOK_NAME.fullmatch(f"{field}.{PAIN}"):
        raise InvalidInput("an unknown look", field=field[:LONGEST_VALUE])
    try:
        return triage.without_look(interview, int(number))
    except InvalidInput as error:
        raise InvalidInput(error.message, field=field[:LONGEST_VALUE]) from error


def look_field(number: int) -> str:
    """The name under which one look can be taken back; each of its fields begins with it."""
    return f"{LOOK_PREFIX}{number}"


def times_of(answered: Mapping[str, datetime]) -> AnswerTimes:
    """When each answer was given, from when each field got its value."""
    looks: dict[int, datetime] = {}
    for name, moment in answered.items():
        match = LOOK_NAME.fullmatch(name)
        if match is not None:
            looks[int(match[1])] = max(moment, looks.get(int(match[1]), moment))
    which = {name.removeprefix(WHICH_PREFIX): at for name, at in answered.items() if name.startswith(WHICH_PREFIX)}
    findings = which | {name.removeprefix(PREFIX): at for name, at in answered.items() if name.startswith(PREFIX)}
    return AnswerTimes(answered.get(COMPLAINTS), findings, looks)


def in_form(error: InvalidInput) -> InvalidInput:
    """The same refusal, by the name that the form has for what is wrong."""
    name = error.field or ""
    return InvalidInput(error.message, field=_IN_FORMS.get(name, name), **error.context)


def _sorted_out(fields: Iterable[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """Single fields by name, and the ticked ones; each checked for size and repetition."""
    values: dict[str, str] = {}
    picks: list[str] = []
    for number, (name, value) in enumerate(fields):
        if number >= MOST_FIELDS:
            raise InvalidInput("too many fields", field="answer")
        if len(name) > LONGEST_VALUE or len(value) > LONGEST_VALUE:
            raise InvalidInput("a value is too long", field=name[:LONGEST_VALUE])
        if name == PICK:
            if value in picks:
                raise InvalidInput("an answer occurs twice", field=name)
            picks.append(value)
            continue
        if name not in SINGLE and not name.startswith(_CARRIED):
            raise InvalidInput("an unknown field", field=name)
        if name in values:
            raise InvalidInput("a field occurs twice", field=name)
        values[name] = value
    return values, picks


def _carried(rules: RuleSet, values: Mapping[str, str]) -> Interview:
    """What the fields say is known already."""
    answers = {
        name.removeprefix(PREFIX): _answer(rules, name, name.removeprefix(PREFIX), text)
        for name, text in values.items()
        if name.startswith(PREFIX)
    }
    age = values.get("age")
    if age is not None and not rules.is_age_band(age):
        raise InvalidInput("an unknown age", field="age")
    complaints = tuple(values[COMPLAINTS].split(",")) if COMPLAINTS in values else ()
    if not set(complaints) <= set(rules.presentations) or len(set(complaints)) != len(complaints):
        raise InvalidInput("an unknown or repeated complaint", field=COMPLAINTS)
    return Interview(age, complaints, answers, _course(values), _which(rules, values))


def _which(rules: RuleSet, values: Mapping[str, str]) -> tuple[str, ...]:
    """The findings of which one or more are so, by these fields."""
    fields = [name for name in values if name.startswith(WHICH_PREFIX)]
    for name in fields:
        if values[name] != YES:
            raise InvalidInput("not an answer to this question", field=name)
        check_parts(rules, [name.removeprefix(WHICH_PREFIX)], name)
    return tuple(name.removeprefix(WHICH_PREFIX) for name in fields)


def _course(values: Mapping[str, str]) -> tuple[Look, ...]:
    """The looks that these fields carry, by their numbers; other fields are passed over."""
    by_number: dict[int, dict[str, Answer]] = {}
    for field, text in values.items():
        if field.startswith(LOOK_PREFIX):
            match = LOOK_NAME.fullmatch(field)
            if match is None:
                raise InvalidInput("an unknown look", field=field)
            by_number.setdefault(int(match[1]), {})[match[2]] = _look_answer(field, match[2], text)
    if len(by_number) > MOST_LOOKS:
        raise InvalidInput("too many looks", field="look")
    return tuple(Look(number, by_number[number]) for number in sorted(by_number))


def _tap(rules: RuleSet, values: Mapping[str, str], picks: list[str]) -> Tap | None:
    """What was just tapped; None where the form only carries what is known."""
    if "sign" in values:
        return SignTap(values["sign"])
    if "page" in values:
        return _page_tap(rules, values, picks)
    if "look" in values:
        if values["look"] != "again":
            raise InvalidInput("an unknown look", field="look")
        return LookAgain()
    for name in ("choose", "answer"):
        if name in values:
            raise InvalidInput("an answer without its page", field=name)
    if picks:
        raise InvalidInput("an answer without its page", field=PICK)
    return None


def _page_tap(rules: RuleSet, values: Mapping[str, str], picks: list[str]) -> Tap:
    """What was tapped on a page of questions."""
    page, choose = values["page"], values.get("choose")
    if choose is not None and picks:
        raise InvalidInput("one answer or the other", field=PICK)
    if page in (SIGNS, SIGNS_AGAIN):
        raise InvalidInput("a danger sign is tapped, not chosen", field="page")
    tap = _person_tap(rules, page, choose or "")
    if tap is not None:
        return tap
    finding = _asked_alone(rules, page)
    if finding is not None:
        return AnswerTap(finding, _yes_no(choose))
    if page_named(rules, page) is None:
        raise InvalidInput("an unknown page", field="page")
    return _ticks_tap(rules, page, values.get("answer"), picks)


def _person_tap(rules: RuleSet, page: str, choose: str) -> Tap | None:
    """What was tapped on a page about the person or the place, which no rule asks for; None on any other page."""
    if page == WHERE:
        return PlaceTap(choose)
    if page == AGE:
        return AgeTap(choose)
    if page in {WHERE_INNER + part.id for part in rules.parts if part.inner}:
        return PlaceTap(choose, within=page.removeprefix(WHERE_INNER))
    if page in {AGAIN + question for question in ASKED}:
        question = page.removeprefix(AGAIN)
        return LookTap(question, _look_answer("choose", question, choose))
    return None


def _asked_alone(rules: RuleSet, page: str) -> str | None:
    """The finding about which this page asks alone, for a yes or a no; None for any other page."""
    settling = rules.findings.get(page.removeprefix(SETTLE))
    if page.startswith(SETTLE) and settling is not None and settling.settles:
        return settling.id
    if page in CHECKS:
        return CHECKS[page]
    plan = page_named(rules, page)
    is_reassuring = plan is not None and rules.findings[plan.findings[0]].nature is Nature.REASSURING
    return plan.findings[0] if plan is not None and is_reassuring else None


def _ticks_tap(rules: RuleSet, page: str, answer: str | None, picks: list[str]) -> TicksTap:
    if answer not in (NEXT, NONE, UNSURE):
        raise InvalidInput("an unknown answer", field="answer")
    if answer == NEXT and not picks:
        raise InvalidInput("nothing was ticked", field=PICK)
    parted = [(finding, text) for finding, _, text in (pick.partition(":") for pick in picks)]
    ticked = tuple((name, _answer(rules, PICK, name, text)) for name, text in parted if name != ONE_OR_MORE)
    which = tuple(part for name, text in parted if name == ONE_OR_MORE for part in text.split(BETWEEN))
    return TicksTap(page, ticked, answer == UNSURE, which)


def _yes_no(choose: str | None) -> bool | None:
    if choose is None or choose not in ANSWERS:
        raise InvalidInput("an unknown answer", field="choose")
    return ANSWERS[choose]


def _answer(rules: RuleSet, field: str, name: str, text: str) -> Answer:
    """The answer that `text` is to the finding `name`."""
    finding = rules.findings.get(name)
    if finding is None:
        raise InvalidInput("an unknown finding", field=field)
    try:
        return parse_answer(finding, text)
    except InvalidInput as error:
        raise InvalidInput("not an answer to this question", field=field) from error


def _look_answer(field: str, question: str, text: str) -> Answer:
    """The answer that `text` is to a question of a look."""
    value: Any = ANSWERS.get(text, text)
    if question == PAIN and text.isascii() and text.isdigit() and len(text) < 3:
        value = int(text)
    try:
        return check_look_answer(question, value)
    except InvalidInput as error:
        raise InvalidInput(error.message, field=field) from error
