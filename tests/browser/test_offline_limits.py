"""Without a signal: rules that changed meanwhile never mix, and what this phone cannot do or keep is said plainly."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route, expect

import blockmrs
from tests.browser.conftest import PHONE, Installation
from tests.browser.offline import KEPT, with_setting

NewPage = Callable[..., Page]
START = json.loads((Path(blockmrs.__file__).parent / "public" / "manifest.webmanifest").read_text("utf-8"))["start_url"]
NOT_KEPT = "No signal. This phone keeps no copy. Leave this page open."
UNTIL_NEW = """async before => {
    for (let tries = 0; tries < 120; tries++) {
        const names = await caches.keys();
        if (names.length === 1 && names[0] !== before) return names[0];
        await new Promise(done => setTimeout(done, 500));
    }
    throw new Error("the new version never came");
}"""


def to_head_page(page: Page) -> str:
    """To the first page of questions about the head; its title."""
    page.goto("/field")
    page.wait_for_selector("html[data-asks=here]")
    page.get_by_role("button", name="None of these").tap()
    page.locator("button[name=choose][value=head]").tap()
    return str(page.locator("h1").text_content())


def test_rules_that_change_midway_ask_the_last_page_again_when_it_is_loaded_again(
    visited: Page, installation: Installation
) -> None:
    asked = to_head_page(visited)
    [before] = visited.evaluate(KEPT)
    text = installation.settings_file.read_text(encoding="utf-8")
    # The crisis lines stand in the texts of the rules: with others they are other rules.
    changed = with_setting(text, "blockmrs.site.crisis_lines", "UK 116 123")
    changed = with_setting(changed, "blockmrs.site.emergency_number", "112")
    installation.settings_file.write_text(changed, encoding="utf-8")
    installation.on()
    try:
        visited.evaluate("navigator.serviceWorker.getRegistration().then(found => found.update())")
        visited.evaluate(UNTIL_NEW, before)
        installation.off()
        # The open page goes on by its own rules.
        visited.get_by_role("button", name="None of these").tap()
        expect(visited.locator("h1")).not_to_have_text(asked)
        expect(visited.get_by_role("link", name="Call 911")).to_be_visible()
        # By the new ones, "None of these" was said of a page that nobody saw.
        visited.reload()
        expect(visited.get_by_role("link", name="Call 112")).to_be_visible()
        expect(visited.locator("h1")).to_have_text(asked)
    finally:
        installation.off()
        installation.settings_file.write_text(text, encoding="utf-8")


def test_a_page_of_other_rules_is_not_answered_on_the_phone(new_page: NewPage, site: str) -> None:
    page = new_page(PHONE, service_workers="block")
    page.route(
        "**/field/kept/addresses/*", lambda route: route.fulfill(json={**route.fetch().json(), "rules": "/other"})
    )
    page.goto(f"{site}/field")
    with page.expect_response("**/field/kept/addresses/*"):
        pass
    posted: list[Request] = []
    page.on("request", lambda request: posted.append(request) if request.method == "POST" else None)
    page.get_by_role("button", name="None of these").tap()
    expect(page.locator("h1")).to_have_text("What is wrong?")
    assert [request.url for request in posted] == [f"{site}/field/check"]
    assert page.locator("html[data-asks]").count() == 0
    # The page that came asks, too: its answer is waited for, so that it cannot end in the next test.
    page.unroute_all(behavior="wait")


def full(page: Page, site: str) -> None:
    page.context.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", {"origin": site, "quotaSize": 1})


def without_workers(page: Page, site: str) -> None:
    page.add_init_script("delete Navigator.prototype.serviceWorker")


def denied(page: Page, site: str) -> None:
    page.add_init_script("""
        navigator.serviceWorker.register = () => Promise.reject(new DOMException("denied", "SecurityError"));
        for (const name of ["localStorage", "indexedDB"]) {
            Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
        }
    """)


@pytest.mark.parametrize("phone", [full, without_workers, denied])
def test_a_phone_that_keeps_nothing_says_so_and_its_open_page_goes_on(
    new_page: NewPage, site: str, phone: Callable[[Page, str], None]
) -> None:
    page = new_page(PHONE)
    phone(page, site)
    page.goto(f"{site}/field")
    page.wait_for_selector("html[data-keeps=not][data-asks=here]", timeout=30_000)
    if phone is full:
        assert page.evaluate(KEPT) == {}
    page.context.set_offline(True)
    expect(page.locator("#status")).to_have_text(NOT_KEPT)
    page.get_by_role("button", name="None of these").tap()
    page.get_by_label("Or type it").fill("hit his hed")
    page.get_by_role("button", name="Find").tap()
    expect(page.locator("h1")).to_have_text("Which of these fits?")
    page.get_by_role("button", name="Back", exact=True).tap()
    page.locator("button[name=choose][value=head]").tap()
    page.get_by_text("Sleepy or hard to keep awake").tap()
    page.get_by_role("button", name="Next").tap()
    while not page.locator("#result").count():
        page.locator("button[name=choose][value=yes], button[name=answer][value=none]").first.tap()
    expect(page.locator(".not-here")).to_have_text(
        "This phone keeps no copy of these pages. Without a signal they do not open."
    )


def test_another_language_needs_a_signal_and_nothing_is_lost_by_asking(visited: Page) -> None:
    asked = to_head_page(visited)
    visited.get_by_role("button", name="Español").tap()
    expect(visited.locator("h1")).to_have_text("No signal")
    visited.go_back()
    expect(visited.locator("h1")).to_have_text(asked)
    visited.context.set_offline(True)
    visited.get_by_role("button", name="Español").tap()
    expect(visited.locator("#status")).to_have_text("No signal. Another language needs a signal.")
    expect(visited.locator("h1")).to_have_text(asked)


def test_a_coach_is_told_that_the_plan_of_the_team_needs_a_signal(visited: Page) -> None:
    visited.goto("/field")
    visited.evaluate("localStorage.setItem('signed-in', 'yes')")
    visited.wait_for_selector("html[data-asks=here]")
    visited.locator("#signs button[value=choking]").tap()
    expect(visited.locator(".where")).to_contain_text("No signal: the plan of your team is not on this phone.")
    visited.get_by_role("button", name="Show to crew").tap()
    expect(visited.locator("h1")).to_have_text("Show this to the crew")


@pytest.mark.parametrize("address", ["/field/", "/field?any=thing", "/field/?any=thing"])
def test_every_address_of_the_first_screen_opens_it_without_a_signal(visited: Page, address: str) -> None:
    visited.goto(address)
    expect(visited.locator("h1").first).to_have_text("Is anything here true?")
    visited.locator("#signs button[value=choking]").tap()
    expect(visited.locator("h1")).to_have_text("Call an ambulance now")


@pytest.mark.parametrize(
    "address",
    [START, "/field/phone", "/field/phone/?any=thing"],
    ids=["the app's start", "waiting reports", "with more"],
)
def test_what_the_phone_keeps_opens_by_its_address_and_when_it_is_loaded_again(visited: Page, address: str) -> None:
    visited.goto(address)
    heading = str(visited.locator("h1").first.text_content())
    assert heading != "No signal"
    visited.reload()
    expect(visited.locator("h1").first).to_have_text(heading)


def test_two_quick_taps_before_the_questions_are_ready_lose_nothing(visited: Page) -> None:
    """Without a signal, on a phone whose scripts are slow: the first tap counts, and its page comes from the phone."""
    visited.add_init_script("window.requestIdleCallback = () => 0")
    visited.goto("/field")
    expect(visited.locator("h1").first).to_have_text("Is anything here true?")
    none = visited.get_by_role("button", name="None of these")
    none.evaluate("button => { button.click(); button.click(); }")
    expect(visited.locator("h1")).to_have_text("What is wrong?")
    visited.locator("button[name=choose][value=head]").tap()
    expect(visited.locator("h1")).not_to_have_text("No signal")
    visited.go_back()
    expect(visited.locator("h1")).to_have_text("What is wrong?")


def test_what_did_not_come_once_is_asked_for_again_without_a_tap(new_page: NewPage, site: str) -> None:
    page = new_page(PHONE, service_workers="block")
    refused: list[str] = []

    def once(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    page.route("**/field/kept/rules/*", once)
    page.goto(f"{site}/field")
    page.wait_for_selector("html[data-asks=here]", timeout=30_000)
    assert len(refused) == 1
