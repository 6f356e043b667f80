"""Bundles: many updates of one record under one grant, as the object lists them that the grant names.

To whom, why and until when stands in the grant (`BundleGrant`); what does not fit into a transaction, in the object,
whose digest the grant signs. An object holds some 9,500 entries; a longer list is cut into sub-bundles, one level deep.
Nothing that a bundle lists is believed: an entry says where an update is, and the update itself says, signed, whose it
is. Source: docs/protocol "Bundles".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from blockmrs.cid import Cid
from blockmrs.domain.records import is_word
from blockmrs.domain.sharing import Pointer, clip
from blockmrs.encoding import Value, decode, encode
from blockmrs.errors import Malformed

BUNDLE_VERSION = 1
MOST_ENTRIES = 100_000
"""The longest list of one bundle, sub-bundles counted in."""
ENTRIES_AT_ONCE = 9_000
"""How many entries are written into one object of 1 MiB, which would hold some 9,500 of about 110 bytes."""
MOST_SUB_BUNDLES = 100
MOST_KINDS = 64
MOST_EARLIER = 64
TEXT_LIMIT_BYTES = 1024 * 1024
"""The longest text: keys and digests get no shorter by compressing, so that no true one is longer than an object."""
NAME_LIMIT = 256
"""The longest name in the terms: in bytes when written, in characters when read."""

_ID_BYTES = 32
_VERSION, _SUBJECT, _TERMS, _ENTRIES, _SUB_BUNDLES, _AUTHORS, _KINDS, _EARLIER = range(8)
_MAY_PROPOSE, _OF_KINDS, _LEFT_OUT, _NAME = range(4)


@dataclass(frozen=True, slots=True)
class BundleTerms:
    """What the grant of a bundle says beside to whom, why and when.

    `kinds` are those that were chosen; none named means every one that is not sensitive. `left_out` are the ids of
    updates that the owner keeps out. `name` is whose record it is, as the giver calls them.
    """

    may_propose: bool = False
    kinds: tuple[str, ...] = ()
    left_out: tuple[bytes, ...] = ()
    name: str = ""

    def to_fields(self) -> dict[int, Value]:
        """The map that stands in the object."""
        fields: dict[int, Value] = {
            _MAY_PROPOSE: self.may_propose or None,
            _OF_KINDS: [str(kind) for kind in self.kinds] or None,
            _LEFT_OUT: list(self.left_out) or None,
            _NAME: clip(self.name, NAME_LIMIT) or None,
        }
        return {key: value for key, value in fields.items() if value is not None}

    @classmethod
    def from_fields(cls, value: object) -> BundleTerms:
        """The terms in `value`, else InvalidInput."""
        fields = _map(value, {_MAY_PROPOSE, _OF_KINDS, _LEFT_OUT, _NAME})
        name = fields.get(_NAME, "")
        if not isinstance(name, str) or len(name) > NAME_LIMIT or fields.get(_MAY_PROPOSE, True) is not True:
            raise Malformed("a bundle's terms have a field of another form")
        if any(fields.get(key) == [] for key in (_OF_KINDS, _LEFT_OUT)) or fields.get(_NAME) == "":
            raise Malformed("a bundle's terms leave out what is empty")
        return cls(
            may_propose=_MAY_PROPOSE in fields,
            kinds=_kinds(fields.get(_OF_KINDS, [])),
            left_out=_ids(fields.get(_LEFT_OUT, [])),
            name=name,
        )


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """One update of a bundle: where it is, and what its giver says of it.

    `kind`, `author` (a card id) and `place` (in the log) are claims, for lists; only the update itself proves them.
    """

    object: Pointer
    update_id: bytes
    author: bytes
    kind: str
    place: int


@dataclass(frozen=True, slots=True)
class EntriesPointer:
    """Where a sub-bundle is, its bundle id, and how many entries it has."""

    object: Pointer
    bundle_id: bytes
    count: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """What the object says that a grant of a bundle names: its terms, and its entries or where they are.

    `earlier` are cards of the subject that came before, or were joined to it, each with the place of the entry that
    says so. Without entries and sub-bundles it is terms alone.
    """

    subject: bytes
    terms: BundleTerms
    entries: tuple[BundleEntry, ...] = ()
    sub_bundles: tuple[EntriesPointer, ...] = ()
    earlier: tuple[tuple[bytes, int], ...] = ()

    @property
    def count(self) -> int:
        """How many updates it says that it lists."""
        return len(self.entries) + sum(sub.count for sub in self.sub_bundles)


def encode_bundle(bundle: Bundle) -> bytes:
    """The text of the object that the grant names; InvalidInput if it is too much for one object."""
    fields = {**_listed(bundle.subject, bundle.entries), _TERMS: bundle.terms.to_fields()}
    if bundle.sub_bundles:
        if bundle.entries:
            raise Malformed("a bundle lists its entries or its sub-bundles")
        fields[_SUB_BUNDLES] = [[*_pointer_value(sub.object), sub.bundle_id, sub.count] for sub in bundle.sub_bundles]
    if bundle.earlier:
        fields[_EARLIER] = [[card, place] for card, place in bundle.earlier]
    return _checked(encode(fields))


def decode_bundle(text: bytes) -> Bundle:
    """The bundle in `text`; else InvalidInput. Its sub-bundles are not read, and no entry is proven."""
    fields = _fields(text, optional={_ENTRIES, _SUB_BUNDLES, _AUTHORS, _KINDS, _EARLIER}, needed={_TERMS})
    if _ENTRIES in fields and _SUB_BUNDLES in fields:
        raise Malformed("a bundle lists its entries or its sub-bundles")
    bundle = Bundle(
        _id(fields[_SUBJECT]),
        BundleTerms.from_fields(fields[_TERMS]),
        _entries(fields),
        tuple(_sub_bundle(value) for value in _some(fields, _SUB_BUNDLES, MOST_SUB_BUNDLES)),
        tuple(_earlier(value) for value in _some(fields, _EARLIER, MOST_EARLIER)),
    )
    if bundle.count > MOST_ENTRIES:
        raise Malformed("a bundle lists too many updates", limit=MOST_ENTRIES)
    if _has_double(sub.bundle_id for sub in bundle.sub_bundles):
        raise Malformed("a bundle lists a sub-bundle twice")
    return bundle


def encode_sub_bundle(subject: bytes, entries: Sequence[BundleEntry]) -> bytes:
    """The text of the object with a part of the entries; InvalidInput if they are too many for one object."""
    return _checked(encode(_listed(subject, entries)))


def decode_sub_bundle(text: bytes, subject: bytes, count: int) -> tuple[BundleEntry, ...]:
    """The `count` entries of the sub-bundle in `text`, of the record of `subject`; else InvalidInput."""
    fields = _fields(text, needed={_ENTRIES, _AUTHORS, _KINDS})
    entries = _entries(fields)
    if fields[_SUBJECT] != subject or len(entries) != count:
        raise Malformed("a sub-bundle is not the one that the bundle lists")
    return entries


def check_listed_once(entries: Iterable[BundleEntry]) -> None:
    """InvalidInput if an update is listed twice."""
    if _has_double(entry.update_id for entry in entries):
        raise Malformed("a bundle lists an update twice")


def cut(entries: Sequence[BundleEntry]) -> Iterator[tuple[BundleEntry, ...]]:
    """The entries in as many parts as objects are needed."""
    rest = iter(entries)
    while part := tuple(islice(rest, ENTRIES_AT_ONCE)):
        yield part


def _listed(subject: bytes, entries: Sequence[BundleEntry]) -> dict[int, Value]:
    """The fields that bundle and sub-bundle share; cards and kinds stand once, in the order of their first entry."""
    check_listed_once(entries)
    fields: dict[int, Value] = {_VERSION: BUNDLE_VERSION, _SUBJECT: _id(subject)}
    if entries:
        authors = {card: number for number, card in enumerate(dict.fromkeys(entry.author for entry in entries))}
        kinds = {kind: number for number, kind in enumerate(dict.fromkeys(str(entry.kind) for entry in entries))}
        fields[_ENTRIES] = [
            [*_pointer_value(entry.object), entry.update_id, authors[entry.author], kinds[entry.kind], entry.place]
            for entry in entries
        ]
        fields[_AUTHORS], fields[_KINDS] = list(authors), list(kinds)
    return fields


def _checked(text: bytes) -> bytes:
    if len(text) > TEXT_LIMIT_BYTES:
        raise Malformed("too many entries for one object", limit_bytes=TEXT_LIMIT_BYTES)
    return text


def _fields(text: bytes, *, needed: set[int], optional: frozenset[int] | set[int] = frozenset()) -> Mapping[int, Value]:
    """The map in `text`, with exactly the keys that it may have; its length is looked at before anything is decoded."""
    fields = _map(decode(_checked(text)), needed | {_VERSION, _SUBJECT} | optional)
    if not needed | {_VERSION, _SUBJECT} <= fields.keys():
        raise Malformed("a bundle lacks a field")
    if type(fields[_VERSION]) is not int or fields[_VERSION] != BUNDLE_VERSION:
        raise Malformed("this version of a bundle is not known")
    if len({_ENTRIES, _AUTHORS, _KINDS} & fields.keys()) not in (0, 3):
        raise Malformed("a bundle's entries come with their authors and kinds")
    return fields


def _entries(fields: Mapping[int, Value]) -> tuple[BundleEntry, ...]:
    authors = tuple(_id(card) for card in _some(fields, _AUTHORS, MOST_ENTRIES))
    kinds = _kinds(_some(fields, _KINDS, MOST_KINDS))
    if _has_double(authors):
        raise Malformed("a bundle names a card twice")
    entries = tuple(_entry(value, authors, kinds) for value in _some(fields, _ENTRIES, MOST_ENTRIES))
    check_listed_once(entries)
    return entries


def _entry(value: Value, authors: Sequence[bytes], kinds: Sequence[str]) -> BundleEntry:
    match value:
        case [bytes() as digest, bytes() as key, bytes() as update_id, int() as author, int() as kind, int() as place]:
            if bool not in (type(author), type(kind), type(place)) and author < len(authors) and kind < len(kinds):
                return BundleEntry(_pointer(digest, key), _id(update_id), authors[author], kinds[kind], place)
    raise Malformed("an entry of a bundle is not of its form")


def _sub_bundle(value: Value) -> EntriesPointer:
    match value:
        case [bytes() as digest, bytes() as key, bytes() as bundle_id, int() as count]:
            if type(count) is int and count > 0:
                return EntriesPointer(_pointer(digest, key), _id(bundle_id), count)
    raise Malformed("a sub-bundle is not named as one")


def _earlier(value: Value) -> tuple[bytes, int]:
    match value:
        case [bytes() as card, int() as place] if type(place) is int:
            return _id(card), place
    raise Malformed("an earlier card is not named as one")


def _some(fields: Mapping[int, Value], key: int, most: int) -> Sequence[Value]:
    """The list under `key`, which is absent where it would be empty."""
    value = fields.get(key)
    if value is None and key not in fields:
        return []
    if not isinstance(value, list) or not 0 < len(value) <= most:
        raise Malformed("a list of a bundle is empty or too long", field_number=key)
    return value


def _map(value: object, keys: set[int]) -> Mapping[int, Value]:
    if not isinstance(value, dict) or not value.keys() <= keys:
        raise Malformed("a bundle is a map of other fields")
    return value


def _ids(value: object) -> tuple[bytes, ...]:
    if not isinstance(value, list):
        raise Malformed("a list of ids is a list")
    ids = tuple(_id(one) for one in value)
    if _has_double(ids):
        raise Malformed("a list names an id twice")
    return ids


def _kinds(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_KINDS or not all(is_word(kind) for kind in value):
        raise Malformed("kinds are words")
    if _has_double(value):
        raise Malformed("a list names a kind twice")
    return tuple(value)


def _id(value: object) -> bytes:
    if not isinstance(value, bytes) or len(value) != _ID_BYTES:
        raise Malformed("an id has 32 bytes")
    return value


def _pointer(digest: bytes, key: bytes) -> Pointer:
    return Pointer(Cid(_id(digest)), _id(key))


def _pointer_value(pointer: Pointer) -> tuple[bytes, bytes]:
    return pointer.cid.digest, pointer.seed


def _has_double(values: Iterable[object]) -> bool:
    once = list(values)
    return len(set(once)) < len(once)
