"""Of every value: decode undoes encode. Of any bytes: a value with that one encoding, or InvalidInput."""

import contextlib

from hypothesis import example, given
from hypothesis import strategies as st

from blockmrs.cid import Cid
from blockmrs.encoding import MAX_INTEGER, Value, decode, decode_padded, encode
from blockmrs.errors import InvalidInput, ObjectMismatch

scalars = (
    st.none()
    | st.booleans()
    | st.integers(0, MAX_INTEGER)
    | st.binary(max_size=80)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(0, 23), inner, max_size=5),
    max_leaves=12,
)


def with_types(value: Value) -> object:
    """A form in which True and 1 differ."""
    if isinstance(value, list):
        return [with_types(item) for item in value]
    if isinstance(value, dict):
        return {key: with_types(item) for key, item in value.items()}
    return type(value), value


@given(values)
def test_decode_undoes_encode(value: Value) -> None:
    assert with_types(decode(encode(value))) == with_types(value)


@given(st.binary(max_size=64))
@example(b"\xc5\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01")
@example(b"\xd8\x23\x61\x28")
@example(b"\xd8\x1e\x82\x01\x00")
def test_any_bytes_are_one_encoding_or_refused(data: bytes) -> None:
    with contextlib.suppress(InvalidInput):
        assert encode(decode(data)) == data


@given(values, st.data())
def test_a_truncated_encoding_is_refused(value: Value, data: st.DataObject) -> None:
    encoded = encode(value)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    try:
        decode(encoded[:cut])
    except InvalidInput:
        return
    raise AssertionError("a beginning was taken for the whole")


@given(values, st.integers(1, 40), st.data())
def test_only_zeros_may_follow_a_padded_value(value: Value, length: int, data: st.DataObject) -> None:
    encoded = encode(value)
    assert with_types(decode_padded(encoded + bytes(length))) == with_types(value)
    padding = bytearray(length)
    padding[data.draw(st.integers(0, length - 1))] = data.draw(st.integers(1, 255))
    try:
        decode_padded(encoded + bytes(padding))
    except InvalidInput:
        return
    raise AssertionError("padding that is not zero was taken")


@given(st.binary(max_size=100))
def test_a_content_identifier_reads_back(content: bytes) -> None:
    assert Cid.parse(str(Cid.of(content))) == Cid.of(content)


@given(st.text(max_size=70))
def test_any_text_is_the_one_form_of_an_identifier_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert str(Cid.parse(text)) == text


@given(st.binary(min_size=1, max_size=100), st.data())
def test_any_flipped_bit_changes_the_name(content: bytes, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    flipped = (int.from_bytes(content, "big") ^ 1 << bit).to_bytes(len(content), "big")
    try:
        Cid.of(content).check_bytes(flipped)
    except ObjectMismatch:
        return
    raise AssertionError("other bytes passed for the named ones")
