"""The lists of the record go by pages: the newest twenty, then "Older", until all were shown."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime

from tests.support.coach import heading, person, signed_in
from tests.support.html import soup
from tests.support.site import TestSite
from tests.support.world import report_at


def links(page) -> list[str]:
    return [link["href"] for link in soup(page).select("ul.tasks a")]


def test_older_reports_are_a_page_away_and_each_stands_on_one_page(site: TestSite) -> None:
    actor = person(site, "paged", "Ada Lind")
    me = site.services.people.find(actor, "me")
    for _ in range(21):
        report = replace(report_at(datetime.now(UTC)), origin="home")
        site.services.reports.save(actor, secrets.token_hex(16), report, person=me)
    browser = signed_in(site, "paged")
    first = browser.get("/record")
    assert len(links(first)) == 20
    older = first.click("Older reports")
    assert heading(older) == "Reports about you"
    assert len(links(older)) == 1
    assert not set(links(first)) & set(links(older))
    assert links(older.click("Newest"))[:20] == links(first)
    assert len(links(browser.get(f"/record/reports?before=999999999999999-0-{'0' * 32}"))) == 20
    assert "There are no older reports." in browser.get(f"/record/reports?before=0-0-{'0' * 32}").text
    assert browser.get("/record/reports?before=x", status=404)


def test_a_list_of_reports_says_about_whom_each_is_and_gives_no_order(site: TestSite) -> None:
    actor = person(site, "listed", "Ada Berg")
    report = replace(report_at(datetime.now(UTC), level=1), origin="home", player="Ada Berg")
    site.services.reports.save(actor, secrets.token_hex(16), report, person=site.services.people.find(actor, "me"))
    browser = signed_in(site, "listed")
    for page in ("/record", "/record/reports", "/field/reports"):
        (row,) = soup(browser.get(page)).select("ul.tasks li")
        assert row.a.contents[0] == "Ada Berg, 13 to 15", page
        assert row.select_one(".lv").contents[0].strip() == "Ambulance", page
        assert str(datetime.now(UTC).year) in row.get_text(), page
