"""One row that stands for several questions, where several complaints together would show too many (ADR 47).

Nothing is asked less: each part stands in the row word for word. Who ticks none of it has answered each part with its
no; who ticks the row is asked next which it is. So no umbrella has an answer of its own, and none is ever judged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from blockmrs.domain.triage.rules import Finding, Kind, Level, Nature, Rule, RuleSet

MOST_SHOWN = 30
"""So many questions are shown at most to somebody with several complaints and nothing that is asked for."""
MOST_ROWS = MOST_SHOWN - 4
"""The others are left for what a reassuring answer asks anew: whoever is calmed is asked for milder things too."""
MOST_PARTS = 5
"""So many questions one row may stand for; more are no longer read."""
ONE_OR_MORE = "which"
"""In the value of an umbrella's row, where any other row has its finding."""
BETWEEN = "+"
"""Between the parts in that value."""

Sizes = tuple[int, int, int]
"""How many questions one row may stand for, by what they may lead to: an ambulance, a hospital, anything else.

0: they share rows with those before, which is the last resort.
"""
Row = tuple[str, ...]

_PARTS = range(2, MOST_PARTS + 1)
STEPS: tuple[Sizes, ...] = (
    (1, 1, 1),
    *((1, 1, size) for size in _PARTS),
    *((1, size, MOST_PARTS) for size in _PARTS),
    *((size, MOST_PARTS, MOST_PARTS) for size in _PARTS),
    (MOST_PARTS, MOST_PARTS, 0),
    (MOST_PARTS, 0, 0),
)
"""The first that is enough is taken: what may need an ambulance stays a tick of its own for as long as it can."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What may be a part, with the most urgent level that a rule gives it: 1 to 3."""

    urgency: MappingProxyType[str, int]
    foldable: frozenset[str]


def may_be_part(rules: RuleSet, finding: str) -> bool:
    """Whether an umbrella may stand for it: a plain danger, ticked or not, that decides nothing but the level.

    Not what says whom to tell, opens further complaints, settles another question or is settled by one.
    """
    return finding in _parts_of(rules).foldable


def urgency_of(rules: RuleSet, finding: str) -> int:
    """The most urgent level that a rule gives it: 1 to 3."""
    return _parts_of(rules).urgency[finding]


def rows(rules: RuleSet, names: Sequence[str], sizes: Sizes) -> tuple[Row, ...]:
    """The rows of a page with these questions: in its own order or, if one is an umbrella, the most urgent first."""
    known = _parts_of(rules)
    parts = sorted((name for name in names if name in known.foldable), key=lambda name: known.urgency[name])
    made: list[Row] = [(name,) for name in names if name not in known.foldable]
    for place, size in enumerate(sizes):
        sharing = {number + 1 for number in range(len(sizes)) if _shares_with(sizes, number) == place}
        made += _divided([name for name in parts if known.urgency[name] in sharing], size or 1)
    if len(made) == len(names):
        return tuple((name,) for name in names)
    return tuple(sorted(made, key=lambda row: (known.urgency[row[0]], names.index(row[0]))))


def sizes_for(rules: RuleSet, pages: Sequence[Sequence[str]]) -> Sizes:
    """How large umbrellas need to be, so that all these pages together have few enough rows."""
    fits = (sizes for sizes in STEPS if sum(len(rows(rules, names, sizes)) for names in pages) <= MOST_ROWS)
    return next(fits, STEPS[-1])


def _shares_with(sizes: Sizes, place: int) -> int:
    return place if sizes[place] else _shares_with(sizes, place - 1)


def _divided(parts: Sequence[str], size: int) -> list[Row]:
    """As few rows as can be, of nearly equal length."""
    count = -(-len(parts) // size)
    return [tuple(parts[place * len(parts) // count : (place + 1) * len(parts) // count]) for place in range(count)]


def _parts_of(rules: RuleSet) -> _Parts:
    known: _Parts | None = rules.derivations.get(_Parts)
    if known is None:
        settling = {finding.settled_by for finding in rules.findings.values()}
        known = rules.derivations[_Parts] = _Parts(
            urgency=MappingProxyType({name: _urgency(rules.rules, name) for name in rules.findings}),
            foldable=frozenset(
                name for name, finding in rules.findings.items() if name not in settling and _is_plain(finding)
            ),
        )
    return known


def _is_plain(finding: Finding) -> bool:
    is_danger = finding.kind is Kind.YES_NO and finding.nature is Nature.DANGER
    return is_danger and not (finding.policy or finding.opens or finding.settled_by or finding.settles)


def _urgency(every: Iterable[Rule], name: str) -> int:
    looking = (rule for rule in every if name in rule.findings and name not in rule.reassurances)
    levels = (min(rule.raises) - 1 if rule.raises else int(rule.level) for rule in looking)
    return min([int(Level.CLINICIAN), *levels])
