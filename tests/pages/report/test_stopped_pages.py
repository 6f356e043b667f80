"""The pages after a stop: what it did, how far it is, what nobody can do."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from blockmrs.errors import CannotOpen, StorageUnavailable
from blockmrs.services.accounts.actor import Actor
from tests.support.coach import Reporter, footprint, heading, person, press, sent_by, signed_in
from tests.support.html import soup


@dataclass
class Family(Reporter):
    """A coach with a player, whose mother has joined; a hospital with a doctor."""

    mother: Actor
    hospital: str

    def send(self, actor: Actor, address: str) -> str:
        """Send it to the hospital; returns the share's id."""
        until = self.site.clock() + timedelta(days=30)
        return self.site.services.sharing.grant(actor, address, bytes.fromhex(self.hospital), "care", until).share_id


@pytest.fixture(scope="module")
def family(site):
    services = site.services
    coach, doctor = person(site, "carol", "Carol Coach"), person(site, "lee", "Dr Lee")
    mother = person(site, "maria", "Maria Rivers")
    hospital = services.organisations.accept(doctor, services.organisations.add("North Hospital", "Mill Road"), "")
    team = services.teams.add_players(coach, [("7", "Sam Rivers")], "")
    services.teams.join(mother, services.teams.invite_family(coach, team.players[0].player_id), "guardian", "")
    return Family(site, coach, mother, hospital.card_id.hex())


@pytest.fixture
def address(family):
    return family.report()


@pytest.fixture
def app(site, family):
    return signed_in(site, "maria")


def text_of(page) -> str:
    return " ".join(soup(page).get_text(" ", strip=True).split())


def test_after_a_stop_the_page_says_what_it_did_and_what_nobody_can_do(app, family, address):
    share = family.send(family.mother, address)
    asked = app.get(f"/field/report/{address}/stop/{share}")
    done = press(app, asked, "Stop sharing", 302).follow()
    assert "Stopped sharing with North Hospital" in heading(done)
    text = text_of(done)
    assert "They cannot open it again on this site" in text
    assert "the key that they have fits nothing any more" in text
    assert "A copy that they took stays a copy" in text
    assert soup(done).select("form[action$='/stopped']") == []


def test_while_the_store_is_away_the_stop_stands_and_the_page_goes_on_at_a_press(
    app, site, family, address, monkeypatch
):
    share = family.send(family.mother, address)
    asked = app.get(f"/field/report/{address}/stop/{share}")

    def away(*_):
        raise StorageUnavailable("away")

    with monkeypatch.context() as context:
        context.setattr(type(site.services.sealing_anew), "go_on", away)
        stopped = press(app, asked, "Stop sharing", 302)
    assert stopped.location.endswith("/stopped?on=1")
    page = stopped.follow()
    assert "0 of 1 done" in text_of(page)
    assert "the key that they have still fits the old copy" in text_of(page)
    assert soup(page).select_one("form[data-goes-on]")["action"] == f"/field/report/{address}/stopped"
    report = app.get(f"/field/report/{address}")
    assert "0 of 1 done" in text_of(report)
    done = press(app, page, "Go on", 302).follow()
    assert "the key that they have fits nothing any more" in text_of(done)
    assert "of 1 done" not in text_of(app.get(f"/field/report/{address}"))


def test_while_a_crews_code_needs_the_old_copy_the_page_does_not_say_that_it_is_gone(app, site, family, address):
    share = family.send(family.mother, address)
    site.services.codes.make(family.mother, address)
    asked = app.get(f"/field/report/{address}/stop/{share}")
    text = text_of(press(app, asked, "Stop sharing", 302).follow())
    assert "The code for the crew still opens the old copy" in text
    assert "fits nothing any more" not in text


def test_looking_seals_nothing_anew(app, site, family, address, monkeypatch):
    share = family.send(family.mother, address)
    site.services.sharing.stop(family.mother, address, share)
    before = footprint(site)
    for page in ("", "/stopped", "/stopped?on=1", f"/share/{share}"):
        app.get(f"/field/report/{address}{page}")
    assert footprint(site) == before


def test_a_press_that_gets_nowhere_is_not_repeated_by_itself(app, site, family, address, monkeypatch):
    share = family.send(family.mother, address)
    site.services.sharing.stop(family.mother, address, share)
    page = app.get(f"/field/report/{address}/stopped?on=1")
    service = type(site.services.sealing_anew)
    monkeypatch.setattr(service, "go_on", lambda self, actor, address: self.progress(actor, address))
    again = press(app, page, "Go on", 302)
    assert again.location.endswith("/stopped")
    assert soup(again.follow()).select("form[data-goes-on]") == []


def test_what_the_coach_sent_the_family_is_told_only_the_coach_can_lock_anew_and_the_coach_does(
    site, app, family, address
):
    family.send(family.coach, address)
    (share,) = site.services.sharing.shares(family.mother, address)
    asked = app.get(f"/field/report/{address}/stop/{share.share_id}")
    told = text_of(press(app, asked, "Stop sharing", 302).follow())
    assert "only they can change its lock" in told
    assert "the key that they have fits nothing any more" not in told
    coach = signed_in(site, "carol")
    page = coach.get(f"/field/report/{address}")
    assert "0 of 1 done" in text_of(page)
    assert "fits nothing any more" in text_of(press(coach, page, "Go on", 302).follow())


def test_where_nothing_was_stopped_there_is_nothing_to_say(app, family, address):
    assert app.get(f"/field/report/{address}/stopped").location.endswith(f"/field/report/{address}")


def test_the_form_needs_its_token(app, family, address):
    app.post(f"/field/report/{address}/stopped", {}, status=403)
    assert dict(sent_by(app.get(f"/field/report/{address}/share"), "Send the report")[1])["_csrf"]


def test_while_the_clock_is_not_believed_the_page_says_that_it_waits(app, site, family, address, monkeypatch):
    watch = site.services.clock_watch
    share = family.send(family.mother, address)
    doubted = replace(watch.state(), may_erase=False)
    with monkeypatch.context() as context:
        context.setattr(watch, "state", lambda: doubted)
        asked = app.get(f"/field/report/{address}/stop/{share}")
        press(app, asked, "Stop sharing", 302)
        page = app.get(f"/field/report/{address}/stopped")
    assert "until the clock of this site can be trusted" in text_of(page)
    assert soup(page).select("form[action$='/stopped']") == []
    page = app.get(f"/field/report/{address}/stopped")
    assert press(app, page, "Go on", 302).location.endswith("/stopped?on=1")


def test_a_part_that_fails_its_checks_keeps_nobody_from_the_report(app, site, family, address, monkeypatch):
    def fails(*_):
        raise CannotOpen("cannot be opened")

    monkeypatch.setattr(type(site.services.sealing_anew), "progress", fails)
    assert app.get(f"/field/report/{address}").status_int == 200


def test_home_says_how_far_it_is_and_goes_on_and_what_ends_soon(app, family):
    services = family.site.services
    old, running = family.report(), family.report()
    share = family.send(family.mother, old)
    family.send(family.mother, running)
    services.sharing.stop(family.mother, old, share)
    page = app.get("/")
    assert "What was shared about Sam Rivers gets a new lock: 0 of 1 done" in text_of(page)
    done = press(app, page, "Go on", 302)
    assert done.location == "http://localhost/"
    assert "gets a new lock" not in text_of(done.follow())
    family.site.clock.advance(timedelta(days=29))
    app = signed_in(family.site, "maria")
    page = app.get("/")
    assert "North Hospital can read a report about Sam Rivers until" in text_of(page)
    link = next(one for one in soup(page)("a") if one.get_text(" ", strip=True) == "Look at it with North Hospital")
    assert heading(app.get(link["href"])) == "Sent to North Hospital"
