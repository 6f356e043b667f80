"""The clinician's and the family's pages, and `/r` for crew."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from webtest import TestApp

from blockmrs.services.accounts.actor import Actor
from blockmrs.services.reports.reports import SavedReport
from tests.support.coach import person
from tests.support.site import TestSite
from tests.support.world import PASSWORD, report_at


@dataclass
class Club:
    """A coach's report, shared with a hospital whose doctor, and a player's mother, have accounts."""

    coach: Actor
    saved: SavedReport
    share_id: str


@pytest.fixture(scope="module")
def club(site: TestSite) -> Club:
    services = site.services
    coach = person(site, "carol", "Carol Coach")
    doctor = person(site, "lee", "Dr Lee")
    mother = person(site, "maria", "Maria Rivers")
    person(site, "mallory", "Mallory")
    hospital = services.organisations.accept(doctor, services.organisations.add("North Hospital"), "")
    team = services.teams.add_player(coach, "Sam Rivers", "7", services.teams.team(coach).version)
    code = services.teams.invite_family(coach, team.players[0].player_id)
    services.teams.join(mother, code, "guardian", "")
    report = report_at(site.clock())
    saved = services.reports.save(coach, "ab" * 16, report, player=team.players[0], withheld=False)
    until = site.clock() + timedelta(days=30)
    share = services.sharing.grant(coach, saved.address, hospital.card_id, "care", until)
    return Club(coach, saved, share.share_id)


def signed_in(site: TestSite, name: str) -> TestApp:
    browser = site.browser()
    browser.set_cookie("blockmrs", site.services.identity.sign_in(name, PASSWORD, "test"))
    return browser


def test_the_inbox_lists_before_it_opens_and_opening_leaves_a_receipt(site, club):
    doctor = signed_in(site, "lee")
    page = doctor.get("/inbox")
    cover = page.click(href=f"/inbox/{club.saved.address}")
    assert "Landed on the back" not in cover.text
    form = next(form for form in cover.forms.values() if form.action.endswith("/open"))
    assert "Landed on the back" in form.submit().follow().text
    (share,) = site.services.sharing.shares(club.coach, club.saved.address)
    assert [receipt.reader for receipt in share.receipts] == ["Dr Lee"]


@pytest.mark.parametrize("name", ["mallory", "carol", "maria"])
def test_a_report_shared_with_others_is_not_in_anybody_elses_inbox(site, club, name):
    signed_in(site, name).get(f"/inbox/{club.saved.address}", status=404)


def test_the_family_finds_its_reports_and_who_looked(site, club):
    mother = signed_in(site, "maria")
    page = mother.get("/record")
    assert f"/field/report/{club.saved.address}" in page.text
    assert mother.get("/log").status_int == 200


def test_a_typed_code_opens_the_report_without_an_account(site, club):
    code = site.services.codes.make(club.coach, club.saved.address)
    crew = site.browser()
    form = crew.get("/r").forms[1]
    form["code"] = code.typed.lower()
    page = form.submit()
    assert "Sam Rivers" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    log = signed_in(site, "maria").get("/log")
    assert "Somebody with the code for the crew opened a report about Sam Rivers" in log


def test_a_scanned_code_opens_the_report(site, club):
    code = site.services.codes.make(club.coach, club.saved.address)
    form = site.browser().get("/r").forms[0]
    form["secret"] = code.qr_secret
    assert "Sam Rivers" in form.submit().text


@pytest.mark.parametrize("typed", ["", "2222-2222-2222", "<b>", "0000-0000-0000", "x" * 5000])
def test_a_wrong_code_says_what_to_do_and_is_not_written_back(site, club, typed):
    form = site.browser().get("/r").forms[1]
    form["code"] = typed
    page = form.submit(expect_errors=True)
    assert page.status_int in (404, 422)
    assert "There is a problem" in page.text
    assert not typed or typed not in page.text


def test_a_member_invites_a_colleague_and_a_stranger_cannot(site, club):
    organisation = site.services.organisations.directory()[0].card_id.hex()
    doctor = signed_in(site, "lee")
    form = next(form for form in doctor.get("/organisation").forms.values() if "/invite" in form.action)
    assert "Invitation made" in form.submit().text
    mallory = signed_in(site, "mallory")
    token = mallory.get("/r").forms[0]["_csrf"].value
    mallory.post(f"/organisation/{organisation}/invite", {"_csrf": token}, status=404)
