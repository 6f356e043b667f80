"""Bundles that lie: whoever holds a card's keys can write one, and no entry of it is believed before it is read."""

from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.domain.bundles import BundleEntry, BundleTerms
from blockmrs.domain.kinds import Scope
from blockmrs.domain.sharing import BundleGrant, Grant, Pointer, Receipt
from blockmrs.errors import (
    BlockMRSError,
    InvalidInput,
    VerificationFailed,
)
from blockmrs.services.grants.ending import write_revocation
from blockmrs.services.grants.granting import LineTo, write_grant
from blockmrs.services.lines.bundles import keep_bundle
from blockmrs.services.lines.updates import write_update
from tests.support.heads import head_report
from tests.support.record import Family, Forger, family_in, kinds
from tests.support.world import World


@pytest.fixture
def family(tmp_path, clock) -> Family:
    return family_in(World(tmp_path, clock, alike=True))


def test_an_entry_that_names_another_subjects_update_is_passed_over_by_itself(family: Family) -> None:
    world, forger = family.world, Forger(family)
    other = world.reports.save(family.team.carol, "aa" * 16, replace(head_report(world.clock()), player="Nils"))
    access = world.access.find(family.team.carol, bytes.fromhex(other.address))
    assert access is not None
    alien = BundleEntry(access.grant.gives.object, access.grant.update_id, access.entry.author, "report", 5)
    forger.give([*forger.honest(), alien])
    opened = family.open()
    assert (opened.number, opened.refused) == (4, 1)
    assert other.address not in [update.update_id for update in opened.updates]
    with pytest.raises(VerificationFailed):
        world.received_records.update(family.lee, opened.record.address, other.address)


def test_entries_that_lie_are_passed_over_by_themselves(family: Family) -> None:
    forger = Forger(family)
    facts, report, check = sorted(forger.honest(), key=lambda entry: entry.kind)
    wrong_id = replace(check, update_id=bytes([7]) * 32)
    wrong_key = replace(facts, object=Pointer(facts.object.cid, bytes([7]) * 32))
    forger.give([report, wrong_id, wrong_key])
    opened = family.open()
    assert ([update.kind for update in opened.updates], opened.refused) == (["report"], 2)


def test_the_kind_that_an_entry_claims_is_not_believed(family: Family) -> None:
    forger = Forger(family)
    forger.give([replace(entry, kind="facts") for entry in forger.honest()])
    assert kinds(family.open()) == ["facts", "report", "symptom-check"]


def test_a_bundle_of_another_card_than_the_lines_own_never_arrives(family: Family) -> None:
    forger = Forger(family)
    forger.give(forger.honest(), subject=family.joe.keyring.card.id, author=family.sam.keyring)
    assert family.came() == []


def test_a_bundle_that_its_subjects_card_did_not_sign_never_arrives(family: Family) -> None:
    forger = Forger(family)
    forger.give(forger.honest(), author=family.team.carol.keyring)
    assert family.came() == []


def test_a_bundle_whose_object_is_none_opens_for_nobody_and_leaves_no_receipt(family: Family, monkeypatch) -> None:
    forger = Forger(family)
    forger.give(forger.honest())
    address = family.came()[0].address
    size = family.world.ledger.size

    def nonsense(*_: object, **__: object) -> object:
        raise InvalidInput("not a bundle")

    monkeypatch.setattr("blockmrs.services.lines.mailbox.read_bundle", nonsense)
    with pytest.raises(BlockMRSError):
        family.world.received_records.acknowledge(family.lee, address)
    assert family.world.ledger.size == size
    (share,) = family.shares()
    # Its own page reads what was listed; a list of shares only what it says of itself.
    assert family.world.record_sharing.find(family.maria, family.handle(), share.share_id).unreadable


def test_a_copy_that_a_coach_wrote_on_the_childs_line_is_not_believed(family: Family) -> None:
    world, forger = family.world, Forger(family)
    batch = world.mailbox.batch()
    where = keep_bundle(batch, family.sam.keyring.card.id, BundleTerms(), forger.honest(),
                        chain_id=world.ledger.chain_id)  # fmt: skip
    copy = BundleGrant(
        Scope.BUNDLE, where.object, where.bundle_id, family.sam.keyring.card.id, "care", world.clock(),
        grantee=family.hospital, copy_of=bytes([3]) * 32, party="North Hospital",
    )  # fmt: skip
    for author in (family.team.carol.keyring, family.sam.keyring):
        own = LineTo.own(family.sam.keyring)
        batch.add(Kind.GRANT, copy.to_fields(), author=author, recipient=own.card, line_key=own.key)
    batch.commit()
    assert family.shares() == []


@pytest.mark.parametrize("kind", ["facts", "report"])
def test_what_only_claims_to_follow_a_report_goes_along_with_nothing(family: Family, kind: str) -> None:
    world, carol, before = family.world, family.team.carol.keyring, family.entries()
    batch, subject = world.mailbox.batch(), family.sam.keyring.card.id
    body = next(world.mailbox.entry(subject, entry.update).body for entry in before if entry.kind == kind)
    pointer, update_id = write_update(
        batch, carol, subject=subject, kind=kind, purpose="care", body=body, created=world.clock(),
        chain_id=world.ledger.chain_id,
    )  # fmt: skip
    report = next(entry.update.update_id for entry in before if entry.kind == "report")
    claimed = Grant(update_id, subject, kind, world.clock(), object=pointer, about=report)
    write_grant(batch, claimed, carol, LineTo.own(family.sam.keyring))
    batch.commit()
    assert family.entries() == before


def test_what_follows_a_report_that_is_not_there_goes_to_nobody_who_was_not_told_so(family: Family) -> None:
    world, carol = family.world, family.team.carol.keyring
    check = next(entry for entry in family.entries() if entry.kind == "symptom-check")
    assert not check.is_private
    batch, subject = world.mailbox.batch(), family.sam.keyring.card.id
    body = world.mailbox.entry(subject, check.update).body
    pointer, update_id = write_update(
        batch, carol, subject=subject, kind="symptom-check", purpose="care", body=body, created=world.clock(),
        chain_id=world.ledger.chain_id,
    )  # fmt: skip
    nowhere = Grant(update_id, subject, "symptom-check", world.clock(), object=pointer, about=bytes([9]) * 32)
    write_grant(batch, nowhere, carol, LineTo.own(family.sam.keyring))
    batch.commit()
    assert [entry.is_private for entry in family.entries() if entry.kind == "symptom-check"] == [True, False]


def test_a_receipt_that_no_member_signed_says_nothing(family: Family) -> None:
    family.give()
    world = family.world
    (arrival,) = world.access.bundles(family.lee)
    line = world.mailbox.opened_on(arrival.line_key, arrival.keys.keyring, [arrival.position], arrival.sender)
    grant = line.bundles[arrival.grant_id].grant
    assert grant.return_to_subject is not None
    receipt = Receipt(grant.bundle_id, world.clock(), "care", "Dr Lee", "North Hospital", arrival.grant_id)
    batch = world.mailbox.batch()
    batch.add(Kind.RECEIPT, receipt.to_fields(), author=family.team.carol.keyring, recipient=arrival.sender,
              line_key=grant.return_to_subject)  # fmt: skip
    batch.commit()
    assert family.shares()[0].receipts == ()


@pytest.mark.parametrize("by", ["coach", "family"])
def test_a_stopped_copy_that_does_not_open_holds_up_nothing_that_was_stopped(family: Family, by: str) -> None:
    world, forger = family.world, Forger(family)
    report_share = world.sharing.grant(
        family.maria, family.report, family.hospital, "care", world.clock() + timedelta(days=30)
    )
    world.sharing.stop(family.maria, family.report, report_share.share_id)
    batch = world.mailbox.batch()
    where = keep_bundle(batch, family.sam.keyring.card.id, BundleTerms(), forger.honest(),
                        chain_id=world.ledger.chain_id)  # fmt: skip
    copy = BundleGrant(
        Scope.BUNDLE, Pointer(where.object.cid, bytes(32)), where.bundle_id, family.sam.keyring.card.id, "care",
        world.clock(), grantee=family.hospital, copy_of=bytes([3]) * 32, party="North Hospital",
    )  # fmt: skip
    author = family.team.carol.keyring if by == "coach" else family.maria.keyring
    own = LineTo.own(family.sam.keyring)
    copy_id = batch.add(Kind.GRANT, copy.to_fields(), author=author, recipient=own.card, line_key=own.key)
    write_revocation(batch, copy_id, world.clock(), author, own)
    batch.commit()
    assert world.sealing_anew.progress(family.maria, family.report).total
    assert world.sealing_anew.go_on(family.maria, family.report).is_finished


def test_a_stopped_copy_that_a_coach_wrote_makes_nobody_seal_anew(family: Family) -> None:
    world, forger = family.world, Forger(family)
    batch = world.mailbox.batch()
    where = keep_bundle(batch, family.sam.keyring.card.id, BundleTerms(), forger.honest(),
                        chain_id=world.ledger.chain_id)  # fmt: skip
    copy = BundleGrant(
        Scope.BUNDLE, where.object, where.bundle_id, family.sam.keyring.card.id, "care", world.clock(),
        grantee=family.hospital, copy_of=bytes([3]) * 32, party="North Hospital",
    )  # fmt: skip
    author, own = family.team.carol.keyring, LineTo.own(family.sam.keyring)
    copy_id = batch.add(Kind.GRANT, copy.to_fields(), author=author, recipient=own.card, line_key=own.key)
    write_revocation(batch, copy_id, world.clock(), author, own)
    batch.commit()
    assert world.sealing_anew.progress(family.maria, family.report).total == 0
