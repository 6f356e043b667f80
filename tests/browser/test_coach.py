"""The coach's pages where they are tightest: narrow, dark, in the sun theme, with errors showing, without script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, AxeCheck
from tests.browser.people import Person
from tests.browser.wire import Wire

NewPage = Callable[..., Page]
NARROW = {**PHONE, "viewport": {"width": 320, "height": 640}}
LOOKS = [
    (NARROW, "dark"),
    (NARROW, "sun"),
    ({**PHONE, "viewport": {"width": 412, "height": 915}}, ""),
    (DESKTOP, "dark"),
]


def new_coach(new_page: NewPage, name: str, check: AxeCheck, device: dict[str, object], theme: str) -> Person:
    coach = Person(new_page(device, theme=theme), name, "Ana Torres", check)
    coach.page.goto("/signup")
    coach.make_account()
    return coach


def write_a_report(coach: Person) -> None:
    """To the report to check, about somebody on no list."""
    coach.page.goto("/field")
    coach.page.locator("#signs button[value=fit]").click()
    expect(coach.page.locator("h1")).to_have_text("Call an ambulance now")
    coach.press("Who is hurt?")
    coach.press("Use this name")
    expect(coach.page.locator("#errors")).to_be_focused()
    coach.page.locator("main [name=r-name]").fill("Maximiliana Featherstonehaugh-Brandenburg, blue shirt")
    coach.press("Use this name")


@pytest.mark.parametrize(("device", "theme"), LOOKS)
def test_every_page_of_a_coach_holds(
    new_page: NewPage, axe_check: AxeCheck, device: dict[str, object], theme: str
) -> None:
    coach = new_coach(new_page, f"coach.{theme or 'plain'}.{device['viewport']['width']}", axe_check, device, theme)
    write_a_report(coach)
    coach.page.get_by_label("Another time").first.check()
    coach.page.locator("main [name=r-place]").fill("Field 3")
    coach.press("Save report")
    expect(coach.page.locator("#errors")).to_contain_text("Enter the time")
    assert coach.page.locator("main [name=r-place]").input_value() == "Field 3"
    coach.page.locator("main [name=r-time]").fill("00:00")
    coach.press("Save report")
    expect(coach.page.locator("main")).to_contain_text("Saved")
    report = coach.page.url.split("?")[0]
    coach.press("Show to crew")
    box = coach.page.locator(".qr path").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 240 or device is NARROW
    coach.press("Stop this code")
    coach.press("Stop this code")
    for path in ("/show", "/share"):
        coach.open(report + path)
    coach.open("/team")
    coach.press("Add player")
    expect(coach.page.locator("#errors")).to_be_visible()
    coach.page.locator("main [name=player_name]").fill("Maximiliana Featherstonehaugh-Brandenburg")
    coach.press("Add player")
    coach.go(coach.page.get_by_role("link", name="Remove"))
    coach.press("Keep on the team")
    coach.open("/field/reports")


def test_a_report_is_written_without_script_and_within_the_budget(new_page: NewPage, site: str) -> None:
    page = new_page(PHONE)
    coach = Person(page, "coach.plain.script", "Ana Torres")
    page.goto("/signup")
    coach.make_account()
    cookies = page.context.cookies()
    plain = new_page(PHONE, java_script_enabled=False)
    plain.context.add_cookies(cookies)
    wire = Wire.tap(plain)
    plain.goto("/field")
    for button in ("#signs button[value=fit]", "form.report button"):
        plain.locator(button).first.click()
    plain.locator("main [name=r-name]").fill("Kim")
    plain.get_by_role("button", name="Use this name").click()
    before, requests = wire.size_bytes, len(wire.addresses)
    plain.get_by_role("button", name="Save report").click()
    expect(plain.locator("main")).to_contain_text("Saved")
    assert wire.size_bytes - before < 100_000
    # The answer to Save is a redirect: two more than the page's own.
    assert len(wire.addresses) - requests <= 9
    assert wire.hosts() == {site.removeprefix("http://")}
