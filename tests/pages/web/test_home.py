"""The first page of somebody who is signed in: what needs them, and nothing else."""

from datetime import timedelta

import pytest
from webtest import TestApp

from blockmrs.domain.permission import Action
from blockmrs.errors import NotFound, Unavailable
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.followup.clearances import Statement
from blockmrs.services.people.persons import handle_of
from blockmrs.services.reports.access import Access, AccessFinder
from tests.support.coach import Reporter, person, signed_in, soup
from tests.support.site import build_site


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
    """Each line of what is new, with where it leads."""
    return [(row.get_text(" ", strip=True), row.a["href"]) for row in soup(app.get("/")).select(".news li")]


def stated(club: Club, user_name: str) -> list[str]:
    """The lines about what a doctor wrote; beside them may stand the checks that are due."""
    return [line for line, _ in news(signed_in(club.site, user_name)) if "wrote about playing" in line]


def test_whoever_has_nothing_new_is_told_so(club):
    club.report()
    for who in ("carol", "maria", "mallory"):
        page = signed_in(club.site, who).get("/")
        assert "Nothing needs you." in page.text
        assert "What is new" not in page.text


def test_a_codes_first_opening_is_told_to_the_coach_and_the_guardian(club):
    address = club.report()
    club.opened_by_crew(address)
    ((line, leads_to),) = news(signed_in(club.site, "carol"))
    assert "Somebody with the code for the crew opened the report of" in line
    assert "Sam" not in line
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
    assert "Sam" not in line
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
