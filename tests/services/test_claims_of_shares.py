"""What somebody claims of a share, or of what came back, is not what was signed: each test plays who abuses that.


Carol is the coach of Sam; Maria and Joe act for Sam, and so does whoever holds the keys of Sam's card: Carol made it.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.chain.lines import one_time_seed_at, slot_at
from blockmrs.chain.transaction import Kind
from blockmrs.crypto.envelope import seal_object
from blockmrs.crypto.keys import Keyring
from blockmrs.domain.clearances import FULL_PLAY
from blockmrs.domain.kinds import Content
from blockmrs.domain.permission import Action
from blockmrs.domain.sharing import Appointment, Receipt, Revocation
from blockmrs.encoding import encode
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.grants.ending import write_ending
from blockmrs.services.lines.contents import Sort
from blockmrs.services.lines.mailbox import GrantEntry
from tests.services.test_story import member, save, share
from tests.support.claims import drop, grants_on, join, sam_of, write
from tests.support.heads import answers, head_report
from tests.support.world import World, staged


@pytest.fixture
@staged
def shared(world: World, carol: Actor, maria: Actor) -> tuple[str, Actor]:
    """A report about Sam that the coach sent to a hospital, and a doctor there."""
    join(world, carol, maria)
    doctor = member(world, "lee", "North Hospital")
    address = save(world, carol).address
    share(world, carol, address)
    return address, doctor


def copy_on(world: World, person: Actor, address: str) -> GrantEntry:
    """The copy of the only share of the report, as the family finds it on the player's line."""
    keyring = sam_of(world, person).card.keyring
    (copy,) = (e for e in grants_on(world, keyring, Sort.SHARE) if e.grant.update_id.hex().startswith(address))
    return copy


def only_share(world: World, actor: Actor, address: str):
    (found,) = world.sharing.shares(actor, address)
    return found


def leave_receipt(world: World, signer: Keyring, line_key: bytes, recipient: Actor | Keyring, receipt: Receipt) -> None:
    keyring = recipient if isinstance(recipient, Keyring) else recipient.keyring
    batch = world.mailbox.batch()
    batch.add(Kind.RECEIPT, receipt.to_fields(), author=signer, recipient=keyring.card, line_key=line_key)
    batch.commit()


def test_a_receipt_in_a_doctors_name_that_the_doctor_did_not_sign_is_not_shown(world, carol, maria, shared) -> None:
    address, _ = shared
    copy, sam = copy_on(world, maria, address), sam_of(world, maria).card.keyring
    claimed = Receipt(copy.grant.update_id, world.clock(), "care", "Dr Lee", "North Hospital", copy.grant.copy_of)
    assert copy.grant.return_to_subject is not None
    for forger in (carol, maria, world.person("mallory", "Dr Lee")):
        leave_receipt(world, forger.keyring, copy.grant.return_to_subject, sam, claimed)
    found = only_share(world, maria, address)
    assert (found.receipts, found.differs) == ((), False)


def test_each_opening_stands_under_the_name_of_the_member_who_signed_it(world, carol, maria, shared) -> None:
    address, lee = shared
    otto = world.person("otto", "Dr Otto")
    hospital = world.organisations.directory()[0].card_id
    world.organisations.accept(otto, world.organisations.invite(lee, hospital), "")
    for doctor in (otto, lee):
        # Whatever their own program writes into it.
        world.sharing.acknowledge(replace(doctor, display_name="Dr Somebody Else"), address)
    for person in (maria, carol):
        assert [opening.reader for opening in only_share(world, person, address).receipts] == ["Dr Otto", "Dr Lee"]


def test_stopped_on_the_familys_line_alone_is_not_stopped_and_the_family_can_end_it(
    world, carol, maria, shared, clock
) -> None:
    """The coach's own program revokes the copy, in its own name or with the player's card, and tells no hospital."""
    address, doctor = shared
    copy, sam = copy_on(world, maria, address), sam_of(world, maria).card.keyring
    batch = world.mailbox.batch()
    for author in (carol.keyring, sam):
        fields = Revocation(copy.id, clock()).to_fields()
        batch.add(Kind.REVOKE, fields, author=author, recipient=sam.card, line_key=sam.own_line)
    batch.commit()
    found = only_share(world, maria, address)
    assert (found.active, found.stopped, found.said_stopped) == (True, None, clock())
    assert [item.active for item in world.received(doctor)] == [True]
    world.sharing.stop(maria, address, found.share_id)
    found = only_share(world, maria, address)
    assert (found.active, found.stopped, found.by_family) == (False, clock(), True)
    assert [item.active for item in world.received(doctor)] == [False]


def test_an_end_that_all_three_see_is_the_end_though_the_hospitals_own_line_lacks_it(
    world, carol, maria, shared, clock
) -> None:
    address, doctor = shared
    copy = copy_on(world, maria, address)
    assert copy.grant.copy_of is not None
    batch = world.mailbox.batch()
    write_ending(batch, copy.grant.copy_of, clock(), world.person("mallory", "Mallory").keyring)
    batch.commit()
    assert only_share(world, maria, address).active
    assert [item.active for item in world.received(doctor)] == [True]
    batch = world.mailbox.batch()
    write_ending(batch, copy.grant.copy_of, clock(), carol.keyring)
    batch.commit()
    for person in (maria, carol):
        assert (only_share(world, person, address).active, only_share(world, person, address).by_family) == (
            False,
            False,
        )
    assert [item.active for item in world.received(doctor)] == [False]


def test_a_share_stopped_before_there_was_such_a_line_stays_stopped_for_the_hospital_and_the_coach(
    world, carol, maria, shared, monkeypatch
) -> None:
    address, doctor = shared
    monkeypatch.setattr("blockmrs.services.grants.ending.write_ending", lambda *_: None)
    world.sharing.stop(carol, address, only_share(world, carol, address).share_id)
    assert only_share(world, carol, address).stopped == world.clock()
    assert [item.active for item in world.received(doctor)] == [False]
    assert only_share(world, maria, address).said_stopped == world.clock()


def test_an_end_that_is_dated_back_does_not_undo_what_came_back_before(world, carol, maria, clock) -> None:
    join(world, carol, maria)
    doctor = member(world, "chen", "North Hospital")
    player = world.teams.team(carol).players[0]
    report = replace(head_report(clock()), player="Sam Rivers")
    address = world.reports.save(carol, "ab" * 16, report, player=player).address
    share(world, carol, address)
    world.sharing.acknowledge(doctor, address)
    day = clock().date()
    world.clearances.issue(doctor, address, "cd" * 16, stage=FULL_PLAY, seen_on=day, conditions="", note="")
    clock.advance(timedelta(hours=1))
    copy = copy_on(world, maria, address)
    assert copy.grant.copy_of is not None
    batch = world.mailbox.batch()
    write_ending(batch, copy.grant.copy_of, clock() - timedelta(days=1), carol.keyring)
    batch.commit()
    assert not only_share(world, maria, address).active
    status = world.clearances.of(maria, address)
    assert status is not None
    assert not status.is_out


def test_who_holds_the_line_cannot_write_that_a_report_was_shared(world, carol, maria, joe, shared) -> None:
    address, _ = shared
    join(world, carol, joe)
    copy, sam = copy_on(world, maria, address), sam_of(world, maria).card.keyring
    forged = replace(copy.grant, party="South Hospital", copy_of=bytes(32))
    for author in (joe.keyring, sam):
        write(world, forged, sam, author)
    assert [found.party for found in world.sharing.shares(maria, address)] == ["North Hospital"]


@pytest.mark.parametrize("claim", ["another update", "another hospital", "another end", "another grant"])
def test_a_copy_that_tells_of_something_else_than_was_shared_is_found_out_by_the_receipt(
    world, carol, maria, clock, claim
) -> None:
    """The coach's own program gives the hospital one thing and notes another for the family."""
    join(world, carol, maria)
    doctor, _ = member(world, "lee", "North Hospital"), member(world, "otto", "South Hospital")
    first, other = save(world, carol).address, save(world, carol, draft="ff" * 16).address
    north, south = (
        next(entry.card_id for entry in world.organisations.directory() if entry.name == name)
        for name in ("North Hospital", "South Hospital")
    )
    until = clock() + timedelta(days=30)
    world.sharing.grant(carol, first, north, "care", until)
    copy, sam = copy_on(world, maria, first), sam_of(world, maria).card.keyring
    updates = {e.grant.update_id.hex()[:32]: e.grant.update_id for e in grants_on(world, sam, Sort.REPORT)}
    lies = {
        "another update": replace(copy.grant, update_id=updates[other]),
        "another hospital": replace(copy.grant, grantee=south, party="South Hospital"),
        "another end": replace(copy.grant, not_after=clock() + timedelta(hours=1)),
        "another grant": replace(copy.grant, copy_of=bytes(32)),
    }
    write(world, lies[claim], sam, carol.keyring)
    clock.advance(timedelta(days=1))
    world.sharing.acknowledge(doctor, first)
    address = other if claim == "another update" else first
    lying = world.sharing.shares(maria, address)[0]
    assert lying.differs
    assert lying.receipts == () or claim == "another end"
    if claim != "another update":
        honest = world.sharing.shares(maria, first)[1]
        assert not honest.differs
        assert [receipt.reader for receipt in honest.receipts] == ["Dr Lee"]


def test_a_coach_who_is_a_member_cannot_clear_a_player_by_giving_the_report_again_with_the_players_card(
    world, carol, maria, clock
) -> None:
    """The family would take the player's card for the report's author, and the coach for somebody else."""
    join(world, carol, maria)
    doctor = member(world, "chen", "North Hospital")
    hospital = world.organisations.directory()[0]
    world.organisations.accept(carol, world.organisations.invite(doctor, hospital.card_id), "")
    player = world.teams.team(carol).players[0]
    address = world.reports.save(
        carol, "ab" * 16, replace(head_report(clock()), player="Sam Rivers"), player=player
    ).address
    share(world, carol, address)
    sam = sam_of(world, maria).card.keyring
    (given,) = grants_on(world, sam, Sort.REPORT)
    batch = world.mailbox.batch()
    # At a free number before the report's own: by the line it comes first, by the log it does not.
    again = replace(given.grant, not_before=clock() - timedelta(days=1))
    batch.add_at(
        Kind.GRANT, again.to_fields(), author=sam, recipient_id=sam.card.id, recipient_key=sam.card.sealing_key,
        slot=slot_at(sam.own_line, 0), one_time_seed=one_time_seed_at(sam.own_line, 0),
    )  # fmt: skip
    batch.commit()
    access = world.access.allow(maria, address, Action.READ)
    assert access.entry.author == carol.keyring.card.id
    assert world.reports.author_of(access) == carol.keyring.card.id


def test_a_check_that_is_granted_again_moves_nothing_and_its_grant_tells_no_level(
    world, carol, maria, joe, clock
) -> None:
    """A check found something after the clearance: neither an old check shown again nor a lower level hides that."""
    join(world, carol, maria, joe)
    doctor = member(world, "chen", "North Hospital")
    player = world.teams.team(carol).players[0]
    report = replace(head_report(clock()), player="Sam Rivers")
    address = world.reports.save(carol, "ab" * 16, report, player=player).address
    share(world, carol, address)
    world.followups.save(maria, address, "01" * 16, answers())
    clock.advance(timedelta(hours=1))
    world.sharing.acknowledge(doctor, address)
    day = clock().date()
    world.clearances.issue(doctor, address, "cd" * 16, stage=FULL_PLAY, seen_on=day, conditions="", note="")
    clock.advance(timedelta(hours=1))
    sam = sam_of(world, maria).card.keyring
    (first,) = grants_on(world, sam, Sort.FOLLOWING)
    calm = world.clearances.of(maria, address)
    assert calm is not None
    assert not calm.is_out
    for author in (sam, joe.keyring, maria.keyring):
        write(world, replace(first.grant, not_before=clock(), level=1, draft_mark=None), sam, author)
    followup = world.followups.of(maria, address)
    assert followup is not None
    assert len(followup.checks) == 1
    still = world.clearances.of(maria, address)
    assert still is not None
    assert not still.is_out
    access = world.access.allow(maria, address, Action.CHECK_SYMPTOMS)
    given = world.followups.save(maria, address, "02" * 16, answers(check_sick="a-lot"))
    second = grants_on(world, sam, Sort.FOLLOWING)[-1]
    assert given.check.advice.level < 4
    drop(world, second.index)
    write(world, replace(second.grant, level=4, not_before=clock() - timedelta(hours=3)), sam, maria.keyring)
    assert len(world.attachments.entries(maria, access, Content.CHECK)) == 2
    back = world.clearances.of(maria, address)
    assert back is not None
    assert back.came_back


def test_an_appointment_that_nobody_accepted_lets_nobody_act(world, carol, maria) -> None:
    """Whoever was handed a doorbell token can appoint anybody for a card of their own making."""
    join(world, carol, maria)
    made = Keyring.from_seed(b"m" * 32)
    batch = world.mailbox.batch()
    world.cards.publish(batch, made)
    for relation in ("guardian", "self", "member"):
        secret = batch.keep(seal_object(encode({0: b"m" * 32, 1: "Nobody"}), chain_id=world.mailbox.chain_id))
        fields = Appointment(made.card.id, secret, relation, world.clock()).to_fields()
        batch.add(Kind.APPOINT, fields, author=made, recipient=maria.keyring.card, line_key=maria.keyring.doorbell_line)
    batch.commit()
    assert [held.label for held in world.mailbox.appointed(maria.keyring)] == ["Sam Rivers"]


def test_who_may_act_for_one_card_can_appoint_nobody_for_another(world, carol, maria) -> None:
    """Sam's keys are Carol's too. What she signs with them says nothing of a card that Maria never accepted."""
    join(world, carol, maria)
    sam = sam_of(world, maria).card.keyring
    made = Keyring.from_seed(b"m" * 32)
    batch = world.mailbox.batch()
    world.cards.publish(batch, made)
    secret = batch.keep(seal_object(encode({0: b"m" * 32, 1: "Nobody"}), chain_id=world.mailbox.chain_id))
    fields = Appointment(made.card.id, secret, "guardian", world.clock()).to_fields()
    batch.add(Kind.APPOINT, fields, author=sam, recipient=maria.keyring.card, line_key=maria.keyring.doorbell_line)
    batch.commit()
    assert [held.keyring.card.id for held in world.mailbox.appointed(maria.keyring)] == [sam.card.id]


def test_a_receipt_covers_twelve_hours_and_then_another_is_left(world, carol, maria, shared, clock) -> None:
    address, doctor = shared
    world.sharing.acknowledge(doctor, address)
    clock.advance(timedelta(hours=11, minutes=59, seconds=59))
    world.sharing.acknowledge(doctor, address)
    assert world.sharing.open_shared(doctor, address) is not None
    assert len(only_share(world, maria, address).receipts) == 1
    clock.advance(timedelta(seconds=1))
    assert world.sharing.open_shared(doctor, address) is None
    world.sharing.acknowledge(doctor, address)
    assert world.sharing.open_shared(doctor, address) is not None
    assert len(only_share(world, maria, address).receipts) == 2


def test_a_share_that_claims_another_time_stands_where_the_log_has_it(world, carol, maria, shared, clock) -> None:
    """A sender's program writes a time in the future, to stay on top of an inbox."""
    address, doctor = shared
    clock.advance(timedelta(days=1))
    world.mailbox.moment = lambda: clock() + timedelta(minutes=-90)
    share(world, carol, save(world, carol, draft="ff" * 16).address)
    assert [item.shared_at for item in world.received(doctor)] == [clock(), clock() - timedelta(days=1)]
    assert only_share(world, maria, address).since == clock() - timedelta(days=1)
