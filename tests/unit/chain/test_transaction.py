from dataclasses import replace

import pytest

from blockmrs import encoding
from blockmrs.chain.lines import one_time_key_at, one_time_seed_at, slot_at
from blockmrs.chain.transaction import (
    ENVELOPE_BYTES,
    MAX_PAYLOAD,
    TRANSACTION_BYTES,
    Kind,
    Payload,
    Transaction,
    envelope_info,
    open_transaction,
    payload_id,
    seal_transaction,
    verify_transaction,
)
from blockmrs.crypto.envelope import seal_to_key
from blockmrs.crypto.keys import Keyring, signing_public_key
from blockmrs.crypto.signatures import sign
from blockmrs.errors import CannotOpen, InvalidInput, InvalidSignature
from tests.unit.chain.support import CHAIN, LINE, Writer

ALICE, BOB = Writer(), Keyring.from_seed(b"b" * 32)
SLOT, KEY, SEED = slot_at(LINE, 0), one_time_key_at(LINE, 0), one_time_seed_at(LINE, 0)
CONTENT = ALICE.write(0, kind=Kind.GRANT, fields={6: b"cid", 7: "care"}, to=BOB)
SENT = Transaction.decode(CONTENT)
GOOD = {0: 1, 1: CHAIN, 2: ALICE.keyring.card.id, 3: BOB.card.id, 4: SLOT, 5: KEY}


def sealed_for_bob(content, *, slot=SLOT):
    """A well-signed transaction whose envelope holds `content`, whatever that is."""
    envelope = seal_to_key(
        content.ljust(MAX_PAYLOAD, b"\x00"), BOB.card.sealing_key, info=envelope_info(CHAIN, slot, KEY)
    )
    transaction = Transaction(slot, KEY, envelope, bytes(64))
    return replace(transaction, signature=sign(SEED, "transaction", CHAIN, transaction.unsigned()))


def signed(body):
    return encoding.encode([body, sign(ALICE.keyring.signing_seed, "payload", CHAIN, body)])


def test_each_kind_has_the_number_that_is_on_every_chain():
    kinds = ("GRANT", "REVOKE", "INTRODUCE", "CARD", "APPOINT", "RECEIPT", "PROPOSE", "DECIDE", "COVER")
    assert {name: int(kind) for name, kind in Kind.__members__.items()} == dict(zip(kinds, range(1, 10), strict=True))


def test_every_transaction_has_2048_bytes_whatever_it_says():
    for kind, fields in ((Kind.COVER, {}), (Kind.GRANT, {6: b"x" * 531})):
        assert len(ALICE.write(0, kind=kind, fields=fields)) == TRANSACTION_BYTES == 2048
    assert (ENVELOPE_BYTES, MAX_PAYLOAD) == (1919, 783)


def test_a_transaction_decodes_to_itself():
    assert SENT.encode() == CONTENT


def test_the_recipient_opens_what_the_author_wrote():
    verify_transaction(SENT, CHAIN)
    opened = open_transaction(SENT, BOB.sealing_seed, chain_id=CHAIN, recipient=BOB.card.id)
    opened.verify_author(ALICE.keyring.card.signing_key)
    assert opened.payload == Payload(
        Kind.GRANT, CHAIN, ALICE.keyring.card.id, BOB.card.id, SLOT, KEY, {6: b"cid", 7: "care"}
    )


def test_a_payloads_id_is_the_same_however_often_it_is_sealed():
    sent = [
        seal_transaction(
            Kind.GRANT,
            {6: b"cid"},
            author=ALICE.keyring.card.id,
            signing_seed=ALICE.keyring.signing_seed,
            recipient=BOB.card.id,
            recipient_key=BOB.card.sealing_key,
            slot=SLOT,
            one_time_seed=SEED,
            chain_id=CHAIN,
        )
        for _ in range(2)
    ]
    assert sent[0].payload_id == sent[1].payload_id
    assert sent[0].transaction != sent[1].transaction
    opened = open_transaction(Transaction.decode(sent[0].transaction), BOB.sealing_seed, chain_id=CHAIN)
    assert opened.id == sent[0].payload_id == payload_id(opened.payload.encode())


@pytest.mark.parametrize("data", [b"", CONTENT[:-1], CONTENT + b"\x00", b"\x00" + CONTENT[1:], b"\x02" + CONTENT[1:]])
def test_another_length_or_version_is_no_transaction(data):
    with pytest.raises(InvalidInput):
        Transaction.decode(data)


def test_a_transaction_has_fields_of_fixed_length():
    with pytest.raises(InvalidInput):
        replace(SENT, slot=b"")


def test_a_transaction_of_another_chain_is_refused():
    with pytest.raises(InvalidSignature):
        verify_transaction(SENT, b"D" * 32)
    with pytest.raises(CannotOpen):
        open_transaction(SENT, BOB.sealing_seed, chain_id=b"D" * 32)


def test_a_transaction_signed_by_another_key_is_refused():
    forged = replace(SENT, signature=sign(b"f" * 32, "transaction", CHAIN, SENT.unsigned()))
    with pytest.raises(InvalidSignature):
        verify_transaction(forged, CHAIN)


def test_a_one_time_key_of_small_order_is_refused():
    forged = replace(SENT, one_time_key=b"\x01" + bytes(31), signature=b"\x01" + bytes(63))
    with pytest.raises(InvalidSignature):
        verify_transaction(forged, CHAIN)


def test_an_envelope_moved_to_another_slot_or_key_does_not_open():
    slot = slot_at(LINE, 1)
    for moved in (replace(SENT, slot=slot), replace(SENT, one_time_key=signing_public_key(b"f" * 32))):
        with pytest.raises(CannotOpen):
            open_transaction(moved, BOB.sealing_seed, chain_id=CHAIN)


def test_a_payload_sealed_anew_for_another_slot_is_refused_although_it_opens():
    slot = slot_at(LINE, 1)
    with pytest.raises(InvalidInput, match="another place"):
        open_transaction(sealed_for_bob(signed(encoding.encode(GOOD)), slot=slot), BOB.sealing_seed, chain_id=CHAIN)


def test_a_payload_sealed_on_to_somebody_else_is_refused_by_its_recipient():
    with pytest.raises(InvalidInput, match="another card"):
        open_transaction(SENT, BOB.sealing_seed, chain_id=CHAIN, recipient=ALICE.keyring.card.id)


def test_a_payload_that_somebody_else_signed_is_refused():
    with pytest.raises(InvalidSignature):
        open_transaction(SENT, BOB.sealing_seed, chain_id=CHAIN).verify_author(BOB.card.signing_key)


def test_only_the_recipients_seed_opens():
    with pytest.raises(CannotOpen):
        open_transaction(SENT, ALICE.keyring.sealing_seed, chain_id=CHAIN)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        encoding.encode(b"just bytes"),
        encoding.encode([b"body"]),
        encoding.encode([b"body", b"short signature"]),
        encoding.encode([{0: 1}, bytes(64)]),
        signed(encoding.encode(GOOD)) + b"\x01",
        signed(encoding.encode(GOOD)[:-1]),
        signed(encoding.encode([])),
        signed(encoding.encode({0: 1})),
        signed(encoding.encode({**GOOD, 0: 0})),
        signed(encoding.encode({**GOOD, 0: 10})),
        signed(encoding.encode({**GOOD, 0: True})),
        signed(encoding.encode({**GOOD, 0: "1"})),
        signed(encoding.encode({**GOOD, 3: "recipient"})),
        signed(encoding.encode({**GOOD, 3: b"short"})),
        signed(encoding.encode({**GOOD, 23: 1})),
        signed(encoding.encode({**GOOD, 1: b"D" * 32})),
        signed(encoding.encode({**GOOD, 5: b"K" * 32})),
    ],
)
def test_an_envelope_that_opens_to_something_else_is_refused(content):
    with pytest.raises(InvalidInput):
        open_transaction(sealed_for_bob(content), BOB.sealing_seed, chain_id=CHAIN)


def test_a_good_payload_in_that_same_wrapping_is_accepted():
    assert open_transaction(sealed_for_bob(signed(encoding.encode(GOOD))), BOB.sealing_seed, chain_id=CHAIN)


@pytest.mark.parametrize("fields", [{5: 1}, {0: 1}, {23: 1}, {6: b"x" * 532}, {6: -1}])
def test_fields_that_do_not_fit_are_refused_before_anything_is_sealed(fields):
    with pytest.raises(InvalidInput):
        ALICE.write(0, kind=Kind.GRANT, fields=fields)
