"""A test that goes through many cases: each is tried, every failure is told, and so is how many there were.

    with at_least(200) as case:
        for rule in RULES.rules:
            with case(rule.id):
                assert rule.evidence

Where the cases are known beforehand and each may have a name of its own, `pytest.mark.parametrize` does the same.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

Case = Callable[[object], AbstractContextManager[None]]
LONGEST = 600
MOST_FAILURES = 30
"""What is broken is known by then, and each may have waited for a browser until its time was up."""


class _Enough(Exception):
    pass


@contextmanager
def at_least(least: int) -> Iterator[Case]:
    """Gives what is put around each case, with its name; `least` is how many there have to be, at least one."""
    assert least > 0, "a test without any case tests nothing"
    tried, failures = 0, list[str]()

    @contextmanager
    def case(name: object) -> Iterator[None]:
        nonlocal tried
        tried += 1
        try:
            yield
        except (Exception, pytest.fail.Exception) as error:
            failures.append(f"{name}: {type(error).__name__}: {str(error)[:LONGEST]}")
            if len(failures) == MOST_FAILURES:
                raise _Enough from error

    try:
        yield case
    except _Enough:
        failures.append("and the rest was not tried")
    except BaseException as error:
        for failure in failures:
            error.add_note(failure)
        raise
    assert not failures, f"{len(failures)} of {tried}:\n" + "\n".join(failures)
    assert tried >= least, f"{tried} cases were tried, and there should be {least} at least"
