"""Somebody closes their account: what goes, what stays, the waiting time, and what a crash leaves.

Each test plays a person: the coach who leaves while a family reads on, the mother who is the only one, two parents who
leave at once, a doctor, somebody who changes their mind, somebody who means harm.
"""

import secrets
import threading
from datetime import timedelta

import pytest

from blockmrs.cid import Cid
from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.roll import Part
from blockmrs.errors import (
    AccountCloses,
    BlockMRSError,
    Conflict,
    InvalidInput,
    InvalidSignature,
    NotAuthenticated,
    NotAuthorized,
    NotFound,
)
from blockmrs.model.accounts import AccountRow, SessionRow
from blockmrs.model.leaving import LeavingRow
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.leaving.plan import Step
from blockmrs.services.people.persons import ME
from tests.services.test_clearances import clear, state
from tests.services.test_story import member
from tests.support.team import Team, team_in
from tests.support.world import PASSWORD, World

WAIT = timedelta(days=14)


@pytest.fixture
def team(tmp_path, clock) -> Team:
    return team_in(World(tmp_path, clock, alike=True))


@pytest.fixture
def lee(team) -> Actor:
    return team.world.once("a doctor", lambda: member(team.world, "lee", "North Hospital"))


def ask(world: World, actor: Actor):
    return world.departures.ask(actor, PASSWORD)


def pass_time(world: World, time: timedelta = WAIT) -> int:
    """The time goes by; then the accounts that are due close."""
    world.clock.advance(time)
    return world.closer().carry_out(world.clock())


def leave(world: World, actor: Actor) -> str:
    """Close an account for good; returns the address of its receipt."""
    number = ask(world, actor).number
    assert pass_time(world) == 1
    return number


def has_account(world: World, actor: Actor) -> bool:
    with world.database.read() as rows:
        return rows.get(AccountRow, actor.account_id) is not None


def send(team: Team, actor: Actor, address: str, days: int = 60) -> str:
    organisation = team.world.organisations.directory()[0]
    until = team.world.clock() + timedelta(days=days)
    return team.world.sharing.grant(actor, address, organisation.card_id, "care", until).share_id


def pointer(team: Team, actor: Actor, address: str) -> Cid:
    access = team.world.access.find(actor, bytes.fromhex(address))
    assert access is not None
    assert access.grant.object is not None
    return access.grant.object.cid


def served(team: Team, cid: Cid) -> bool:
    return cid not in team.world.let_go


def tell_about_me(world: World, actor: Actor) -> None:
    person = world.people.find(actor, ME)
    world.facts.save(actor, person, secrets.token_hex(16), HealthFacts(allergies=("Penicillin",)), "",
                     world.clock().date())  # fmt: skip


def test_a_coach_leaves_and_the_family_reads_on(team):
    address = team.save()
    coachs, familys = pointer(team, team.carol, address), pointer(team, team.maria, address)
    survey = team.world.departures.survey(team.carol)
    assert (survey.hand_over, survey.players, survey.goes) == ([], ["Sam Rivers"], 1)
    leave(team.world, team.carol)
    assert (served(team, coachs), served(team, familys)) == (False, True)
    assert team.world.reports.open(team.maria, address).report.title.startswith("Sam Rivers")
    roll = team.world.rolls.of(team.person(team.maria).card.keyring)
    assert roll.coaches[team.carol.keyring.card.id].part is Part.ENDED
    with pytest.raises(NotAuthenticated):
        team.world.identity.sign_in("carol", PASSWORD, "")


def test_the_recovery_code_opens_nothing_after_the_account_has_closed(team):
    code = team.world.codes_of["carol"]
    leave(team.world, team.carol)
    with pytest.raises(NotAuthenticated):
        team.world.identity.recover("carol", code, "another kettle sunrise otter", "")


def test_what_a_hospital_was_given_stays_until_its_day_and_then_goes(team, lee):
    address = team.save()
    send(team, team.carol, address, days=60)
    cid = pointer(team, team.carol, address)
    survey = team.world.departures.survey(team.carol)
    assert (survey.goes, survey.goes_later) == (0, 1)
    assert [stays.party for stays in survey.stays] == ["North Hospital"]
    number = leave(team.world, team.carol)
    team.world.sharing.acknowledge(lee, address)
    assert team.world.sharing.open_shared(lee, address) is not None
    assert team.world.departures.check(team.world.departures.find(number).receipt).objects_later == 1
    pass_time(team.world, timedelta(days=50))
    assert not served(team, cid)


def test_a_share_that_was_stopped_holds_nothing_back(team, lee):
    address = team.save()
    team.world.sharing.stop(team.carol, address, send(team, team.carol, address))
    assert team.world.departures.survey(team.carol).goes == 1


def test_whoever_alone_acts_for_a_child_hands_over_first(team):
    (first,) = team.world.departures.survey(team.maria).hand_over
    assert (first.kind, first.name, first.address) == ("person", "Sam Rivers", f"/people/{team.handle(team.maria)}")
    with pytest.raises(Conflict):
        ask(team.world, team.maria)
    assert team.world.departures.of(team.maria) is None
    team.joins("joe", "Joe Rivers")
    team.confirm(team.maria, "Joe Rivers")
    leave(team.world, team.maria)


def test_the_other_guardian_goes_on_and_the_first_is_out(team):
    joe = team.joins("joe", "Joe Rivers")
    team.confirm(team.maria, "Joe Rivers")
    address = team.save()
    leave(team.world, team.maria)
    roll = team.world.rolls.of(team.person(joe).card.keyring)
    assert [holder.name for holder in roll.family_in()] == ["Joe Rivers"]
    assert team.world.reports.open(joe, address) is not None
    assert team.world.teams.acting_for(team.maria) == [], "with every key she ever held"


def test_of_two_parents_who_leave_at_once_one_has_to_hand_over(team):
    joe = team.joins("joe", "Joe Rivers")
    team.confirm(team.maria, "Joe Rivers")
    outcomes = []

    def go(actor: Actor) -> None:
        try:
            ask(team.world, actor)
            outcomes.append("asked")
        except BlockMRSError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=go, args=(actor,)) for actor in (team.maria, joe)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Conflict", "asked"]


def test_nobody_leaves_a_record_to_somebody_who_is_leaving(team):
    joe = team.joins("joe", "Joe Rivers")
    team.confirm(team.maria, "Joe Rivers")
    ask(team.world, team.maria)
    assert not team.right(joe, "Joe Rivers").may_end
    with pytest.raises(NotAuthorized):
        team.end(joe, "Joe Rivers")
    team.world.departures.undo(team.maria)
    team.end(joe, "Joe Rivers")


def test_a_coach_hands_over_a_player_whom_nobody_else_has_or_takes_them_with_them(team):
    team.world.teams.add_player(team.carol, "Ann Lake", "8", team.world.teams.team(team.carol).version)
    player = next(one for one in team.world.teams.team(team.carol).players if one.name == "Ann Lake")
    (first,) = team.world.departures.survey(team.carol).hand_over
    assert (first.kind, first.name) == ("player", "Ann Lake")
    report = team.world.report("Ann Lake")
    team.world.reports.save(team.carol, "ab" * 16, report, player=player)
    team.world.teams.remove_player(team.carol, player.player_id, team.world.teams.team(team.carol).version)
    survey = team.world.departures.survey(team.carol)
    assert (survey.hand_over, survey.goes) == ([], 2), "the coach's object, and that of the card that nobody has"


def test_the_only_one_who_manages_an_organisation_hands_it_over_first(team, lee):
    (first,) = team.world.departures.survey(lee).hand_over
    assert (first.kind, first.name) == ("organisation", "North Hospital")
    hospital = team.world.organisations.directory()[0].card_id
    ann = team.world.person("ann", "Dr Ann")
    team.world.organisations.accept(ann, team.world.organisations.invite(lee, hospital), "")
    team.world.organisations.staff.set_manages(lee, hospital, ann.keyring.card.id, manages=True)
    ask(team.world, lee)
    with pytest.raises(InvalidInput):
        team.world.organisations.staff.end(ann, hospital, ann.keyring.card.id)
    pass_time(team.world)
    left = team.world.organisations.staff.known(lee.keyring.card.id, hospital)
    assert left.until is not None
    assert team.world.organisations.memberships(lee) == []


def hand_over_hospital(team: Team, lee: Actor) -> None:
    hospital = team.world.organisations.directory()[0].card_id
    ann = team.world.person("ann", "Dr Ann")
    team.world.organisations.accept(ann, team.world.organisations.invite(lee, hospital), "")
    team.world.organisations.staff.set_manages(lee, hospital, ann.keyring.card.id, manages=True)


def test_a_clearance_counts_on_after_its_doctor_left_and_one_taken_back_stays_so(team, lee):
    cleared, withdrawn = team.save(), team.save()
    for address in (cleared, withdrawn):
        send(team, team.carol, address)
        team.world.sharing.acknowledge(lee, address)
        clear(team.world, lee, address)
    (statement,) = team.world.clearances.of(lee, withdrawn).statements
    team.world.clearances.withdraw(lee, withdrawn, statement.statement_id, "cd" * 16)
    hand_over_hospital(team, lee)
    before = [state(team.world, team.maria, address) for address in (cleared, withdrawn)]
    leave(team.world, lee)
    assert [state(team.world, team.maria, address) for address in (cleared, withdrawn)] == before
    assert before[0][0] is not None
    assert before[1][0] is None


def test_until_it_closes_somebody_reads_and_writes_nothing_and_undoes_it(team):
    address = team.save()
    status = ask(team.world, team.carol)
    assert status.closes == team.world.clock() + WAIT
    assert team.world.reports.open(team.carol, address) is not None
    size = team.world.ledger.size
    with pytest.raises(AccountCloses):
        team.save()
    assert team.world.ledger.size == size
    assert ask(team.world, team.carol).number == status.number, "a second press"
    team.world.departures.undo(team.carol)
    team.world.departures.undo(team.carol)
    team.save()
    assert pass_time(team.world) == 0
    assert has_account(team.world, team.carol)


def test_only_the_password_closes_an_account(team):
    with pytest.raises(InvalidInput):
        team.world.departures.ask(team.carol, "not the password at all")
    assert team.world.departures.of(team.carol) is None


def test_nothing_closes_before_its_day(team):
    ask(team.world, team.carol)
    assert pass_time(team.world, WAIT - timedelta(minutes=1)) == 0
    assert has_account(team.world, team.carol)


class KilledError(Exception):
    pass


@pytest.mark.parametrize("killed_at", list(Step)[1:])
def test_a_crash_after_any_step_is_finished_by_whoever_looks_next(team, lee, killed_at):
    address = team.save()
    send(team, team.carol, address, days=60)
    team.save()
    team.code()
    number = ask(team.world, team.carol).number
    team.world.clock.advance(WAIT)

    def kill(step: Step) -> None:
        if step is killed_at:
            raise KilledError

    with pytest.raises(KilledError):
        team.world.closer(kill).carry_out(team.world.clock())
    size = team.world.ledger.size
    if Step.BEGUN < killed_at < Step.RECEIPT:
        with pytest.raises(Conflict):
            team.world.departures.undo(team.carol)
    team.world.closer().carry_out(team.world.clock())
    team.world.closer().carry_out(team.world.clock())
    assert not has_account(team.world, team.carol)
    receipt = team.world.departures.check(team.world.departures.find(number).receipt)
    assert (receipt.objects_let_go, receipt.objects_later, receipt.invitations_ended) == (1, 1, 1)
    assert team.world.ledger.size <= size + 2, "no end is written twice"
    roll = team.world.rolls.of(team.person(team.maria).card.keyring)
    assert roll.coaches[team.carol.keyring.card.id].part is Part.ENDED


def test_what_is_given_from_now_on_ends_with_the_account(team, lee):
    world, hospital = team.world, team.world.organisations.directory()[0].card_id
    world.from_now_on.begin(team.carol, ME, hospital, "care", world.clock() + timedelta(days=60), ("facts",))
    tell_about_me(world, team.carol)
    (record,) = world.standing_records.records(lee)
    survey = world.departures.survey(team.carol)
    assert (survey.standing, survey.goes) == (["North Hospital"], 1)
    leave(world, team.carol)
    assert not any(one.record_id == record.record_id for one in world.standing_records.records(lee))


def test_a_restore_lets_nobody_in_who_has_left(team):
    with team.world.database.read() as rows:
        old = rows.get_one(AccountRow, team.carol.account_id)
        values = {column.name: getattr(old, column.name) for column in AccountRow.__table__.columns}
    leave(team.world, team.carol)
    with team.world.database.write() as rows:
        rows.add(AccountRow(**values))
    with pytest.raises(NotAuthenticated):
        team.world.identity.sign_in("carol", PASSWORD, "")
    team.world.closer().carry_out(team.world.clock())
    assert not has_account(team.world, team.carol)


def test_a_restore_does_not_close_what_was_undone(team):
    ask(team.world, team.carol)
    with team.world.database.read() as rows:
        (old,) = rows.query(LeavingRow).all()
        values = {column.name: getattr(old, column.name) for column in LeavingRow.__table__.columns}
    team.world.departures.undo(team.carol)
    with team.world.database.write() as rows:
        rows.add(LeavingRow(**values))
    assert pass_time(team.world) == 0
    assert has_account(team.world, team.carol)
    assert team.world.departures.of(team.carol) is None


def test_the_receipt_names_nobody_and_cannot_be_changed(team):
    team.save()
    receipt = team.world.departures.find(leave(team.world, team.carol)).receipt
    assert "Carol" not in receipt
    assert "Sam" not in receipt
    said = team.world.departures.check(receipt)
    assert (said.chain, said.objects_let_go) == (team.world.ledger.chain_id.hex(), 1)
    assert said.block <= team.world.ledger.head().height
    with pytest.raises(InvalidSignature):
        team.world.departures.check(receipt.replace("objects let go: 1", "objects let go: 9"))
    for other in ("", "receipt", "x\n\n— blockmrs-node AAAA\n", receipt[:-40], "é" * 3000):
        with pytest.raises(BlockMRSError):
            team.world.departures.check(other)


def test_a_receipt_is_found_by_its_number_alone(team):
    number = ask(team.world, team.carol).number
    assert team.world.departures.find(number).receipt == ""
    for wrong in ("", "no", "ab" * 16, number + "00", "ü"):
        with pytest.raises(NotFound):
            team.world.departures.find(wrong)


def test_no_row_says_whose_it_was_after_the_account_has_closed(team):
    tell_about_me(team.world, team.carol)
    leave(team.world, team.carol)
    with team.world.database.read() as rows:
        (row,) = rows.query(LeavingRow).all()
        assert (row.account_id, row.card_lookup, row.sealed_plan) == (None, None, None)
        assert rows.query(SessionRow).filter(SessionRow.account_id == team.carol.account_id).all() == []


def test_nobody_lets_go_what_they_only_name(team):
    """Whoever writes on their own line that an object is theirs has no secret for it."""
    address = team.save()
    familys = pointer(team, team.maria, address)
    plan = team.world.departures.survey(team.carol).plan
    assert familys.digest not in {one.digest for one in plan.objects}


def test_the_only_administrator_may_leave_and_the_server_makes_a_new_token(team):
    world = team.world
    signed_up = world.identity.set_up(world.identity.make_setup_token(), "olga", "Olga Operator", PASSWORD, "")
    olga = world.identity.actor_for(signed_up.token)
    assert world.departures.survey(olga).is_only_admin
    assert not world.departures.survey(team.carol).is_only_admin
    leave(world, olga)
    assert not world.identity.has_admin()


def test_a_plan_that_does_not_open_holds_up_nobody_else(team):
    world = team.world
    ask(world, team.carol)
    nina = world.person("nina", "Nina Berg")
    ask(world, nina)
    with world.database.write() as rows:
        row = rows.query(LeavingRow).filter(LeavingRow.account_id == team.carol.account_id).one()
        row.sealed_plan = b"damaged" * 20
    assert pass_time(world) == 1
    assert (has_account(world, team.carol), has_account(world, nina)) == (True, False)
