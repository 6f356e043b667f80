"""What stopping a share leaves to do, and that it is done: sealed anew for those who remain, the old object let go.

Each test plays a person: the mother who stops, the hospital that was stopped and kept every key it ever had, the one
that remains, the coach who has a part of it to do, somebody with keys and no right.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.cid import Cid
from blockmrs.crypto.envelope import open_object
from blockmrs.crypto.keys import Keyring
from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.renewal import Renewal
from blockmrs.domain.sharing import Pointer
from blockmrs.errors import (
    CannotOpen,
    Ended,
    NotAuthorized,
    NotFound,
    ObjectMismatch,
    ObjectMissing,
    VerificationFailed,
)
from blockmrs.moments import to_ms
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.stopping import sealing_anew
from tests.services.test_story import member, share
from tests.support.heads import answers, head_report
from tests.support.team import Team, team_in
from tests.support.world import World

MONTH = timedelta(days=30)
DRAFT = "cd" * 16


@dataclass
class Sent:
    """A coach's report of a head injury, a child whose mother and father have joined, two hospitals."""

    team: Team
    joe: Actor
    lee: Actor
    otto: Actor
    address: str

    @property
    def world(self) -> World:
        return self.team.world

    @property
    def maria(self) -> Actor:
        return self.team.maria

    def send(self, actor: Actor, name: str, address: str = "") -> str:
        organisation = next(entry for entry in self.world.organisations.directory() if entry.name == name)
        until = self.world.clock() + MONTH
        return self.world.sharing.grant(actor, address or self.address, organisation.card_id, "care", until).share_id

    def stop(self, actor: Actor, share_id: str, address: str = "") -> None:
        self.world.sharing.stop(actor, address or self.address, share_id)

    def pointer(self, actor: Actor, address: str = "") -> Pointer:
        """Where the report is, by what that person reads."""
        access = self.world.access.find(actor, bytes.fromhex(address or self.address))
        assert access is not None
        assert access.grant.object is not None
        return access.grant.object

    def opens(self, pointer: Pointer) -> bool:
        """Whether somebody who kept that key, straight at the store, opens what is there."""
        try:
            content = self.world.objects.get(pointer.cid)
        except ObjectMissing:
            return False
        open_object(content, pointer.seed, chain_id=self.world.ledger.chain_id)
        return True

    def reads(self, clinician: Actor, address: str = "") -> bool:
        self.world.sharing.acknowledge(clinician, address or self.address)
        return self.world.sharing.open_shared(clinician, address or self.address) is not None


@pytest.fixture
def sent(tmp_path, clock) -> Sent:
    team = team_in(World(tmp_path, clock, alike=True))
    world = team.world

    def make() -> tuple[Actor, Actor, Actor, str]:
        lee, otto = member(world, "lee", "North Hospital"), member(world, "otto", "South Hospital")
        joe = team.joins("joe", "Joe Rivers")
        team.confirm(team.maria, "Joe Rivers")
        (player,) = world.teams.team(team.carol).players
        report = head_report(world.clock())
        return joe, lee, otto, world.reports.save(team.carol, "aa" * 16, report, player=player).address

    return Sent(team, *world.once("sent, to be stopped", make))


def test_author_and_owner_have_an_object_each(sent):
    coachs, familys = sent.pointer(sent.team.carol), sent.pointer(sent.maria)
    assert coachs.cid != familys.cid
    assert coachs.seed != familys.seed


def test_who_was_stopped_opens_nothing_more_here_with_every_key_they_ever_had_and_who_remains_reads_on(sent):
    share_id = sent.send(sent.maria, "North Hospital")
    sent.send(sent.maria, "South Hospital")
    assert sent.reads(sent.lee)
    kept = sent.pointer(sent.lee)
    sent.stop(sent.maria, share_id)
    assert sent.opens(kept), "the revocation alone leaves the object"
    done = sent.world.sealing_anew.go_on(sent.maria, sent.address)
    assert done.is_finished
    assert not sent.opens(kept)
    now = sent.pointer(sent.maria)
    with pytest.raises((CannotOpen, ObjectMismatch, VerificationFailed)):
        sent.opens(Pointer(now.cid, kept.seed))
    for reader in (sent.maria, sent.joe, sent.otto):
        assert sent.pointer(reader) == now
    assert sent.reads(sent.otto)
    assert sent.world.reports.open(sent.joe, sent.address).report.author == "Ana Coach"
    with pytest.raises(Ended):
        sent.world.sharing.open_shared(sent.lee, sent.address)


def test_the_authors_object_is_not_touched_by_what_the_family_seals_anew(sent):
    coachs = sent.pointer(sent.team.carol)
    share(sent.world, sent.team.carol, sent.address)
    sent.stop(sent.maria, sent.send(sent.maria, "South Hospital"))
    sent.world.sealing_anew.go_on(sent.maria, sent.address)
    assert sent.opens(coachs)
    assert sent.pointer(sent.team.carol) == coachs == sent.pointer(sent.lee)
    assert sent.reads(sent.lee)


def test_the_text_keeps_its_id_its_signature_and_its_place(sent):
    world = sent.world
    (player,) = world.teams.team(sent.team.carol).players
    world.reports.save(sent.team.carol, "bb" * 16, world.report(), player=player)
    before = [saved.address for saved in world.reports.page_about(world.people.of(sent.maria)[-1])[0]]
    update = world.mailbox.update(world.access.find(sent.maria, bytes.fromhex(sent.address)).grant)
    sent.stop(sent.maria, sent.send(sent.maria, "North Hospital"))
    world.sealing_anew.go_on(sent.maria, sent.address)
    listed = world.reports.page_about(world.people.of(sent.maria)[-1])[0]
    assert [saved.address for saved in listed] == before
    assert not any(saved.lost for saved in listed)
    assert world.mailbox.update(world.access.find(sent.maria, bytes.fromhex(sent.address)).grant) == update
    world.reports.save(sent.team.carol, "cc" * 16, world.report(), player=player)
    assert world.reports.is_whole([world.people.of(sent.maria)[-1]]), "the next update names the one before"


def test_a_renewal_gives_no_right(sent):
    """The hospital that was stopped is left a renewal, by whoever has the card's keys: it opens nothing there."""
    share_id = sent.send(sent.maria, "North Hospital")
    sent.stop(sent.maria, share_id)
    sent.world.sealing_anew.go_on(sent.maria, sent.address)
    (keys,) = sent.world.teams.acting_for(sent.maria)
    organisation = next(one for one in sent.world.organisations.directory() if one.name == "North Hospital")
    grant = sent.world.access.find(sent.maria, bytes.fromhex(sent.address)).grant
    batch = sent.world.mailbox.batch()
    batch.add(
        Kind.GRANT, Renewal(grant.update_id, grant.subject, grant.object).to_fields(), author=keys.keyring,
        recipient=sent.world.cards.find(organisation.card_id), line_key=keys.keyring.line_to(organisation.card_id),
    )  # fmt: skip
    batch.commit()
    assert [item.active for item in sent.world.received(sent.lee)] == [False]
    with pytest.raises(Ended):
        sent.world.sharing.open_shared(sent.lee, sent.address)


def test_a_renewal_by_somebody_with_the_cards_keys_who_is_not_of_the_family_takes_nothing_away(sent):
    world, carol = sent.world, sent.team.carol
    access = world.access.find(carol, bytes.fromhex(sent.address))
    keys = world.books.subject(carol, access)
    before = sent.pointer(sent.maria)
    nowhere = Renewal(access.grant.update_id, access.grant.subject, Pointer(before.cid, bytes(32)))
    batch = world.mailbox.batch()
    batch.add(
        Kind.GRANT, nowhere.to_fields(), author=carol.keyring, recipient=keys.keyring.card,
        line_key=keys.keyring.own_line,
    )  # fmt: skip
    batch.commit()
    assert sent.pointer(sent.maria) == before
    assert world.reports.open(sent.maria, sent.address).report.author == "Ana Coach"


def test_the_checks_that_went_along_are_sealed_anew_too(sent):
    world = sent.world
    share_id = sent.send(sent.maria, "North Hospital")
    sent.send(sent.maria, "South Hospital")
    world.followups.save(sent.maria, sent.address, DRAFT, answers())
    access = world.access.find(sent.lee, bytes.fromhex(sent.address))
    (check,) = world.attachments.entries(sent.lee, access, "symptom-check")
    assert sent.opens(check.grant.object)
    sent.stop(sent.maria, share_id)
    assert world.sealing_anew.progress(sent.maria, sent.address).total == 2
    assert world.sealing_anew.go_on(sent.maria, sent.address).is_finished
    assert not sent.opens(check.grant.object)
    for reader in (sent.maria, sent.team.carol, sent.joe):
        assert len(world.followups.of(reader, sent.address).checks) == 1
    assert sent.reads(sent.otto)
    assert len(world.followups.of(sent.otto, sent.address).checks) == 1


def test_what_the_family_stops_of_the_coachs_the_coach_seals_anew_at_their_next_visit(sent):
    world, carol = sent.world, sent.team.carol
    share(world, carol, sent.address)
    sent.send(carol, "South Hospital")
    kept = sent.pointer(sent.lee)
    (first,) = [one for one in world.sharing.shares(sent.maria, sent.address) if one.party == "North Hospital"]
    sent.stop(sent.maria, first.share_id)
    told = world.sealing_anew.go_on(sent.maria, sent.address)
    assert (told.is_finished, told.by_author) == (True, True)
    assert sent.opens(kept), "only who gave it can seal it anew"
    assert world.sealing_anew.progress(carol, sent.address).total == 1
    assert world.sealing_anew.go_on(carol, sent.address).is_finished
    assert not sent.opens(kept)
    assert sent.reads(sent.otto)
    assert sent.pointer(carol) == sent.pointer(sent.otto) != kept
    assert world.reports.open(carol, sent.address).report.author == "Ana Coach"
    assert [saved.address for saved in world.reports.mine(carol)[0]] == [sent.address]


def test_an_object_that_a_crews_code_opens_stays_until_the_code_has_ended(sent):
    world = sent.world
    share_id = sent.send(sent.maria, "North Hospital")
    kept = sent.pointer(sent.lee)
    code = world.codes.make(sent.maria, sent.address)
    sent.stop(sent.maria, share_id)
    progress = world.sealing_anew.go_on(sent.maria, sent.address)
    assert (progress.is_finished, progress.for_crew) == (True, 1)
    assert world.codes.open_qr(code.qr_secret, "").report.author == "Ana Coach"
    assert sent.opens(kept)
    world.clock.advance(timedelta(days=1, seconds=1))
    waiting = world.sealing_anew.progress(sent.maria, sent.address)
    assert (waiting.is_finished, waiting.for_crew) == (False, 0)
    assert world.sealing_anew.go_on(sent.maria, sent.address).is_finished
    assert not sent.opens(kept)


def test_a_code_that_is_shown_again_opens_what_was_sealed_anew(sent):
    world = sent.world
    code = world.codes.make(sent.maria, sent.address)
    sent.stop(sent.maria, sent.send(sent.maria, "North Hospital"))
    world.sealing_anew.go_on(sent.maria, sent.address)
    assert world.codes.make(sent.maria, sent.address).qr_secret == code.qr_secret
    assert world.codes.open_qr(code.qr_secret, "").report.author == "Ana Coach"


def test_with_a_former_coachs_keys_nothing_is_let_go(sent):
    """The keys of the card, and so its release secrets, are not enough: the node asks the roll."""
    world, carol = sent.world, sent.team.carol
    sent.stop(sent.maria, sent.send(sent.maria, "North Hospital"))
    access = world.access.find(carol, bytes.fromhex(sent.address))
    keys = world.books.subject(carol, access)
    releases = world.sealing_anew._releases
    (stopped,) = world.left_to_do.of_owner(keys)
    with pytest.raises(NotAuthorized):
        releases.let_go(carol, keys.keyring, keys, [stopped])
    assert releases.held_for(keys.keyring, [stopped.entry.grant.object.cid])


def test_a_recipient_has_no_release_secret(sent):
    sent.send(sent.maria, "North Hospital")
    got = sent.pointer(sent.lee)
    releases = sent.world.sealing_anew._releases
    organisation = sent.world.organisations.memberships(sent.lee)[0].keyring
    for keyring in (sent.lee.keyring, organisation, Keyring.from_seed(got.seed), sent.team.carol.keyring):
        assert releases.held_for(keyring, [got.cid]) == []


def test_what_was_never_stopped_is_neither_sealed_anew_nor_let_go(sent):
    sent.send(sent.maria, "North Hospital")
    before, size = sent.pointer(sent.maria), sent.world.ledger.size
    assert sent.world.sealing_anew.go_on(sent.maria, sent.address).total == 0
    assert (sent.pointer(sent.maria), sent.world.ledger.size) == (before, size)
    assert sent.opens(before)


def test_a_stranger_and_who_was_stopped_can_do_none_of_it(sent):
    share_id = sent.send(sent.maria, "North Hospital")
    sent.stop(sent.maria, share_id)
    mallory = sent.world.person("mallory", "Mallory")
    size = sent.world.ledger.size
    for actor, error in ((sent.lee, Ended), (mallory, NotFound)):
        for act in (sent.world.sealing_anew.progress, sent.world.sealing_anew.go_on):
            with pytest.raises(error):
                act(actor, sent.address)
    assert sent.world.ledger.size == size


def test_it_goes_in_slices_by_whoever_of_the_family_is_there_and_says_how_far_it_is(sent, monkeypatch):
    world = sent.world
    monkeypatch.setattr(sealing_anew, "SLICE", 2)
    (player,) = world.teams.team(sent.team.carol).players
    addresses = [
        world.reports.save(sent.team.carol, f"{number:032x}", world.report(), player=player).address
        for number in range(1, 6)
    ]
    kept = []
    for address in addresses:
        share_id = sent.send(sent.maria, "North Hospital", address)
        kept.append(sent.pointer(sent.lee, address))
        sent.stop(sent.maria, share_id, address)
    said = [sent.world.sealing_anew.go_on(actor, addresses[0]) for actor in (sent.maria, sent.joe, sent.maria)]
    assert [(one.done, one.total) for one in said[:2]] == [(2, 5), (4, 5)]
    assert said[-1].is_finished
    assert not any(sent.opens(pointer) for pointer in kept)


def test_two_who_go_on_at_once_seal_it_anew_once(sent):
    world = sent.world
    sent.stop(sent.maria, sent.send(sent.maria, "North Hospital"))
    world.sealing_anew.go_on(sent.maria, sent.address)
    size, now = world.ledger.size, sent.pointer(sent.maria)
    world.sealing_anew.go_on(sent.joe, sent.address)
    assert (world.ledger.size, sent.pointer(sent.joe)) == (size, now)


def test_given_again_and_stopped_again_it_is_sealed_anew_again(sent):
    kept = []
    for _ in range(3):
        share_id = sent.send(sent.maria, "North Hospital")
        kept.append(sent.pointer(sent.lee))
        sent.stop(sent.maria, share_id)
        sent.world.sealing_anew.go_on(sent.maria, sent.address)
    assert len({pointer.cid for pointer in kept}) == 3
    assert not any(sent.opens(pointer) for pointer in kept)
    assert sent.opens(sent.pointer(sent.maria))


def test_the_end_of_everything_from_now_on_seals_anew_all_that_was_given_under_it(sent):
    world = sent.world
    handle = sent.team.handle(sent.maria)
    organisations = {entry.name: entry.card_id for entry in world.organisations.directory()}
    for name in organisations:
        world.from_now_on.begin(
            sent.maria, handle, organisations[name], "care", world.clock() + MONTH, ["reports", "facts"]
        )
    person = world.people.of(sent.maria)[-1]
    told = HealthFacts(date(2012, 3, 27), {"diabetes": "none"}, ("Penicillin",))
    world.facts.save(sent.maria, person, DRAFT, told, "", world.clock().date())
    (player,) = world.teams.team(sent.team.carol).players
    later = world.reports.save(sent.team.carol, "ee" * 16, world.report(), player=player).address
    world.from_now_on.give(sent.maria, handle)
    before = sent.pointer(sent.maria, later)
    assert sent.pointer(sent.lee, later) == before == sent.pointer(sent.otto, later)
    world.from_now_on.stop(sent.maria, handle, organisations["North Hospital"].hex())
    assert world.sealing_anew.progress(sent.maria, later).total == 2
    assert world.sealing_anew.go_on(sent.maria, later).is_finished
    assert not sent.opens(before)
    assert sent.reads(sent.otto, later)
    assert sent.pointer(sent.otto, later) == sent.pointer(sent.joe, later) != before
    assert world.facts.newest(person).facts == told
    (record,) = world.standing_records.records(sent.otto)
    (facts,) = world.standing_records.page(sent.otto, record.record_id).facts
    world.standing_records.acknowledge(sent.otto, record.record_id, facts.address)
    opened = world.standing_records.open(sent.otto, record.record_id, facts.address)
    assert opened is not None
    assert opened.facts == told


def test_after_the_end_of_everything_from_now_on_the_cards_of_the_person_are_gone_on_with(sent):
    world, handle = sent.world, sent.team.handle(sent.maria)
    north = next(entry for entry in world.organisations.directory() if entry.name == "North Hospital")
    world.from_now_on.begin(sent.maria, handle, north.card_id, "care", world.clock() + MONTH, ["reports"])
    (player,) = world.teams.team(sent.team.carol).players
    later = world.reports.save(sent.team.carol, "ee" * 16, world.report(), player=player).address
    world.from_now_on.give(sent.maria, handle)
    before = sent.pointer(sent.lee, later)
    world.from_now_on.stop(sent.maria, handle, north.card_id.hex())
    person = world.people.find(sent.maria, handle)
    world.sealing_anew.go_on_about(sent.maria, person.cards)
    assert not sent.opens(before)
    size = world.ledger.size
    world.sealing_anew.go_on_about(sent.maria, person.cards)
    assert world.ledger.size == size


def test_who_reads_everything_from_now_on_reads_on_when_another_share_is_stopped(sent):
    world = sent.world
    south = next(entry for entry in world.organisations.directory() if entry.name == "South Hospital")
    world.from_now_on.begin(
        sent.maria, sent.team.handle(sent.maria), south.card_id, "care", world.clock() + MONTH, ["reports"]
    )
    (player,) = world.teams.team(sent.team.carol).players
    later = world.reports.save(sent.team.carol, "ee" * 16, world.report(), player=player).address
    world.from_now_on.give(sent.maria, sent.team.handle(sent.maria))
    before = sent.pointer(sent.otto, later)
    sent.stop(sent.maria, sent.send(sent.maria, "North Hospital", later), later)
    assert world.sealing_anew.go_on(sent.maria, later).is_finished
    assert not sent.opens(before)
    assert sent.reads(sent.otto, later)


def test_a_text_that_is_not_here_is_counted_and_holds_up_nothing_else(sent):
    world = sent.world
    sent.stop(sent.maria, sent.send(sent.maria, "North Hospital"))
    world.embedded.unpin(sent.pointer(sent.maria).cid)
    done = world.sealing_anew.go_on(sent.maria, sent.address)
    assert (done.is_finished, done.lost) == (True, 1)


def test_everything_here_still_verifies_afterwards(sent):
    sent.stop(sent.maria, sent.send(sent.maria, "North Hospital"))
    sent.world.sealing_anew.go_on(sent.maria, sent.address)
    checked = sent.world.evidence.check_everything(lambda *_: None)
    assert checked.unlisted == 0


def stopped_and_renewed(sent: Sent, elsewhere: Pointer) -> None:
    """A share was stopped, and the family's line names, as the newest object of the report, the one that is there."""
    world = sent.world
    sent.stop(sent.maria, sent.send(sent.maria, "North Hospital"))
    (keys,) = world.teams.acting_for(sent.maria)
    grant = world.access.find(sent.maria, bytes.fromhex(sent.address)).grant
    batch = world.mailbox.batch()
    batch.add(
        Kind.GRANT, Renewal(grant.update_id, grant.subject, elsewhere).to_fields(), author=sent.maria.keyring,
        recipient=keys.keyring.card, line_key=keys.keyring.own_line,
    )  # fmt: skip
    batch.commit()


def test_what_a_renewal_that_leads_nowhere_would_leave_alone_is_not_let_go(sent, caplog):
    before = sent.pointer(sent.maria)
    stopped_and_renewed(sent, Pointer(before.cid, bytes(32)))
    assert not sent.world.sealing_anew.go_on(sent.maria, sent.address).is_finished
    assert sent.opens(before)
    assert "an older object stays" in caplog.text


def test_nor_what_one_to_an_object_that_is_not_here_would_leave_alone(sent):
    before = sent.pointer(sent.maria)
    stopped_and_renewed(sent, Pointer(Cid.of(b"never stored"), bytes(32)))
    sent.world.sealing_anew.go_on(sent.maria, sent.address)
    assert sent.opens(before)


def test_while_the_clock_is_not_believed_nothing_is_sealed_anew_or_let_go(sent):
    world = sent.world
    sent.stop(sent.maria, sent.send(sent.maria, "North Hospital"))
    before, size = sent.pointer(sent.maria), world.ledger.size
    world.believed = False
    progress = world.sealing_anew.go_on(sent.maria, sent.address)
    assert (progress.is_finished, progress.for_clock) == (False, True)
    assert (sent.pointer(sent.maria), world.ledger.size) == (before, size)
    assert sent.opens(before)
    world.believed = True
    progress = world.sealing_anew.go_on(sent.maria, sent.address)
    assert (progress.is_finished, progress.for_clock) == (True, False)
    assert not sent.opens(before)


def test_what_is_let_go_is_erased_30_days_after_the_newest_block_however_far_the_clock_is_behind(sent):
    world = sent.world
    sent.stop(sent.maria, sent.send(sent.maria, "North Hospital"))
    before, noon = sent.pointer(sent.maria), world.mailbox.moment()
    world.clock.advance(timedelta(days=-60))
    world.sealing_anew.go_on(sent.maria, sent.address)
    assert world.let_go.at_ms(before.cid) >= to_ms(noon)


def test_one_that_does_not_open_holds_up_none_of_the_others(sent, monkeypatch, caplog):
    world = sent.world
    (player,) = world.teams.team(sent.team.carol).players
    other = world.reports.save(sent.team.carol, "bb" * 16, world.report(), player=player).address
    for address in (sent.address, other):
        sent.stop(sent.maria, sent.send(sent.maria, "North Hospital", address), address)
    before, seal = sent.pointer(sent.maria, other), world.mailbox.seal_anew

    def seal_others(batch, pointer, holder):
        if pointer.update_id.startswith(bytes.fromhex(sent.address)):
            raise CannotOpen("cannot be opened")
        return seal(batch, pointer, holder)

    monkeypatch.setattr(world.mailbox, "seal_anew", seal_others)
    progress = world.sealing_anew.go_on(sent.maria, sent.address)
    assert (progress.done, progress.total) == (1, 2)
    assert not sent.opens(before)
    assert "cannot be sealed anew" in caplog.text
