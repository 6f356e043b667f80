"""axe and the house rules on every page of questions and on the advice of every complaint at every level it can have.

In `make soak` all of them; else one for each kind of page and for each level, from one case of each complaint. The
pages are the server's: tests/browser/test_script_pages.py holds the script's to the same markup.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from blockmrs.controllers.field.wire import carry, read
from blockmrs.domain.triage.pages import QuestionPage
from tests.browser.conftest import PHONE, AxeCheck
from tests.browser.hands import Step, choose
from tests.browser.test_cases_by_taps import CASES, RULES, SERVICE, SHARES, complaint_of, steps_of
from tests.browser.test_plan import NARROW, POST
from tests.support.at_least import at_least
from tests.support.extent import one_of_each

NewPage = Callable[..., Page]
State = tuple[tuple[str, ...], Step]
LOOKS = [("en", PHONE, ""), ("es", NARROW, "dark")]


def states() -> list[State]:
    """The name of each state, and form fields that lead to it: pages by their id, advice by complaint and level."""
    found: dict[tuple[str, ...], Step] = {}
    for case in one_of_each(CASES, complaint_of):
        for fields in steps_of(case):
            interview = read(SERVICE, fields)
            page = SERVICE.next_page(interview)
            level = SERVICE.conclude(interview).level
            name = ("advice", complaint_of(case), str(level.value)) if page is None else kind_of(page)
            found.setdefault(name, list(carry(interview)))
    return list(found.items())


def kind_of(page: QuestionPage) -> tuple[str, ...]:
    return (page.kind, *sorted({RULES.findings[name].kind.value for name in page.findings}), page.id)


def sort_of(state: State) -> Any:
    """Advice by its level, a page by its kind and the kinds of its questions."""
    name, _ = state
    return name[2] if name[0] == "advice" else name[:-1]


STATES = one_of_each(states(), sort_of)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize(("language", "device", "theme"), LOOKS, ids=["English", "Spanish"])
def test_axe_finds_nothing(
    new_page: NewPage, axe_check: AxeCheck, language: str, device: dict[str, Any], theme: str, share: int
) -> None:
    page = new_page(device, theme=theme)
    if language != "en":
        choose(page, language)
    page.goto("/field")
    with at_least(1) as case:
        for name, fields in STATES[share :: len(SHARES)]:
            with case(name):
                with page.expect_navigation():
                    page.evaluate(POST, [list(pair) for pair in fields])
                assert page.locator("html").get_attribute("lang") == language
                assert page.locator("#result").count() == (name[0] == "advice"), name
                axe_check(page, strict_contrast=True)


def test_the_sample_has_every_level_and_every_kind_of_page() -> None:
    names = [name for name, _ in STATES]
    assert {name[2] for name in names if name[0] == "advice"} == {"1", "2", "3", "4"}
    assert {name[0] for name in names} >= {"advice", "choice", "toggles"}
