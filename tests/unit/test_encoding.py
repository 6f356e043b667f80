"""Nothing has two encodings."""

from datetime import UTC, datetime

import pytest

from blockmrs.encoding import MAX_DEPTH, MAX_INTEGER, decode, decode_padded, encode
from blockmrs.errors import InvalidInput


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (None, "f6"),
        (False, "f4"),
        (True, "f5"),
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (255, "18ff"),
        (256, "190100"),
        (65536, "1a00010000"),
        (MAX_INTEGER, "1b7fffffffffffffff"),
        (b"", "40"),
        (b"\x01\x02", "420102"),
        ("", "60"),
        ("ü", "62c3bc"),
        ([], "80"),
        ([1, [2]], "82018102"),
        ({}, "a0"),
        ({1: 2, 0: 1}, "a200010102"),
        ({23: b"", 10: []}, "a20a801740"),
    ],
)
def test_every_kind_of_value_has_its_one_encoding(value, encoded) -> None:
    assert encode(value).hex() == encoded
    assert decode(bytes.fromhex(encoded)) == value


def test_a_tuple_is_an_array() -> None:
    assert encode((1, 2)) == encode([1, 2])


@pytest.mark.parametrize(
    "value",
    [
        -1,
        MAX_INTEGER + 1,
        1.0,
        float("nan"),
        datetime(2026, 1, 1, tzinfo=UTC),
        {"text": 1},
        {24: 1},
        {-1: 1},
        {True: 1},
        {1.0: 1},
        {b"": 1},
        {1},
        pytest.param(object(), id="an object"),
        bytearray(b"x"),
        "half \ud800",
        {0: ["half \udfff"]},
    ],
    ids=repr,
)
def test_what_is_no_value_of_the_protocol_is_not_encoded(value) -> None:
    with pytest.raises(InvalidInput):
        encode(value)


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "0000",
        "1817",
        "1900ff",
        "1a0000ffff",
        "1b00000000ffffffff",
        "1b8000000000000000",
        "20",
        "5801ff",
        "5f4101ff",
        "7f6161ff",
        "9f01ff",
        "bf0001ff",
        "a201010002",
        "a200010002",
        "a1186401",
        "a12001",
        "a1616101",
        "a1f501",
        "a1f93c0001",
        "61ff",
        "63eda080",
        "f7",
        "f0",
        "f818",
        "f93c00",
        "fb3ff0000000000000",
        "c074323031332d30332d32315432303a30343a30305a",
        "c11a514b67b0",
        "c24101",
        "c482000a",
        "d81e820100",
        "d90102820101",
        "d81c80",
        "d81d00",
        "42ff",
        "82ff",
        "5b0000001000000000",
        "9b0000001000000000",
        "bb7fffffffffffffff",
        "1c",
        "ff",
    ],
)
def test_bytes_that_are_not_the_one_encoding_of_a_value_are_refused(encoded) -> None:
    with pytest.raises(InvalidInput):
        decode(bytes.fromhex(encoded))


def nested(depth: int) -> list:
    value: list = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_values_nest_eight_deep_and_no_deeper() -> None:
    deepest = nested(MAX_DEPTH + 1)
    assert decode(encode(deepest)) == deepest
    with pytest.raises(InvalidInput):
        encode(nested(MAX_DEPTH + 2))
    with pytest.raises(InvalidInput):
        decode(b"\x81" * (MAX_DEPTH + 1) + b"\x80")


def test_a_hundred_thousand_levels_are_refused_at_once() -> None:
    with pytest.raises(InvalidInput):
        decode(b"\x81" * 100_000)


def test_padding_after_a_value_is_zero() -> None:
    assert decode_padded(b"\x01\x00\x00") == 1
    assert decode_padded(b"\x01") == 1
    for padded in (b"\x01\x00\x01", b"\x01\x01", b"", b"\x18\x01\x00"):
        with pytest.raises(InvalidInput):
            decode_padded(padded)
