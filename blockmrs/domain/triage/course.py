"""How somebody is doing while help comes: short looks ("Check again"), each with the same three questions.

A look only ever adds: its worrying answers count as the findings that the rules have for them, its calm ones change
nothing. So the advice is as urgent as the worst look of the whole course, until one is taken back by hand (UNK-10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blockmrs.domain.triage.conditions import Answer

AWAKE, BREATHING, PAIN = "awake", "breathing", "pain"
ASKED = (AWAKE, BREATHING, PAIN)
FOUND = {AWAKE: "responds", BREATHING: "breathes-normally"}
"""The reassuring findings to which a "no" or "can't tell" of a look is a "no" or "can't tell"."""
WORSE = "getting-worse"
"""The finding that more pain than at the look before makes true (UNI-02)."""
MOST_PAIN = 10
MOST_LOOKS = 15


@dataclass(frozen=True, slots=True)
class Look:
    """One look, numbered from 1 on. An absent answer is not given yet; None is "can't tell"; pain is 0 to 10."""

    number: int
    answers: Mapping[str, Answer]

    @property
    def next_question(self) -> str | None:
        """What is still to be asked, or None when the look is whole."""
        return next((name for name in ASKED if name not in self.answers), None)


def add_course(answers: Mapping[str, Answer], course: Sequence[Look]) -> Mapping[str, Answer]:
    """The answers with what the looks found, in the looks' order; no answer becomes a calmer one."""
    found, before = dict(answers), None
    for look in course:
        for name, finding in FOUND.items():
            if name in look.answers and look.answers[name] is not True and found.get(finding) is not False:
                found[finding] = look.answers[name]
        pain = look.answers.get(PAIN)
        if before is not None and PAIN in look.answers and found.get(WORSE) is not True:
            if pain is None:
                found[WORSE] = None
            elif _number(pain) > before:
                found[WORSE] = True
        before = before if pain is None else _number(pain)
    return found


def _number(pain: Answer) -> float:
    """A pain as a number; what is none counts as the worst."""
    return pain if isinstance(pain, int | float) and not isinstance(pain, bool) else MOST_PAIN
