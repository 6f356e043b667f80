"""Who is told: not everybody in the family should see what concerns safety at home, the mind or a pregnancy.

Rule files mark findings and complaints with one of three policies; the operator says for each whether a report goes to
the family at once ("send") or waits until its author sends it ("withhold"). Evidence: UNI-08, MH-05, MH-08, PREG-04.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.rules import Policy, RuleSet

MENTAL_HEALTH = "mental_health"
"""The policy for which a result also offers the crisis lines."""


class Family(StrEnum):
    """What becomes of a report for the family: they get it, they do not for now, or its author is asked once more."""

    TOLD = "told"
    WAITS = "waits"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Word:
    """What a report's author said about the family.

    `withhold`: keep it from them; `send`: send it all the same, said when asked. `policy_ids` are those of the policies
    of which the author was told before saying so.
    """

    withhold: bool = False
    send: bool = False
    policy_ids: frozenset[str] = frozenset()


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

    def decide(self, word: Word, *, own_record: bool = False) -> Family:
        """Whether the family is told, by the one rule for every door.

        A report for the record that its author keeps goes there: nobody stands between. Any other is kept back if its
        author says so, and if it touches a policy of which the author was not told, whatever was said. Where a policy
        keeps it back and the author would not, the author is asked.
        """
        if own_record:
            return Family.TOLD
        if word.withhold or not self.ids <= word.policy_ids:
            return Family.WAITS
        return Family.ASK if self.withheld and not word.send else Family.TOLD

    def suggest(self, word: Word) -> Word:
        """The word that a form shows first: it keeps the report back where a policy says so that was not shown yet."""
        if self.ids <= word.policy_ids:
            return word
        return replace(word, withhold=True, policy_ids=word.policy_ids | self.ids)


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
