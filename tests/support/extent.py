"""How much of what is many a run takes: a fixed sample in `make test` and `make browser`, all of it in `make soak`.

The sample is the same in every run, and what it leaves out is only ever a repetition:

- `examples`: hypothesis makes twenty times as many in the soak.
- `pairs`: the soak tries every width with every theme; a sample has each width and each theme at least once.
- `one_of_each`: the soak takes every case; a sample has one of each kind, another one for another `turn`.
- `every`: the soak takes them all; a sample has each n-th, and other ones for another `turn`.
"""

import os
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import cycle, product
from typing import TypeVar

from hypothesis import settings

IS_SOAK = os.environ.get("BLOCKMRS_SOAK") == "1"
TIMES = 20
"""As many made-up examples in the soak for one in a sample."""

One = TypeVar("One")
Other = TypeVar("Other")

settings.register_profile("soak", parent=settings.default, max_examples=TIMES * settings.default.max_examples)
if IS_SOAK:
    settings.load_profile("soak")


def examples(few: int) -> int:
    return TIMES * few if IS_SOAK else few


def pairs(ones: Sequence[One], others: Sequence[Other]) -> list[tuple[One, Other]]:
    """All pairs, or as many as there are of the longer, with the shorter by turns."""
    if IS_SOAK:
        return list(product(ones, others))
    if len(ones) < len(others):
        return list(zip(cycle(ones), others, strict=False))
    return list(zip(ones, cycle(others), strict=False))


def one_of_each(all_of_them: Iterable[One], kind: Callable[[One], Hashable], turn: int = 0) -> list[One]:
    """All, or one of each kind: the `turn`-th in its kind, begun anew after the last."""
    if IS_SOAK:
        return list(all_of_them)
    kinds: dict[Hashable, list[One]] = {}
    for one in all_of_them:
        kinds.setdefault(kind(one), []).append(one)
    return [of_a_kind[turn % len(of_a_kind)] for of_a_kind in kinds.values()]


def every(nth: int, all_of_them: Sequence[One], turn: int = 0) -> list[One]:
    """All, or each `nth`, begun with number `turn`."""
    return list(all_of_them if IS_SOAK else all_of_them[turn % nth :: nth])
