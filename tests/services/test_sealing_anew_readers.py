"""Sealing anew takes nothing from who may read, whatever gave it to them and whoever left; nor does a release."""

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.crypto.envelope import open_object, seal_object
from blockmrs.domain.renewal import Renewal
from blockmrs.services.people.persons import ME
from blockmrs.services.selections.selection import Selection, Terms
from tests.services.test_sealing_anew import MONTH, Sent, sent

__all__ = ["sent"]


@pytest.mark.parametrize("way", ["a share of it", "a share of the record", "everything from now on"])
def test_whoever_reads_ones_own_report_reads_on_when_a_share_of_it_is_stopped(sent: Sent, way: str) -> None:
    world, maria = sent.world, sent.maria
    north = next(entry.card_id for entry in world.organisations.directory() if entry.name == "North Hospital")
    until = world.clock() + MONTH
    if way == "everything from now on":
        world.from_now_on.begin(maria, ME, north, "care", until, ["reports"])
    mine = world.people.find(maria, ME)
    own = world.reports.save(maria, "ef" * 16, world.report("Maria Rivers"), person=mine).address
    if way == "a share of it":
        sent.send(maria, "North Hospital", own)
    if way == "a share of the record":
        world.record_sharing.share(maria, ME, "ab" * 16, north, Selection(), Terms("care", until))
    before = sent.pointer(maria, own)
    sent.stop(maria, sent.send(maria, "South Hospital", own), own)
    assert world.sealing_anew.go_on(maria, own).is_finished
    assert not sent.opens(before)
    assert world.reports.open(maria, own).report.player == "Maria Rivers"
    if way == "a share of the record":
        (record,), _ = world.received_records.page(sent.lee, None, [])
        world.received_records.acknowledge(sent.lee, record.address)
        assert world.received_records.update(sent.lee, record.address, own).report is not None
    else:
        assert sent.reads(sent.lee, own)


def test_what_a_father_sealed_anew_stays_readable_when_he_left_and_waits_to_come_back(sent: Sent) -> None:
    world = sent.world
    sent.stop(sent.joe, sent.send(sent.joe, "North Hospital"))
    assert world.sealing_anew.go_on(sent.joe, sent.address).is_finished
    now = sent.pointer(sent.maria)
    sent.team.end(sent.joe, "Joe Rivers")
    assert sent.pointer(sent.maria) == now
    world.teams.join(sent.joe, sent.team.code(), "guardian", "")
    # On the roll of today he only waits; when he sealed it anew, he was in.
    assert sent.pointer(sent.maria) == now
    assert world.reports.open(sent.maria, sent.address).report.author == "Ana Coach"


def test_a_release_gives_the_object_that_is_there_when_its_turn_comes(
    sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, carol = sent.world, sent.team.carol
    kept = sent.team.save(withheld=True)
    before, hold, chain_id = sent.pointer(carol, kept), world.sharing._locks.hold, world.ledger.chain_id

    def after_another_process(key: bytes):
        """Meanwhile the report was sealed anew, and the object of before was let go."""
        monkeypatch.undo()
        grant, batch = world.access.find(carol, bytes.fromhex(kept)).grant, world.mailbox.batch()
        text = open_object(world.objects.get(before.cid), before.seed, chain_id=chain_id)
        renewal = Renewal(grant.update_id, grant.subject, batch.keep(seal_object(text, chain_id=chain_id)))
        keyring = carol.keyring
        batch.add(
            Kind.GRANT, renewal.to_fields(), author=keyring, recipient=keyring.card, line_key=keyring.own_line
        )  # fmt: skip
        batch.commit()
        world.access.forget_place(carol, grant.update_id)
        for path in (world.folder / "objects").rglob(f"*{before.cid}*"):
            path.unlink()
        return hold(key)

    monkeypatch.setattr(world.sharing._locks, "hold", after_another_process)
    world.sharing.release_to_family(carol, kept)
    for reader in (carol, sent.maria):
        assert world.reports.open(reader, kept).report.author == "Ana Coach"
