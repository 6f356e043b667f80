"""Keyrings and cards."""

import copy
import hashlib
import hmac
import pickle

import pytest

from blockmrs.crypto.curves import is_acceptable_sealing_key, is_acceptable_signing_key
from blockmrs.crypto.keys import (
    CARD_ID_BYTES,
    Card,
    Keyring,
    card_entry_seed,
    derive_key,
    ending_keyring,
    new_seed,
    sealing_public_key,
    signing_public_key,
    staff_keyring,
)
from blockmrs.errors import InvalidInput
from tests.reference import xwing_draft

SEED = bytes(range(32))
P = 2**255 - 19
# RFC 7748: points of small order have these u coordinates.
SMALL_ORDER_U = [
    0,
    1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
    P - 1,
]
KEYRING = Keyring.from_seed(SEED)
PARTS = [
    KEYRING.signing_seed,
    KEYRING.sealing_seed,
    KEYRING.own_line,
    KEYRING.doorbell_line,
    KEYRING.lines_secret,
    KEYRING.rows_secret,
]


def test_seeds_are_fresh() -> None:
    assert len(new_seed()) == 32
    assert new_seed() != new_seed()


def hkdf(secret: bytes, info: bytes) -> bytes:
    """32 bytes by RFC 5869 with SHA-256 and no salt."""
    return hmac.digest(hmac.digest(bytes(32), secret, "sha256"), info + b"\x01", "sha256")


def test_derivation_is_hkdf_sha256_as_rfc_5869_says() -> None:
    assert derive_key(SEED, "signing", b"context") == hkdf(SEED, b"blockmrs/1 signing\x00context")


@pytest.mark.parametrize(
    ("part", "purpose"),
    list(zip(PARTS, ["signing", "sealing", "own line", "doorbell line", "lines", "rows"], strict=True)),
)
def test_each_part_of_a_keyring_is_derived_for_its_own_purpose(part: bytes, purpose: str) -> None:
    assert part == hkdf(SEED, b"blockmrs/1 " + purpose.encode() + b"\x00")


def test_the_key_of_a_line_is_derived_for_the_card_that_it_leads_to() -> None:
    assert KEYRING.line_to(bytes(32)) == hkdf(KEYRING.lines_secret, b"blockmrs/1 line\x00" + bytes(32))


def test_without_a_context_a_row_key_is_derived_for_its_purpose_alone() -> None:
    assert KEYRING.derive("draft") == hkdf(KEYRING.rows_secret, b"blockmrs/1 row draft\x00")


@pytest.mark.parametrize(("keyring", "purpose"), [(staff_keyring, b"staff line"), (ending_keyring, b"ending")])
def test_a_line_that_nobody_keeps_secret_has_the_keys_of_what_is_known(keyring, purpose: bytes) -> None:
    known = bytes([7]) * 32
    assert keyring(known) == Keyring.from_seed(hkdf(known, b"blockmrs/1 " + purpose + b"\x00"))


def test_every_part_of_a_keyring_differs() -> None:
    assert len({SEED, *PARTS}) == 7


def test_a_keyring_encodes_and_decodes() -> None:
    assert len(KEYRING.encode()) == 193
    assert Keyring.decode(KEYRING.encode()) == KEYRING


@pytest.mark.parametrize("data", [b"", KEYRING.encode()[:-1], KEYRING.encode() + b"\x00", b"\x02" + bytes(192)])
def test_bytes_that_are_no_keyring_are_refused(data) -> None:
    with pytest.raises(InvalidInput):
        Keyring.decode(data)


def test_a_keyring_shows_nothing_of_itself() -> None:
    for part in [SEED, *PARTS]:
        for shown in (repr(KEYRING), str(KEYRING), f"{KEYRING}"):
            assert part.hex() not in shown
            assert repr(part) not in shown
            assert shown == "Keyring(...)"
    assert not hasattr(KEYRING, "__dict__")


@pytest.mark.parametrize("leak", [pickle.dumps, copy.copy, copy.deepcopy], ids=["pickle", "copy", "deepcopy"])
def test_a_keyring_is_never_pickled_or_copied(leak) -> None:
    with pytest.raises(TypeError, match="never pickled or copied"):
        leak(KEYRING)


def test_nobody_hands_a_keyring_another_ones_card() -> None:
    with pytest.raises(TypeError):
        Keyring(*PARTS, KEYRING.card)
    used = Keyring.from_seed(SEED)
    assert used.card
    assert used == Keyring.from_seed(SEED)


def test_lines_differ_by_peer_and_direction() -> None:
    alice, bob = Keyring.from_seed(b"a" * 32), Keyring.from_seed(b"b" * 32)
    lines = {alice.line_to(bob.card.id), bob.line_to(alice.card.id), alice.line_to(alice.card.id), alice.own_line}
    assert len(lines) == 4


def test_derived_row_keys_differ_by_purpose_and_context() -> None:
    assert (
        len({KEYRING.derive("a", b"b"), KEYRING.derive("a", b"c"), KEYRING.derive("b", b"b"), KEYRING.derive("a")}) == 4
    )


def test_a_card_belongs_to_its_keyring_and_is_made_once() -> None:
    keyring = Keyring.from_seed(SEED)
    assert keyring.card.signing_key == signing_public_key(keyring.signing_seed)
    assert keyring.card.sealing_key == sealing_public_key(keyring.sealing_seed)
    assert keyring.card is keyring.card


def test_a_card_is_1249_bytes_and_its_id_their_digest() -> None:
    card = KEYRING.card
    assert len(card.encode()) == 1249
    assert card.id == hashlib.sha256(card.encode()).digest()
    assert len(card.id) == CARD_ID_BYTES
    assert Card.decode(card.encode()) == card


def test_a_fingerprint_is_eight_groups_of_four() -> None:
    groups = KEYRING.card.fingerprint().split("-")
    assert [len(group) for group in groups] == [4] * 8


def test_a_sealing_key_is_the_xwing_drafts() -> None:
    key = sealing_public_key(xwing_draft.SEED)
    assert key.startswith(xwing_draft.PUBLIC_KEY_BEGINS)
    assert key.endswith(xwing_draft.PUBLIC_KEY_ENDS)
    assert len(key) == 1216


def test_a_cards_own_entry_can_be_opened_by_whoever_knows_the_card() -> None:
    assert card_entry_seed(KEYRING.card.id) == derive_key(KEYRING.card.id, "card entry")


ENCODED = KEYRING.card.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        ENCODED[:-1],
        ENCODED + b"\x00",
        b"\x00" + ENCODED[1:],
        b"\x02" + ENCODED[1:],
        ENCODED[:1] + b"\x01" + bytes(31) + ENCODED[33:],
        ENCODED[:1] + b"\x02" + bytes(31) + ENCODED[33:],
        ENCODED[:33] + b"\xff" * 1184 + ENCODED[-32:],
        ENCODED[:-32] + (P + 9).to_bytes(32, "little"),
        ENCODED[:-1] + bytes([ENCODED[-1] | 0x80]),
    ],
    ids=[
        "empty",
        "short",
        "long",
        "version 0",
        "version 2",
        "signing key of small order",
        "signing key off the curve",
        "ML-KEM coefficients above q",
        "X25519 key beyond p",
        "X25519 key with its unused bit set",
    ],
)
def test_bytes_that_are_no_card_are_refused(data) -> None:
    with pytest.raises(InvalidInput):
        Card.decode(data)


@pytest.mark.parametrize("u", SMALL_ORDER_U)
def test_a_sealing_key_of_small_order_is_refused(u) -> None:
    with pytest.raises(InvalidInput):
        Card.decode(ENCODED[:-32] + u.to_bytes(32, "little"))


def test_a_key_of_another_length_is_refused() -> None:
    assert not is_acceptable_sealing_key(bytes(1215))
    for wrong in (KEYRING.card.signing_key[:-1], KEYRING.card.signing_key + b"\x01"):
        assert not is_acceptable_signing_key(wrong)


@pytest.mark.parametrize(
    "make",
    [
        lambda: derive_key(bytes(31), "x"),
        lambda: sealing_public_key(bytes(31)),
        lambda: signing_public_key(bytes(33)),
        lambda: KEYRING.line_to(b"short"),
        lambda: Keyring(*PARTS[:5], b"short"),
        lambda: card_entry_seed(b""),
        lambda: staff_keyring(b"short"),
        lambda: ending_keyring(b"short"),
    ],
)
def test_secrets_of_another_length_are_refused(make) -> None:
    with pytest.raises(InvalidInput):
        make()


def test_the_sealing_seed_is_expanded_once_a_keyring() -> None:
    keyring = Keyring.from_seed(SEED)
    assert keyring.sealing_keys is keyring.sealing_keys
    assert keyring.card == KEYRING.card
