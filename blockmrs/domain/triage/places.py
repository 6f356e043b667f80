"""Placeholders in the rules' texts that the operator fills, such as `%(crisis_lines)s`: numbers differ by country.

A text is translated first and filled last, wherever it is shown: `fill(translate(text), places)`. Anything that
compiles or prints the rules does the same for each language, with `places_of` the site's crisis lines.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from blockmrs.domain.phones import parse_numbers
from blockmrs.errors import InvalidInput
from blockmrs.typed import one_line

CRISIS_LINES = "crisis_lines"
PLACES = frozenset({CRISIS_LINES})
"""Every name for which a rule's text may have a placeholder."""
MAY_HAVE_PLACES = frozenset({"hint", "first_aid", "oneself"})
"""Keys of the rule files whose texts may have placeholders: those that are shown, but never kept in a report.

A form for oneself has the placeholders of the text that it stands for (oneself.py).
"""
MOST_LINES = 6

PLACE = re.compile(r"%\(([^%()]*)\)s")
"""A placeholder; its group is the name."""
_LINE = re.compile(r"(?P<name>[^\d,+]*[^\d,+\s]) (?P<number>\+?[0-9][0-9 ()/-]{1,22}[0-9])")


@dataclass(frozen=True, slots=True)
class CrisisLine:
    """A telephone line for somebody who is thinking of dying. `name` says who it is for, such as the country."""

    name: str
    number: str

    @property
    def dialled(self) -> str:
        """The number as it goes into a `tel:` link."""
        return parse_numbers(self.number, field=CRISIS_LINES)[0].dialled


DEFAULT_CRISIS_LINES = "US 988, UK 116 123, Australia 13 11 14"


def parse_crisis_lines(text: str) -> tuple[CrisisLine, ...]:
    """The lines in "US 988, UK 116 123": each a name and a number, separated by commas.

    Raises:
        InvalidInput: there are none, or more than six, or one is not a name followed by a number.
    """
    matches = [_LINE.fullmatch(one_line(entry)) for entry in text.split(",")]
    lines = tuple(CrisisLine(match["name"].strip(), match["number"]) for match in matches if match is not None)
    if len(lines) != len(matches) or not 1 <= len(lines) <= MOST_LINES:
        raise InvalidInput("crisis lines are written like: US 988, UK 116 123", field=CRISIS_LINES)
    for line in lines:
        if len(parse_numbers(line.number, field=CRISIS_LINES)) != 1:
            raise InvalidInput("a crisis line has one number", field=CRISIS_LINES)
    return lines


def places_of(lines: Sequence[CrisisLine]) -> dict[str, str]:
    """What goes into each placeholder on a site with these crisis lines."""
    return {CRISIS_LINES: ", ".join(f"{line.name} {line.number}" for line in lines)}


DEFAULT_PLACES: Mapping[str, str] = places_of(parse_crisis_lines(DEFAULT_CRISIS_LINES))


def fill(text: str, places: Mapping[str, str]) -> str:
    """`text` with each of its placeholders filled; text without any, and every other percent sign, stays as it is."""
    return PLACE.sub(lambda match: places.get(match[1], match[0]), text)


def misplaced(table: Any, *, allowed: bool = False) -> Iterator[str]:
    """Every text of a parsed rule file that has an unknown placeholder, or one where none is allowed."""
    if isinstance(table, str):
        names = set(PLACE.findall(table))
        if names and not (allowed and names <= PLACES):
            yield table
    elif isinstance(table, list):
        for entry in table:
            yield from misplaced(entry, allowed=allowed)
    elif isinstance(table, dict):
        for key, entry in table.items():
            yield from misplaced(entry, allowed=allowed or key in MAY_HAVE_PLACES)
