"""The text of a bundle: one encoding, its bounds, and what a reader refuses before anything in it is believed."""

from dataclasses import replace

import pytest

from blockmrs.cid import Cid
from blockmrs.domain import bundles
from blockmrs.domain.bundles import (
    ENTRIES_AT_ONCE,
    MOST_ENTRIES,
    MOST_SUB_BUNDLES,
    NAME_LIMIT,
    TEXT_LIMIT_BYTES,
    Bundle,
    BundleEntry,
    BundleTerms,
    EntriesPointer,
    cut,
    decode_bundle,
    decode_sub_bundle,
    encode_bundle,
    encode_sub_bundle,
)
from blockmrs.domain.sharing import Pointer
from blockmrs.encoding import Value, decode, encode
from blockmrs.errors import InvalidInput

SAM, ANA, LEE = b"s" * 32, b"a" * 32, b"l" * 32


def numbered(number: int) -> bytes:
    """An id as good as any, and another for each number."""
    return (number * 0x9E3779B97F4A7C15F39CC0605CEDC8341082276BF3A27251F86C6A11D0C18E95 % 2**256).to_bytes(32, "big")


def entry(number: int, author: bytes = ANA, kind: str = "report") -> BundleEntry:
    pointer = Pointer(Cid(numbered(3 * number + 1)), numbered(3 * number + 2))
    return BundleEntry(pointer, numbered(3 * number + 3), author, kind, number)


def sub(number: int, count: int = 1) -> EntriesPointer:
    return EntriesPointer(Pointer(Cid(numbered(number)), numbered(number + 1)), numbered(number + 2), count)


BUNDLE = Bundle(
    SAM,
    BundleTerms(True, ("report", "facts"), (numbered(1), numbered(2)), "Sam Rivers"),
    (entry(1), entry(2, LEE, "facts"), entry(3, LEE)),
    earlier=((b"e" * 32, 7),),
)


def changed(bundle: Bundle = BUNDLE, without: tuple[int, ...] = (), **fields: Value) -> bytes:
    """The bundle's text with other fields: `_3=...` stands for that of key 3."""
    text = decode(encode_bundle(bundle))
    assert isinstance(text, dict)
    kept = {key: value for key, value in text.items() if key not in without}
    return encode({**kept, **{int(name[1:]): value for name, value in fields.items()}})


def row(**changes: Value) -> list[Value]:
    whole: list[Value] = [b"o" * 32, b"k" * 32, b"u" * 32, 0, 0, 5]
    for name, value in changes.items():
        whole[int(name[1:])] = value
    return whole


def test_a_bundle_is_read_as_it_was_written() -> None:
    assert decode_bundle(encode_bundle(BUNDLE)) == BUNDLE
    assert encode_bundle(decode_bundle(encode_bundle(BUNDLE))) == encode_bundle(BUNDLE)


def test_a_bundle_has_the_fields_that_the_protocol_gives_it() -> None:
    first = entry(1)
    assert decode(encode_bundle(replace(BUNDLE, entries=BUNDLE.entries[:1]))) == {
        0: 1,
        1: SAM,
        2: {0: True, 1: ["report", "facts"], 2: [numbered(1), numbered(2)], 3: "Sam Rivers"},
        3: [[first.object.cid.digest, first.object.seed, first.update_id, 0, 0, 1]],
        5: [ANA],
        6: ["report"],
        7: [[b"e" * 32, 7]],
    }


def test_terms_alone_are_a_bundle_of_nothing() -> None:
    standing = Bundle(SAM, BundleTerms())
    assert decode(encode_bundle(standing)) == {0: 1, 1: SAM, 2: {}}
    assert decode_bundle(encode_bundle(standing)) == standing


def test_a_bundle_of_sub_bundles_names_each_with_its_number_of_entries() -> None:
    whole = Bundle(SAM, BundleTerms(), sub_bundles=(sub(10, 9000), sub(20, 3)))
    assert decode_bundle(encode_bundle(whole)) == whole
    assert whole.count == 9003


def test_a_sub_bundle_is_its_entries_alone() -> None:
    text = encode_sub_bundle(SAM, BUNDLE.entries)
    assert set(decode(text)) == {0, 1, 3, 5, 6}  # type: ignore[arg-type]  # it is a map
    assert decode_sub_bundle(text, SAM, 3) == BUNDLE.entries


def test_as_many_entries_as_are_written_at_once_fit_into_one_object() -> None:
    # The longest that there are: their places in the log take nine bytes, and each has an author of their own.
    long = [replace(entry(n), author=numbered(-n - 1), place=2**62 + n) for n in range(100)]
    short = encode_sub_bundle(SAM, [entry(n) for n in range(100)])
    per_entry = (len(short) - len(encode_sub_bundle(SAM, [entry(1)]))) / 99
    assert per_entry * ENTRIES_AT_ONCE < 0.97 * TEXT_LIMIT_BYTES - 4096
    assert len(encode_sub_bundle(SAM, long)) < TEXT_LIMIT_BYTES


def test_entries_are_cut_into_parts_that_hold_all_of_them_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "ENTRIES_AT_ONCE", 2)
    entries = [entry(number) for number in range(5)]
    parts = list(cut(entries))
    assert [len(part) for part in parts] == [2, 2, 1]
    assert [one for part in parts for one in part] == entries


@pytest.mark.parametrize(
    "name", ["ก" * 200, "नि" * 150, "漢" * 300, "S" * 300], ids=["thai", "hindi", "chinese", "latin"]
)
def test_a_long_name_is_cut_by_bytes_and_can_be_read_again(name: str) -> None:
    terms = decode_bundle(encode_bundle(Bundle(SAM, BundleTerms(name=name)))).terms
    assert len(terms.name.encode()) <= NAME_LIMIT
    assert name.startswith(terms.name.removesuffix("…"))
    assert len(terms.name) > 50


@pytest.mark.parametrize(
    "text",
    [
        changed(_0=2),
        changed(_0=True),
        changed(_1=SAM[:31]),
        changed(_1="Sam"),
        changed(without=(1,)),
        changed(without=(2,)),
        changed(_8=1),
        encode([1, 2]),
        encode_bundle(BUNDLE)[:-1],
        encode_bundle(BUNDLE) + b"\x00",
        b"",
    ],
)
def test_what_is_not_a_bundle_of_this_version_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        decode_bundle(text)


@pytest.mark.parametrize(
    "terms",
    [
        None, [], {0: False}, {0: 1}, {0: None}, {1: []}, {1: ["Report"]}, {1: ["report", "report"]}, {1: "report"},
        {1: [b"report"]}, {1: [f"kind-{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(65)]}, {2: []},
        {2: [b"short"]}, {2: b"S" * 32}, {2: [SAM, SAM]}, {3: ""}, {3: "S" * 257}, {3: b"Sam"}, {4: 0},
    ],
)  # fmt: skip
def test_terms_of_another_form_are_refused(terms: Value) -> None:
    with pytest.raises(InvalidInput):
        decode_bundle(changed(_2=terms))


@pytest.mark.parametrize(
    "row",
    [
        row(_0=b"short"), row(_1=b"k" * 33), row(_2=b"u" * 16), row(_3=3), row(_4=2), row(_3=True), row(_4=False),
        row(_5=True), row(_5=b"5"), row()[:5], [*row(), 0], {0: 1}, None, [row()],
    ],
)  # fmt: skip
def test_an_entry_of_another_form_is_refused(row: Value) -> None:
    with pytest.raises(InvalidInput):
        decode_bundle(changed(_3=[row]))
    with pytest.raises(InvalidInput):
        decode_sub_bundle(encode({0: 1, 1: SAM, 3: [row], 5: [ANA], 6: ["report"]}), SAM, 1)


@pytest.mark.parametrize(
    "text",
    [
        changed(_3=[]),
        changed(without=(3,)),
        changed(without=(5,)),
        changed(without=(6,)),
        changed(without=(3, 5)),
        changed(_5=[ANA, ANA]),
        changed(_5=[]),
        changed(_6=["report", "report"]),
        changed(_6=["Report", "facts"]),
        changed(_3={0: row()}),
        changed(_7=[]),
        changed(_7=[[SAM]]),
        changed(_7=[[SAM, True]]),
        changed(_7=[[SAM[:5], 1]]),
        changed(_7=[[SAM, 1]] * 65),
    ],
)
def test_lists_of_another_form_are_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        decode_bundle(text)


def test_an_update_that_is_listed_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="twice"):
        decode_bundle(changed(_3=[row(), row(_0=b"p" * 32)]))
    with pytest.raises(InvalidInput, match="twice"):
        encode_bundle(replace(BUNDLE, entries=(entry(1), entry(1))))


SUBS = Bundle(SAM, BundleTerms(), sub_bundles=(sub(10),))
NAMED: list[Value] = [b"o" * 32, b"k" * 32, b"i" * 32, 1]


@pytest.mark.parametrize(
    "text",
    [
        changed(SUBS, _3=[row()], _5=[ANA], _6=["report"]),
        changed(SUBS, _4=[]),
        changed(SUBS, _4=[NAMED[:3]]),
        changed(SUBS, _4=[[*NAMED[:3], 0]]),
        changed(SUBS, _4=[[*NAMED[:3], True]]),
        changed(SUBS, _4=[[*NAMED[:2], b"i", 1]]),
        changed(SUBS, _4=[NAMED, NAMED]),
        changed(SUBS, _4=[[b"o" * 32, b"k" * 32, numbered(n), 1] for n in range(MOST_SUB_BUNDLES + 1)]),
    ],
)
def test_sub_bundles_of_another_form_are_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        decode_bundle(text)


def test_more_entries_than_a_bundle_may_list_are_refused_before_any_of_them_is_fetched() -> None:
    rows: list[Value] = [[b"o" * 32, b"k" * 32, numbered(1), MOST_ENTRIES], [b"o" * 32, b"k" * 32, numbered(2), 1]]
    with pytest.raises(InvalidInput, match="too many"):
        decode_bundle(changed(SUBS, _4=rows))
    assert decode_bundle(changed(SUBS, _4=rows[:1])).count == MOST_ENTRIES


def test_a_sub_bundle_below_a_sub_bundle_is_refused() -> None:
    for deeper in (encode_bundle(SUBS), encode_bundle(BUNDLE), encode({0: 1, 1: SAM, 4: [NAMED]})):
        with pytest.raises(InvalidInput):
            decode_sub_bundle(deeper, SAM, 1)


@pytest.mark.parametrize(("subject", "count"), [(ANA, 3), (SAM, 2), (SAM, 4)])
def test_a_sub_bundle_of_another_record_or_length_is_refused(subject: bytes, count: int) -> None:
    with pytest.raises(InvalidInput, match="not the one"):
        decode_sub_bundle(encode_sub_bundle(SAM, BUNDLE.entries), subject, count)


def test_a_text_longer_than_an_object_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "decode", lambda text: pytest.fail("it was decoded"))
    for read in (decode_bundle, lambda text: decode_sub_bundle(text, SAM, 1)):
        with pytest.raises(InvalidInput, match="too many"):
            read(bytes(TEXT_LIMIT_BYTES + 1))


def test_more_than_fits_into_one_object_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "TEXT_LIMIT_BYTES", 300)
    with pytest.raises(InvalidInput, match="too many"):
        encode_sub_bundle(SAM, BUNDLE.entries)


def test_a_text_nested_beyond_all_bounds_is_refused() -> None:
    deep = b"\xa3\x00\x01\x01\x58\x20" + SAM + b"\x02" + b"\x81" * 100_000 + b"\x00"
    with pytest.raises(InvalidInput):
        decode_bundle(deep)


def test_entries_and_sub_bundles_at_once_are_not_written() -> None:
    with pytest.raises(InvalidInput):
        encode_bundle(replace(BUNDLE, sub_bundles=(sub(1),)))
