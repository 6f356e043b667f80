"""A team's list as people paste it, from a message, a document or a spreadsheet: one line for each player.

It understands "7 Sam Rivers", "Sam Rivers, 7", bullets, and columns separated by tabs, semicolons or commas, with first
and last name in two of them, quoted or not, with or without a line of headings. "Rivers, Sam" is read as Sam Rivers, as
lists for people write it; a spreadsheet puts no space after the comma.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from blockmrs.typed import folded, one_line, sign_by_sign

# Bullets and ticks at the start of a line; a number with a dot is a shirt number.
_BULLET = re.compile(r"[•‣⁃∙●○▪▫■□◦·*✓✔☐☑➢➤►–—-]+ ")
_NUMBER = re.compile(r"#?([0-9]{1,4})[.):]?")
_NUMBER_FIRST = re.compile(r"#?([0-9]{1,4})[.):]? (.+)")
_NUMBER_LAST = re.compile(r"(.+) #([0-9]{1,4})")
_FIRST = frozenset({"first", "first name", "firstname", "given name", "forename", "nombre", "nombres"})
_LAST = frozenset({"last", "last name", "lastname", "surname", "family name", "apellido", "apellidos"})
_WHOLE = frozenset({"name", "names", "player", "players", "full name", "jugador", "jugadora", "jugadores"})
_SHIRT = frozenset({"number", "no", "nr", "shirt", "shirt number", "jersey", "numero", "dorsal", "camiseta"})
_HEADINGS = _FIRST | _LAST | _WHOLE | _SHIRT
# A line with more columns than this is not a line of names.
_MOST_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not empty: its place in the list, from 1; the shirt number, or ""; and the name."""

    place: int
    number: str
    name: str


def read_lines(text: str) -> Iterator[Line]:
    """Each line of `text` that says something, without headings; the name may still not be an allowed one."""
    last_first = False
    started = False
    for place, raw in enumerate(text.splitlines(), start=1):
        columns = _columns(raw)
        if not columns:
            continue
        if not started:
            started = True
            heads = [folded(column) for column in columns]
            if all(head in _HEADINGS for head in heads):
                names = [head for head in heads if head in _FIRST | _LAST]
                last_first = len(names) == 2 and names[0] in _LAST
                continue
        yield _line(place, columns, last_first)


def _columns(raw: str) -> list[str]:
    """The columns of a line that are not empty; a single one if nothing separates it."""
    divider = next((sign for sign in "\t;," if sign in raw), None)
    if divider is None:
        cells: Sequence[str] = [raw]
    elif divider == "," and '"' not in raw and re.search(r",\s", raw):
        # A comma followed by a space is a writer's, not a spreadsheet's.
        cells = _as_written(raw)
    else:
        cells = next(csv.reader([raw], delimiter=divider), [])
    plain = [_without_bullet(one_line(cell)).strip(' "') for cell in cells]
    return [cell for cell in plain if cell.strip(" ,;")]


def _without_bullet(cell: str) -> str:
    match = _BULLET.match(cell)
    return cell[match.end() :] if match else cell


def _as_written(raw: str) -> list[str]:
    cells = [cell for cell in map(one_line, raw.split(",")) if cell]
    numbers = [cell for cell in cells if _shirt(cell)]
    names = [cell for cell in cells if not _shirt(cell)]
    if len(names) == 2 and not _NUMBER_FIRST.fullmatch(names[0]):
        names = [f"{names[1]} {names[0]}"]
    return [*numbers, *names]


def _line(place: int, columns: list[str], last_first: bool) -> Line:
    if len(columns) > _MOST_COLUMNS:
        return Line(place, "", "")
    shirts = [column for column in columns if _shirt(column)]
    # A second number is an age, a telephone number or a year: nobody can tell which is the shirt number.
    number = _shirt(shirts[0]) if len(shirts) == 1 else ""
    names = [_swapped(column) for column in columns if not _shirt(column)]
    if last_first and len(names) == 2:
        names.reverse()
    name = " ".join(names)
    if not number:
        if match := _NUMBER_FIRST.fullmatch(sign_by_sign(name)):
            number, name = match[1], name.partition(" ")[2]
        elif match := _NUMBER_LAST.fullmatch(sign_by_sign(name)):
            number, name = match[2], name.rpartition(" ")[0]
    return Line(place, number, name.strip(" ,;"))


def _swapped(name: str) -> str:
    """A name written in one column as "Rivers, Sam", put the right way round."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and first.strip() and "," not in first else name


def _shirt(text: str) -> str:
    match = _NUMBER.fullmatch(sign_by_sign(text))
    return match[1] if match else ""
