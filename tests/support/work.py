"""Work that a test may count, where a time would only tell how busy the machine is."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Calls:
    """The calls of Python and of C functions that this thread made."""

    def __init__(self) -> None:
        self._names: Counter[str] = Counter()

    @property
    def number(self) -> int:
        return self._names.total()

    def named(self, name: str) -> int:
        """How many functions of that name were called."""
        return self._names[name]

    def note(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            self._names[frame.f_code.co_name] += 1
        elif event == "c_call":
            self._names[getattr(argument, "__name__", "")] += 1


@contextmanager
def calls_counted() -> Iterator[Calls]:
    """Count what is called meanwhile, in this thread."""
    calls = Calls()
    before = sys.getprofile()
    sys.setprofile(calls.note)
    try:
        yield calls
    finally:
        sys.setprofile(before)
