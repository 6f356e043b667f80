"""A name that was typed: whoever may be meant on the roster is proposed, so that the report reaches the family."""

import json

import pytest

from tests.support.coach import (
    advice,
    fields_of,
    footprint,
    form_with,
    heading,
    newest,
    press,
    sent_by,
)
from tests.support.html import soup


@pytest.fixture
def who(app):
    return press(app, advice(app), "Who is hurt?")


def test_a_typed_name_of_a_player_is_asked_about_and_their_report_is_tied_to_them(site, coach, app, who):
    asked = press(app, who, "Use this name", r_name="sam, blue")
    assert heading(asked) == "Is it one of these?"
    check = press(app, asked, "7 Sam Rivers")
    assert heading(check) == "Check the report"
    press(app, check, "Save report", 302)
    report = newest(site, coach)
    assert (report.report.player, report.report.team) != ("sam, blue", "")
    assert report.report.player == "Sam Rivers"


def test_somebody_else_of_that_name_is_believed_and_not_asked_again(site, coach, app, who):
    check = press(app, press(app, who, "Use this name", r_name="Sam"), "No, somebody else")
    assert heading(check) == "Check the report"
    press(app, check, "Save report", 302)
    assert newest(site, coach).report.player == "Sam"


def test_a_name_of_nobody_on_the_list_is_not_asked_about(app, who):
    assert heading(press(app, who, "Use this name", r_name="Kim Redfour")) == "Check the report"


def test_a_report_that_comes_from_a_phone_is_asked_about_before_anything_is_saved(site, app, who):
    check = press(app, press(app, who, "Use this name", r_name="Sam"), "No, somebody else")
    action, fields = sent_by(check, "Save report")
    before = footprint(site)
    asked = app.post(action, [(name, text) for name, text in fields if name != "r-unlisted"], status=409)
    assert heading(asked) == "Is it one of these?"
    assert footprint(site) == before
    kept = dict(fields_of(form_with(asked, "No, somebody else")[0]))
    assert (kept["r-name"], kept["r-unlisted"]) == ("Sam", "yes")


def test_the_answer_is_yes_or_nothing(app, who):
    check = press(app, press(app, who, "Use this name", r_name="Sam"), "No, somebody else")
    assert press(app, check, "Save report", 409, r_unlisted="no").status_int == 409


def test_the_phone_is_given_the_players_and_where_they_are_and_no_keys(app):
    answer = app.get("/field/reports/roster")
    assert answer.headers["Cache-Control"] == "no-store"
    told = json.loads(answer.body)
    assert [(one["number"], one["name"]) for one in told["players"]] == [("7", "Sam Rivers"), ("", "Ada Lind")]
    assert {name for one in told["players"] for name in one} == {"id", "number", "name", "calls"}
    assert told["place"] == ""
    assert soup(answer).find("form") is None
