"""An injury report: what a coach saw, what the rules advised, and what was done."""

import re
from dataclasses import dataclass
from datetime import datetime

from blockmrs.errors import InvalidInput, Message
from blockmrs.typed import plain

NOTE_LIMIT = 300
TEXT_LIMIT = 80
# A venue's name, address and gate, a line for each.
PLACE_LIMIT = 400
# Control and direction-changing characters would let a text pose as another on the hospital's screen.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

MECHANISMS = ("fall", "hit by player", "hit by ball or object", "twist", "no contact", "other")
FIRST_AID_DONE = ("kept still", "ice", "pressure on the wound", "recovery position", "CPR", "defibrillator", "inhaler",
                  "adrenaline pen", "cooled with water", "nothing yet")  # fmt: skip
FIELD, HOME = "field", "home"
"""Where a report was written: by somebody who saw it happen, or at home by the ill person or whoever acts for them."""
ILLNESSES = frozenset(
    "abdo back diab diz dv eye fev headache kid leg mh minor mouth preg rhab skin strk tox urti uti".split()
)
"""The complaints that begin by themselves, not with a knock: for those, hours, days and weeks ago are usual."""
OF_RECORD = "record/"
"""The prefix of a finding that comes from the record, not from a question."""
WHO_WAS_TOLD = ("parent or guardian", "school or club", "safeguarding lead", "nobody yet")


@dataclass(frozen=True, slots=True)
class ReportedFinding:
    """One answer given at the field: the question, and `yes`, `no`, `unsure` or the words of a choice.

    `at` is when it was given, None if that is not known.
    """

    finding: str
    question: str
    answer: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReportedLook:
    """How they were some time after the first answers: None is "can't tell", pain is 0 to 10; `at` as above."""

    at: datetime | None
    awake: bool | None
    breathing: bool | None
    pain: int | None


@dataclass(frozen=True, slots=True)
class Advice:
    """What the rules said, kept verbatim: `level` 1 (most urgent) to 4."""

    level: int
    words: str
    reasons: tuple[tuple[str, str], ...]
    rules_version: str
    reviewed: bool


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report says. Times are aware, each with the offset of the place where it was said, if known.

    `ambulance_not_called` is set where somebody said so: without a time and without this, nobody said anything.
    """

    player: str
    shirt_number: str
    age: str
    injured_at: datetime
    written_at: datetime
    place: str
    sport: str
    mechanism: tuple[str, ...]
    findings: tuple[ReportedFinding, ...]
    advice: Advice
    done: tuple[str, ...]
    ambulance_called_at: datetime | None
    who_was_told: tuple[str, ...]
    note: str
    author: str
    team: str
    looks: tuple[ReportedLook, ...] = ()
    origin: str = FIELD
    ambulance_not_called: bool = False

    @property
    def told_by_record(self) -> tuple[ReportedFinding, ...]:
        """The findings that came from the record."""
        return tuple(finding for finding in self.findings if finding.finding.startswith(OF_RECORD))

    @property
    def signs(self) -> tuple[ReportedFinding, ...]:
        """The findings that were answered."""
        return tuple(finding for finding in self.findings if not finding.finding.startswith(OF_RECORD))

    @property
    def title(self) -> str:
        """The report's name in a list that only its readers see."""
        return f"{self.player}, {self.age}" if self.age else self.player


def check_text(text: str, *, field: str, limit: int = TEXT_LIMIT) -> str:
    """`text`, made plain, if it fits and holds no control characters; else InvalidInput."""
    cleaned = plain(text)
    if len(cleaned) > limit:
        refusal = Message("Use %(limit)d characters or fewer. You used %(used)d", limit=limit, used=len(cleaned))
        raise InvalidInput(refusal, field=field)
    if _CONTROL.search(cleaned):
        raise InvalidInput("Type this again: it holds characters that cannot be shown", field=field)
    return cleaned


def check_choices(chosen: tuple[str, ...], allowed: tuple[str, ...], *, field: str) -> tuple[str, ...]:
    """`chosen` without repeats, in the order of `allowed`; InvalidInput names a value that is not on offer."""
    if any(value not in allowed for value in chosen):
        raise InvalidInput("Choose from the list", field=field)
    return tuple(value for value in allowed if value in chosen)
