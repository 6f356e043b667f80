"""Closing one's account on the pages: what goes and what stays, the password, the undo, and the receipt."""

import re
import secrets
from datetime import timedelta

import pytest
from webtest import TestApp

from blockmrs.config.assembly import build_closer
from tests.support.access_table import ABSENT
from tests.support.coach import person, signed_in
from tests.support.html import soup
from tests.support.people import PASSWORD, errors, fill, form_to, heading, is_signed_in
from tests.support.routes import site_routes
from tests.support.site import TestSite

CLOSE, UNDO = "Close my account", "Keep my account"


@pytest.fixture
def leaver(site: TestSite) -> TestApp:
    """Somebody with an account of their own and nothing else."""
    name = f"leaver{secrets.token_hex(4)}"
    person(site, name, "Lia Leaver")
    app = signed_in(site, name)
    app.user_name = name
    return app


def ask(app: TestApp, password: str = PASSWORD):
    return fill(app.get("/settings/leave"), "/settings/leave", password=password)


def close(site: TestSite) -> None:
    site.clock.advance(timedelta(days=14))
    build_closer(site.settings, site.foundation).carry_out(site.clock())


def text(response) -> str:
    return soup(response).main.get_text(" ", strip=True)


def number_of(response) -> str:
    return re.search(r"/left/([0-9a-f]{32})", soup(response).find(id="c-receipt").get_text())[1]


def test_the_page_says_what_goes_and_what_stays_before(leaver: TestApp) -> None:
    page = leaver.get("/settings").click(CLOSE)
    assert [title.get_text(strip=True) for title in soup(page).main.select("h2")] == [
        "What goes", "What stays", "How it goes",
    ]  # fmt: skip
    assert "14 more days" in text(page)


def test_only_the_password_closes_it(leaver: TestApp) -> None:
    assert "password" in errors(ask(leaver, "not the password at all"))
    assert "password" in errors(ask(leaver, ""))
    assert heading(leaver.get("/settings/leave")) == CLOSE


def test_until_then_pages_are_read_nothing_is_written_and_one_press_undoes_it(leaver: TestApp) -> None:
    page = ask(leaver).follow()
    assert heading(page) == "Your account is closing"
    assert "Your account closes on" in text(leaver.get("/"))
    team = leaver.get("/team")
    refused = fill(team, "/team/name", team_name="Harbour FC")
    assert refused.status_int == 403
    assert heading(refused) == "Your account is closing"
    assert leaver.post("/field/check", {"sign": "none"}).status_int == 200, "advice needs no account"
    kept = fill(leaver.get("/settings/leave"), "/settings/leave").follow()
    assert heading(kept) == CLOSE
    assert fill(leaver.get("/team"), "/team/name", team_name="Harbour FC").status_int in (200, 302)


def test_somebody_who_is_leaving_can_sign_out_and_come_back(site: TestSite, leaver: TestApp) -> None:
    ask(leaver)
    fill(leaver.get("/"), "/logout")
    assert not is_signed_in(leaver)
    assert "Your account closes on" in text(signed_in(site, leaver.user_name).get("/"))


def test_the_receipt_is_read_and_checked_without_an_account(site: TestSite, leaver: TestApp, app: TestApp) -> None:
    number = number_of(ask(leaver).follow())
    assert "no receipt yet" in text(app.get(f"/left/{number}"))
    close(site)
    assert not is_signed_in(leaver)
    page = app.get(f"/left/{number}")
    assert "This site signed it" in text(page)
    assert "Lia" not in page.text
    kept = app.get(f"/left/{number}/file")
    assert kept.headers["Content-Disposition"] == 'attachment; filename="receipt.txt"'
    checked = fill(app.get("/left"), "/left/check", receipt=kept.text.replace("\n", "\r\n"))
    assert "This site signed it" in text(checked)
    forged = fill(app.get("/left"), "/left/check", receipt=kept.text.replace("shares ended: 0", "shares ended: 1"))
    assert "receipt" in errors(forged)


def test_a_coach_is_led_to_what_only_they_have(site: TestSite) -> None:
    coach = person(site, "solo", "Sol Coach")
    site.services.teams.add_player(coach, "Sam Rivers", "7", "")
    page = signed_in(site, "solo").get("/settings/leave")
    assert soup(page).main.find("a", href="/team").get_text() == "Sam Rivers: nobody of the family has joined"
    assert soup(page).main.find("input", attrs={"name": "password"}) is None


def test_the_operator_sees_counts_alone(site: TestSite, leaver: TestApp) -> None:
    before = site.services.overview.read()
    ask(leaver)
    counts = site.services.overview.read()
    assert (counts.closing, counts.closed) == (before.closing + 1, before.closed)
    close(site)
    counts = site.services.overview.read()
    assert (counts.closing, counts.closed) == (0, before.closed + before.closing + 1)


def test_no_form_of_the_site_changes_anything_for_somebody_who_is_leaving(site: TestSite, leaver: TestApp) -> None:
    ask(leaver)
    token = form_to(leaver.get("/"), "/logout")["_csrf"].value
    answers = {}
    for route in site_routes(site).values():
        if "POST" in route.methods and not (route.stateless or route.repeatable):
            address = route.address.replace("*", ABSENT)
            if address not in ("/logout", "/settings/sign_out_everywhere"):
                answers[address] = leaver.post(address, {"_csrf": token}, expect_errors=True)
    kept = answers.pop("/settings/leave")
    assert kept.status_int == 422, "the one that undoes it asks for something"
    wrong = {address: answer.status_int for address, answer in answers.items() if answer.status_int != 403}
    assert wrong == {}
    assert len(answers) > 40
    assert {heading(answer) for answer in answers.values()} == {"Your account is closing"}
