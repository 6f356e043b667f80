"""The whole rule set as a document for a clinician to review: plain values, which a page prints.

Nothing here decides anything: the words of a condition are made from the very conditions that the engine asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from blockmrs.domain.triage.conditions import AgeIn, All, AnyOf, AtLeast, Complaint, Condition, Is, NotReassured
from blockmrs.domain.triage.evidence import Evidence, Fact, Source, load_evidence
from blockmrs.domain.triage.loader import load_check_rules
from blockmrs.domain.triage.oneself import forms_in
from blockmrs.domain.triage.rules import Advice, Finding, Level, PagePlan, Presentation, Rule, RuleSet
from blockmrs.errors import NotFound
from blockmrs.services.advice.names import FORMER, anchor_of, name_of, old_anchors_of


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition to be read. `kind` says how `words` (labels from the rules) or `parts` go together.

    all, any: of `parts`. yes, no: an answer to the question `words[0]`. either: one of the answers `words`. number:
    `words[0]` is at least `words[1]`. ages, complaints: one of `words`. unless: not each of `words` is
    a clear yes.
    """

    kind: str
    words: tuple[str, ...] = ()
    parts: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleText:
    """One rule with the facts that it cites and their sources. `number` counts from 1 within its chapter."""

    number: int
    rule: Rule
    when: Clause
    facts: tuple[Fact, ...]
    sources: tuple[Source, ...]

    @property
    def anchor(self) -> str:
        """Its name as an anchor on the page."""
        return anchor_of(self.rule.id)

    @property
    def old_anchors(self) -> tuple[str, ...]:
        """The anchors that it had before, which people may have kept."""
        return old_anchors_of(self.rule.id)


@dataclass(frozen=True, slots=True)
class QuestionText:
    """One question with the labels of the ages that it is for; none means everybody."""

    finding: Finding
    ages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AdviceText:
    """One advice: that of a level, or, where `level` is None, of the rules that say `because`."""

    level: Level | None
    because: tuple[str, ...]
    advice: Advice


@dataclass(frozen=True, slots=True)
class Chapter:
    """One presentation: its questions by page, its rules, most urgent first, and its advice.

    `for_oneself` pairs its texts with what whoever feels ill themselves reads in their place.
    """

    presentation: Presentation
    pages: tuple[tuple[PagePlan, tuple[QuestionText, ...]], ...]
    elsewhere: tuple[QuestionText, ...]
    rules: tuple[RuleText, ...]
    advice: tuple[AdviceText, ...]
    unsigned: int
    for_oneself: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """Its name in addresses."""
        return name_of(self.presentation.id)

    @property
    def questions(self) -> int:
        """How many questions are its own or appear on its pages."""
        return sum(len(asked) for _, asked in self.pages) + len(self.elsewhere)


class AdviceDocument:
    """The rules and their evidence, chapter by chapter, beginning with what everybody is asked."""

    def __init__(
        self, load: Callable[[], RuleSet] = load_check_rules, evidence: Callable[[], Evidence] = load_evidence
    ) -> None:
        self._load = load
        self._evidence = evidence

    @property
    def rules(self) -> RuleSet:
        """The rule set in use."""
        return self._load()

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every source, by its code."""
        return tuple(self._evidence().sources.values())

    @property
    def unsigned(self) -> int:
        """How many rules no clinician has signed."""
        return sum(not rule.reviewed_by for rule in self.rules.rules)

    def chapters(self) -> tuple[Chapter, ...]:
        """Every presentation, in the rules' order."""
        return tuple(self.chapter(name_of(presentation)) for presentation in self.rules.presentations)

    def now_called(self, former: str) -> str | None:
        """The name of the chapter that once had this one, made of its id or of an earlier title; None if none had."""
        presentation = FORMER.get(former, former)
        name = name_of(presentation)
        return name if presentation in self.rules.presentations and name != former else None

    def chapter(self, name: str) -> Chapter:
        """One presentation.

        Raises:
            NotFound: the rules have none with that name.
        """
        rules = self.rules
        presentation = next((known for known in rules.presentations.values() if name_of(known.id) == name), None)
        if presentation is None:
            raise NotFound("there is no such part of the advice")
        own = [rule for rule in rules.rules if rule.presentation == presentation.id]
        ordered = sorted(own, key=lambda rule: (bool(rule.raises), rule.level))
        return Chapter(
            presentation=presentation,
            pages=tuple((page, self._questions(page.findings)) for page in presentation.pages if page.findings),
            elsewhere=self._elsewhere(presentation),
            rules=tuple(self._rule(number, rule) for number, rule in enumerate(ordered, 1)),
            advice=self._advice(presentation),
            unsigned=sum(not rule.reviewed_by for rule in own),
            for_oneself=forms_in(rules, presentation.id),
        )

    def _elsewhere(self, presentation: Presentation) -> tuple[QuestionText, ...]:
        """Its questions that stand on none of its own pages."""
        shown = {finding for page in presentation.pages for finding in page.findings}
        own = (finding.id for finding in self.rules.findings.values() if finding.presentation == presentation.id)
        return self._questions(finding for finding in own if finding not in shown)

    def _advice(self, presentation: Presentation) -> tuple[AdviceText, ...]:
        levels = {level.disposition: level for level in Level}
        return tuple(
            AdviceText(levels.get(key), () if key in levels else self._because(f"{presentation.id}/{key}"), advice)
            for key, advice in presentation.advice.items()
        )

    def _questions(self, names: Iterable[str]) -> tuple[QuestionText, ...]:
        findings = [self.rules.findings[name] for name in names]
        return tuple(QuestionText(finding, self._bands(finding.ages)) for finding in findings)

    def _bands(self, ages: Iterable[str]) -> tuple[str, ...]:
        ids = set(ages)
        return tuple(band.label for band in self.rules.age_bands if band.id in ids)

    def _because(self, advice: str) -> tuple[str, ...]:
        """What the rules say that lead to this advice by name."""
        return tuple(dict.fromkeys(rule.because for rule in self.rules.rules if rule.advice == advice))

    def _rule(self, number: int, rule: Rule) -> RuleText:
        evidence = self._evidence()
        facts = tuple(evidence.facts[name] for name in rule.evidence if name in evidence.facts)
        codes = dict.fromkeys(code for fact in facts for code in fact.sources)
        sources = tuple(evidence.sources[code] for code in codes if code in evidence.sources)
        return RuleText(number, rule, self._clause(rule.when), facts, sources)

    def _clause(self, condition: Condition) -> Clause:
        findings = self.rules.findings
        match condition:
            case All(parts):
                return Clause("all", parts=tuple(self._clause(part) for part in parts))
            case AnyOf(parts):
                return Clause("any", parts=tuple(self._clause(part) for part in parts))
            case Is(name, values):
                return _clause_of_answers(findings[name], values)
            case AtLeast(name, number):
                return Clause("number", (findings[name].ask, str(number)))
            case NotReassured(names):
                return Clause("unless", tuple(findings[name].ask for name in names))
            case AgeIn(bands):
                return Clause("ages", self._bands(bands))
            case Complaint(names):
                return Clause("complaints", tuple(self.rules.presentations[name].title for name in sorted(names)))
        raise TypeError(f"a condition of an unknown kind: {type(condition).__name__}")


def _clause_of_answers(finding: Finding, values: frozenset[bool | str]) -> Clause:
    if values <= {True, False}:
        return Clause("yes" if True in values else "no", (finding.ask,))
    return Clause("either", tuple(option.label for option in finding.options if option.value in values))
