"""Back after whatever saved something: the page before, as it is now, and Forward what was saved; nothing goes twice.

What only carries answers has no page of its own; for it tests/browser/test_field.py, test_offline.py and
test_phone_roster.py press Back.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.test_followup import NewPage, answer, enter, served_cast
from tests.support.cast import PLAYER, Cast

__all__ = ["served_cast"]

UNTRUE = re.compile("no signal|nothing was sent|page is too old|not found|something went wrong", re.IGNORECASE)


def nothing(_: Page) -> None:
    """The form is sent as it stands."""


def first_hospital(page: Page) -> None:
    page.get_by_label("South Hospital").check()


def quiet_check(page: Page) -> None:
    answer(page, {})


@dataclass(frozen=True)
class Form:
    """A form that saves: whose, where, its button, and what its result says; `texts` go into the boxes so labelled."""

    persona: str
    path: str
    button: str
    result: str
    texts: dict[str, str] = field(default_factory=dict)
    also: Callable[[Page], None] = nothing


FORMS = (
    Form("author", "/team", "Add player", "Robin Vale", {"Name": "Robin Vale"}),
    Form(
        "author",
        "/team/plan/add",
        "Save",
        "West Field",
        {"Name of the place": "West Field", "Street address": "1 West Lane"},
    ),
    Form("author", "/field/report/{report}/share", "Send the report", "Sent to", also=first_hospital),
    Form("author", "/field/report/{report}/show", "Make a code", "/r"),
    Form("author", "/people/{player}", "I have seen this", "Who can see what"),
    Form("family", "/record/facts", "Save", "Penicillin", {"Allergies": "Penicillin"}),
    Form("family", "/field/report/{report}/check", "Save the check", "Saved", also=quiet_check),
    Form("recipient", "/inbox/{report}/reply", "Seen", "Reply sent at"),
)


@pytest.fixture(scope="module")
def opened(served_cast: tuple[Cast, str]) -> tuple[Cast, str, str]:
    """A report that a doctor has opened: the people, the site's address, and the report's."""
    cast, address = served_cast
    report = cast.save().address
    cast.share(report, "recipient")
    cast.site.services.sharing.acknowledge(cast.actor("recipient"), report)
    return cast, address, report


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.persona} {form.path}")
def test_back_after_saving_shows_the_page_before_and_forward_what_was_saved(
    new_page: NewPage, opened: tuple[Cast, str, str], form: Form
) -> None:
    cast, address, report = opened
    page = new_page(PHONE)
    enter(page, cast, address, form.persona)
    page.goto(address + "/")
    people = cast.site.services.rights.people(cast.actor(form.persona))
    player = next((handle for handle, name in people if name == PLAYER), "")
    before = address + form.path.format(report=report, player=player)
    sent: list[str] = []
    page.goto(before)
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    for label, text in form.texts.items():
        page.get_by_label(label).first.fill(text)
    form.also(page)
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=form.button, exact=True).first.click()
    expect(page.locator("main")).to_contain_text(form.result)
    after, posts = page.url, list(sent)
    page.go_back()
    expect(page.locator("h1")).to_be_visible()
    assert page.url.split("#")[0] in {before, address + "/"}, "a page that saved in place has the one before it"
    assert not UNTRUE.search(page.locator("body").inner_text())
    page.go_forward()
    expect(page.locator("main")).to_contain_text(form.result)
    assert page.url == after
    assert [url for url in sent if "/field/report/" not in url or "/read" not in url] == posts
