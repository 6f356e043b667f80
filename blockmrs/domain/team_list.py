"""A team's list as people paste it, from a message, a document or a spreadsheet: one line for each player.

It understands "7 Sam Rivers", "Sam Rivers, 7", bullets, and columns separated by tabs, semicolons or commas, with first
and last name in two of them, quoted or not, with or without a line of headings. "Rivers, Sam" is read as Sam Rivers, as
lists for people write it; a spreadsheet puts no space after the comma. A column that can only be a telephone number,
with who it is before it ("Mum +1 555 010 0199"), is whom to call; one that can only be a year of birth is that.
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
_BORN = frozenset({"born", "year", "birth year", "year of birth", "ano", "ano de nacimiento", "nacimiento"})
_CALL = frozenset({"phone", "telephone", "mobile", "phone number", "call", "telefono", "celular", "movil"})
_HEADINGS = _FIRST | _LAST | _WHOLE | _SHIRT | _BORN | _CALL
# A year that somebody on a team may have been born in. A shirt number seldom has four digits.
_YEAR = re.compile(r"(?:19[3-9]|20[0-9])[0-9]")
# Who it is, if that is said, and a number of seven digits or more: nobody wears one.
_PHONE = re.compile(r"(?:(?P<who>[^0-9+(]*[^0-9+( :])[ :]*)?(?P<phone>\+?\(?[0-9][0-9 ()./-]{5,30}[0-9])")
_FEWEST_DIGITS = 7
# A line with more columns than this is not a line of names.
_MOST_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not empty: its place in the list, from 1; the shirt number, or ""; and the name.

    `born` is a year or ""; `calls` are who it is, or "", and a telephone number.
    """

    place: int
    number: str
    name: str
    born: str = ""
    calls: tuple[tuple[str, str], ...] = ()


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
    others = [cell for cell in cells if _shirt(cell) or _call(cell)]
    names = [cell for cell in cells if cell not in others]
    if len(names) == 2 and not _NUMBER_FIRST.fullmatch(names[0]):
        names = [f"{names[1]} {names[0]}"]
    return [*others, *names]


def _line(place: int, columns: list[str], last_first: bool) -> Line:
    if len(columns) > _MOST_COLUMNS:
        return Line(place, "", "")
    calls = [call for column in columns if (call := _call(column))]
    number, born = _number_and_year(columns)
    names = [_swapped(column) for column in columns if not _shirt(column) and not _call(column)]
    if not names and calls:
        # Nobody but the one before the number: that is the player.
        names, calls[0] = [calls[0][0]], ("", calls[0][1])
    if last_first and len(names) == 2:
        names.reverse()
    name = " ".join(names)
    if not number:
        number, name = _apart(name)
    return Line(place, number, name.strip(" ,;"), born, tuple(calls))


def _number_and_year(columns: list[str]) -> tuple[str, str]:
    """The shirt number and the year of birth that have columns of their own, each "" if there is none."""
    shirts = [shirt for column in columns if (shirt := _shirt(column))]
    years = [shirt for shirt in shirts if _YEAR.fullmatch(shirt)]
    # The only number may be a shirt's as well, unless another number stands in the name: "7 Sam Rivers, 2012".
    is_year = len(years) == 1 and (len(shirts) == 2 or any(_apart(name)[0] for name in columns if not _call(name)))
    born = years[0] if is_year else ""
    shirts = [shirt for shirt in shirts if shirt != born]
    # A second number is an age or another year: nobody can tell which is the shirt number.
    return shirts[0] if len(shirts) == 1 else "", born


def _apart(name: str) -> tuple[str, str]:
    """The shirt number within a name, or "", and the name without it."""
    plain = sign_by_sign(name)
    if match := _NUMBER_FIRST.fullmatch(plain):
        return match[1], name.partition(" ")[2]
    if match := _NUMBER_LAST.fullmatch(plain):
        return match[2], name.rpartition(" ")[0]
    return "", name


def _swapped(name: str) -> str:
    """A name written in one column as "Rivers, Sam", put the right way round."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and first.strip() and "," not in first else name


def _shirt(text: str) -> str:
    match = _NUMBER.fullmatch(sign_by_sign(text))
    return match[1] if match else ""


def _call(text: str) -> tuple[str, str] | None:
    match = _PHONE.fullmatch(sign_by_sign(text))
    if match is None or sum(map(str.isdigit, match["phone"])) < _FEWEST_DIGITS:
        return None
    return match["who"] or "", match["phone"]
