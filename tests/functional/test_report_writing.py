"""From the advice to "Saved": who is hurt, the report to check, and one report however often Save is pressed."""

import pytest

from tests.functional.coach import advice, heading, person, press, signed_in, soup, to_check_page


@pytest.fixture(scope="module")
def coach(site):
    actor = person(site, "carol", "Carol Coach")
    site.services.teams.add_players(actor, [("7", "Sam Rivers"), ("", "Ada Lind")], "")
    return actor


@pytest.fixture
def app(site, coach):
    return signed_in(site, "carol")


def test_from_the_advice_to_a_saved_report_it_takes_three_taps(app):
    who = press(app, advice(app), "Who is hurt?")
    check = press(app, who, "7 Sam Rivers")
    saved = press(app, check, "Save report", 302).follow()
    assert "Saved" in saved.text
    assert "Sam Rivers" in heading(saved)
