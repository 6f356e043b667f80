"""A coach of one's own for each test of a team's pages, who is signed in."""

from itertools import count

import pytest
from webtest import TestApp

from blockmrs.services.accounts.actor import Actor
from tests.support.coach import person, signed_in
from tests.support.site import TestSite

numbers = count(1)


@pytest.fixture
def name() -> str:
    return f"coach{next(numbers)}"


@pytest.fixture
def coach(site: TestSite, name: str) -> Actor:
    return person(site, name, "Carol Coach")


@pytest.fixture
def app(site: TestSite, coach: Actor, name: str) -> TestApp:
    return signed_in(site, name)
