"""The pages of "I feel ill" speak to whoever is ill; those for a child, and what is saved, speak of them."""

import re

import pytest
from webtest import TestApp, TestResponse

from blockmrs.services.accounts.actor import Actor
from tests.support.coach import person, press, signed_in
from tests.support.heads import form_fields
from tests.support.html import soup
from tests.support.people import send
from tests.support.site import TestSite


@pytest.fixture(scope="module")
def ada(site: TestSite) -> Actor:
    return person(site, "ada-ill", "Ada Lind")


@pytest.fixture
def app(site: TestSite, ada: Actor) -> TestApp:
    return signed_in(site, "ada-ill")


@pytest.fixture(scope="module")
def child(site: TestSite) -> str:
    """What Maria calls Sam in addresses."""
    coach, maria = person(site, "coach-ill", "Carol Coach"), person(site, "maria-ill", "Maria Rivers")
    team = site.services.teams.add_player(coach, "Sam Rivers", "7", "")
    site.services.teams.join(maria, site.services.teams.invite_family(coach, team.players[0].player_id), "guardian", "")
    return site.services.people.of(maria)[-1].handle


def tap(app: TestApp, page: TestResponse, value: str) -> TestResponse:
    """The page after the button with that value."""
    button = soup(page).select_one(f"main button[value={value}]")
    assert button is not None
    return press(app, page, button.get_text(" ", strip=True), 200)


def very_sad(app: TestApp, start: TestResponse) -> TestResponse:
    """From the danger signs, of which none is so, to the first page about the mind."""
    page = press(app, start, "None of these", 200)
    return tap(app, tap(app, page, "ill"), "mind")


def text_of(page: TestResponse) -> str:
    return soup(page).select_one("main").get_text(" ", strip=True)


def test_who_thinks_of_dying_is_spoken_to(app) -> None:
    page = very_sad(app, app.get("/record/ill"))
    assert "Thinking of killing yourself now" in text_of(page)
    assert "Only you decide whether it is saved or sent." in text_of(page)
    page = press(app, page, "Next", 200, pick=["mh-now:yes"])
    assert "Is an adult you trust with you all the time" in text_of(page)
    advice = press(app, page, "No", 200)
    text = text_of(advice)
    assert "You need help now, from people who can keep you safe." in text
    assert "This is about how you feel." in text
    assert "You said" in text
    assert " them" not in text


def test_a_parent_reads_of_the_child(site, child) -> None:
    app = signed_in(site, "maria-ill")
    page = very_sad(app, app.get(f"/record/ill/{child}"))
    assert "Thinks of killing themselves now" in text_of(page)
    assert "yourself" not in text_of(page)


def test_a_coach_reads_of_the_player(app) -> None:
    start = app.post("/field/check", {"sign": "none"})
    page = tap(app, tap(app, start, "ill"), "mind")
    assert "Thinks of killing themselves now" in text_of(page)


def test_what_is_saved_and_shown_to_the_crew_keeps_the_words_for_others(site, ada, app) -> None:
    page = press(app, very_sad(app, app.get("/record/ill")), "Next", 200, pick=["mh-now:yes"])
    advice = press(app, page, "No", 200)
    crew = text_of(press(app, advice, "Show to crew", 200))
    assert "Thinks of killing themselves now" in crew
    check = press(app, advice, "Save to my record", 200)
    assert "Thinking of killing yourself now" in text_of(check)
    saved = press(app, check, "Save to my record", 302, r_when="180").follow()
    address = saved.request.path.split("/")[-1]
    (own,) = soup(saved).select("main div.no-print:has(dl.signs)")
    (printed,) = soup(saved).select("main div.only-print:has(dl.signs)")
    assert "Do you think of killing yourself right now?" in own.get_text(" ", strip=True)
    assert "Do they think of killing themselves right now?" in printed.get_text(" ", strip=True)
    report = site.services.reports.open(ada, address).report
    assert "Do they think of killing themselves right now?" in {finding.question for finding in report.findings}
    assert "They need help now, and nobody can keep them safe." in {because for _, because in report.advice.reasons}


def test_somebody_young_whom_somebody_hurts_is_told_that_they_may_tell(app) -> None:
    start = press(app, app.get("/record/ill"), "None of these", 200)
    page = tap(app, tap(app, start, "allergy"), "skin")
    while not soup(page).select("input[value='story-does-not-fit:yes']"):
        young = soup(page).select("button[value='13-15-years']")
        page = press(app, page, young[0].get_text(" ", strip=True) if young else "None of these", 200)
    assert "Someone hurts you, or you hide why" in text_of(page)
    assert "it is not your fault" in text_of(page)
    page = press(app, page, "Next", 200, pick=["story-does-not-fit:yes"])
    text = text_of(press(app, page, "None of these", 200))
    assert "Someone may be hurting you. It is not your fault." in text
    assert "It need not be anyone at home." in text
    assert "Do not go alone to the person who hurts you." in text


def test_the_checks_after_ones_own_head_injury_speak_to_oneself(app) -> None:
    page = tap(app, press(app, app.get("/record/ill"), "None of these", 200), "head")
    page = press(app, page, "Next", 200, pick=["head-memory:yes"])
    while "Do this now" not in text_of(page):
        adult = soup(page).select("button[value='16-64-years']")
        page = press(app, page, adult[0].get_text(" ", strip=True) if adult else "None of these", 200)
    check = press(app, page, "Save to my record", 200)
    saved = press(app, check, "Save to my record", 302, r_when="180").follow()
    address = saved.request.path + "/check"
    assert "How dizzy are you?" in text_of(app.get(address))
    made = send(app, address, list(form_fields(check_dizzy="a-lot").items())).follow()
    assert "How dizzy are you?" in text_of(made)
    assert "No sport. A doctor must clear you in writing first." in text_of(made)
    assert re.search(r"\b(they|them|their)\b", text_of(made)) is None
