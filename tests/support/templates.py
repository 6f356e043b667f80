"""Templates for tests: each is compiled once in a process, for however many sites."""

import os
from typing import Any

from blockmrs.controllers.web.white_space import Loader

_compiled: dict[tuple[str, int, bool], Any] = {}


def compile_once() -> None:
    """From now on; whoever builds a site for a test calls this."""
    Loader._load = _load  # type: ignore[method-assign] # the one way by which a site gets a template


def _load(self: Loader, name: str, encoding: str = "utf-8", *, is_fragment: bool = False) -> Any:
    path = str(self._filename(name))
    key = path, os.stat(path).st_mtime_ns, is_fragment
    if key not in _compiled:
        _compiled[key] = _load_really(self, name, encoding, is_fragment=is_fragment)
    # Each loader writes its own name into what it loaded.
    return type(_compiled[key].__name__, (_compiled[key],), {})


_load_really = Loader._load
