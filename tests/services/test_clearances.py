"""A clinician's clearance: who may write it, who sees it, and that nobody else's word counts."""

import json
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.domain.clearances import FULL_PLAY, Clearance
from blockmrs.domain.kinds import Content
from blockmrs.domain.permission import Action
from blockmrs.domain.reports import HOME, ReportedFinding
from blockmrs.domain.sharing import Grant
from blockmrs.errors import Ended, InvalidInput, NotAuthorized, NotFound
from blockmrs.fhir.clearance import write_clearance
from blockmrs.services.lines.updates import write_update
from tests.services.test_story import guardian, member, save, share
from tests.support.heads import answers, head_report
from tests.support.world import staged

DRAFT = "dd" * 16


@pytest.fixture
@staged
def injured(world, carol):
    return head_injury(world, carol)


@pytest.fixture
@staged
def doctor(world, carol, injured):
    """A member of a hospital that has the report, and has opened it."""
    actor = member(world, "chen", "North Hospital")
    share(world, carol, injured)
    world.sharing.acknowledge(actor, injured)
    return actor


def head_injury(world, carol, *, draft="aa" * 16, level=3, withheld=False):
    team = world.teams.team(carol)
    if not team.players:
        team = world.teams.add_player(carol, "Sam Rivers", "7", team.version)
    report = head_report(world.clock(), level=level)
    return world.reports.save(carol, draft, report, player=team.players[0], withheld=withheld).address


def clear(world, doctor, address, stage=FULL_PLAY, draft=None, **more):
    given = {"conditions": "", "note": "", "seen_on": world.clock().date()} | more
    return world.clearances.issue(doctor, address, draft or secrets.token_hex(16), stage=stage, **given)


def state(world, actor, address):
    """What a reader is told: the stage that decides, by whom, and whether the player is out."""
    status = world.clearances.of(actor, address)
    current = status.current.clearance if status.current else None
    return (current and (current.stage, current.doctor, current.organisation)), status.is_out


def out(world, coach):
    players = [player.card_id for player in world.teams.team(coach).players]
    return [found.stage for found in world.clearances.out(coach, players).values()]


def test_without_a_clearance_a_player_with_a_head_injury_is_out(world, carol, injured):
    assert state(world, carol, injured) == (None, True)
    assert out(world, carol) == [""]


def test_a_clearance_reaches_coach_family_and_colleagues(world, carol, injured, doctor):
    maria, nurse = guardian(world, carol), world.person("park", "Nurse Park")
    hospital = world.organisations.directory()[0]
    world.organisations.accept(nurse, world.organisations.invite(doctor, hospital.card_id), "")
    world.sharing.acknowledge(nurse, injured)
    clear(world, doctor, injured)
    for reader in (carol, maria, doctor, nurse):
        assert state(world, reader, injured) == ((FULL_PLAY, "Dr Chen", "North Hospital"), False)
    assert out(world, carol) == []


def test_an_earlier_stage_keeps_the_player_out_of_full_play(world, carol, injured, doctor):
    clear(world, doctor, injured, "light exercise", conditions="Stop if the headache comes back.", note="Seen twice.")
    assert state(world, carol, injured) == (("light exercise", "Dr Chen", "North Hospital"), True)
    assert out(world, carol) == ["light exercise"]
    said = world.clearances.of(carol, injured).current.clearance
    assert (said.conditions, said.note) == ("Stop if the headache comes back.", "Seen twice.")


def test_the_newest_statement_decides_and_a_withdrawal_clears_nobody(world, carol, injured, doctor, clock):
    clear(world, doctor, injured)
    clock.advance(timedelta(hours=1))
    clear(world, doctor, injured, "training without contact")
    assert state(world, carol, injured)[0][0] == "training without contact"
    clock.advance(timedelta(hours=1))
    newest = world.clearances.of(doctor, injured).current
    world.clearances.withdraw(doctor, injured, newest.statement_id, DRAFT)
    assert state(world, carol, injured) == (None, True)
    assert [statement.clearance.stage for statement in world.clearances.of(carol, injured).statements] == [
        "", "training without contact", FULL_PLAY,
    ]  # fmt: skip
    clock.advance(timedelta(hours=1))
    clear(world, doctor, injured)
    assert state(world, carol, injured)[1] is False


def test_only_its_author_withdraws_a_clearance_and_only_once(world, carol, injured, doctor):
    made = clear(world, doctor, injured)
    nurse = world.person("park", "Nurse Park")
    hospital = world.organisations.directory()[0]
    world.organisations.accept(nurse, world.organisations.invite(doctor, hospital.card_id), "")
    world.sharing.acknowledge(nurse, injured)
    for actor, statement in ((nurse, made.statement_id), (doctor, "00" * 16)):
        with pytest.raises(NotFound):
            world.clearances.withdraw(actor, injured, statement, DRAFT)
    taken = world.clearances.withdraw(doctor, injured, made.statement_id, DRAFT)
    with pytest.raises(NotFound):
        world.clearances.withdraw(doctor, injured, taken.statement_id, "ee" * 16)


def test_pressing_sign_again_is_the_same_clearance(world, carol, injured, doctor):
    first = clear(world, doctor, injured, draft=DRAFT)
    size = world.ledger.size
    assert clear(world, doctor, injured, draft=DRAFT).statement_id == first.statement_id
    assert world.ledger.size == size
    assert world.evidence.check_everything(lambda *_: None).unlisted == 0


def test_symptoms_after_a_clearance_put_the_player_out_again(world, carol, injured, doctor, clock):
    clear(world, doctor, injured)
    clock.advance(timedelta(days=1))
    world.followups.save(carol, injured, DRAFT, answers())
    assert out(world, carol) == []
    world.followups.save(carol, injured, "ee" * 16, answers(check_dizzy="a-little"))
    assert state(world, carol, injured)[1] is True
    assert out(world, carol) == [FULL_PLAY]


def test_a_knock_without_a_sign_needs_a_clearance_too(world, carol):
    calm = head_injury(world, carol, level=4)
    assert state(world, carol, calm) == (None, True)
    world.followups.save(carol, calm, DRAFT, answers())
    assert out(world, carol) == [""]
    doctor = member(world, "chen", "North Hospital")
    share(world, carol, calm)
    world.sharing.acknowledge(doctor, calm)
    clear(world, doctor, calm)
    assert out(world, carol) == []


@pytest.mark.parametrize(
    ("finding", "answer", "needed"),
    [("wont-wake", "yes", True), ("responds", "no", True), ("responds", "unsure", True), ("fit", "yes", True),
     ("face-head", "yes", True), ("responds", "yes", False), ("wont-wake", "no", False), ("choking", "yes", False)],
)  # fmt: skip
def test_a_sign_that_a_head_injury_can_give_needs_a_clearance_where_no_place_was_asked_for(
    world, carol, finding, answer, needed
):
    player = world.teams.add_player(carol, "Sam Rivers", "7", "").players[0]
    report = replace(world.report(), findings=(ReportedFinding(finding, "?", answer),))
    address = world.reports.save(carol, DRAFT, report, player=player).address
    status, follow_up = world.clearances.of(carol, address), world.followups.of(carol, address)
    assert (status is not None, follow_up is not None, out(world, carol) != []) == (needed, needed, needed)
    if status is not None:
        assert (status.certain, follow_up.certain) == (False, False)


def test_a_sign_at_home_is_nothing_that_keeps_from_sport(world, carol):
    report = replace(world.report(), findings=(ReportedFinding("fit", "?", "yes"),), origin=HOME)
    address = world.reports.save(carol, DRAFT, report).address
    assert world.clearances.of(carol, address) is None


def test_a_report_of_another_injury_has_no_status(world, carol, doctor):
    other = save(world, carol, draft="bb" * 16).address
    share(world, carol, other)
    world.sharing.acknowledge(doctor, other)
    assert world.clearances.of(carol, other) is None
    with pytest.raises(NotFound):
        clear(world, doctor, other)


def test_coach_parent_stranger_and_other_hospitals_may_not_clear(world, carol, injured, doctor):
    maria, otto = guardian(world, carol), member(world, "otto", "South Hospital")
    for actor, refusal in ((carol, NotAuthorized), (maria, NotAuthorized), (otto, NotFound),
                           (world.person("mallory", "Mallory"), NotFound)):  # fmt: skip
        with pytest.raises(refusal):
            clear(world, actor, injured)
    assert state(world, carol, injured) == (None, True)


def test_a_coach_or_parent_who_is_a_member_of_the_hospital_may_not_clear_either(world, carol, injured, doctor):
    maria = guardian(world, carol)
    hospital = world.organisations.directory()[0]
    for actor in (carol, maria):
        world.organisations.accept(actor, world.organisations.invite(doctor, hospital.card_id), "")
        with pytest.raises(NotAuthorized):
            clear(world, actor, injured)


def test_a_report_that_was_not_opened_clears_nobody(world, carol, injured):
    actor = member(world, "chen", "North Hospital")
    share(world, carol, injured)
    with pytest.raises(NotAuthorized):
        clear(world, actor, injured)


def test_a_former_recipient_may_not_clear_and_what_was_written_before_stands(world, carol, injured, doctor, clock):
    clear(world, doctor, injured)
    clock.advance(timedelta(minutes=1))
    (given,) = world.sharing.shares(carol, injured)
    world.sharing.stop(carol, injured, given.share_id)
    with pytest.raises(Ended):
        clear(world, doctor, injured)
    assert state(world, carol, injured)[1] is False


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"stage": "everything"}, "stage"), ({"note": "x" * 301}, "note"), ({"conditions": "a\u202eb"}, "conditions"),
     ({"days": 1}, "seen"), ({"days": -1}, "seen")],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_written(world, carol, injured, doctor, wrong, field):
    seen_on = world.clock().date() + timedelta(days=wrong.pop("days", 0))
    size = world.ledger.size
    with pytest.raises(InvalidInput) as refused:
        clear(world, doctor, injured, **{"seen_on": seen_on} | wrong)
    assert refused.value.field == field
    assert world.ledger.size == size


def forge(world, forger, carol, injured, *, author=None, about=None, subject=None):
    """A clearance on the very lines that a real one takes, by somebody who has come to know them."""
    access = world.access.allow(carol, injured, Action.READ)
    report, card = access.grant.update_id, access.grant.subject
    now = world.clock()
    said = Clearance(about or report, FULL_PLAY, now.date(), "", "", "Dr Chen", "North Hospital", now)
    batch = world.mailbox.batch()
    pointer, update_id = write_update(
        batch, author or forger.keyring, subject=subject or card, kind=Content.CLEARANCE, purpose="sport",
        body=write_clearance(said, subject=card), created=now, chain_id=world.ledger.chain_id,
    )  # fmt: skip
    grant = Grant(update_id, card, Content.CLEARANCE, now, object=pointer, about=report)
    held = world.access.subject_keys(carol, access.place)
    for entry in world.books.shown(carol, access):
        batch.add(Kind.GRANT, grant.to_fields(), author=forger.keyring, recipient=carol.keyring.card,
                  line_key=entry.grant.return_to_author)  # fmt: skip
    for entry in world.mailbox.line_by_anyone(held.keyring.own_line, held.keyring).grants.values():
        if entry.grant.return_to_subject is not None:
            batch.add(Kind.GRANT, grant.to_fields(), author=forger.keyring, recipient=held.keyring.card,
                      line_key=entry.grant.return_to_subject)  # fmt: skip
    batch.add(Kind.GRANT, grant.to_fields(), author=forger.keyring, recipient=held.keyring.card,
              line_key=held.keyring.own_line)  # fmt: skip
    batch.commit()


def readers(world, carol, maria, injured):
    return [state(world, reader, injured) for reader in (carol, maria)]


def test_a_clearance_by_a_card_that_is_no_member_is_not_shown(world, carol, injured, doctor):
    maria = guardian(world, carol)
    for forger in (world.person("mallory", "Dr Chen"), member(world, "otto", "South Hospital"), carol, maria):
        forge(world, forger, carol, injured)
    assert readers(world, carol, maria, injured) == [(None, True), (None, True)]


def test_a_coach_who_joins_the_hospital_cannot_forge_one_either(world, carol, injured, doctor):
    maria, hospital = guardian(world, carol), world.organisations.directory()[0]
    world.organisations.accept(carol, world.organisations.invite(doctor, hospital.card_id), "")
    forge(world, carol, carol, injured)
    assert readers(world, carol, maria, injured) == [(None, True), (None, True)]


def test_a_member_cannot_clear_in_a_colleagues_name_or_about_another_report(world, carol, injured, doctor):
    maria, nurse = guardian(world, carol), world.person("park", "Nurse Park")
    hospital = world.organisations.directory()[0]
    world.organisations.accept(nurse, world.organisations.invite(doctor, hospital.card_id), "")
    forge(world, nurse, carol, injured, author=carol.keyring)
    forge(world, nurse, carol, injured, about=bytes(32))
    forge(world, nurse, carol, injured, subject=bytes(32))
    assert readers(world, carol, maria, injured) == [(None, True), (None, True)]


def test_a_member_whose_share_has_ended_cannot_write_as_if_it_had_not(world, carol, injured, doctor, clock):
    maria = guardian(world, carol)
    (given,) = world.sharing.shares(carol, injured)
    clock.advance(timedelta(hours=1))
    world.sharing.stop(carol, injured, given.share_id)
    clock.advance(timedelta(hours=1))
    forge(world, doctor, carol, injured)
    assert readers(world, carol, maria, injured) == [(None, True), (None, True)]


def test_a_clearance_of_a_withheld_report_reaches_the_family_with_the_release(world, carol, clock):
    address = head_injury(world, carol, withheld=True)
    maria, doctor = guardian(world, carol), member(world, "chen", "North Hospital")
    share(world, carol, address)
    world.sharing.acknowledge(doctor, address)
    made = clear(world, doctor, address)
    clock.advance(timedelta(hours=1))
    world.clearances.withdraw(doctor, address, made.statement_id, DRAFT)
    clock.advance(timedelta(hours=1))
    clear(world, doctor, address, "light exercise")
    held = world.teams.acting_for(maria)[0].keyring
    assert not world.mailbox.line_by_anyone(held.own_line, held).grants
    clock.advance(timedelta(hours=1))
    world.sharing.release_to_family(carol, address)
    for reader in (carol, maria):
        assert state(world, reader, address)[0][0] == "light exercise"
        assert len(world.clearances.of(reader, address).statements) == 3
    clock.advance(timedelta(hours=13))
    world.sharing.acknowledge(doctor, address)
    clear(world, doctor, address)
    assert readers(world, carol, maria, address) == [((FULL_PLAY, "Dr Chen", "North Hospital"), False)] * 2


def test_an_old_clearance_shown_again_by_the_family_does_not_undo_a_withdrawal(world, carol, injured, doctor, clock):
    maria = guardian(world, carol)
    made = clear(world, doctor, injured)
    clock.advance(timedelta(hours=1))
    world.clearances.withdraw(doctor, injured, made.statement_id, DRAFT)
    held = world.teams.acting_for(maria)[0]
    access = world.access.allow(maria, injured, Action.READ)
    old = next(entry for _, entry, _ in world.sharing.returned(maria, access, Content.CLEARANCE))
    batch = world.mailbox.batch()
    as_player = replace(maria, keyring=held.keyring)
    world.attachments.keep(batch, as_player, access, old.grant)
    batch.commit()
    assert readers(world, carol, maria, injured) == [(None, True), (None, True)]


def test_a_clearance_is_a_fhir_observation(world, carol, injured, doctor):
    clear(world, doctor, injured, note="Seen at the clinic.")
    access = world.access.allow(carol, injured, Action.READ)
    ((_, entry, _),) = world.sharing.returned(carol, access, Content.CLEARANCE)
    content = json.loads(world.attachments.read(entry, Content.CLEARANCE).body)
    assert (content["resourceType"], content["status"]) == ("Observation", "final")
    assert content["valueCodeableConcept"]["text"] == FULL_PLAY
