"""The main job below the web: saved once, shared, opened with a receipt, and hidden from everybody else."""

from datetime import timedelta

import pytest

from blockmrs.chain.transaction import Kind, open_transaction
from blockmrs.crypto.envelope import seal_object
from blockmrs.crypto.keys import Keyring
from blockmrs.domain.permission import Standing
from blockmrs.domain.sharing import Appointment, Introduction
from blockmrs.encoding import encode
from blockmrs.errors import CannotOpen, Ended, InvalidInput, NotAuthenticated, NotFound
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.reports.reports import SavedReport
from tests.support.world import PASSWORD, World

DRAFT = "00112233445566778899aabbccddeeff"


def save(world: World, carol: Actor, *, withheld: bool = False, draft: str = DRAFT) -> SavedReport:
    team = world.teams.team(carol)
    if not team.players:
        team = world.teams.add_player(carol, "Sam Rivers", "7", team.version)
    return world.reports.save(carol, draft, world.report(), player=team.players[0], withheld=withheld)


def member(world: World, name: str, organisation: str) -> Actor:
    actor = world.person(name, f"Dr {name.title()}")
    world.organisations.accept(actor, world.organisations.add(organisation), "")
    return actor


def guardian(world: World, carol: Actor) -> Actor:
    actor = world.person("maria", "Maria Rivers")
    player = world.teams.team(carol).players[0]
    world.teams.join(actor, world.teams.invite_family(carol, player.player_id), "guardian", "")
    return actor


def share(world: World, carol: Actor, address: str):
    organisation = world.organisations.directory()[0]
    until = world.clock() + timedelta(days=30)
    return world.sharing.grant(carol, address, organisation.card_id, "care", until)


def test_a_report_proves_where_it_stands_on_the_chain(world, carol):
    saved = save(world, carol)
    proof = world.reports.prove(carol, saved.address)
    assert proof.update_id.startswith(saved.address)
    assert proof.signed_by == carol.keyring.card.fingerprint()
    assert 0 < proof.transaction < world.ledger.size


def test_own_reports_come_twenty_at_a_time_whatever_stands_between_them(world, carol):
    addresses = [save(world, carol, draft=f"{number:032x}").address for number in range(22)]
    team = world.teams.team(carol)
    world.teams.add_players(carol, [("", f"Player {number}") for number in range(30)], team.version)
    newest, older = world.reports.mine(carol)
    oldest, end = world.reports.mine(carol, older)
    assert [item.address for item in newest + oldest] == addresses[::-1]
    assert (len(newest), end) == (20, None)


def test_the_author_reads_back_what_was_saved(world, carol):
    saved = save(world, carol)
    opened = world.reports.open(carol, saved.address)
    assert opened.standing is Standing.AUTHOR
    assert opened.report.note == "Landed on the back of the head."


def test_a_player_without_a_roster_gets_a_provisional_card(world, carol):
    saved = world.reports.save(carol, DRAFT, world.report("Kim"), player=None, withheld=False)
    assert world.reports.open(carol, saved.address).report.player == "Kim"
    assert [item.title for item in world.reports.mine(carol)[0]] == ["Kim, 13 to 15"]


def test_a_repeated_save_is_the_same_report(world, carol):
    first, size = save(world, carol), world.ledger.size
    assert save(world, carol).address == first.address
    assert world.ledger.size == size


def test_a_save_cut_off_after_its_block_is_finished_by_the_next_press(world, carol, monkeypatch):
    save(world, carol, draft="aa" * 16)
    with monkeypatch.context() as patch:
        patch.setattr(world.access, "save_rows", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            save(world, carol)
    size = world.ledger.size
    assert world.reports.open(carol, save(world, carol).address).report.player == "Sam Rivers"
    assert world.ledger.size == size


def test_a_hospital_opens_with_a_receipt_that_coach_and_family_see(world, carol):
    saved = save(world, carol)
    maria = guardian(world, carol)
    doctor = member(world, "lee", "North Hospital")
    share(world, carol, saved.address)
    assert [item.title for item in world.received(doctor)] == ["Sam Rivers, 13 to 15"]
    assert world.sharing.open_shared(doctor, saved.address) is None
    world.sharing.acknowledge(doctor, saved.address)
    opened = world.sharing.open_shared(doctor, saved.address)
    assert opened is not None
    assert opened.report.player == "Sam Rivers"
    for person in (carol, maria):
        (seen,) = world.sharing.shares(person, saved.address)
        assert [(receipt.reader, receipt.organisation) for receipt in seen.receipts] == [("Dr Lee", "North Hospital")]


def test_a_repeated_share_is_the_same_share(world, carol):
    saved = save(world, carol)
    member(world, "lee", "North Hospital")
    assert share(world, carol, saved.address).share_id == share(world, carol, saved.address).share_id


def test_the_family_reads_reports_from_before_and_after_joining(world, carol):
    first = save(world, carol)
    maria = guardian(world, carol)
    second = save(world, carol, draft="ff" * 16)
    reports = world.reports.page_about(world.people.of(maria)[-1])[0]
    assert [report.address for report in reports] == [second.address, first.address]
    assert world.reports.open(maria, first.address).standing is Standing.SUBJECT
    assert [joined.name for joined in world.teams.joined(carol)[world.teams.team(carol).players[0].card_id]] == [
        "Maria Rivers"
    ]


def test_a_withheld_report_reaches_the_family_only_when_released(world, carol):
    saved = save(world, carol, withheld=True)
    maria = guardian(world, carol)
    doctor = member(world, "lee", "North Hospital")
    share(world, carol, saved.address)
    world.sharing.acknowledge(doctor, saved.address)
    with pytest.raises(NotFound):
        world.reports.open(maria, saved.address)
    world.sharing.release_to_family(carol, saved.address)
    assert world.reports.open(maria, saved.address).report.player == "Sam Rivers"
    active, ended = world.sharing.shares(maria, saved.address)
    assert (active.party, active.active, ended.active) == ("North Hospital", True, False)
    assert not world.reports.open(carol, saved.address).withheld
    world.sharing.acknowledge(doctor, saved.address)
    assert [receipt.reader for receipt in world.sharing.shares(maria, saved.address)[0].receipts] == ["Dr Lee"]


def test_nothing_about_a_withheld_report_is_sealed_to_the_player(world, carol):
    saved = save(world, carol, withheld=True)
    player = world.teams.holding(world.teams.team(carol).players[0])
    doctor = member(world, "lee", "North Hospital")
    before = world.ledger.size
    share(world, carol, saved.address)
    world.sharing.acknowledge(doctor, saved.address)
    assert world.ledger.size > before
    for index in range(before, world.ledger.size):
        with pytest.raises(CannotOpen):
            open_transaction(
                world.ledger.transaction(index), player.keyring.sealing_seed, chain_id=world.ledger.chain_id
            )


def test_a_hospital_that_nobody_joined_cannot_be_shared_with(world, carol):
    saved = save(world, carol)
    world.organisations.add("Empty Hospital")
    size = world.ledger.size
    with pytest.raises(InvalidInput, match="Nobody there has joined"):
        share(world, carol, saved.address)
    assert world.ledger.size == size


def test_a_stopped_share_has_ended_for_its_recipient(world, carol):
    saved = save(world, carol)
    doctor = member(world, "lee", "North Hospital")
    made = share(world, carol, saved.address)
    world.sharing.acknowledge(doctor, saved.address)
    world.sharing.stop(carol, saved.address, made.share_id)
    with pytest.raises(Ended):
        world.sharing.open_shared(doctor, saved.address)


def test_a_share_ends_at_its_end_date(world, carol, clock):
    saved = save(world, carol)
    doctor = member(world, "lee", "North Hospital")
    share(world, carol, saved.address)
    clock.advance(timedelta(days=31))
    with pytest.raises(Ended):
        world.sharing.acknowledge(doctor, saved.address)


def test_a_stranger_finds_nothing(world, carol):
    saved = save(world, carol)
    member(world, "lee", "North Hospital")
    mallory = world.person("mallory", "Mallory")
    other = member(world, "otto", "South Hospital")
    share(world, carol, saved.address)
    for attempt in (
        lambda: world.reports.open(mallory, saved.address),
        lambda: world.sharing.open_shared(mallory, saved.address),
        lambda: world.sharing.acknowledge(other, saved.address),
        lambda: world.sharing.shares(mallory, saved.address),
        lambda: world.codes.make(mallory, saved.address),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_crew_open_by_qr_and_by_typed_code_until_it_is_stopped(world, carol):
    saved = save(world, carol)
    code = world.codes.make(carol, saved.address)
    assert code.typed is not None
    assert world.codes.open_qr(code.qr_secret, "").report.player == "Sam Rivers"
    assert world.codes.open_typed(code.typed.lower().replace("-", " "), "").report.player == "Sam Rivers"
    status = world.codes.status(carol, saved.address)
    assert status is not None
    assert status.openings == 2
    world.codes.stop(carol, saved.address)
    for attempt in (lambda: world.codes.open_qr(code.qr_secret, ""), lambda: world.codes.open_typed(code.typed, "")):
        with pytest.raises(NotFound):
            attempt()


def test_ten_wrong_secrets_end_the_typed_code_and_leave_the_qr(world, carol):
    saved = save(world, carol)
    code = world.codes.make(carol, saved.address)
    for _ in range(10):
        with pytest.raises(NotFound):
            world.codes.open_typed(code.typed[:4] + "22222222", "")
    assert world.codes.status(carol, saved.address).typed is None, "the coach is told"
    with pytest.raises(NotFound):
        world.codes.open_typed(code.typed, "")
    assert world.codes.open_qr(code.qr_secret, "").report.player == "Sam Rivers"


def test_the_recovery_code_sets_a_new_password_and_ends_other_sessions(world, carol):
    token = world.identity.sign_in("Carol", PASSWORD, "")
    recovered = world.identity.recover("carol", world.codes_of["carol"], "granite teapot violin heron", "")
    assert world.identity.actor_for(token) is None
    assert world.identity.actor_for(recovered.token).display_name == "Carol Coach"
    with pytest.raises(NotAuthenticated):
        world.identity.sign_in("carol", PASSWORD, "")


def test_everything_that_was_written_verifies(world, carol):
    saved = save(world, carol)
    member(world, "lee", "North Hospital")
    share(world, carol, saved.address)
    checked = world.evidence.check_everything(lambda *_: None)
    assert checked.objects > 5
    assert checked.unlisted == 0


def test_who_was_invited_for_one_player_cannot_pose_as_anothers_family(world, carol):
    save(world, carol)
    team = world.teams.add_player(carol, "Kim Park", "9", world.teams.team(carol).version)
    sam, kim = team.players
    code = world.teams.invite_family(carol, sam.player_id)
    _, content = world.invitations.open(code, "")
    mallory = world.person("mallory", "Mallory")
    card, batch = world.cards.find(carol.keyring.card.id), world.mailbox.batch()
    claim = Introduction(
        world.cards.pointer(mallory.keyring.card.id), content[10], peer=kim.card_id, party="guardian:Mallory"
    )
    batch.add_at(
        Kind.INTRODUCE, claim.to_fields(), author=mallory.keyring, recipient_id=card.id,
        recipient_key=card.sealing_key, slot=content[6], one_time_seed=content[7],
    )  # fmt: skip
    batch.commit()
    assert world.teams.joined(carol) == {}
    world.teams.join(mallory, code, "guardian", "")
    assert list(world.teams.joined(carol)) == [sam.card_id]


def test_an_appointment_that_nobody_accepted_counts_for_nothing(world, carol):
    seed, mallory = bytes(range(32)), world.person("mallory", "Mallory")
    invented, batch = Keyring.from_seed(seed), world.mailbox.batch()
    secret = batch.keep(seal_object(encode({0: seed, 1: "Somebody's child"}), chain_id=world.mailbox.chain_id))
    fields = Appointment(invented.card.id, secret, "guardian", world.clock()).to_fields()
    world.cards.publish(batch, invented)
    batch.add(Kind.APPOINT, fields, author=invented, recipient=carol.keyring.card, line_key=carol.keyring.doorbell_line)
    batch.commit()
    assert [person.is_me for person in world.people.of(carol)] == [True]
    assert [person.is_me for person in world.people.of(mallory)] == [True]
