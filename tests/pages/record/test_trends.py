"""The page about the symptoms after a head injury: for the family, the coach and whoever opened the report."""

import re
import secrets
from datetime import timedelta

import pytest

from tests.support.cast import PLAYER, play_in
from tests.support.heads import answers
from tests.support.quick import quick_folder
from tests.support.snapshot import Snapshot

PAGE = "/record/trends/head-symptoms"


@pytest.fixture(scope="module")
def everybody():
    with quick_folder() as folder:
        cast = play_in(folder)
        yield cast, Snapshot(cast.site)
        cast.site.foundation.database.engine.dispose()


@pytest.fixture
def cast(everybody):
    cast, snapshot = everybody
    with snapshot.undone():
        yield cast


def check(cast, address, **changed):
    cast.site.services.followups.save(cast.actor("author"), address, secrets.token_hex(16), answers(**changed))


def main(page):
    return " ".join(page.html.find("main").get_text(" ", strip=True).split())


def test_the_family_sees_each_injury_with_its_numbers_and_the_chart_from_the_third_check(cast):
    page = cast.browser("family").get(PAGE)
    said = main(page)
    # Two injuries: one with a check, one with none.
    assert [heading.get_text().partition(",")[0] for heading in page.html.find("main").find_all("h2")] == [PLAYER] * 2
    assert said.count("A chart shows after 3 entries.") == 1
    assert "No symptom check yet." in said
    assert page.html.find("svg", {"role": "img"}) is None
    for days, changed in ((1, {"check_dizzy": "a-lot", "check_sick": "a-little"}), (2, {"check_dizzy": "a-little"})):
        cast.site.clock.advance(timedelta(days=days))
        check(cast, cast.address, **changed)
    page = cast.browser("family").get(PAGE)
    # A day more where midnight came between injury and report.
    assert re.search(
        r"Day (3: 1 of 10 symptoms, down from 2 on day 1|4: 1 of 10 symptoms, down from 2 on day 2)\.", main(page)
    )
    chart = page.html.find("svg", {"role": "img"})
    assert chart["aria-label"] == "A line chart. The table below has the same numbers."
    assert len(chart.find_all("circle")) == len(page.html.find("table").tbody.find_all("tr")) == 3


def test_who_keeps_no_record_with_a_head_injury_is_told_so(cast):
    for persona in ("stranger", "author", "recipient"):
        assert "No head injury of the last year is in this record." in main(cast.browser(persona).get(PAGE))


def test_a_clinician_sees_the_trend_of_what_they_opened_and_makes_no_check(cast):
    check(cast, cast.opened, check_dizzy="a-lot")
    doctor = cast.browser("recipient")
    page = doctor.get(f"{PAGE}/{cast.opened}")
    assert f"{PLAYER}, hurt on" in main(page)
    assert "1 of 10 symptoms" in main(page)
    assert not page.html.select("main a[href$='/check']")
    assert page.html.select_one("a.back")["href"] == f"/inbox/{cast.opened}"
    assert f"{PAGE}/{cast.opened}" in doctor.get(f"/inbox/{cast.opened}").text


def test_what_was_not_opened_shows_its_cover_first(cast):
    answer = cast.browser("recipient").get(f"{PAGE}/{cast.address}", status=302)
    assert answer.location.endswith(f"/inbox/{cast.address}")


def test_a_share_that_is_stopped_ends_the_trend_with_it(cast):
    share = cast.share(cast.opened, "recipient")
    doctor = cast.browser("recipient")
    doctor.get(f"{PAGE}/{cast.opened}", status=200)
    cast.site.services.sharing.stop(cast.actor("author"), cast.opened, share)
    doctor.get(f"{PAGE}/{cast.opened}", status=410)


def test_record_and_report_lead_to_it(cast):
    family = cast.browser("family")
    assert PAGE in [link["href"] for link in family.get("/record").html.find_all("a", href=True)]
    page = family.get(f"/field/report/{cast.address}").click("on a page of their own")
    assert page.request.path == f"{PAGE}/{cast.address}"
    assert [link["href"] for link in page.html.select("main a[href$='/check']")] == [
        f"/field/report/{cast.address}/check"
    ]


def test_it_can_be_read_in_spanish(cast):
    family = cast.browser("family")
    page = family.get(PAGE, headers={"Accept-Language": "es"})
    assert page.html.h1.get_text() == "Síntomas después de un golpe en la cabeza"
    assert "hurt on" not in main(page)
