"""Of every bundle: decode undoes encode. Of any bytes: InvalidInput, or the one encoding of a bundle."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from blockmrs.cid import Cid
from blockmrs.domain.bundles import (
    Bundle,
    BundleEntry,
    BundleTerms,
    EntriesPointer,
    decode_bundle,
    decode_sub_bundle,
    encode_bundle,
    encode_sub_bundle,
)
from blockmrs.domain.sharing import Pointer
from blockmrs.encoding import MAX_INTEGER
from blockmrs.errors import InvalidInput

ids = st.binary(min_size=32, max_size=32)
words = st.from_regex(r"[a-z][a-z-]{1,31}", fullmatch=True)
pointers = st.builds(Pointer, st.builds(Cid, ids), ids)
places = st.integers(0, MAX_INTEGER)
entries = st.lists(
    st.builds(BundleEntry, pointers, ids, ids, words, places), max_size=6, unique_by=lambda entry: entry.update_id
).map(tuple)
terms = st.builds(
    BundleTerms,
    st.booleans(),
    st.lists(words, max_size=4, unique=True).map(tuple),
    st.lists(ids, max_size=4, unique=True).map(tuple),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
)
earlier = st.lists(st.tuples(ids, places), max_size=3).map(tuple)
subs = st.lists(
    st.builds(EntriesPointer, pointers, ids, st.integers(1, 1000)),
    min_size=1, max_size=4, unique_by=lambda sub: sub.bundle_id,
).map(tuple)  # fmt: skip
bundles = st.builds(Bundle, ids, terms, entries, st.just(()), earlier) | st.builds(
    Bundle, ids, terms, st.just(()), subs, earlier
)


@given(bundles)
def test_decode_undoes_encode(bundle: Bundle) -> None:
    assert decode_bundle(encode_bundle(bundle)) == bundle


@given(ids, entries.filter(bool))
def test_decode_undoes_encode_of_a_sub_bundle(subject: bytes, listed: tuple[BundleEntry, ...]) -> None:
    assert decode_sub_bundle(encode_sub_bundle(subject, listed), subject, len(listed)) == listed


@given(bundles, st.data())
def test_a_flipped_bit_makes_another_bundle_or_none(bundle: Bundle, data: st.DataObject) -> None:
    text = encode_bundle(bundle)
    bit = data.draw(st.integers(0, 8 * len(text) - 1))
    flipped = (int.from_bytes(text, "big") ^ 1 << bit).to_bytes(len(text), "big")
    with contextlib.suppress(InvalidInput):
        assert decode_bundle(flipped) != bundle


@given(bundles, st.data())
def test_a_beginning_of_a_bundle_is_none(bundle: Bundle, data: st.DataObject) -> None:
    text = encode_bundle(bundle)
    try:
        decode_bundle(text[: data.draw(st.integers(0, len(text) - 1))])
    except InvalidInput:
        return
    raise AssertionError("a beginning was taken for the whole")


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_by_both_readers_or_a_bundle(data: bytes) -> None:
    with contextlib.suppress(InvalidInput):
        decode_bundle(data)
    with contextlib.suppress(InvalidInput):
        decode_sub_bundle(data, bytes(32), 1)
