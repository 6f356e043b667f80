"""A family is invited by a link: it fills in the code, leaves no trace of it, and joins nobody by itself."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, AxeCheck
from tests.browser.people import Person
from tests.browser.test_clinic import sign_in

NewPage = Callable[..., Page]
LEAST_QR = 240


def handed_on(coach: Page, demo: dict[str, Any], player: str) -> tuple[str, str]:
    """The code of a new invitation and the link in its text message."""
    coach.goto(f"{demo['address']}/team")
    with coach.expect_navigation():
        coach.get_by_role("button", name=f"Invite family of {player}").click()
    code = coach.locator("#c-invitation").inner_text().strip()
    message = unquote(coach.locator("main a[href^='sms:']").get_attribute("href") or "")
    (link,) = [line for line in message.splitlines() if line.startswith("http") and "#" in line]
    return code, link


def test_a_newcomer_opens_the_link_makes_an_account_and_joins(
    new_page: NewPage, demo: dict[str, Any], axe_check: AxeCheck
) -> None:
    coach = new_page(PHONE, theme="dark")
    sign_in(coach, demo, "coach.ana")
    code, link = handed_on(coach, demo, "Sam Rivers")
    assert link == f"{demo['address']}/join#{code}"
    axe_check(coach)
    drawing = coach.locator(".qr svg").bounding_box()
    assert drawing is not None
    assert min(drawing["width"], drawing["height"]) >= LEAST_QR

    page = new_page(PHONE)
    seen: list[str] = []
    page.on("request", lambda request: seen.extend([request.url, *request.headers.values()]))
    father = Person(page, "father.rivers", "Joe Rivers", axe_check)
    father.open(f"{demo['address']}/field")
    father.open(link)
    expect(page.locator("[name=invitation]")).to_have_value(code)
    expect(page.get_by_text("The code from your link is filled in.")).to_be_visible()
    expect(page.locator("#no-link")).to_be_hidden()
    assert page.url == f"{demo['address']}/join"
    expect(page.locator("h1")).to_have_text("Join with a code")
    father.press("See the invitation")
    father.press("Make an account")
    father.make_account()
    father.press("Go on")
    expect(page.locator("h1")).to_have_text("You are invited")
    page.get_by_label("Parent or guardian").check()
    father.press("Join")
    expect(page.locator("h1")).to_have_text("You wait for a yes")
    # A browser's own list of requests names the first with its fragment, which does not travel.
    assert not [text for text in seen if code in text.partition("#")[0]]


def test_a_second_link_opened_on_the_same_page_fills_in_its_own_code(new_page: NewPage, demo: dict[str, Any]) -> None:
    page = new_page(DESKTOP)
    for code in ("2222-3333-4444-5555", "2222-3333-4444-6666"):
        page.goto(f"{demo['address']}/join#{code}")
        expect(page.locator("[name=invitation]")).to_have_value(code)
        assert page.url == f"{demo['address']}/join"
    page.goto(f"{demo['address']}/join#main")
    expect(page.locator("[name=invitation]")).to_have_value("2222-3333-4444-6666")
    page.reload()
    expect(page.locator("[name=invitation]")).to_have_value("")


def test_the_browsers_history_does_not_keep_the_code(new_page: NewPage, demo: dict[str, Any]) -> None:
    page = new_page(DESKTOP)
    page.goto(f"{demo['address']}/about")
    page.goto(f"{demo['address']}/join#2222-3333-4444-5555")
    expect(page.locator("[name=invitation]")).to_have_value("2222-3333-4444-5555")
    page.go_back()
    assert page.url == f"{demo['address']}/about"
    page.go_forward()
    assert page.url == f"{demo['address']}/join"


def test_without_script_the_box_stays_empty_and_the_page_says_where_the_code_is(
    new_page: NewPage, demo: dict[str, Any]
) -> None:
    page = new_page(PHONE, java_script_enabled=False)
    page.goto(f"{demo['address']}/join#2222-3333-4444-5555")
    expect(page.locator("[name=invitation]")).to_have_value("")
    expect(page.get_by_text("Did you open a link, and the box is empty?")).to_be_visible()
    expect(page.get_by_text("The code from your link is filled in.")).to_be_hidden()
