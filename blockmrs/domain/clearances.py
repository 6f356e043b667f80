"""A clinician's written clearance for sport after a head injury, and its withdrawal. The newest statement decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from blockmrs.domain.reports import NOTE_LIMIT, check_text
from blockmrs.domain.triage.rules import Level
from blockmrs.errors import InvalidInput

FULL_PLAY = "full play"
STAGES = ("light exercise", "training without contact", FULL_PLAY)
EARLIEST_FULL_PLAY = 21
"""How many days after the injury the advice asks for before competition; a clinician may decide otherwise."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """What a clinician states about the report with the update id `report` (32 bytes).

    An empty `stage` withdraws what the same organisation stated before: the player is then not cleared.
    """

    report: bytes
    stage: str
    seen_on: date
    conditions: str
    note: str
    doctor: str
    organisation: str
    written_at: datetime


def decisive(statements: Iterable[Clearance]) -> Clearance | None:
    """The last of these statements, given in the order of writing, unless it is a withdrawal."""
    last = None
    for statement in statements:
        last = statement
    return last if last is not None and last.stage else None


def found_something(levels: Iterable[int]) -> bool:
    """Whether a symptom check with one of these levels rules out a player who had been cleared before it."""
    return any(level < Level.SELF_CARE for level in levels)


def check_stage(text: str) -> str:
    """`text` if it is a stage; else InvalidInput."""
    if text not in STAGES:
        raise InvalidInput("Choose what they may return to", field="stage")
    return text


def check_seen_on(day: date, *, injured_on: date, today: date) -> date:
    """`day` if somebody hurt on `injured_on` can have been seen on it; else InvalidInput."""
    if day > today:
        raise InvalidInput("Enter a day that is not in the future", field="seen")
    if day < injured_on:
        raise InvalidInput("Enter a day that is not before the injury", field="seen")
    return day


def check_remark(text: str, field: str) -> str:
    """`text`, at most 300 characters, if it may go into a clearance; else InvalidInput."""
    return check_text(text, field=field, limit=NOTE_LIMIT)
