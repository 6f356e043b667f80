"""A result that is not for everybody at home, from the advice to a report that waits; narrow and in the dark too."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from blockmrs.controllers.field.wire import carry
from blockmrs.services.advice.interviews import TriageService
from tests.browser.conftest import DESKTOP, PHONE, AxeCheck
from tests.browser.people import Person
from tests.browser.test_plan import NARROW, POST
from tests.triage.interviews import place_of, play

NewPage = Callable[..., Page]
SERVICE = TriageService()
CRISIS, _ = play(SERVICE, {"mh-plan": True, "mh-safe": True}, age="13-15-years", part=place_of(SERVICE.rules, "mh"))


@pytest.mark.parametrize(("device", "theme"), [(PHONE, ""), (NARROW, "dark"), (DESKTOP, "sun")])
def test_a_crisis_is_written_down_and_kept_from_the_family(
    new_page: NewPage, axe_check: AxeCheck, device: dict[str, Any], theme: str
) -> None:
    width = device["viewport"]["width"]
    coach = Person(new_page(device, theme=theme), f"teller.{width}", "Ana Torres", axe_check)
    page = coach.page
    page.goto("/signup")
    coach.make_account()
    page.goto("/field")
    with page.expect_navigation():
        page.evaluate(POST, [list(pair) for pair in carry(CRISIS)])
    expect(page.locator("main")).to_contain_text("Who to tell")
    expect(page.get_by_role("link", name="Text parent", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="Crisis line US: 988")).to_be_visible()
    axe_check(page)
    coach.press("Who is hurt?")
    page.locator("main [name=r-name]").fill("Kim")
    coach.press("Use this name")
    tick = page.get_by_label("Don’t send this to the family yet")
    expect(tick).to_be_checked()
    tick.uncheck()
    coach.press("Save report")
    expect(page.locator("h1")).to_have_text("Send this to the family now?")
    coach.press("Keep it from the family for now")
    expect(page.locator("main")).to_contain_text("Not sent to the family.")
