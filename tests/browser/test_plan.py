"""The coach's emergency plan in a real browser: written, looked at narrow and dark, and printed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, AxeCheck
from tests.browser.people import Person

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


def coach_on(new_page: NewPage, name: str, check: AxeCheck, device: dict[str, object], theme: str = "") -> Person:
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
    new_page: NewPage, axe_check: AxeCheck, device: dict[str, object], theme: str
) -> None:
    width = device["viewport"]["width"]  # type: ignore[index]  # a dict of dicts
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
    assert [button.inner_text() for button in coach.page.locator("main .btn").all() if button.is_visible()] == []
