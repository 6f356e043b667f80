"""Functions of nothing but their arguments, whose answers a process of the tests remembers.

Thousands of tests begin with the same people on the same chain, and open the same bytes with the same keys. Each answer
is made for real once, by the code itself, and found again only by all that it was made of; an error is made each time.
Programs that tests start as processes of their own, and what is measured, do without.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache, wraps
from types import ModuleType
from typing import Any

from blockmrs.chain import lines, transaction
from blockmrs.crypto import envelope, keys

_REMEMBERED = 20_000
_PURE: tuple[tuple[ModuleType, str], ...] = (
    (keys, "expand_sealing_seed"),
    (keys, "signing_public_key"),
    (lines, "slot_at"),
    (lines, "one_time_key_at"),
    (envelope, "open_object"),
    (transaction, "open_transaction"),
)
_replaced: dict[Callable[..., Any], Callable[..., Any]] = {}


def remember_what_is_pure() -> None:
    """From now on, wherever the code has these functions; whoever builds an installation for a test calls this."""
    if _replaced:
        return
    for module, name in _PURE:
        original = getattr(module, name)
        _replaced[original] = wraps(original)(lru_cache(_REMEMBERED)(original))
    _exchange(_replaced)


@contextmanager
def nothing_remembered() -> Iterator[None]:
    """Meanwhile every function is the code's own, for who counts what the code does."""
    _exchange({remembering: original for original, remembering in _replaced.items()})
    try:
        yield
    finally:
        _exchange(_replaced)


def _exchange(functions: Mapping[Callable[..., Any], Callable[..., Any]]) -> None:
    for loaded in [there for name, there in sys.modules.items() if name.startswith("blockmrs")]:
        for _, name in _PURE:
            there = vars(loaded).get(name)
            if there in functions:
                setattr(loaded, name, functions[there])
