"""The network off after one visit: advice all the same, from what the phone kept, and nothing of anybody in it."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from blockmrs.domain.triage.loader import load_rules
from tests.browser.conftest import PHONE, Installation, context_on, wait_until_kept
from tests.browser.offline import KEPT, with_setting
from tests.browser.taps import Taps
from tests.browser.test_phone import sign_up
from tests.triage.interviews import place_of

RULES = load_rules()
SIGNS = [sign.id for sign in RULES.signs]


def wait_until_it_keeps(page: Page) -> None:
    """The script that keeps a report on the phone is there, and has had its turn."""
    page.wait_for_function(
        "() => performance.getEntriesByType('resource').some(({name}) => name.includes('/js/phone/keep.js'))"
    )
    page.wait_for_function("() => typeof outbox !== 'undefined'")
    page.evaluate("() => new Promise(done => requestIdleCallback(() => setTimeout(done, 100)))")


def answer(page: Page, place: str, ticks: tuple[str, ...], age: str, taps: Taps) -> None:
    """From the first screen to the advice: these ticks where they are asked, "None of these" elsewhere."""
    page.wait_for_selector("html[data-asks=here]")
    taps.on(page.get_by_role("button", name="None of these"))
    outer, _, inner = place.partition("/")
    while not page.locator("#result").count():
        assert taps.count < 14, "the questions do not end"
        wanted = [f"button[name=choose][value='{value}']" for value in (inner, outer, age, "yes") if value]
        here = [name for name in wanted if page.locator(name).count()]
        ticked = [page.locator(f"input[value='{tick}:yes']") for tick in ticks]
        ticked = [tick for tick in ticked if tick.count()]
        for tick in ticked:
            taps.on(tick)
        name = "Next" if ticked else "None of these"
        taps.on(page.locator(here[0]) if here else page.get_by_role("button", name=name))


def test_each_danger_sign_still_has_its_advice(visited: Page) -> None:
    for sign in SIGNS:
        visited.goto("/field")
        visited.locator(f"#signs button[value={sign}]").tap()
        expect(visited.locator("h1")).to_have_text("Call an ambulance now")


CASES = [
    ("head", ("head-memory",), "13-15-years", "2"),
    ("ank", ("ank-bone",), "16-64-years", "3"),
    ("ank", (), "16-64-years", "4"),
]


@pytest.mark.parametrize(("complaint", "ticks", "age", "level"), CASES)
def test_a_whole_interview_needs_no_signal(
    visited: Page, complaint: str, ticks: tuple[str, ...], age: str, level: str
) -> None:
    visited.goto("/field")
    taps = Taps()
    answer(visited, place_of(RULES, complaint), ticks, age, taps)
    expect(visited.locator(".of")).to_contain_text(f"Level {level} of 4")
    assert taps.count <= 9 + len(ticks)
    expect(visited.locator(".age")).to_contain_text("Last updated: today.")


def test_the_phones_back_goes_one_page_back_and_loading_again_goes_on(visited: Page) -> None:
    visited.goto("/field")
    visited.wait_for_selector("html[data-asks=here]")
    visited.get_by_role("button", name="None of these").tap()
    where = visited.locator("h1").text_content()
    visited.locator("button[name=choose][value=head]").tap()
    asked = str(visited.locator("h1").text_content())
    assert asked != where
    visited.reload()
    expect(visited.locator("h1")).to_have_text(asked)
    assert visited.title().startswith(asked)
    visited.go_back()
    expect(visited.locator("h1")).to_have_text(str(where))
    visited.go_back()
    expect(visited.locator("h1")).to_have_text("Is anything here true?")


def test_back_on_the_page_and_change_and_a_forgotten_answer_need_no_signal(visited: Page) -> None:
    visited.goto("/field")
    visited.wait_for_selector("html[data-asks=here]")
    visited.get_by_role("button", name="None of these").tap()
    where = str(visited.locator("h1").text_content())
    expect(visited.locator("h1")).to_be_focused()
    visited.locator("button[name=choose][value=head]").tap()
    visited.get_by_role("button", name="Next").tap()
    expect(visited.locator("#errors")).to_be_focused()
    expect(visited.locator("#errors")).to_contain_text("Choose what is true, or “None of these”")
    assert visited.title().startswith("Error: ")
    visited.get_by_role("button", name="Back").tap()
    expect(visited.locator("h1")).to_have_text(where)
    visited.get_by_role("link", name="Back").tap()
    expect(visited.locator("h1")).to_have_text("Is anything here true?")


def test_a_danger_sign_that_shows_later_raises_the_advice(visited: Page) -> None:
    visited.goto("/field")
    answer(visited, place_of(RULES, "ank"), (), "16-64-years", Taps())
    expect(visited.locator(".of")).to_contain_text("Level 4 of 4")
    visited.locator(".also button[value=chest-pain]").tap()
    expect(visited.locator("h1")).to_have_text("Call an ambulance now")
    expect(visited.locator("[role=alert]")).to_contain_text("more urgent help than before")


def test_own_words_lead_to_the_questions_of_what_is_ticked(visited: Page) -> None:
    visited.goto("/field")
    visited.wait_for_selector("html[data-asks=here]")
    visited.get_by_role("button", name="None of these").tap()
    visited.get_by_label("Or type it").fill("hit his hed and thrown up, cant wake him")
    visited.get_by_role("button", name="Find").tap()
    expect(visited.locator("h1")).to_have_text("Which of these fits?")
    expect(visited.get_by_role("button", name="Won't wake, or confused")).to_be_visible()
    assert "hed" not in visited.evaluate("JSON.stringify(history.state)")
    visited.get_by_role("button", name="Next").tap()
    expect(visited.locator("#errors")).to_be_focused()
    visited.reload()
    visited.get_by_label("Hurt head").check()
    visited.get_by_label("Throws up, or runny stool").check()
    visited.get_by_role("button", name="Next").tap()
    expect(visited.get_by_text("Sleepy or hard to keep awake")).to_be_visible()
    visited.get_by_role("button", name="Back").tap()
    for words, heading in (("zzyzx qwop", "We found nothing for that"), ("", "What is wrong?")):
        visited.get_by_label("Or type it").fill(words)
        visited.get_by_role("button", name="Find").tap()
        expect(visited.locator("h1")).to_have_text(heading)
    expect(visited.locator("#errors")).to_contain_text("Write what is wrong, or choose it from the list")


def test_the_advice_is_shown_to_the_crew_before_anything_is_saved(visited: Page) -> None:
    visited.goto("/field")
    visited.wait_for_selector("html[data-asks=here]")
    visited.locator("#signs button[value=choking]").tap()
    visited.get_by_role("button", name="Show to crew").tap()
    expect(visited.locator("h1")).to_have_text("Show this to the crew")
    expect(visited.locator(".signs")).to_contain_text(re.compile(r"\d\d:\d\d Choking"))
    expect(visited.locator("html")).to_have_class("white")
    expect(visited.get_by_role("button", name="Print")).to_be_visible()
    visited.reload()
    expect(visited.locator("h1")).to_have_text("Show this to the crew")
    visited.get_by_role("button", name="Back to the advice").tap()
    expect(visited.locator("h1")).to_have_text("Call an ambulance now")
    expect(visited.locator("html")).to_have_class("plain")
    visited.go_back()
    expect(visited.locator("h1")).to_have_text("Show this to the crew")
    visited.go_back()
    expect(visited.locator("h1")).to_have_text("Call an ambulance now")


def test_any_other_page_says_that_there_is_no_signal_and_whom_to_call(visited: Page) -> None:
    for address in ("/", "/record", "/login"):
        visited.goto(address)
        expect(visited.locator("h1")).to_have_text("No signal")
        expect(visited.get_by_role("link", name="Call 911")).to_be_visible()
    visited.get_by_role("link", name="Someone is hurt").tap()
    expect(visited.locator("h1")).to_have_text("Is anything here true?")


def test_a_report_that_cannot_be_sent_is_written_here_and_the_advice_is_one_step_back(visited: Page) -> None:
    visited.goto("/field")
    answer(visited, place_of(RULES, "ank"), (), "16-64-years", Taps())
    wait_until_it_keeps(visited)
    with visited.expect_navigation():
        visited.get_by_role("button", name="Save report").tap()
    expect(visited.locator("h1")).to_have_text("Write the report")
    visited.go_back()
    expect(visited.locator(".of")).to_contain_text("Level 4 of 4")


def test_the_phone_keeps_what_is_listed_and_nothing_else(visited: Page) -> None:
    visited.goto("/field")
    kept = visited.evaluate(KEPT)
    assert len(kept) == 1
    assert sorted(next(iter(kept.values()))) == sorted(
        [
            *("/field", "/field/phone", "/help"),
            *("/field/kept/away/en", "/field/kept/addresses/en", "/field/kept/rules/en"),
            *(
                "/field/kept/pages/en",
                "/js/field/field.js",
                "/js/engine/triage.js",
                "/js/engine/interviews.js",
                "/js/field/ask.js",
            ),
            *("/field/kept/words", "/js/engine/routing.js", "/js/field/views.js"),
            *(
                "/css/app.css",
                "/js/page/base.js",
                "/js/page/app.js",
                "/js/phone/outbox.js",
                "/js/phone/keep.js",
                "/js/phone/reading.js",
                "/js/phone/writing.js",
                "/js/phone/waiting.js",
            ),
            *("/manifest.webmanifest", "/favicon.svg"),
        ]
    )


def test_help_opens_without_a_signal_and_says_what_to_do_then(visited: Page) -> None:
    visited.context.set_offline(True)
    visited.goto("/help#signal")
    expect(visited.get_by_role("heading", name="Without a signal")).to_be_in_viewport()
    visited.goto("/login")
    visited.get_by_role("link", name="What to do without a signal").tap()
    expect(visited.locator("h1")).to_have_text("Help")


def test_a_phone_that_was_away_for_long_is_told_to_update(visited: Page) -> None:
    visited.clock.set_fixed_time("2031-01-01T12:00:00Z")
    visited.goto("/field")
    visited.wait_for_selector("html[data-asks=here]")
    visited.locator("#signs button[value=choking]").tap()
    expect(visited.locator(".age")).to_contain_text("Update when you have signal.")


def test_a_new_version_takes_over_whole_and_the_old_one_goes(visited: Page, installation: Installation) -> None:
    visited.goto("/field")
    before = visited.evaluate(KEPT)
    text = installation.settings_file.read_text(encoding="utf-8")
    installation.settings_file.write_text(with_setting(text, "blockmrs.site.emergency_number", "112"), encoding="utf-8")
    installation.on()
    try:
        visited.goto("/field")
        # The copy shows first; the new version is fetched behind it.
        expect(visited.get_by_role("link", name="Call 911")).to_be_visible()
        for _ in range(60):
            after = visited.evaluate(KEPT)
            if after.keys() != before.keys() and len(after) == 1:
                break
            visited.wait_for_timeout(500)
        assert len(after) == 1
        assert after.keys() != before.keys()
        installation.off()
        visited.goto("/field")
        expect(visited.get_by_role("link", name="Call 112")).to_be_visible()
    finally:
        installation.off()
        installation.settings_file.write_text(text, encoding="utf-8")


def test_a_report_waits_through_a_reload_and_is_sent_once_when_the_server_answers_again(
    chromium: Browser, installation: Installation
) -> None:
    context = context_on(chromium, installation.address, PHONE)
    page = context.new_page()
    installation.on()
    sign_up(page)
    page.goto("/field")
    wait_until_kept(page)
    installation.off()
    page.goto("/field")
    page.locator("#signs button[value=choking]").tap()
    wait_until_it_keeps(page)
    page.get_by_role("button", name="Who is hurt?").tap()
    expect(page.locator("h1")).to_have_text("Write the report", timeout=20_000)
    page.get_by_label("Their name").fill("Kim, red 4")
    page.get_by_label("Anything else?").fill("Swallowed a mint.")
    page.get_by_role("button", name="Save on this phone").tap()
    expect(page.locator("main .card")).to_contain_text("We will send it when you have signal.")
    page.reload()
    expect(page.locator("main .card")).to_contain_text("Kim, red 4")
    page.get_by_role("link", name="Show to crew").tap()
    expect(page.locator("main")).to_contain_text("Swallowed a mint.")
    page.get_by_role("link", name="Back").tap()
    sent: list[str] = []
    context.on("request", lambda request: sent.append(request.url) if request.url.endswith("/save") else None)
    installation.on()
    page.evaluate(
        """() => { window.dispatchEvent(new Event("online")); document.querySelector("[data-do=send]").click(); }"""
    )
    expect(page.locator("main")).to_contain_text(re.compile(r"Sent \d\d:\d\d"), timeout=30_000)
    assert len(sent) == 1
    page.goto("/field/reports")
    expect(page.locator("main a[href^='/field/report/']")).to_have_count(1)
    page.get_by_role("link", name="Kim").tap()
    for words in ("Swallowed a mint.", "choking"):
        expect(page.locator("main")).to_contain_text(words)
    context.close()
    installation.off()
