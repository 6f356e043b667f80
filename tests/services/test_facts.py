"""Health facts: told by the person or who acts for them, kept as versions, read by nobody else."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.crypto.envelope import seal_object
from blockmrs.domain.facts import HealthFacts, age_of, check_facts
from blockmrs.domain.sharing import Appointment
from blockmrs.encoding import encode
from blockmrs.errors import BlockMRSError, Conflict, InvalidInput, NotAuthorized, NotFound, StorageUnavailable
from blockmrs.services.people.persons import ME, Person
from tests.support.world import World

TODAY = date(2026, 3, 14)
FACTS = HealthFacts(date(2012, 3, 27), {"blood-thinner": "yes", "diabetes": "none"}, ("Penicillin", "Bee stings"))


def save(world: World, actor, person: Person, facts: HealthFacts = FACTS, version: str = "", draft: str = "aa" * 16):
    return world.facts.save(actor, person, draft, facts, version, TODAY)


def me(world: World, actor) -> Person:
    return world.people.find(actor, ME)


def child(world: World, actor, coach_name: str = "carol", relation: str = "guardian") -> Person:
    """The player Sam of a coach's, for whom the actor joins."""
    coach = world.person(coach_name, "Carol Coach")
    team = world.teams.add_player(coach, "Sam Rivers", "7", "")
    world.teams.join(actor, world.teams.invite_family(coach, team.players[0].player_id), relation, "")
    return world.people.of(actor)[-1]


def test_somebody_without_a_team_keeps_facts_on_their_own_card(world, maria) -> None:
    saved = save(world, maria, me(world, maria))
    read = world.facts.newest(me(world, maria))
    assert (read.facts, read.author, read.version) == (FACTS, "Maria Rivers", saved.version)


def test_what_was_not_told_is_absent_and_never_no(world, maria) -> None:
    save(world, maria, me(world, maria), HealthFacts(choices={"diabetes": "none"}))
    assert dict(world.facts.newest(me(world, maria)).facts.values) == {"diabetes": "none"}
    assert world.facts.newest(child(world, maria)).facts.is_empty


def test_the_newest_counts_and_every_version_stays(world, maria) -> None:
    first = save(world, maria, me(world, maria))
    second = save(world, maria, me(world, maria), HealthFacts(no_allergies=True), first.version, "bb" * 16)
    assert world.facts.newest(me(world, maria)).version == second.version
    assert [saved.version for saved in world.facts.history(me(world, maria))] == [second.version, first.version]


def test_one_pressing_of_save_sent_twice_is_one_version(world, maria) -> None:
    first = save(world, maria, me(world, maria))
    assert save(world, maria, me(world, maria)) == first
    later = save(world, maria, me(world, maria), HealthFacts(), first.version, "bb" * 16)
    assert save(world, maria, me(world, maria)).version == first.version
    assert [saved.version for saved in world.facts.history(me(world, maria))] == [later.version, first.version]


def test_a_save_over_an_older_version_is_a_conflict_and_writes_nothing(world, maria) -> None:
    save(world, maria, me(world, maria))
    size = world.ledger.size
    with pytest.raises(Conflict):
        save(world, maria, me(world, maria), HealthFacts(), "", "bb" * 16)
    assert world.ledger.size == size


def say_yes(world: World, actor, person: Person) -> None:
    """Let whoever waits act for the person too."""
    for right in world.rights.page(actor, person.handle).rights:
        if right.may_confirm:
            world.rights.confirm(actor, person.handle, right.right_id)


def test_two_guardians_see_what_the_other_wrote(world, maria) -> None:
    sam = child(world, maria)
    joe = world.person("joe", "Joe Rivers")
    carol = world.identity.actor_for(world.identity.sign_in("carol", "marble kettle sunrise otter", ""))
    assert carol is not None
    player = world.teams.team(carol).players[0].player_id
    world.teams.join(joe, world.teams.invite_family(carol, player), "guardian", "")
    say_yes(world, maria, sam)
    save(world, maria, sam)
    (_, joes) = world.people.of(joe)
    assert world.facts.newest(joes).author == "Maria Rivers"
    assert joes.handle != sam.handle


def test_what_somebody_writes_of_themselves_is_not_on_the_card_that_a_guardian_holds(world, maria) -> None:
    """A young person who joined as themselves keeps what they write; what guardians wrote is there until then."""
    sam_of_maria = child(world, maria)
    carol = world.identity.actor_for(world.identity.sign_in("carol", "marble kettle sunrise otter", ""))
    assert carol is not None
    sam = world.person("sam", "Sam Rivers")
    player = world.teams.team(carol).players[0].player_id
    world.teams.join(sam, world.teams.invite_family(carol, player), "self", "")
    say_yes(world, maria, sam_of_maria)
    assert [person.is_me for person in world.people.of(sam)] == [True]
    save(world, maria, sam_of_maria)
    assert world.facts.newest(me(world, sam)).author == "Maria Rivers"
    save(
        world,
        sam,
        me(world, sam),
        HealthFacts(choices={"pregnant": "yes"}),
        world.facts.current(me(world, sam)).version,
    )
    assert world.facts.newest(me(world, sam)).author == "Sam Rivers"
    assert world.facts.newest(sam_of_maria).facts == FACTS


def test_coach_stranger_and_other_patient_find_nobody_by_anothers_handle(world, maria) -> None:
    sam = child(world, maria)
    save(world, maria, sam)
    carol = world.identity.actor_for(world.identity.sign_in("carol", "marble kettle sunrise otter", ""))
    nina = world.person("nina", "Nina Berg")
    child(world, nina, "dan")
    for other in (carol, nina, world.person("mallory", "Mallory")):
        with pytest.raises(NotFound):
            world.people.find(other, sam.handle)
        assert all(world.facts.newest(person).facts.is_empty for person in world.people.of(other))


def test_a_guardian_whose_appointment_has_ended_finds_the_person_no_more(world, maria, clock) -> None:
    sam = child(world, maria)
    batch, held = world.mailbox.batch(), sam.card
    secret = batch.keep(seal_object(encode({0: held.seed, 1: held.label}), chain_id=world.mailbox.chain_id))
    ends = Appointment(held.keyring.card.id, secret, "guardian", clock(), clock() + timedelta(days=1))
    batch.add(Kind.APPOINT, ends.to_fields(), author=held.keyring, recipient=maria.keyring.card,
              line_key=maria.keyring.doorbell_line)  # fmt: skip
    batch.commit()
    assert world.people.find(maria, sam.handle).label == "Sam Rivers"
    clock.advance(timedelta(days=2))
    with pytest.raises(NotFound):
        world.people.find(maria, sam.handle)


def test_facts_have_no_page_of_a_report(world, maria) -> None:
    saved = save(world, maria, child(world, maria))
    with pytest.raises(NotFound):
        world.reports.open(maria, saved.version[:32])
    assert world.reports.page_about(world.people.of(maria)[-1])[0] == []


def test_a_damaged_newest_version_is_an_error_and_an_older_one_does_not_stand_in(world, maria) -> None:
    first = save(world, maria, me(world, maria))
    before = set(world.embedded.iter_cids())
    save(world, maria, me(world, maria), HealthFacts(no_allergies=True), first.version, "bb" * 16)
    (newest,) = set(world.embedded.iter_cids()) - before
    path = next(path for path in (world.folder / "objects").rglob(f"*{str(newest)[-10:]}*") if path.is_file())
    path.write_bytes(b"\x00" * path.stat().st_size)
    with pytest.raises(BlockMRSError):
        world.facts.newest(me(world, maria))
    assert [saved and saved.version for saved in world.facts.history(me(world, maria))] == [None, first.version]


def test_facts_that_wait_for_the_node_are_read_all_the_same(world, maria, monkeypatch) -> None:
    def away(_content: bytes):
        raise StorageUnavailable("the node is away")

    monkeypatch.setattr(world.embedded, "put", away)
    save(world, maria, me(world, maria))
    assert world.facts.newest(me(world, maria)).facts == FACTS


def test_no_facts_are_saved_before_there_is_a_recovery_code(world, maria) -> None:
    with pytest.raises(NotAuthorized):
        save(world, replace(maria, recovery_confirmed=False), me(world, maria))


def test_with_the_seed_and_the_chain_alone_the_facts_come_back(world, maria) -> None:
    save(world, maria, me(world, maria))
    with world.engine.begin() as connection:
        for table in ("held_object", "saved_report"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    assert world.facts.newest(me(world, maria)).facts == FACTS


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (HealthFacts(date(2026, 3, 15)), "birth"),
        (HealthFacts(date(1890, 1, 1)), "birth"),
        (HealthFacts(choices={"diabetes": "maybe"}), "diabetes"),
        (HealthFacts(choices={"shoe-size": "44"}), ""),
        (HealthFacts(allergies=("x" * 81,)), "allergies"),
        (HealthFacts(allergies=tuple(map(str, range(21)))), "allergies"),
        (HealthFacts(allergies=("a\x00b",)), "allergies"),
        (HealthFacts(allergies=("Penicillin",), no_allergies=True), "allergies"),
    ],
)
def test_what_cannot_be_so_is_refused_by_its_field(facts: HealthFacts, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_facts(facts, TODAY)
    assert (refused.value.field or "") == field


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        (date(2012, 3, 14), date(2026, 3, 13), (13, 167)),
        (date(2012, 3, 14), date(2026, 3, 14), (14, 168)),
        (date(2024, 2, 29), date(2025, 2, 28), (0, 11)),
        (date(2024, 2, 29), date(2025, 3, 1), (1, 12)),
        (date(2026, 3, 14), date(2026, 3, 14), (0, 0)),
    ],
)
def test_age_counts_whole_years_and_months(born: date, today: date, age: tuple[int, int]) -> None:
    assert age_of(born, today) == age
