"""Writing and reading bundles: their objects, sealed and named, and opened again with every check of the protocol.

What they list is proven later, update by update (`updates.py`). Source: docs/protocol "Bundles".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from blockmrs.crypto.envelope import open_object, seal_object
from blockmrs.crypto.labels import label
from blockmrs.domain.bundles import (
    ENTRIES_AT_ONCE,
    MOST_ENTRIES,
    Bundle,
    BundleEntry,
    BundleTerms,
    EntriesPointer,
    check_listed_once,
    cut,
    decode_bundle,
    decode_sub_bundle,
    encode_bundle,
    encode_sub_bundle,
)
from blockmrs.errors import InvalidInput, Malformed, ObjectMismatch

if TYPE_CHECKING:
    from blockmrs.domain.sharing import BundleGrant, Pointer
    from blockmrs.services.lines.batch import Batch
    from blockmrs.storage import ObjectStore


@dataclass(frozen=True, slots=True)
class BundlePointer:
    """Where a bundle is, and its bundle id (32 bytes)."""

    object: Pointer
    bundle_id: bytes


def bundle_id(text: bytes) -> bytes:
    """The id of a bundle's or sub-bundle's text, 32 bytes."""
    return sha256(label("bundle") + text).digest()


def keep_bundle(
    batch: Batch, subject: bytes, terms: BundleTerms, entries: Sequence[BundleEntry], *, chain_id: bytes
) -> BundlePointer:
    """Seal a bundle and its sub-bundles, each under a fresh key, and store them; returns where it is.

    Raises:
        InvalidInput: more entries than one bundle lists, or an update twice.
    """
    if len(entries) > MOST_ENTRIES:
        raise InvalidInput("This is more than one share can hold. Choose less", limit=MOST_ENTRIES)
    check_listed_once(entries)
    if len(entries) <= ENTRIES_AT_ONCE:
        return _keep(batch, encode_bundle(Bundle(subject, terms, tuple(entries))), chain_id)
    subs = []
    for part in cut(entries):
        pointer = _keep(batch, encode_sub_bundle(subject, part), chain_id)
        subs.append(EntriesPointer(pointer.object, pointer.bundle_id, len(part)))
    return _keep(batch, encode_bundle(Bundle(subject, terms, sub_bundles=tuple(subs))), chain_id)


def read_terms(objects: ObjectStore, grant: BundleGrant, *, chain_id: bytes) -> Bundle:
    """The bundle that a grant names, with its terms, and entries as far as they stand in its own object.

    Raises:
        VerificationFailed: the bytes, the key or the bundle id is not what it has to be.
        InvalidInput: the text is no bundle.
    """
    bundle = decode_bundle(_open(objects, grant.object, grant.bundle_id, chain_id))
    if bundle.subject != grant.subject:
        raise Malformed("the bundle is of another record than its grant")
    return bundle


def read_bundle(objects: ObjectStore, grant: BundleGrant, *, chain_id: bytes) -> Bundle:
    """The bundle that a grant names, with the entries of all its sub-bundles; raises as `read_terms`."""
    bundle = read_terms(objects, grant, chain_id=chain_id)
    entries = list(bundle.entries)
    for sub in bundle.sub_bundles:
        text = _open(objects, sub.object, sub.bundle_id, chain_id)
        entries += decode_sub_bundle(text, bundle.subject, sub.count)
    check_listed_once(entries)
    return replace(bundle, entries=tuple(entries), sub_bundles=())


def _keep(batch: Batch, text: bytes, chain_id: bytes) -> BundlePointer:
    return BundlePointer(batch.keep(seal_object(text, chain_id=chain_id)), bundle_id(text))


def _open(objects: ObjectStore, pointer: Pointer, expected_id: bytes, chain_id: bytes) -> bytes:
    text = open_object(objects.get(pointer.cid), pointer.seed, chain_id=chain_id)
    if bundle_id(text) != expected_id:
        raise ObjectMismatch("the object holds a bundle other than the one granted")
    return text
