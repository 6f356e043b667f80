"""A child's card passes to a new seed: who remains has it, who left opens nothing of it, and the history stays read."""

from datetime import timedelta
from typing import Any

import pytest

from blockmrs.chain.transaction import Kind, Transaction, open_transaction
from blockmrs.cid import Cid
from blockmrs.crypto.envelope import open_object, seal_object
from blockmrs.crypto.keys import Keyring, card_entry_seed
from blockmrs.domain.kinds import Relation
from blockmrs.domain.roll import Part, Says, Statement
from blockmrs.domain.sharing import Appointment, Pointer
from blockmrs.encoding import encode
from blockmrs.errors import BlockMRSError, Conflict, NotAuthorized, NotFound, ObjectMissing
from blockmrs.model.codes import InvitationRow
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.handover.handing_over import _Sides
from blockmrs.services.handover.lost import Lost
from blockmrs.services.lines.batch import Batch
from blockmrs.services.lines.mailbox import EntrustedKeys
from tests.support.team import Team, let_in_by_themselves, team_in
from tests.support.world import World


@pytest.fixture
def team(world: World) -> Team:
    return team_in(world)


def card_of(team: Team, actor: Actor) -> EntrustedKeys:
    return next(keys for keys in team.world.teams.acting_for(actor) if keys.label == "Sam Rivers")


def coachs(team: Team) -> EntrustedKeys:
    return team.world.teams.holding(team.player)


def unasked(world: World) -> Batch:
    """What a program of somebody's own writes with: it asks nobody who may sign."""
    return Batch(world.ledger, world.objects, world.objects)


def hand_over(team: Team, actor: Actor) -> EntrustedKeys:
    keys = card_of(team, actor) if actor is not team.carol else coachs(team)
    return team.world.handing_over.hand_over(actor, keys)


def rows_of_codes(world: World) -> int:
    with world.database.read() as rows:
        return rows.query(InvitationRow).count()


def all_in_the_log(world: World, start: int = 0) -> list[Transaction]:
    return [world.ledger.transaction(index) for index in range(start, world.ledger.size)]


def opened_by(world: World, keyrings: list[Keyring], cards: list[bytes], start: int) -> list[dict[int, Any]]:
    """What these keys open of the log from a place on, each with the text of the object that it names, if it opens."""
    secrets = [keyring.sealing_keys for keyring in keyrings] + [card_entry_seed(card) for card in cards]
    everything = []
    for transaction in all_in_the_log(world, start):
        for secret in secrets:
            try:
                payload = open_transaction(transaction, secret, chain_id=world.ledger.chain_id).payload
            except BlockMRSError:
                continue
            fields: dict[Any, Any] = dict(payload.fields)
            if isinstance(fields.get(7), bytes) and isinstance(fields.get(8), bytes):
                pointer = Pointer(Cid(fields[7]), fields[8])
                text = open_object(world.objects.get(pointer.cid), pointer.seed, chain_id=world.ledger.chain_id)
                fields["text"] = text
            everything.append(fields)
    return everything


def test_all_of_the_family_who_are_in_get_the_new_seed_and_the_coach_learns_of_the_card_alone(team) -> None:
    world, joe = team.world, team.joins("joe", "Joe Rivers")
    team.confirm(team.maria, "Joe Rivers")
    new = hand_over(team, team.maria)
    assert new.keyring.card.id != card_of(team, team.maria).keyring.card.id
    for parent in (team.maria, joe):
        passed = world.passed_on.newest(parent.keyring, card_of(team, parent))
        assert (passed.keys.seed, passed.keys.label, passed.without) == (new.seed, "Sam Rivers", None)
        assert passed.keys.relation == Relation.GUARDIAN
    coach = world.passed_on.newest(team.carol.keyring, coachs(team))
    assert (coach.keys.seed, coach.without) == (coachs(team).seed, new.keyring.card.id)
    roll = world.rolls.of(new.keyring)
    assert [roll.is_in(actor.keyring.card.id) for actor in (team.maria, joe, team.carol)] == [True, True, False]
    assert roll.coaches[team.carol.keyring.card.id].part is Part.IN
    assert roll.name_of(joe.keyring.card.id) == "Joe Rivers"


def test_who_waits_and_whose_part_ended_get_nothing(team) -> None:
    world, joe = team.world, team.joins("joe", "Joe Rivers")
    team.end(team.maria, "Carol Coach", "coach")
    new = hand_over(team, team.maria)
    for other, keys in ((joe, coachs(team)), (team.carol, coachs(team))):
        assert world.passed_on.newest(other.keyring, keys).without == new.keyring.card.id
    roll = world.rolls.of(new.keyring)
    assert (list(roll.family), list(roll.coaches)) == ([team.maria.keyring.card.id], [])


def test_a_former_holder_with_every_key_they_ever_had_opens_nothing_of_the_new_card(team) -> None:
    """Straight at the log and the store: the coach's own keys, the child's old seed, and all cards there are."""
    world, old = team.world, coachs(team).keyring
    team.end(team.maria, "Carol Coach", "coach")
    start = world.ledger.size
    new = hand_over(team, team.maria)
    cards = [card.card.id for card in (team.carol.keyring, team.maria.keyring, old, new.keyring)]
    opened = opened_by(world, [team.carol.keyring, old], cards, start)
    # The new card and that it follows, which whoever knows a card may open; nothing that holds a seed.
    assert {bytes(fields["text"]) for fields in opened if "text" in fields} == {new.keyring.card.encode()}
    assert not any(new.seed in fields.get("text", b"") for fields in opened)
    # Whoever remains does: or this would prove nothing.
    remain = opened_by(world, [team.maria.keyring], cards, start)
    assert any(new.seed in fields.get("text", b"") for fields in remain)
    # And whoever has the new seed has the old one by it, however late they come.
    later = opened_by(world, [new.keyring], cards, start)
    assert any(card_of(team, team.maria).seed in fields.get("text", b"") for fields in later)


def test_whoever_has_the_new_keys_reads_the_whole_history_by_the_old(team) -> None:
    world, address = team.world, team.save()
    before = card_of(team, team.maria)
    new = hand_over(team, team.maria)
    followed = world.rolls.followed(new.keyring)
    assert followed is not None
    assert followed.keys.seed == before.seed
    assert world.rolls.followed(before.keyring) is None
    grants = world.mailbox.line_by_anyone(followed.keys.keyring.own_line, followed.keys.keyring).grants.values()
    assert [entry.grant.update_id.hex()[:32] for entry in grants] == [address]


def test_a_report_that_a_coach_sends_after_it_onto_the_old_line_arrives(team) -> None:
    hand_over(team, team.maria)
    address = team.save()
    (saved,) = team.world.reports.page_about(team.person(team.maria))[0]
    assert saved.address == address
    assert team.world.reports.open(team.maria, address).report.player == "Sam Rivers"


def test_what_the_old_card_says_after_it_lets_nobody_act(team) -> None:
    """A former holder appoints a friend, on the friend's own doorbell, with the old seed."""
    world, old = team.world, coachs(team)
    hand_over(team, team.maria)
    mallory = world.person("mallory", "Mallory")
    batch = unasked(world)
    world.mailbox.appoint(batch, old.seed, "Sam Rivers", Relation.GUARDIAN, mallory.keyring)
    batch.commit()
    assert world.mailbox.appointed(mallory.keyring) == []


def test_an_application_says_nothing_as_a_card_that_has_passed_on_and_tells_so(team, lee) -> None:
    """Or a family would be told "shared", and the hospital would pass it over."""
    world, address = team.world, team.save()
    (hospital,) = world.organisations.directory()
    hand_over(team, team.maria)
    size = world.ledger.size
    with pytest.raises(Conflict):
        world.sharing.grant(team.maria, address, hospital.card_id, "care", world.clock() + timedelta(days=1))
    assert world.ledger.size == size
    assert world.received(lee) == []
    # As themselves, the coach shares what the coach wrote.
    world.sharing.grant(team.carol, address, hospital.card_id, "care", world.clock() + timedelta(days=1))
    assert [item.address for item in world.received(lee)] == [address]


def test_unused_invitations_end_and_their_rows_go_since_they_hold_the_old_seed(team) -> None:
    world, code = team.world, team.code()
    assert rows_of_codes(world) == 1
    hand_over(team, team.maria)
    assert rows_of_codes(world) == 0
    roll = world.rolls.of(coachs(team).keyring)
    assert roll.open_invitations(world.clock()) == []
    with pytest.raises(NotFound):
        world.teams.join(world.person("mallory", "Mallory"), code, "guardian", "")


@pytest.mark.parametrize("who", ["coach", "waiting", "stranger"])
def test_who_may_not_hand_over_is_refused_and_nothing_is_written(team, who) -> None:
    world = team.world
    actor = {
        "coach": lambda: team.carol,
        "waiting": lambda: team.joins("joe", "Joe Rivers"),
        "stranger": lambda: world.person("mallory", "Mallory"),
    }[who]()
    size, keys = world.ledger.size, coachs(team)
    with pytest.raises(NotAuthorized):
        world.handing_over.hand_over(actor, keys)
    assert world.ledger.size == size
    assert world.mailbox.successor(keys.keyring.card) is None


def test_a_coach_hands_over_only_while_none_of_the_family_is_in(world) -> None:
    team = let_in_by_themselves(world)
    new = world.handing_over.hand_over(team.carol, coachs(team))
    assert world.passed_on.newest(team.carol.keyring, coachs(team)).keys.seed == new.seed


def test_a_coach_who_let_themselves_in_gets_no_key_once_a_parent_hands_over(world) -> None:
    team = let_in_by_themselves(world)
    maria = team.joins("maria", "Maria Rivers")
    new = hand_over(team, maria)
    assert world.passed_on.newest(team.carol.keyring, coachs(team)).without == new.keyring.card.id
    assert list(world.rolls.of(new.keyring).family) == [maria.keyring.card.id]


def test_whose_record_went_to_others_is_told_by_name_and_who_has_the_new_keys_is_not(world) -> None:
    team = let_in_by_themselves(world)
    maria = team.joins("maria", "Maria Rivers")
    lost = Lost(world.teams, world.passed_on)
    assert lost.of(team.carol, []) == lost.of(maria, []) == []
    hand_over(team, maria)
    assert lost.of(team.carol, []) == ["Sam Rivers"]
    assert lost.of(maria, []) == []


def test_a_second_press_finds_what_the_first_did(team) -> None:
    world, new = team.world, hand_over(team, team.maria)
    size = world.ledger.size
    assert hand_over(team, team.maria).seed == new.seed
    assert world.ledger.size == size


def test_of_two_parents_who_hand_over_one_is_told_who_was_first_and_finds_the_keys(team) -> None:
    world, joe = team.world, team.joins("joe", "Joe Rivers")
    team.confirm(team.maria, "Joe Rivers")
    new = hand_over(team, team.maria)
    with pytest.raises(Conflict):
        hand_over(team, joe)
    assert world.rolls.of(new.keyring).handed_over_by == team.maria.keyring.card.id
    assert world.passed_on.newest(joe.keyring, card_of(team, joe)).keys.seed == new.seed


def test_of_two_machines_that_hand_over_at_once_the_log_decides_and_the_slower_tells(team, monkeypatch) -> None:
    """Two nodes, without a lock between them: the other's block comes while this one writes its own."""
    world, joe = team.world, team.joins("joe", "Joe Rivers")
    team.confirm(team.maria, "Joe Rivers")
    keys, first = card_of(team, joe), []
    publish = world.cards.publish

    def meanwhile(batch, keyring):
        monkeypatch.undo()
        roll = world.rolls.of(keys.keyring)
        first.append(world.handing_over._pass_on(team.maria, card_of(team, team.maria), roll))
        return publish(batch, keyring)

    monkeypatch.setattr(world.cards, "publish", meanwhile)
    with pytest.raises(Conflict):
        hand_over(team, joe)
    for parent in (team.maria, joe):
        assert world.passed_on.newest(parent.keyring, card_of(team, parent)).keys.seed == first[0].seed


def test_the_roll_of_a_card_that_nobody_handed_over_to_has_nobody_on_it(team) -> None:
    """A former holder makes a card and says that it follows, without the old card's word; or too late."""
    world, old, me = team.world, coachs(team), team.carol.keyring
    hand_over(team, team.maria)
    seed = bytes([7]) * 32
    mine = EntrustedKeys(Keyring.from_seed(seed), Relation.GUARDIAN, "Sam Rivers", seed)
    batch = unasked(world)
    pointer = world.cards.publish(batch, mine.keyring)
    world.handing_over._write_roll(batch, _Sides(me, old, mine), world.rolls.of(old.keyring))
    world.cards.name_successor(batch, old.keyring, mine.keyring, pointer)
    batch.commit()
    assert world.rolls.of(mine.keyring).family == {}
    assert world.rolls.followed(mine.keyring) is None


def test_a_coachs_successor_while_the_family_is_in_makes_nobody_family(team) -> None:
    """With the old seed and a program of their own they name the first one; the family's roll does not follow."""
    world, old, me = team.world, coachs(team), team.carol.keyring
    seed = bytes([7]) * 32
    mine = EntrustedKeys(Keyring.from_seed(seed), Relation.GUARDIAN, "Sam Rivers", seed)
    batch = unasked(world)
    pointer = world.cards.publish(batch, mine.keyring)
    world.handing_over._write_roll(batch, _Sides(me, old, mine), world.rolls.of(old.keyring))
    world.cards.name_successor(batch, old.keyring, mine.keyring, pointer)
    batch.commit()
    roll = world.rolls.of(mine.keyring)
    assert (roll.family, roll.coaches) == ({}, {})
    assert world.passed_on.newest(team.maria.keyring, card_of(team, team.maria)).without == mine.keyring.card.id
    with pytest.raises(Conflict):
        hand_over(team, team.maria)


def test_cards_that_claim_to_follow_each_other_end_no_reader(team) -> None:
    world, a, b = team.world, Keyring.from_seed(bytes([1]) * 32), Keyring.from_seed(bytes([2]) * 32)
    batch = unasked(world)
    pointers = {keyring.card.id: world.cards.publish(batch, keyring) for keyring in (a, b)}
    for one, other, seed in ((a, b, bytes([2]) * 32), (b, a, bytes([1]) * 32)):
        world.rolls.follow(batch, one, team.carol.keyring, EntrustedKeys(other, Relation.GUARDIAN, "S", seed))
    batch.commit()
    for one, other in ((a, b), (b, a)):
        batch = unasked(world)
        world.cards.name_successor(batch, one, other, pointers[other.card.id])
        batch.commit()
    assert world.rolls.of(a).family == world.rolls.of(b).family == {}


def test_what_others_leave_where_the_new_seed_stands_is_passed_over(team) -> None:
    """A former holder has the key of that line, and appoints the mother for a card of their own, or with no seed."""
    world, old = team.world, coachs(team).keyring
    new, mother = hand_over(team, team.maria), team.maria.keyring
    mine = Keyring.from_seed(bytes([7]) * 32)
    batch = world.mailbox.batch()
    secret = batch.keep_near(_object(world, {0: bytes([7]) * 32, 1: "S"}))
    world.cards.publish(batch, mine)
    for author, dependent in ((mine, mine.card.id), (mine, new.keyring.card.id), (team.carol.keyring, mine.card.id)):
        fields = Appointment(dependent, secret, Relation.GUARDIAN, world.mailbox.moment()).to_fields()
        batch.add(Kind.APPOINT, fields, author=author, recipient=mother.card, line_key=_line_of(old, mother))
    batch.commit()
    assert world.passed_on.newest(mother, card_of(team, team.maria)).keys.seed == new.seed


def test_a_new_seed_that_is_not_here_is_no_reason_to_say_that_there_is_none(team) -> None:
    world = team.world
    hand_over(team, team.maria)
    keys = card_of(team, team.maria)
    (pointer,) = world.passed_on.secrets(
        team.maria.keyring, keys.keyring, world.cards.find(world.mailbox.successor(keys.keyring.card).card_id)
    )
    world.embedded.unpin(pointer.cid)
    with pytest.raises(ObjectMissing):
        world.passed_on.newest(team.maria.keyring, keys)


def test_a_card_is_handed_over_again(team) -> None:
    world = team.world
    second = hand_over(team, team.maria)
    third = world.handing_over.hand_over(team.maria, second)
    assert world.passed_on.newest(team.maria.keyring, card_of(team, team.maria)).keys.seed == third.seed
    assert world.rolls.of(third.keyring).is_in(team.maria.keyring.card.id)
    assert world.rolls.of(third.keyring).uses(team.carol.keyring.card.id)


def test_what_is_said_on_the_old_roll_afterwards_changes_nothing_on_the_new(team) -> None:
    world, old = team.world, coachs(team).keyring
    new = hand_over(team, team.maria)
    batch = world.mailbox.batch()
    ended = Statement(Says.ENDED, team.carol.keyring.card.id, relation=Relation.COACH)
    world.rolls.add(batch, old, team.maria.keyring, ended)
    batch.commit()
    assert world.rolls.of(new.keyring).coaches[team.carol.keyring.card.id].part is Part.IN
    assert not world.rolls.of(old).uses(team.carol.keyring.card.id)


def _object(world, content):
    return seal_object(encode(content), chain_id=world.ledger.chain_id)


def _line_of(old, person):
    return old.derive("handed over", person.card.id)
