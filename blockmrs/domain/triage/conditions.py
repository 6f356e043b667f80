"""What a rule asks for, and how certainly the answers meet it.

The result of a condition is a doubt, a number: 0 if the answers certainly meet it, 5 if they do not, and in between
the most urgent level that an answer of "can't tell" may reach. "All of" is then the largest doubt and "any of" the
smallest, so a further yes can only lessen the doubt: no condition here ever makes a person less urgent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

Answer = bool | str | int | float | None
"""Yes, no, a choice or a number; None is "can't tell"."""

SURE = 0
NOT_MET = 5


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the person. An absent answer is "not asked"; None is "can't tell".

    `ages` are the bands that the person may be in: one, or all if the age is not known. A question in `supposed` that
    was not asked counts as answered in the most dangerous way. `unsure` gives, by finding, the level that "can't tell"
    may reach.
    """

    answers: Mapping[str, Answer]
    ages: frozenset[str]
    presentations: frozenset[str]
    unsure: Mapping[str, int] = field(default_factory=dict)
    supposed: frozenset[str] = frozenset()

    def doubt_of_unasked(self, finding: str) -> int:
        """The doubt of a question that nobody asked."""
        return SURE if finding in self.supposed else NOT_MET

    def doubt_of_unsure(self, finding: str) -> int:
        """The doubt of a question answered with "can't tell"."""
        return self.unsure.get(finding, NOT_MET)

    def reassures(self, finding: str) -> bool:
        """Whether the answer is an explicit yes."""
        return self.answers.get(finding) is True


class Condition(Protocol):
    """One node of a rule's `when`."""

    def doubt(self, facts: Facts) -> int:
        """0 surely met, 5 not met, else the most urgent level that "can't tell" may reach."""

    def findings(self) -> Iterator[str]:
        """Ids of all findings it names."""

    def reassurances(self) -> Iterator[str]:
        """Ids of those findings that can only make it less urgent."""


class _NamesNothing:
    """The part of a condition that most have in common: it names no finding, or none that reassures."""

    __slots__ = ()

    def findings(self) -> Iterator[str]:
        yield from ()

    def reassurances(self) -> Iterator[str]:
        yield from ()


@dataclass(frozen=True, slots=True)
class Is(_NamesNothing):
    """The finding has one of `values`: `(True,)` for a danger, `(False,)` for something reassuring."""

    finding: str
    values: frozenset[bool | str]

    def doubt(self, facts: Facts) -> int:
        if self.finding not in facts.answers:
            return facts.doubt_of_unasked(self.finding)
        answer = facts.answers[self.finding]
        if answer is None:
            return facts.doubt_of_unsure(self.finding)
        return SURE if answer in self.values else NOT_MET

    def findings(self) -> Iterator[str]:
        yield self.finding


@dataclass(frozen=True, slots=True)
class AtLeast(_NamesNothing):
    """The number is this high or higher."""

    finding: str
    number: int

    def doubt(self, facts: Facts) -> int:
        if self.finding not in facts.answers:
            return facts.doubt_of_unasked(self.finding)
        answer = facts.answers[self.finding]
        if not isinstance(answer, int | float):
            return facts.doubt_of_unsure(self.finding)
        return SURE if answer >= self.number else NOT_MET

    def findings(self) -> Iterator[str]:
        yield self.finding


@dataclass(frozen=True, slots=True)
class NotReassured:
    """Met unless every one of these is an explicit yes: neither "not asked" nor "can't tell" is reassuring."""

    names: tuple[str, ...]

    def doubt(self, facts: Facts) -> int:
        return NOT_MET if all(facts.reassures(name) for name in self.names) else SURE

    def findings(self) -> Iterator[str]:
        yield from self.names

    def reassurances(self) -> Iterator[str]:
        yield from self.names


@dataclass(frozen=True, slots=True)
class AgeIn(_NamesNothing):
    """The person may be in one of these age bands."""

    bands: frozenset[str]

    def doubt(self, facts: Facts) -> int:
        return SURE if self.bands & facts.ages else NOT_MET


@dataclass(frozen=True, slots=True)
class Complaint(_NamesNothing):
    """One of these presentations is among the complaints."""

    presentations: frozenset[str]

    def doubt(self, facts: Facts) -> int:
        return SURE if self.presentations & facts.presentations else NOT_MET


@dataclass(frozen=True, slots=True)
class _Parts:
    """Several conditions together."""

    parts: tuple[Condition, ...]

    def findings(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.findings()

    def reassurances(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.reassurances()


@dataclass(frozen=True, slots=True)
class All(_Parts):
    """Every part is met; an empty one always is."""

    def doubt(self, facts: Facts) -> int:
        most = SURE
        for part in self.parts:
            doubt = part.doubt(facts)
            if doubt > most:
                most = doubt
                if most == NOT_MET:
                    break
        return most


@dataclass(frozen=True, slots=True)
class AnyOf(_Parts):
    """At least one part is met."""

    def doubt(self, facts: Facts) -> int:
        least = NOT_MET
        for part in self.parts:
            doubt = part.doubt(facts)
            if doubt < least:
                least = doubt
                if least == SURE:
                    break
        return least
