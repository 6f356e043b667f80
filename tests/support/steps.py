"""How many steps a regular expression takes, counted and not timed: the way that Python's and browsers' engines go.

They try the ways to match one after the other, and go back where one fails ("backtracking"). Counted is each look at a
character of the text, and each turn of a repeat; that is the same on every machine and under every load.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from re import _constants as c  # the parser has no public name
from re import _parser
from typing import Any

Items = Sequence[tuple[Any, Any]]
REPEATS = (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT)
NOWHERE = "\x01"
"""A character that hardly any pattern knows: what makes a long match fail at its end."""
_MEMBERS = {
    c.CATEGORY_DIGIT: "1",
    c.CATEGORY_NOT_DIGIT: "x",
    c.CATEGORY_SPACE: " \t",
    c.CATEGORY_NOT_SPACE: "x",
    c.CATEGORY_WORD: "a1_",
    c.CATEGORY_NOT_WORD: "-",
}


class TooManySteps(Exception):
    """More steps than anybody wants to wait for."""


class Counted:
    """A pattern whose steps are counted."""

    def __init__(self, pattern: str, flags: int = 0, most: int = 100_000) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.items: Items = list(_parser.parse(pattern, flags))
        self._most = most
        self._text = ""
        self._ignore_case = bool(flags & re.IGNORECASE)
        self._groups: dict[int, tuple[int, int]] = {}
        self._known: dict[tuple[Any, int, str], bool] = {}
        self.steps = 0

    def count(self, text: str, how: str) -> int:
        """The steps of one call: `how` is the method's name, such as "fullmatch", "search" or "sub"."""
        self._text, self.steps, self._groups = text.lower() if self._ignore_case else text, 0, {}
        if how in ("match", "fullmatch"):
            self._first(0, whole=how == "fullmatch")
            return self.steps
        start = 0
        while start <= len(text):
            end = self._first(start, whole=False)
            if end is not None and how in ("search", "test", "exec"):
                break
            start = max(end or 0, start + 1)
        return self.steps

    def _first(self, start: int, *, whole: bool) -> int | None:
        for end in self._sequence(self.items, 0, start):
            if not whole or end == len(self._text):
                return end
        return None

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self._most:
            raise TooManySteps

    def _sequence(self, items: Items, place: int, start: int) -> Iterator[int]:
        """Every end of a match of `items[place:]` that begins at `start`, in the order in which they are tried."""
        if place == len(items):
            yield start
            return
        if place == len(items) - 1:
            yield from self._one(items[place], start)
            return
        for end in self._one(items[place], start):
            yield from self._sequence(items, place + 1, end)

    def _one(self, item: tuple[Any, Any], start: int) -> Iterator[int]:  # noqa: C901 - one case for each node
        kind, what = item
        if kind in REPEATS:
            least, most, body = what
            if kind is c.MIN_REPEAT:
                yield from self._lazily(least, most, list(body), start)
            elif kind is c.MAX_REPEAT:
                yield from self._greedily(least, most, list(body), start)
            else:
                yield from list(self._greedily(least, most, list(body), start))[:1]
        elif kind is c.SUBPATTERN:
            group, _, _, body = what
            for end in self._sequence(list(body), 0, start):
                if group is not None:
                    self._groups[group] = (start, end)
                yield end
        elif kind is c.ATOMIC_GROUP:
            yield from list(self._sequence(list(what), 0, start))[:1]
        elif kind is c.BRANCH:
            for branch in what[1]:
                yield from self._sequence(list(branch), 0, start)
        elif kind in (c.ASSERT, c.ASSERT_NOT):
            assert what[0] == 1, "looking back is not counted yet"
            found = any(True for _ in self._sequence(list(what[1]), 0, start))
            if found == (kind is c.ASSERT):
                yield start
        elif kind is c.AT:
            self._step()
            if self._is_at(what, start):
                yield start
        elif kind is c.GROUPREF:
            begun, ended = self._groups[what]
            self._step()
            if self._text.startswith(self._text[begun:ended], start):
                yield start + ended - begun
        else:
            self._step()
            if start < len(self._text) and self._is_fit(kind, what, self._text[start]):
                yield start + 1

    def _greedily(self, least: int, most: Any, body: Items, start: int) -> Iterator[int]:
        stack = [(start, self._sequence(body, 0, start) if most else iter(()))]
        while stack:
            self._step()
            end = next(stack[-1][1], None)
            if end is not None and (end > stack[-1][0] or len(stack) <= least):
                stack.append((end, self._sequence(body, 0, end) if len(stack) < most else iter(())))
                continue
            if end is None:
                done, _ = stack.pop()
                if len(stack) >= least:
                    yield done

    def _lazily(self, least: int, most: Any, body: Items, start: int, turn: int = 0) -> Iterator[int]:
        waiting = [(start, turn)]
        while waiting:
            self._step()
            place, turns = waiting.pop()
            if turns >= least:
                yield place
            if turns < most:
                waiting += [(end, turns + 1) for end in self._sequence(body, 0, place) if end > place]

    def _is_at(self, what: Any, place: int) -> bool:
        def is_word(index: int) -> bool:
            return 0 <= index < len(self._text) and (self._text[index].isalnum() or self._text[index] == "_")

        if what in (c.AT_BEGINNING, c.AT_BEGINNING_STRING):
            return place == 0
        if what in (c.AT_END, c.AT_END_STRING):
            return place == len(self._text)
        assert what in (c.AT_BOUNDARY, c.AT_NON_BOUNDARY), what
        return (is_word(place - 1) != is_word(place)) == (what is c.AT_BOUNDARY)

    def _is_fit(self, kind: Any, what: Any, character: str) -> bool:
        """As `_fits`, worked out once. The parts of the pattern live as long as this does."""
        key = kind, what if isinstance(what, int) else id(what), character
        if key not in self._known:
            self._known[key] = self._fits(kind, what, character)
        return self._known[key]

    def _fits(self, kind: Any, what: Any, character: str) -> bool:
        if kind is c.ANY:
            return character != "\n"
        if kind is c.LITERAL:
            return character in (chr(what), chr(what).lower() if self._ignore_case else chr(what))
        if kind is c.NOT_LITERAL:
            return character != chr(what)
        assert kind is c.IN, kind
        negated = what[0][0] is c.NEGATE
        return any(self._holds(part, character) for part in what if part[0] is not c.NEGATE) != negated

    def _holds(self, part: tuple[Any, Any], character: str) -> bool:
        kind, what = part
        if kind is c.RANGE:
            spellings = {character, character.upper()} if self._ignore_case else {character}
            return any(what[0] <= ord(spelling) <= what[1] for spelling in spellings)
        if kind is c.CATEGORY:
            pattern = {
                c.CATEGORY_DIGIT: r"\d",
                c.CATEGORY_NOT_DIGIT: r"\D",
                c.CATEGORY_SPACE: r"\s",
                c.CATEGORY_NOT_SPACE: r"\S",
                c.CATEGORY_WORD: r"\w",
                c.CATEGORY_NOT_WORD: r"\W",
            }[what]
            return re.fullmatch(pattern, character) is not None
        return self._fits(kind, what, character)


def characters_of(items: Items) -> list[str]:
    """Members of every class in the pattern, and its literal characters; each once, in order."""
    found: list[str] = []
    for kind, what in items:
        if kind in (c.LITERAL, c.NOT_LITERAL):
            found.append(chr(what))
        elif kind is c.IN:
            for part, value in what:
                found += {c.RANGE: lambda v: [chr(v[0]), chr(v[1])], c.LITERAL: lambda v: [chr(v)]}.get(
                    part, lambda v: list(_MEMBERS.get(v, ""))
                )(value)
            if what[0][0] is c.NEGATE:
                found.append("x")
        elif kind is c.ANY:
            found.append("x")
        else:
            for body in _bodies(kind, what):
                found += characters_of(body)
    return list(dict.fromkeys(found))


def literal_runs(items: Items) -> list[str]:
    """The runs of literal characters, such as "://"."""
    runs, run = [], ""
    for kind, what in (*items, (None, None)):
        if kind is c.LITERAL:
            run += chr(what)
            continue
        if len(run) > 1:
            runs.append(run)
        run = ""
        for body in _bodies(kind, what):
            runs += literal_runs(body)
    return runs


def example_of(items: Items) -> str:
    """A short text that the items match."""
    text = ""
    for kind, what in items:
        if kind in REPEATS:
            text += example_of(list(what[2])) * max(what[0], 1 if what[1] else 0)
        elif kind is c.BRANCH:
            text += example_of(list(what[1][0]))
        elif kind in (c.SUBPATTERN, c.ATOMIC_GROUP):
            text += example_of(next(iter(_bodies(kind, what))))
        elif (kind is c.IN and what[0][0] is c.NEGATE) or kind in (c.ANY, c.NOT_LITERAL):
            text += "x"
        elif kind in (c.IN, c.LITERAL):
            text += characters_of([(kind, what)])[0]
    return text


def hard_texts(items: Items, length: int) -> Iterator[str]:
    """Texts of about `length` characters, made of the pattern's own classes, that such engines find hard."""
    known = characters_of(items)
    step = -(-len(known) // 7)
    characters = known[::step]
    starts = list(dict.fromkeys(["", *(example_of(items[:place]) for place in range(1, len(items) + 1))]))
    units = [*characters, *literal_runs(items)]
    pairs = [one + other for one in units for other in units if one != other]
    for end in (NOWHERE, "", "x"):
        for start in starts:
            for unit in units:
                yield start + unit * (length // len(unit)) + end
        for unit in pairs:
            yield unit * (length // len(unit)) + end
    for one in units:
        for other in units:
            yield one * (length // 2) + other * (length // 2) + NOWHERE


def _bodies(kind: Any, what: Any) -> list[Items]:
    if kind in REPEATS:
        return [list(what[2])]
    if kind is c.BRANCH:
        return [list(branch) for branch in what[1]]
    if kind is c.SUBPATTERN:
        return [list(what[3])]
    if kind is c.ATOMIC_GROUP:
        return [list(what)]
    if kind in (c.ASSERT, c.ASSERT_NOT):
        return [list(what[1])]
    return []
