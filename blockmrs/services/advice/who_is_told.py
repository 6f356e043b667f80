"""Who is told of a report, by the rules' marks and the operator's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from blockmrs.domain.triage.telling import Family, Telling, Word, telling

if TYPE_CHECKING:
    from blockmrs.domain.triage.engine import Interview
    from blockmrs.services.advice.interviews import TriageService

WITHHOLD = "withhold"


class WhoIsTold:
    """Answers for one site; `choices` has "withhold" or "send" for each policy in the rules."""

    def __init__(self, triage: TriageService, choices: Mapping[str, str]) -> None:
        self._triage = triage
        self._withheld = frozenset(name for name, choice in choices.items() if choice == WITHHOLD)

    @property
    def withheld(self) -> frozenset[str]:
        """The ids of the policies that this site keeps from the family at first."""
        return self._withheld

    def of(self, interview: Interview, *, oneself: bool = False) -> Telling:
        """The policies that this interview touches, and which of them wait for the author's word.

        Args:
            oneself: whether the interview is about whoever reads it.
        """
        triage = self._triage.for_oneself if oneself else self._triage
        return telling(triage.rules, interview, self._withheld)

    def decide(self, interview: Interview, word: Word, *, own_record: bool = False) -> Family:
        """Whether the family gets a report of this interview, after what its author said about it."""
        return self.of(interview).decide(word, own_record=own_record)
