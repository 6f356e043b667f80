"""The objects of a bundle: sealed, named, cut where they must be, and refused where they are not what was granted."""

from dataclasses import replace

import pytest

from blockmrs.cid import Cid
from blockmrs.crypto.envelope import seal_object
from blockmrs.crypto.keys import Keyring
from blockmrs.domain import bundles as codec
from blockmrs.domain.bundles import (
    Bundle,
    BundleEntry,
    BundleTerms,
    EntriesPointer,
    encode_bundle,
    encode_sub_bundle,
)
from blockmrs.domain.kinds import Scope
from blockmrs.domain.sharing import BundleGrant, Pointer
from blockmrs.errors import CannotOpen, InvalidInput, ObjectMissing, VerificationFailed
from blockmrs.services.lines import bundles
from blockmrs.services.lines.bundles import bundle_id, keep_bundle, read_bundle, read_terms
from tests.support.lines import Lines

TERMS = BundleTerms(kinds=("report",), name="Sam Rivers")


def entry(number: int) -> BundleEntry:
    pointer = Pointer(Cid.of(b"%d" % number), number.to_bytes(32, "big"))
    return BundleEntry(pointer, Cid.of(b"update %d" % number).digest, bytes(32), "report", number)


def put(lines: Lines, text: bytes) -> Pointer:
    sealed = seal_object(text, chain_id=lines.chain_id)
    lines.objects.put(sealed.content)
    return Pointer(sealed.cid, sealed.seed)


def granted(lines: Lines, sam: Keyring, pointer: Pointer, identifier: bytes) -> BundleGrant:
    return BundleGrant(Scope.BUNDLE, pointer, identifier, sam.card.id, "care", lines.clock())


def forged(lines: Lines, sam: Keyring, text: bytes) -> BundleGrant:
    return granted(lines, sam, put(lines, text), bundle_id(text))


def kept(lines: Lines, sam: Keyring, entries: list[BundleEntry], terms: BundleTerms = TERMS) -> BundleGrant:
    where = keep_bundle(lines.mailbox.batch(), sam.card.id, terms, entries, chain_id=lines.chain_id)
    return granted(lines, sam, where.object, where.bundle_id)


def read(lines: Lines, grant: BundleGrant) -> Bundle:
    return read_bundle(lines.objects, grant, chain_id=lines.chain_id)


def of_subs(lines: Lines, sam: Keyring, *texts: tuple[bytes, int]) -> BundleGrant:
    """A bundle whose sub-bundles are these texts, each with the number of entries that it is said to have."""
    subs = tuple(EntriesPointer(put(lines, text), bundle_id(text), count) for text, count in texts)
    return forged(lines, sam, encode_bundle(Bundle(sam.card.id, TERMS, sub_bundles=subs)))


def test_a_bundle_is_one_object_and_read_as_it_was_kept(lines: Lines, sam: Keyring) -> None:
    entries = [entry(number) for number in range(10)]
    grant = kept(lines, sam, entries)
    assert read(lines, grant) == Bundle(sam.card.id, TERMS, tuple(entries))
    assert len(lines.objects.objects) == 1


def test_a_long_one_is_cut_into_sub_bundles_each_under_a_key_of_its_own(
    lines: Lines, sam: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "ENTRIES_AT_ONCE", 4)
    monkeypatch.setattr(codec, "ENTRIES_AT_ONCE", 4)
    entries = [entry(number) for number in range(10)]
    grant = kept(lines, sam, entries)
    subs = read_terms(lines.objects, grant, chain_id=lines.chain_id).sub_bundles
    assert [sub.count for sub in subs] == [4, 4, 2]
    assert len({grant.object.seed, *(sub.object.seed for sub in subs)}) == 4
    assert read(lines, grant) == Bundle(sam.card.id, TERMS, tuple(entries))


def test_terms_alone_are_kept_and_read(lines: Lines, sam: Keyring) -> None:
    assert read(lines, kept(lines, sam, [])) == Bundle(sam.card.id, TERMS)


def test_more_than_a_bundle_may_list_and_an_update_twice_are_not_kept(
    lines: Lines, sam: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput, match="twice"):
        kept(lines, sam, [entry(1), entry(1)])
    monkeypatch.setattr(bundles, "MOST_ENTRIES", 2)
    with pytest.raises(InvalidInput, match="Choose less"):
        kept(lines, sam, [entry(number) for number in range(3)])
    assert not lines.objects.objects


def test_an_id_other_than_the_granted_one_is_refused(lines: Lines, sam: Keyring) -> None:
    grant = kept(lines, sam, [entry(1)])
    with pytest.raises(VerificationFailed, match="other than the one granted"):
        read(lines, replace(grant, bundle_id=bytes(32)))


def test_a_bundle_of_another_record_is_refused(lines: Lines, sam: Keyring, carol: Keyring) -> None:
    grant = kept(lines, sam, [entry(1)])
    with pytest.raises(InvalidInput, match="another record"):
        read(lines, replace(grant, subject=carol.card.id))


def test_a_sub_bundle_of_another_record_is_refused(lines: Lines, sam: Keyring, carol: Keyring) -> None:
    with pytest.raises(InvalidInput, match="not the one"):
        read(lines, of_subs(lines, sam, (encode_sub_bundle(carol.card.id, [entry(1)]), 1)))


def test_a_sub_bundle_with_another_number_of_entries_is_refused(lines: Lines, sam: Keyring) -> None:
    with pytest.raises(InvalidInput, match="not the one"):
        read(lines, of_subs(lines, sam, (encode_sub_bundle(sam.card.id, [entry(1), entry(2)]), 1)))


def test_an_update_that_two_sub_bundles_list_is_refused(lines: Lines, sam: Keyring) -> None:
    first, second = (encode_sub_bundle(sam.card.id, [entry(1), entry(number)]) for number in (2, 3))
    with pytest.raises(InvalidInput, match="twice"):
        read(lines, of_subs(lines, sam, (first, 2), (second, 2)))


def test_a_sub_bundle_that_is_a_bundle_is_refused_so_that_none_is_deep_or_leads_back(
    lines: Lines, sam: Keyring
) -> None:
    inner = encode_sub_bundle(sam.card.id, [entry(1)])
    pointer = EntriesPointer(put(lines, inner), bundle_id(inner), 1)
    deep = encode_bundle(Bundle(sam.card.id, TERMS, sub_bundles=(pointer,)))
    with pytest.raises(InvalidInput, match="other fields"):
        read(lines, of_subs(lines, sam, (deep, 1)))


def test_a_store_that_answers_with_the_bundle_for_its_sub_bundle_is_found_out(lines: Lines, sam: Keyring) -> None:
    grant = of_subs(lines, sam, (encode_sub_bundle(sam.card.id, [entry(1)]), 1))
    (sub,) = read_terms(lines.objects, grant, chain_id=lines.chain_id).sub_bundles
    lines.objects.objects[sub.object.cid] = lines.objects.objects[grant.object.cid]
    with pytest.raises(VerificationFailed):
        read(lines, grant)


def test_a_sub_bundle_that_is_not_here_is_missing_and_not_empty(lines: Lines, sam: Keyring) -> None:
    grant = of_subs(lines, sam, (encode_sub_bundle(sam.card.id, [entry(1)]), 1))
    (sub,) = read_terms(lines.objects, grant, chain_id=lines.chain_id).sub_bundles
    del lines.objects.objects[sub.object.cid]
    with pytest.raises(ObjectMissing):
        read(lines, grant)


def test_what_inflates_beyond_a_bundles_bound_is_refused(lines: Lines, sam: Keyring) -> None:
    # 8 MiB of zeros are an object of 16 KiB: well-formed as such, and no bundle.
    with pytest.raises(InvalidInput, match="too many"):
        read(lines, forged(lines, sam, bytes(8 * 1024 * 1024)))


def test_an_update_in_the_place_of_a_bundle_is_refused(lines: Lines, sam: Keyring) -> None:
    with pytest.raises(InvalidInput):
        read(lines, forged(lines, sam, b'{"resourceType":"Bundle"}'))


def test_another_chains_bundle_does_not_open(lines: Lines, sam: Keyring) -> None:
    grant = kept(lines, sam, [entry(1)])
    with pytest.raises(CannotOpen):
        read_bundle(lines.objects, grant, chain_id=bytes(32))
