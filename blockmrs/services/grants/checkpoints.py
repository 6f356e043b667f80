"""Checkpoints: where what stood on a record's own line by then is to be opened, so that giving it opens no entry.

- A checkpoint is a bundle that somebody who acts for the record gives to the record's own card: `Checkpoints.leave`, in
  the block of the first save after `EVERY` further entries.
- From one is taken where an object is, with its key, and nothing else: what stands on the line, what it is, who signed
  it, and whether it is private say the line's contents: `Checkpoints.of`, `Known.find`.
- It counts if its signer's word counted when it came to stand, and does now. Whoever else holds the line's key could
  write one.

Source: docs/protocol "Checkpoints".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from blockmrs.domain.bundles import MOST_ENTRIES, BundleEntry, BundleTerms
from blockmrs.domain.kinds import FAMILY_RELATIONS, Scope
from blockmrs.domain.sharing import BundleGrant
from blockmrs.domain.standing import counts_now
from blockmrs.errors import NOT_HERE, UNKNOWN, BlockMRSError
from blockmrs.fhir.check import read_check
from blockmrs.services.grants.granting import LineTo, write_grant
from blockmrs.services.lines.bundles import keep_bundle
from blockmrs.services.lines.contents import KEY_BYTES, OPENS, Item, Sort, first_grants, granted_once

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Keyring
    from blockmrs.domain.records import Update
    from blockmrs.domain.roll import Roll
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.contents import Items
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Mailbox
    from blockmrs.services.lines.reader import BundleGrantEntry

EVERY = 500
"""After how many further entries that open something, or that seal something anew, the next one is left."""
PURPOSE = "checkpoint"

RollOf = Callable[["Keyring", "int | None"], "Roll"]
"""The roll of a card, now or as it stood at a place of the log."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a checkpoint says, by the first 16 bytes of update ids, as its writer read the line at `size` of the log."""

    entries: Mapping[bytes, BundleEntry] = field(default_factory=dict, repr=False)
    size: int = 0
    alone: frozenset[bytes] = frozenset()
    renewed: Mapping[bytes, int] = field(default_factory=dict)

    def find(self, item: Item) -> BundleEntry | None:
        """Where what stands at `item` of the line is to be opened; None where the entry itself has to be read.

        That is so if several signed a grant of the update: whose gives it its place, only the update says.
        """
        entry = self.entries.get(item.update)
        if entry is None or item.update not in self.alone or entry.place != item.index:
            return None
        if not entry.author.startswith(item.by) or self.renewed.get(item.update, 0) >= self.size:
            return None
        return entry


class Checkpoints:
    """Leaves and reads them."""

    def __init__(self, mailbox: Mailbox, roll_of: RollOf) -> None:
        self._mailbox = mailbox
        self._roll_of = roll_of

    def of(self, subject: EntrustedKeys) -> Known:
        """What the newest checkpoint that counts and can be read says of the record's line; nothing if there is none.

        It is a short cut: where it cannot be read, the entries are.
        """
        contents = self._mailbox.contents(subject.keyring)
        for grant, size in self._counting(subject, contents):
            try:
                entries = self._mailbox.bundle(grant).entries
            except BlockMRSError:
                continue
            return _known(contents, entries, size)
        return _known(contents, (), 0)

    def entries(self, subject: EntrustedKeys, items: Sequence[Item]) -> dict[int, BundleEntry]:
        """Where what stands at these items of the record's line is to be opened, by their places in the log.

        That is what a checkpoint says, and of what came since, the entries that can be taken at their word. Of the
        others, those are absent that each has to be read.

        Raises:
            Unavailable: something that has to be looked into cannot be read now.
        """
        known, roll = self.of(subject), self._roll(subject)
        known_at = {item.index: known.find(item) for item in items}
        rest = [item for item in items if known_at[item.index] is None and item.update in known.alone]
        there = {place: entry for place, entry in known_at.items() if entry is not None}
        for entry in self._mailbox.opened(subject.keyring, rest).grants.values():
            grant = entry.grant
            if entry.index in known_at and self._vouches(subject, entry, roll):
                there[entry.index] = BundleEntry(
                    grant.gives.object, grant.update_id, entry.author, grant.purpose, entry.index
                )
        return there

    def leave(self, batch: Batch, subject: EntrustedKeys, author: Keyring) -> None:
        """Add one to `batch` if it is time, and if `author`, who saves something with it, acts for the subject.

        A save depends on nobody else: where something cannot be read now, a later save leaves it.
        """
        if not self._may_leave(subject, author):
            return
        # Asked before the line is read: what comes meanwhile is at a later place.
        size, contents = self._mailbox.log_size, self._mailbox.contents(subject.keyring)
        opening = [item for item in contents if item.sort in OPENS or item.sort is Sort.RENEWAL]
        if len(opening) < EVERY:
            return
        try:
            roll = self._roll(subject)
            if roll is not None and not counts_now(roll, author.card.id):
                return
            last = next((size for _, size in self._counting(subject, contents)), 0)
            if sum(1 for item in opening if item.index >= last) >= EVERY:
                items = [item for item in first_grants(contents) if item.sort in OPENS]
                self._write(batch, subject, author, self.entries(subject, items).values(), size)
        except UNKNOWN:
            return

    def _may_leave(self, subject: EntrustedKeys, author: Keyring) -> bool:
        is_subject = author.card.id == subject.keyring.card.id
        return subject.relation in FAMILY_RELATIONS and (not is_subject or _is_own(subject))

    def _write(
        self, batch: Batch, subject: EntrustedKeys, author: Keyring, entries: Iterable[BundleEntry], size: int
    ) -> None:
        card_id = subject.keyring.card.id
        listed = sorted(entries, key=lambda entry: entry.place)[:MOST_ENTRIES]
        bundle = keep_bundle(batch, card_id, BundleTerms(), listed, chain_id=self._mailbox.chain_id)
        grant = BundleGrant(
            Scope.CHECKPOINT, bundle.object, bundle.bundle_id, card_id, PURPOSE, self._mailbox.moment(), read_size=size
        )
        write_grant(batch, grant, author, LineTo.own(subject.keyring))

    def _vouches(self, subject: EntrustedKeys, entry: GrantEntry, roll: Roll | None) -> bool:
        """Whether a grant gives the owner what it says, by the update's own author.

        What one of those who act signed is theirs. What anybody else did is looked into: whoever holds the line's key
        could grant there what others wrote, under another label.
        """
        grant, card_id = entry.grant, subject.keyring.card.id
        if grant.object is None or grant.grantee is not None or grant.copy_of is not None or grant.subject != card_id:
            return False
        if entry.author == card_id if roll is None else counts_now(roll, entry.author):
            return True
        try:
            update = self._mailbox.update(grant)
        except NOT_HERE:
            return False
        except UNKNOWN:
            raise
        except BlockMRSError:
            return False
        is_authors = update.author == entry.author and update.kind == grant.purpose
        return is_authors and (grant.about is None or _follows(update, grant.about))

    def _counting(self, subject: EntrustedKeys, contents: Items) -> Iterable[tuple[BundleGrant, int]]:
        """The checkpoints that count, the newest first, each with the size of the log at which the line was read."""
        items = [item for item in contents if item.sort is Sort.CHECKPOINT]
        if not items:
            return
        roll = self._roll(subject)
        acting = [subject.keyring.card.id] if roll is None else [card for card in roll.family if counts_now(roll, card)]
        for item in sorted(items, key=lambda item: item.index, reverse=True):
            # Nothing is opened of what anybody else wrote there.
            if any(card.startswith(item.by) for card in acting):
                for entry in self._mailbox.opened(subject.keyring, [item]).bundles.values():
                    size = entry.grant.read_size
                    if size is not None and size <= entry.index and self._counts(subject, entry, acting):
                        yield entry.grant, size

    def _counts(self, subject: EntrustedKeys, entry: BundleGrantEntry, acting: list[bytes]) -> bool:
        """Whether whoever signed it acts now, and did when it came to stand."""
        grant = entry.grant
        is_one = grant.scope is Scope.CHECKPOINT and grant.copy_of is None and grant.subject == subject.keyring.card.id
        if not is_one or entry.author not in acting:
            return False
        return _is_own(subject) or counts_now(self._roll_of(subject.keyring, entry.index), entry.author)

    def _roll(self, subject: EntrustedKeys) -> Roll | None:
        """The roll; None for somebody's own card, whose keys nobody else holds."""
        return None if _is_own(subject) else self._roll_of(subject.keyring, None)


def _follows(update: Update, report: bytes) -> bool:
    """Whether it is a check after that report, by its text."""
    try:
        return read_check(update.body).report == report
    except BlockMRSError:
        return False


def _known(contents: Items, entries: Iterable[BundleEntry], size: int) -> Known:
    items = [item for item in first_grants(contents) if item.sort in OPENS]
    renewed: dict[bytes, int] = {}
    for item in contents:
        if item.sort is Sort.RENEWAL:
            renewed[item.update] = max(item.index, renewed.get(item.update, 0))
    return Known({entry.update_id[:KEY_BYTES]: entry for entry in entries}, size, granted_once(items), renewed)


def _is_own(subject: EntrustedKeys) -> bool:
    """Whether it is the actor's own card: no session has its seed, and nobody else writes on its line."""
    return not subject.seed
