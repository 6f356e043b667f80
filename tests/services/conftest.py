"""What the tests here may use: a world of its own for each test, and people in it."""

from collections.abc import Iterator

import pytest

from blockmrs.services.accounts.actor import Actor
from tests.conftest import StillClock
from tests.services.test_story import member
from tests.support.fixtures import app, site, worlds
from tests.support.from_now_on import Home, home_in
from tests.support.quick import quick_folder
from tests.support.world import World, staged

__all__ = ["app", "site", "worlds"]


@pytest.fixture
def world(clock: StillClock) -> Iterator[World]:
    with quick_folder() as folder:
        made = World(folder, clock, alike=True)
        yield made
        made.engine.dispose()


@pytest.fixture
@staged
def carol(world: World) -> Actor:
    return world.person("carol", "Carol Coach")


@pytest.fixture
@staged
def maria(world: World) -> Actor:
    return world.person("maria", "Maria Rivers")


@pytest.fixture
@staged
def joe(world: World) -> Actor:
    return world.person("joe", "Joe Rivers")


@pytest.fixture
@staged
def lee(world: World) -> Actor:
    """The doctor of a hospital in the directory."""
    return member(world, "lee", "North Hospital")


@pytest.fixture
def home(world: World) -> Home:
    """A player with two parents, their coach, and a hospital."""
    return home_in(world)
