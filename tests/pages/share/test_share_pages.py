"""Giving a record page by page, as a mother presses it; reading it as a doctor; and ending it."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from webtest import TestApp

from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.reports import ReportedFinding
from blockmrs.domain.triage.loader import load_rules
from blockmrs.services.accounts.actor import Actor
from tests.support.coach import Reporter, footprint, form_with, heading, person, press, signed_in
from tests.support.heads import answers, head_report
from tests.support.html import soup
from tests.support.site import TestSite


@dataclass
class Home:
    """Sam's mother with a coach's report about him, a check after it, and facts; a doctor of North Hospital."""

    site: TestSite
    coach: Reporter
    maria: Actor
    mother: TestApp
    doctor: TestApp
    hospital: str

    @property
    def handle(self) -> str:
        return next(one.handle for one in self.site.services.people.of(self.maria) if not one.is_me)

    @property
    def share(self) -> str:
        return f"/share/{self.handle}"

    def checked(self, **fields: str | list[str]):
        """The page that says what they will see."""
        return press(self.mother, self.mother.get(self.share), "Go on", organisation=self.hospital, **fields)

    def give(self, **fields: str | list[str]) -> str:
        """Gives it; returns the address of its page."""
        done = press(self.mother, self.checked(**fields), "Share", 302)
        return done.location.removeprefix("http://localhost").partition("?")[0]


@pytest.fixture(scope="module")
def home(site) -> Home:
    doctor = person(site, "lee", "Dr Lee")
    made = site.services.organisations.accept(doctor, site.services.organisations.add("North Hospital"), "")
    coach = Reporter(site, person(site, "carol", "Carol Coach"))
    team = site.services.teams.add_players(coach.coach, [("7", "Sam Rivers")], "")
    maria = person(site, "maria", "Maria Rivers")
    site.services.teams.join(
        maria, site.services.teams.invite_family(coach.coach, team.players[0].player_id), "guardian", ""
    )
    report = coach.report(head=True)
    site.services.followups.save(coach.coach, report, "ce" * 16, answers())
    sam = next(one for one in site.services.people.of(maria) if not one.is_me)
    site.services.facts.save(maria, sam, "fa" * 16, HealthFacts(allergies=("Penicillin",)), "", date(2026, 3, 14))
    private = replace(
        head_report(site.clock()),
        findings=(ReportedFinding("complaints", "What is wrong", load_rules().presentations["mh"].title),),
    )
    site.services.reports.save(coach.coach, "bb" * 16, private, player=team.players[0])
    return Home(site, coach, maria, signed_in(site, "maria"), signed_in(site, "lee"), made.card_id.hex())


def words(response) -> str:
    return soup(response).main.get_text(" ", strip=True)


def test_home_leads_there_and_asks_whose_record(home: Home) -> None:
    assert soup(home.mother.get("/")).find("a", href="/share") is not None
    page = home.mother.get("/share")
    assert [link.get_text(" ", strip=True) for link in soup(page).select("main .tasks a")] == [
        "Maria Rivers (you)", "Sam Rivers",
    ]  # fmt: skip


def test_who_keeps_one_record_is_not_asked_whose(home: Home) -> None:
    assert signed_in(home.site, "lee").get("/share", status=302).location.endswith("/share/me")


def test_the_page_before_sharing_says_exactly_what_goes_along_and_what_stays_out(home: Home) -> None:
    before = footprint(home.site)
    page = home.checked()
    said = words(page)
    rows = ("What North Hospital will see", "Whose record Sam Rivers", "Why To treat them now")
    counts = ("Reports of an injury or illness: 1", "Symptom checks after a head injury: 1", "Health facts: 1")
    assert [text for text in (*rows, *counts) if text not in said] == []
    assert "This stays out" in said
    assert footprint(home.site) == before


def test_everything_is_shared_opened_after_a_receipt_seen_and_stopped(home: Home) -> None:
    address = home.give()
    receipt = home.mother.get(address)
    assert heading(receipt) == "Shared with North Hospital"
    assert "Opened Not yet" in words(receipt)
    section = soup(home.doctor.get("/inbox")).find("section", attrs={"aria-labelledby": "given-title"})
    link = section.find("a", class_="go")
    assert link.get_text(strip=True) == "Sam Rivers"
    cover = home.doctor.get(link["href"])
    assert "calls themselves Maria Rivers" in words(cover)
    assert "Penicillin" not in cover.text
    opened = press(home.doctor, cover, "Open the record", 302).follow()
    assert "3 entries, newest first" in words(opened)
    pages = [home.doctor.get(one["href"]) for one in soup(opened).select("main li a")]
    assert [heading(page).split(",")[0] for page in pages] == ["Health facts", "Symptom check", "Sam Rivers"]
    assert "Allergies Penicillin" in words(pages[0])
    assert "Dr Lee" in words(home.mother.get(address))
    log = words(home.mother.get("/log"))
    assert "Dr Lee (North Hospital) opened what was shared of the record of Sam Rivers. Why: care." in log
    rights = home.mother.get(f"/people/{home.handle}")
    assert "3 entries of the record" in words(rights)
    stop = soup(rights).find("a", href=address.replace("/sent/", "/stop/"))
    assert stop is not None
    stopped = press(home.mother, home.mother.get(stop["href"]), "Stop sharing", 302).follow()
    assert heading(stopped) == "Stopped sharing with North Hospital"
    assert "3 entries of the record" not in words(home.mother.get(f"/people/{home.handle}"))
    for one in (link["href"], soup(opened).select("main li a")[0]["href"]):
        home.doctor.get(one, status=410)
    assert "From people’s records" not in home.doctor.get("/inbox").text


def test_kinds_are_chosen_on_a_page_of_their_own(home: Home) -> None:
    choose = home.checked(what="kinds")
    assert heading(choose) == "What may they see?"
    again = press(home.mother, choose, "Go on")
    assert soup(again).select_one("#e-kind") is not None
    check = press(home.mother, choose, "Go on", kind="facts")
    assert "Health facts: 1" in words(check)
    assert "Reports of an injury" not in words(check).partition("This stays out")[0]
    done = press(home.mother, check, "Share", 302).follow()
    assert "Health facts: 1" in words(done)


def test_entries_are_chosen_one_by_one_and_only_so_what_is_private(home: Home) -> None:
    choose = home.checked(what="chosen")
    rows = soup(choose).select("label.pick")
    private = next(row for row in rows if "Private" in row.get_text(" "))
    again = press(home.mother, choose, "Go on")
    assert soup(again).select_one("#e-entry") is not None
    check = press(home.mother, choose, "Go on", entry=private.input["value"])
    assert "Reports of an injury or illness: 1" in words(check)
    assert "This stays out" not in words(check)
    assert "Reports of an injury or illness: 1" in words(press(home.mother, check, "Share", 302).follow())


def test_what_came_in_after_the_page_listed_it_goes_along_only_after_another_look(home: Home) -> None:
    check = home.checked()
    home.coach.report(head=True)
    before = footprint(home.site)
    again = press(home.mother, check, "Share", 409)
    assert "What goes along has changed since you looked. Nothing is shared yet." in words(again)
    assert footprint(home.site) == before
    details = soup(again).find("details", open=True)
    assert [("New" in one.get_text(" ")) for one in details("li")].count(True) == 1
    press(home.mother, again, "Share", 302)
    form, _ = form_with(home.checked(), "Share")
    unseen = {control["name"]: control["value"] for control in form("input") if control["name"] != "listing"}
    home.mother.post(home.share, unseen, status=409)


def test_a_second_press_shares_once(home: Home) -> None:
    check = home.checked()
    first = press(home.mother, check, "Share", 302)
    before = footprint(home.site)
    assert press(home.mother, check, "Share", 302).location == first.location
    assert footprint(home.site) == before


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("organisation", "", "organisation"),
        ("organisation", "00" * 32, "organisation"),
        ("what", "all", "what"),
        ("purpose", "fun", "purpose"),
        ("how_long", "100", "how_long"),
        ("how_long", "other", "until_day"),
    ],
)
def test_what_is_wrong_on_the_form_is_said_beside_it(home: Home, field: str, value: str, error: str) -> None:
    page = home.mother.get(home.share)
    fields = {"organisation": home.hospital, field: value}
    again = press(home.mother, page, "Go on", **fields)
    assert soup(again).select_one(f"#e-{error}") is not None
    assert soup(again).title.get_text().startswith("Error: ")


def test_a_made_up_choice_shares_nothing(home: Home) -> None:
    check = press(home.mother, home.checked(what="chosen"), "Go on", entry="0" * 32)
    assert "There is nothing to share" in words(check)
    form, _ = form_with(home.checked(), "Share")
    sent = {control["name"]: control["value"] for control in form("input")} | {"what": "chosen", "entry": "0" * 32}
    before = footprint(home.site)
    refused = home.mother.post(home.share, sent, status=422)
    assert "Choose something to share" in refused.text
    assert footprint(home.site) == before


def test_a_coach_and_a_stranger_share_nothing_of_a_childs_record(home: Home) -> None:
    coach, (name, _) = signed_in(home.site, "carol"), ("Sam Rivers", 0)
    handle = next(one for one, called in home.site.services.rights.people(home.coach.coach) if called == name)
    coach.get(f"/share/{handle}", status=403)
    signed_in(home.site, "lee").get(home.share, status=404)


def test_a_record_without_anything_says_so(home: Home) -> None:
    page = press(home.mother, home.mother.get("/share/me"), "Go on", organisation=home.hospital)
    assert "There is nothing to share" in words(page)
    page = press(home.mother, home.mother.get("/share/me"), "Go on", organisation=home.hospital, what="chosen")
    assert "There is nothing in the record of Maria Rivers yet" in words(page)


def test_a_doctor_blocks_whoever_sends_nothing_but_records_from_the_page_of_one(home: Home) -> None:
    home.give()
    link = soup(home.doctor.get("/inbox")).find("section", attrs={"aria-labelledby": "given-title"}).find("a", "go")
    page = home.doctor.get(
        soup(home.doctor.get(link["href"])).find("a", href=lambda to: "/sender/" in (to or ""))["href"]
    )
    assert heading(page) == "Calls themselves Maria Rivers"
    asked = home.doctor.get(soup(page).find("a", href=lambda to: (to or "").endswith("/block"))["href"])
    blocked = press(home.doctor, asked, "Block this sender", 302).follow()
    assert "Calls themselves Maria Rivers" in words(blocked)
    assert soup(home.doctor.get("/inbox")).find("section", attrs={"aria-labelledby": "given-title"}) is None
    home.site.clock.advance(timedelta(minutes=1))
    press(home.doctor, blocked, "Unblock", 302)
    assert soup(home.doctor.get("/inbox")).find("section", attrs={"aria-labelledby": "given-title"}) is not None
