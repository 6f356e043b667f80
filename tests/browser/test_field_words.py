"""What is wrong, in a person's own words, on a phone: proposals to tick, then questions."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, AxeCheck

NewPage = Callable[..., Page]


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_words_lead_to_proposals_and_to_the_questions_of_each_that_is_ticked(
    new_page: NewPage, site: str, axe_check: AxeCheck, device: dict[str, object], script: bool
) -> None:
    page = new_page(device, java_script_enabled=script)
    page.goto(f"{site}/field")
    page.get_by_role("button", name="None of these").click()
    box = page.get_by_label("Or type it")
    check(page, axe_check, script)
    box.fill("hit his hed and thrown up, cant wake him")
    page.get_by_role("button", name="Find").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Which of these fits?"
    assert page.get_by_role("button", name="Won't wake, or confused").is_visible()
    check(page, axe_check, script)
    page.get_by_role("button", name="Next").click()
    page.get_by_text("There is a problem").wait_for()
    check(page, axe_check, script)
    page.get_by_label("Hurt head").check()
    page.get_by_label("Throws up, or runny stool").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_text("Sleepy or hard to keep awake").wait_for()
    assert "hed" not in page.url
    page.get_by_role("button", name="Back").click()
    assert page.get_by_role("heading", level=1).inner_text() == "What is wrong?"
    page.get_by_label("Or type it").fill("zzyzx qwop")
    page.get_by_role("button", name="Find").click()
    assert page.get_by_role("heading", level=1).inner_text() == "We found nothing for that"
    check(page, axe_check, script)


def check(page: Page, axe_check: AxeCheck, script: bool) -> None:
    if script:
        axe_check(page, strict_contrast=True)
