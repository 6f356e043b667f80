"""What the family sends: a coach's report about their child, to a hospital of their choice, and to a crew by code.

Each test plays a person: the mother who sends, the father who stops it, the coach who must not be shown it, the
clinician whom it reaches, and those who hold keys that do not let them.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from blockmrs.domain.clearances import FULL_PLAY
from blockmrs.domain.sharing import Grant
from blockmrs.errors import Ended, InvalidInput, NotAuthorized, NotFound
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.grants.granting import LineTo, write_grant
from blockmrs.services.sharing.shares import Share
from tests.services.test_clearances import clear
from tests.services.test_story import member, share
from tests.support.heads import answers, head_report
from tests.support.team import Team, team_in
from tests.support.world import World

MONTH = timedelta(days=30)


@dataclass
class Sent:
    """A coach's report about a head injury, a player whose mother and father have joined, and a hospital."""

    team: Team
    joe: Actor
    lee: Actor
    address: str

    @property
    def world(self) -> World:
        return self.team.world

    def send(self, actor: Actor, how_long: timedelta = MONTH) -> Share:
        organisation = self.world.organisations.directory()[0]
        until = self.world.clock() + how_long
        return self.world.sharing.grant(actor, self.address, organisation.card_id, "care", until)

    def shown_to(self, actor: Actor) -> list[tuple[str, bool, str, bool]]:
        shares = self.world.sharing.shares(actor, self.address)
        return [(share.party, share.from_family, share.sender, share.active) for share in shares]


@pytest.fixture
def sent(tmp_path, clock) -> Sent:
    team = team_in(World(tmp_path, clock, alike=True))
    world = team.world

    def make() -> tuple[Actor, Actor, str]:
        lee, joe = member(world, "lee", "North Hospital"), team.joins("joe", "Joe Rivers")
        team.confirm(team.maria, "Joe Rivers")
        (player,) = world.teams.team(team.carol).players
        report = head_report(world.clock())
        return joe, lee, world.reports.save(team.carol, "aa" * 16, report, player=player).address

    return Sent(team, *world.once("sent by the family", make))


def test_what_the_mother_sends_opens_at_the_hospital_with_a_receipt_that_the_whole_family_sees(sent):
    world, (mother, father) = sent.world, (sent.team.maria, sent.joe)
    assert sent.send(mother).active
    assert [(item.sender, item.title, item.active) for item in world.received(sent.lee)] == [
        ("Maria Rivers", "Sam Rivers, 13 to 15 years", True)
    ]
    world.sharing.acknowledge(sent.lee, sent.address)
    opened = world.sharing.open_shared(sent.lee, sent.address)
    assert opened is not None
    assert opened.report.author == "Ana Coach"
    for one in (mother, father):
        assert sent.shown_to(one) == [("North Hospital", True, "Maria Rivers", True)]
        (share_of,) = world.sharing.shares(one, sent.address)
        assert [receipt.reader for receipt in share_of.receipts] == ["Dr Lee"]
        assert [entry.party for entry in world.rights.page(one, sent.team.handle(one)).shares] == ["North Hospital"]


def test_the_coach_is_not_shown_whom_the_family_sends_it_to_and_still_sends_it_as_before(sent):
    sent.send(sent.team.maria)
    assert sent.shown_to(sent.team.carol) == []
    assert share(sent.world, sent.team.carol, sent.address).active
    assert sent.shown_to(sent.team.carol) == [("North Hospital", False, "", True)]
    assert [entry[1:3] for entry in sent.shown_to(sent.team.maria)] == [(False, ""), (True, "Maria Rivers")]


def test_whoever_of_the_family_sends_it_again_finds_the_same_share(sent):
    first = sent.send(sent.team.maria)
    size = sent.world.ledger.size
    assert sent.send(sent.joe).share_id == first.share_id
    assert sent.world.ledger.size == size


def test_what_the_coach_sent_serves_the_family_as_long_as_it_lasts_and_no_longer(sent):
    coachs = share(sent.world, sent.team.carol, sent.address)
    sent.send(sent.team.maria, MONTH - timedelta(days=1))
    assert len(sent.shown_to(sent.team.maria)) == 1
    longer = sent.send(sent.team.maria, MONTH + timedelta(days=1))
    assert longer.from_family
    assert len(sent.shown_to(sent.team.maria)) == 2
    sent.world.clock.advance(MONTH)
    assert sent.world.sharing.cover(sent.lee, sent.address).until == longer.until != coachs.until


@pytest.mark.parametrize("who", ["maria", "joe"])
def test_anybody_of_the_family_stops_it_and_it_can_be_sent_anew(sent, who):
    share_id = sent.send(sent.team.maria).share_id
    sent.world.sharing.acknowledge(sent.lee, sent.address)
    actor = sent.joe if who == "joe" else sent.team.maria
    assert not sent.world.sharing.stop(actor, sent.address, share_id).active
    with pytest.raises(Ended):
        sent.world.sharing.open_shared(sent.lee, sent.address)
    (shown,) = sent.world.sharing.shares(sent.team.maria, sent.address)
    assert (shown.by_family, shown.said_stopped) == (True, None)
    assert sent.send(sent.team.maria).active
    assert sent.world.sharing.cover(sent.lee, sent.address).active


def test_what_the_coach_sent_and_the_family_stopped_the_family_may_send_and_the_coach_may_not(sent):
    share(sent.world, sent.team.carol, sent.address)
    (coachs,) = sent.world.sharing.shares(sent.team.maria, sent.address)
    sent.world.sharing.stop(sent.team.maria, sent.address, coachs.share_id)
    assert sent.send(sent.team.maria).active
    assert sent.world.sharing.cover(sent.lee, sent.address).active
    with pytest.raises(InvalidInput):
        share(sent.world, sent.team.carol, sent.address)


def test_a_coach_cannot_stop_what_the_family_sent(sent):
    share_id = sent.send(sent.team.maria).share_id
    size = sent.world.ledger.size
    with pytest.raises(NotFound):
        sent.world.sharing.stop(sent.team.carol, sent.address, share_id)
    assert sent.world.ledger.size == size


def test_a_stranger_another_patient_and_who_waits_send_nothing_and_leave_no_trace(sent):
    stranger, patient = sent.world.person("eve", "Eve"), sent.world.person("pat", "Pat")
    waiting = sent.team.joins("mallory", "Mallory Stranger")
    size = sent.world.ledger.size
    for actor in (stranger, patient, waiting):
        with pytest.raises(NotFound):
            sent.send(actor)
        with pytest.raises(NotFound):
            sent.world.codes.make(actor, sent.address)
    with pytest.raises(NotAuthorized):
        sent.world.sharing.release_to_family(sent.team.maria, sent.address)
    assert sent.world.ledger.size == size


def test_who_left_the_family_sends_nothing_more_and_the_others_see_and_stop_what_they_sent(sent):
    share_id = sent.send(sent.joe).share_id
    code = sent.world.codes.make(sent.joe, sent.address)
    sent.team.end(sent.joe, "Joe Rivers")
    for act in (sent.send, lambda actor: sent.world.codes.make(actor, sent.address)):
        with pytest.raises(NotFound):
            act(sent.joe)
    assert len(sent.team.page(sent.team.maria).codes) == 1
    sent.world.codes.stop(sent.team.maria, sent.address)
    with pytest.raises(NotFound):
        sent.world.codes.open_qr(code.qr_secret, "crew")
    assert sent.shown_to(sent.team.maria) == [("North Hospital", True, "Joe Rivers", True)]
    assert not sent.world.sharing.stop(sent.team.maria, sent.address, share_id).active


def test_with_the_coachs_part_goes_what_they_may_do_and_not_what_the_family_sent(sent):
    sent.send(sent.team.maria)
    sent.team.end(sent.team.maria, "Carol Coach", "coach")
    for act in (sent.world.sharing.shares, sent.world.codes.make):
        with pytest.raises(Ended):
            act(sent.team.carol, sent.address)
    assert sent.shown_to(sent.team.maria) == [("North Hospital", True, "Maria Rivers", True)]
    assert sent.world.sharing.cover(sent.lee, sent.address).active


@pytest.mark.parametrize("signer", ["the player's card", "a stranger's card"])
def test_a_copy_that_nobody_of_the_family_signed_is_shown_to_nobody(sent, signer):
    """A coach with a program of their own writes on the player's line that the family sent it to some clinic."""
    world, coach = sent.world, sent.team.carol
    access = world.access.find(coach, bytes.fromhex(sent.address))
    held = world.books.subject(coach, access).keyring
    author = held if signer == "the player's card" else world.person("eve", "Eve").keyring
    organisation = world.organisations.directory()[0]
    forged = Grant(
        access.grant.update_id, held.card.id, "care", world.clock(), not_after=world.clock() + MONTH,
        party="Some Clinic", grantee=organisation.card_id, copy_of=bytes(32), return_to_subject=bytes(32),
    )  # fmt: skip
    batch = world.mailbox.batch()
    write_grant(batch, forged, author, LineTo.own(held))
    batch.commit()
    assert sent.shown_to(sent.team.maria) == []


def test_a_check_made_by_the_coach_later_reaches_the_hospital_that_the_family_chose(sent):
    sent.send(sent.team.maria)
    sent.world.sharing.acknowledge(sent.lee, sent.address)
    sent.world.followups.save(sent.team.carol, sent.address, "cd" * 16, answers())
    there = sent.world.followups.of(sent.lee, sent.address)
    assert there is not None
    assert len(there.checks) == 1


def test_what_a_doctor_there_writes_about_sport_reaches_family_and_coach(sent):
    sent.send(sent.team.maria)
    sent.world.sharing.acknowledge(sent.lee, sent.address)
    clear(sent.world, sent.lee, sent.address)
    for actor in (sent.team.maria, sent.joe, sent.team.carol, sent.lee):
        status = sent.world.clearances.of(actor, sent.address)
        assert status is not None
        assert status.current is not None
        assert (status.current.clearance.stage, status.is_out) == (FULL_PLAY, False)


def test_the_coach_clears_nobody_at_a_clinic_that_the_family_chose(sent):
    """The grant comes from the player's card there; who wrote the report stands in the report."""
    world, coach = sent.world, sent.team.carol
    (organisation,) = world.organisations.directory()
    world.organisations.accept(coach, world.organisations.invite(sent.lee, organisation.card_id), "")
    sent.send(sent.team.maria)
    world.sharing.acknowledge(sent.lee, sent.address)
    with pytest.raises(NotAuthorized):
        clear(world, coach, sent.address)


def test_a_report_kept_from_the_family_is_not_theirs_to_send(sent):
    (player,) = sent.world.teams.team(sent.team.carol).players
    report = head_report(sent.world.clock())
    kept = sent.world.reports.save(sent.team.carol, "bb" * 16, report, player=player, withheld=True).address
    size = sent.world.ledger.size
    with pytest.raises(NotFound):
        replace(sent, address=kept).send(sent.team.maria)
    with pytest.raises(NotFound):
        sent.world.codes.make(sent.team.maria, kept)
    assert sent.world.ledger.size == size


def test_the_other_parent_sends_what_one_of_them_wrote_at_home_and_both_see_it(sent):
    world = sent.world
    person = sent.team.person(sent.team.maria)
    address = world.reports.save(sent.team.maria, "cc" * 16, head_report(world.clock()), person=person).address
    home = replace(sent, address=address)
    share_id = home.send(sent.joe).share_id
    assert home.shown_to(sent.team.maria) == [("North Hospital", True, "Joe Rivers", True)]
    assert not world.sharing.stop(sent.team.maria, address, share_id).active
    with pytest.raises(Ended):
        world.sharing.cover(sent.lee, address)


# Codes for the crew


def test_mother_and_coach_each_show_a_code_of_their_own_and_either_ends_both(sent):
    codes, (coach, mother) = sent.world.codes, (sent.team.carol, sent.team.maria)
    coachs, mothers = codes.make(coach, sent.address), codes.make(mother, sent.address)
    assert coachs.qr_secret != mothers.qr_secret
    for actor, made in ((coach, coachs), (mother, mothers)):
        shown = codes.status(actor, sent.address)
        assert shown is not None
        assert (shown.typed, shown.qr_secret, shown.is_mine, shown.others) == (made.typed, made.qr_secret, True, 1)
        assert codes.make(actor, sent.address).typed == made.typed
        assert codes.open_qr(made.qr_secret, "crew").report.author == "Ana Coach"
    assert codes.status(mother, sent.address).openings == 2
    others = codes.status(sent.joe, sent.address)
    assert (others.is_mine, others.typed, others.qr_secret, others.others) == (False, None, "", 1)
    codes.stop(mother, sent.address)
    for made in (coachs, mothers):
        with pytest.raises(NotFound):
            codes.open_qr(made.qr_secret, "crew")
    assert codes.status(coach, sent.address).stopped
