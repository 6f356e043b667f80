"""Symptom checks after a head injury, below the web: who finds them, once, and what falls due when."""

import json
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.domain.kinds import Content
from blockmrs.domain.permission import Action
from blockmrs.errors import Ended, InvalidInput, NotAuthorized, NotFound
from tests.services.test_story import guardian, member, save, share
from tests.support.heads import answers, head_report
from tests.support.world import staged

DRAFT = "cc" * 16


@pytest.fixture
@staged
def injured(world, carol):
    """The address of a report about a player with a hurt head."""
    team = world.teams.add_player(carol, "Sam Rivers", "7", "")
    report = head_report(world.clock())
    return world.reports.save(carol, "aa" * 16, report, player=team.players[0], withheld=False).address


def make(world, actor, address, **changed):
    return world.followups.save(actor, address, secrets.token_hex(16), answers(**changed))


def checks(world, actor, address):
    return [made.check for made in world.followups.of(actor, address).checks]


def open_shared(world, doctor, address):
    world.sharing.acknowledge(doctor, address)
    return checks(world, doctor, address)


def test_a_check_by_the_family_is_read_by_the_coach_too(world, carol, injured, clock):
    maria = guardian(world, carol)
    clock.advance(timedelta(days=1))
    made = make(world, maria, injured, check_dizzy="a-little")
    for reader in (maria, carol):
        (check,) = checks(world, reader, injured)
        assert check == made.check
        assert (check.day, check.noted, check.made_by, check.advice.level) == (1, 1, "Maria Rivers", 3)


def test_pressing_save_again_is_the_same_check(world, carol, injured):
    first = world.followups.save(carol, injured, DRAFT, answers())
    size = world.ledger.size
    assert world.followups.save(carol, injured, DRAFT, answers(check_dizzy="a-lot")) == first
    assert world.ledger.size == size


def test_two_tabs_make_two_checks_and_lose_none(world, carol, injured):
    maria = guardian(world, carol)
    for actor in (carol, maria, carol):
        make(world, actor, injured)
    assert len(checks(world, maria, injured)) == 3


@pytest.mark.parametrize("missing", ["check-dizzy", "check-fit", "getting-worse"])
def test_a_question_without_an_answer_is_asked_for_by_name(world, carol, injured, missing):
    given = answers()
    left = {name: value for name, value in given.answers.items() if name != missing}
    with pytest.raises(InvalidInput) as wrong:
        world.followups.save(carol, injured, DRAFT, type(given)(None, (), left))
    assert wrong.value.field == missing
    assert checks(world, carol, injured) == []


def test_a_danger_sign_raises_the_level(world, carol, injured):
    assert make(world, carol, injured).check.advice.level == 4
    assert make(world, carol, injured, check_vomits=1).check.advice.level == 2
    assert make(world, carol, injured, check_sleepy=True).check.advice.level == 1


def test_answers_that_are_stronger_than_the_last_ones_count_as_worse_whatever_was_said(world, carol, injured):
    make(world, carol, injured, check_tired="a-little")
    second = make(world, carol, injured, check_tired="a-lot")
    assert second.check.worse
    assert second.check.advice.level == 2
    assert not make(world, carol, injured, check_tired="a-little").check.worse


def test_a_report_of_another_injury_has_no_checks(world, carol):
    address = save(world, carol).address
    assert world.followups.of(carol, address) is None
    with pytest.raises(NotFound):
        make(world, carol, address)


def test_checks_fall_due_on_days_1_3_and_7_until_made(world, carol, injured, clock):
    due = {}
    for day in range(16):
        there = world.followups.open(carol, injured)
        assert there.day == day
        if there.due is not None:
            due[day] = (there.due.day, there.due.late)
        if day in (1, 5):
            make(world, carol, injured)
        clock.advance(timedelta(days=1))
    assert due == {1: (1, False), 3: (3, False), 4: (3, True), 5: (3, True),
                   7: (7, False), **dict.fromkeys(range(8, 14), (7, True))}  # fmt: skip
    assert [(check.planned_day, check.is_late) for check in checks(world, carol, injured)] == [(1, False), (3, True)]


def test_what_is_due_is_told_to_coach_and_family_and_to_nobody_else(world, carol, injured, clock):
    maria, mallory = guardian(world, carol), world.person("mallory", "Mallory")
    assert world.followups.due(carol) == []
    clock.advance(timedelta(days=1))
    (coachs,), (familys,) = world.followups.due(carol), world.followups.due(maria)
    assert (coachs.address, coachs.due.day, coachs.about) == (injured, 1, "")
    assert (familys.address, familys.due.day, familys.about) == (injured, 1, "Sam Rivers")
    assert world.followups.due(mallory) == []
    make(world, maria, injured)
    assert world.followups.due(carol) == world.followups.due(maria) == []


def test_a_report_from_before_the_grants_said_so_is_opened_to_see_what_it_is(world, carol, clock, monkeypatch):
    team = world.teams.add_player(carol, "Sam Rivers", "7", "")
    monkeypatch.setattr("blockmrs.services.reports.reports.may_be_head_injury", lambda *_: None)
    world.reports.save(carol, "aa" * 16, head_report(world.clock()), player=team.players[0], withheld=False)
    clock.advance(timedelta(days=1))
    assert len(world.followups.due(carol)) == 1


def test_a_hospital_reads_checks_made_before_and_after_it_got_the_report(world, carol, injured, clock):
    maria, doctor = guardian(world, carol), member(world, "lee", "North Hospital")
    make(world, carol, injured)
    make(world, maria, injured, check_dizzy="a-little")
    share(world, carol, injured)
    assert world.followups.of(doctor, injured) is None, "nothing shows before a receipt is left"
    clock.advance(timedelta(hours=1))
    make(world, maria, injured, check_dizzy="a-lot")
    assert [check.noted for check in open_shared(world, doctor, injured)] == [0, 1, 1]
    assert [item.address for item in world.received(doctor)] == [injured]


def test_a_stopped_share_ends_what_follows_the_report(world, carol, injured):
    doctor = member(world, "lee", "North Hospital")
    given = share(world, carol, injured)
    make(world, carol, injured)
    assert len(open_shared(world, doctor, injured)) == 1
    world.sharing.stop(carol, injured, given.share_id)
    with pytest.raises(Ended):
        world.followups.of(doctor, injured)


def test_a_share_that_ran_out_shows_nothing_made_later(world, carol, injured, clock):
    member(world, "lee", "North Hospital")
    share(world, carol, injured)
    clock.advance(timedelta(days=31))
    before = world.ledger.size
    make(world, carol, injured)
    assert world.ledger.size == before + 1, "one grant, to the player's line"


def test_a_member_of_a_hospital_may_not_make_a_check(world, carol, injured):
    doctor = member(world, "lee", "North Hospital")
    share(world, carol, injured)
    with pytest.raises(NotAuthorized):
        make(world, doctor, injured)


def test_strangers_and_other_families_find_no_checks(world, carol, injured):
    for name in ("mallory", "nina"):
        stranger = world.person(name, name.title())
        for attempt in (world.followups.of, world.followups.open, lambda *a: make(world, *a)):
            with pytest.raises(NotFound):
                attempt(stranger, injured)


def test_checks_of_a_withheld_report_stay_with_the_coach_until_it_is_released(world, carol):
    team = world.teams.add_player(carol, "Sam Rivers", "7", "")
    maria, doctor = guardian(world, carol), member(world, "lee", "North Hospital")
    saved = world.reports.save(carol, "aa" * 16, head_report(world.clock()), player=team.players[0], withheld=True)
    share(world, carol, saved.address)
    for strength in ("a-little", "a-lot"):
        make(world, carol, saved.address, check_dizzy=strength)
    held = world.teams.acting_for(maria)[0].keyring
    assert not world.mailbox.line_by_anyone(held.own_line, held).grants
    assert len(open_shared(world, doctor, saved.address)) == 2
    world.sharing.release_to_family(carol, saved.address)
    for reader in (carol, maria):
        assert [check.strong for check in checks(world, reader, saved.address)] == [0, 1]
    numbers = [
        (entry.grant.number, entry.position, entry.grant.previous)
        for entry in world.mailbox.line_by_anyone(held.own_line, held).grants.values()
        if entry.grant.grantee is None
    ]
    assert [number for number, _, _ in numbers] == [position for _, position, _ in numbers] == [0, 1, 2]
    assert len({previous for _, _, previous in numbers}) == 3
    make(world, maria, saved.address)
    assert len(open_shared(world, doctor, saved.address)) == 3


def test_a_check_re_pointed_to_another_report_is_shown_with_neither(world, carol, injured, clock):
    """The report that a check follows stands inside what its author signed."""
    team = world.teams.team(carol)
    other = world.reports.save(
        carol, "bb" * 16, head_report(world.clock()), player=team.players[0], withheld=False
    ).address
    make(world, carol, injured)
    access = world.access.allow(carol, injured, Action.CHECK_SYMPTOMS)
    entry = world.attachments.entries(carol, access, Content.CHECK)[0]
    target = world.access.allow(carol, other, Action.CHECK_SYMPTOMS)
    batch = world.mailbox.batch()
    moved = replace(entry.grant, about=target.grant.update_id, draft_mark=None)
    world.attachments.keep(batch, carol, target, moved)
    batch.commit()
    assert len(world.attachments.entries(carol, target, Content.CHECK)) == 1
    assert checks(world, carol, other) == []
    assert len(checks(world, carol, injured)) == 1


def test_a_check_that_somebody_else_signed_in_its_authors_name_is_not_shown(world, carol, injured):
    """Who knows the hospital's doorbell may write there; only the report's author and the player's card count."""
    doctor, mallory = member(world, "lee", "North Hospital"), world.person("mallory", "Mallory")
    share(world, carol, injured)
    made = make(world, carol, injured)
    access = world.access.allow(carol, injured, Action.CHECK_SYMPTOMS)
    grant = world.attachments.entries(carol, access, Content.CHECK)[0].grant
    organisation, batch = world.organisations.directory()[0], world.mailbox.batch()
    line = world.organisations.introduce(batch, mallory.keyring, "Mallory", organisation)
    card = world.cards.find(organisation.card_id)
    forged = grant.to_fields() | {9: bytes(32)}
    batch.add(Kind.GRANT, forged, author=mallory.keyring, recipient=card, line_key=line)
    batch.commit()
    assert open_shared(world, doctor, injured) == [made.check]


def test_everything_that_a_check_made_is_verified_and_a_cut_off_save_is_mended(world, carol, injured):
    make(world, carol, injured)
    checked = world.evidence.check_everything(lambda *_: None)
    assert checked.unlisted == 0
    assert len(checks(world, carol, injured)) == 1
    write, world.followups._after._database.write = world.followups._after._database.write, None
    with pytest.raises(TypeError):
        world.followups.save(carol, injured, DRAFT, answers())
    world.followups._after._database.write = write
    assert world.evidence.check_everything(lambda *_: None).unlisted == 1
    assert len(checks(world, carol, injured)) == 2
    world.followups.save(carol, injured, DRAFT, answers())
    assert len(checks(world, carol, injured)) == 2
    assert world.evidence.check_everything(lambda *_: None).unlisted == 0


def test_a_check_is_a_fhir_questionnaire_response(world, carol, injured):
    make(world, carol, injured, check_dizzy=None, check_sick="a-lot")
    access = world.access.allow(carol, injured, Action.CHECK_SYMPTOMS)
    update = world.attachments.read(world.attachments.entries(carol, access, Content.CHECK)[0], Content.CHECK)
    content = json.loads(update.body)
    assert (content["resourceType"], content["status"]) == ("QuestionnaireResponse", "completed")
    (check,) = checks(world, carol, injured)
    found = {entry.finding: entry.answer for entry in check.symptoms}
    assert (found["check-dizzy"], found["check-sick"], found["check-foggy"]) == ("unsure", "a-lot", "none")
