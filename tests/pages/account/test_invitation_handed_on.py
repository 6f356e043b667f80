"""An invitation is handed on as a link, a QR code and a text message; no server sees its code before a form is sent."""

from urllib.parse import unquote, urlsplit

import pytest
from webtest import TestApp, TestResponse

from blockmrs.controllers.site.hand_on import draw_qr
from tests.support.coach import form_with, person, press, sent_by, signed_in
from tests.support.html import soup
from tests.support.people import admin_page, confirm, fill, heading, member_page
from tests.support.site import TestSite

SPANISH = {"Accept-Language": "es"}


@pytest.fixture(scope="module")
def coach(site: TestSite) -> TestApp:
    """Signed in; the team has a name and a player."""
    person(site, "coach", "Ana Coach")
    app = signed_in(site, "coach")
    page = press(app, app.get("/team"), "Save the name", 302, team_name="North U15").follow()
    press(app, page, "Add player", 302, player_name="Sam Rivers")
    return app


@pytest.fixture(scope="module")
def invited(coach: TestApp) -> TestResponse:
    return invite(coach)


def invite(coach: TestApp) -> TestResponse:
    return press(coach, coach.get("/team"), "Invite family", 200)


def shown(page: TestResponse, name: str) -> str:
    return soup(page).find(id=f"c-{name}").get_text(strip=True)


def message(page: TestResponse) -> str:
    (link,) = soup(page).select("main a[href^='sms:']")
    return unquote(link["href"].removeprefix("sms:?&body="))


def test_the_message_says_who_invites_for_which_team_how_and_until_when(site: TestSite, coach: TestApp) -> None:
    invited = invite(coach)
    code = shown(invited, "invitation")
    until = site.clock() + site.services.invitations.lifetime
    assert message(invited).splitlines() == [
        "Ana Coach invites you to join for Sam, team North U15.",
        "Open this link:",
        f"http://localhost/join#{code}",
        f"Or go to http://localhost/join and type this code: {code}",
        f"It works once, until {until.day} {until:%B %Y}, {until:%H:%M} UTC.",
    ]


def test_the_message_speaks_the_language_of_the_page(coach: TestApp) -> None:
    action, fields = sent_by(coach.get("/team"), "Invite family")
    page = coach.post(action, fields, headers=SPANISH)
    assert message(page).startswith("Ana Coach le invita a unirse por Sam, del equipo North U15.\nAbra este enlace:\n")


def test_a_team_without_a_name_is_not_named(site: TestSite) -> None:
    person(site, "newcomer", "Nia Coach")
    app = signed_in(site, "newcomer")
    press(app, app.get("/team"), "Add player", 302, player_name="Sam Rivers")
    assert message(invite(app)).startswith("Nia Coach invites you to join for Sam.\n")


def test_the_code_stands_in_the_fragment_and_in_no_other_part_of_an_address(invited: TestResponse) -> None:
    code, link = shown(invited, "invitation"), urlsplit(shown(invited, "link"))
    assert (link.path, link.query, link.fragment) == ("/join", "", code)
    assert code not in invited.request.url
    for tag in soup(invited).find_all(True):
        for name in ("href", "src", "action", "formaction", "data-later"):
            address = str(tag.get(name, ""))
            assert address.startswith("sms:") or code not in address.partition("#")[0]


def test_the_qr_code_is_the_link(invited: TestResponse) -> None:
    drawing = soup(invited).find("svg", role="img")
    assert drawing["aria-label"] == "QR code that opens the invitation"
    assert drawing.path["d"] == draw_qr(shown(invited, "link")).path


def test_nobody_but_the_coach_gets_to_the_page(site: TestSite, coach: TestApp, invited: TestResponse) -> None:
    form, _ = form_with(coach.get("/team"), "Invite family")
    stranger = member_page(site, "stranger", "Sid Stranger")
    token = soup(stranger.get("/join")).find("input", {"name": "_csrf"})["value"]
    stranger.post(form["action"], {"_csrf": token}, status=404)
    site.browser().get(form["action"], status=405)


def test_the_join_page_waits_for_somebody_to_press_and_says_what_comes_next(site: TestSite) -> None:
    page = site.browser().get("/join")
    assert soup(page).find("input", {"name": "invitation"}).get("value", "") == ""
    assert soup(page).find(id="from-link").has_attr("hidden")
    assert "You need an account." in soup(page).main.get_text()
    assert any("/js/page/join.js" in script["src"] for script in soup(page).find_all("script"))
    assert "Type the code." in soup(page).find(id="no-link").get_text()
    assert "You need an account." not in member_page(site, "has-account").get("/join").text


def test_a_newcomer_presses_makes_an_account_and_sees_the_invitation(site: TestSite, invited: TestResponse) -> None:
    app = site.browser()
    page = fill(app.get("/join"), "/join", invitation=shown(invited, "invitation"))
    assert "Are you new here? Make an account." in soup(page).main.get_text()
    page = fill(page, "/signup/start")
    page = fill(page, "/signup", display_name="Maria Rivers", user_name="maria.rivers", password="walnut copper saddle")
    page = fill(confirm(page), "/join")
    assert heading(page) == "You are invited"
    assert "Sam Rivers" in soup(page).main.get_text()


def test_a_colleague_is_invited_in_the_same_ways(site: TestSite) -> None:
    services, chief = site.services, person(site, "chief", "Dr Chief")
    made = services.organisations.accept(chief, services.organisations.add("Lake Hospital"), "")
    app = signed_in(site, "chief")
    page = press(app, app.get(f"/organisation/{made.card_id.hex()}"), "Invite a colleague", 200)
    assert_handed_on(site, page, "Dr Chief invites you to join Lake Hospital.")


def test_the_first_member_is_invited_in_the_same_ways(site: TestSite) -> None:
    page = fill(admin_page(site).get("/admin"), "/admin/add_organisation", name="North Hospital")
    assert_handed_on(site, page, "You are invited to join North Hospital.")


def assert_handed_on(site: TestSite, page: TestResponse, opening: str) -> None:
    code = shown(page, "invitation")
    lines = message(page).splitlines()
    assert (lines[0], lines[2]) == (opening, f"http://localhost/join#{code}")
    assert soup(page).find("svg", role="img").path["d"] == draw_qr(lines[2]).path
    assert site.services.joining.read(code, "").organisation in opening
