"""Where lines end: the search for a line's next free number, and what earlier searches of this process found."""

import hashlib
from collections.abc import Sequence
from threading import Lock

from blockmrs.chain.lines import WINDOW, one_time_key_at, slot_at
from blockmrs.chain.store import LedgerView

_REMEMBERED = 16_384


class LineLengths:
    """Up to where lines were in use, by digests of their keys. The log only grows: a search can begin there."""

    def __init__(self) -> None:
        self._lengths: dict[bytes, int] = {}
        self._adding = Lock()

    def of(self, line_key: bytes) -> int | None:
        """How many places of the line were taken when it was last looked at; None if that is not remembered."""
        return self._lengths.get(hashlib.sha256(line_key).digest())

    def remember(self, line_key: bytes, length: int) -> None:
        """Note how many are; of more lines than it remembers, the longest unused goes."""
        line = hashlib.sha256(line_key).digest()
        with self._adding:
            self._lengths.pop(line, None)
            self._lengths[line] = length
            if len(self._lengths) > _REMEMBERED:
                del self._lengths[next(iter(self._lengths))]


def gallop(view: LedgerView, line_key: bytes, start: int, trusting: bool) -> int:
    """A number from `start` on that is free, though the one before it (if not before `start`) is used.

    Args:
        trusting: assume that whatever is at a slot is the line's own, which it nearly always is; the caller checks.
    """
    used, free = start - 1, None
    while free is None:
        # Most lines end within a window; the others by doubling.
        near, far = range(used + 1, used + 1 + WINDOW), (used + (1 << power) for power in range(5, WINDOW))
        used, free = _narrow(view, line_key, used, [*near, *far], trusting)
    while free - used > 1:
        step = -(-(free - used) // (WINDOW + 1))
        used, nearer = _narrow(view, line_key, used, range(used + step, free, step), trusting)
        free = free if nearer is None else nearer
    return free


def _narrow(
    view: LedgerView, line_key: bytes, used: int, numbers: Sequence[int], trusting: bool
) -> tuple[int, int | None]:
    """The last of the rising `numbers` in use before a free one (or `used`), and that free one; None: none is."""
    slots = [slot_at(line_key, number) for number in numbers]
    occupied = view.occupied(slots)
    run = next((index for index, slot in enumerate(slots) if slot not in occupied), len(slots))
    if not trusting:
        # What is there may be foreign: then the number is free, and the one before it is asked.
        while run and not view.at_places([(slots[run - 1], one_time_key_at(line_key, numbers[run - 1]))]):
            run -= 1
    return (numbers[run - 1] if run else used), (numbers[run] if run < len(numbers) else None)
