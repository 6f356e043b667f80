"""How pages of a report look on a phone: nothing is squeezed, and a thumb finds what stands alone."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, Device
from tests.browser.test_followup import NewPage, enter, served_cast
from tests.support.cast import NOBODY, Cast

__all__ = ["served_cast"]

# A link or button that stands alone, not in a sentence: nothing else is written in what holds it.
SMALL = """() => [...document.querySelectorAll("a[href], button")].filter(one => {
    if (!one.checkVisibility() || one.closest(".skip, .vh, svg")) return false;
    const box = one.getBoundingClientRect();
    const block = one.closest("p, li, dd, td, div, nav, form, main") || document.body;
    const said = text => text.replace(/\\s+/g, "");
    const alone = said(block.innerText) === said(one.innerText) || one.closest(".foot, .top, .menu");
    return alone && (box.width < 48 || box.height < 48);
}).map(one => [one.innerText.trim(), one.getBoundingClientRect().width, one.getBoundingClientRect().height])"""
SQUEEZED = """() => [...document.querySelectorAll("main a, main span, main strong, main p, main li")].filter(one => {
    if (!one.checkVisibility() || one.querySelector(".vh") || one.closest(".vh, .bars, svg")) return false;
    const box = one.getBoundingClientRect();
    return box.width < 60 && one.innerText.trim().length > 8;
}).map(one => one.innerText)"""
PAGES = {
    NOBODY: ("/", "/field", "/login", "/signup", "/r", "/about/advice", "/nothing-here"),
    "family": ("/", "/log", "/record", "/record/reports", "/record/trends/head-symptoms", "/people", "/settings"),
    "author": ("/", "/field/reports", "/team", "/team/plan", "/field/report/{report}", "/field/report/{report}/share"),
    "recipient": (
        "/",
        "/inbox",
        "/inbox/{report}",
        "/inbox/{report}/clearance",
        "/inbox/{report}/reply",
        "/organisation",
    ),
}


@pytest.fixture(scope="module")
def read_once(served_cast: tuple[Cast, str]) -> tuple[Cast, str, str]:
    """A report that a doctor opened: the people, the site's address, and the report's."""
    cast, address = served_cast
    report = cast.save().address
    cast.share(report, "recipient")
    cast.site.services.sharing.acknowledge(cast.actor("recipient"), report)
    return cast, address, report


@pytest.mark.parametrize("persona", list(PAGES))
def test_what_stands_alone_is_48_px_and_nothing_is_squeezed(
    new_page: NewPage, read_once: tuple[Cast, str, str], persona: str
) -> None:
    cast, address, report = read_once
    page: Page = new_page(PHONE)
    if persona != NOBODY:
        enter(page, cast, address, persona)
    found = {}
    for path in PAGES[persona]:
        page.goto(address + path.format(report=report))
        found[path] = (page.evaluate(SMALL), page.evaluate(SQUEEZED))
    assert {path: bad for path, bad in found.items() if bad != ([], [])} == {}


LAST_LINE = """() => {
    const tops = [...document.querySelectorAll(".foot a, .foot button")].map(one => one.getBoundingClientRect().top);
    return tops.filter(top => top === Math.max(...tops)).length;
}"""
LINES_OF_MENU = """() => new Set([...document.querySelectorAll(".menu a")]
    .map(one => one.getBoundingClientRect().top)).size"""
EMPTY_BOXES = """() => [...document.querySelectorAll(".pick input:not(:checked)")].map(one => {
    const style = getComputedStyle(one);
    return style.borderTopWidth + " " + style.borderTopColor;
})"""


@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("persona", [NOBODY, "family"])
def test_no_link_of_the_foot_stands_alone_on_its_last_line(
    new_page: NewPage, served_cast: tuple[Cast, str], persona: str, device: Device
) -> None:
    cast, address = served_cast
    page: Page = new_page(device)
    if persona != NOBODY:
        enter(page, cast, address, persona)
    page.goto(address + "/")
    assert page.evaluate(LAST_LINE) > 1


@pytest.mark.parametrize("language", ["en", "es"])
def test_in_the_sun_the_menu_is_one_line_and_every_empty_box_is_seen(
    new_page: NewPage, served_cast: tuple[Cast, str], language: str
) -> None:
    cast, address = served_cast
    page: Page = new_page(PHONE, theme="sun", locale=language)
    enter(page, cast, address, "author")
    page.goto(f"{address}/field/report/{cast.address}/share")
    assert page.locator("html").get_attribute("lang") == language
    assert page.evaluate(LINES_OF_MENU) == 1
    boxes = page.evaluate(EMPTY_BOXES)
    assert len(boxes) > 3
    assert set(boxes) == {"3px rgb(0, 0, 0)"}
