"""The coach's emergency plan in a real browser: written, looked at narrow and dark, and printed."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from blockmrs.controllers.field.wire import carry
from blockmrs.services.advice.interviews import TriageService
from tests.browser.conftest import DESKTOP, PHONE, AxeCheck
from tests.browser.people import Person
from tests.triage.interviews import place_of, play

NewPage = Callable[..., Page]
NARROW = {**PHONE, "viewport": {"width": 320, "height": 640}}
PLACE = {
    "Name of the place": "North Field",
    "Street address": "12 School Lane, Springfield",
    "Gate for the ambulance": "Gate B, off Mill Road",
    "Nearest defibrillator": "Clubhouse wall, left of the door. No key.",
    "Who calls for help": "Ana Torres",
    "Who meets the crew": "Pat Ferri",
    "Nearest hospital": "North Hospital, 12 Mill Road",
    "Telephone of the hospital": "+1 555 0100",
    "Way to the hospital": "Left out of the gate.\nOver the bridge.",
}
SERVICE = TriageService()
BENT_ARM, _ = play(
    SERVICE, {"limb-bent": "arm", "limb-can-be-moved": True}, age="13-15-years", part=place_of(SERVICE.rules, "limb")
)
POST = """pairs => {
    const form = Object.assign(document.createElement("form"), { method: "post", action: "/field/ask/9" });
    pairs.forEach(([name, value]) => form.append(Object.assign(document.createElement("input"), { name, value })));
    document.body.append(form);
    form.submit();
}"""


def coach_on(new_page: NewPage, name: str, check: AxeCheck, device: dict[str, Any], theme: str = "") -> Person:
    coach = Person(new_page(device, theme=theme), name, "Ana Torres", check)
    coach.page.goto("/signup")
    coach.make_account()
    return coach


def write_a_place(coach: Person, place: dict[str, str]) -> None:
    coach.open("/team/plan/add")
    for label, text in place.items():
        coach.type(label, text)
    coach.press("Save")


@pytest.mark.parametrize(("device", "theme"), [(PHONE, ""), (NARROW, "dark"), (DESKTOP, "")])
def test_the_plan_is_written_read_and_changed(
    new_page: NewPage, axe_check: AxeCheck, device: dict[str, Any], theme: str
) -> None:
    width = device["viewport"]["width"]
    coach = coach_on(new_page, f"planner.{width}", axe_check, device, theme)
    coach.open("/team")
    expect(coach.page.locator("main")).to_contain_text("Plan missing")
    coach.press("Open the plan")
    coach.press("Add a place")
    coach.type("Coordinates", "north")
    coach.press("Save")
    expect(coach.page.locator("#errors")).to_be_focused()
    write_a_place(coach, PLACE)
    expect(coach.page.locator("main")).to_contain_text("Plan ready")
    write_a_place(coach, {"Name of the place": "Riverside Park", "Street address": "1 River Walk, Springfield"})
    coach.go(coach.page.get_by_role("button", name="We are here today"))
    expect(coach.page.locator("main")).to_contain_text("Plan not finished")
    coach.go(coach.page.get_by_role("link", name="Remove Riverside Park"))
    coach.press("Remove the place")
    expect(coach.page.locator("main")).not_to_contain_text("Riverside Park")


def test_the_printed_plan_has_every_row_and_no_button(new_page: NewPage, axe_check: AxeCheck) -> None:
    coach = coach_on(new_page, "planner.print", axe_check, DESKTOP)
    write_a_place(coach, PLACE)
    expect(coach.page.locator("[data-print]")).to_be_visible()
    coach.page.emulate_media(media="print")
    for text in PLACE.values():
        for line in text.splitlines():
            expect(coach.page.get_by_text(line).first).to_be_visible()
    expect(coach.page.get_by_text("In danger, call 911").first).to_be_visible()
    expect(coach.page.get_by_text("by Ana Torres")).to_be_visible()
    assert [button.inner_text() for button in coach.page.locator("main .btn").all() if button.is_visible()] == []


def test_where_am_i_stands_beside_the_advice_of_a_coach_with_a_plan(new_page: NewPage, axe_check: AxeCheck) -> None:
    coach = coach_on(new_page, "planner.field", axe_check, PHONE)
    write_a_place(coach, PLACE)
    page = coach.page
    page.context.set_geolocation({"latitude": 52.51628, "longitude": 13.37771, "accuracy": 11.5})
    page.context.grant_permissions(["geolocation"])
    page.goto("/field", wait_until="networkidle")
    page.locator("#signs button[value=choking]").tap()
    expect(page.locator("h1")).to_have_text("Call an ambulance now")
    expect(page.locator(".where")).to_contain_text("12 School Lane, Springfield")
    expect(page.locator(".where")).to_contain_text("Gate B, off Mill Road")
    expect(page.locator(".where")).not_to_contain_text("North Hospital")
    expect(page.locator(".spot")).to_be_hidden()
    page.get_by_role("button", name="Add my position").tap()
    expect(page.locator(".spot")).to_have_text("52.51628, 13.37771, give or take 12 metres")
    axe_check(page)


def test_without_signal_the_advice_stands_and_says_that_the_place_is_not_here(new_page: NewPage) -> None:
    coach = coach_on(new_page, "planner.cut", lambda _page: None, PHONE)
    write_a_place(coach, PLACE)
    page = coach.page
    page.goto("/field", wait_until="networkidle")
    page.context.set_offline(True)
    page.locator("#signs button[value=choking]").tap()
    expect(page.locator("h1")).to_have_text("Call an ambulance now")
    expect(page.locator(".where .told")).to_have_text("No signal: the plan of your team is not on this phone.")
    page.get_by_role("button", name="Add my position").tap()
    expect(page.locator(".spot")).to_have_text("Your phone gave no position.")


def test_signed_out_nobody_asks_for_a_plan(new_page: NewPage) -> None:
    page = new_page(PHONE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/field", wait_until="networkidle")
    page.locator("#signs button[value=choking]").tap()
    expect(page.get_by_role("button", name="Add my position")).to_be_visible()
    page.wait_for_timeout(300)
    assert [address for address in asked if "/where" in address] == []


def test_level_2_says_the_way_to_the_hospital(new_page: NewPage, axe_check: AxeCheck) -> None:
    coach = coach_on(new_page, "planner.way", axe_check, PHONE)
    write_a_place(coach, PLACE)
    page = coach.page
    page.goto("/field")
    with page.expect_navigation():
        page.evaluate(POST, [list(pair) for pair in carry(BENT_ARM)])
    expect(page.locator("h1")).to_have_text("Go to the hospital now")
    axe_check(page)
    page.get_by_role("link", name="Directions to read out").tap()
    expect(page.locator("#directions")).to_be_in_viewport()
    expect(page.locator(".to-hospital")).to_contain_text("North Hospital, 12 Mill Road")
    expect(page.locator(".to-hospital")).to_contain_text("Over the bridge.")
