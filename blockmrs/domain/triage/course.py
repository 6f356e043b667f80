"""How somebody is doing while help comes: short looks ("Check again"), each with the same three questions.

A look only ever adds: its worrying answers count as the findings that the rules have for them, its calm ones change
nothing. The advice is therefore as urgent as the worst look so far, until one is taken back by hand (UNK-10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blockmrs.domain.triage.conditions import Answer

AWAKE, BREATHING, PAIN = "awake", "breathing", "pain"
ASKED = (AWAKE, BREATHING, PAIN)
REASSURING = {AWAKE: "responds", BREATHING: "breathes-normally"}
"""The reassuring findings for which "no" or "can't tell" in a look counts as "no" or "can't tell"."""
WORSE = "getting-worse"
"""The finding that becomes true if there is more pain than at the previous look (UNI-02)."""
MOST_PAIN = 10
MOST_LOOKS = 15


@dataclass(frozen=True, slots=True)
class Look:
    """One look, numbered from 1. An absent answer has not been given yet; None is "can't tell"; pain is 0 to 10."""

    number: int
    answers: Mapping[str, Answer]

    @property
    def next_question(self) -> str | None:
        """What is still to be asked, or None once the look is complete."""
        return next((name for name in ASKED if name not in self.answers), None)


def add_course(answers: Mapping[str, Answer], course: Sequence[Look]) -> Mapping[str, Answer]:
    """The answers, with what the looks found added in order; no answer becomes less worrying."""
    worst, before = dict(answers), None
    for look in course:
        for name, finding in REASSURING.items():
            if name in look.answers and look.answers[name] is not True and worst.get(finding) is not False:
                worst[finding] = look.answers[name]
        pain = look.answers.get(PAIN)
        if before is not None and PAIN in look.answers and worst.get(WORSE) is not True:
            if pain is None:
                worst[WORSE] = None
            elif _number(pain) > before:
                worst[WORSE] = True
        before = before if pain is None else _number(pain)
    return worst


def _number(pain: Answer) -> float:
    """Pain as a number; anything else counts as the worst."""
    return pain if isinstance(pain, int | float) and not isinstance(pain, bool) else MOST_PAIN
