"""A mother gives all of her son's record to a doctor, who reads it, and ends it: by few taps, by axe and the rules."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, AxeCheck
from tests.browser.people import Person
from tests.browser.taps import Taps
from tests.browser.test_clinic import sign_in

NewPage = Callable[..., Page]
MOST_TO_SHARE, MOST_TO_STOP = 7, 3


def somebody(page: Page, demo: dict[str, Any], user_name: str, axe_check: AxeCheck) -> Person:
    """Somebody of the demo who has signed in, and has tapped nothing yet."""
    sign_in(page, demo, user_name)
    person = Person(page, user_name, "", axe_check)
    person.taps = Taps()
    return person


def test_everything_goes_to_a_doctor_in_seven_taps_and_is_ended_in_three(
    new_page: NewPage, demo: dict[str, Any], axe_check: AxeCheck
) -> None:
    address = demo["address"]
    mother = somebody(new_page(PHONE), demo, "maria.rivers", axe_check)
    mother.press("Share a record")
    mother.press("Sam Rivers")
    mother.taps.on(mother.page.locator("label.pick", has_text="North Hospital"))
    mother.press("Go on")
    expect(mother.page.locator("main")).to_contain_text("Reports of an injury or illness: 1")
    mother.press("Share")
    expect(mother.page.locator("h1")).to_have_text("Shared with North Hospital")
    assert mother.taps.count <= MOST_TO_SHARE
    sent = mother.page.url

    doctor = somebody(new_page(DESKTOP), demo, "dr.lee", axe_check)
    doctor.open(f"{address}/inbox")
    records = doctor.page.get_by_role("region", name="From people’s records")
    doctor.go(records.get_by_role("link", name="Sam Rivers"))
    doctor.press("Open the record")
    doctor.go(doctor.page.locator("main li").get_by_role("link", name="Report"))
    expect(doctor.page.locator("h1")).to_contain_text("Sam Rivers")

    mother.open(sent)
    expect(mother.page.locator("main")).to_contain_text("Dr Lee")
    mother.open(f"{address}/log")
    mother.taps = Taps()
    mother.open(f"{address}/people")
    mother.press("Sam Rivers")
    mother.go(mother.page.locator(".card", has_text="of the record").get_by_role("link", name="Stop sharing"))
    mother.press("Stop sharing")
    expect(mother.page.locator("h1")).to_have_text("Stopped sharing with North Hospital")
    assert mother.taps.count <= MOST_TO_STOP

    assert doctor.open(doctor.page.url) == 410


def test_single_entries_are_chosen_on_a_page_of_their_own(
    new_page: NewPage, demo: dict[str, Any], axe_check: AxeCheck
) -> None:
    mother = somebody(new_page(PHONE, theme="dark"), demo, "maria.rivers", axe_check)
    mother.press("Share a record")
    mother.press("Sam Rivers")
    mother.press("Go on")
    expect(mother.page.locator("#errors")).to_be_visible()
    mother.taps.on(mother.page.locator("label.pick", has_text="North Hospital"))
    mother.taps.on(mother.page.locator("label.pick", has_text="What I choose"))
    mother.press("Go on")
    mother.press("Go on")
    expect(mother.page.locator("#errors")).to_be_visible()
    mother.taps.on(mother.page.locator("label.pick").first)
    mother.press("Go on")
    expect(mother.page.locator("h1")).to_have_text("What North Hospital will see")
