"""The inbox's pages: what a clinician sees of known senders, of strangers and of who is blocked."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from webtest import TestApp

from blockmrs.services.accounts.actor import Actor
from tests.support.coach import heading, person, press, signed_in
from tests.support.heads import head_report
from tests.support.html import soup
from tests.support.site import TestSite


@dataclass
class Ward:
    """A hospital with one doctor, in their browser, and what strangers sent to it."""

    site: TestSite
    card_id: bytes
    doctor: Actor
    app: TestApp
    drafts: int = 0

    def send(self, coach: Actor, level: int = 1) -> str:
        services = self.site.services
        team = services.teams.team(coach)
        if not team.players:
            team = services.teams.add_player(coach, "Sam Rivers", "7", team.version)
        self.drafts += 1
        report = replace(head_report(self.site.clock(), level=level), player="Sam Rivers")
        saved = services.reports.save(coach, f"{self.drafts:032x}", report, player=team.players[0], withheld=False)
        services.sharing.grant(coach, saved.address, self.card_id, "care", self.site.clock() + timedelta(days=3))
        return saved.address


@pytest.fixture(scope="module")
def ward(site: TestSite) -> Ward:
    doctor = person(site, "lee", "Dr Lee")
    made = site.services.organisations.accept(doctor, site.services.organisations.add("North Hospital"), "")
    return Ward(site, made.card_id, doctor, signed_in(site, "lee"))


def sender_link(page) -> str:
    return soup(page).find("a", href=lambda href: href and href.startswith("/inbox/sender/"))["href"]


def test_a_strangers_report_is_counted_on_top_and_their_name_is_a_claim(ward: Ward) -> None:
    address = ward.send(person(ward.site, "mallory", "Dr Lee (North Hospital)"))
    page = ward.app.get("/inbox")
    top = soup(page).select_one("main .box").get_text(" ", strip=True)
    assert top.startswith("1 report from a sender you don’t know. At level 1: 1. Newest: ")
    section = soup(page).select_one("#strangers")
    assert section.find("a", href=f"/inbox/{address}") is not None
    words = section.get_text(" ", strip=True)
    assert "calls themselves Dr Lee (North Hospital)" in words
    assert "Not North Hospital of the directory" in words or "Not Dr Lee of the directory" in words
    cover = ward.app.get(f"/inbox/{address}").text
    assert "calls themselves Dr Lee (North Hospital)" in cover
    assert "The directory does not know this sender" in cover


def test_opening_a_report_brings_its_sender_to_the_others(ward: Ward) -> None:
    carol = person(ward.site, "carol", "Carol Coach")
    address = ward.send(carol)
    cover = ward.app.get(f"/inbox/{address}")
    opened = press(ward.app, cover, "Open the report").follow()
    assert "by a sender who calls themselves Carol Coach" in opened.text
    second = ward.send(carol, level=2)
    page = soup(ward.app.get("/inbox"))
    known = page.find("caption", string="Reports you can open").find_parent("table")
    assert known.find("a", href=f"/inbox/{second}") is not None


def test_a_sender_is_blocked_after_a_question_and_unblocked(ward: Ward) -> None:
    noisy = person(ward.site, "noisy", "Noisy Norman")
    address = ward.send(noisy)
    link = next(
        row.find("a", href=lambda href: href.startswith("/inbox/sender/"))["href"]
        for row in soup(ward.app.get("/inbox/unknown")).select("tbody tr")
        if row.find("a", href=f"/inbox/{address}")
    )
    page = ward.app.get(link)
    assert heading(page) == "Calls themselves Noisy Norman"
    asked = ward.app.get(f"{link}/block")
    assert "Block the sender who calls themselves Noisy Norman?" in heading(asked)
    after = press(ward.app, asked, "Block this sender").follow()
    assert "Noisy Norman" in after.text
    assert address not in ward.app.get("/inbox").text
    assert address not in ward.app.get("/inbox/unknown").text
    assert address in ward.app.get(link).text
    press(ward.app, ward.app.get("/inbox/blocked"), "Unblock").follow()
    assert address in ward.app.get("/inbox/unknown").text


def test_a_page_that_is_none_is_absent(ward: Ward) -> None:
    for path in ("/inbox", "/inbox/unknown", "/inbox/ended"):
        for text in ("x", "-1", "1-2", "1-2-zz", "9" * 90):
            assert ward.app.get(f"{path}?before={text}", expect_errors=True).status_int == 404
    assert ward.app.get("/inbox/sender/00", expect_errors=True).status_int == 404


def test_markup_in_a_claimed_name_is_text(ward: Ward) -> None:
    ward.send(person(ward.site, "markup", "<b>Bold</b> ${7*7}"))
    for path in ("/inbox", "/inbox/unknown"):
        page = ward.app.get(path)
        assert "<b>Bold" not in page.text
        assert "<b>Bold</b> ${7*7}" in soup(page).get_text()


def test_too_many_shares_in_an_hour_say_when_to_go_on(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blockmrs.services.sharing.shares.SHARES_AN_HOUR", 1)
    busy, services = person(ward.site, "busy", "Busy Bea"), ward.site.services
    ward.send(busy)
    player = services.teams.team(busy).players[0]
    ward.drafts += 1
    report = replace(head_report(ward.site.clock()), player="Sam Rivers")
    saved = services.reports.save(busy, f"{ward.drafts:032x}", report, player=player, withheld=False)
    app = signed_in(ward.site, "busy")
    page = app.get(f"/field/report/{saved.address}/share")
    token = soup(page).find("input", {"name": "_csrf"})["value"]
    fields = {"_csrf": token, "organisation": ward.card_id.hex(), "purpose": "care", "how_long": "30"}
    answer = app.post(f"/field/report/{saved.address}/share", fields, expect_errors=True)
    assert answer.status_int == 429
    assert "Too many tries. Try again in" in answer
