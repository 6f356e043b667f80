"""A report that is opened by its address, as from a text message, is not called new on the first page any more."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.test_clinic import sign_in


def test_a_report_opened_by_its_link_is_no_longer_new(new_page: Callable[..., Page], demo: dict[str, Any]) -> None:
    mother, address = new_page(PHONE), demo["address"]
    sign_in(mother, demo, "maria.rivers")
    mother.goto(address)
    news = mother.locator(".news.reports li form")
    before = news.count()
    assert before
    report = (news.first.get_attribute("action") or "").removesuffix("/read")
    with mother.expect_response(lambda answer: answer.url.endswith(f"{report}/read")):
        mother.goto(address + report)
    expect(mother.get_by_role("button", name="I have read it")).to_have_count(0)
    mother.goto(address)
    expect(news).to_have_count(before - 1)
