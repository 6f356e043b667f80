"""The whole story, as the people in it live it: a coach on a phone with a bad line, a parent, a hospital, a crew.

One test, because one story: each step needs the one before it. Every page that somebody comes to is checked by axe and
the house rules.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, AxeCheck
from tests.browser.people import Person
from tests.browser.wire import SLOW_3G

NewPage = Callable[..., Page]
NOTE = "Two players fell on him."


def operator(settings_file: Path, *words: str) -> str:
    """What a command prints; the server goes on meanwhile."""
    command = [sys.executable, "-m", "blockmrs", *words, "-c", str(settings_file)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_from_the_field_to_the_hospital(new_page: NewPage, settings_file: Path, site: str, axe_check: AxeCheck) -> None:
    invitation = re.search(
        r"[2-9A-Z]{4}(-[2-9A-Z]{4}){3}", operator(settings_file, "admin", "add-organisation", "Hill Hospital")
    )
    assert invitation is not None

    doctor = Person(new_page(DESKTOP), "dr.lee.story", "Dr Lee", axe_check)
    doctor.open("/signup")
    doctor.make_account()
    doctor.join(invitation.group())
    doctor.press("Join")
    doctor.press("Open the inbox")
    expect(doctor.page.locator("main")).to_contain_text("No shared reports")

    coach = Person(new_page(PHONE), "ana.story", "Ana Torres", axe_check)
    coach.wire.session.send("Network.emulateNetworkConditions", SLOW_3G)
    address = a_report_before_there_is_an_account(coach)
    a_team_with_a_family(coach, mother := Person(new_page(PHONE), "maria.story", "Maria Rivers", axe_check))
    second = a_report_about_a_player(coach)

    coach.press("Send to hospital")
    coach.page.get_by_label("Hill Hospital").check()
    coach.press("Send the report")
    expect(coach.page.locator("main")).to_contain_text("Hill Hospital")

    doctor.open("/inbox")
    doctor.go(doctor.page.get_by_role("link", name=re.compile("Sam Rivers")))
    expect(doctor.page.locator("main")).not_to_contain_text(NOTE)
    doctor.press("Open the report")
    expect(doctor.page.locator("main")).to_contain_text(NOTE)

    for reader in (coach, mother):
        reader.open(second)
        expect(reader.page.locator("main")).to_contain_text("Dr Lee")
    mother.open("/log")
    expect(mother.page.locator("main")).to_contain_text("Dr Lee (Hill Hospital) opened a report about Sam Rivers")

    crew_reads_by_code(coach, second, new_page, axe_check)
    a_stopped_share_ends(coach, doctor, second)

    stranger = Person(new_page(DESKTOP), "mallory.story", "Mallory", axe_check)
    stranger.open("/signup")
    stranger.make_account()
    for path in (address, second, second.replace("/field/report/", "/inbox/")):
        assert stranger.open(path) == 404
    nobody = Person(new_page(DESKTOP), "", "", axe_check)
    assert nobody.open(second) == 401
    assert json.loads(operator(settings_file, "verify", "--json"))["ok"]


def a_report_before_there_is_an_account(coach: Person) -> str:
    """Signed out: one tap to the advice; then an account, with nothing lost; then the report."""
    coach.open("/field")
    coach.taps.count = 0
    coach.page.locator("#signs button[value=choking]").tap()
    expect(coach.page.locator("h1")).to_have_text("Call an ambulance now")
    coach.press("Who is hurt?")
    coach.press("Make an account")
    coach.make_account()
    if coach.page.locator("h1").inner_text() != "Who is hurt?":
        coach.press("Go on")
    coach.page.locator("main [name=r-name]").fill("Kim, red 4")
    coach.press("Use this name")
    expect(coach.page.locator("main")).to_contain_text("Choking")
    coach.press("Save report")
    expect(coach.page.locator("main")).to_contain_text("Saved")
    return coach.page.url.split("?")[0].removeprefix(coach.page.url.split("/field")[0])


def a_team_with_a_family(coach: Person, mother: Person) -> None:
    """A player on the roster, and a mother who joins by a code that the coach says on the phone."""
    coach.open("/team")
    coach.page.locator("[name=player_name]").fill("Sam Rivers")
    coach.page.locator("[name=number]").fill("7")
    coach.press("Add player")
    coach.go(coach.page.get_by_role("button", name="Invite family of Sam Rivers"))
    code = re.search(r"[2-9A-Z]{4}(-[2-9A-Z]{4}){3}", coach.page.locator("main").inner_text())
    assert code is not None
    mother.open("/signup")
    mother.make_account()
    mother.join(code.group())
    mother.page.get_by_label("Parent or guardian").check()
    mother.press("Join")
    mother.press("See the reports")
    expect(mother.page.locator("main")).to_contain_text("Sam Rivers")


def a_report_about_a_player(coach: Person) -> str:
    """From the first screen to "Saved" for somebody on the roster; a second press of Save is the same report."""
    coach.open("/field")
    coach.page.locator("#signs button[value=fit]").or_(coach.page.locator("#signs button").nth(4)).first.tap()
    expect(coach.page.locator("h1")).to_have_text("Call an ambulance now")
    coach.press("Who is hurt?")
    coach.go(coach.page.get_by_role("button", name=re.compile("Sam Rivers")))
    coach.page.locator("main [name=r-note]").fill(NOTE)
    with coach.page.expect_navigation():
        coach.page.get_by_role("button", name="Save report").dblclick()
    coach.look()
    saved = coach.page.url.split("?")[0]
    expect(coach.page.locator("main")).to_contain_text(NOTE)
    coach.open("/field/reports")
    expect(coach.page.locator("main a[href^='/field/report/']")).to_have_count(2)
    coach.open(saved)
    return saved.removeprefix(saved.split("/field")[0])


def crew_reads_by_code(coach: Person, report: str, new_page: NewPage, axe_check: AxeCheck) -> None:
    """Advice to the crew reading it, in four taps at most; by scanning and by typing."""
    coach.open(report)
    coach.taps.count = 0
    coach.press("Show to crew")
    assert coach.taps.count <= 4
    typed = coach.page.locator(".pair").inner_text()
    crew = Person(new_page(PHONE), "", "", axe_check)
    crew.open("/r")
    crew.page.locator("[name=code]").fill(typed.lower())
    crew.press("Open")
    expect(crew.page.locator("main")).to_contain_text(NOTE)
    coach.open(report)
    expect(coach.page.locator("main")).to_contain_text(re.compile("pened"))


def a_stopped_share_ends(coach: Person, doctor: Person, report: str) -> None:
    """What stopping does is said before it is done; afterwards the hospital is told that it ended."""
    coach.open(report)
    coach.go(coach.page.get_by_role("link", name=re.compile("^Stop")).first)
    expect(coach.page.locator("main")).to_contain_text("They may have kept what they saw")
    coach.press("Stop sharing")
    assert doctor.open(report.replace("/field/report/", "/inbox/")) == 410
