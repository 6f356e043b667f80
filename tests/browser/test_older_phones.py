"""Phones of years ago: with what their browsers lack taken away, the way from the first screen to "Saved" stays."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.taps import Taps
from tests.browser.test_field import walk_at_once
from tests.browser.test_phone import COUNT, NAME, NOTE, READY, keep_without_account, on_the_server, sign_up

NewPage = Callable[..., Page]
TAKEN_AWAY = """
const take = (object, ...names) => names.forEach(name => { if (object) delete object[name]; });
take(window.SubmitEvent && SubmitEvent.prototype, "submitter");
take(HTMLFormElement.prototype, "requestSubmit");
take(Array.prototype, "at", "findLast", "findLastIndex", "toSorted", "toReversed", "toSpliced", "with");
take(String.prototype, "at", "isWellFormed", "toWellFormed");
take(Object, "hasOwn", "groupBy");
take(Map, "groupBy");
take(Promise, "withResolvers", "try");
take(Element.prototype, "checkVisibility", "setHTML");
take(window.Crypto && Crypto.prototype, "randomUUID");
take(window.AbortSignal, "timeout", "any");
take(window.URL, "canParse", "parse");
take(window, "structuredClone", "requestIdleCallback", "BroadcastChannel", "SubmitEvent", "scheduler", "navigation");
take(Navigator.prototype, "locks", "storage", "userActivation", "share");
take(IDBFactory.prototype, "databases");
Performance.prototype.getEntriesByType = () => [];
"""
SAFARI_14 = TAKEN_AWAY
"""What Safari 14 lacks of what our scripts could have used. The list of the linter is longer; these were used once."""
MUCH_OLDER = (
    TAKEN_AWAY
    + """
take(Element.prototype, "replaceChildren");
take(Document.prototype, "replaceChildren");
take(window, "indexedDB", "AbortController");
"""
)


@pytest.fixture
def old(new_page: NewPage) -> Page:
    page = new_page(PHONE)
    page.add_init_script(SAFARI_14)
    return page


def test_none_of_these_leads_to_the_questions_and_to_advice_without_a_request(old: Page) -> None:
    old.goto("/field")
    old.wait_for_selector("html[data-asks=here]")
    posted: list[str] = []
    old.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    walk_at_once(old, "head", Taps())
    assert posted == []
    expect(old.locator("#result")).to_be_visible()


def test_from_the_first_screen_to_a_saved_report(old: Page) -> None:
    sign_up(old)
    old.goto("/field")
    old.wait_for_selector("html[data-asks=here]")
    walk_at_once(old, "head", Taps())
    old.wait_for_function(READY)
    old.locator("form[action='/field/report/new'] button").first.tap()
    old.get_by_label("Their name").fill(NAME)
    old.wait_for_function(READY)
    old.get_by_role("button", name="Use this name").tap()
    expect(old.locator("h1")).to_have_text("Check the report")
    old.wait_for_function(READY)
    old.get_by_label("Anything else?").fill(NOTE)
    old.get_by_role("button", name="Save report").tap()
    old.wait_for_url(re.compile(r"/field/report/[^/]+\?saved=1"))
    expect(old.locator("main")).to_contain_text(NOTE)
    assert on_the_server(old) == 1


def test_without_an_account_the_report_waits_on_the_phone_and_is_claimed(old: Page) -> None:
    keep_without_account(old)
    old.reload()
    expect(old.locator("main .card")).to_contain_text(NAME)
    sign_up(old)
    old.goto("/field/phone")
    old.get_by_role("button", name="Save it to my reports").tap()
    expect(old.locator("main")).to_contain_text(re.compile(r"Sent \d\d:\d\d"), timeout=30_000)
    assert old.evaluate(COUNT) == 0
    assert on_the_server(old) == 1


def test_without_a_signal_the_questions_go_on_and_a_report_is_kept(old: Page) -> None:
    sign_up(old)
    old.goto("/field")
    old.wait_for_selector("html[data-asks=here][data-keeps=here]")
    old.evaluate("navigator.serviceWorker.ready.then(() => true)")
    old.context.set_offline(True)
    walk_at_once(old, "head", Taps())
    old.wait_for_function(READY)
    old.locator("form[action='/field/report/new'] button").first.tap()
    expect(old.locator("h1")).to_have_text("Write the report")
    old.get_by_label("Their name").fill(NAME)
    old.get_by_role("button", name="Save on this phone").tap()
    expect(old.locator("main .card")).to_contain_text(NAME)


def test_where_more_is_missing_the_server_answers_everything(new_page: NewPage) -> None:
    page = new_page(PHONE)
    page.add_init_script(MUCH_OLDER)
    sign_up(page)
    page.goto("/field")
    page.wait_for_load_state("networkidle")
    with page.expect_navigation():
        page.get_by_role("button", name="None of these").tap()
    with page.expect_navigation():
        page.locator("button[name=choose][value=head]").tap()
    expect(page.locator("h1")).not_to_have_text("What is wrong?")
    page.goto("/field")
    page.locator("#signs button[value=choking]").tap()
    page.get_by_role("button", name="Who is hurt?").tap()
    page.get_by_label("Their name").fill(NAME)
    page.get_by_role("button", name="Use this name").tap()
    page.get_by_label("Anything else?").fill(NOTE)
    page.get_by_role("button", name="Save report").tap()
    page.wait_for_url(re.compile(r"/field/report/[^/]+\?saved=1"))
    assert on_the_server(page) == 1
