"""What the family ends: any share of a report about their child, whoever made it, and the crew's code.

Each test plays a person: the parent who stops, the coach who shares again, the clinician who kept the address.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.domain.sharing import Revocation
from blockmrs.errors import Ended, InvalidInput, NotFound
from blockmrs.services.accounts.actor import Actor
from tests.services.test_story import guardian, member, save, share
from tests.support.heads import answers, head_report
from tests.support.world import World

DRAFT = "cd" * 16


@dataclass
class Shared:
    """A coach's report, sent to a hospital, about a player whose mother has joined."""

    world: World
    carol: Actor
    maria: Actor
    lee: Actor
    address: str

    def of(self, actor: Actor):
        (found,) = self.world.sharing.shares(actor, self.address)
        return found

    def stop_as_family(self) -> None:
        self.world.sharing.stop(self.maria, self.address, self.of(self.maria).share_id)


@pytest.fixture
def shared(tmp_path, clock) -> Shared:
    world = World(tmp_path, clock, alike=True)

    def make() -> tuple[Actor, Actor, Actor, str]:
        carol, lee = world.person("carol", "Carol Coach"), member(world, "lee", "North Hospital")
        address = save(world, carol).address
        maria = guardian(world, carol)
        share(world, carol, address)
        return carol, maria, lee, address

    return Shared(world, *world.once("shared", make))


def test_the_family_stops_a_share_that_the_coach_made_and_the_hospital_cannot_open_it(shared):
    world = shared.world
    world.sharing.acknowledge(shared.lee, shared.address)
    shared.stop_as_family()
    assert not shared.of(shared.maria).active
    for act in (world.sharing.cover, world.sharing.open_shared, world.sharing.acknowledge, world.clearances.may_write):
        with pytest.raises(Ended):
            act(shared.lee, shared.address)
    assert [item.active for item in world.received(shared.lee)] == [False]


def test_both_sides_see_that_the_family_stopped_it(shared):
    shared.stop_as_family()
    for actor in (shared.maria, shared.carol):
        found = shared.of(actor)
        assert (found.active, found.by_family, found.stopped) == (False, True, shared.world.clock())


def test_what_the_coach_stops_is_not_said_to_be_stopped_by_the_family(shared):
    shared.world.sharing.stop(shared.carol, shared.address, shared.of(shared.carol).share_id)
    assert [shared.of(actor).by_family for actor in (shared.maria, shared.carol)] == [False, False]


def test_the_coach_cannot_share_again_with_whom_the_family_stopped_it_and_the_refusal_leaves_nothing(shared):
    shared.stop_as_family()
    size = shared.world.ledger.size
    with pytest.raises(InvalidInput) as refused:
        share(shared.world, shared.carol, shared.address)
    assert refused.value.field == "organisation"
    assert shared.world.ledger.size == size


def test_a_coach_whose_own_program_shares_it_again_is_not_believed_by_the_hospital(shared):
    shared.stop_as_family()
    shared.world.clock.advance(timedelta(days=1))
    access = shared.world.access.find(shared.carol, bytes.fromhex(shared.address))
    organisation = shared.world.organisations.directory()[0]
    until = shared.world.clock() + timedelta(days=30)
    shared.world.sharing._write_grant(shared.carol, access, organisation, "care", until)
    assert not any(item.active for item in shared.world.received(shared.lee))


def test_the_coach_may_still_share_it_with_somebody_else(shared):
    shared.stop_as_family()
    member(shared.world, "otto", "South Hospital")
    south = next(entry for entry in shared.world.organisations.directory() if entry.name == "South Hospital")
    until = shared.world.clock() + timedelta(days=30)
    assert shared.world.sharing.grant(shared.carol, shared.address, south.card_id, "care", until).active


def test_a_check_that_the_coach_makes_after_the_stop_does_not_reach_the_hospital(shared):
    world, player = shared.world, shared.world.teams.team(shared.carol).players[0]
    address = world.reports.save(shared.carol, "ab" * 16, head_report(world.clock()), player=player).address
    hurt = replace(shared, address=address)
    share(world, shared.carol, address)
    hurt.stop_as_family()
    size = world.ledger.size
    world.followups.save(shared.carol, address, DRAFT, answers())
    assert world.ledger.size == size + 1, "the owner's grant alone"


def test_a_stranger_ends_nothing_with_a_revocation_on_a_line_of_their_own(shared):
    """Somebody who came to know the grant's id introduces themselves and revokes it: only the subject's card counts."""
    world, mallory = shared.world, shared.world.person("mallory", "Mallory")
    organisation = world.organisations.directory()[0]
    access = world.access.find(shared.carol, bytes.fromhex(shared.address))
    (entry,) = world.books.shown(shared.carol, access)
    batch = world.mailbox.batch()
    line = world.organisations.introduce(batch, mallory.keyring, "Mallory", organisation)
    batch.add(
        Kind.REVOKE, Revocation(entry.grant.copy_of, world.clock()).to_fields(), author=mallory.keyring,
        recipient=world.cards.find(organisation.card_id), line_key=line,
    )  # fmt: skip
    batch.commit()
    assert [item.active for item in world.received(shared.lee)] == [True]


def test_a_share_of_a_report_kept_from_the_family_cannot_be_ended_with_the_players_card(shared):
    """Whoever holds the player's card and came to know the grant's id: the hospital goes on helping."""
    world = shared.world
    kept = save(world, shared.carol, withheld=True, draft="ef" * 16).address
    share(world, shared.carol, kept)
    access = world.access.find(shared.carol, bytes.fromhex(kept))
    (entry,) = world.books.shown(shared.carol, access)
    (held,) = world.teams.acting_for(shared.maria)
    organisation, batch = world.organisations.directory()[0], world.mailbox.batch()
    line = world.organisations.introduce(batch, held.keyring, held.label, organisation)
    batch.add(
        Kind.REVOKE, Revocation(entry.grant.copy_of, world.clock()).to_fields(), author=held.keyring,
        recipient=world.cards.find(organisation.card_id), line_key=line,
    )  # fmt: skip
    batch.commit()
    assert world.sharing.cover(shared.lee, kept).active
    with pytest.raises(NotFound):
        world.sharing.stop(shared.maria, kept, entry.id.hex())


def test_the_family_ends_the_crews_code_and_neither_way_opens_it(shared):
    world = shared.world
    code = world.codes.make(shared.carol, shared.address)
    world.codes.stop(shared.maria, shared.address)
    with pytest.raises(NotFound):
        world.codes.open_qr(code.qr_secret, "")
    with pytest.raises(NotFound):
        world.codes.open_typed(code.typed, "")
