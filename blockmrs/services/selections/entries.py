"""What stands in somebody's record now, as far as it can be given to others; and what a selection takes of it.

Reports as their authors granted them, what followed them, and the health facts that count. A report that is kept from
the family stands on no line of theirs, and so is never here.

Each is read before it is offered, so that nothing is given that would not open, and the rules' marks of what is private
are looked for in what a report says: such a report, and what follows it, goes along only if somebody chose that very
one. Of a long record only the newest and what is private are read so. Of the others the line's contents say what they
are and that they are not private, and a checkpoint where they are to be opened.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from blockmrs.domain.bundles import BundleEntry
from blockmrs.domain.kinds import Content
from blockmrs.errors import NOT_HERE, UNKNOWN, BlockMRSError
from blockmrs.moments import from_ms
from blockmrs.services.grants.kept_out import is_among
from blockmrs.services.grants.private import PrivateEntries
from blockmrs.services.lines.contents import Sort, first_grants
from blockmrs.services.selections.selection import NAMED, RecordEntry, RecordNow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blockmrs.domain.sharing import Grant
    from blockmrs.services.grants.checkpoints import Checkpoints
    from blockmrs.services.grants.kept_out import KeptOutReader
    from blockmrs.services.lines.contents import Item, Items
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Mailbox
    from blockmrs.services.people.persons import Person
    from blockmrs.services.record.facts import Facts


class RecordReader:
    """Reads what stands on the lines of a person's cards."""

    def __init__(self, mailbox: Mailbox, facts: Facts, kept_out: KeptOutReader, checkpoints: Checkpoints) -> None:
        self._kept_out = kept_out
        self._mailbox = mailbox
        self._facts = facts
        self._checkpoints = checkpoints
        self._private = PrivateEntries(mailbox)

    def of(self, person: Person) -> RecordNow:
        """Everything that can be given, newest first by the log; each update once.

        Of the health facts those alone that the person's own page shows.

        Raises:
            VerificationFailed, Unavailable: the health facts that count cannot be read. Nothing is offered then, nor do
                older ones take their place.
        """
        entries, is_whole = list[RecordEntry](), person.is_whole
        for keys in person.cards:
            contents = self._mailbox.contents(keys.keyring)
            is_whole = is_whole and contents.is_whole and not contents.facts_gone
            entries += self._on(keys, contents)
        place = self._facts.newest_grant(person)
        if place is not None:
            keys, entry = place
            grant = entry.grant
            update = BundleEntry(grant.gives.object, grant.update_id, entry.author, Content.FACTS, entry.index)
            is_kept_out = self._kept_out.has(keys, grant)
            entries.append(RecordEntry(keys, update, self._mailbox.written_at(entry), is_kept_out))
        entries.sort(key=lambda entry: entry.update.place, reverse=True)
        return RecordNow(tuple(entries), is_whole)

    def _on(self, keys: EntrustedKeys, contents: Items) -> Iterator[RecordEntry]:
        items = [item for item in first_grants(contents) if _gives_an_entry(item)]
        kept_out = self._kept_out.of(keys) if items else frozenset()
        # What a page names is read; of the rest, each report whose grant says it is private, or does not say.
        there = self._in_checkpoints(keys, items[:-NAMED])
        public = {item.about for item, _ in there if not item.is_check}
        places = {item.index for item, _ in there}
        for grant, read in self._read(keys, [item for item in items if item.index not in places], public):
            yield replace(read, is_private=True) if is_among(grant, kept_out) else read
        for item, update in there:
            # The report that a check follows, or itself; both are here by their ids.
            is_private = item.about not in public or not kept_out.isdisjoint((update.update_id, item.about))
            yield RecordEntry(keys, update, from_ms(item.at_ms), is_private)

    def _in_checkpoints(self, keys: EntrustedKeys, items: list[Item]) -> list[tuple[Item, BundleEntry]]:
        """Those that are what the line says and not private, of which a checkpoint says where they are."""
        items = [item for item in items if item.is_check or item.is_private is False]
        there = self._checkpoints.entries(keys, items) if items else {}
        return [
            (item, there[item.index])
            for item in items
            if item.index in there and there[item.index].kind == (Content.CHECK if item.is_check else Content.REPORT)
        ]

    def _read(self, keys: EntrustedKeys, items: list[Item], public: set[bytes]) -> Iterator[tuple[Grant, RecordEntry]]:
        line = self._mailbox.opened(keys.keyring, items)
        places = {item.index for item in items}
        of_subject = [
            entry
            for entry in line.grants.values()
            if entry.index in places and entry.grant.subject == keys.keyring.card.id and entry.grant.grantee is None
        ]
        # Reports before what follows them, which is private unless its report was read, and is not.
        for entry in sorted(self._mailbox.placed(of_subject), key=lambda one: one.grant.about is not None):
            read = self._entry(keys, entry, public)
            if read is not None:
                yield entry.grant, read

    def _entry(self, keys: EntrustedKeys, entry: GrantEntry, public: set[bytes]) -> RecordEntry | None:
        """The entry of a report or of a check that follows one; None for what is neither, whatever it is labelled as.

        Adds to `public` the reports that anybody may read whom the record is given to.
        """
        grant, at = entry.grant, self._mailbox.written_at(entry)
        if grant.object is None or grant.purpose != (Content.REPORT if grant.about is None else Content.CHECK):
            return None
        try:
            update = self._mailbox.read(grant, entry.author)
            is_private = grant.about not in public
            if grant.about is None:
                is_private = self._private.is_said_in(update)
        except NOT_HERE:
            lost = BundleEntry(grant.object, grant.update_id, entry.author, grant.purpose, entry.index)
            return RecordEntry(keys, lost, at, is_private=True, lost=True, level=grant.level, concerns=grant.concerns)
        except UNKNOWN:
            raise
        except BlockMRSError:
            return None
        if not is_private:
            public.add(grant.update_id)
        if update.kind != grant.purpose:
            return None
        there = BundleEntry(grant.object, grant.update_id, update.author, update.kind, entry.index)
        return RecordEntry(keys, there, at, is_private, level=grant.level, concerns=grant.concerns)


def _gives_an_entry(item: Item) -> bool:
    return (item.sort is Sort.REPORT and item.of_reader) or item.sort is Sort.FOLLOWING
