"""The first page of somebody who is signed in: what needs them, and nothing else."""

from datetime import timedelta

import pytest
from webtest import TestApp

from blockmrs.crypto.keys import Keyring
from blockmrs.domain.permission import Action
from blockmrs.errors import NotFound, Unavailable
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.followup.clearances import Statement
from blockmrs.services.lines.batch import Batch
from blockmrs.services.lines.cards import Cards
from blockmrs.services.people.persons import handle_of
from blockmrs.services.reports.access import Access, AccessFinder
from tests.support.coach import Reporter, person, press, signed_in
from tests.support.html import soup
from tests.support.site import build_site
from tests.support.world import PASSWORD, report_at


class Club(Reporter):
    """A coach with a player, whose mother has joined, and a stranger."""

    def opened_by_crew(self, address: str) -> None:
        code = self.site.services.codes.make(self.coach, address)
        self.site.services.codes.open_qr(code.qr_secret, "crew")

    def guessed(self, address: str) -> None:
        code = self.site.services.codes.make(self.coach, address)
        for _ in range(10):
            with pytest.raises(Exception, match="No report opens"):
                self.site.services.codes.open_typed((code.typed or "")[:4] + "22222222", f"guesser of {address}")

    def shared(self, address: str, user_name: str = "chen") -> Actor:
        """A hospital doctor who has the report, and has opened it."""
        services, doctor = self.site.services, person(self.site, user_name, f"Dr {user_name.title()}")
        services.organisations.accept(doctor, services.organisations.add(f"{user_name} Hospital"), "")
        organisation = services.organisations.memberships(doctor)[0].keyring.card.id
        until = self.site.clock() + timedelta(days=30)
        services.sharing.grant(self.coach, address, organisation, "care", until)
        services.sharing.acknowledge(doctor, address)
        return doctor

    def cleared(self, doctor: Actor, address: str) -> Statement:
        return self.site.services.clearances.issue(
            doctor, address, self.draft(), stage="full play", seen_on=self.site.clock().date(),
            conditions="", note="Headaches are gone.",
        )  # fmt: skip


@pytest.fixture
def club(tmp_path):
    site = build_site(tmp_path)
    site.clock.leave_midnight()
    services = site.services
    coach = person(site, "carol", "Carol Coach")
    mother = person(site, "maria", "Maria Rivers")
    person(site, "mallory", "Mallory")
    team = services.teams.add_players(coach, [("7", "Sam Rivers")], "")
    services.teams.join(mother, services.teams.invite_family(coach, team.players[0].player_id), "guardian", "")
    # That somebody joined is news until the coach has seen it (test_people_pages.py).
    services.rights.mark_seen(coach, handle_of(coach, team.players[0].card_id))
    yield Club(site, coach)
    site.foundation.database.engine.dispose()


def news(app: TestApp) -> list[tuple[str, str]]:
    """Each line of what happened to reports, with where it leads."""
    rows = soup(app.get("/")).select(".news:not(.reports) li")
    return [(row.get_text(" ", strip=True), row.a["href"]) for row in rows]


def new_reports(app: TestApp) -> list[tuple[str, str]]:
    """Each report that was not opened yet, with where it leads."""
    rows = soup(app.get("/")).select(".news.reports li")
    return [(row.get_text(" ", strip=True), row.form["action"] if row.form else row.a["href"]) for row in rows]


def open_new(app: TestApp, path: str) -> None:
    """Press "Open the report" on the first page."""
    form = next(form for form in app.get("/").forms.values() if form.action == path)
    form.submit(status=302).follow()


def stated(club: Club, user_name: str) -> list[str]:
    """The lines about what a doctor wrote; beside them may stand the checks that are due."""
    return [line for line, _ in news(signed_in(club.site, user_name)) if "wrote about playing" in line]


def test_whoever_has_nothing_new_is_told_so(club):
    club.report()
    for who in ("carol", "mallory"):
        page = signed_in(club.site, who).get("/")
        assert "Nothing needs you." in page.text
        assert "What is new" not in page.text


def test_a_new_report_is_news_to_the_family_until_it_is_opened(club):
    older, newer = club.report(), club.report()
    mother, coach, stranger = (signed_in(club.site, name) for name in ("maria", "carol", "mallory"))
    assert "Nothing needs you." not in mother.get("/").text
    (first, leads_to), (_second, other) = new_reports(mother)
    assert "Sam Rivers" in first
    assert "Ambulance" in first
    assert {leads_to, other} == {f"/field/report/{older}/read", f"/field/report/{newer}/read"}
    assert new_reports(coach) == new_reports(stranger) == []
    mother.get(f"/field/report/{newer}")
    assert len(new_reports(mother)) == 2, "a safe request writes nothing down"
    open_new(mother, leads_to)
    assert [path for _, path in new_reports(mother)] == [other]
    open_new(mother, other)
    assert new_reports(mother) == []


def test_a_report_that_was_opened_by_a_texted_link_is_news_no_more_once_its_page_says_so(club):
    address, mother = club.report(), signed_in(club.site, "maria")
    page = mother.get(f"/field/report/{address}")
    read = press(mother, page, "I have read it").follow()
    assert "I have read it" not in read.text
    assert new_reports(mother) == []
    assert "I have read it" not in signed_in(club.site, "carol").get(f"/field/report/{address}").text


def test_what_somebody_wrote_at_home_is_no_news_to_them(club):
    services = club.site.services
    mother = services.identity.actor_for(services.identity.sign_in("maria", PASSWORD, "test"))
    report = report_at(club.site.clock())
    services.reports.save(mother, club.draft(), report, person=services.people.of(mother)[-1])
    assert new_reports(signed_in(club.site, "maria")) == []


def test_what_one_of_the_family_opened_is_still_news_to_the_doctor_until_somebody_there_opens_it(club):
    club.shared(club.report())
    address, services = club.report(), club.site.services
    chen = services.identity.actor_for(services.identity.sign_in("chen", PASSWORD, "test"))
    organisation = services.organisations.memberships(chen)[0].keyring.card.id
    services.sharing.grant(club.coach, address, organisation, "care", club.site.clock() + timedelta(days=30))
    doctor, mother = signed_in(club.site, "chen"), signed_in(club.site, "maria")
    for _, path in new_reports(mother):
        open_new(mother, path)
    assert new_reports(mother) == []
    ((line, leads_to),) = new_reports(doctor)
    assert "Sam Rivers" in line
    assert "chen Hospital" in line
    assert leads_to == f"/inbox/{address}"
    services.sharing.acknowledge(chen, address)
    assert new_reports(doctor) == []


def test_a_report_that_is_withheld_is_no_news_to_the_family(club):
    club.report(withheld=True)
    assert new_reports(signed_in(club.site, "maria")) == []


def test_a_report_is_news_for_thirty_days(club):
    club.report()
    club.site.clock.advance(timedelta(days=29))
    assert len(new_reports(signed_in(club.site, "maria"))) == 1
    club.site.clock.advance(timedelta(days=2))
    assert new_reports(signed_in(club.site, "maria")) == []


def test_a_report_opens_where_it_cannot_be_noted_that_it_was_opened(club, monkeypatch):
    address, mother = club.report(), signed_in(club.site, "maria")

    def full(*_: object) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(type(club.site.services.reports), "mark_read", full)
    open_new(mother, f"/field/report/{address}/read")
    assert len(new_reports(mother)) == 1


def test_a_codes_first_opening_is_told_to_the_coach_and_the_guardian(club):
    address = club.report()
    club.opened_by_crew(address)
    ((line, leads_to),) = news(signed_in(club.site, "carol"))
    assert "Somebody with the code for the crew opened the report about Sam Rivers" in line
    assert leads_to == f"/field/report/{address}"
    ((line, leads_to),) = news(signed_in(club.site, "maria"))
    assert "about Sam Rivers" in line
    assert leads_to == f"/field/report/{address}"
    assert news(signed_in(club.site, "mallory")) == []


def test_ten_wrong_secrets_are_told_to_the_coach(club):
    address = club.report()
    club.guessed(address)
    ((line, leads_to),) = news(signed_in(club.site, "carol"))
    assert "ended after ten wrong tries. The QR code still works." in line
    assert leads_to == f"/field/report/{address}"
    assert "ended after ten wrong tries." in news(signed_in(club.site, "maria"))[0][0]


def test_what_is_kept_from_the_family_is_not_told_there(club):
    club.opened_by_crew(club.report(withheld=True))
    assert len(news(signed_in(club.site, "carol"))) == 1
    assert news(signed_in(club.site, "maria")) == []


def test_a_clearance_is_told_to_coach_and_guardian_without_what_it_says(club):
    address = club.report(head=True)
    doctor = club.shared(address)
    assert news(signed_in(club.site, "carol")) == []
    club.cleared(doctor, address)
    ((line, leads_to),) = news(signed_in(club.site, "carol"))
    assert "A doctor wrote about playing sport again" in line
    assert "about Sam Rivers" in line
    assert leads_to == f"/field/report/{address}"
    ((told, leads_to),) = news(signed_in(club.site, "maria"))
    assert "about Sam Rivers" in told
    assert leads_to == f"/field/report/{address}"
    for word in ("Cleared", "cleared", "full play", "Headaches", "Chen", "head"):
        assert word not in line + told
    assert news(signed_in(club.site, "mallory")) == news(signed_in(club.site, "chen")) == []


def test_a_withdrawal_is_told_as_well_and_a_week_later_neither(club):
    address = club.report(head=True)
    doctor = club.shared(address)
    made = club.cleared(doctor, address)
    club.site.clock.advance(timedelta(days=7, minutes=1))
    assert stated(club, "carol") == []
    club.site.services.sharing.acknowledge(doctor, address)
    club.site.services.clearances.withdraw(doctor, address, made.statement_id, "ee" * 16)
    assert len(stated(club, "carol")) == len(stated(club, "maria")) == 1


def test_a_clearance_of_a_withheld_report_is_told_to_the_coach_alone(club):
    address = club.report(head=True, withheld=True)
    club.cleared(club.shared(address), address)
    assert len(news(signed_in(club.site, "carol"))) == 1
    assert news(signed_in(club.site, "maria")) == []


def test_an_expired_code_is_no_news(club):
    club.opened_by_crew(club.report())
    club.site.clock.advance(timedelta(hours=25))
    assert news(signed_in(club.site, "carol")) == []


def test_without_its_notices_the_page_still_opens_every_door(club, monkeypatch):
    app = signed_in(club.site, "carol")

    def away(*_: object) -> None:
        raise Unavailable("the store is away")

    monkeypatch.setattr(type(club.site.services.notices), "latest", away)
    page = app.get("/")
    assert "What is new cannot be read right now" in page.text
    assert "Nothing needs you." not in page.text
    assert soup(page).select_one("a.btn.stop")["href"] == "/field"


def test_a_report_that_cannot_be_looked_at_hides_no_other(club, monkeypatch):
    club.opened_by_crew(club.report())
    odd = club.report()
    club.opened_by_crew(odd)
    allow = AccessFinder.allow

    def broken(self: AccessFinder, actor: Actor, address: str, action: Action) -> Access:
        if address == odd:
            raise NotFound("no such report")
        return allow(self, actor, address, action)

    monkeypatch.setattr(AccessFinder, "allow", broken)
    assert len(news(signed_in(club.site, "carol"))) == 1


def test_a_signed_out_visitor_is_shown_no_notices(club):
    club.opened_by_crew(club.report())
    assert "What is new" not in club.site.browser().get("/").text


def hand_over_with_a_program_of_ones_own(club) -> None:
    """Whoever has the player's seed names another card that follows it, and asks no roll."""
    foundation, services = club.site.foundation, club.site.services
    (player,) = services.teams.team(club.coach).players
    old, new = services.teams.holding(player).keyring, Keyring.from_seed(bytes([7]) * 32)
    cards = Cards(foundation.ledger, foundation.near)
    batch = Batch(foundation.ledger, foundation.objects, foundation.near)
    cards.name_successor(batch, old, new, cards.publish(batch, new))
    batch.commit()


def test_whose_record_went_to_new_keys_without_them_is_told_what_that_means(club):
    mother, title = signed_in(club.site, "maria"), "New keys for the record of Sam Rivers"
    assert title not in mother.get("/").text
    hand_over_with_a_program_of_ones_own(club)
    page = mother.get("/")
    assert title in page.text
    assert "Nothing needs you." not in page.text
    assert "you were not given the new ones" in page.text
    assert title not in signed_in(club.site, "mallory").get("/").text


def test_home_opens_while_it_cannot_be_read_who_has_new_keys(club, monkeypatch):
    def away(*_arguments):
        raise Unavailable("the store is away")

    monkeypatch.setattr(type(club.site.services.lost), "of", away)
    page = signed_in(club.site, "maria").get("/")
    assert "What is new cannot be read right now" in page.text
