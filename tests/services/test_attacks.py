"""The known breaks of encrypted storage, each tried on the whole of the services, or named where it is tried.

 1  another card in place of a recipient's: here
 2  objects swapped, cut or older: here; tests/unit/crypto/test_envelope.py, tests/contract/test_object_store.py
 3  an object moved to another record: here; tests/unit/domain/test_records.py
 4  an update that its author never signed: here
 5  two histories: tests/unit/chain/test_sealer.py, test_header.py, test_merkle.py
 6  a downgrade: tests/unit/crypto/test_envelope.py, tests/unit/chain/test_transaction.py (versions are a closed list)
 7  one object under two keys: tests/unit/crypto/test_envelope.py
 8  a copied or replayed transaction, and one of another chain: here; tests/unit/chain/test_ledger.py
 9  an occupied slot, a doorbell that is misused: here
10  a recipient who passes on what they were granted: here
11  wrong key, wrong code, unknown user: here; tests/pages/web/test_access.py
12  bombs, depth, numbers and names: here; tests/unit/test_encoding.py, tests/pages/web/test_bad_input.py
13  a password that is the user name, or common: here
14  a new password ends other sessions: here
15  plaintext at rest: tests/node/test_nothing_in_clear.py
16  what sizes tell: here
"""

import os
from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.chain.lines import card_slot, one_time_seed_at, slot_at
from blockmrs.chain.transaction import Kind
from blockmrs.crypto import wrapping
from blockmrs.crypto.envelope import seal_object
from blockmrs.crypto.keys import Keyring, card_entry_seed, new_seed, sealing_public_key
from blockmrs.domain.records import Update, encode_update, update_id
from blockmrs.domain.sharing import Appointment, Grant, Introduction, Pointer
from blockmrs.encoding import encode
from blockmrs.errors import (
    Ended,
    InvalidInput,
    InvalidProof,
    InvalidSignature,
    NotAuthenticated,
    NotFound,
    VerificationFailed,
)
from blockmrs.fhir.report import read_report
from blockmrs.services.lines.updates import read_update
from tests.services.test_story import guardian, member, save, share
from tests.support.at_least import at_least
from tests.support.quick import quick_folder
from tests.support.work import calls_counted
from tests.support.world import PASSWORD, World


def open_with(world: World, grant: Grant, grantor: bytes):
    return read_update(world.objects, world.cards, grant.gives, grantor, chain_id=world.ledger.chain_id)


def own_grants(world: World, actor) -> list[Grant]:
    """The grants of the reports on the actor's own line."""
    entries = world.mailbox.own_page(actor.keyring, 0, world.mailbox.length(actor.keyring.own_line)).grants.values()
    return [entry.grant for entry in entries if entry.grant.purpose == "report"]


def hostile_card(world: World, victim: bytes, attacker: Keyring) -> None:
    """Put the attacker's card where the victim's stands, sealed and signed as well as anybody could."""
    batch = world.mailbox.batch()
    pointer = batch.keep(seal_object(attacker.card.encode(), chain_id=world.ledger.chain_id))
    for seed in (attacker.signing_seed, os.urandom(32)):
        batch.add_at(
            Kind.CARD,
            Introduction(pointer).to_fields(),
            author=attacker,
            recipient_id=victim,
            recipient_key=sealing_public_key(card_entry_seed(victim)),
            slot=card_slot(victim),
            one_time_seed=seed,
        )
    batch.commit()


def test_1_another_card_at_a_recipients_slot_is_never_taken_for_theirs(world):
    victim, attacker = Keyring.from_seed(new_seed()), Keyring.from_seed(new_seed())
    hostile_card(world, victim.card.id, attacker)
    with pytest.raises(NotFound):
        world.cards.find(victim.card.id)
    batch = world.mailbox.batch()
    genuine = world.cards.publish(batch, victim)
    batch.commit()
    assert world.cards.find(victim.card.id) == victim.card
    assert world.cards.pointer(victim.card.id) == genuine


def test_2_one_object_in_place_of_another_or_of_a_newer_one_is_refused(world, carol):
    save(world, carol)
    save(world, carol, draft="ff" * 16)
    first, second = own_grants(world, carol)
    me = carol.keyring.card.id
    for swapped in (
        replace(first, object=second.object),
        replace(second, object=first.object),
        replace(first, object=Pointer(second.object.cid, first.object.seed)),
        replace(first, object=Pointer(first.object.cid, second.object.seed)),
    ):
        with pytest.raises(VerificationFailed):
            open_with(world, swapped, me)


def test_3_an_object_moved_to_another_persons_record_is_refused(world, carol):
    save(world, carol)
    (grant,) = own_grants(world, carol)
    with pytest.raises(InvalidProof):
        open_with(world, replace(grant, subject=carol.keyring.card.id), carol.keyring.card.id)


def test_4_an_update_that_its_author_never_signed_is_refused(world, carol):
    save(world, carol)
    (grant,) = own_grants(world, carol)
    mallory = world.person("mallory", "Mallory")
    forged = Update(os.urandom(16), grant.subject, carol.keyring.card.id, "report", world.clock(), "care", b"{}")
    for signature in (bytes(64), os.urandom(64)):
        plaintext = encode_update(forged, signature)
        sealed = seal_object(plaintext, chain_id=world.ledger.chain_id)
        pointer = Pointer(world.objects.put(sealed.content), sealed.seed)
        claimed = Grant(update_id(plaintext), grant.subject, "care", world.clock(), object=pointer)
        with pytest.raises(InvalidSignature):
            open_with(world, claimed, mallory.keyring.card.id)


def test_8_transactions_of_another_chain_and_repeated_ones_change_nothing(world, carol, clock):
    save(world, carol)
    transactions = [world.ledger.transaction(index).encode() for index in range(world.ledger.size)]
    before = world.ledger.head()
    world.ledger.submit(transactions)
    assert world.ledger.head() == before
    with quick_folder() as folder:
        other = World(folder, clock)
        with pytest.raises(InvalidSignature):
            other.ledger.submit(transactions)
        assert other.ledger.size == 0


def test_9_a_revocation_is_found_although_its_slot_was_occupied(world, carol):
    saved = save(world, carol)
    doctor = member(world, "lee", "North Hospital")
    made = share(world, carol, saved.address)
    organisation = world.organisations.directory()[0].card_id
    line, mallory = carol.keyring.line_to(organisation), Keyring.from_seed(new_seed())
    batch = world.mailbox.batch()
    for number in range(40):
        batch.add_at(
            Kind.COVER, {}, author=mallory, recipient_id=organisation,
            recipient_key=world.cards.find(organisation).sealing_key, slot=slot_at(line, number),
            one_time_seed=os.urandom(32),
        )  # fmt: skip
    batch.commit()
    assert [item.active for item in world.received(doctor)] == [True]
    world.sharing.stop(carol, saved.address, made.share_id)
    with pytest.raises(Ended):
        world.sharing.open_shared(doctor, saved.address)
    again = share(world, carol, saved.address)
    assert again.active
    assert world.sharing.cover(doctor, saved.address).active


@pytest.mark.parametrize("what", ["nonsense", "a membership of nothing", "somebody else's keys"])
def test_9_what_is_left_at_a_doorbell_freezes_nobodys_pages(world, carol, what):
    saved = save(world, carol)
    mallory, other = Keyring.from_seed(new_seed()), Keyring.from_seed(new_seed())
    batch = world.mailbox.batch()
    world.cards.publish(batch, mallory)
    secret = batch.keep(seal_object(encode({0: mallory.lines_secret, 1: "x"}), chain_id=world.ledger.chain_id))
    own = batch.keep(seal_object(encode({0: b"m" * 32, 1: "x"}), chain_id=world.ledger.chain_id))
    member_of = Keyring.from_seed(b"m" * 32)
    world.cards.publish(batch, member_of)
    author, fields = {
        "nonsense": (mallory, {6: b"short"}),
        "a membership of nothing": (
            member_of,
            Appointment(member_of.card.id, own, "member", world.clock()).to_fields(),
        ),
        "somebody else's keys": (
            mallory,
            Appointment(other.card.id, secret, "guardian", world.clock()).to_fields(),
        ),
    }[what]
    line = carol.keyring.doorbell_line
    batch.add_at(
        Kind.APPOINT, fields, author=author, recipient_id=carol.keyring.card.id,
        recipient_key=carol.keyring.card.sealing_key, slot=slot_at(line, 0), one_time_seed=one_time_seed_at(line, 0),
    )  # fmt: skip
    batch.commit()
    assert world.organisations.memberships(carol) == []
    assert world.teams.acting_for(carol) == []
    assert world.received(carol) == []
    assert world.reports.open(carol, saved.address).report.player == "Sam Rivers"


def test_10_a_recipient_cannot_pass_on_what_they_were_granted(world, carol):
    saved = save(world, carol)
    doctor = member(world, "lee", "North Hospital")
    north = world.organisations.directory()[0]
    share(world, carol, saved.address)
    other = member(world, "otto", "South Hospital")
    south = next(entry for entry in world.organisations.directory() if entry.card_id != north.card_id)
    (access,) = world.access.received(doctor, b"")
    card, token = world.cards.find(south.card_id), world.organisations.take_token(south.card_id)
    for forwarder in (doctor.keyring, access.reader):
        line = forwarder.line_to(card.id)
        batch = world.mailbox.batch()
        introduction = Introduction(world.cards.pointer(forwarder.card.id), line_key=line, party="North Hospital")
        batch.add_at(
            Kind.INTRODUCE, introduction.to_fields(), author=forwarder, recipient_id=card.id,
            recipient_key=card.sealing_key, slot=token.slot, one_time_seed=token.one_time_seed,
        )  # fmt: skip
        passed_on = replace(access.grant, return_to_author=None, return_to_subject=None)
        batch.add(Kind.GRANT, passed_on.to_fields(), author=forwarder, recipient=card, line_key=line)
        batch.commit()
    assert world.received(other)
    # Nobody is told of an opening that shows nothing.
    with pytest.raises(InvalidProof):
        world.sharing.acknowledge(other, saved.address)
    assert world.sharing.open_shared(other, saved.address) is None


def test_11_an_unknown_name_and_a_wrong_password_are_one_answer_and_as_much_work(world, carol, monkeypatch):
    asked: list[dict] = []
    derive = wrapping.hash_secret_raw
    monkeypatch.setattr(wrapping, "hash_secret_raw", lambda *a, **words: asked.append(words) or derive(*a, **words))
    work, said = [], []
    for name in ("carol", "nobody.at.all"):
        asked.clear()
        with pytest.raises(NotAuthenticated) as refused:
            world.identity.sign_in(name, "not the password", "")
        work.append([{key: words[key] for key in ("time_cost", "memory_cost", "parallelism")} for words in asked])
        said.append(str(refused.value))
    assert said[0] == said[1]
    assert work[0] == work[1] != []


def test_11_wrong_stopped_expired_and_unknown_codes_are_one_answer(world, carol, clock):
    code = world.codes.make(carol, save(world, carol).address)
    said = set()

    def ask() -> None:
        for attempt in (
            lambda: world.codes.open_typed(code.typed[:4] + "22222222", ""),
            lambda: world.codes.open_typed("222222222222", ""),
            lambda: world.codes.open_qr("A" * 22, ""),
        ):
            with pytest.raises(NotFound) as refused:
                attempt()
            said.add(str(refused.value))

    ask()
    clock.advance(timedelta(days=2))
    ask()
    assert len(said) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"entry":' * 50_000,
        b'{"entry":[' + b"{}," * 1_000_000 + b"{}]}",
        b'{"entry":[{"resource":{"resourceType":"constructor"}}]}',
        b'{"__proto__":{"entry":[]}}',
        b'{"entry":"../../x"}',
        b'{"entry":[{"resource":1e999}]}',
        b"\xff\xfe",
        b"",
    ],
)
def test_12_a_report_that_is_none_is_refused_at_once(body):
    with calls_counted() as made, pytest.raises(InvalidInput):
        read_report(body)
    assert made.number < 100


@pytest.mark.parametrize("password", ["carol.coach.2", "password1234", "aaaaaaaaaaaa", "Carol Coach 2"])
def test_13_a_password_that_anybody_would_guess_is_refused(world, password):
    with pytest.raises(InvalidInput):
        world.identity.sign_up("carol.coach.2", "Carol Coach 2", password)


def test_14_a_new_password_ends_every_other_session(world, carol):
    others = [world.identity.sign_in("carol", PASSWORD, "") for _ in range(2)]
    changed = world.identity.change_password(carol, "carol", PASSWORD, "granite teapot violin heron")
    assert [world.identity.actor_for(token) for token in others] == [None, None]
    assert world.identity.actor_for(changed.token) is not None
    with pytest.raises(NotAuthenticated):
        world.identity.recover("carol", world.codes_of["carol"], "willow lantern copper brook", "")


def test_16_every_transaction_and_object_has_one_of_few_sizes(world, carol):
    saved = save(world, carol)
    guardian(world, carol)
    member(world, "lee", "North Hospital")
    share(world, carol, saved.address)
    sizes = {len(world.ledger.transaction(index).encode()) for index in range(world.ledger.size)}
    assert sizes == {2048}
    with at_least(10) as case:
        for cid in world.embedded.iter_cids():
            with case(cid):
                size = len(world.embedded.get(cid))
                assert size >= 4096
                assert size & (size - 1) == 0


def test_16_a_short_and_a_long_report_look_the_same(world, carol):
    def grown(report) -> tuple[int, list[int]]:
        before, size = set(world.embedded.iter_cids()), world.ledger.size
        players = world.teams.team(carol).players
        world.reports.save(carol, os.urandom(16).hex(), report, player=players[0], withheld=False)
        new = set(world.embedded.iter_cids()) - before
        return world.ledger.size - size, sorted(len(world.embedded.get(cid)) for cid in new)

    save(world, carol)
    report = world.report()
    assert grown(replace(report, note="")) == grown(replace(report, note="pain " * 60))
