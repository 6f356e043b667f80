"""What a hospital, a family and a crew come to, on a narrow phone and in the dark: every page by axe and the rules."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import AxeCheck

NARROW = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
NewPage = Callable[..., Page]


def sign_in(page: Page, demo: dict[str, Any], user_name: str) -> None:
    account = next(account for account in demo["accounts"] if account["user_name"] == user_name)
    page.goto(demo["address"] + "/login")
    page.locator("[name=user_name]").fill(user_name)
    page.locator("[name=password]").fill(account["password"])
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_have_text("Home")


def test_every_page_of_a_clinic_a_family_and_a_crew_is_readable_when_narrow_and_dark(
    new_page: NewPage, demo: dict[str, Any], axe_check: AxeCheck
) -> None:
    report, address = demo["report"], demo["address"]
    crew = new_page(NARROW, theme="dark")
    crew.goto(f"{address}/r")
    crew.locator("[name=code]").fill("2222-2222-2222")
    with crew.expect_navigation():
        crew.get_by_role("button", name="Open", exact=True).click()
    expect(crew.locator("#errors")).to_be_visible()
    axe_check(crew)
    crew.locator("[name=code]").fill(demo["typed_code"])
    with crew.expect_navigation():
        crew.get_by_role("button", name="Open", exact=True).click()
    axe_check(crew)

    doctor = new_page(NARROW, theme="dark")
    sign_in(doctor, demo, "dr.lee")
    for path in ("/", "/inbox", "/organisation", "/join", f"/inbox/{report}"):
        doctor.goto(address + path)
        axe_check(doctor)
    assert doctor.title() == "Shared report - BlockMRS"
    with doctor.expect_navigation():
        doctor.get_by_role("button", name="Open the report").click()
    expect(doctor.locator("main")).to_contain_text("Sam Rivers")
    axe_check(doctor)

    parent = new_page(NARROW, theme="dark")
    sign_in(parent, demo, "maria.rivers")
    expect(parent.locator(".news:not(.reports)")).to_contain_text("about Sam Rivers")
    for path in ("/", "/record", "/log", f"/field/report/{report}"):
        parent.goto(address + path)
        axe_check(parent)

    coach = new_page(NARROW, theme="dark")
    sign_in(coach, demo, "coach.ana")
    for path in ("/", f"/field/report/{report}", f"/field/report/{report}/share"):
        coach.goto(address + path)
        axe_check(coach)
