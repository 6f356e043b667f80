"""A rule set prepared for judging: whatever depends on the rules alone is worked out once, not at each assessment.

Most rules look at only one finding. For those it is known beforehand what each answer leads to, so that judging
one means looking up its answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from blockmrs.domain.triage.conditions import NOT_MET, SURE, Answer, Facts, Is
from blockmrs.domain.triage.rules import Advice, Finding, Level, Presentation, Rule, RuleSet


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that fired. `sure` is False when it rests on a "can't tell"; `level` is what it then gives."""

    rule: str
    fact: str
    facts: tuple[str, ...]
    because: str
    verified: str
    level: Level
    sure: bool


@dataclass(frozen=True, slots=True)
class FiringRule:
    """A rule as it fires with a doubt, the level that it reaches, and the rule's advice at that level.

    `order` sorts the most urgent first and, within a level, what is said in any case, and what is certain.
    """

    rule: Rule
    level: Level
    order: int
    reason: Reason
    advice: Advice


@dataclass(frozen=True, slots=True)
class PreparedRule:
    """A rule, and how it fires by doubt, from SURE on, which for a modifier depends on the level that it raises.

    If it looks at only one finding, that is `finding`, and `answers` says how it fires by the answer given; an answer
    that is not in there does not fire it. `answers` is None for every other rule.
    """

    rule: Rule
    at: tuple[FiringRule, ...]
    finding: str
    answers: Mapping[Answer, FiringRule] | None
    openable: frozenset[str]
    """The findings that could make it fire if asked: all that it looks at, but not those that only ever reassure."""


class PreparedPresentation:
    """The rules of one presentation in order, those among them that are not modifiers, and the modifiers."""

    def __init__(self, presentation: Presentation, rules: RuleSet) -> None:
        self.every = tuple(_prepare(rule, rules) for rule in presentation.rules)
        self.rules = tuple(known for known in self.every if not known.rule.raises)
        self.modifiers = tuple(rule for rule in presentation.rules if rule.raises)
        self._looked_at = tuple(
            (name, finding, _asked_by(rules, finding))
            for name, finding in rules.looked_at[presentation.id].items()
            if not finding.former
        )
        self._openers = rules.openers[presentation.id]

    def absent(self, facts: Facts) -> Iterator[str]:
        """The findings that its rules look at and that nobody has asked, though they concern the person."""
        known_answers = facts.answers
        for name, finding, asked_by in self._looked_at:
            if (
                name not in known_answers
                and concerns(finding, facts.ages)
                and known_answers.get(finding.settled_by) is not False
                and not (asked_by and _is_answered(asked_by, known_answers))
            ):
                yield name

    def opening(self, facts: Facts) -> Iterator[str]:
        """Its questions that open further complaints and that nobody has asked, though they concern the person."""
        for finding in self._openers:
            is_settled = facts.answers.get(finding.settled_by) is False
            if finding.id not in facts.answers and concerns(finding, facts.ages) and not is_settled:
                yield finding.id

    def fire(self, facts: Facts) -> list[FiringRule]:
        """The rules that these facts meet, in the rules' order."""
        known_answers, fired = facts.answers, []
        for known in self.rules:
            answers = known.answers
            if answers is not None:
                if known.finding in known_answers and (met := answers.get(known_answers[known.finding])) is not None:
                    fired.append(met)
            elif (doubt := known.rule.when.doubt(facts)) != NOT_MET:
                fired.append(known.at[doubt])
        return fired


class PreparedRules:
    """Everything that has been prepared so far of a rule set."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._presentations: dict[str, PreparedPresentation] = {}

    def presentation(self, name: str) -> PreparedPresentation:
        """The presentation of this id, prepared when it is first needed."""
        presentation = self._presentations.get(name)
        if presentation is None:
            presentation = PreparedPresentation(self._rules.presentations[name], self._rules)
            self._presentations[name] = presentation
        return presentation

    @cached_property
    def ways(self) -> tuple[tuple[str, str], ...]:
        """How to find out what cannot be told, by finding, in the order of ids."""
        return tuple((name, finding.how) for name, finding in sorted(self._rules.findings.items()) if finding.how)

    @cached_property
    def fallback(self) -> FiringRule:
        """What is said if no rule fires."""
        return fire(self._rules, self._rules.fallback, SURE, self._rules.fallback.level)


def prepared(rules: RuleSet) -> PreparedRules:
    """The rule set made ready, once."""
    derived: PreparedRules | None = rules.derivations.get(PreparedRules)
    if derived is None:
        derived = rules.derivations[PreparedRules] = PreparedRules(rules)
    return derived


Noes = tuple[tuple[tuple[str, Answer], ...], ...]
"""Groups of questions with the answer to each that says no."""


def _asked_by(rules: RuleSet, finding: Finding) -> Noes:
    return tuple(tuple((name, rules.findings[name].absence) for name in group) for group in finding.asked_by)


def _is_answered(groups: Noes, answers: Mapping[str, Answer]) -> bool:
    """Whether every question of a group was answered with its no; "can't tell" and "not asked" are none."""
    return any(all(name in answers and answers[name] == no for name, no in group) for group in groups)


def concerns(finding: Finding, ages: frozenset[str]) -> bool:
    """Whether the question is for somebody who may be of these ages."""
    return not finding.ages or not finding.ages.isdisjoint(ages)


def fire(rules: RuleSet, rule: Rule, doubt: int, level: Level) -> FiringRule:
    """The rule as it fires with this doubt at this level."""
    return FiringRule(
        rule=rule,
        level=level,
        order=(level * 2 + rule.otherwise) * NOT_MET + doubt,
        reason=Reason(
            rule=rule.id,
            fact=rule.evidence[0],
            facts=rule.evidence,
            because=rule.because,
            verified=rule.verified,
            level=level,
            sure=doubt == SURE,
        ),
        advice=_advice(rules, rule, level),
    )


def _advice(rules: RuleSet, rule: Rule, level: Level) -> Advice:
    """What to do if this rule reaches this level: the advice it names, its presentation's, or the general one."""
    if rule.advice and level is rule.level:
        owner, _, name = rule.advice.partition("/")
        return rules.presentations[owner].advice[name]
    general = rules.presentations["any"].advice
    return rules.presentations[rule.presentation].advice.get(level.disposition) or general[level.disposition]


def _prepare(rule: Rule, rules: RuleSet) -> PreparedRule:
    at = tuple(fire(rules, rule, doubt, rule.reaches(doubt)) for doubt in range(SURE, NOT_MET))
    openable = frozenset(rule.findings) - rule.reassurances
    when = rule.when
    if not isinstance(when, Is):
        return PreparedRule(rule, at, "", None, openable)
    answers: dict[Answer, FiringRule] = dict.fromkeys(when.values, at[SURE])
    answers[None] = at[rules.unsure[when.finding]]
    return PreparedRule(rule, at, when.finding, answers, openable)
