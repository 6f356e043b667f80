"""What one request has read: each entry of a line is fetched, opened and checked once, and handed along.

- A reading belongs to the request or use case that began it, and to the thread that serves it; it dies with it. Nothing
  that was opened outlives that, so that signing out, an end or a rotation leaves no key and no text behind.
- A line, as read now, is tied to the size of the log: before each use the log is asked whether it has grown, and if so
  at which places of the line something came to stand. What was written meanwhile, by whomever, is seen.
- What was opened is found again by the very bytes that it was opened from: no check is left out, each is made once.
- Who remembers a conclusion beyond the request (conclusions.py) notes which lines it was drawn from.
- An error is nobody's picture of anything: what could not be read is tried again.

    with readings.one():                    # a request; whoever begins another inside goes on with this one
        readings.now().line(line_key)       # the same picture, for every service that asks
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar, cast

if TYPE_CHECKING:
    from blockmrs.chain.ledger import Ledger
    from blockmrs.chain.transaction import Transaction

_Value = TypeVar("_Value")


class LineAsRead:
    """One line, as read now: what stands at those of its places that somebody asked for."""

    def __init__(self, ledger: Ledger, line_key: bytes) -> None:
        self._ledger = ledger
        self._line_key = line_key
        self._size = 0
        self._at: dict[int, list[tuple[int, Transaction]]] = {}

    def at_numbers(self, numbers: Sequence[int], ahead: Sequence[int] = ()) -> list[tuple[int, int, Transaction]]:
        """As `Ledger.at_numbers`, and as new; what this reading knows already is not fetched again.

        Args:
            ahead: what the reader is likely to ask for next; fetched too, if anything is.
        """
        # Asked first: what comes while the places are being read is looked for at the next use.
        self._forget_before(self._ledger.size)
        missing = [number for number in numbers if number not in self._at]
        if missing:
            missing += [number for number in ahead if number not in self._at]
            entries = self._ledger.at_numbers(self._line_key, missing)
            self._at.update((number, []) for number in missing)
            for number, index, transaction in entries:
                self._at[number].append((index, transaction))
        return [(number, index, there) for number in sorted(set(numbers)) for index, there in self._at[number]]

    @property
    def stop(self) -> int:
        """The place before which all that were looked at lie."""
        return max(self._at, default=-1) + 1

    def _forget_before(self, size: int) -> None:
        """Nothing is known of places at which something came to stand since they were read."""
        if size == self._size:
            return
        if size < self._size:
            self._at.clear()  # Another log than the one that was read.
        elif self._at:
            for number in self._ledger.came_since(self._line_key, list(self._at), self._size):
                del self._at[number]
        self._size = size


class Reading:
    """What was read so far."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lines: dict[bytes, LineAsRead] = {}
        self._times: dict[int, datetime] = {}
        self._by_key: dict[Hashable, object] = {}
        self._of_size: dict[Hashable, tuple[int, object]] = {}
        self._noted: set[bytes] | None = None

    @contextmanager
    def noting(self) -> Iterator[dict[bytes, int]]:
        """At its end, the keys of the lines that were read inside, each with the end of what was looked at.

        Not within another: the one outside would miss what the one inside already knew.
        """
        if self._noted is not None:
            raise RuntimeError("what is concluded from lines is not drawn from another conclusion")
        noted: dict[bytes, int] = {}
        self._noted = set()
        try:
            yield noted
            noted.update((line_key, self._lines[line_key].stop) for line_key in self._noted)
        finally:
            self._noted = None

    @property
    def is_noting(self) -> bool:
        """Whether somebody is drawing a conclusion: then each line is named anew, whatever was made of it before."""
        return self._noted is not None

    def line(self, line_key: bytes) -> LineAsRead:
        """The line with that key, as read now."""
        if self._noted is not None:
            self._noted.add(line_key)
        if line_key not in self._lines:
            self._lines[line_key] = LineAsRead(self._ledger, line_key)
        return self._lines[line_key]

    def times_of(self, indexes: Iterable[int]) -> dict[int, datetime]:
        """As `Ledger.times_of`. What stands in the log never gets another time."""
        places = set(indexes)
        missing = places - self._times.keys()
        if missing:
            self._times.update(self._ledger.times_of(missing))
        return {index: self._times[index] for index in places}

    def once(self, key: Hashable, make: Callable[[], _Value]) -> _Value:
        """What `make` returns, made once for each `key`, which must name all the bytes that it is made of."""
        if key not in self._by_key:
            self._by_key[key] = make()
        return cast(_Value, self._by_key[key])

    def while_log_stands(self, key: Hashable, make: Callable[[], _Value]) -> _Value:
        """What `make` read of the log; made again once the log has grown."""
        size = self._ledger.size
        memo = self._of_size.get(key)
        if memo is None or memo[0] != size:
            self._of_size[key] = memo = size, make()
        return cast(_Value, memo[1])

    def handed_along(self, key: Hashable, begin: Callable[[], Iterator[_Value]]) -> Iterator[_Value]:
        """What `begin` yields, each taken from it once for each `key`, when somebody first gets so far.

        Begun again once the log has grown, and after an error: whoever comes to that place meets it anew.
        """
        taken: _Taken[_Value] = self.while_log_stands(key, lambda: _Taken(begin))
        return iter(taken)


class _Taken(Generic[_Value]):
    """What was taken so far of something that can be begun again, and what goes on from there."""

    def __init__(self, begin: Callable[[], Iterator[_Value]]) -> None:
        self._begin = begin
        self._values: list[_Value] = []
        self._rest: Iterator[_Value] | None = None
        self._is_whole = False

    def __iter__(self) -> Iterator[_Value]:
        place = 0
        while place < len(self._values) or self._take():
            yield self._values[place]
            place += 1

    def _take(self) -> bool:
        """Take one more; False if that is all."""
        if self._is_whole:
            return False
        # Not there while it is being asked: what fails, or asks for the same inside, leaves nothing half begun.
        rest, self._rest = self._rest, None
        before = len(self._values)
        if rest is None:
            rest = islice(self._begin(), before, None)
        for value in rest:
            if len(self._values) == before:
                self._values.append(value)
                self._rest = rest
            return True
        self._is_whole = True
        return False


class Readings(threading.local):
    """The reading of each thread, if it has begun one."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._current: Reading | None = None

    @contextmanager
    def one(self) -> Iterator[None]:
        """What is read inside is read once; within another reading this is part of that one."""
        if self._current is not None:
            yield
            return
        self._current = Reading(self._ledger)
        try:
            yield
        finally:
            self._current = None

    @property
    def has_begun(self) -> bool:
        """Whether what is read now is handed along."""
        return self._current is not None

    def now(self) -> Reading:
        """The reading that was begun; where none was, one that nobody else sees."""
        return self._current if self._current is not None else Reading(self._ledger)
