"""What a person taps, and the interview after it. Anything unknown is refused, so it never counts as "no".

after(rules, interview, SignTap("choking"))                      one tap on the first screen
after(rules, interview, PlaceTap("arm"))                         where it hurts
after(rules, interview, TicksTap("head-danger", (("head-sleepy", True),)))
after(rules, interview, LookAgain())                             begins a look at how they are now
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import assert_never

from blockmrs.domain.triage.answers import UNSURE, check_answer
from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.course import ASKED, MOST_LOOKS, MOST_PAIN, PAIN, Look
from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.pages import LOOKED_AGAIN, WHERE, answer_all, page_named, shown_findings
from blockmrs.domain.triage.rules import BodyPart, Finding, RuleSet
from blockmrs.domain.triage.umbrellas import may_be_part
from blockmrs.errors import InvalidInput

NONE = "none"


@dataclass(frozen=True, slots=True)
class SignTap:
    """A danger sign, by its id; `NONE` and `UNSURE` are about all of them."""

    sign: str


@dataclass(frozen=True, slots=True)
class PlaceTap:
    """Where it hurts. `within` is the part that was chosen before, where that has parts of its own."""

    part: str
    within: str = ""


@dataclass(frozen=True, slots=True)
class AgeTap:
    """How old, as an age band of the rules."""

    band: str


@dataclass(frozen=True, slots=True)
class AnswerTap:
    """The answer to one question."""

    finding: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class TicksTap:
    """A page of things to tick: what was ticked, with its answer. The rest is no, or open to doubt if `unsure`.

    `which` are the parts of the umbrellas that were ticked: one or more are so, and which is asked next.
    """

    page: str
    ticked: tuple[tuple[str, Answer], ...] = ()
    unsure: bool = False
    which: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LookTap:
    """The answer to one question of the look that is open, or of a new one."""

    question: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Begins a look."""


Tap = SignTap | PlaceTap | AgeTap | AnswerTap | TicksTap | LookTap | LookAgain


def after(rules: RuleSet, interview: Interview, tap: Tap) -> Interview:
    """The interview after what was just tapped.

    Raises:
        InvalidInput: the rules know no such thing; `field` names the part of the tap.
    """
    match tap:
        case SignTap(sign):
            return _after_sign(rules, interview, sign)
        case PlaceTap():
            return _at(rules, interview, tap)
        case AgeTap(band):
            if not rules.is_age_band(band):
                raise InvalidInput("an unknown age", field="band")
            return replace(interview, age_band=band)
        case AnswerTap(finding, answer):
            return replace(interview, answers={**interview.answers, finding: _known(rules, finding, answer, "answer")})
        case TicksTap():
            return _ticked(rules, interview, tap)
        case LookTap(question, answer):
            return _after_look(interview, question, answer)
        case LookAgain():
            return begin_look(interview)
    assert_never(tap)


def begin_look(interview: Interview) -> Interview:
    """The interview with a look begun; as it is, where one is open already or there are as many as can be."""
    course = interview.course
    if any(look.next_question is not None for look in course) or len(course) >= MOST_LOOKS:
        return interview
    number = max((look.number for look in course), default=0) + 1
    return replace(interview, course=(*course, Look(number, {})))


def without_look(interview: Interview, number: int) -> Interview:
    """The interview without that look, and with a new one begun in its place.

    Raises:
        InvalidInput: there is no such look.
    """
    course = tuple(look for look in interview.course if look.number != number)
    if len(course) == len(interview.course):
        raise InvalidInput("an unknown look", field="look")
    return begin_look(replace(interview, course=course))


def check_look_answer(question: str, answer: Answer) -> Answer:
    """The answer, if it is one to this question of a look.

    Raises:
        InvalidInput: it is none; `field` is "answer".
    """
    is_number = isinstance(answer, int) and not isinstance(answer, bool)
    if answer is None or (question == PAIN and is_number and 0 <= int(answer) <= MOST_PAIN):
        return answer
    if question in ASKED and question != PAIN and isinstance(answer, bool):
        return answer
    raise InvalidInput("not an answer to this question", field="answer")


def check_parts(rules: RuleSet, names: Iterable[str], field: str) -> tuple[str, ...]:
    """The findings, each once, if an umbrella may stand for each.

    Raises:
        InvalidInput: one is no finding, or never a part; `field` is as given.
    """
    parts = tuple(dict.fromkeys(names))
    if not all(may_be_part(rules, name) for name in parts):
        raise InvalidInput("an unknown finding", field=field)
    return parts


def _after_sign(rules: RuleSet, interview: Interview, sign: str) -> Interview:
    """The interview after a tap on the first screen."""
    findings = {entry.id: entry for entry in rules.signs}
    if sign == NONE:
        return answer_all(rules, interview, [name for name in findings if not interview.answers.get(name)])
    if sign == UNSURE:
        if LOOKED_AGAIN not in interview.answers:
            return replace(interview, answers={**interview.answers, LOOKED_AGAIN: True})
        open_signs = [name for name in findings if interview.answers.get(name) is not True]
        return answer_all(rules, interview, open_signs, unsure=True)
    if sign not in findings:
        raise InvalidInput("an unknown danger sign", field="sign")
    complaints = tuple(dict.fromkeys((*interview.presentations, findings[sign].presentation)))
    # Tapped once more, a sign stands again: what had settled it is asked anew.
    settling = {finding.id for finding in rules.findings.values() if finding.settles == sign}
    answers = {name: value for name, value in interview.answers.items() if name not in settling}
    return replace(interview, presentations=complaints, answers={**answers, sign: True})


def _at(rules: RuleSet, interview: Interview, tap: PlaceTap) -> Interview:
    """The interview after a tap on where it hurts, with the complaints, or the page of places that comes next."""
    parts: Iterable[BodyPart] = rules.parts
    if tap.within:
        parts = next((part.inner for part in rules.parts if part.id == tap.within), ())
    part = next((part for part in parts if part.id == tap.part), None)
    if part is None:
        raise InvalidInput("an unknown place", field="part")
    if part.inner:
        return replace(interview, answers={**interview.answers, WHERE: part.id})
    opened = dict.fromkeys((*interview.presentations, *part.presentations))
    return replace(interview, presentations=tuple(opened))


def _ticked(rules: RuleSet, interview: Interview, tap: TicksTap) -> Interview:
    """Ticked is yes; the rest is no, or "can't tell" after "Not sure about some".

    A question that decides who is told is then left open, and the page comes once more: being unsure about another
    question does not mean being unsure about this one.
    """
    plan = page_named(rules, tap.page)
    if plan is None:
        raise InvalidInput("an unknown page", field="page")
    chosen: dict[str, Answer] = {}
    for name, answer in tap.ticked:
        value = _known(rules, name, answer, "ticked")
        chosen[name] = value if name not in chosen else _worse(rules.findings[name], chosen[name], value)
    which = check_parts(rules, tap.which, "ticked")
    rest = [name for name in shown_findings(rules, interview, plan) if name not in (*chosen, *which)]
    if tap.unsure and not any(interview.answers.get(name, False) is None for name in plan.findings):
        rest = [name for name in rest if not rules.findings[name].policy] or rest
    answered = answer_all(rules, interview, rest, unsure=tap.unsure)
    every = tuple(dict.fromkeys((*answered.which, *which)))
    return replace(answered, answers={**answered.answers, **chosen}, which=every)


def _after_look(interview: Interview, question: str, answer: Answer) -> Interview:
    """The interview after one answer of the look that is open, or of a new one."""
    value = check_look_answer(question, answer)
    course = begin_look(interview).course
    taken = next((look for look in course if look.next_question is not None), None)
    if taken is None:
        raise InvalidInput("too many looks", field="look")
    now = Look(taken.number, {**taken.answers, question: value})
    return replace(interview, course=tuple(now if look is taken else look for look in course))


def _known(rules: RuleSet, finding: str, answer: Answer, field: str) -> Answer:
    known = rules.findings.get(finding)
    if known is None:
        raise InvalidInput("an unknown finding", field=field)
    try:
        return check_answer(known, answer)
    except InvalidInput as error:
        raise InvalidInput("not an answer to this question", field=field) from error


def _worse(finding: Finding, one: Answer, other: Answer) -> Answer:
    """Of two options ticked at once, the one listed first, which is the more dangerous."""
    order: list[Answer] = [option.value for option in finding.options]
    return min((one, other), key=lambda value: order.index(value) if value in order else len(order))
