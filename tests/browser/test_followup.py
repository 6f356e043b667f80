"""The days after a head injury in real browsers, with a clock that is moved: three checks, the chart, the clearance."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import waitress
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, AxeCheck
from tests.support.cast import Cast, play
from tests.support.quick import quick_folder
from tests.support.site import build_site

NARROW = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def served_cast() -> Iterator[tuple[Cast, str]]:
    """A server in a thread, on a site whose clock tests move; its people, and its address."""
    with quick_folder() as folder:
        site = build_site(folder)
        cast = play(site)
        server = waitress.create_server(site.wsgi, host="127.0.0.1", port=0, threads=4)
        running = threading.Thread(target=server.run, daemon=True)
        running.start()
        yield cast, f"http://127.0.0.1:{server.effective_port}"
        server.close()
        site.foundation.database.engine.dispose()


def enter(page: Page, cast: Cast, address: str, persona: str) -> None:
    """Sign in: a session ends while a moved clock says that nobody used it."""
    token = cast.browser(persona).cookies["blockmrs"]
    page.context.add_cookies([{"name": "blockmrs", "value": str(token).strip('"'), "url": address}])


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).click()


def answer(page: Page, strengths: dict[str, str]) -> None:
    """Fill in a check: nothing is there but `strengths`, by the words of their question."""
    page.get_by_label("None of these").check()
    for group in page.locator(".inline fieldset").all():
        legend = group.locator("legend").inner_text().strip()
        calm = "No" if legend == "Worse than before?" else "None"
        group.get_by_label(strengths.get(legend, calm), exact=True).check()


def test_a_guardian_makes_the_checks_of_days_1_3_and_7_and_sees_the_chart(
    new_page: NewPage, served_cast: tuple[Cast, str], axe_check: AxeCheck
) -> None:
    cast, address = served_cast
    report = cast.save().address
    page = new_page(PHONE)
    days = ((1, {"How dizzy are they?": "A lot", "How sick do they feel?": "A little"}),
            (2, {"How dizzy are they?": "A little"}), (4, {}))  # fmt: skip
    for ahead, strengths in days:
        cast.site.clock.advance(timedelta(days=ahead))
        enter(page, cast, address, "family")
        page.goto(address + "/")
        due = page.locator(".news li", has_text="Symptom check").filter(has=page.locator(f"[href*='{report}']"))
        expect(due).to_contain_text("is due")
        axe_check(page)
        with page.expect_navigation():
            due.get_by_role("link").click()
        axe_check(page)
        answer(page, strengths)
        press(page, "Save the check")
        expect(page.locator("[role=status]", has_text="Saved")).to_be_visible()
        axe_check(page)
    page.goto(f"{address}/field/report/{report}")
    chart = page.locator(".trend svg")
    expect(chart).to_be_visible()
    box = chart.bounding_box()
    assert box is not None
    assert 250 < box["width"] <= 390
    expect(page.locator("main")).to_contain_text("Day 7: 0 of 10 symptoms, down from 1 on day 3.")
    axe_check(page)
    with page.expect_navigation():
        page.get_by_role("link", name="The symptoms on a page of their own").click()
    expect(page.locator("h1")).to_have_text("Symptoms after a head injury")
    expect(page.locator(".trend svg")).to_be_visible()
    axe_check(page)
    page.emulate_media(media="print")
    expect(page.locator(".trend svg")).to_be_visible()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    page.emulate_media(media="screen")
    for device, theme in ((NARROW, "dark"), ({"viewport": {"width": 1280, "height": 800}}, "")):
        other = new_page(device, theme=theme)
        enter(other, cast, address, "family")
        for path in (f"/field/report/{report}", f"/field/report/{report}/check", "/record/trends/head-symptoms"):
            other.goto(address + path)
            axe_check(other)


def test_a_check_with_something_missing_keeps_the_rest_and_says_where(
    new_page: NewPage, served_cast: tuple[Cast, str], axe_check: AxeCheck
) -> None:
    cast, address = served_cast
    page = new_page(PHONE)
    enter(page, cast, address, "family")
    page.goto(f"{address}/field/report/{cast.save().address}/check")
    page.get_by_label("Threw up once").check()
    press(page, "Save the check")
    expect(page.locator("#errors li")).to_have_text(["11 questions have no answer yet. Go to the first one"])
    expect(page.locator("fieldset .err")).to_have_count(11)
    expect(page.get_by_label("Threw up once")).to_be_checked()
    axe_check(page)


def test_a_clinician_clears_a_player_and_the_team_and_the_family_see_it(
    new_page: NewPage, served_cast: tuple[Cast, str], axe_check: AxeCheck
) -> None:
    cast, address = served_cast
    report = cast.save().address
    cast.share(report, "recipient")
    coach, family, doctor = (new_page(device) for device in (PHONE, PHONE, DESKTOP))
    for page, persona in ((coach, "author"), (family, "family"), (doctor, "recipient")):
        enter(page, cast, address, persona)
    family.goto(f"{address}/field/report/{report}")
    expect(family.locator("main")).to_contain_text("Not cleared yet: needs a doctor’s written clearance.")
    coach.goto(f"{address}/team")
    marked = coach.locator(".roster li", has_text="Quinn Marlow")
    expect(marked).to_contain_text("Out until cleared")
    axe_check(coach)
    doctor.goto(f"{address}/inbox/{report}")
    press(doctor, "Open the report")
    axe_check(doctor)
    with doctor.expect_navigation():
        doctor.get_by_role("link", name="Write a clearance").click()
    axe_check(doctor)
    doctor.get_by_label("Full play").check()
    press(doctor, "Go on")
    expect(doctor.locator("main")).to_contain_text(re.compile("at least 21 days"))
    axe_check(doctor)
    press(doctor, "Sign the clearance")
    cleared = "Cleared for full play by Dr Lee, North Hospital"
    expect(doctor.locator("main")).to_contain_text(cleared)
    family.reload()
    expect(family.locator("main")).to_contain_text(cleared)
    axe_check(family)
    coach.goto(f"{address}/field/report/{report}")
    expect(coach.locator("main")).to_contain_text(cleared)
    doctor.get_by_role("link", name="Withdraw the clearance").click()
    expect(doctor.locator("h1")).to_have_text("Withdraw this clearance?")
    axe_check(doctor)
    press(doctor, "Withdraw it")
    coach.goto(f"{address}/team")
    expect(marked).to_contain_text("Out until cleared")
