"""Start, answer, conclude: what the pages of `/field` need. Nothing is kept.

An interview lives in the form fields that travel with each page: `a.<finding>`, `age` and `complaints` carry what is
known, and `again.<n>.<question>` each look since then; `sign`, `look`, or `page` with `pick` and `answer` or `choose`,
is what was just tapped. Anything with an unknown name is refused by that name, so a mistyped or forged field never
counts as "no".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from blockmrs.domain.facts import HealthFacts, age_of
from blockmrs.domain.triage.course import ASKED
from blockmrs.domain.triage.engine import Assessment, Interview, assess
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import (
    AGAIN,
    AGE,
    CHECKS,
    LOOKED_AGAIN,
    NO,
    SIGNS,
    SIGNS_AGAIN,
    UNSURE,
    WHERE,
    WHERE_INNER,
    YES,
    QuestionPage,
    absence,
    answer_all,
    next_page,
    page_named,
    shown_findings,
)
from blockmrs.domain.triage.proposals import band_of_age, proposed
from blockmrs.domain.triage.routing import Proposal, Words, check_words, load_words, propose
from blockmrs.domain.triage.rules import ALWAYS, BodyPart, Finding, Kind, Nature, PagePlan, RuleSet
from blockmrs.errors import InvalidInput
from blockmrs.services.advice.check_again import (
    LOOK_PREFIX,
    WORDS,
    begin_look,
    carry_course,
    read_course,
    take_look,
    without_look,
)

if TYPE_CHECKING:
    from blockmrs.domain.triage.conditions import Answer

LONGEST_VALUE = 200
MOST_FIELDS = 400
PREFIX = "a."
SINGLE = ("sign", "age", "complaints", "page", "choose", "answer", "look")
PICK = "pick"
"""The one field that may occur several times: everything that was ticked."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer to be read: the question, its short label, and the answer in words."""

    finding: str
    question: str
    label: str
    answer: str
    value: Answer


class TriageService:
    """Advice for whoever asks. Every method may raise RulesUnreadable; pages then say only whom to call."""

    def __init__(self, load: Callable[[], RuleSet] = load_rules) -> None:
        self._load = load
        self._words: Words | None = None

    @property
    def rules(self) -> RuleSet:
        """The rule set in use."""
        return self._load()

    @property
    def words(self) -> Words:
        """The lists of words used for routing, checked against the rules."""
        if self._words is None:
            words = load_words()
            check_words(words, self.rules)
            self._words = words
        return self._words

    def start(self) -> Interview:
        """An interview with nothing answered."""
        return Interview()

    def only_mine(self, fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those fields of a form that belong to the interview."""
        mine = (PREFIX, LOOK_PREFIX)
        return [(name, value) for name, value in fields if name in (*SINGLE, PICK) or name.startswith(mine)]

    def only_answers(self, fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those made by `carry`, without what was just tapped."""
        mine = (PREFIX, LOOK_PREFIX)
        return [(name, value) for name, value in fields if name in ("age", "complaints") or name.startswith(mine)]

    def read(self, fields: Iterable[tuple[str, str]]) -> Interview:
        """The interview after what was just tapped.

        Args:
            fields: names and values of one posted form, in any order.

        Raises:
            InvalidInput: a field is unknown, repeated, too long, or not an answer to its question; `field` names it.
        """
        values, picks = _sorted_out(fields)
        interview = self._carried(values)
        if "sign" in values:
            return self._after_sign(interview, values["sign"])
        if "page" in values:
            return self._after_page(interview, values, picks)
        if "look" in values:
            if values["look"] != "again":
                raise InvalidInput("an unknown look", field="look")
            return begin_look(interview)
        for name in ("choose", "answer"):
            if name in values:
                raise InvalidInput("an answer without its page", field=name)
        if picks:
            raise InvalidInput("an answer without its page", field=PICK)
        return interview

    def from_record(self, facts: HealthFacts, today: date) -> Interview:
        """An interview in which only what follows from these facts is answered."""
        band = None if facts.birth_date is None else band_of_age(*age_of(facts.birth_date, today))
        return Interview(band, (), dict(proposed(self.rules, facts.said)))

    def carry(self, interview: Interview) -> tuple[tuple[str, str], ...]:
        """The hidden fields that carry the interview to the next page; `read` reads them back."""
        fields = [(PREFIX + name, _as_text(value)) for name, value in interview.answers.items()]
        if interview.age_band is not None:
            fields.append(("age", interview.age_band))
        if interview.presentations:
            fields.append(("complaints", ",".join(interview.presentations)))
        return (*fields, *carry_course(interview.course))

    def next_page(self, interview: Interview) -> QuestionPage | None:
        """The question to ask now, or None once the advice is final."""
        return next_page(self.rules, interview)

    def conclude(self, interview: Interview) -> Assessment:
        """The advice for what has been answered so far."""
        return assess(self.rules, interview)

    def route(self, text: str) -> Proposal:
        """The complaints and danger signs that these words may mean, for a person to confirm. Keeps nothing.

        Raises:
            InvalidInput: more than one line's worth of text, or control characters in it.
        """
        return propose(self.words, text)

    def confirm(self, interview: Interview, complaints: Iterable[str]) -> Interview:
        """The interview with these complaints, which the person ticked; their questions come next.

        Raises:
            InvalidInput: none was ticked, or one is not a complaint.
        """
        chosen = tuple(dict.fromkeys(complaints))
        if not chosen or not set(chosen) <= set(self.rules.presentations) - set(ALWAYS):
            raise InvalidInput("Tick what fits, or choose where it hurts", field=PICK)
        return replace(interview, presentations=tuple(dict.fromkeys((*interview.presentations, *chosen))))

    def without(self, interview: Interview, finding: str) -> Interview:
        """The interview without one answer or look, or anything about `age` or `complaints`, which is asked again."""
        if finding == AGE:
            return replace(interview, age_band=None)
        if finding.startswith(LOOK_PREFIX):
            return without_look(interview, finding[:LONGEST_VALUE])
        if finding == "complaints":
            own = {name for name, known in self.rules.findings.items() if known.presentation in interview.presentations}
            kept = {name: value for name, value in interview.answers.items() if name not in (*own, WHERE)}
            return replace(interview, presentations=(), answers=kept)
        if finding not in self.rules.findings:
            raise InvalidInput("an unknown finding", field=finding[:LONGEST_VALUE])
        return replace(interview, answers={k: v for k, v in interview.answers.items() if k != finding})

    def seen(self, interview: Interview, *, all_answers: bool = False) -> tuple[Seen, ...]:
        """The answers to be read, in the rules' order; those that say "nothing there" only on request."""
        rows = []
        for name, finding in self.rules.findings.items():
            if name not in interview.answers or finding.nature is Nature.NOTE:
                continue
            if finding.record and finding.presentation not in (*ALWAYS, *interview.presentations):
                continue  # The record supplied it before there was a complaint that asks for it.
            value = interview.answers[name]
            usual = True if finding.nature is Nature.REASSURING else absence(finding)
            if all_answers or value is None or value != usual:
                rows.append(Seen(name, finding.ask, finding.label, _in_words(self.rules.words, finding, value), value))
        return tuple(rows)

    def _carried(self, values: Mapping[str, str]) -> Interview:
        rules = self.rules
        answers = {
            name.removeprefix(PREFIX): self._parse(name, name.removeprefix(PREFIX), text)
            for name, text in values.items()
            if name.startswith(PREFIX)
        }
        age = values.get("age")
        if age is not None and not rules.is_age_band(age):
            raise InvalidInput("an unknown age", field="age")
        complaints = tuple(values["complaints"].split(",")) if "complaints" in values else ()
        if not set(complaints) <= set(rules.presentations) or len(set(complaints)) != len(complaints):
            raise InvalidInput("an unknown or repeated complaint", field="complaints")
        return Interview(age, complaints, answers, read_course(values))

    def _after_sign(self, interview: Interview, sign: str) -> Interview:
        """The interview after a tap on the first screen."""
        findings = {entry.id: entry for entry in self.rules.signs}
        if sign == "none":
            return answer_all(self.rules, interview, [name for name in findings if not interview.answers.get(name)])
        if sign == UNSURE:
            if LOOKED_AGAIN not in interview.answers:
                return replace(interview, answers={**interview.answers, LOOKED_AGAIN: True})
            open_signs = [name for name in findings if interview.answers.get(name) is not True]
            return answer_all(self.rules, interview, open_signs, unsure=True)
        if sign not in findings:
            raise InvalidInput("an unknown danger sign", field="sign")
        complaints = tuple(dict.fromkeys((*interview.presentations, findings[sign].presentation)))
        return replace(interview, presentations=complaints, answers={**interview.answers, sign: True})

    def _after_page(self, interview: Interview, values: Mapping[str, str], picks: list[str]) -> Interview:
        """The interview after a question page."""
        page, choose = values["page"], values.get("choose")
        if choose is not None and picks:
            raise InvalidInput("one answer or the other", field=PICK)
        if page in (SIGNS, SIGNS_AGAIN):
            raise InvalidInput("a danger sign is tapped, not chosen", field="page")
        if page == WHERE:
            return self._at(interview, self.rules.parts, choose)
        if page.startswith(AGAIN) and page.removeprefix(AGAIN) in ASKED:
            return take_look(interview, page.removeprefix(AGAIN), choose)
        inner = {WHERE_INNER + part.id: part.inner for part in self.rules.parts if part.inner}
        if page in inner:
            return self._at(interview, inner[page], choose)
        if page == AGE:
            if choose is None or not self.rules.is_age_band(choose):
                raise InvalidInput("an unknown age", field="choose")
            return replace(interview, age_band=choose)
        if page in CHECKS:
            return self._with(interview, CHECKS[page], choose)
        plan = page_named(self.rules, page)
        if plan is None:
            raise InvalidInput("an unknown page", field="page")
        if self.rules.findings[plan.findings[0]].nature is Nature.REASSURING:
            return self._with(interview, plan.findings[0], choose)
        return self._ticked(interview, plan, values.get("answer"), picks)

    def _at(self, interview: Interview, parts: Iterable[BodyPart], choose: str | None) -> Interview:
        """The interview after a tap on where it hurts, with the complaints, or the page of places that comes next."""
        part = next((part for part in parts if part.id == choose), None)
        if part is None:
            raise InvalidInput("an unknown place", field="choose")
        if part.inner:
            return replace(interview, answers={**interview.answers, WHERE: part.id})
        opened = dict.fromkeys((*interview.presentations, *part.presentations))
        return replace(interview, presentations=tuple(opened))

    def _with(self, interview: Interview, finding: str, choose: str | None) -> Interview:
        if choose is None or choose not in WORDS:
            raise InvalidInput("an unknown answer", field="choose")
        return replace(interview, answers={**interview.answers, finding: WORDS[choose]})

    def _ticked(self, interview: Interview, plan: PagePlan, answer: str | None, picks: list[str]) -> Interview:
        """Ticked is yes; the rest is no, or "can't tell" after "Not sure about some".

        A question that decides who is told is then left open, and the page comes once more: being unsure about another
        question does not mean being unsure about this one.
        """
        if answer not in ("next", "none", UNSURE):
            raise InvalidInput("an unknown answer", field="answer")
        if answer == "next" and not picks:
            raise InvalidInput("nothing was ticked", field=PICK)
        chosen: dict[str, Answer] = {}
        for pick in picks:
            name, _, text = pick.partition(":")
            value = self._parse(PICK, name, text)
            finding = self.rules.findings[name]
            chosen[name] = value if name not in chosen else _worse(finding, chosen[name], value)
        rest = [name for name in shown_findings(self.rules, interview, plan) if name not in chosen]
        if answer == UNSURE and not any(interview.answers.get(name, False) is None for name in plan.findings):
            rest = [name for name in rest if not self.rules.findings[name].policy] or rest
        after = answer_all(self.rules, interview, rest, unsure=answer == UNSURE)
        return replace(after, answers={**after.answers, **chosen})

    def _parse(self, field: str, name: str, text: str) -> Answer:
        """The value of `text` for the finding `name`; a number outside its bounds is "can't tell"."""
        finding = self.rules.findings.get(name)
        if finding is None:
            raise InvalidInput("an unknown finding", field=field)
        if text == UNSURE:
            return None
        if finding.kind is Kind.YES_NO and text in WORDS:
            return WORDS[text]
        if finding.kind is Kind.CHOICE and text in (finding.none, *(option.value for option in finding.options)):
            return text
        if finding.kind is Kind.NUMBER and text.isascii() and text.isdigit() and len(text) < 10:
            number = int(text)
            return number if finding.least <= number <= finding.most else None
        raise InvalidInput("not an answer to this question", field=field)


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
        if name not in SINGLE and not name.startswith((PREFIX, LOOK_PREFIX)):
            raise InvalidInput("an unknown field", field=name)
        if name in values:
            raise InvalidInput("a field occurs twice", field=name)
        values[name] = value
    return values, picks


def _worse(finding: Finding, one: Answer, other: Answer) -> Answer:
    """Of two options ticked at once, the one listed first, which is the more dangerous."""
    order: list[Answer] = [option.value for option in finding.options]
    return min((one, other), key=lambda value: order.index(value) if value in order else len(order))


def _as_text(value: Answer) -> str:
    if value is None:
        return UNSURE
    if isinstance(value, bool):
        return YES if value else NO
    return str(value)


def _in_words(words: Mapping[str, str], finding: Finding, value: Answer) -> str:
    """The answer as a person would read it; a number is shown as the option that it reaches."""
    if value is None:
        return words["not_sure"]
    if isinstance(value, bool):
        return words["yes"] if value else words["no"]
    for option in finding.options:
        reached = isinstance(value, int | float) and isinstance(option.value, int) and value >= option.value
        if value == option.value or reached:
            return option.label
    return words["no"]
