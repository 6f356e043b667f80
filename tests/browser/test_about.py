"""The document of the rules on a phone and a desktop: readable, and free of what axe and the house rules find."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, AxeCheck
from tests.support.extent import IS_SOAK, pairs

NewPage = Callable[..., Page]


# The whole document takes axe a minute: it is made of the same parts, and waits for the soak.
PATHS = ["", "/head", "/more-urgent", *(["/all"] if IS_SOAK else [])]


@pytest.mark.parametrize(("path", "device"), pairs(PATHS, [PHONE, DESKTOP]))
def test_every_page_of_the_document_is_free_of_violations(
    new_page: NewPage, axe_check: AxeCheck, device: dict[str, object], path: str
) -> None:
    page = new_page(device)
    page.goto(f"/about/advice{path}")
    axe_check(page)


def test_printed_it_has_no_menu_and_all_rules(new_page: NewPage) -> None:
    page = new_page(DESKTOP)
    page.goto("/about/advice/head")
    page.emulate_media(media="print")
    assert not page.locator("header.top").is_visible()
    assert page.locator("section.rule").first.is_visible()
