"""At home: somebody writes down what they know, feels ill, is advised, and sends the result to a hospital."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, AxeCheck
from tests.browser.people import Person
from tests.browser.test_story import operator

MOST_PAGES = 12


def test_from_ones_own_record_to_the_hospital(
    new_page: Callable[..., Page], settings_file: Path, axe_check: AxeCheck
) -> None:
    invited = operator(settings_file, "admin", "add-organisation", "Lake Hospital")
    invitation = re.search(r"[2-9A-Z]{4}(-[2-9A-Z]{4}){3}", invited)
    assert invitation is not None
    doctor = Person(new_page(DESKTOP), "dr.vale.record", "Dr Vale", axe_check)
    doctor.open("/signup")
    doctor.make_account()
    doctor.join(invitation.group())
    doctor.press("Join")

    nina = Person(new_page(PHONE), "nina.record", "Nina Berg", axe_check)
    nina.open("/signup")
    nina.make_account()
    nina.open("/record")
    expect(nina.page.locator("main")).to_contain_text("No allergies written down")
    writes_down_what_she_knows(nina)
    feels_ill(nina)
    report = nina.page.url.split("?")[0]
    expect(nina.page.locator("main")).to_contain_text("Latex")
    expect(nina.page.locator("main")).not_to_contain_text("Blood thinner")

    nina.press("Send to hospital")
    nina.page.get_by_label("Lake Hospital").check()
    nina.press("Send the report")
    doctor.open("/inbox")
    doctor.go(doctor.page.get_by_role("link", name=re.compile("^Nina Berg")))
    doctor.press("Open the report")
    expect(doctor.page.locator("main")).to_contain_text("Since breakfast")
    expect(doctor.page.locator("main")).to_contain_text("Latex")
    nina.open("/record/reports")
    expect(nina.page.get_by_role("heading", name="Reports about you")).to_be_visible()
    nina.open("/record/facts/history")
    nina.open("/log")
    expect(nina.page.locator("main")).to_contain_text("Dr Vale (Lake Hospital) opened a report about Nina Berg")
    assert doctor.open(report) in (200, 302)
    expect(doctor.page.locator("main")).not_to_contain_text("Stop sharing")


def writes_down_what_she_knows(nina: Person) -> None:
    """Her birth date, an allergy and a medicine; what she leaves out stays "Not said"."""
    nina.press("Add health facts")
    for name, text in (("birth", "9"), ("birth_month", "April"), ("birth_year", "1988"), ("allergies", "Latex")):
        nina.page.locator(f"[name={name}]").fill(text)
    nina.page.locator("[name=blood-thinner][value=yes]").check()
    nina.press("Save")
    expect(nina.page.locator("main")).to_contain_text("Saved")
    expect(nina.page.locator("main")).to_contain_text("9 April 1988")


def feels_ill(nina: Person) -> None:
    """What the record says is proposed; the medicine is not right any more, and is asked; the result is saved."""
    nina.press("I feel ill")
    expect(nina.page.get_by_label(re.compile("Blood thinner"))).to_be_checked()
    nina.page.get_by_label(re.compile("Blood thinner")).uncheck()
    nina.press("Go on")
    expect(nina.page.locator("h1")).to_have_text("Is anything here true?")
    nina.press("None of these")
    nina.go(nina.page.locator("button[name=choose][value=head]"))
    asked = []
    for _ in range(MOST_PAGES):
        if nina.page.locator("#result").count():
            break
        asked.append(nina.page.locator("main").inner_text())
        none = nina.page.locator("button[name=answer][value=none]")
        nina.go(none if none.count() else nina.page.locator("button[name=choose]").first)
    assert not any("How old" in page for page in asked)
    assert any("Blood thinner, or bleeding easily" in page for page in asked)
    nina.press("Save to my record")
    expect(nina.page.locator("[name=r-when]:checked")).to_have_count(0)
    nina.page.get_by_label(re.compile("12 hours ago")).check()
    nina.page.locator("[name=r-note]").fill("Since breakfast")
    nina.press("Save to my record")
    expect(nina.page.locator("main")).to_contain_text("Saved")
