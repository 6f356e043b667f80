"""The coach's roster: players, families, and two tabs at once."""

import pytest

from blockmrs.controllers.team.team import read_players
from blockmrs.errors import InvalidInput
from tests.support.coach import fields_of, footprint, form_with, heading, person, press, sent_by
from tests.support.html import soup


def errors_of(response) -> dict[str, str]:
    return {
        link.get("href", "").removeprefix("#f-"): link.get_text(strip=True)
        for link in soup(response).select("#errors li > *")
    }


def roster(site, coach) -> list[tuple[str, str]]:
    return [(player.number, player.name) for player in site.services.teams.team(coach).players]


def test_an_empty_roster_says_what_to_do(app):
    assert "No players yet" in app.get("/team").text


def test_a_team_gets_a_name_and_players_one_by_one(site, coach, app):
    page = press(app, app.get("/team"), "Save the name", 302, team_name="North U15").follow()
    page = press(app, page, "Add player", 302, player_name=" Sam Rivers ", number="7").follow()
    page = press(app, page, "Add player", 302, player_name="Ada Lind").follow()
    assert heading(page) == "North U15"
    assert roster(site, coach) == [("7", "Sam Rivers"), ("", "Ada Lind")]


def test_several_players_are_added_at_once(site, coach, app):
    press(app, app.get("/team"), "Add all", 302, players="7 Sam Rivers\r\n\r\nAda Lind, 14\r\n  Mei Tan")
    assert roster(site, coach) == [("7", "Sam Rivers"), ("14", "Ada Lind"), ("", "Mei Tan")]


@pytest.mark.parametrize(
    ("line", "player"),
    [
        ("7 Sam Rivers", ("7", "Sam Rivers")),
        ("#7 Sam Rivers", ("7", "Sam Rivers")),
        ("7. Sam Rivers", ("7", "Sam Rivers")),
        ("7,Sam Rivers", ("7", "Sam Rivers")),
        ("Sam Rivers, 7", ("7", "Sam Rivers")),
        ("Sam Rivers;7", ("7", "Sam Rivers")),
        ("Sam Rivers", ("", "Sam Rivers")),
        ("Rivers, Sam", ("", "Sam Rivers")),
        ("Rivers, Sam, 7", ("7", "Sam Rivers")),
        ("7\tSam\tRivers", ("7", "Sam Rivers")),
        ("Sam\t Rivers\t\t#7", ("7", "Sam Rivers")),
        ("  7 ,  Sam   Rivers ", ("7", "Sam Rivers")),
    ],
)
def test_a_line_of_a_list_is_read_as_people_write_it(line, player):
    (read,) = read_players(line, field="players", this_year=2026)
    assert (read.number, read.name) == player


def test_every_wrong_line_is_named_and_none_is_added(site, coach, app):
    before = footprint(site)
    text = "7 Sam Rivers\n8 " + "x" * 81 + "\nAda Lind\n9 a\u202eb"
    page = press(app, app.get("/team"), "Add all", 422, players=text)
    assert "Line 2:" in errors_of(page)["players"]
    assert "Line 4:" in errors_of(page)["players"]
    assert dict(fields_of(form_with(page, "Add all")[0]))["players"].strip("\n") == text
    assert footprint(site) == before


def test_a_list_may_be_nothing_but_separators_as_long_as_it_gets():
    (read,) = read_players("a" + "\t" * 19_990 + "b", field="players", this_year=2026)
    assert read.name == "a b"


def test_of_thousands_of_wrong_lines_the_first_are_named(site, coach, app):
    page = press(app, app.get("/team"), "Add all", 422, players="\u202e\n" * 9_000)
    assert "Line 20:" in errors_of(page)["players"]
    assert "Line 21:" not in errors_of(page)["players"]
    assert len(page.body) < 100_000


def test_a_list_without_names_is_refused():
    with pytest.raises(InvalidInput):
        read_players(" \n\n", field="players", this_year=2026)


def test_more_players_than_a_team_holds_are_refused_all(site, coach, app):
    press(app, app.get("/team"), "Add all", 302, players="Ada Lind")
    before = footprint(site)
    page = press(app, app.get("/team"), "Add all", 422, players="\n".join(f"Player {n}x" for n in range(60)))
    assert "60 players at most" in errors_of(page)["players"]
    assert footprint(site) == before


@pytest.mark.parametrize(
    ("button", "changed", "field"),
    [
        ("Add player", {"player_name": ""}, "player_name"),
        ("Add player", {"player_name": "x" * 81}, "player_name"),
        ("Add player", {"player_name": "Sam", "number": "12345"}, "number"),
        ("Add player", {"player_name": "Sam", "number": "\u2067"}, "number"),
        ("Add player", {"player_name": "Sam", "number": "abc"}, "number"),
        ("Add player", {"player_name": "Sam", "number": "-7"}, "number"),
        ("Add player", {"player_name": "\u200b\u3164"}, "player_name"),
        ("Add player", {"player_name": "--"}, "player_name"),
        ("Save the name", {"team_name": " "}, "team_name"),
        ("Save the name", {"team_name": "x" * 3000}, "team_name"),
    ],
)
def test_a_wrong_field_says_so_and_changes_nothing(site, app, button, changed, field):
    before = footprint(site)
    page = press(app, app.get("/team"), button, 422, **changed)
    assert field in errors_of(page)
    assert soup(page).find(id=f"f-{field}") is not None
    assert footprint(site) == before


def test_a_number_belongs_to_one_player_and_the_page_says_to_whom(site, app):
    press(app, app.get("/team"), "Add player", 302, player_name="Sam Rivers", number="7")
    before = footprint(site)
    page = press(app, app.get("/team"), "Add player", 422, player_name="Ada Lind", number=" 7 ")
    assert errors_of(page)["number"] == "Number 7 is that of Sam Rivers already"
    page = press(app, app.get("/team"), "Add all", 422, players="8 Kim Lee\n8 Jo Park")
    assert errors_of(page)["players"] == "Number 8 is that of Kim Lee already"
    assert footprint(site) == before
    press(app, app.get("/team"), "Add all", 302, players="8 Kim Lee\nJo Park\nAl Park")


def test_markup_in_a_name_is_shown_as_typed(app):
    page = press(app, app.get("/team"), "Add player", 302, player_name="<i>Sam</i>").follow()
    assert "<i>" not in page.text
    assert "&lt;i&gt;Sam" in page.text


def test_a_second_tab_with_an_older_list_changes_nothing_and_keeps_what_was_typed(site, coach, app):
    old = app.get("/team")
    press(app, old, "Add player", 302, player_name="Sam Rivers")
    before = footprint(site)
    page = press(app, old, "Add player", 409, player_name="Ada Lind")
    assert "another tab" in errors_of(page)[""]
    assert footprint(site) == before
    press(app, page, "Add player", 302)
    assert roster(site, coach) == [("", "Sam Rivers"), ("", "Ada Lind")]


def test_pressing_add_twice_adds_one_player(site, coach, app):
    action, fields = sent_by(app.get("/team"), "Add player", player_name="Sam Rivers")
    app.post(action, fields, status=302)
    app.post(action, fields, status=409)
    assert roster(site, coach) == [("", "Sam Rivers")]


def test_removing_a_player_is_asked_first(site, coach, app):
    page = press(app, app.get("/team"), "Add all", 302, players="Sam Rivers\nAda Lind").follow()
    asked = page.click(href="/team/remove/", index=0)
    assert roster(site, coach) == [("", "Sam Rivers"), ("", "Ada Lind")]
    press(app, asked, "Remove from the team", 302)
    assert roster(site, coach) == [("", "Ada Lind")]


def test_a_family_is_invited_with_a_code_that_is_shown_once(site, coach, app):
    page = press(app, app.get("/team"), "Add player", 302, player_name="Sam Rivers").follow()
    invited = press(app, page, "Invite family", 200)
    code = soup(invited).find("code").get_text()
    assert "works once" in invited.text
    assert code not in app.get("/team").text
    mother = person(site, f"mother-of-{coach.account_id.hex()[:8]}", "Maria Rivers")
    site.services.teams.join(mother, code, "guardian", "")
    assert "Maria Rivers, guardian" in soup(app.get("/team")).get_text(" ", strip=True)


@pytest.mark.parametrize(
    "path", ["/team/invite/00", "/team/remove/00", "/team/edit/00", "/team/remove/", "/team/edit/", "/team/invite/"]
)
def test_an_unknown_player_is_not_found(site, app, path):
    token = dict(sent_by(app.get("/team"), "Add player")[1])["_csrf"]
    before = footprint(site)
    app.post(path, {"_csrf": token, "version": ""}, status=404)
    assert footprint(site) == before


def test_a_player_of_another_coach_is_not_found(site, coach, app):
    other = person(site, f"other-{coach.account_id.hex()[:8]}", "Other Coach")
    player = site.services.teams.add_players(other, [("", "Ada Lind")], "").players[0]
    app.get(f"/team/remove/{player.player_id}", status=404)


@pytest.mark.parametrize("path", ["/team/name", "/team/add", "/team/add-several", "/team/invite/00"])
def test_a_team_is_never_changed_by_get(app, path):
    assert app.get(path, status=405).headers["Allow"] == "POST"


def test_nobody_sees_a_team_without_signing_in(site):
    site.browser().get("/team", status=401)


def test_without_its_form_token_nothing_changes(site, app):
    before = footprint(site)
    app.post("/team/add", {"player_name": "Sam", "version": ""}, status=403)
    assert footprint(site) == before


@pytest.mark.parametrize("more", [b"&player_name=%ff", b"&player_name=a&player_name=b", b"&version=1&version=2"])
def test_a_form_that_no_page_sends_adds_nobody(site, app, more):
    token = dict(sent_by(app.get("/team"), "Add player")[1])["_csrf"]
    before = footprint(site)
    app.post(
        "/team/add", f"_csrf={token}".encode() + more,
        content_type="application/x-www-form-urlencoded", status=422,
    )  # fmt: skip
    assert footprint(site) == before


def test_a_list_of_ten_megabytes_is_refused_unread(app):
    app.post("/team/add-several", b"players=" + b"x" * 10_000_000, status=413)
