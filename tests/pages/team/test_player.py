"""One player of the roster: what a coach changes about them, and whom to call."""

import json

import pytest

from blockmrs.domain.contacts import Contact
from blockmrs.services.people.roster import Details
from tests.pages.team.test_team import errors_of
from tests.support.coach import fields_of, footprint, form_with, person, press, sent_by, to_check_page
from tests.support.html import soup

MUM = {"contact_1": "Mum", "phone_1": "+1 555 010 0199"}
DIALS = "tel:+15550100199"


def details(site, coach, place: int = 0) -> Details:
    return site.services.teams.team(coach).players[place].details


def player_id(site, coach, place: int = 0) -> str:
    return site.services.teams.team(coach).players[place].player_id


def calls(page) -> list[str]:
    return [link["href"] for link in soup(page).select(".chips a[href^='tel:']")]


@pytest.fixture
def sam(site, coach, app) -> str:
    """The address of the form about a player."""
    press(app, app.get("/team"), "Add all", 302, players="7 Sam Rivers\n8 Ada Lind")
    return f"/team/edit/{player_id(site, coach)}"


def test_everything_about_a_player_can_be_changed_and_stands_in_the_form_again(site, coach, app, sam):
    changed = {"player_name": "Samuel Rivers", "number": "11", "born": "2012", **MUM, "phone_3": "555 010 0198"}
    page = press(app, app.get(sam), "Save", 302, **changed).follow()
    assert details(site, coach) == Details(
        "11", "Samuel Rivers", "2012", (Contact("Mum", "+1 555 010 0199"), Contact("", "555 010 0198"))
    )
    assert calls(page) == [DIALS, "tel:5550100198"]
    assert "born 2012" in soup(page).get_text(" ", strip=True)
    form = dict(fields_of(form_with(app.get(sam), "Save")[0]))
    assert (form["player_name"], form["number"], form["born"]) == ("Samuel Rivers", "11", "2012")
    assert (form["contact_1"], form["phone_1"], form["phone_2"]) == ("Mum", "+1 555 010 0199", "555 010 0198")


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"player_name": ""}, "player_name", "Enter a name"),
        ({"number": "abc"}, "number", "in digits"),
        ({"number": "8"}, "number", "Number 8 is that of Ada Lind already"),
        ({"born": "12"}, "born", "four digits"),
        ({"born": "2199"}, "born", "four digits"),
        ({"phone_1": "Mum"}, "phone_1", "one telephone number"),
        ({"phone_2": "555 010 0199 or 555 010 0198"}, "phone_2", "one telephone number"),
        ({"contact_3": "Grandad"}, "phone_3", "telephone number too"),
        ({"contact_1": "x" * 41, "phone_1": "5550100199"}, "contact_1", "40 characters"),
    ],
)
def test_a_box_that_is_wrong_says_what_to_enter_and_changes_nothing(site, app, sam, changed, field, words):
    before = footprint(site)
    page = press(app, app.get(sam), "Save", 422, **{"player_name": "Kim Lee", **changed})
    assert words in errors_of(page)[field]
    assert soup(page).find(id=f"f-{field}") is not None
    assert footprint(site) == before
    form = dict(fields_of(form_with(page, "Save")[0]))
    assert {name: form[name] for name in changed} == changed


def test_everything_that_is_wrong_is_said_at_once(app, sam):
    page = press(app, app.get(sam), "Save", 422, player_name="", number="x", born="1", phone_1="a", phone_2="b")
    assert set(errors_of(page)) == {"player_name", "number", "born", "phone_1", "phone_2"}


def test_a_player_keeps_their_own_number(site, coach, app, sam):
    press(app, app.get(sam), "Save", 302, player_name="Samuel Rivers")
    assert details(site, coach).number == "7"


def test_two_tabs_that_change_two_players_lose_nothing(site, coach, app, sam):
    """Each player has a version of their own: the other tab's page may be as old as it likes."""
    ada = app.get(f"/team/edit/{player_id(site, coach, 1)}")
    sams = app.get(sam)
    press(app, ada, "Save", 302, born="2011")
    press(app, sams, "Save", 302, **MUM)
    assert details(site, coach, 0).contacts == (Contact("Mum", "+1 555 010 0199"),)
    assert details(site, coach, 1).born == "2011"


def test_two_tabs_that_change_one_player_show_both_and_the_second_press_decides(site, coach, app, sam):
    old = app.get(sam)
    press(app, old, "Save", 302, **MUM)
    before = footprint(site)
    page = press(app, old, "Save", 409, born="2012", contact_1="Dad", phone_1="555 010 0198")
    assert "another tab" in errors_of(page)[""]
    assert "+1 555 010 0199" in soup(page).select_one(".box.warn").get_text(" ", strip=True)
    assert dict(fields_of(form_with(page, "Save")[0]))["phone_1"] == "555 010 0198"
    assert footprint(site) == before
    press(app, page, "Save", 302)
    assert details(site, coach).contacts == (Contact("Dad", "555 010 0198"),)


def test_save_pressed_twice_is_one_change(site, app, sam):
    action, fields = sent_by(app.get(sam), "Save", **MUM)
    app.post(action, fields, status=302)
    before = footprint(site)
    app.post(action, fields, status=302)
    assert footprint(site) == before


def test_a_pasted_list_brings_years_and_numbers_to_call(site, coach, app):
    text = "7 Sam Rivers, 2012, Mum +1 555 010 0199\nAda Lind\nKim Lee, 9, 12, 555"
    press(app, app.get("/team"), "Add all", 302, players=text)
    assert details(site, coach, 0) == Details("7", "Sam Rivers", "2012", (Contact("Mum", "+1 555 010 0199"),))
    assert details(site, coach, 1) == Details("", "Ada Lind")
    page = press(app, app.get("/team"), "Add all", 422, players="8 Jo Park, +999 12345678")
    assert "Line 1: Enter one telephone number" in errors_of(page)["players"]


def test_markup_in_a_contact_is_shown_as_typed(app, sam):
    page = press(app, app.get(sam), "Save", 302, contact_1="<i>Mum</i>", phone_1="5550100199").follow()
    assert "<i>" not in page.text
    assert "&lt;i&gt;Mum" in page.text


def test_the_report_of_a_player_has_their_numbers_before_and_after_it_is_saved(site, app, sam):
    press(app, app.get(sam), "Save", 302, **MUM)
    check = to_check_page(app, "7")
    assert calls(check) == [DIALS]
    assert calls(press(app, check, "‹ Back to the advice", 200)) == [DIALS]
    assert calls(press(app, check, "Save report", 302).follow()) == [DIALS]
    assert calls(to_check_page(app, "8")) == []


def test_what_a_family_must_not_hear_yet_offers_no_number_of_theirs(site, coach, app, sam):
    press(app, app.get(sam), "Save", 302, **MUM)
    page = press(app, to_check_page(app, "7"), "Save report", 302, r_withhold="yes").follow()
    assert calls(page) == []


def test_the_phone_gets_the_numbers_with_the_list(site, coach, app, sam):
    press(app, app.get(sam), "Save", 302, **MUM)
    players = json.loads(app.get("/field/reports/roster").body)["players"]
    assert [one["calls"] for one in players] == [[["Mum", "+1 555 010 0199", "+15550100199"]], []]


def test_a_coach_whose_part_the_family_ended_sees_no_number_and_changes_nothing(site, coach, app, sam):
    press(app, app.get(sam), "Save", 302, **MUM)
    services, old = site.services, app.get(sam)
    mother = person(site, f"mum-of-{coach.account_id.hex()[:8]}", "Maria Rivers")
    services.teams.join(mother, services.teams.invite_family(coach, sam.rpartition("/")[2]), "guardian", "")
    assert calls(app.get("/team")) == [DIALS]
    handle = services.rights.people(mother)[-1][0]
    part = next(right for right in services.rights.page(mother, handle).rights if right.name == coach.display_name)
    services.rights.end(mother, handle, part.right_id)
    assert calls(app.get("/team")) == []
    assert "Call Mum" not in app.get("/team").text
    assert calls(to_check_page(app, "7")) == []
    assert json.loads(app.get("/field/reports/roster").body)["players"][0]["calls"] == []
    before = footprint(site)
    app.get(sam, status=410)
    press(app, old, "Save", 410, born="2012")
    assert footprint(site) == before


def test_a_form_about_a_player_who_was_removed_meanwhile_makes_nobody(site, coach, app, sam):
    old = app.get(sam)
    team = site.services.teams.team(coach)
    site.services.teams.remove_player(coach, sam.rpartition("/")[2], team.version)
    press(app, old, "Save", 404, **MUM)
    assert [player.name for player in site.services.teams.team(coach).players] == ["Ada Lind"]


def test_a_roster_from_before_there_were_contacts_is_read(site, coach, app, sam):
    player = site.services.teams.team(coach).players[0]
    content = {name: getattr(player, name) for name in player.__slots__ if name not in ("born", "contacts")}
    assert type(player).from_content(content) == player
