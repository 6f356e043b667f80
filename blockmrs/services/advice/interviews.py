"""Start, answer, conclude: what the pages of `/field` and any other door need, and nothing that is kept.

An interview and what is tapped are values (domain/triage/engine.py, taps.py); how they travel is their door's affair,
such as controllers/field/wire.py for the forms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from blockmrs.domain.facts import HealthFacts, age_of
from blockmrs.domain.triage.engine import Assessment, Interview, assess
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.oneself import for_oneself
from blockmrs.domain.triage.pages import AGE, WHERE, QuestionPage, absence, next_page, settling_page
from blockmrs.domain.triage.proposals import band_of_age, proposed
from blockmrs.domain.triage.routing import Proposal, Words, check_words, load_words, propose
from blockmrs.domain.triage.rules import ALWAYS, Finding, Nature, RuleSet
from blockmrs.domain.triage.taps import Tap, after, without_look
from blockmrs.errors import InvalidInput
from blockmrs.services.advice.in_reports import read_by_oneself

if TYPE_CHECKING:
    from blockmrs.domain.reports import Report
    from blockmrs.domain.triage.conditions import Answer

LONGEST_NAME = 200
COMPLAINTS = "complaints"
"""Names all complaints where one answer is named, such as the one to take back."""


@dataclass(frozen=True, slots=True)
class AnswerInWords:
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

    @cached_property
    def for_oneself(self) -> TriageService:
        """The same advice in the words for whoever asks about themselves. Reports never take their texts from it."""
        return TriageService(lambda: for_oneself(self.rules))

    def read_again(self, report: Report) -> Report:
        """A report that somebody wrote about themselves, as they read it."""
        return read_by_oneself(report, self.rules)

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

    def after(self, interview: Interview, tap: Tap) -> Interview:
        """The interview after what was just tapped.

        Raises:
            InvalidInput: the rules know no such thing; `field` names the part of the tap.
        """
        return after(self.rules, interview, tap)

    def from_record(self, facts: HealthFacts, today: date) -> Interview:
        """An interview in which only what follows from these facts is answered."""
        band = None if facts.birth_date is None else band_of_age(*age_of(facts.birth_date, today))
        return Interview(band, (), dict(proposed(self.rules, facts.values)))

    def next_page(self, interview: Interview) -> QuestionPage | None:
        """The question to ask now, or None once the advice is final."""
        return next_page(self.rules, interview)

    def settling_page(self, interview: Interview) -> QuestionPage | None:
        """A question below the advice of a danger sign that may make it less urgent, or None."""
        return settling_page(self.rules, interview)

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
            raise InvalidInput("Tick what fits, or choose from the list", field="presentations")
        return replace(interview, presentations=tuple(dict.fromkeys((*interview.presentations, *chosen))))

    def without(self, interview: Interview, finding: str) -> Interview:
        """The interview without one answer, or anything about `AGE` or `COMPLAINTS`, which is asked again."""
        if finding == AGE:
            return replace(interview, age_band=None)
        if finding == COMPLAINTS:
            own = {name for name, known in self.rules.findings.items() if known.presentation in interview.presentations}
            others = {name: value for name, value in interview.answers.items() if name not in (*own, WHERE)}
            return replace(interview, presentations=(), answers=others, which=())
        if finding not in self.rules.findings:
            raise InvalidInput("an unknown finding", field=finding[:LONGEST_NAME])
        answers = {name: value for name, value in interview.answers.items() if name != finding}
        return replace(interview, answers=answers, which=tuple(name for name in interview.which if name != finding))

    def without_look(self, interview: Interview, number: int) -> Interview:
        """The interview without that look, and with a new one begun in its place.

        Raises:
            InvalidInput: there is no such look.
        """
        return without_look(interview, number)

    def answers_in_words(self, interview: Interview, *, all_answers: bool = False) -> tuple[AnswerInWords, ...]:
        """The answers to be read, in the rules' order; those that say "nothing there" only on request.

        Whatever may be so, since nobody has said which of several is, is not sure.
        """
        rows = []
        answers = {**dict.fromkeys(interview.waiting), **interview.answers}
        for name, finding in self.rules.findings.items():
            if name not in answers or finding.nature is Nature.NOTE:
                continue
            if finding.record and finding.presentation not in (*ALWAYS, *interview.presentations):
                continue  # The record supplied it before there was a complaint that asks for it.
            value = answers[name]
            usual = True if finding.nature is Nature.REASSURING else absence(finding)
            if all_answers or value is None or value != usual:
                rows.append(
                    AnswerInWords(name, finding.ask, finding.label, _in_words(self.rules.words, finding, value), value)
                )
        return tuple(rows)


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
