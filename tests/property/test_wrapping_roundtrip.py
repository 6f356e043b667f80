"""Of every secret: unwrap undoes wrap. Of any change: CannotOpen, whatever it asks for."""

import contextlib
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockmrs.crypto.recovery_codes import format_recovery_code, parse_recovery_code
from blockmrs.crypto.wrapping import WrapCost, Wrapper
from blockmrs.errors import CannotOpen, InvalidInput

WRAPPER = Wrapper(bytes(range(32)), WrapCost(memory_kib=8, iterations=1, lanes=1))
SEED = bytes([3]) * 32
WRAPPED = WRAPPER.wrap("secret", SEED, context=b"whose")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(texts, st.binary(max_size=100), st.binary(max_size=40))
def test_unwrap_undoes_wrap(secret: str, content: bytes, context: bytes) -> None:
    assert WRAPPER.unwrap(secret, WRAPPER.wrap(secret, content, context=context), context=context) == content


@given(texts)
def test_a_secret_opens_in_every_unicode_form(secret: str) -> None:
    wrapped = WRAPPER.wrap(secret, SEED, context=b"")
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert WRAPPER.unwrap(unicodedata.normalize(form, secret), wrapped, context=b"") == SEED


@given(st.integers(7 * 8, 8 * len(WRAPPED) - 1))
def test_a_flipped_bit_after_the_cost_does_not_open(bit: int) -> None:
    flipped = bytearray(WRAPPED)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CannotOpen):
        WRAPPER.unwrap("secret", bytes(flipped), context=b"whose")


@given(st.integers(0, 2**32 - 1), st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_any_other_cost_does_not_open(memory_kib: int, iterations: int, lanes: int, version: int) -> None:
    # Small enough to try for real: larger ones within the bounds differ in nothing but time.
    memory_kib = memory_kib if memory_kib > 256 * 1024 else memory_kib % 1024
    header = bytes([version]) + memory_kib.to_bytes(4, "big") + bytes([iterations, lanes])
    if header == WRAPPED[:7]:
        return
    with pytest.raises(CannotOpen):
        WRAPPER.unwrap("secret", header + WRAPPED[7:], context=b"whose")


@given(st.binary(max_size=200).filter(lambda data: int.from_bytes(data[1:5], "big") < 1024 or len(data) < 23))
def test_any_bytes_are_refused_in_one_way(data: bytes) -> None:
    with pytest.raises(CannotOpen):
        WRAPPER.unwrap("secret", data, context=b"whose")


@given(st.integers(0, len(WRAPPED) - 1))
def test_a_truncated_wrap_does_not_open(length: int) -> None:
    with pytest.raises(CannotOpen):
        WRAPPER.unwrap("secret", WRAPPED[:length], context=b"whose")


@given(st.binary(min_size=16, max_size=16))
def test_a_recovery_code_reads_back(random: bytes) -> None:
    code = format_recovery_code(random)
    assert parse_recovery_code(code) == code
    assert parse_recovery_code(code.lower().replace("-", " ")) == code


@given(st.text(max_size=60))
def test_any_text_is_a_recovery_code_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert len(parse_recovery_code(text)) == 34
