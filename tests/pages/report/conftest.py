"""A coach with a team, as most pages of a report begin."""

import pytest

from tests.support.coach import person, signed_in


@pytest.fixture(scope="module")
def coach(site):
    actor = person(site, "carol", "Carol Coach")
    site.services.teams.add_players(actor, [("7", "Sam Rivers"), ("", "Ada Lind")], "")
    return actor


@pytest.fixture
def app(site, coach):
    """The coach's browser."""
    return signed_in(site, "carol")
