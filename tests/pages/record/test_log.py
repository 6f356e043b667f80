"""The page of who looked, pressed as mother and father: sentences, how each is known, the filter, the file."""

import json

import pytest
from sqlalchemy import func, select

from blockmrs.domain.access_log import Event
from blockmrs.fhir.audit import read_log
from blockmrs.model.objects import VisitRow
from blockmrs.services.accounts.actor import Actor
from tests.support.coach import Reporter, heading, person, press, signed_in
from tests.support.html import soup
from tests.support.world import PASSWORD


class Club(Reporter):
    """A coach whose player's mother and father have joined."""

    mother: Actor
    father: Actor
    address: str


@pytest.fixture(scope="module")
def club(site):
    coach = person(site, "carol", "Carol Coach")
    services = site.services
    team = services.teams.add_players(coach, [("7", "Sam Rivers")], "")
    made = Club(site, coach)
    for user_name, name in (("maria", "Maria Rivers"), ("joe", "Joe Rivers")):
        actor = person(site, user_name, name)
        services.teams.join(actor, services.teams.invite_family(coach, team.players[0].player_id), "guardian", "")
        made.__dict__["mother" if user_name == "maria" else "father"] = actor
    handle = next(handle for handle, name in services.rights.people(made.mother) if name == "Sam Rivers")
    waiting = next(right for right in services.rights.page(made.mother, handle).rights if right.name == "Joe Rivers")
    services.rights.confirm(made.mother, handle, waiting.right_id)
    made.address = made.report(head=True)
    return made


def lines(page) -> list[str]:
    return [line.get_text(" ", strip=True) for line in soup(page).select(".news li")]


def line(page, words: str) -> str:
    return next(line for line in lines(page) if words in line)


def notes(site) -> int:
    with site.foundation.database.read() as rows:
        return rows.scalar(select(func.count()).select_from(VisitRow)) or 0


def test_what_the_father_opens_is_a_sentence_for_the_mother_with_how_it_is_known(site, club):
    maria, joe = signed_in(site, "maria"), signed_in(site, "joe")
    handle = next(handle for handle, name in site.services.rights.people(club.father) if name == "Sam Rivers")
    for path in (f"/field/report/{club.address}", f"/record/facts/{handle}", "/record", "/log"):
        joe.get(path)
    page = maria.get("/log")
    assert heading(page) == "Who looked"
    for words in (
        "Joe Rivers looked at a report about Sam Rivers.",
        "Joe Rivers looked at the health facts of Sam Rivers.",
        "Joe Rivers looked at the record of Sam Rivers.",
        "Joe Rivers looked at this list for Sam Rivers.",
    ):
        assert line(page, words).count("This server’s word.") == 1
    assert "Proven by the chain." in line(page, "Carol Coach wrote a report about Sam Rivers.")
    assert "Proven by the chain." in line(page, "Joe Rivers joined for Sam Rivers, invited by Carol Coach.")
    assert "Maria Rivers" not in " ".join(lines(page)).replace("about Maria", "")
    assert line(maria.get("/log?who=all"), "Maria Rivers said yes to Joe Rivers for Sam Rivers.")


@pytest.mark.parametrize("page", ["trends/head-symptoms", "trends/head-symptoms/{report}", "facts/crew/{sam}"])
def test_a_page_that_shows_a_part_of_the_record_is_noted_as_well(site, club, page, monkeypatch):
    noted = []
    monkeypatch.setattr(
        site.services.identity.visits, "note", lambda actor, cards, event, report="": noted.append((actor, event))
    )
    handle = next(handle for handle, name in site.services.rights.people(club.father) if name == "Sam Rivers")
    signed_in(site, "joe").get("/record/" + page.format(report=club.address, sam=handle))
    assert {actor.display_name for actor, _ in noted} == {"Joe Rivers"}


def test_the_crews_view_of_a_report_is_noted(site, club, monkeypatch):
    noted = []
    monkeypatch.setattr(
        site.services.identity.visits, "note", lambda actor, cards, event, report="": noted.append(event)
    )
    joe = signed_in(site, "joe")
    joe.get(f"/field/report/{club.address}/show")
    assert noted == [Event.LOOKED_AT_REPORT]


def test_the_list_is_narrowed_by_its_form_and_odd_addresses_narrow_nothing(site, club):
    maria = signed_in(site, "maria")
    page = maria.get("/log")
    form = next(form for form in page.forms.values() if form.action == "/log")
    form["kind"] = "rights"
    rights = lines(form.submit())
    assert rights
    assert all("report" not in line for line in rights)
    form["kind"], form["about"] = "", "me"
    assert all("Sam Rivers" not in line for line in lines(form.submit()))
    for odd in ("kind=x", "time=-5", f"to={'9' * 32}", "to=%D9%A3", "page=99999", "page=-1", "about=a&about=b"):
        assert len(lines(maria.get(f"/log?{odd}"))) == len(lines(maria.get("/log")))
    assert lines(maria.get("/log?to=0")) == []
    maria.get("/log?about=" + "00" * 16, status=404)
    maria.get("/log/download?about=" + "00" * 16, status=404)


def test_the_file_holds_what_the_page_shows_as_fhir_and_is_kept_by_no_cache(site, club):
    maria = signed_in(site, "maria")
    page = maria.get("/log?kind=changed")
    answer = maria.get(next(a["href"] for a in soup(page)("a") if "Download" in a.get_text()))
    assert answer.content_type == "application/fhir+json"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(answer.body)["resourceType"] == "Bundle"
    assert len(read_log(answer.body)) == len(lines(page))


def test_a_refused_look_and_a_report_kept_from_the_family_leave_no_note(site, club):
    person(site, "nina", "Nina Berg")
    nina, maria = signed_in(site, "nina"), signed_in(site, "maria")
    carol = signed_in(site, "carol")
    kept = club.report(withheld=True)
    maria.get("/log")
    before, shown = notes(site), lines(maria.get("/log"))
    for path in (f"/field/report/{club.address}", f"/field/report/{kept}"):
        nina.get(path, status=404)
    carol.get(f"/field/report/{kept}")
    maria.get(f"/field/report/{kept}", status=404)
    assert notes(site) == before
    assert lines(maria.get("/log")) == shown


def test_a_full_disk_keeps_nobody_from_reading(site, club, monkeypatch):
    from blockmrs.errors import Unavailable
    from blockmrs.services.accounts import visits

    joe = signed_in(site, "joe")
    monkeypatch.setattr(visits, "AGAIN_AFTER", visits.AGAIN_AFTER * 0)

    def full(*_args):
        raise Unavailable("the disk is full")

    monkeypatch.setattr(site.services.identity.visits, "_add", full)
    assert "Sam Rivers" in joe.get(f"/field/report/{club.address}").text


def test_is_this_right_shows_what_is_sent_and_sends_it_to_the_operator(site, club):
    token = site.services.identity.make_setup_token()
    site.services.identity.set_up(token, "olga", "Olga Operator", PASSWORD, "")
    maria, olga = signed_in(site, "maria"), signed_in(site, "olga")
    row = next(row for row in soup(maria.get("/log")).select(".news li") if "wrote a report" in row.get_text())
    asked = maria.get(next(link["href"] for link in row("a") if "Is this right?" in link.get_text()))
    assert "not the name of whom it is about" in " ".join(soup(asked).main.get_text().split())
    done = press(maria, asked, "Ask the people who run this site").follow()
    assert "Sent to the people who run this site" in done.text
    page = olga.get("/admin")
    assert "Maria Rivers asks" in page.text
    assert "Carol Coach wrote a report about somebody." in " ".join(soup(page).main.get_text().split())
    assert "Sam Rivers" not in page.text
    assert "Maria Rivers asks" not in press(olga, page, "It is answered: take it away").follow().text
