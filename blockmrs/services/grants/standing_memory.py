"""What the copies of a record's standing grants say, remembered in this process for the next save of that record.

To open a copy and its terms costs more than to give by them, and each save needs all of them. What they say never
changes, since each is named by the log and by its digest; so it is found again by where they stand. It is sealed under
the record's own keys, as the line is: without a session that has them nothing here opens. Whether one has ended, and
whose word counts, is never remembered (ADR 38).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.domain.bundles import BundleTerms
from blockmrs.domain.sharing import BundleGrant, Revocation
from blockmrs.encoding import decode, encode
from blockmrs.services.lines.reader import BundleGrantEntry

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Keyring
    from blockmrs.encoding import Value
    from blockmrs.services.lines.contents import Item

_MOST = 1024


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy, opened and proven, and what its terms say."""

    entry: BundleGrantEntry
    terms: BundleTerms


class StandingMemory:
    """Remembers the copies of the records that were saved last; safe for many threads."""

    def __init__(self) -> None:
        self._sealed: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = Lock()

    def find(self, owner: Keyring, items: Sequence[Item]) -> list[Copy] | None:
        """The copies that stand at these places of the owner's line; None if they are not remembered.

        Args:
            items: every standing grant and revocation on the line.
        """
        lookup = _lookup(owner)
        with self._lock:
            sealed = self._sealed.get(lookup)
            if sealed is None:
                return None
            self._sealed.move_to_end(lookup)
        match decode(open_secret(_key(owner), sealed, context=lookup)):
            case [places, [*copies]] if places == _places(items):
                return [_copy(value) for value in copies]
        return None

    def keep(self, owner: Keyring, items: Sequence[Item], copies: Sequence[Copy]) -> None:
        """Remember these of that owner, in place of what was there."""
        lookup = _lookup(owner)
        text = encode([_places(items), [_value(copy) for copy in copies]])
        with self._lock:
            self._sealed[lookup] = seal_secret(_key(owner), text, context=lookup)
            self._sealed.move_to_end(lookup)
            while len(self._sealed) > _MOST:
                self._sealed.popitem(last=False)


def _lookup(owner: Keyring) -> bytes:
    return owner.derive("standing memory")


def _key(owner: Keyring) -> bytes:
    return owner.derive("standing memory key")


def _places(items: Sequence[Item]) -> bytes:
    """A name for what stands there: each place in the log holds one transaction for good."""
    return hashlib.sha256(encode([[item.index, item.position, item.key] for item in items])).digest()


def _value(copy: Copy) -> Value:
    entry = copy.entry
    ended: Value = None if entry.revoked is None else dict(entry.revoked.to_fields())
    return [entry.id, entry.author, entry.position, entry.index, entry.grant.to_fields(), ended, copy.terms.to_fields()]


def _copy(value: Value) -> Copy:
    match value:
        case [bytes() as copy_id, bytes() as author, int() as position, int() as index, dict() as grant, ended, terms]:
            revoked = Revocation.from_fields(ended) if isinstance(ended, dict) else None
            entry = BundleGrantEntry(copy_id, author, BundleGrant.from_fields(grant), revoked, position, index=index)
            return Copy(entry, BundleTerms.from_fields(terms))
    raise AssertionError("this module wrote it, sealed")
