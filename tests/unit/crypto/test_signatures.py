"""Signatures carry purpose and chain; keys under which anything verifies are refused."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from blockmrs.crypto import signatures
from blockmrs.crypto.curves import _D, _P, is_acceptable_signing_key, is_point
from blockmrs.crypto.keys import signing_public_key
from blockmrs.crypto.labels import NO_CHAIN, chain_label, label
from blockmrs.crypto.signatures import sign, verify_signature
from blockmrs.errors import InvalidInput, InvalidSignature

SEED = bytes([7]) * 32
CHAIN = bytes(range(32))
ORDER = 2**252 + 27742317777372353535851937790883648493


def test_a_signature_verifies_for_its_own_purpose_chain_and_message() -> None:
    verify_signature(signing_public_key(SEED), "update", CHAIN, b"message", sign(SEED, "update", CHAIN, b"message"))


def test_the_signed_text_begins_with_label_and_chain() -> None:
    signature = sign(SEED, "update", CHAIN, b"message")
    text = b"blockmrs/1 update\x00" + CHAIN + b"message"
    Ed25519PublicKey.from_public_bytes(signing_public_key(SEED)).verify(signature, text)


@pytest.mark.parametrize(
    ("purpose", "chain_id", "message"),
    [("updates", CHAIN, b"message"), ("update", NO_CHAIN, b"message"), ("update", CHAIN, b"massage")],
    ids=["purpose", "chain", "message"],
)
def test_a_signature_counts_for_nothing_else(purpose, chain_id, message) -> None:
    signature = sign(SEED, "update", CHAIN, b"message")
    with pytest.raises(InvalidSignature):
        verify_signature(signing_public_key(SEED), purpose, chain_id, message, signature)


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65)])
def test_bytes_that_are_no_signature_do_not_verify(signature) -> None:
    with pytest.raises(InvalidSignature):
        verify_signature(signing_public_key(SEED), "update", CHAIN, b"message", signature)


def test_a_signature_has_one_form_only() -> None:
    signature = sign(SEED, "update", CHAIN, b"message")
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    with pytest.raises(InvalidSignature):
        verify_signature(
            signing_public_key(SEED), "update", CHAIN, b"message", signature[:32] + scalar.to_bytes(32, "little")
        )


def _points_of_small_order() -> set[bytes]:
    """All encodings, by computing eight multiples of a point of order 8, and adding the non-canonical forms."""

    def add(p: tuple[int, int], q: tuple[int, int]) -> tuple[int, int]:
        (x1, y1), (x2, y2) = p, q
        t = _D * x1 * x2 * y1 * y2
        return (x1 * y2 + x2 * y1) * pow(1 + t, -1, _P) % _P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, _P) % _P

    def root(square: int) -> int | None:
        x = pow(square, (_P + 3) // 8, _P)
        if (x * x - square) % _P:
            x = x * pow(2, (_P - 1) // 4, _P) % _P
        return x if (x * x - square) % _P == 0 else None

    # Take points off the curve's list until one, cleared of its large prime part, has order 8.
    for y in range(2, 100):
        x = root((y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P)
        if x is None:
            continue
        point, result, scalar = (x, y), (0, 1), ORDER
        while scalar:
            if scalar & 1:
                result = add(result, point)
            point, scalar = add(point, point), scalar >> 1
        multiples = [(0, 1)]
        while (following := add(multiples[-1], result)) != (0, 1):
            multiples.append(following)
        if len(multiples) == 8:
            break
    forms = set()
    for _, y in multiples:
        for value in (y, y + _P):
            if value < 2**255:
                forms |= {(value | sign_bit << 255).to_bytes(32, "little") for sign_bit in (0, 1)}
    return forms


def test_every_encoding_of_every_point_of_small_order_is_refused() -> None:
    forms = _points_of_small_order()
    # Five values of y, two of which have a second form, each with both signs.
    assert len(forms) == 14
    for key in forms:
        assert not is_acceptable_signing_key(key)


def test_the_signature_that_fits_every_message_under_the_neutral_key_is_refused() -> None:
    key, signature = b"\x01" + bytes(31), b"\x01" + bytes(63)
    Ed25519PublicKey.from_public_bytes(key).verify(signature, b"any message at all")
    with pytest.raises(InvalidSignature):
        verify_signature(key, "update", CHAIN, b"any message at all", signature)


def test_a_key_with_two_encodings_is_refused() -> None:
    assert not is_acceptable_signing_key((_P + 3).to_bytes(32, "little"))


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_key_of_another_length_is_refused(key) -> None:
    with pytest.raises(InvalidSignature):
        verify_signature(key, "update", CHAIN, b"", bytes(64))


def test_bytes_that_are_no_point_are_told_from_points() -> None:
    assert is_point(signing_public_key(SEED))
    assert is_point(b"\x01" + bytes(31))
    # y = 2 has no x on the curve.
    assert not is_point(b"\x02" + bytes(31))


def test_no_label_is_the_beginning_of_another() -> None:
    assert label("update") == b"blockmrs/1 update\x00"
    assert not label("updates").startswith(label("update"))


@pytest.mark.parametrize("purpose", ["", "Upper", "a\x00b", "x" * 65, " space first"])
def test_a_purpose_that_could_be_mistaken_is_refused(purpose) -> None:
    with pytest.raises(InvalidInput):
        label(purpose)


def test_a_chain_id_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidInput):
        chain_label("update", bytes(31))


def test_a_signing_seed_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidInput):
        sign(bytes(31), "update", CHAIN, b"")


def test_what_verified_is_remembered_by_key_signature_purpose_chain_and_message(monkeypatch) -> None:
    key, signature = signing_public_key(SEED), sign(SEED, "update", CHAIN, b"remembered")
    verify_signature(key, "update", CHAIN, b"remembered", signature)
    monkeypatch.setattr(signatures, "Ed25519PublicKey", None)
    verify_signature(key, "update", CHAIN, b"remembered", signature)
    other = signing_public_key(bytes(32))
    for changed in [
        (other, "update", CHAIN, b"remembered", signature),
        (key, "updates", CHAIN, b"remembered", signature),
        (key, "update", NO_CHAIN, b"remembered", signature),
        (key, "update", CHAIN, b"remembered.", signature),
        (key, "update", CHAIN, b"remembered", signature[::-1]),
    ]:
        with pytest.raises(AttributeError):
            verify_signature(*changed)


def test_a_longer_signature_is_not_taken_for_a_remembered_one() -> None:
    inner = chain_label("update", CHAIN) + b"message"
    signature = sign(SEED, "update", CHAIN, inner)
    key = signing_public_key(SEED)
    verify_signature(key, "update", CHAIN, inner, signature)
    with pytest.raises(InvalidSignature):
        verify_signature(key, "update", CHAIN, b"message", signature + chain_label("update", CHAIN))


def test_no_more_than_the_newest_are_remembered_and_what_fails_never(monkeypatch) -> None:
    monkeypatch.setattr(signatures, "_REMEMBERED", 2)
    monkeypatch.setattr(signatures, "_verified", remembered := {})
    key = signing_public_key(SEED)
    for number in range(4):
        verify_signature(key, "update", CHAIN, bytes([number]), sign(SEED, "update", CHAIN, bytes([number])))
    newest = list(remembered)
    assert len(newest) == 2
    with pytest.raises(InvalidSignature):
        verify_signature(key, "update", CHAIN, b"x", sign(SEED, "update", CHAIN, b"y"))
    assert list(remembered) == newest
    verify_signature(key, "update", CHAIN, bytes([2]), sign(SEED, "update", CHAIN, bytes([2])))
    assert list(remembered) == newest
