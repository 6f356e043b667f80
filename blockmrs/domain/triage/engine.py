"""Answers in, an assessment with its reasons out: pure, total, and only ever raising.

Four states of a finding: yes, no, can't tell (None), not asked (absent). The level is the most urgent of all rules
that fire; no rule subtracts, so a further red flag or a "can't tell" instead of a "no" never makes it less urgent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from operator import attrgetter, itemgetter

from blockmrs.domain.triage.conditions import NOT_MET, Answer, Facts
from blockmrs.domain.triage.course import Look, add_course
from blockmrs.domain.triage.prepared import FiringRule, PreparedPresentation, PreparedRule, Reason, fire, prepared
from blockmrs.domain.triage.rules import ALWAYS, Advice, Again, Finding, Kind, Level, Rule, RuleSet

LOOK_AGAIN_FROM = 3
"""This many danger questions answered "can't tell" call for another look (UNK-06)."""


@dataclass(frozen=True, slots=True)
class Interview:
    """What has been answered so far. An absent answer is "not asked", None is "can't tell".

    `age_band` None is "not asked yet"; the band `unknown` is "don't know". Both take every band's rules. `course` holds
    the looks since then, oldest first. Of the findings in `which` somebody said that one or more are so, but not which
    (umbrellas.py); they are asked next, and those not answered then are `waiting`.
    """

    age_band: str | None = None
    presentations: tuple[str, ...] = ()
    answers: Mapping[str, Answer] = field(default_factory=dict)
    course: tuple[Look, ...] = ()
    which: tuple[str, ...] = ()

    @property
    def waiting(self) -> tuple[str, ...]:
        """Findings one or more of which are so, without an answer of their own yet."""
        return tuple(name for name in self.which if name not in self.answers)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What to do, how soon, and why. `reasons[0]` decided it."""

    level: Level
    disposition: str
    reasons: tuple[Reason, ...]
    first_aid: tuple[str, ...]
    dont: tuple[str, ...]
    return_to_play: str | None
    again: Again | None
    sooner_if: tuple[str, ...]
    unasked: tuple[str, ...]
    look_again: tuple[str, ...]
    reviewed: bool
    version: str
    date: str

    @property
    def final(self) -> bool:
        """Whether no further answer is needed: level 1, or nothing left open that could raise the level."""
        return self.level is Level.AMBULANCE or not self.unasked


Modifier = tuple[Rule, int]
"""A modifier that holds, with its doubt."""
Step = tuple[Rule, int, Level]
"""A modifier that raised the level, with its doubt and the level that it raised it to."""
_ORDER = attrgetter("order")
_REACHED = itemgetter(2)


def assess(rules: RuleSet, interview: Interview) -> Assessment:
    """Say what to do, whatever has been answered so far.

    Never raises: an unknown id is ignored, and a value that its question does not allow counts as "can't tell". While
    somebody has not said which of several is so, all of them count, unless it is level 1 without them.
    """
    if interview.waiting and level_of(rules, interview) is not Level.AMBULANCE:
        interview = replace(interview, answers={**interview.answers, **dict.fromkeys(interview.waiting, True)})
    facts = facts_of(rules, interview)
    active = _active(rules, interview)
    fired = _fire(active, facts) or [prepared(rules).fallback]
    modifiers = _modifiers(active, facts)
    level, steps = _raise(modifiers, fired[0].level)
    firing = [*(fire(rules, *step) for step in steps), *fired]
    advice = firing[0].advice
    all_advice = _advice_of(firing)
    return Assessment(
        level=level,
        disposition=level.disposition,
        reasons=tuple(entry.reason for entry in firing),
        first_aid=rules.as_said(advice.first_aid, facts),
        dont=rules.as_said(advice.dont, facts),
        return_to_play=_return_to_play(all_advice) if rules.may_play(facts) else None,
        again=min(
            (other.again for other in all_advice if other.again), key=lambda again: again.after_min, default=None
        ),
        sooner_if=rules.as_said(_sooner_if(rules, interview), facts) if level is not Level.AMBULANCE else (),
        unasked=_unasked(active, modifiers, facts, level),
        look_again=_look_again(rules, facts),
        reviewed=rules.reviewed,
        version=rules.version,
        date=rules.date,
    )


def calming(rules: RuleSet, interview: Interview) -> tuple[str, ...]:
    """Reassuring questions not asked yet that a yes could settle a firing rule with, in the rules' order.

    Not those that settle a danger sign: its advice comes at one tap, before any question (pages.settling_page).
    """
    facts = facts_of(rules, interview)
    names: dict[str, None] = {}
    for rule in (known.rule for presentation in _active(rules, interview) for known in presentation.rules):
        if rule.reassurances and rule.when.doubt(facts) != NOT_MET:
            names.update(dict.fromkeys(name for name in rule.findings if name in rule.reassurances))
    return tuple(name for name in names if name not in facts.answers and not rules.findings[name].settles)


def level_if_calmed(rules: RuleSet, interview: Interview) -> Level:
    """What the level would be if every reassuring question not yet asked were answered yes."""
    answers = {**dict.fromkeys(calming(rules, interview), True), **interview.answers}
    return level_of(rules, replace(interview, answers=answers))


def level_of(rules: RuleSet, interview: Interview) -> Level:
    """Only the level that `assess` would give."""
    facts, active = facts_of(rules, interview), _active(rules, interview)
    return _level(rules, active, _modifiers(active, facts), facts)


def open_questions(rules: RuleSet, interview: Interview) -> tuple[str, ...]:
    """Findings not yet asked that could make the level more urgent, and reassurances that could settle a rule."""
    facts, active = facts_of(rules, interview), _active(rules, interview)
    modifiers = _modifiers(active, facts)
    unasked = _unasked(active, modifiers, facts, _level(rules, active, modifiers, facts))
    return (*unasked, *calming(rules, interview))


def complaints_of(rules: RuleSet, interview: Interview) -> tuple[str, ...]:
    """The known complaints, each once: those that were chosen, then what their questions opened (`Finding.opens`)."""
    complaints = [name for name in dict.fromkeys(interview.presentations) if name in rules.presentations]
    for name in complaints:
        for finding in rules.openers[name]:
            if interview.answers.get(finding.id, False) is not False:
                complaints += [opened for opened in finding.opens if opened not in complaints]
    return tuple(complaints)


def facts_of(rules: RuleSet, interview: Interview) -> Facts:
    """The interview as conditions see it: known findings only, each value checked against its question."""
    known, findings, yes_no = rules.known_ages, rules.findings, rules.yes_no
    ages = frozenset([interview.age_band]) if interview.age_band in known else known
    return Facts(
        answers={
            name: value
            if value is None or (name in yes_no and isinstance(value, bool))
            else _checked(findings[name], value)
            for name, value in add_course(interview.answers, interview.course).items()
            if name in findings
        },
        ages=ages,
        presentations=frozenset(complaints_of(rules, interview)),
        unsure=rules.unsure,
    )


def _checked(finding: Finding, value: Answer) -> Answer:
    if value is None or finding.kind is Kind.YES_NO:
        return value if isinstance(value, bool) else None
    if finding.kind is Kind.CHOICE:
        return value if value == finding.none or any(value == option.value for option in finding.options) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if finding.least <= value <= finding.most else None


def _active(rules: RuleSet, interview: Interview) -> list[PreparedPresentation]:
    """What applies to everybody, then the complaints in their order, each once."""
    ready = prepared(rules)
    return [ready.presentation(name) for name in dict.fromkeys((*ALWAYS, *complaints_of(rules, interview)))]


def _fire(active: Iterable[PreparedPresentation], facts: Facts) -> list[FiringRule]:
    """Rules that fire, most urgent first. `otherwise` rules count only if nothing else is as urgent."""
    fired = list(chain.from_iterable(presentation.fire(facts) for presentation in active))
    fired.sort(key=_ORDER)
    if not fired or not fired[0].rule.otherwise:
        return [entry for entry in fired if not entry.rule.otherwise]
    return [entry for entry in fired if not entry.rule.otherwise or entry.level is fired[0].level]


def _modifiers(active: Iterable[PreparedPresentation], facts: Facts) -> list[Modifier]:
    """The modifiers that hold, in the rules' order, each with its doubt."""
    every = ((rule, rule.when.doubt(facts)) for presentation in active for rule in presentation.modifiers)
    return [(rule, doubt) for rule, doubt in every if doubt != NOT_MET]


def _raise(modifiers: Sequence[Modifier], level: Level) -> tuple[Level, list[Step]]:
    """The level after all modifiers, at most one step per stage, and those that raised it, last stage first."""
    raised: list[Step] = []
    for stage in sorted({rule.stage for rule, _ in modifiers}):
        stepped = [
            (rule, doubt, Level(max(level - 1, doubt)))
            for rule, doubt in modifiers
            if rule.stage == stage and level in rule.raises and doubt < level
        ]
        if stepped:
            stepped.sort(key=_REACHED)
            level = stepped[0][2]
            raised = [*stepped, *raised]
    return level, raised


def _level(
    rules: RuleSet, active: Iterable[PreparedPresentation], modifiers: Sequence[Modifier], facts: Facts
) -> Level:
    every = (entry.level for presentation in active for entry in presentation.fire(facts))
    return _raise(modifiers, min(every, default=rules.fallback.level))[0]


def _advice_of(firing: Iterable[FiringRule]) -> list[Advice]:
    """The deciding advice, then that of every other rule that fired, each once.

    The most cautious of them decides about playing again, the soonest about when to look again.
    """
    return list({id(entry.advice): entry.advice for entry in firing}.values())


def _return_to_play(all_advice: Iterable[Advice]) -> str | None:
    return max(all_advice, key=lambda other: other.sport).return_to_play or None


def _sooner_if(rules: RuleSet, interview: Interview) -> tuple[str, ...]:
    """The danger signs to watch for, by complaint; the general ones if there is none."""
    chosen = [rules.presentations[name] for name in complaints_of(rules, interview)]
    lines = [line for presentation in (chosen or [rules.presentations["any"]]) for line in presentation.sooner_if]
    return tuple(dict.fromkeys(lines))


def _unasked(
    active: Sequence[PreparedPresentation], modifiers: Sequence[Modifier], facts: Facts, level: Level
) -> tuple[str, ...]:
    """Findings not asked that could make the level more urgent, in the rules' order."""
    if level is Level.AMBULANCE:
        return ()
    absent = {name for presentation in active for name in presentation.absent(facts)}
    # What a further complaint would ask may be of any level, so the question that opens it is always worth asking.
    names = dict.fromkeys(name for presentation in active for name in presentation.opening(facts))
    if not absent:
        return tuple(names)
    supposing = Facts(facts.answers, facts.ages, facts.presentations, facts.unsure, supposed=frozenset(absent))
    # Where a rule of each level would end up, by the doubt that it fires with or by its own level.
    ends = (Level.AMBULANCE, *(_raise(modifiers, base)[0] for base in Level))
    for known in (known for presentation in active for known in presentation.every):
        rule = known.rule
        if (level in rule.raises) if rule.raises else (ends[rule.level] < level):
            names.update(dict.fromkeys(_worth_asking(known, absent, supposing, ends, level)))
    return tuple(names)


def _worth_asking(
    known: PreparedRule, absent: set[str], supposing: Facts, ends: Sequence[Level], level: Level
) -> Iterable[str]:
    """Those of the absent findings that could make this rule fire and take the advice above `level`."""
    rule = known.rule
    if known.answers is not None:
        return (known.finding,) if known.finding in absent else ()
    if absent.isdisjoint(known.openable):
        return ()
    doubt = rule.when.doubt(supposing)
    if doubt == NOT_MET or (doubt if rule.raises else ends[rule.reaches(doubt)]) >= level:
        return ()
    return [name for name in rule.findings if name in absent and name in known.openable]


def _look_again(rules: RuleSet, facts: Facts) -> tuple[str, ...]:
    """How to find out, if so many danger questions are "can't tell" that a second look is worthwhile."""
    if list(facts.answers.values()).count(None) < LOOK_AGAIN_FROM:
        return ()
    nothing_known = object()
    ways = (how for name, how in prepared(rules).ways if facts.answers.get(name, nothing_known) is None)
    return tuple(dict.fromkeys(ways))
