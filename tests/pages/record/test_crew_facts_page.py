"""Whether some facts go along with a coach's reports: the family's switch, and what coach, crew and hospital see."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

import pytest
from webtest import TestApp, TestResponse

from blockmrs.domain.facts import HealthFacts
from blockmrs.services.accounts.actor import Actor
from tests.support.coach import Reporter, footprint, heading, person, press, sent_by, signed_in
from tests.support.html import soup

THREE = ["Allergies Penicillin", "Birth date Not said", "Blood thinner No"]


@dataclass
class Family(Reporter):
    """A coach with a player whose mother has joined, and a doctor at a hospital."""

    mother: Actor
    doctor: Actor
    hospital: bytes
    sam: str

    @property
    def page(self) -> str:
        return f"/record/facts/crew/{self.sam}"

    def opened_report(self) -> str:
        """A new report that the hospital was sent and has opened."""
        address, until = self.report(), self.site.clock() + timedelta(days=30)
        self.site.services.sharing.grant(self.coach, address, self.hospital, "care", until)
        self.site.services.sharing.acknowledge(self.doctor, address)
        return address

    def tell(self, facts: HealthFacts) -> None:
        services = self.site.services
        person_of = services.people.find(self.mother, self.sam)
        version, today = services.facts.current(person_of).version, self.site.clock().date()
        services.facts.save(self.mother, person_of, secrets.token_hex(16), facts, version, today)


@pytest.fixture(scope="module")
def family(site):
    services, coach = site.services, person(site, "carol", "Carol Coach")
    mother, doctor = person(site, "maria", "Maria Rivers"), person(site, "lee", "Dr Lee")
    person(site, "mallory", "Mallory")
    team = services.teams.add_players(coach, [("7", "Sam Rivers")], "")
    services.teams.join(mother, services.teams.invite_family(coach, team.players[0].player_id), "guardian", "")
    hospital = services.organisations.accept(doctor, services.organisations.add("North Hospital", "Mill Road"), "")
    return Family(site, coach, mother, doctor, hospital.card_id, services.people.of(mother)[-1].handle)


@pytest.fixture(autouse=True)
def off(site, family):
    """Each test begins with the same facts, and with the switch off."""
    family.tell(HealthFacts(None, {"blood-thinner": "no", "diabetes": "insulin"}, ("Penicillin",)))
    site.services.crew_facts.turn_off(family.mother, family.sam)


def text_of(response: TestResponse) -> str:
    return soup(response).main.get_text(" ", strip=True)


def rows(response: TestResponse) -> list[str]:
    wanted = ("Allergies", "Birth date", "Blood thinner")
    all_rows = [row.get_text(" ", strip=True) for row in soup(response).select("dl.rows > div")]
    return [row for row in all_rows if row.startswith(wanted)]


def opened_by_code(crew: TestApp, typed: str) -> TestResponse:
    form = next(form for form in crew.get("/r").forms.values() if "code" in form.fields)
    form["code"] = typed
    return form.submit()


def test_off_until_the_family_says_yes_and_said_plainly_who_reads_it(site, family):
    maria = signed_in(site, "maria")
    assert "Off Give them for Sam Rivers" in text_of(maria.get(f"/record/facts/{family.sam}"))
    page = maria.get(family.page)
    assert "Off. Nothing of these facts is given." in text_of(page)
    assert rows(page) == THREE
    for words in ("The coach: their account carries it.", "until the code ends, a day at most",
                  "Everybody at the hospital"):  # fmt: skip
        assert words in text_of(page)
    assert rows(signed_in(site, "lee").get(f"/inbox/{family.opened_report()}")) == []


def test_a_yes_shows_hospital_crew_and_coach_the_three_facts_and_a_no_ends_it(site, family):
    maria, coach = signed_in(site, "maria"), signed_in(site, "carol")
    on = press(maria, maria.get(family.page), "Yes, give them").follow()
    assert "On. They are given with the coach’s reports. Maria Rivers said so" in text_of(on)
    assert "On What is given for Sam Rivers" in text_of(maria.get(f"/record/facts/{family.sam}"))
    assert "are given to crew and hospital" in text_of(maria.get(f"/people/{family.sam}"))
    address = family.opened_report()
    code = site.services.codes.make(family.coach, address)
    crew = site.browser()
    pages = [
        signed_in(site, "lee").get(f"/inbox/{address}"),
        coach.get(f"/field/report/{address}"),
        coach.get(f"/field/report/{address}/show"),
        maria.get(f"/field/report/{address}"),
        opened_by_code(crew, code.typed),
    ]
    for page in pages:
        assert rows(page) == THREE
        assert "Said by Maria Rivers of the family on" in text_of(page)
        assert "insulin" not in page.text.lower()
    assert "With it goes what the family said" in text_of(coach.get(f"/field/report/{address}/share"))
    off = press(maria, maria.get(family.page), "Stop giving them").follow()
    assert "Off. Nothing of these facts is given." in text_of(off)
    assert rows(signed_in(site, "lee").get(f"/inbox/{family.opened_report()}")) == []
    assert rows(signed_in(site, "lee").get(f"/inbox/{address}")) == THREE, "what was given stays readable"


@pytest.mark.parametrize("facts", [HealthFacts(no_allergies=True), HealthFacts()])
def test_none_known_and_not_said_are_two_answers(site, family, facts):
    family.tell(facts)
    maria = signed_in(site, "maria")
    press(maria, maria.get(family.page), "Yes, give them")
    said = rows(signed_in(site, "lee").get(f"/inbox/{family.opened_report()}"))[0]
    assert said == ("Allergies None known" if facts.no_allergies else "Allergies Not said")


@pytest.mark.parametrize("who", ["mallory", "carol", "lee"])
def test_nobody_but_the_family_finds_the_switch(site, family, who):
    browser = signed_in(site, who)
    browser.get(family.page, status=404)
    token = dict(sent_by(browser.get("/team"), "Add player")[1])["_csrf"]
    before = footprint(site)
    browser.post(family.page, {"_csrf": token, "say": "yes"}, status=404)
    assert footprint(site) == before


def test_looking_at_the_page_changes_nothing(site, family):
    before = footprint(site)
    assert heading(signed_in(site, "maria").get(family.page)).startswith("Give allergies")
    assert footprint(site) == before
