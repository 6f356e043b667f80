"""The contents of a person's own line: what is at which place, so that a page opens only what it shows.

They are kept sealed under the line's own keys, as a short cut: every entry that a page shows or decides by is opened
from the chain again, with all checks. The row only says where to look, and how far its writer had read. Whatever has
been written since is read afresh, even at earlier places; so is what did not open. A row that is missing or does not
open costs one reading of the whole line, and loses nothing.

Entries are in the order of the log, which nobody can choose: neither a place on the line nor a time claimed by a grant
says what came first. A second, small row remembers how much was seen, at every visit that saw something new, so that
an entry that has gone from the end is missed too. Source: docs/protocol.md "The contents of a line".
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, TypeVar

from blockmrs.chain.transaction import Kind
from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.domain.kinds import Content, Scope
from blockmrs.domain.renewal import Renewal
from blockmrs.domain.sharing import Appointment, BundleGrant, Grant, Revocation, scope_of
from blockmrs.errors import BlockMRSError, CannotOpen, InvalidInput, NotFound, Unavailable
from blockmrs.moments import to_ms
from blockmrs.services.lines.short_cuts import read_short_cuts, replace_short_cut

if TYPE_CHECKING:
    from blockmrs.chain.ledger import Ledger
    from blockmrs.crypto.keys import Keyring
    from blockmrs.model.database import Database
    from blockmrs.services.lines.reader import LineReader, Message
    from blockmrs.services.lines.readings import Readings

VERSION = 2
KEY_BYTES = 16
LIST_PAGE = 20
"""How many entries a list shows at a time."""
_WORTH_KEEPING = 8
"""How many places are read again at each visit before the row is rewritten: opening one costs, at every visit, about a
third of rewriting the row."""
_LEAST_BYTES = 1024
_PLACE = re.compile(r"([0-9]{1,15})-([0-9]{1,15})-([0-9a-f]{32})", re.ASCII)
_Row = TypeVar("_Row")
_HEAD = struct.Struct(">BQQ")
_ITEM = struct.Struct(">QBBQ32s16sQ16s16s")
_EXTENT = struct.Struct(">BQQQ")
_PRIVACY: Mapping[bool | None, int] = {None: 0, False: 4, True: 4 | 8}
_SAYS_MORE = 4 | 8 | 16


class Sort(IntEnum):
    """What an entry on an own line is; 0 is padding."""

    UNOPENED = 1
    REPORT = 2
    FACTS = 3
    FOLLOWING = 4
    SHARE = 5
    REVOCATION = 6
    APPOINTMENT = 7
    ROSTER = 8
    BUNDLE = 9
    STANDING = 10
    RENEWAL = 11
    CHECKPOINT = 12


OPENS = frozenset({Sort.REPORT, Sort.FACTS, Sort.FOLLOWING})
"""What gives an update to the line's own card, or to whoever else reads the line."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a line, with what is needed to find it again.

    `about` has 32 bytes: a report's or facts' update id, that of the report that something follows or that was shared,
    a dependent's card id, or a bundle's id. `key` has 16: the same for two entries made by one press of Save; for a
    share the first of its payload id, and for a revocation that of the share that it ends. `index` is the entry's place
    in the log, and `at_ms` when its block was made; `by` and `previous` are the first 16 bytes of its signer's card id,
    and of the update that, according to a grant to the owner, came before. `renewals` are the positions at which the
    update was sealed anew. `is_private`: whether the grant to the owner says that a report is private; None if it does
    not say. `is_check`: it gives a symptom check to the owner.
    """

    position: int
    sort: Sort
    about: bytes = bytes(32)
    key: bytes = bytes(KEY_BYTES)
    at_ms: int = 0
    of_reader: bool = False
    may_be_head: bool = False
    index: int = 0
    by: bytes = bytes(KEY_BYTES)
    previous: bytes = bytes(KEY_BYTES)
    renewals: tuple[int, ...] = ()
    is_private: bool | None = None
    is_check: bool = False

    @property
    def update(self) -> bytes:
        """The first 16 bytes of the id of the update that a grant is for."""
        return self.key if self.sort is Sort.FOLLOWING else self.about[:KEY_BYTES]


@dataclass(frozen=True, slots=True)
class LineExtent:
    """How much of a line was seen: its end, how many of its entries opened, and where in the log its last facts are."""

    stop: int = 0
    count: int = 0
    facts: int = 0


class Items(list[Item]):
    """What is on a line, in the order of the log.

    `is_whole` is False if something that was there is gone: an entry that was once seen, or the update that a later one
    names as its predecessor. `facts_gone`: it was the newest version of the health facts that had been seen.
    """

    is_whole: bool = True
    facts_gone: bool = False


@dataclass(frozen=True, order=True, slots=True)
class ListPlace:
    """Where a row is in a list: by `first`, then `second`, then `tie` (16 bytes); no two rows share all three.

    Entries saved at one moment share a time or a place on the line, so neither can say where a page ends.
    """

    first: int
    second: int
    tie: bytes

    def __str__(self) -> str:
        return f"{self.first}-{self.second}-{self.tie.hex()}"

    @classmethod
    def parse(cls, text: str) -> ListPlace:
        """The place named in an address, else NotFound."""
        match = _PLACE.fullmatch(text)
        if match is None:
            raise NotFound("there is no such page")
        return cls(int(match[1]), int(match[2]), bytes.fromhex(match[3]))


class Contents:
    """Reads and keeps contents."""

    def __init__(self, database: Database, ledger: Ledger, lines: LineReader, readings: Readings) -> None:
        self._database = database
        self._ledger = ledger
        self._lines = lines
        self._readings = readings

    def of(self, reader: Keyring) -> Items:
        """Everything on the reader's own line that has a sort, in the order of the log."""
        if not self._readings.has_begun:
            return self._read(reader)
        key = "contents", reader.own_line, reader.card.id
        return self._readings.now().while_log_stands(key, lambda: self._read(reader))

    def _read(self, reader: Keyring) -> Items:
        # What was seen is read before the log: anything that another process sees meanwhile is in the log by then.
        rows = self._rows(reader)
        earlier = _decode_extent(rows["contents seen"])
        row_items, stop, since = _decode_row(rows["contents"])
        size = self._ledger.size
        shut = {item.position for item in row_items if item.sort is Sort.UNOPENED}
        again = set(shut)
        if stop and since < size:
            again.update(self._ledger.came_since(reader.own_line, range(stop), since))
        emptied = self._ledger.empty_of(reader.own_line, [item.position for item in row_items]) if row_items else set()
        items = Items(item for item in row_items if item.position not in again and item.position not in emptied)
        places = self._lines.anew(reader.own_line, reader, again, stop)
        items += self._timed(_items_at(places, reader))
        items.sort(key=lambda item: item.index)
        _note_renewals(items)
        end = max([stop, *(position + 1 for position, _ in places)])
        self._compare(reader, items, earlier, LineExtent(end, *_count(items)), bool(emptied))
        # What did not open then, and does not now, makes no row worth writing.
        shut &= {item.position for item in items if item.sort is Sort.UNOPENED}
        if len(again) - len(shut) + end - stop >= _WORTH_KEEPING and not emptied:
            self._keep(reader, items, end, size)
        return items

    def _timed(self, items: Sequence[Item]) -> list[Item]:
        times = self._lines.times_of(item.index for item in items if item.sort is not Sort.UNOPENED)
        return [replace(item, at_ms=to_ms(times[item.index])) if item.index in times else item for item in items]

    def _compare(self, reader: Keyring, items: Items, earlier: LineExtent, now: LineExtent, is_gone: bool) -> None:
        """Decide whether `items` are whole, and remember what is new."""
        lacks = is_gone or now.stop < earlier.stop or now.count < earlier.count or _has_gap(items)
        items.is_whole, items.facts_gone = not lacks, now.facts < earlier.facts
        grown = LineExtent(max(now.stop, earlier.stop), max(now.count, earlier.count), max(now.facts, earlier.facts))
        if grown != earlier:
            self._replace(reader, "contents seen", _EXTENT.pack(VERSION, grown.stop, grown.count, grown.facts))

    def _rows(self, reader: Keyring) -> dict[str, bytes | None]:
        """The text of both rows, by the names that they are derived from; None for one that is not there to read."""
        lookups = {name: reader.derive(name) for name in ("contents seen", "contents")}
        sealed, key = read_short_cuts(self._database, list(lookups.values())), _key(reader)
        return {name: _opened(key, sealed.get(lookup), lookup) for name, lookup in lookups.items()}

    def _replace(self, reader: Keyring, name: str, text: bytes) -> None:
        lookup = reader.derive(name)
        # One size for both rows, so that they cannot be told apart for a short line.
        sealed = seal_secret(_key(reader), text.ljust(_LEAST_BYTES, b"\x00"), context=lookup)
        try:
            with self._database.write() as rows:
                replace_short_cut(rows, lookup, sealed)
        except Unavailable:
            return  # A full disk must not keep anybody from reading.

    def _keep(self, reader: Keyring, items: Sequence[Item], stop: int, size: int) -> None:
        self._replace(reader, "contents", encode_contents(items, stop, size))


def _note_renewals(items: Items) -> None:
    """Let each item that opens an update say where on the line that update was sealed anew."""
    listed: dict[bytes, list[int]] = {}
    for item in items:
        if item.sort is Sort.RENEWAL:
            listed.setdefault(item.update, []).append(item.position)
    # One tuple for all items of an update: nobody is kept busy by how often it was sealed anew.
    positions = {update: tuple(places) for update, places in listed.items()}
    for number, item in enumerate(items) if positions else ():
        if item.sort in OPENS and item.update in positions:
            items[number] = replace(item, renewals=positions[item.update])


def _items_at(places: Iterable[tuple[int, Message | None]], reader: Keyring) -> list[Item]:
    """The item of each place; what has no sort has none."""
    items = (
        Item(position, Sort.UNOPENED) if message is None else item_of(message, reader.card.id)
        for position, message in places
    )
    return [item for item in items if item is not None]


def _opened(key: bytes, sealed: bytes | None, lookup: bytes) -> bytes | None:
    try:
        return None if sealed is None else open_secret(key, sealed, context=lookup)
    except BlockMRSError:
        return None


def _decode_extent(text: bytes | None) -> LineExtent:
    if text is None or len(text) < _EXTENT.size or text[0] != VERSION:
        return LineExtent()
    return LineExtent(*_EXTENT.unpack_from(text)[1:])


def _decode_row(text: bytes | None) -> tuple[list[Item], int, int]:
    """The items in the row, the place up to which they go, and the log's size then; nothing if there is no row."""
    try:
        return ([], 0, 0) if text is None else decode_contents(text)
    except BlockMRSError:
        return [], 0, 0


def _count(items: Iterable[Item]) -> tuple[int, int]:
    """How many of them opened, and where in the log the last facts about the line's own card are."""
    count = facts = 0
    for item in items:
        count += item.sort is not Sort.UNOPENED
        if item.sort is Sort.FACTS and item.of_reader:
            facts = max(facts, item.index)
    return count, facts


def _has_gap(items: Sequence[Item]) -> bool:
    """Whether an entry names as its predecessor an update that is nowhere on the line."""
    there = {item.update for item in items}
    return any(item.previous not in there for item in items if any(item.previous))


def item_of(message: Message, reader: bytes) -> Item | None:
    """What an entry on the own line of the card `reader` is; None if nothing looks for its kind."""
    try:
        item: Item | None
        match message.kind:
            case Kind.GRANT if scope_of(message.fields) is Scope.STANDING:
                item = _of_standing(message, BundleGrant.from_fields(message.fields))
            case Kind.GRANT if scope_of(message.fields) is Scope.RENEWAL:
                item = Item(message.position, Sort.RENEWAL, Renewal.from_fields(message.fields).update_id)
            case Kind.GRANT:
                item = _of_any_grant(message, reader)
            case Kind.REVOKE:
                key = Revocation.from_fields(message.fields).grant_id[:KEY_BYTES]
                item = Item(message.position, Sort.REVOCATION, key=key)
            case Kind.APPOINT:
                about = Appointment.from_fields(message.fields).dependent
                item = Item(message.position, Sort.APPOINTMENT, about)
            case _:
                return None
    except InvalidInput:
        return None
    return None if item is None else replace(item, index=message.index, by=message.author[:KEY_BYTES])


def _of_any_grant(message: Message, reader: bytes) -> Item | None:
    scope = scope_of(message.fields)
    if scope is Scope.UPDATE:
        return _of_grant(message, Grant.from_fields(message.fields), reader)
    bundle = BundleGrant.from_fields(message.fields)
    if scope is Scope.CHECKPOINT:
        return Item(message.position, Sort.CHECKPOINT, bundle.bundle_id, message.id[:KEY_BYTES])
    if scope is not Scope.BUNDLE or bundle.copy_of is None:
        return None
    return Item(message.position, Sort.BUNDLE, bundle.bundle_id, message.id[:KEY_BYTES])


def _of_grant(message: Message, grant: Grant, reader: bytes) -> Item | None:
    position, update_id, previous = message.position, grant.update_id, (grant.previous or bytes(32))[:KEY_BYTES]
    if grant.copy_of is not None:
        return Item(position, Sort.SHARE, update_id, message.id[:KEY_BYTES])
    if grant.about is not None:
        is_owners = grant.subject == reader and grant.grantee is None and grant.object is not None
        is_check = is_owners and grant.purpose == Content.CHECK
        return Item(position, Sort.FOLLOWING, grant.about, update_id[:KEY_BYTES], previous=previous, is_check=is_check)
    sorts: dict[str, Sort] = {Content.REPORT: Sort.REPORT, Content.FACTS: Sort.FACTS, Content.ROSTER: Sort.ROSTER}
    sort = sorts.get(grant.purpose)
    if sort is None or grant.object is None or grant.grantee is not None:
        return None
    return Item(
        position,
        sort,
        update_id,
        (grant.draft_mark or update_id)[:KEY_BYTES],
        of_reader=grant.subject == reader,
        may_be_head=grant.head is not False,
        previous=previous,
        is_private=grant.private if sort is Sort.REPORT else None,
    )


def _of_standing(message: Message, grant: BundleGrant) -> Item | None:
    return None if grant.copy_of is None else Item(message.position, Sort.STANDING, key=message.id[:KEY_BYTES])


def encode_contents(items: Iterable[Item], stop: int, size: int) -> bytes:
    """The row's text: version, `stop`, `size`, 106 bytes for each item, then zeros up to a power of two."""
    parts = [_HEAD.pack(VERSION, stop, size)]
    for item in items:
        flags = item.of_reader | item.may_be_head << 1 | _PRIVACY[item.is_private] | item.is_check << 4
        parts.append(
            _ITEM.pack(
                item.position, item.sort, flags, item.at_ms, item.about, item.key, item.index, item.by, item.previous
            )
        )
    text = b"".join(parts)
    return text.ljust(max(_LEAST_BYTES, 1 << (len(text) - 1).bit_length()), b"\x00")


def decode_contents(text: bytes) -> tuple[list[Item], int, int]:
    """The items, `stop` and `size` that `encode_contents` turned into `text`; else CannotOpen."""
    if len(text) < _LEAST_BYTES or text[0] != VERSION:
        raise CannotOpen("these are not contents of a known version")
    _, stop, size = _HEAD.unpack_from(text)
    items = []
    whole = (len(text) - _HEAD.size) // _ITEM.size
    for position, sort, flags, at_ms, about, key, *placed in _ITEM.iter_unpack(
        text[_HEAD.size : _HEAD.size + whole * _ITEM.size]
    ):
        if not sort:
            break
        try:
            item = Item(position, Sort(sort), about, key, at_ms, bool(flags & 1), bool(flags & 2), *placed)
            # Nearly all other entries say neither.
            items.append(_flagged(item, flags) if flags & _SAYS_MORE else item)
        except ValueError as error:
            raise CannotOpen("these contents name an unknown sort") from error
    return items, stop, size


def _flagged(item: Item, flags: int) -> Item:
    return replace(item, is_private=bool(flags & 8) if flags & 4 else None, is_check=bool(flags & 16))


def first_grants(items: Iterable[Item]) -> list[Item]:
    """For each update, the first grant by each signer, in the order of the log.

    An update's place is that of the first grant that its own author signed: granting it again later, with whatever
    time, lets somebody read it, and moves nothing.
    """
    first: dict[tuple[bytes, bytes], Item] = {}
    for item in items:
        first.setdefault((item.update, item.by), item)
    return list(first.values())


def granted_once(items: Iterable[Item]) -> frozenset[bytes]:
    """Of `first_grants`, the updates, by the first 16 bytes of their ids, of which one card alone signed a grant."""
    counts = Counter(item.update for item in items)
    return frozenset(update for update, number in counts.items() if number == 1)


def newest_once(items: Sequence[Item]) -> list[Item]:
    """The items, newest first; of two updates made by one press of Save, only the newer."""
    newest: dict[tuple[bytes, bytes], Item] = {}
    for item in reversed(first_grants(items)):
        newest.setdefault((item.key, item.by), item)
    return list(newest.values())


def page_of(
    rows: Iterable[_Row], before: ListPlace | None, place: Callable[[_Row], ListPlace]
) -> tuple[list[_Row], ListPlace | None]:
    """Twenty of `rows`, last place first; and the `before` of the next page, if there are rows at earlier places.

    Whatever is added meanwhile, each row that was there appears on exactly one page.

    Args:
        before: only rows at places before this one; None means the newest page.
        place: a row's own, which it shares with no other.
    """
    rest = sorted((row for row in rows if before is None or place(row) < before), key=place, reverse=True)
    page = rest[:LIST_PAGE]
    return page, place(page[-1]) if len(rest) > LIST_PAGE else None


def by_log(item: Item) -> ListPlace:
    """An item's place in a list of one line or several: that in the log, which no two share and nobody can choose."""
    return ListPlace(item.index, item.position, item.about[:KEY_BYTES])


def _key(reader: Keyring) -> bytes:
    return reader.derive("contents key")
