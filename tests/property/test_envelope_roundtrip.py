"""Of every text: opening undoes sealing. One flipped bit, one missing byte, any bytes at all: our error, no other."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockmrs.crypto.envelope import open_object, open_secret, open_with, seal_object, seal_secret, seal_to_key
from blockmrs.crypto.keys import Card, Keyring, sealing_public_key, signing_public_key
from blockmrs.crypto.labels import chain_label
from blockmrs.crypto.signatures import sign, verify_signature
from blockmrs.errors import CannotOpen, InvalidInput, InvalidSignature, ObjectMismatch

CHAIN = bytes(range(32))
SEED = bytes([9]) * 32
PUBLIC = sealing_public_key(SEED)
INFO = chain_label("object", CHAIN)
SEALED = seal_object(b"one report", chain_id=CHAIN)
SEALED_TO_KEY = seal_to_key(b"payload", PUBLIC, info=INFO)
SEALED_SECRET = seal_secret(SEED, b"row", context=b"place")
KEYRING = Keyring.from_seed(SEED)
CARD = KEYRING.card.encode()
SIGNING_KEY = signing_public_key(SEED)
SIGNATURE = sign(SEED, "update", CHAIN, b"message")


def flip(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")


@given(st.binary(max_size=6000))
@settings(max_examples=40, deadline=None)
def test_an_object_opens_to_what_was_sealed(plaintext: bytes) -> None:
    sealed = seal_object(plaintext, chain_id=CHAIN)
    assert open_object(sealed.content, sealed.seed, chain_id=CHAIN) == plaintext
    assert len(sealed.content) in (4096, 8192)


@given(st.integers(0, 8 * 4096 - 1))
@settings(deadline=None)
def test_an_object_with_any_flipped_bit_does_not_open(bit: int) -> None:
    with pytest.raises((CannotOpen, ObjectMismatch)):
        open_object(flip(SEALED.content, bit), SEALED.seed, chain_id=CHAIN)


@given(st.integers(0, 4095))
@settings(deadline=None)
def test_a_truncated_object_does_not_open(length: int) -> None:
    with pytest.raises(CannotOpen):
        open_object(SEALED.content[:length], SEALED.seed, chain_id=CHAIN)


@given(st.binary(min_size=32, max_size=32))
@settings(deadline=None)
def test_an_object_opens_under_no_other_seed(seed: bytes) -> None:
    with pytest.raises(ObjectMismatch):
        open_object(SEALED.content, seed, chain_id=CHAIN)


@given(st.binary(max_size=1500))
@settings(deadline=None)
def test_any_bytes_given_as_sealed_are_refused_in_one_way(data: bytes) -> None:
    with pytest.raises(CannotOpen):
        open_with(data, SEED, info=INFO)
    with pytest.raises(CannotOpen):
        open_secret(SEED, data, context=b"place")


@given(st.integers(0, 8 * len(SEALED_TO_KEY) - 1))
@settings(deadline=None)
def test_a_sealed_payload_with_any_flipped_bit_does_not_open(bit: int) -> None:
    # X25519 ignores the highest bit of a public key when it computes, yet the key schedule hashes it.
    with pytest.raises(CannotOpen):
        open_with(flip(SEALED_TO_KEY, bit), SEED, info=INFO)


@given(st.integers(0, 8 * len(SEALED_SECRET) - 1))
def test_a_sealed_secret_with_any_flipped_bit_does_not_open(bit: int) -> None:
    with pytest.raises(CannotOpen):
        open_secret(SEED, flip(SEALED_SECRET, bit), context=b"place")


@given(st.binary(max_size=40000), st.binary(max_size=60))
@settings(max_examples=40, deadline=None)
def test_a_secret_opens_to_what_was_sealed(plaintext: bytes, context: bytes) -> None:
    assert open_secret(SEED, seal_secret(SEED, plaintext, context=context), context=context) == plaintext


@given(st.integers(0, 8 * 64 - 1))
def test_a_signature_with_any_flipped_bit_does_not_verify(bit: int) -> None:
    with pytest.raises(InvalidSignature):
        verify_signature(SIGNING_KEY, "update", CHAIN, b"message", flip(SIGNATURE, bit))


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_bytes_given_as_key_and_signature_are_refused(key: bytes, signature: bytes) -> None:
    with pytest.raises(InvalidSignature):
        verify_signature(key, "update", CHAIN, b"message", signature)


@given(st.integers(0, 8 * len(CARD) - 1))
@settings(deadline=None)
def test_a_card_with_any_flipped_bit_is_another_card_or_none(bit: int) -> None:
    with contextlib.suppress(InvalidInput):
        assert Card.decode(flip(CARD, bit)).id != KEYRING.card.id


@given(st.binary(max_size=1300))
def test_any_bytes_are_a_card_or_keyring_or_refused(data: bytes) -> None:
    for kind in (Card, Keyring):
        with contextlib.suppress(InvalidInput):
            assert kind.decode(data).encode() == data


@given(st.binary(min_size=193, max_size=193))
def test_any_bytes_as_long_as_a_keyring_are_one_or_refused(data: bytes) -> None:
    with contextlib.suppress(InvalidInput):
        assert Keyring.decode(data).encode() == data
