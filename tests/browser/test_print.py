"""On paper every page is dark on white, whatever theme is worn on the screen and with backgrounds printed or not."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.test_followup import NewPage, enter, press, served_cast
from tests.support.cast import PLAYER, Cast

__all__ = ["served_cast"]

READABLE = """() => {
    const level = text => {
        const [red, green, blue, alpha = 1] = (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
        const [r, g, b] = [red, green, blue].map(one => one / 255)
            .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
        return alpha === 0 ? null : 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found = [];
    const say = (element, what) => found.push(`${element.tagName} ${element.className} ${what}: `
        + element.textContent.trim().slice(0, 40));
    for (const element of document.querySelectorAll("html, body, body *")) {
        const style = getComputedStyle(element), own = [...element.childNodes]
            .some(node => node.nodeType === 3 && node.data.trim());
        if (!element.checkVisibility({ visibilityProperty: true })) continue;
        const ground = level(style.backgroundColor);
        if (ground !== null && ground < 0.8 && element.textContent.trim()) say(element, style.backgroundColor);
        if (own && !element.closest("svg") && level(style.color) > 0.1) say(element, style.color);
        if (element.closest("svg")) {
            for (const paint of [style.fill, style.stroke]) {
                // A drawing has a white ground of its own, and white between two things that lie on each other.
                if (element.closest(".drawing") && level(paint) === 1) continue;
                if (paint !== "none" && level(paint) !== null && level(paint) > 0.4) say(element, paint);
            }
        }
    }
    return found;
}"""
THEMES = ("light", "dark", "sun", "")


@pytest.fixture(scope="module")
def cleared(served_cast: tuple[Cast, str]) -> tuple[Cast, str, str]:
    """A report with a clearance on it: its people, the site's address, and the report's."""
    cast, address = served_cast
    report = cast.save().address
    cast.share(report, "recipient")
    return cast, address, report


def sign_the_clearance(page: Page, cast: Cast, address: str, report: str) -> None:
    enter(page, cast, address, "recipient")
    page.goto(f"{address}/inbox/{report}")
    press(page, "Open the report")
    with page.expect_navigation():
        page.get_by_role("link", name="Write a clearance").click()
    page.get_by_label("Full play").check()
    press(page, "Go on")
    press(page, "Sign the clearance")


def test_every_page_is_dark_on_white_on_paper(new_page: NewPage, cleared: tuple[Cast, str, str]) -> None:
    cast, address, report = cleared
    sign_the_clearance(new_page(PHONE), cast, address, report)
    of_family = (f"/field/report/{report}", "/record/trends/head-symptoms", "/record", "/log", "/settings")
    for theme in THEMES:
        page = new_page(PHONE, theme=theme, color_scheme="dark")
        page.emulate_media(media="print")
        for path in ("/about/advice/all", "/"):
            on_paper(page, address + path, theme)
        for tap in ("button[value=choking]", "button[value=none]"):
            page.goto(address + "/field")
            page.emulate_media(media="screen")
            page.locator("#signs").locator(tap).click()
            page.wait_for_selector("#result, [name=choose]")
            page.emulate_media(media="print")
            assert page.evaluate(READABLE) == [], (theme, tap)
        enter(page, cast, address, "family")
        for path in of_family:
            on_paper(page, address + path, theme)


def on_paper(page: Page, address: str, theme: str) -> None:
    page.goto(address)
    found = page.evaluate(READABLE)
    assert found == [], (theme, address)


LEVEL_BOXES = """() => [...document.querySelectorAll(".lv")].map(tag => {
    const style = getComputedStyle(tag);
    return [style.borderTopWidth, style.borderTopColor, style.color, style.backgroundColor,
        tag.innerText.trim() !== ""];
})"""
BLACK, WHITE = "rgb(0, 0, 0)", "rgb(255, 255, 255)"


def sheets(page: Page) -> int:
    """How many sheets of A4 the page fills."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))


def test_a_level_is_a_black_box_with_its_words_on_paper(new_page: NewPage, cleared: tuple[Cast, str, str]) -> None:
    cast, address, report = cleared
    page = new_page(PHONE, theme="dark")
    page.emulate_media(media="print")
    for who, path in (("family", "/record"), ("author", "/field/reports"), ("author", f"/field/report/{report}")):
        enter(page, cast, address, who)
        page.goto(address + path)
        found = page.evaluate(LEVEL_BOXES)
        assert found, path
        assert {tuple(box) for box in found} == {("4px", BLACK, BLACK, WHITE, True)}, path


def test_each_person_has_a_sheet_of_their_own(new_page: NewPage, cleared: tuple[Cast, str, str]) -> None:
    cast, address, _report = cleared
    page = new_page(PHONE)
    enter(page, cast, address, "family")
    page.goto(address + "/record")
    assert sheets(page) == page.locator("main > section").count() == 2


def test_the_code_for_the_crew_and_its_report_stand_on_one_sheet(
    new_page: NewPage, cleared: tuple[Cast, str, str]
) -> None:
    cast, address, report = cleared
    page = new_page(PHONE)
    enter(page, cast, address, "author")
    page.goto(f"{address}/field/report/{report}")
    press(page, "Show to crew")
    assert sheets(page) == 1
    page.emulate_media(media="print")
    code, typed = page.locator(".pass svg").bounding_box(), page.locator(".pass .pair").bounding_box()
    assert code is not None
    assert typed is not None
    assert abs(code["width"] - 25 / 25.4 * 96) < 1
    assert typed["x"] > code["x"] + code["width"]
    assert code["y"] < typed["y"] < code["y"] + code["height"]


def test_paper_says_which_report_somebody_can_see(new_page: NewPage, cleared: tuple[Cast, str, str]) -> None:
    cast, address, _ = cleared
    page = new_page(PHONE)
    enter(page, cast, address, "author")
    rights = cast.site.services.rights
    handle = next(handle for handle, name in rights.people(cast.actor("author")) if name == PLAYER)
    page.emulate_media(media="print")
    for path in ("/people", f"/people/{handle}"):
        page.goto(address + path)
        expect(page.get_by_role("link", name=re.compile(f"^{PLAYER}.*: Hurt head")).first).to_be_visible()
