"""Every page that the phone makes without a signal: accessible, in both languages, on a phone and a desktop."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from blockmrs.domain.triage.loader import load_rules
from tests.browser.conftest import DESKTOP, PHONE, AxeCheck, Device, Installation, context_on, wait_until_kept
from tests.triage.interviews import place_of

RULES = load_rules()
BOTH = pytest.mark.parametrize("language", ["en", "es"])
SIZES = pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
Look = Callable[[str], None]


@pytest.fixture(scope="module")
def kept(chromium: Browser, installation: Installation) -> Iterator[Callable[..., Page]]:
    """Pages of phones that were on `/field` once, in that language; there is no signal any more."""
    installation.on()
    found: dict[tuple[str, str], Page] = {}
    for language in ("en", "es"):
        for name, device in (("phone", PHONE), ("desktop", DESKTOP)):
            context = context_on(chromium, installation.address, device)
            # A browser of Playwright's asks for workers in its own language, whatever its pages ask for.
            context.add_cookies([{"name": "blockmrs-language", "value": language, "url": installation.address}])
            page = found[language, name] = context.new_page()
            page.goto("/field")
            wait_until_kept(page)
    installation.off()
    yield lambda language, device: found[language, "phone" if device is PHONE else "desktop"]
    for page in found.values():
        page.context.close()


def tap(page: Page, selector: str) -> None:
    page.locator(selector).first.click()


def say(page: Page, words: str) -> None:
    page.locator("#f-words").fill(words)
    tap(page, "#words .btn")


def begin(page: Page) -> None:
    page.goto("/field")
    page.wait_for_selector("html[data-asks=here]")


def to_advice(page: Page, place: str, age: str, look: Look) -> None:
    """From the first screen to the advice, nothing of it true; `look` at each page on the way."""
    begin(page)
    look("signs")
    tap(page, "#signs button[value=none]")
    outer, _, inner = place.partition("/")
    for number in range(12):
        if page.locator("#result").count():
            break
        look(f"question {number}")
        buttons = [f"button[name=choose][value='{value}']" for value in (inner, outer, age, "yes") if value]
        there = [selector for selector in buttons if page.locator(selector).count()]
        tap(page, there[0] if there else "button[name=answer][value=none]")
    look("advice")


def walk(page: Page, look: Look) -> None:
    """Through every kind of page that the script makes."""
    to_advice(page, place_of(RULES, "ank"), "16-64-years", look)
    tap(page, "button[name=look]")
    for answer in ("yes", "yes", "4"):
        look("a look again")
        tap(page, f"button[name=choose][value='{answer}']")
    look("advice after a look")
    tap(page, "button[name=change]")
    look("an answer taken back")
    begin(page)
    tap(page, "#signs button[value=unsure]")
    look("not sure")
    begin(page)
    tap(page, "#signs button[value=none]")
    say(page, "hit his hed and thrown up, cant wake him")
    look("proposals")
    tap(page, "button[name=answer]")
    look("nothing ticked")
    say(page, "zzyzx qwop")
    look("nothing found")
    say(page, "")
    look("nothing said")
    tap(page, "button[name=choose][value=head]")
    tap(page, "button[name=answer][value=next]")
    look("nothing answered")
    for level, tick in ((2, "head-memory"), (1, "head-sleepy")):
        begin(page)
        tap(page, "#signs button[value=none]")
        tap(page, "button[name=choose][value=head]")
        box = f"label:has(input[value='{tick}:yes'])"
        while not page.locator("#result").count():
            if page.locator(box).count():
                tap(page, box)
                tap(page, "button[name=answer][value=next]")
            elif page.locator("button[name=choose][value='13-15-years']").count():
                tap(page, "button[name=choose][value='13-15-years']")
            elif page.locator("button[name=choose][value=yes]").count():
                tap(page, "button[name=choose][value=yes]")
            else:
                tap(page, "button[name=answer][value=none]")
        look(f"advice of level {level}")
    begin(page)
    tap(page, "#signs button[value=choking]")
    look("advice of a danger sign")
    tap(page, "button[formaction='/field/show']")
    expect(page.locator(".large")).to_be_visible()
    look("for the crew")
    page.goto("/record")
    look("no signal")
    page.goto("/field/phone")
    look("reports on this phone")


@BOTH
@SIZES
def test_every_page_that_the_script_makes_is_accessible(
    kept: Callable[..., Page], axe_check: AxeCheck, language: str, device: Device
) -> None:
    page = kept(language, device)
    seen: list[str] = []

    def look(name: str) -> None:
        seen.append(name)
        expect(page.locator("html")).to_have_attribute("lang", language)
        axe_check(page, strict_contrast=True)

    walk(page, look)
    assert {"proposals", "for the crew", "no signal", "advice of level 1", "advice of level 2"} <= set(seen)
