"""Checkpoints: a long record is given without opening each of its entries, whatever others wrote on its line.

Each test plays a person: the mother whose saves leave them, the coach and the father who hold the line's key and forge,
the doctor who reads what was given.
"""

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.domain.bundles import BundleEntry, BundleTerms
from blockmrs.domain.kinds import Scope
from blockmrs.domain.reports import ReportedFinding
from blockmrs.domain.sharing import BundleGrant, Grant, Pointer
from blockmrs.errors import Unavailable
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.grants import checkpoints
from blockmrs.services.grants.granting import LineTo, write_grant
from blockmrs.services.lines.bundles import keep_bundle
from blockmrs.services.lines.contents import Sort
from blockmrs.services.lines.mailbox import Mailbox
from blockmrs.services.lines.updates import write_update
from blockmrs.services.people.persons import ME
from blockmrs.services.selections import entries as reading
from blockmrs.services.selections.selection import Selection, What
from tests.support.claims import grants_on
from tests.support.heads import answers, head_report
from tests.support.record import PRIVATE, Family, family_in, kinds
from tests.support.world import World

EVERY = 6


@pytest.fixture
def family(tmp_path, clock, monkeypatch) -> Family:
    monkeypatch.setattr(checkpoints, "EVERY", EVERY)
    monkeypatch.setattr(reading, "NAMED", 1)
    return family_in(World(tmp_path, clock, alike=True))


def left(family: Family) -> list[BundleGrant]:
    """The checkpoints on Sam's line, whoever wrote them, by the log."""
    contents = family.world.mailbox.contents(family.sam.keyring)
    items = [item for item in contents if item.sort is Sort.CHECKPOINT]
    line = family.world.mailbox.opened(family.sam.keyring, items)
    return [entry.grant for entry in sorted(line.bundles.values(), key=lambda entry: entry.index)]


def saves(family: Family, actor: Actor | None = None, number: int = 1) -> None:
    """A report from home, by the mother or father, each."""
    for _ in range(number):
        actor = actor or family.maria
        report = replace(head_report(family.world.clock()), origin="home")
        person = family.team.person(actor)
        family.world.reports.save(actor, secrets.token_hex(16), report, person=person)


def long_record(family: Family) -> None:
    """Enough for a checkpoint, and one further report: what Sam's line holds before has three entries."""
    saves(family, number=EVERY - 2)
    assert len(left(family)) == 1


class Opened:
    """Counts the updates that are read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ids: list[bytes] = []
        real = Mailbox._update
        monkeypatch.setattr(
            Mailbox, "_update", lambda box, *args: self.ids.append(args[1].update_id) or real(box, *args)
        )


def write(family: Family, author, entries: list[BundleEntry], size: int | None = None) -> None:
    """A checkpoint on Sam's line, as whoever holds its key can write one."""
    world, sam = family.world, family.sam.keyring
    batch, size = world.mailbox.batch(), world.ledger.size if size is None else size
    where = keep_bundle(batch, sam.card.id, BundleTerms(), entries, chain_id=world.ledger.chain_id)
    grant = BundleGrant(
        Scope.CHECKPOINT, where.object, where.bundle_id, sam.card.id, "checkpoint", world.clock(), read_size=size
    )
    write_grant(batch, grant, author, LineTo.own(sam))
    batch.commit()


def test_the_first_save_after_so_many_further_entries_leaves_one_in_its_block(family: Family) -> None:
    saves(family, number=EVERY - 3)
    assert left(family) == []
    height = family.world.ledger.head().height
    saves(family)
    (grant,) = left(family)
    assert family.world.ledger.head().height == height + 1
    listed = family.world.mailbox.bundle(grant).entries
    assert sorted(entry.kind for entry in listed) == ["facts", "report", "report", "report", "report", "symptom-check"]
    saves(family, number=EVERY - 1)
    assert len(left(family)) == 1
    saves(family)
    assert len(left(family)) == 2


def test_the_grant_to_the_owner_says_whether_a_report_is_private(family: Family) -> None:
    private = family.private_report()
    says = {entry.grant.update_id.hex()[:32]: entry.grant.private for entry in grants_on(
        family.world, family.sam.keyring, Sort.REPORT)}  # fmt: skip
    assert says == {family.report: False, private: True}
    family.give(Selection(What.CHOSEN, chosen=frozenset({private})))
    assert kinds(family.open()) == ["report"]


def test_what_a_checkpoint_lists_is_given_without_being_opened(family: Family, monkeypatch) -> None:
    whole = {entry.update for entry in family.entries()}
    long_record(family)
    opened = Opened(monkeypatch)
    entries = family.entries()
    assert whole < {entry.update for entry in entries}
    # The newest, which the page names; that of after the checkpoint is the same one. And the facts that count.
    assert len(set(opened.ids)) == 2
    family.give()
    assert (family.open().number, family.open().refused) == (len(entries), 0)


def test_the_same_is_given_with_and_without_checkpoints(family: Family, monkeypatch) -> None:
    family.private_report()
    long_record(family)
    saves(family, number=2)
    short = {(entry.update, entry.is_private, entry.at) for entry in family.entries()}
    monkeypatch.setattr(checkpoints.Checkpoints, "of", lambda *_: checkpoints.Known())
    assert {(entry.update, entry.is_private, entry.at) for entry in family.entries()} == short


def test_what_is_private_stays_out_though_a_checkpoint_lists_it(family: Family) -> None:
    world = family.world
    report = replace(
        head_report(world.clock()),
        findings=(*head_report(world.clock()).findings, ReportedFinding("complaints", "What is wrong", PRIVATE)),
    )
    saved = world.reports.save(family.team.carol, "cd" * 16, report, player=family.team.player)
    world.followups.save(family.team.carol, saved.address, "ce" * 16, answers())
    saves(family, number=EVERY - 3)
    assert saved.address in [
        entry.update_id.hex()[:32] for entry in family.world.mailbox.bundle(left(family)[0]).entries
    ]
    assert sorted(entry.kind for entry in family.entries() if entry.is_private) == ["report", "symptom-check"]
    family.give()
    assert saved.address not in [update.update_id for update in family.open().updates]


def test_an_update_that_a_checkpoint_hides_goes_along_all_the_same(family: Family) -> None:
    long_record(family)
    before = [entry.update for entry in family.entries()]
    write(family, family.maria.keyring, [])
    assert [entry.update for entry in family.entries()] == before


@pytest.mark.parametrize("who", ["carol", "sam"])
def test_a_checkpoint_by_somebody_who_is_not_of_the_family_is_passed_over(family: Family, who: str) -> None:
    long_record(family)
    before = [entry.update for entry in family.entries()]
    author = family.team.carol.keyring if who == "carol" else family.sam.keyring
    write(family, author, [replace(entry, object=Pointer(entry.object.cid, bytes(32))) for entry in before])
    assert [entry.update for entry in family.entries()] == before


def test_a_checkpoint_of_a_father_who_left_counts_no_more(family: Family) -> None:
    saves(family, number=EVERY - 3)
    saves(family, family.joe)
    (grant,) = left(family)
    before, known = [entry.update for entry in family.entries()], family.world.checkpoints.of(family.sam)
    assert known.size == grant.read_size
    family.team.end(family.joe, "Joe Rivers")
    assert family.world.checkpoints.of(family.sam).entries == {}
    assert [entry.update for entry in family.entries()] == before
    saves(family)
    assert len(left(family)) == 2


def test_a_checkpoint_that_somebody_wrote_before_they_were_in_counts_no_more_than_another(family: Family) -> None:
    long_record(family)
    dora = family.team.joins("dora", "Dora Rivers")
    before = family.world.checkpoints.of(family.sam)
    write(family, dora.keyring, [])
    family.team.confirm(family.maria, "Dora Rivers")
    assert family.world.checkpoints.of(family.sam) == before


@pytest.mark.parametrize("ahead", [1, 1000])
def test_a_checkpoint_that_claims_to_have_read_what_came_after_it_is_passed_over(family: Family, ahead: int) -> None:
    long_record(family)
    before = family.world.checkpoints.of(family.sam)
    write(family, family.maria.keyring, [], size=family.world.ledger.size + ahead)
    assert family.world.checkpoints.of(family.sam) == before


def test_a_report_that_came_again_under_another_label_is_looked_into(family: Family) -> None:
    world, private = family.world, family.private_report()
    long_record(family)
    (entry,) = (one for one in grants_on(world, family.sam.keyring, Sort.REPORT)
                if one.grant.update_id.hex().startswith(private))  # fmt: skip
    batch = world.mailbox.batch()
    write_grant(batch, replace(entry.grant, private=False), family.sam.keyring, LineTo.own(family.sam.keyring))
    batch.commit()
    saves(family, number=EVERY)
    assert len(left(family)) == 2
    assert [one.entry_id for one in family.entries() if one.is_private] == [private]


def test_what_is_no_report_is_in_no_checkpoint_whatever_its_label_says(family: Family) -> None:
    world, sam, carol = family.world, family.sam.keyring, family.team.carol.keyring
    long_record(family)
    facts = next(entry.update for entry in family.entries() if entry.kind == "facts")
    batch, body = world.mailbox.batch(), world.mailbox.entry(sam.card.id, facts).body
    pointer, update_id = write_update(
        batch, carol, subject=sam.card.id, kind="facts", purpose="care", body=body, created=world.clock(),
        chain_id=world.ledger.chain_id,
    )  # fmt: skip
    labelled = Grant(update_id, sam.card.id, "report", world.clock(), object=pointer, private=False)
    write_grant(batch, labelled, carol, LineTo.own(sam))
    batch.commit()
    saves(family, number=EVERY)
    listed = [one.update_id for grant in left(family) for one in world.mailbox.bundle(grant).entries]
    assert len(left(family)) == 2
    assert update_id not in listed
    assert update_id not in [one.update.update_id for one in family.entries()]


def test_what_was_sealed_anew_since_is_given_as_it_is_now(family: Family) -> None:
    long_record(family)
    share = family.give()
    family.world.record_sharing.stop(family.maria, family.handle(), share)
    before = {entry.update.update_id: entry.update.object for entry in family.entries()}
    family.world.sealing_anew.go_on_about(family.maria, family.team.person(family.maria).cards)
    after = {entry.update.update_id: entry.update.object for entry in family.entries()}
    assert after.keys() == before.keys()
    assert all(after[update_id] != pointer for update_id, pointer in before.items())


def test_no_save_of_a_coach_leaves_one(family: Family) -> None:
    for _ in range(EVERY):
        family.team.save()
    assert left(family) == []


def test_for_a_record_of_ones_own_ones_own_card_alone_counts(family: Family) -> None:
    world, maria = family.world, family.maria
    person = world.people.find(maria, ME)
    for _ in range(EVERY + 1):
        report = replace(head_report(world.clock()), origin="home")
        world.reports.save(maria, secrets.token_hex(16), report, person=person)
    assert world.checkpoints.of(person.card).size
    before = world.checkpoints.of(person.card)
    batch = world.mailbox.batch()
    where = keep_bundle(batch, maria.keyring.card.id, BundleTerms(), [], chain_id=world.ledger.chain_id)
    grant = BundleGrant(
        Scope.CHECKPOINT, where.object, where.bundle_id, maria.keyring.card.id, "checkpoint", world.clock(),
        read_size=world.ledger.size,
    )  # fmt: skip
    write_grant(batch, grant, family.joe.keyring, LineTo.own(maria.keyring))
    batch.commit()
    assert world.checkpoints.of(person.card) == before


def test_a_save_while_the_store_is_away_leaves_it_to_a_later_one(family: Family, monkeypatch) -> None:
    saves(family, number=EVERY - 3)

    def away(*_args):
        raise Unavailable("the store does not answer")

    with monkeypatch.context() as patched:
        # What the coach wrote is looked into.
        patched.setattr(family.world.mailbox, "update", away)
        saves(family)
    assert left(family) == []
    saves(family)
    assert len(left(family)) == 1


def test_a_checkpoint_that_cannot_be_read_leaves_the_entries_to_be_read(family: Family) -> None:
    long_record(family)
    before = [entry.update for entry in family.entries()]
    (grant,) = left(family)
    family.world.embedded.unpin(grant.object.cid)
    assert family.world.checkpoints.of(family.sam).entries == {}
    assert [entry.update for entry in family.entries()] == before


def test_a_save_counts_its_number_with_the_checkpoint_before_it(family: Family) -> None:
    long_record(family)
    family.world.clock.advance(timedelta(minutes=1))
    saves(family)
    for entry in grants_on(family.world, family.sam.keyring, Sort.REPORT):
        assert entry.grant.number == entry.position
