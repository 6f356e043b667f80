"""What the tests here may use: a world of its own for each test, and people in it."""

from collections.abc import Iterator

import pytest

from blockmrs.services.accounts.actor import Actor
from tests.conftest import StillClock
from tests.support.fixtures import app, site, worlds
from tests.support.quick import quick_folder
from tests.support.world import World

__all__ = ["app", "site", "worlds"]


@pytest.fixture
def world(clock: StillClock) -> Iterator[World]:
    with quick_folder() as folder:
        made = World(folder, clock)
        yield made
        made.engine.dispose()


@pytest.fixture
def carol(world: World) -> Actor:
    return world.person("carol", "Carol Coach")


@pytest.fixture
def maria(world: World) -> Actor:
    return world.person("maria", "Maria Rivers")


@pytest.fixture
def joe(world: World) -> Actor:
    return world.person("joe", "Joe Rivers")
