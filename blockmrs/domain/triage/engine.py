"""Answers in, an assessment with its reasons out: pure, total, and only ever raising.

Four states of a finding: yes, no, can't tell (None), not asked (absent). The level is the most urgent of all rules
that fire; no rule subtracts, so a further red flag or a "can't tell" instead of a "no" never makes it less urgent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter

from blockmrs.domain.triage.conditions import NOT_MET, SURE, Answer, Facts
from blockmrs.domain.triage.course import Look, add_course
from blockmrs.domain.triage.rules import ALWAYS, Advice, Again, Finding, Kind, Level, Rule, RuleSet

LOOK_AGAIN_FROM = 3
"""So many danger questions answered "can't tell" ask for another look (UNK-06)."""


@dataclass(frozen=True, slots=True)
class Interview:
    """What has been answered so far. An absent answer is "not asked", None is "can't tell".

    `age_band` None is "not asked yet"; the band `unknown` is "don't know". Both take every band's rules. `course` are
    the looks since then, the oldest first.
    """

    age_band: str | None = None
    presentations: tuple[str, ...] = ()
    answers: Mapping[str, Answer] = field(default_factory=dict)
    course: tuple[Look, ...] = ()


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
        """Whether no further answer is awaited: level 1, or nothing open that could raise the level."""
        return self.level is Level.AMBULANCE or not self.unasked


@dataclass(frozen=True, slots=True)
class _Fired:
    """A rule with the doubt it fired with and the level it comes to."""

    rule: Rule
    doubt: int
    level: Level
    reason: Reason

    @property
    def order(self) -> tuple[Level, bool, int]:
        """The most urgent first; at one level what is said in any case, and what is sure."""
        return self.level, self.rule.otherwise, self.doubt


def _met(rule: Rule, doubt: int, level: Level) -> _Fired:
    """The rule as it fires so: made once, for there are many rules and few ways."""
    made: _Fired | None = rule.kept.get((doubt, level))
    if made is None:
        reason = Reason(
            rule=rule.id,
            fact=rule.evidence[0],
            facts=rule.evidence,
            because=rule.because,
            verified=rule.verified,
            level=level,
            sure=doubt == SURE,
        )
        made = rule.kept[doubt, level] = _Fired(rule, doubt, level, reason)
    return made


_ORDER = attrgetter("order")


def assess(rules: RuleSet, interview: Interview) -> Assessment:
    """Say what to do, whatever has been answered so far.

    Never raises: an unknown id is passed over, a value outside its question counts as "can't tell".
    """
    facts = facts_of(rules, interview)
    active = _active(rules, interview)
    fired = _fire(active, facts) or [_met(rules.fallback, SURE, rules.fallback.level)]
    level, raised = _raise(active, facts, fired[0].level)
    advice = _advice(rules, raised[0] if raised else fired[0], level)
    kept = [*raised, *fired]
    said = _said(rules, kept, advice)
    return Assessment(
        level=level,
        disposition=level.disposition,
        reasons=tuple(entry.reason for entry in kept),
        first_aid=advice.first_aid,
        dont=advice.dont,
        return_to_play=max(said, key=lambda other: other.sport).return_to_play or None,
        again=min((other.again for other in said if other.again), key=lambda again: again.after_min, default=None),
        sooner_if=_sooner_if(rules, interview) if level is not Level.AMBULANCE else (),
        unasked=_unasked(rules, active, facts, level),
        look_again=_look_again(rules, facts),
        reviewed=rules.reviewed,
        version=rules.version,
        date=rules.date,
    )


def calming(rules: RuleSet, interview: Interview) -> tuple[str, ...]:
    """Reassuring questions not asked yet, whose yes could settle a rule that fires now, in the rules' order."""
    facts = facts_of(rules, interview)
    found: dict[str, None] = {}
    for rule in _active(rules, interview):
        if rule.reassurances and rule.when.doubt(facts) != NOT_MET:
            found.update(dict.fromkeys(name for name in rule.findings if name in rule.reassurances))
    return tuple(name for name in found if name not in facts.answers)


def level_if_calmed(rules: RuleSet, interview: Interview) -> Level:
    """The level if each reassuring question not asked yet were answered with yes."""
    answers = {**dict.fromkeys(calming(rules, interview), True), **interview.answers}
    return level_of(rules, replace(interview, answers=answers))


def level_of(rules: RuleSet, interview: Interview) -> Level:
    """The level alone, as `assess` would give it."""
    facts, active = facts_of(rules, interview), _active(rules, interview)
    fired = _fire(active, facts)
    return _raise(active, facts, fired[0].level if fired else rules.fallback.level)[0]


def open_questions(rules: RuleSet, interview: Interview) -> tuple[str, ...]:
    """Findings not asked that could make the level more urgent, and reassurances that could settle a rule."""
    facts, active = facts_of(rules, interview), _active(rules, interview)
    unasked = _unasked(rules, active, facts, level_of(rules, interview))
    return (*unasked, *calming(rules, interview))


def facts_of(rules: RuleSet, interview: Interview) -> Facts:
    """The interview as conditions see it: known findings only, each value checked against its question."""
    known = rules.known_ages
    ages = frozenset([interview.age_band]) if interview.age_band in known else known
    return Facts(
        answers={
            name: _checked(rules.findings[name], value)
            for name, value in add_course(interview.answers, interview.course).items()
            if name in rules.findings
        },
        ages=ages,
        presentations=frozenset(interview.presentations),
        unsure=rules.unsure,
    )


def concerns(finding: Finding, ages: frozenset[str]) -> bool:
    """Whether the question is for somebody who may be of these ages."""
    return not finding.ages or bool(finding.ages & ages)


def _checked(finding: Finding, value: Answer) -> Answer:
    if finding.kind is Kind.YES_NO:
        return value if isinstance(value, bool) else None
    if finding.kind is Kind.CHOICE:
        return value if value == finding.none or any(value == option.value for option in finding.options) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and finding.least <= float(value or 0) <= finding.most else None


def _active(rules: RuleSet, interview: Interview) -> list[Rule]:
    chosen = [name for name in interview.presentations if name in rules.presentations and name not in ALWAYS]
    return [rule for name in dict.fromkeys((*ALWAYS, *chosen)) for rule in rules.presentations[name].rules]


def _fire(active: Iterable[Rule], facts: Facts) -> list[_Fired]:
    """Rules that fire, the most urgent first. `otherwise` ones are heard only where nothing else is as urgent."""
    fired = []
    for rule in active:
        if not rule.raises and (doubt := rule.when.doubt(facts)) != NOT_MET:
            fired.append(_met(rule, doubt, rule.reaches(doubt)))
    fired.sort(key=_ORDER)
    if not fired or not fired[0].rule.otherwise:
        return [entry for entry in fired if not entry.rule.otherwise]
    return [entry for entry in fired if not entry.rule.otherwise or entry.level is fired[0].level]


def _raise(active: Iterable[Rule], facts: Facts, level: Level) -> tuple[Level, list[_Fired]]:
    """The level after all modifiers, one step a stage at most, and those that raised it, the last stage first."""
    modifiers = [rule for rule in active if rule.raises]
    raised: list[_Fired] = []
    for stage in sorted({rule.stage for rule in modifiers}):
        stepped = [
            _met(rule, doubt, Level(max(level - 1, doubt)))
            for rule in modifiers
            if rule.stage == stage and level in rule.raises and (doubt := rule.when.doubt(facts)) < level
        ]
        if stepped:
            level = min(entry.level for entry in stepped)
            raised = [*sorted(stepped, key=lambda entry: entry.level), *raised]
    return level, raised


def _advice(rules: RuleSet, deciding: _Fired, level: Level) -> Advice:
    """The advice the deciding rule names, its presentation's for the level, or the general one."""
    if deciding.rule.advice and deciding.level is level is deciding.rule.level:
        owner, _, name = deciding.rule.advice.partition("/")
        return rules.presentations[owner].advice[name]
    own = rules.presentations[deciding.rule.presentation].advice
    return own.get(level.disposition) or rules.presentations["any"].advice[level.disposition]


def _said(rules: RuleSet, kept: Iterable[_Fired], advice: Advice) -> list[Advice]:
    """The deciding advice, then that of every other rule that fired, each once.

    The most careful of them says what holds for playing again, the soonest when to look again.
    """
    every = (advice, *(_advice(rules, entry, entry.level) for entry in kept))
    return list({id(one): one for one in every}.values())


def _sooner_if(rules: RuleSet, interview: Interview) -> tuple[str, ...]:
    """The danger signs to watch for, of each complaint; the general ones when there is none."""
    chosen = [rules.presentations[name] for name in interview.presentations if name in rules.presentations]
    lines = [line for presentation in (chosen or [rules.presentations["any"]]) for line in presentation.sooner_if]
    return tuple(dict.fromkeys(lines))


def _unasked(rules: RuleSet, active: Iterable[Rule], facts: Facts, level: Level) -> tuple[str, ...]:
    """Findings not asked that could make the level more urgent, in the rules' order."""
    absent = {
        name
        for presentation in dict.fromkeys(rule.presentation for rule in active)
        for name, finding in rules.looked_at[presentation].items()
        if name not in facts.answers
        and concerns(finding, facts.ages)
        and facts.answers.get(finding.settled_by) is not False
    }
    if not absent:
        return ()
    supposing = Facts(facts.answers, facts.ages, facts.presentations, facts.unsure, supposed=frozenset(absent))
    raised = {base: _raise(active, facts, base)[0] for base in Level}
    found: dict[str, None] = {}
    for rule in active:
        if (level not in rule.raises) if rule.raises else (raised[rule.level] >= level):
            continue
        doubt = rule.when.doubt(supposing)
        if doubt != NOT_MET and (doubt if rule.raises else raised[rule.reaches(doubt)]) < level:
            open_here = (name for name in rule.findings if name in absent and name not in rule.reassurances)
            found.update(dict.fromkeys(open_here))
    return tuple(found)


def _look_again(rules: RuleSet, facts: Facts) -> tuple[str, ...]:
    """How to find out, when so many danger questions are "can't tell" that a second look is worth it."""
    unsure = [name for name, answer in facts.answers.items() if answer is None]
    if len(unsure) < LOOK_AGAIN_FROM:
        return ()
    return tuple(dict.fromkeys(rules.findings[name].how for name in sorted(unsure) if rules.findings[name].how))
