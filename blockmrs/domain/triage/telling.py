"""Who is told: not everybody in the family should see what concerns safety at home, the mind or a pregnancy.

Rule files mark findings and complaints with one of three policies; the operator says for each whether a report goes to
the family at once ("send") or waits until its author sends it ("withhold"). Evidence: UNI-08, MH-05, MH-08, PREG-04.
"""

from collections.abc import Collection
from dataclasses import dataclass

from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.rules import Policy, RuleSet

MENTAL_HEALTH = "mental_health"
"""The policy for which a result also offers the crisis lines."""


@dataclass(frozen=True, slots=True)
class Telling:
    """The policies that an interview touches, in the rules' order, and which of them the operator withholds."""

    policies: tuple[Policy, ...] = ()
    withheld: tuple[Policy, ...] = ()

    @property
    def ids(self) -> frozenset[str]:
        """The ids of those that are withheld."""
        return frozenset(policy.id for policy in self.withheld)

    @property
    def parent_words(self) -> str:
        """How a message to a parent is offered; empty if any policy forbids it."""
        words = [policy.parent for policy in self.withheld]
        return words[0] if words and all(words) else ""


def telling(rules: RuleSet, interview: Interview, withheld: Collection[str]) -> Telling:
    """Who is told of this interview. "Can't tell" counts as yes: the question alone reveals what was suspected.

    Args:
        withheld: the ids of the policies that the operator has set to "withhold".
    """
    marks = {rules.presentations[name].policy for name in interview.presentations if name in rules.presentations}
    for name, answer in interview.answers.items():
        if name in rules.findings and answer is not False:
            marks.add(rules.findings[name].policy)
    touched = tuple(policy for policy in rules.policies if policy.id in marks)
    return Telling(touched, tuple(policy for policy in touched if policy.id in withheld))
