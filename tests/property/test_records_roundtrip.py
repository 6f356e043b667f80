"""Of every update: decode undoes encode. Of any change: InvalidInput, or another update."""

import contextlib
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from blockmrs.domain.records import Update, decode_update, encode_update
from blockmrs.errors import InvalidInput

# Hypothesis takes bounds without a zone, and adds one of its `timezones`.
BOUNDS = [time.replace(tzinfo=None) for time in (datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))]
words = st.from_regex(r"[a-z][a-z-]{1,31}", fullmatch=True)
updates = st.builds(
    Update,
    nonce=st.binary(min_size=16, max_size=16),
    subject=st.binary(min_size=32, max_size=32),
    author=st.binary(min_size=32, max_size=32),
    kind=words,
    created=st.datetimes(*BOUNDS, timezones=st.timezones() | st.just(UTC)),
    purpose=words,
    body=st.binary(max_size=300),
)
signatures = st.binary(min_size=64, max_size=64)


@given(updates, signatures)
def test_decode_undoes_encode(update: Update, signature: bytes) -> None:
    assert decode_update(encode_update(update, signature)) == (update, signature)


@given(updates, signatures, st.data())
def test_a_flipped_bit_makes_another_update_or_none(update: Update, signature: bytes, data: st.DataObject) -> None:
    encoded = encode_update(update, signature)
    bit = data.draw(st.integers(0, 8 * len(encoded) - 1))
    flipped = (int.from_bytes(encoded, "big") ^ 1 << bit).to_bytes(len(encoded), "big")
    with contextlib.suppress(InvalidInput):
        assert decode_update(flipped) != (update, signature)


@given(updates, signatures, st.data())
def test_a_truncated_update_is_refused(update: Update, signature: bytes, data: st.DataObject) -> None:
    encoded = encode_update(update, signature)
    try:
        decode_update(encoded[: data.draw(st.integers(0, len(encoded) - 1))])
    except InvalidInput:
        return
    raise AssertionError("a beginning was taken for the whole")


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_an_update(data: bytes) -> None:
    with contextlib.suppress(InvalidInput):
        assert encode_update(*decode_update(data)) == data


@given(st.datetimes(*BOUNDS, timezones=st.just(UTC)))
def test_a_time_loses_less_than_a_millisecond(created: datetime) -> None:
    kept = Update(bytes(16), bytes(32), bytes(32), "note", created, "care", b"").created
    assert timedelta(0) <= created - kept < timedelta(milliseconds=1)
