"""Who can see what: a mother, a second guardian and a coach, on a phone and on a desk, by axe and the house rules."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, AxeCheck
from tests.browser.taps import Taps
from tests.browser.test_clinic import NARROW, sign_in

NewPage = Callable[..., Page]


def go(page: Page, role: Any, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role(role, name=name).first.click()


def test_a_second_guardian_waits_is_let_in_and_a_coach_is_ended(
    new_page: NewPage,
    demo: dict[str, Any],
    axe_check: AxeCheck,
) -> None:
    address = demo["address"]
    coach = new_page(DESKTOP)
    sign_in(coach, demo, "coach.ana")
    coach.goto(f"{address}/team")
    axe_check(coach)
    go(coach, "button", "Invite family of Sam Rivers")
    axe_check(coach)
    code = coach.locator("#c-invitation").inner_text()

    second = new_page(NARROW, theme="dark")
    sign_in(second, demo, "joy.okafor")
    second.goto(f"{address}/join")
    second.locator("[name=invitation]").fill(code)
    go(second, "button", "See the invitation")
    axe_check(second)
    second.locator("[name=relation]").first.check()
    go(second, "button", "Join")
    expect(second.locator("h1")).to_have_text("You wait for a yes")
    axe_check(second)
    go(second, "link", "Who can see what")
    axe_check(second)

    mother = new_page(PHONE)
    sign_in(mother, demo, "maria.rivers")
    axe_check(mother)
    mother.goto(f"{address}/record")
    axe_check(mother)
    with mother.expect_navigation():
        mother.get_by_role("link", name="New: who can see what is about Sam Rivers").click()
    axe_check(mother)
    go(mother, "link", "Say yes to")
    axe_check(mother)
    go(mother, "button", "Yes, they act too")
    go(mother, "link", "End this for")
    axe_check(mother)
    mother.goto(f"{address}/people")
    axe_check(mother)
    with mother.expect_navigation():
        mother.locator("main").get_by_role("link", name="Sam Rivers", exact=True).click()
    mother.locator(".card", has_text="Coach.").get_by_role("link", name="End this").click()
    axe_check(mother)
    go(mother, "button", "End it")
    mother.locator("summary").click()
    axe_check(mother)

    coach.goto(f"{address}/")
    axe_check(coach)
    go(coach, "link", "Look at it")
    axe_check(coach)
    coach.goto(f"{address}/field/report/{demo['report']}")
    expect(coach.locator("main")).to_contain_text("Your part here has ended")
    axe_check(coach)


def test_every_right_is_one_tap_from_home_and_a_share_is_stopped_in_three(
    new_page: NewPage, demo: dict[str, Any]
) -> None:
    page, taps = new_page(PHONE, java_script_enabled=False), Taps()
    sign_in(page, demo, "maria.rivers")

    def tap(target: Locator) -> None:
        with page.expect_navigation():
            taps.on(target)

    tap(page.locator("main").get_by_role("link", name="Who can see what", exact=True))
    assert taps.count == 1
    expect(page.locator("h1")).to_have_text("Who can see what")
    hospital = page.locator("tbody tr", has=page.get_by_role("link", name="Stop sharing")).first
    expect(hospital).to_contain_text("until")
    name = hospital.locator("strong").inner_text()
    tap(hospital.get_by_role("link", name="Stop sharing"))
    tap(page.locator("main").get_by_role("button", name="Stop sharing"))
    assert taps.count == 3
    expect(page.locator("h1")).to_have_text(f"Stopped sharing with {name}")
    expect(page.locator("main")).to_contain_text("They may have kept what they saw")
