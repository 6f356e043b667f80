"""Members of an organisation: who may end a membership, and what still counts of what they signed."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from blockmrs.chain.transaction import Kind
from blockmrs.crypto.keys import staff_keyring
from blockmrs.domain.clearances import FULL_PLAY, Clearance
from blockmrs.domain.kinds import Content
from blockmrs.domain.sharing import Grant, Receipt
from blockmrs.domain.staff import Leaving
from blockmrs.errors import InvalidInput, NotAuthorized, NotFound
from blockmrs.fhir.clearance import write_clearance
from blockmrs.model.organisations import StaffRow
from blockmrs.services.lines.updates import write_update
from tests.services.test_clearances import clear, head_injury, out, state
from tests.services.test_story import guardian, member, save, share
from tests.support.world import staged

DRAFT = "dd" * 16


@pytest.fixture
@staged
def injured(world, carol):
    return head_injury(world, carol)


@pytest.fixture
@staged
def chief(world, carol, injured):
    """The first member of a hospital that has the report: she manages its members."""
    actor = member(world, "chief", "North Hospital")
    share(world, carol, injured)
    return actor


@pytest.fixture
def hospital(world, chief):
    return world.organisations.directory()[0].card_id


@pytest.fixture
@staged
def lee(world, chief, hospital, injured):
    """A later member, who has opened the report."""
    actor = join(world, chief, hospital, "lee")
    world.sharing.acknowledge(actor, injured)
    return actor


def join(world, inviter, hospital, name):
    actor = world.person(name, f"Dr {name.title()}")
    world.organisations.accept(actor, world.organisations.invite(inviter, hospital), "")
    return actor


def doors(world, actor, address, hospital):
    """Every door of a member, each tried: the names of those that open."""
    tried = {
        "memberships": lambda: world.organisations.memberships(actor) or None,
        "inbox": lambda: world.received(actor) or None,
        "cover": lambda: world.sharing.cover(actor, address),
        "open": lambda: world.sharing.open_shared(actor, address),
        "receipt": lambda: world.sharing.acknowledge(actor, address) or True,
        "checks": lambda: world.followups.of(actor, address) or True,
        "clearances": lambda: world.clearances.of(actor, address),
        "clear": lambda: clear(world, actor, address),
        "invite": lambda: world.organisations.invite(actor, hospital),
        "end": lambda: world.organisations.staff.end(actor, hospital, actor.keyring.card.id),
    }
    opened = []
    for name, door in tried.items():
        try:
            if door() is not None:
                opened.append(name)
        except (NotFound, NotAuthorized):
            continue
    return opened


def test_a_member_who_left_finds_every_door_shut_at_once(world, chief, lee, injured, hospital):
    assert doors(world, lee, injured, hospital)[:4] == ["memberships", "inbox", "cover", "open"]
    lee = join(world, chief, hospital, "lee2")
    world.sharing.acknowledge(lee, injured)
    world.organisations.staff.end(chief, hospital, lee.keyring.card.id)
    assert doors(world, lee, injured, hospital) == []


def test_the_first_member_manages_members_and_later_ones_do_not(world, chief, lee, hospital):
    assert [(one.name, one.manages) for one in world.organisations.staff.of(hospital)] == [
        ("Dr Chief", True),
        ("Dr Lee", False),
    ]
    for act in (
        lambda: world.organisations.staff.end(lee, hospital, chief.keyring.card.id),
        lambda: world.organisations.staff.set_manages(lee, hospital, lee.keyring.card.id, manages=True),
        lambda: world.organisations.invite(lee, hospital),
    ):
        with pytest.raises(NotAuthorized):
            act()


def test_a_stranger_can_end_nothing_and_learns_nothing(world, chief, lee, hospital):
    mallory = world.person("mallory", "Mallory")
    for organisation in (hospital, b"x" * 32):
        with pytest.raises(NotFound, match="no such organisation"):
            world.organisations.staff.end(mallory, organisation, lee.keyring.card.id)
    assert world.organisations.memberships(lee)


def test_the_role_is_given_and_taken(world, chief, lee, hospital):
    staff = world.organisations.staff
    staff.set_manages(chief, hospital, lee.keyring.card.id, manages=True)
    assert world.organisations.invite(lee, hospital)
    staff.set_manages(lee, hospital, chief.keyring.card.id, manages=False)
    with pytest.raises(NotAuthorized):
        world.organisations.invite(chief, hospital)


def test_the_last_who_manages_members_neither_leaves_nor_loses_that(world, chief, lee, hospital):
    staff, mine = world.organisations.staff, chief.keyring.card.id
    for act in (
        lambda: staff.end(chief, hospital, mine),
        lambda: staff.set_manages(chief, hospital, mine, manages=False),
    ):
        with pytest.raises(InvalidInput, match="Give that to somebody else first"):
            act()
    staff.set_manages(chief, hospital, lee.keyring.card.id, manages=True)
    staff.end(chief, hospital, mine)
    assert world.organisations.memberships(chief) == []


def test_two_who_manage_members_and_leave_at_once_leave_one(world, chief, lee, hospital):
    staff = world.organisations.staff
    staff.set_manages(chief, hospital, lee.keyring.card.id, manages=True)
    start, refused = threading.Barrier(2), []

    def leave(actor):
        start.wait()
        try:
            staff.end(actor, hospital, actor.keyring.card.id)
        except InvalidInput:
            refused.append(actor)

    threads = [threading.Thread(target=leave, args=[actor]) for actor in (chief, lee)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert [one.card_id for one in staff.of(hospital) if one.is_current] == [refused[0].keyring.card.id]


def test_the_sites_administrator_ends_even_the_last_membership_and_gives_the_role(world, chief, lee, hospital):
    staff = world.organisations.staff
    staff.end(None, hospital, chief.keyring.card.id)
    assert world.organisations.memberships(chief) == []
    staff.set_manages(None, hospital, lee.keyring.card.id, manages=True)
    assert world.organisations.invite(lee, hospital)
    staff.end(None, hospital, lee.keyring.card.id)
    assert world.organisations.find(hospital).staff == ()


def test_who_has_left_cannot_be_ended_again(world, chief, lee, hospital):
    for expected in (None, InvalidInput):
        if expected is None:
            world.organisations.staff.end(chief, hospital, lee.keyring.card.id)
        else:
            with pytest.raises(expected):
                world.organisations.staff.end(chief, hospital, lee.keyring.card.id)


def test_what_a_member_signed_before_leaving_keeps_their_name_and_counts(world, carol, chief, lee, injured, hospital):
    maria = guardian(world, carol)
    clear(world, lee, injured)
    left = world.organisations.staff.end(chief, hospital, lee.keyring.card.id)
    for reader in (carol, maria):
        assert state(world, reader, injured) == ((FULL_PLAY, "Dr Lee", "North Hospital"), False)
        assert world.clearances.of(reader, injured).current.left == left.until
    assert out(world, carol) == []
    (receipt,) = world.sharing.shares(carol, injured)[0].receipts
    assert (receipt.reader, receipt.left) == ("Dr Lee", left.until)


def test_leaving_does_not_bring_back_a_clearance_that_was_withdrawn(world, carol, chief, lee, injured, hospital):
    made = clear(world, lee, injured)
    world.clearances.withdraw(lee, injured, made.statement_id, DRAFT)
    world.organisations.staff.end(chief, hospital, lee.keyring.card.id)
    assert state(world, carol, injured) == (None, True)
    assert out(world, carol) == [""]


def forged_clearance(world, actor, access):
    """A clearance, written past the services by somebody who holds the keys."""
    batch, shared = world.mailbox.batch(), access.grant
    said = Clearance(
        shared.update_id, FULL_PLAY, world.clock().date(), "", "", actor.display_name, "North Hospital", world.clock()
    )
    pointer, update_id = write_update(
        batch, actor.keyring, subject=shared.subject, kind=Content.CLEARANCE, purpose="sport",
        body=write_clearance(said, subject=shared.subject), created=world.clock(), chain_id=world.ledger.chain_id,
    )  # fmt: skip
    grant = Grant(update_id, shared.subject, Content.CLEARANCE, world.clock(), object=pointer, about=shared.update_id)
    for card, line in (
        (access.author_card, shared.return_to_author),
        (world.cards.find(shared.subject), shared.return_to_subject),
    ):
        batch.add(Kind.GRANT, grant.to_fields(), author=actor.keyring, recipient=card, line_key=line)
        receipt = Receipt(shared.update_id, world.clock(), "care", "Dr Lee", "North Hospital", access.entry.id)
        batch.add(Kind.RECEIPT, receipt.to_fields(), author=actor.keyring, recipient=card, line_key=line)
    batch.commit()


def test_what_somebody_signs_after_leaving_does_not_count_though_they_write_it_themselves(
    world, carol, chief, lee, injured, hospital
):
    maria = guardian(world, carol)
    (access,) = world.access.received(lee, b"")
    world.organisations.staff.end(chief, hospital, lee.keyring.card.id)
    forged_clearance(world, lee, access)
    for reader in (carol, maria):
        assert state(world, reader, injured) == (None, True)
        assert len(world.sharing.shares(reader, injured)[0].receipts) == 1


def old_row(world, hospital, card_id):
    with world.database.read() as rows:
        row = rows.scalars(select(StaffRow).where(StaffRow.card_id == card_id)).one()
        return {column.name: getattr(row, column.name) for column in StaffRow.__table__.columns}


def put_back(world, row):
    """The row as it was, with its own MAC: what somebody does who has an old copy of the database."""
    table = StaffRow.__table__
    with world.engine.execution_options(write=True).begin() as connection:
        connection.execute(table.delete().where(table.c.card_id == row["card_id"]))
        connection.execute(table.insert().values(**row))


def test_a_row_put_back_as_it_was_brings_nobody_back(world, carol, chief, lee, injured, hospital):
    before = old_row(world, hospital, lee.keyring.card.id)
    (access,) = world.access.received(lee, b"")
    world.organisations.staff.end(chief, hospital, lee.keyring.card.id)
    put_back(world, before)
    world.database.check_rows()
    assert doors(world, lee, injured, hospital) == []
    forged_clearance(world, lee, access)
    assert state(world, carol, injured) == (None, True)


def test_an_end_by_the_sites_administrator_is_stated_by_the_next_member_who_writes(
    world, chief, lee, injured, hospital
):
    before = old_row(world, hospital, lee.keyring.card.id)
    world.organisations.staff.end(None, hospital, lee.keyring.card.id)
    join(world, chief, hospital, "park")
    put_back(world, before)
    assert doors(world, lee, injured, hospital) == []


def at_of(world, hospital, actor):
    return world.organisations.staff.current(actor.keyring.card.id, hospital).since_place


def test_an_end_that_is_stated_late_does_not_end_the_membership_after_it(world, chief, lee, injured, hospital):
    world.organisations.staff.end(None, hospital, lee.keyring.card.id)
    world.organisations.accept(lee, world.organisations.invite(chief, hospital), "")
    assert world.sharing.cover(lee, injured).active
    world.organisations.staff.end(chief, hospital, lee.keyring.card.id)
    assert doors(world, lee, injured, hospital) == []


def test_a_colleague_who_ends_a_membership_in_the_log_alone_is_named(world, chief, lee, injured, hospital):
    park, line, batch = join(world, chief, hospital, "park"), staff_keyring(hospital), world.mailbox.batch()
    leaving = Leaving(lee.keyring.card.id, world.clock(), at_of(world, hospital, lee))
    batch.add(Kind.REVOKE, leaving.to_fields(), author=park.keyring, recipient=line.card, line_key=line.own_line)
    batch.commit()
    assert doors(world, lee, injured, hospital) == []
    assert world.organisations.staff.known(lee.keyring.card.id, hospital).ended_by == park.keyring.card.id


def test_nobody_who_is_no_member_ends_a_membership_on_the_chain(world, chief, lee, hospital):
    mallory, line = world.person("mallory", "Mallory"), staff_keyring(hospital)
    park = join(world, chief, hospital, "park")
    world.organisations.staff.end(chief, hospital, park.keyring.card.id)
    for author in (mallory, park):
        batch = world.mailbox.batch()
        leaving = Leaving(lee.keyring.card.id, world.clock(), at_of(world, hospital, lee))
        for fields in (leaving.to_fields(), {6: b"short"}, {**leaving.to_fields(), 8: b"x"}):
            batch.add(Kind.REVOKE, fields, author=author.keyring, recipient=line.card, line_key=line.own_line)
        batch.commit()
    assert world.organisations.memberships(lee)


def test_an_invitation_dies_with_the_membership_or_the_role_of_who_made_it(world, chief, lee, hospital):
    staff = world.organisations.staff
    for end in (
        lambda card: staff.set_manages(chief, hospital, card, manages=False),
        lambda card: staff.end(chief, hospital, card),
    ):
        staff.set_manages(chief, hospital, lee.keyring.card.id, manages=True)
        code = world.organisations.invite(lee, hospital)
        end(lee.keyring.card.id)
        with pytest.raises(NotFound):
            world.organisations.accept(world.person(f"new{code[:4].lower()}", "Dr New"), code, "")


def test_who_left_joins_again_only_by_an_invitation_made_afterwards(world, carol, chief, lee, injured, hospital):
    kept = world.organisations.invite(chief, hospital)
    clear(world, lee, injured, "light exercise")
    world.organisations.staff.end(chief, hospital, lee.keyring.card.id)
    with pytest.raises(NotFound):
        world.organisations.accept(lee, kept, "")
    (access,) = world.access.received(chief, b"")
    forged_clearance(world, lee, access)
    world.organisations.accept(lee, world.organisations.invite(chief, hospital), "")
    assert world.sharing.cover(lee, injured).active
    # What was signed before counts, what was signed in between does not.
    assert state(world, carol, injured)[0] == ("light exercise", "Dr Lee", "North Hospital")
    assert [one.until is None for one in world.organisations.staff.of(hospital)] == [True, False, True]


def test_the_administrators_code_invites_the_first_member_only(world, chief):
    code = world.organisations.add("West Hospital")
    _, content = world.invitations.open(code, "")
    again = world.invitations.make(content)
    world.organisations.accept(chief, code, "")
    with pytest.raises(NotFound):
        world.organisations.accept(world.person("mallory", "Mallory"), again, "")


def test_an_organisation_whose_members_all_left_keeps_its_name_and_its_past(world, carol, chief, injured, hospital):
    world.sharing.acknowledge(chief, injured)
    world.organisations.staff.end(None, hospital, chief.keyring.card.id)
    with pytest.raises(InvalidInput, match="There is an organisation with this name already"):
        world.organisations.add("North Hospital")
    (receipt,) = world.sharing.shares(carol, injured)[0].receipts
    assert receipt.reader == "Dr Chief"
    saved = save(world, carol, draft="bb" * 16)
    with pytest.raises(InvalidInput, match="Nobody there has joined yet"):
        share(world, carol, saved.address)


def test_a_clock_that_was_wrong_brings_nobody_back(world, chief, lee, injured, hospital, clock):
    clock.advance(timedelta(days=400))
    world.organisations.staff.end(chief, hospital, lee.keyring.card.id)
    clock.advance(timedelta(days=-400))
    assert doors(world, lee, injured, hospital) == []
