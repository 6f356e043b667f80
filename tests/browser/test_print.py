"""On paper every page is dark on white, whatever theme is worn on the screen and with backgrounds printed or not."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PHONE
from tests.browser.test_followup import NewPage, enter, press, served_cast
from tests.support.cast import Cast

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
