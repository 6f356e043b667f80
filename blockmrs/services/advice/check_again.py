"""The looks of an interview ("Check again") as fields of a form, and back: `again.<number>.<question>`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from blockmrs.domain.triage.course import ASKED, MOST_LOOKS, MOST_PAIN, PAIN, Look
from blockmrs.domain.triage.pages import NO, UNSURE, YES
from blockmrs.errors import InvalidInput

if TYPE_CHECKING:
    from blockmrs.domain.triage.conditions import Answer
    from blockmrs.domain.triage.engine import Interview

LOOK_PREFIX = "again."
LOOK_NAME = re.compile(r"again\.([1-9][0-9]?)\.(awake|breathing|pain)")
WORDS: Mapping[str, bool | None] = {YES: True, NO: False, UNSURE: None}


def read_course(fields: Mapping[str, str]) -> tuple[Look, ...]:
    """The looks that these fields carry, by number; other fields are ignored.

    Raises:
        InvalidInput: a look or its answer is not valid; `field` names it.
    """
    found: dict[int, dict[str, Answer]] = {}
    for field, text in fields.items():
        if field.startswith(LOOK_PREFIX):
            match = LOOK_NAME.fullmatch(field)
            if match is None:
                raise InvalidInput("an unknown look", field=field)
            found.setdefault(int(match[1]), {})[match[2]] = _parse(field, match[2], text)
    if len(found) > MOST_LOOKS:
        raise InvalidInput("too many looks", field="look")
    return tuple(Look(number, found[number]) for number in sorted(found))


def carry_course(course: Sequence[Look]) -> list[tuple[str, str]]:
    """The hidden fields that carry the looks to the next page; `read_course` reads them back."""
    words: dict[Answer, str] = {value: word for word, value in WORDS.items()}
    return [
        (f"{LOOK_PREFIX}{look.number}.{name}", words[value] if value is None or name != PAIN else str(value))
        for look in course
        for name, value in look.answers.items()
    ]


def look_fields(number: int) -> tuple[str, ...]:
    """The names of the fields that carry one look."""
    return tuple(f"{LOOK_PREFIX}{number}.{name}" for name in ASKED)


def begin_look(interview: Interview) -> Interview:
    """The interview with a look begun; unchanged if one is open already, or if there are as many as there can be."""
    course = interview.course
    if any(look.next_question is not None for look in course) or len(course) >= MOST_LOOKS:
        return interview
    number = max((look.number for look in course), default=0) + 1
    return replace(interview, course=(*course, Look(number, {})))


def take_look(interview: Interview, name: str, text: str | None) -> Interview:
    """The interview after one answer in the open look, or in a new one."""
    answer = _parse("choose", name, text or "")
    course = begin_look(interview).course
    taken = next((look for look in course if look.next_question is not None), None)
    if taken is None:
        raise InvalidInput("too many looks", field="look")
    now = Look(taken.number, {**taken.answers, name: answer})
    return replace(interview, course=tuple(now if look is taken else look for look in course))


def without_look(interview: Interview, name: str) -> Interview:
    """The interview without the look `again.<number>`, and with a new one begun in its place."""
    kept = tuple(look for look in interview.course if f"{LOOK_PREFIX}{look.number}" != name)
    if len(kept) == len(interview.course):
        raise InvalidInput("an unknown look", field=name)
    return begin_look(replace(interview, course=kept))


def _parse(field: str, name: str, text: str) -> Answer:
    if text == UNSURE:
        return None
    if name == PAIN and text.isascii() and text.isdigit() and len(text) < 3 and int(text) <= MOST_PAIN:
        return int(text)
    if name != PAIN and text in WORDS:
        return WORDS[text]
    raise InvalidInput("not an answer to this question", field=field)
