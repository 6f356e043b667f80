"""Everything from now on, attacked: by those who hold every key that they ever held, and a program of their own.

A coach who holds the player's card, a guardian who left, a reader whose time is over, and whoever writes at a line what
no page would. Source: docs/protocol "Everything from now on".
"""

from dataclasses import replace

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.domain.bundles import BundleTerms
from blockmrs.domain.kinds import Content
from blockmrs.domain.permission import Action
from blockmrs.domain.sharing import Grant
from blockmrs.errors import BlockMRSError
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.grants.granting import LineTo, write_grant
from blockmrs.services.lines.updates import write_update
from tests.support.from_now_on import MONTH, Home


def _mark(home: Home, grant: Grant, author: Actor) -> None:
    keyring = home.card().keyring
    batch = home.world.mailbox.batch()
    write_grant(batch, grant, author.keyring, LineTo.own(keyring))
    batch.commit()


def _coach_s_own(home: Home, **changes) -> Grant:
    """A report that the coach puts on the player's line with a program of their own."""
    world, card = home.world, home.card().keyring.card
    batch, now = world.mailbox.batch(), world.clock()
    pointer, update_id = write_update(
        batch, home.team.carol.keyring, subject=card.id, kind=changes.pop("kind", Content.REPORT), purpose="care",
        body=b"{}", created=now, chain_id=world.mailbox.chain_id,
    )  # fmt: skip
    return replace(Grant(update_id, card.id, Content.REPORT, now, object=pointer), **changes)


def test_a_coach_s_word_that_it_was_given_counts_for_nothing(home):
    home.begin()
    _mark(home, _coach_s_own(home, given_size=home.world.ledger.size), home.team.carol)
    assert home.waiting(home.maria) == 1


def test_nobody_has_given_to_whom_they_could_not_know_yet(home):
    """A mark beyond its own place is none, even of one of the family."""
    home.begin()
    _mark(home, replace(_coach_s_own(home), given_size=10_000), home.maria)
    (waiting,) = home.world.standing.waiting(home.card())
    assert len(waiting.entries) == 1


def test_a_label_passes_no_kind_off_as_another(home):
    """Facts that a coach, who holds the key, calls a report would reach who gets reports alone."""
    home.begin(choices=("reports",))
    home.tell(home.maria)
    (facts,) = [
        entry.grant
        for item in home.world.mailbox.contents(home.card().keyring)
        for entry in home.world.mailbox.opened(home.card().keyring, [item]).grants.values()
        if entry.grant.purpose == Content.FACTS
    ]
    _mark(home, replace(facts, purpose=Content.REPORT, number=None, previous=None, given_size=None), home.team.carol)
    _mark(home, _coach_s_own(home, kind="facts"), home.team.carol)
    home.give(home.maria)
    assert (home.inbox(), home.facts()) == ([], [])


def test_a_copy_by_somebody_who_is_not_in_begins_nothing(home):
    world, card = home.world, home.card()
    to = LineTo(world.cards.find(home.hospital), card.keyring.line_to(home.hospital))
    team, uncle = home.team, home.team.joins("uncle", "Uncle Rivers")
    for author in (team.carol, uncle):
        batch = world.mailbox.batch()
        world.standing.begin(
            batch, author.keyring, card, to, BundleTerms(kinds=("facts", "report")), purpose="care",
            until=world.clock() + MONTH, name="North Hospital", party="X",
        )  # fmt: skip
        batch.commit()
    assert home.shares(home.maria) == []
    home.tell(home.maria)
    assert home.facts() == []


def test_a_guardian_who_left_begins_nothing_more_and_what_they_began_is_the_others_to_end(home):
    home.begin(home.joe)
    keys = home.card(home.joe)
    world = home.world
    _leave(home, home.joe)
    assert [share.by for share in home.shares(home.maria)] == ["Joe Rivers"]
    home.tell(home.maria)
    assert home.facts() == [("Penicillin",)]
    home.stop(home.maria)
    to = LineTo(world.cards.find(home.hospital), keys.keyring.line_to(home.hospital))
    batch = world.mailbox.batch()
    world.standing.begin(
        batch, home.joe.keyring, keys, to, BundleTerms(kinds=("facts", "report")), purpose="care",
        until=world.clock() + MONTH, name="North Hospital", party="X",
    )  # fmt: skip
    batch.commit()
    home.tell(home.maria, "Latex")
    assert (home.shares(home.maria), home.facts()) == ([], [])


def test_a_former_guardian_s_number_keeps_nothing_from_being_given(home):
    """Written while they were in or after: it counts only as long as they are."""
    home.begin()
    home.team.save()
    keys = home.card(home.joe)
    (reader,) = home.world.standing.running(keys)
    _leave(home, home.joe)
    batch = home.world.mailbox.batch()
    home.world.standing._note(batch, keys, home.joe.keyring, reader, home.world.ledger.size)
    batch.commit()
    assert home.waiting(home.maria) == 1


def test_nobody_has_looked_beyond_where_the_log_ends(home):
    home.begin()
    keys = home.card()
    (reader,) = home.world.standing.running(keys)
    batch = home.world.mailbox.batch()
    home.world.standing._note(batch, keys, home.maria.keyring, reader, 10_000)
    batch.commit()
    home.team.save()
    assert home.waiting(home.maria) == 1


def test_what_says_nothing_on_the_line_that_says_how_far_it_is_keeps_nothing_from_being_given(home):
    home.begin()
    keys = home.card()
    (reader,) = home.world.standing.running(keys)
    batch, line_key = home.world.mailbox.batch(), keys.keyring.derive("given", reader.id)
    for fields in ({}, {6: b"short", 7: 1, 8: 10_000}, {6: reader.id, 7: 1, 8: "all of it"}):
        batch.add(Kind.DECIDE, fields, author=home.maria.keyring, recipient=keys.keyring.card, line_key=line_key)
    batch.commit()
    home.team.save()
    assert (home.waiting(home.maria), home.give(home.maria), home.waiting(home.joe)) == (1, 1, 0)


def test_what_is_no_update_at_all_is_given_to_nobody_and_keeps_nothing_else_from_it(home):
    """A coach writes at a line that there is a report, with an id that its text does not have."""
    home.begin()
    _mark(home, _coach_s_own(home, update_id=bytes(32)), home.team.carol)
    address = home.team.save()
    given = home.world.from_now_on.give(home.maria, home.handle(home.maria))
    assert (given.given, given.lost, home.inbox(), home.waiting(home.joe)) == (1, 0, [address], 0)


def test_one_that_asks_for_no_receipts_has_none_to_show(home):
    """Whoever of the family writes with a program of their own may leave them out."""
    world, card = home.world, home.card()
    home.begin()
    (reader,) = world.standing.running(card)
    home.stop(home.maria)
    original = replace(reader.copy.grant, return_to_subject=None, grantee=None, copy_of=None)
    batch = world.mailbox.batch()
    to = LineTo(world.cards.find(home.hospital), card.keyring.line_to(home.hospital))
    standing_id = write_grant(batch, original, card.keyring, to)
    copy = replace(original, grantee=home.hospital, copy_of=standing_id)
    write_grant(batch, copy, home.maria.keyring, LineTo.own(card.keyring))
    batch.commit()
    home.tell(home.maria)
    assert home.facts() == [("Penicillin",)]
    (share,) = home.shares(home.joe)
    assert world.from_now_on.opened(home.joe, home.handle(home.joe), share.share_id) == []


def _leave(home: Home, actor: Actor) -> None:
    """One of the family ends their own part."""
    right = home.team.right(actor, actor.display_name)
    home.world.rights.end(actor, home.team.handle(actor), right.right_id)


def _everything_that_opens(home: Home) -> set[bytes]:
    """Every update that the hospital's keys open, straight at the log and the store, whatever an application shows."""
    world, updates = home.world, set()
    organisation = world.organisations.memberships(home.lee)[0]
    for _, line in [
        (card, world.mailbox.line_from(line_key, organisation.keyring, card))
        for card, line_key in world.access._introduced(organisation, None, None)
    ]:
        for entry in line.grants.values():
            try:
                updates.add(world.mailbox.update(entry.grant).body)
            except BlockMRSError:
                continue
    return updates


def test_a_former_reader_with_every_key_they_ever_held_sees_nothing_saved_after_the_end(home):
    home.begin()
    home.tell(home.maria, "Penicillin")
    home.stop(home.maria)
    home.tell(home.maria, "Latex")
    home.home_report(home.joe)
    address = home.team.save()
    assert (home.waiting(home.maria), home.give(home.joe)) == (0, 0)
    opened = b"".join(_everything_that_opens(home))
    assert b"Penicillin" in opened
    assert b"Latex" not in opened
    assert (len(_everything_that_opens(home)), address in home.inbox()) == (1, False)


def test_a_grant_that_names_a_standing_grant_which_is_not_there_shows_nothing(home):
    """Somebody who holds the card's seed gives under a standing grant of their own invention."""
    address = home.team.save()
    access = home.world.access.allow(home.maria, address, Action.READ)
    organisation, card = home.world.organisations.find(home.hospital), home.card().keyring
    batch = home.world.mailbox.batch()
    line_key = home.world.organisations.introduce(batch, card, "Sam Rivers", organisation)
    to = LineTo(home.world.cards.find(home.hospital), line_key)
    write_grant(batch, replace(access.grant, number=None, copy_of=bytes(32)), card, to)
    batch.commit()
    assert home.inbox() == []


def test_a_receiver_shows_only_the_kinds_that_the_terms_name(home):
    """Whoever holds the card's keys gives under a running standing grant what it does not name."""
    home.begin(choices=("facts",))
    report = home.team.save()
    card = home.card()
    (reader,) = home.world.standing.running(card)
    access = home.world.access.allow(home.maria, report, Action.READ)
    batch = home.world.mailbox.batch()
    home.world.standing._give(batch, card, reader, access.grant, home.world.clock())
    home.world.standing._give(batch, card, reader, replace(access.grant, purpose="facts"), home.world.clock())
    batch.commit()
    for address in home.inbox():
        with pytest.raises(BlockMRSError):
            home.world.sharing.acknowledge(home.lee, address)
    (record,) = home.world.standing_records.records(home.lee)
    for came in home.world.standing_records.page(home.lee, record.record_id).facts:
        with pytest.raises(BlockMRSError):
            home.world.standing_records.acknowledge(home.lee, record.record_id, came.address)


def test_an_update_that_the_owner_keeps_out_is_not_given_and_not_shown(home):
    world, card = home.world, home.card()
    address = home.team.save()
    update_id = world.access.allow(home.maria, address, Action.READ).grant.update_id
    batch = world.mailbox.batch()
    line_key = world.organisations.introduce(batch, card.keyring, "Sam Rivers", world.organisations.find(home.hospital))
    to = LineTo(world.cards.find(home.hospital), line_key)
    world.standing.begin(
        batch, home.maria.keyring, card, to, BundleTerms(kinds=("report",), left_out=(update_id,)), purpose="care",
        until=world.clock() + MONTH, name="North Hospital", party="Maria Rivers",
    )  # fmt: skip
    batch.commit()
    (reader,) = world.standing.running(card)
    assert reader.covers("report", bytes(32))
    assert not reader.covers("report", update_id)
    batch = world.mailbox.batch()
    world.standing._give(batch, card, reader, world.access.allow(home.maria, address, Action.READ).grant, world.clock())
    batch.commit()
    for shown in home.inbox():
        with pytest.raises(BlockMRSError):
            world.sharing.acknowledge(home.lee, shown)
