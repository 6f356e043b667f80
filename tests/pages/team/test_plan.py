"""The emergency plan: written, changed in two tabs, chosen, removed; and sealed like the roster."""

import pytest

from blockmrs.domain.venues import LIMITS, MOST_VENUES, Plan
from blockmrs.model.accounts import AccountRow
from tests.support.at_least import at_least
from tests.support.coach import fields_of, footprint, form_with, heading, person, press, sent_by
from tests.support.html import soup
from tests.support.people import errors

FIELD = {"name": "Larkspur Ground", "address": "12 Quince Lane, Springfield"}
FULL = FIELD | {
    "gate": "Gate Q, off Tansy Road",
    "defibrillator": "Clubhouse wall, left of the door",
    "caller": "Petra Quill",
    "greeter": "Otis Vane",
    "hospital": "St Brannock, 4 Sorrel Street",
    "hospital_phone": "+1 555 010 0199",
    "directions": "Left at the mill.\r\nThen straight on.",
    "coordinates": "40.71, -74.01",
}


def plan(site, coach) -> Plan:
    return site.services.plans.plan(coach)


def text(response) -> str:
    return soup(response).main.get_text(" ", strip=True)


def write(app, **fields):
    return press(app, app.get("/team/plan/add"), "Save", 302, **fields).follow()


def test_without_a_plan_the_team_and_the_plan_page_say_that_it_is_missing(app):
    assert "Plan missing" in text(app.get("/team"))
    page = app.get("/team/plan")
    assert "Plan missing" in text(page)
    assert soup(page).find("a", href="/team/plan/add") is not None


def test_a_place_is_written_with_all_that_it_has(site, coach, app):
    page = write(app, **FULL)
    shown = text(page)
    for value in FULL.values():
        for line in value.split("\r\n"):
            assert line in shown or line == "40.71, -74.01"
    assert "40.71000, -74.01000" in shown
    assert "Plan ready" in shown
    assert soup(page).find("a", href="tel:+15550100199") is not None
    assert "Plan ready" in text(app.get("/team"))


def test_a_name_and_an_address_are_enough_and_the_page_says_what_is_open(site, coach, app):
    page = write(app, **FIELD)
    assert "Plan not finished" in text(page)
    assert text(page).count("Not written yet") == 5
    assert [venue.name for venue in plan(site, coach).venues] == ["Larkspur Ground"]


def test_every_wrong_field_is_named_at_once_and_nothing_typed_is_lost(site, app):
    before = footprint(site)
    wrong = FULL | {"name": "", "coordinates": "north", "hospital_phone": "ask", "gate": "x" * 121}
    page = press(app, app.get("/team/plan/add"), "Save", 422, **wrong)
    assert set(errors(page)) == {"name", "coordinates", "hospital_phone", "gate"}
    kept = dict(fields_of(form_with(page, "Save")[0]))
    assert {name: kept[name].removeprefix("\n") for name in LIMITS} == wrong
    assert soup(page).title.get_text().startswith("Error: ")
    assert footprint(site) == before


def test_pressing_save_twice_writes_one_place(site, coach, app):
    action, fields = sent_by(app.get("/team/plan/add"), "Save", **FIELD)
    app.post(action, fields, status=302)
    before = footprint(site)
    app.post(action, fields, status=302)
    assert footprint(site) == before
    assert len(plan(site, coach).venues) == 1


def test_a_place_is_changed(site, coach, app):
    form = write(app, **FULL).click(href="/team/plan/edit/")
    press(app, form, "Save", 302, gate="Gate R")
    assert plan(site, coach).venues[0].gate == "Gate R"
    assert plan(site, coach).venues[0].hospital == FULL["hospital"]


def test_an_older_tab_shows_both_and_writes_what_was_typed_only_after_a_second_look(site, coach, app):
    form = write(app, **FIELD).click(href="/team/plan/edit/")
    press(app, form, "Save", 302, gate="Gate Q")
    before = footprint(site)
    page = press(app, form, "Save", 409, gate="Gate Z")
    assert footprint(site) == before
    assert "Gate Q" in text(page)
    assert dict(fields_of(form_with(page, "Save")[0]))["gate"] == "Gate Z"
    press(app, page, "Save", 302)
    assert plan(site, coach).venues[0].gate == "Gate Z"


def test_a_place_that_was_removed_in_another_tab_can_be_written_again(site, coach, app):
    page = write(app, **FIELD)
    form = page.click(href="/team/plan/edit/")
    press(app, page.click(href="/team/plan/remove/"), "Remove the place", 302)
    again = press(app, form, "Save", 409, gate="Gate Z")
    assert "removed in another tab" in errors(again)[""]
    press(app, again, "Save", 302)
    assert [venue.gate for venue in plan(site, coach).venues] == ["Gate Z"]


def test_a_change_of_one_place_is_no_conflict_with_another(site, coach, app):
    write(app, **FIELD)
    page = write(app, name="East Park", address="1 Road")
    first, second = (app.get(link["href"]) for link in soup(page).select("a[href^='/team/plan/edit/']"))
    press(app, first, "Save", 302, gate="Gate 1")
    press(app, second, "Save", 302, gate="Gate 2")
    assert [venue.gate for venue in plan(site, coach).venues] == ["Gate 1", "Gate 2"]


def test_removing_is_asked_first_and_not_done_to_what_was_changed_meanwhile(site, coach, app):
    page = write(app, **FIELD)
    asked = page.click(href="/team/plan/remove/")
    assert "Remove Larkspur Ground from the plan?" in heading(asked)
    press(app, page.click(href="/team/plan/edit/"), "Save", 302, gate="Gate Q")
    again = press(app, asked, "Remove the place", 409)
    assert len(plan(site, coach).venues) == 1
    press(app, again, "Remove the place", 302)
    assert plan(site, coach).venues == ()


def test_the_first_place_is_todays_until_another_is_chosen_and_that_stays(site, coach, app):
    write(app, **FIELD)
    page = write(app, name="East Park", address="1 Road")
    assert plan(site, coach).today.name == "Larkspur Ground"
    press(app, page, "We are here today", 302)
    assert plan(site, coach).today.name == "East Park"
    write(app, name="West Park", address="1 Road")
    assert plan(site, coach).today.name == "East Park"


def test_the_plan_and_the_roster_do_not_overwrite_each_other(site, coach, app):
    write(app, **FIELD)
    press(app, app.get("/team"), "Add player", 302, player_name="Sam Rivers")
    press(app, app.get("/team"), "Save the name", 302, team_name="North U15")
    write(app, name="East Park", address="1 Road")
    team = site.services.teams.team(coach)
    assert ([player.name for player in team.players], team.name) == (["Sam Rivers"], "North U15")
    assert [venue.name for venue in team.plan.venues] == ["Larkspur Ground", "East Park"]


def test_no_more_places_than_a_plan_holds(site, coach, app):
    late = app.get("/team/plan/add")
    for number in range(MOST_VENUES):
        site.services.plans.put(coach, f"{number:016x}", FIELD, "")
    assert soup(app.get("/team/plan")).find("a", href="/team/plan/add") is None
    page = press(app, late, "Save", 422, **FIELD)
    assert "20 places at most" in errors(page)["name"]


def test_the_plan_comes_back_from_the_own_line_alone(site, coach, app):
    write(app, **FULL)
    with site.foundation.database.write() as rows:
        rows.get_one(AccountRow, coach.account_id).sealed_desk = None
    assert plan(site, coach).today.name == "Larkspur Ground"


def test_a_plan_of_another_coach_is_not_found(site, coach, app):
    other = person(site, f"other-{coach.account_id.hex()[:8]}", "Other Coach")
    venue = site.services.plans.put(other, "0" * 16, FIELD, "")
    for path in ("edit", "remove"):
        app.get(f"/team/plan/{path}/{venue.venue_id}", status=404)


@pytest.mark.parametrize("venue_id", ["", "x", "0" * 16, "..", "A" * 16])
def test_a_place_that_is_not_in_the_plan_is_not_found(site, app, venue_id):
    token = dict(sent_by(app.get("/team/plan/add"), "Save")[1])["_csrf"]
    before = footprint(site)
    for path in ("edit", "remove", "today"):
        app.post(f"/team/plan/{path}/{venue_id}", {"_csrf": token, **FIELD}, status=404)
    assert footprint(site) == before


def test_markup_in_a_place_is_shown_as_typed(app):
    page = write(app, **{**FIELD, "gate": "<i>Q</i>"})
    assert "<i>" not in page.text
    assert "&lt;i&gt;Q" in page.text


def test_nothing_of_a_plan_lies_in_clear(site, coach, app):
    write(app, **FULL)
    words = ("Larkspur", "Quince", "Tansy", "Clubhouse", "Petra", "Otis", "Brannock", "010 0199", "the mill", "40.71")
    folder = site.settings.data.folder
    files = [path for path in folder.rglob("*") if path.is_file() and site.settings.data.secrets not in path.parents]
    assert any(path.suffix == ".db" for path in files)
    with at_least(5) as case:
        for path in files:
            with case(path):
                content = path.read_bytes()
                assert [word for word in words if word.encode() in content] == []
