"""What a family lets go along with a coach's reports, and that nothing goes along that they did not say yes to.

Each test plays a person: the mother who says yes, the father who ends it, the coach who carries it, crew and clinician
who read it, and those whose word does not count.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.kinds import Content
from blockmrs.domain.sharing import Grant
from blockmrs.errors import Ended, NotFound, Unavailable
from blockmrs.fhir.facts import write_facts
from blockmrs.model.objects import HeldObjectRow
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.grants.ending import write_revocation
from blockmrs.services.grants.granting import LineTo, write_grant
from blockmrs.services.lines.updates import write_update
from blockmrs.services.people.persons import ME, Person, handle_of
from blockmrs.services.record.crew_facts import Consent, FamilyFacts
from blockmrs.services.sharing import given_facts
from tests.services.test_story import member
from tests.support.heads import head_report
from tests.support.team import Team, team_in
from tests.support.world import World

BORN = date(2012, 3, 27)
TOLD = HealthFacts(BORN, {"blood-thinner": "yes", "diabetes": "insulin", "pregnant": "no"}, ("Penicillin",))
LET_KNOW = HealthFacts(BORN, {"blood-thinner": "yes"}, ("Penicillin",))


@dataclass
class Family:
    """A player with two parents who told the record something, their coach, and a hospital."""

    team: Team
    joe: Actor
    lee: Actor

    @property
    def world(self) -> World:
        return self.team.world

    def person(self, actor: Actor) -> Person:
        return self.team.person(actor)

    def tell(self, actor: Actor, facts: HealthFacts = TOLD) -> None:
        person = self.person(actor)
        version, today = self.world.facts.current(person).version, self.world.clock().date()
        self.world.facts.save(actor, person, secrets.token_hex(16), facts, version, today)

    def turn_on(self, actor: Actor) -> None:
        newest = self.world.facts.newest(self.person(actor))
        self.world.crew_facts.turn_on(actor, self.team.handle(actor), newest)

    def turn_off(self, actor: Actor) -> None:
        self.world.crew_facts.turn_off(actor, self.team.handle(actor))

    def consent(self, actor: Actor) -> Consent:
        (consent,) = self.world.crew_facts.consents(actor, self.person(actor))
        return consent

    def report(self, *, withheld: bool = False) -> str:
        """A coach's report, sent to the hospital and opened there."""
        address = self.team.save(withheld=withheld)
        self.send(self.team.carol, address)
        self.world.sharing.acknowledge(self.lee, address)
        return address

    def send(self, actor: Actor, address: str) -> None:
        organisation, until = self.world.organisations.directory()[0], self.world.clock() + timedelta(days=30)
        self.world.sharing.grant(actor, address, organisation.card_id, "care", until)

    def at_hospital(self, address: str) -> FamilyFacts | None:
        return self.world.sharing.family_facts(self.lee, address)

    def at_crew(self, actor: Actor, address: str) -> FamilyFacts | None:
        code = self.world.codes.make(actor, address)
        by_qr = self.world.codes.open_qr(code.qr_secret, "crew").family_facts
        assert self.world.codes.open_typed(code.typed or "", "crew").family_facts == by_qr
        return by_qr


@pytest.fixture
def family(tmp_path, clock) -> Family:
    team = team_in(World(tmp_path, clock, alike=True))

    def make() -> tuple[Actor, Actor]:
        joe, lee = team.joins("joe", "Joe Rivers"), member(team.world, "lee", "North Hospital")
        team.confirm(team.maria, "Joe Rivers")
        return joe, lee

    family = Family(team, *team.world.once("family with facts", make))
    family.tell(family.team.maria)
    return family


@pytest.fixture
def agreed(family) -> Family:
    family.turn_on(family.team.maria)
    return family


def test_before_the_family_says_yes_nothing_goes_along(family):
    address = family.report()
    assert family.consent(family.team.maria).is_on is False
    assert family.at_hospital(address) is None
    assert family.at_crew(family.team.carol, address) is None
    assert family.world.sharing.family_facts(family.team.carol, address) is None


def test_hospital_crew_and_coach_read_the_three_facts_with_who_said_them_and_when(agreed):
    said_at = agreed.world.clock()
    agreed.world.clock.advance(timedelta(days=3))
    address = agreed.report()
    coach, mother = agreed.team.carol, agreed.team.maria
    readers = (
        agreed.at_hospital(address),
        agreed.at_crew(coach, address),
        agreed.at_crew(mother, address),
        agreed.world.sharing.family_facts(coach, address),
        agreed.world.sharing.family_facts(mother, address),
    )
    for said in readers:
        assert said is not None
        assert (said.facts, said.by, said.lost) == (LET_KNOW, "Maria Rivers", False)
        assert said.at == said_at.replace(microsecond=0)


def test_nothing_else_of_the_record_stands_in_what_goes_along(agreed):
    held = agreed.world.teams.holding(agreed.team.player)
    entry = agreed.world.crew_facts.going_along(agreed.team.carol, held, agreed.team.carol.keyring.card.id)
    body = agreed.world.mailbox.read(entry.grant, entry.author).body
    assert b"Penicillin" in body
    for word in (b"diabetes", b"insulin", b"pregnan", b"Pregnan"):
        assert word not in body


def test_a_clinician_reads_it_with_the_report_and_not_before_the_receipt_nor_after_the_end(agreed):
    address = agreed.team.save()
    agreed.send(agreed.team.carol, address)
    assert agreed.at_hospital(address) is None
    agreed.world.sharing.acknowledge(agreed.lee, address)
    assert agreed.at_hospital(address) is not None
    (share,) = agreed.world.sharing.shares(agreed.team.carol, address)
    agreed.world.sharing.stop(agreed.team.carol, address, share.share_id)
    with pytest.raises(Ended):
        agreed.at_hospital(address)


def test_what_came_with_a_share_that_ended_comes_back_with_nothing(agreed):
    """Neither under a standing grant that is for reports alone, nor with a share after the family said no more."""
    world, maria, address = agreed.world, agreed.team.maria, agreed.report()
    hospital, until = world.organisations.directory()[0].card_id, world.clock() + timedelta(days=30)
    world.from_now_on.begin(maria, agreed.team.handle(maria), hospital, "care", until, ["reports"])
    later = agreed.report()
    world.from_now_on.give(maria, agreed.team.handle(maria))
    assert agreed.at_hospital(later).facts == LET_KNOW
    (share,) = world.sharing.shares(maria, address)
    world.sharing.stop(maria, address, share.share_id)
    agreed.send(maria, address)
    world.sharing.acknowledge(agreed.lee, address)
    assert agreed.at_hospital(address).facts == LET_KNOW, "each share brings them"
    agreed.turn_off(maria)
    for ended in (address, later):
        for share in world.sharing.shares(maria, ended):
            world.sharing.stop(maria, ended, share.share_id)
    world.sharing.acknowledge(agreed.lee, later)
    assert agreed.at_hospital(later) is None
    agreed.send(maria, address)
    world.sharing.acknowledge(agreed.lee, address)
    assert agreed.at_hospital(address) is None


def test_it_goes_along_with_what_the_family_sends_too(agreed):
    address = agreed.team.save()
    agreed.send(agreed.team.maria, address)
    agreed.world.sharing.acknowledge(agreed.lee, address)
    assert agreed.at_hospital(address).facts == LET_KNOW


@pytest.mark.parametrize("facts", [HealthFacts(no_allergies=True), HealthFacts()])
def test_none_known_is_told_apart_from_not_said(family, facts):
    family.tell(family.team.maria, facts)
    family.turn_on(family.team.maria)
    address = family.report()
    for said in (family.at_hospital(address), family.at_crew(family.team.carol, address)):
        assert said.facts == facts


@pytest.mark.parametrize("who", ["maria", "joe"])
def test_either_parent_ends_it_and_what_was_given_stays_readable(agreed, who):
    before = agreed.report()
    code = agreed.world.codes.make(agreed.team.carol, before)
    agreed.turn_off(agreed.joe if who == "joe" else agreed.team.maria)
    assert not agreed.consent(agreed.team.maria).is_on
    after = agreed.report()
    assert agreed.at_hospital(after) is None
    assert agreed.at_hospital(before).facts == LET_KNOW
    assert agreed.world.codes.open_qr(code.qr_secret, "crew").family_facts.facts == LET_KNOW
    assert agreed.world.sharing.family_facts(agreed.team.carol, before) is None


def test_a_code_that_is_shown_again_opens_what_goes_along_now(agreed):
    address = agreed.team.save()
    code = agreed.world.codes.make(agreed.team.carol, address)
    agreed.turn_off(agreed.team.maria)
    assert agreed.world.codes.make(agreed.team.carol, address).typed == code.typed
    assert agreed.at_crew(agreed.team.carol, address) is None
    agreed.turn_on(agreed.joe)
    assert agreed.at_crew(agreed.team.carol, address).facts == LET_KNOW


def test_the_family_sees_who_said_yes_and_a_second_yes_changes_nothing(agreed):
    size = agreed.world.ledger.size
    agreed.turn_on(agreed.joe)
    assert agreed.world.ledger.size == size
    for actor in (agreed.team.maria, agreed.joe):
        consent = agreed.consent(actor)
        assert (consent.label, consent.is_on, consent.by) == ("Sam Rivers", True, "Maria Rivers")


def test_changed_facts_go_along_from_then_on_in_the_block_of_their_save(agreed):
    earlier, head = agreed.report(), agreed.world.ledger.head()
    agreed.world.clock.advance(timedelta(hours=6))
    agreed.tell(agreed.joe, replace(TOLD, allergies=("Latex",)))
    assert agreed.world.ledger.head().height == head.height + 1
    said = agreed.at_hospital(agreed.report())
    assert (said.facts.allergies, said.by, said.at) == (
        ("Latex",),
        "Joe Rivers",
        agreed.world.clock().replace(microsecond=0),
    )
    assert agreed.at_hospital(earlier) == said, "whoever can read a report now has the newest"


def test_who_can_read_a_coachs_report_already_gets_the_facts_with_the_yes_in_its_block(family):
    world, mother, coach = family.world, family.team.maria, family.team.carol
    running, ended, kept = family.report(), family.report(), family.report(withheld=True)
    (share,) = world.sharing.shares(coach, ended)
    world.sharing.stop(coach, ended, share.share_id)
    home = world.reports.save(mother, "ab" * 16, head_report(world.clock()), person=family.person(mother)).address
    family.send(mother, home)
    world.sharing.acknowledge(family.lee, home)
    head = world.ledger.head()
    family.turn_on(mother)
    assert world.ledger.head().height == head.height + 1
    assert family.at_hospital(running).facts == LET_KNOW
    assert family.at_hospital(kept) is family.at_hospital(home) is None
    with pytest.raises(Ended):
        family.at_hospital(ended)
    family.turn_off(mother)
    assert family.at_hospital(running).facts == LET_KNOW, "what was given stays readable"


def test_a_hospital_that_cannot_be_reached_keeps_nobody_from_saying_yes(family, monkeypatch):
    address = family.report()

    def nothing_left(*_: object) -> None:
        raise Unavailable("this organisation cannot be reached now")

    with monkeypatch.context() as patch:
        patch.setattr(family.world.organisations, "take_token", nothing_left)
        family.turn_on(family.team.maria)
    assert family.consent(family.team.maria).is_on
    assert family.at_hospital(address) is None


def test_more_hospitals_than_a_block_takes_keep_nobody_from_saying_yes(family, monkeypatch):
    address = family.report()
    monkeypatch.setattr("blockmrs.services.lines.batch.MAX_BLOCK_TRANSACTIONS", given_facts._LEFT_FREE)
    family.turn_on(family.team.maria)
    assert family.consent(family.team.maria).is_on
    assert family.at_hospital(address) is None, "it goes along with what is sent next"
    assert family.at_hospital(family.report()).facts == LET_KNOW


def test_a_change_of_the_facts_turns_nothing_on(agreed):
    agreed.turn_off(agreed.joe)
    agreed.tell(agreed.team.maria, replace(TOLD, allergies=("Latex",)))
    assert agreed.at_hospital(agreed.report()) is None


def test_who_said_yes_and_left_the_family_said_it_for_nobody_else(family):
    family.turn_on(family.joe)
    family.team.end(family.joe, "Joe Rivers")
    assert not family.consent(family.team.maria).is_on
    assert family.at_hospital(family.report()) is None
    family.turn_on(family.team.maria)
    assert family.at_hospital(family.report()).facts == LET_KNOW


def test_a_no_of_somebody_who_left_afterwards_stays_a_no(agreed):
    agreed.turn_off(agreed.joe)
    agreed.team.end(agreed.joe, "Joe Rivers")
    assert not agreed.consent(agreed.team.maria).is_on


def test_a_stranger_another_patient_and_who_waits_say_nothing_and_leave_no_trace(family):
    world = family.world
    people = (
        world.person("eve", "Eve"),
        world.person("pat", "Pat"),
        family.team.joins("mal", "Mal"),
        family.team.carol,
    )
    size, sams = world.ledger.size, family.team.player.card_id
    for actor in people:
        person = world.people.find(actor, ME)
        with pytest.raises(NotFound):
            world.people.find(actor, handle_of(actor, sams))
        with pytest.raises(NotFound):
            world.crew_facts.turn_on(actor, handle_of(actor, sams), world.facts.newest(person))
        with pytest.raises(NotFound):
            world.crew_facts.turn_off(actor, handle_of(actor, sams))
    assert world.ledger.size == size


def written(family: Family, author, card) -> None:
    """What a program of their own writes with the player's keys: a yes, with facts that nobody stated."""
    world, batch = family.world, family.world.mailbox.batch()
    body = write_facts(HealthFacts(no_allergies=True), "Sam", author="Maria Rivers", saved_at=world.clock())
    pointer, update_id = write_update(
        batch, author, subject=card.card.id, kind=Content.CREW_FACTS, purpose="care", body=body,
        created=world.clock(), chain_id=world.mailbox.chain_id,
    )  # fmt: skip
    grant = Grant(update_id, card.card.id, Content.CREW_FACTS, world.clock(), object=pointer)
    write_grant(batch, grant, author, LineTo(card.card, card.derive("crew facts")))
    batch.commit()


@pytest.mark.parametrize("signer", ["the coach's card", "the player's card"])
def test_a_coach_cannot_say_yes_in_the_familys_place(family, signer):
    card = family.world.teams.holding(family.team.player).keyring
    written(family, family.team.carol.keyring if signer == "the coach's card" else card, card)
    assert not family.consent(family.team.maria).is_on
    assert family.at_hospital(family.report()) is None


def test_a_coach_cannot_end_it_in_the_familys_place(agreed):
    world, card = agreed.world, agreed.world.teams.holding(agreed.team.player).keyring
    line = card.derive("crew facts")
    (entry,) = world.mailbox.line_by_anyone(line, card).grants.values()
    for signer in (agreed.team.carol.keyring, card):
        batch = world.mailbox.batch()
        write_revocation(batch, entry.id, world.clock(), signer, LineTo(card.card, line))
        batch.commit()
    assert agreed.consent(agreed.team.maria).is_on


def test_what_was_given_by_another_card_than_the_players_is_passed_over_by_the_hospital(family):
    """A coach with a program of their own puts facts of theirs beside the report, on their own line."""
    address, world, coach = family.report(), family.world, family.team.carol
    access = world.access.find(coach, bytes.fromhex(address))
    (organisation,) = world.organisations.directory()
    batch, now = world.mailbox.batch(), world.clock()
    body = write_facts(HealthFacts(no_allergies=True), "Sam", author="Maria Rivers", saved_at=now)
    pointer, update_id = write_update(
        batch, coach.keyring, subject=access.grant.subject, kind=Content.CREW_FACTS, purpose="care", body=body,
        created=now, chain_id=world.mailbox.chain_id,
    )  # fmt: skip
    line = world.organisations.introduce(batch, coach.keyring, coach.display_name, organisation)
    grant = Grant(
        update_id, access.grant.subject, Content.CREW_FACTS, now, not_after=now + timedelta(days=9), object=pointer,
        about=access.grant.update_id,
    )  # fmt: skip
    write_grant(batch, grant, coach.keyring, LineTo(world.cards.find(organisation.card_id), line))
    batch.commit()
    assert family.at_hospital(address) is None


def test_nothing_goes_along_with_a_report_that_is_kept_from_the_family_until_it_is_released(agreed):
    card = agreed.world.teams.holding(agreed.team.player).keyring
    (organisation,) = agreed.world.organisations.directory()
    before = agreed.world.mailbox.length(card.line_to(organisation.card_id))
    address = agreed.report(withheld=True)
    assert agreed.at_hospital(address) is None
    assert agreed.world.mailbox.length(card.line_to(organisation.card_id)) == before
    agreed.world.sharing.release_to_family(agreed.team.carol, address)
    agreed.world.sharing.acknowledge(agreed.lee, address)
    assert agreed.at_hospital(address).facts == LET_KNOW


def test_a_coach_whose_part_was_ended_gives_nothing_along(agreed):
    kept = agreed.team.save(withheld=True)
    agreed.team.end(agreed.team.maria, "Carol Coach", "coach")
    assert agreed.at_crew(agreed.team.carol, kept) is None


def test_a_report_from_home_tells_what_its_writer_chose_and_no_more(agreed):
    world, mother = agreed.world, agreed.team.maria
    report = head_report(world.clock())
    address = world.reports.save(mother, "ab" * 16, report, person=agreed.person(mother)).address
    agreed.send(mother, address)
    world.sharing.acknowledge(agreed.lee, address)
    assert agreed.at_hospital(address) is None
    assert agreed.at_crew(agreed.joe, address) is None


def test_a_player_who_joined_gives_along_what_their_own_card_states(tmp_path, clock):
    """Their own facts are sealed to a card that no coach holds: what they let go along is made of them."""
    world = World(tmp_path, clock, alike=True)
    coach, lee = world.person("carol", "Carol Coach"), member(world, "lee", "North Hospital")
    world.teams.add_player(coach, "Kim Lake", "9", "")
    (player,) = world.teams.team(coach).players
    kim = world.person("kim", "Kim Lake")
    world.teams.join(kim, world.teams.invite_family(coach, player.player_id), "self", "")
    person = world.people.find(kim, ME)
    world.facts.save(kim, person, "aa" * 16, TOLD, "", clock().date())
    (consent,) = world.crew_facts.consents(kim, person)
    world.crew_facts.turn_on(kim, consent.handle, world.facts.newest(person))
    address = world.reports.save(coach, "bb" * 16, head_report(clock()), player=player).address
    until = clock() + timedelta(days=1)
    world.sharing.grant(coach, address, world.organisations.directory()[0].card_id, "care", until)
    world.sharing.acknowledge(lee, address)
    said = world.sharing.family_facts(lee, address)
    assert said is not None
    assert said.facts == LET_KNOW


def listed(world: World) -> int:
    with world.database.read() as rows:
        return rows.query(HeldObjectRow).count()


def test_a_yes_cut_off_after_its_block_is_finished_by_the_next_press(family, monkeypatch):
    before = listed(family.world)
    with monkeypatch.context() as patch:
        patch.setattr("blockmrs.services.lines.saving.remember_objects", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            family.turn_on(family.team.maria)
    size = family.world.ledger.size
    family.turn_on(family.team.maria)
    assert (family.world.ledger.size, listed(family.world)) == (size, before + 1)


def test_what_cannot_be_read_is_said_to_be_lost_and_hides_no_report(agreed):
    address = agreed.team.save()
    agreed.send(agreed.team.carol, address)
    agreed.world.sharing.acknowledge(agreed.lee, address)
    card = agreed.world.teams.holding(agreed.team.player).keyring
    (entry,) = agreed.world.mailbox.line_by_anyone(card.derive("crew facts"), card).grants.values()
    code = agreed.world.codes.make(agreed.team.carol, address)
    name = str(entry.grant.object.cid)
    (path,) = [path for path in agreed.world.folder.rglob("*") if path.is_file() and name in path.name]
    path.unlink()
    assert agreed.at_hospital(address).lost
    opened = agreed.world.codes.open_qr(code.qr_secret, "crew")
    assert (opened.family_facts.lost, opened.report.player) == (True, "Sam Rivers")
