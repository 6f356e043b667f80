"""Where the team is: in the result for who is signed in, and in nothing that could be kept for somebody else."""

import re
from itertools import count
from threading import Event

import pytest

from blockmrs.controllers.field.wire import carry
from blockmrs.domain.venues import Plan
from blockmrs.errors import Unavailable
from blockmrs.services.advice.interviews import TriageService
from blockmrs.services.people.plans import Plans
from tests.support.coach import advice, fields_of, form_with, person, press, signed_in
from tests.support.html import soup, soup_of_its_own
from tests.triage.interviews import place_of, play

numbers = count(1)
FIELD = {
    "name": "Larkspur Ground",
    "address": "12 Quince Lane, Springfield",
    "gate": "Gate Q, off Tansy Road",
    "defibrillator": "Clubhouse wall",
    "greeter": "Otis Vane",
    "hospital": "St Brannock, 4 Sorrel Street",
    "hospital_phone": "555 0199",
    "directions": "Left at the mill.",
}
SERVICE = TriageService()
INTERVIEW, _ = play(
    SERVICE, {"limb-bent": "arm", "limb-can-be-moved": True}, age="13-15-years", part=place_of(SERVICE.rules, "limb")
)
HOSPITAL = dict(carry(INTERVIEW))


@pytest.fixture
def name():
    return f"placed{next(numbers)}"


@pytest.fixture
def coach(site, name):
    return person(site, name, "Carol Coach")


@pytest.fixture
def planned(site, coach):
    site.services.plans.put(coach, "0" * 16, FIELD, "")
    site.services.plans.put(coach, "1" * 16, {"name": "East Park", "address": "1 Road"}, "")
    return coach


@pytest.fixture
def app(site, coach, name):
    return signed_in(site, name)


def where(response):
    page = soup_of_its_own(response)
    for template in page("template"):
        template.decompose()
    return page.select_one("section.where")


def test_a_life_threat_says_where_the_team_is(app, planned):
    block = where(advice(app))
    shown = block.get_text(" ", strip=True)
    assert not block.has_attr("hidden")
    for name in ("name", "address", "gate", "defibrillator", "greeter"):
        assert FIELD[name] in shown
    assert FIELD["hospital"] not in shown


def test_level_2_has_the_way_to_the_hospital_and_a_button_to_it(app, planned):
    page = app.post("/field/ask/9", HOSPITAL)
    assert "Go to the hospital now" in soup(page).h1.get_text()
    shown = where(page).get_text(" ", strip=True)
    for name in ("hospital", "hospital_phone", "directions"):
        assert FIELD[name] in shown
    labels = [button.get_text(strip=True) for button in soup(page).select("form.report .btn")]
    assert labels == ["Who is hurt?", "Directions to read out", "Text parent"]
    assert not soup(page).find("a", href="#directions").has_attr("hidden")


def test_without_a_plan_or_an_account_nothing_is_said_and_no_button_leads_nowhere(site, app):
    for browser in (app, site.browser()):
        page = browser.post("/field/ask/9", HOSPITAL)
        assert where(page).has_attr("hidden")
        assert soup(page).find("a", href="#directions").has_attr("hidden")


def test_the_other_places_are_a_tap_away(app, planned):
    assert "1 Road" in where(advice(app)).details.get_text(" ", strip=True)


def test_the_place_of_today_is_the_chosen_one(site, app, planned):
    site.services.plans.choose(planned, "1" * 16)
    assert where(advice(app)).find(class_="say").get_text(" ", strip=True) == "East Park 1 Road"


def test_the_first_screen_is_the_same_for_everybody(site, app, planned):
    def page(browser) -> str:
        main = soup(browser.get("/field")).main.decode()
        return re.sub(r'name="started" type="hidden" value="[1-9][0-9]*"', "", main)

    assert page(app) == page(site.browser())


def test_the_part_for_the_script_is_the_very_markup_of_the_page_and_never_kept(app, planned):
    part = app.get("/field/where")
    assert part.headers["Cache-Control"] == "no-store"
    told = where(app.post("/field/ask/9", HOSPITAL)).select_one(".told")
    assert "".join(told.decode_contents().split()) == "".join(soup(part).decode().split())


def test_signed_out_or_without_a_plan_the_part_is_empty(site, app):
    for browser in (app, site.browser()):
        answer = browser.get("/field/where", status=204)
        assert answer.body == b""
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_plan_that_cannot_be_read_now_never_stops_the_advice(site, app, planned, monkeypatch):
    def away(_plans, _actor):
        raise Unavailable("the node is away")

    monkeypatch.setattr(Plans, "plan", away)
    assert where(advice(app)).has_attr("hidden")
    app.get("/field/where", status=503)


def test_the_advice_does_not_wait_for_a_plan_that_takes_long(app, planned, monkeypatch):
    answered = Event()

    def slow(_plans, _actor):
        assert answered.wait(60), "the advice waited"
        return Plan()

    monkeypatch.setattr(Plans, "plan", slow)
    try:
        assert where(advice(app)).has_attr("hidden")
    finally:
        answered.set()


@pytest.mark.parametrize(
    ("path", "position"),
    [("/field", "(self)"), ("/field/where", "(self)"), ("/", "()"), ("/fields", "()"), ("/login", "()")],
)
def test_only_the_advice_may_ask_where_the_phone_is(site, path, position):
    answer = site.browser().get(path, expect_errors=True)
    assert f"geolocation={position}" in answer.headers["Permissions-Policy"]


def test_the_report_begins_with_the_place_of_the_plan(app, planned):
    check = press(app, press(app, advice(app), "Who is hurt?"), "Use this name", 200, r_name="Kim")
    assert dict(fields_of(form_with(check, "Save report")[0]))["r-place"].strip("\n") == (
        "Larkspur Ground\n12 Quince Lane, Springfield\nGate Q, off Tansy Road"
    )
    assert "From your plan" in soup(check).get_text()
    saved = press(app, check, "Save report", 302).follow()
    assert FIELD["gate"] in soup(saved).main.get_text()
    text = soup(saved).find("a", href=lambda href: href and href.startswith("sms:"))["href"]
    assert "Larkspur%20Ground" in text
    assert "Quince" not in text


def test_what_was_typed_as_the_place_stays(app, planned):
    form = press(app, advice(app), "Who is hurt?")
    check = press(app, form, "Use this name", 200, r_name="Kim")
    again = press(app, check, "Change", None, r_place="", ask="who")
    back = press(app, again, "Use this name", 200, r_name="Kim")
    assert dict(fields_of(form_with(back, "Save report")[0]))["r-place"].strip() == ""
