"""Every action of the site, found by walking its controllers as TurboGears does."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tg import TGController

from blockmrs.controllers.root import RootController
from blockmrs.controllers.web.context import REPEATABLE, STATELESS
from tests.support.site import TestSite

ANY = "*"
"""Stands in an address for the one part that a `_lookup` takes."""


@dataclass(frozen=True, slots=True)
class Route:
    """One exposed action. `methods` is empty where the action never said which it takes."""

    address: str
    methods: frozenset[str]
    stateless: bool
    repeatable: bool


def site_routes(site: TestSite) -> dict[str, Route]:
    """Every exposed action of the site, by its address; without those that only tests have."""
    routes: dict[str, Route] = {}
    for route in _walk(RootController(site.services), ""):
        assert route.address not in routes, f"{route.address} is answered by two actions"
        routes[route.address] = route
    return routes


def _walk(controller: TGController, prefix: str) -> Iterator[Route]:
    for name in sorted(set(dir(controller)) - {"__class__"}):
        found = getattr(controller, name)
        if isinstance(found, TGController) or (isinstance(found, type) and issubclass(found, TGController)):
            assert isinstance(found, TGController), f"{prefix}/{name} is a class, and is not built by the site"
            yield from _walk(found, f"{prefix}/{name}")
        elif _is_exposed(found):
            yield from _actions(controller, name, found, prefix)


def _actions(controller: TGController, name: str, action: Any, prefix: str) -> Iterator[Route]:
    if name == "_lookup":
        below, rest = action(ANY)
        assert rest == (), f"the look-up below {prefix} takes another number of parts than one"
        yield from _walk(below, f"{prefix}/{ANY}")
        return
    address = {"index": prefix or "/", "_default": f"{prefix}/..."}.get(name, f"{prefix}/{name}")
    methods = frozenset(action.decoration._allowed_methods or ())
    yield Route(address, methods, bool(getattr(action, STATELESS, False)), bool(getattr(action, REPEATABLE, False)))


def _is_exposed(found: Any) -> bool:
    decoration = getattr(found, "decoration", None)
    return decoration is not None and bool(decoration.exposed)
