"""Standing grants, written and carried out: everything from now on, to one reader.

- The grant stands on the line from the subject's card to the reader, signed by that card; its copy on the subject's own
  line, signed by whoever gave it: `StandingGrants.begin`. One revocation ends it, and all that was given under it.
- What somebody who acts for the record saves is given in the same block: `give_saved`. Covers hide to how many.
- What others wrote waits until one of them gives it: `waiting`, `give_waiting`. How far that is done stands on a line
  of its own, in the same block.
- What is private (private.py) goes to those alone whose terms name it; a block's size does not show to whom it went.

Who may do so is decided by the services that ask. Nobody gives anything without the subject's keys: no row, no table
and no key of the server says who reads. Source: docs/protocol "Everything from now on".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from blockmrs.chain.transaction import Kind
from blockmrs.domain.kinds import FAMILY_RELATIONS, Scope
from blockmrs.domain.sharing import BundleGrant, Grant, Revocation
from blockmrs.domain.standing import GivenUpTo, counted_then, counts_now, is_given
from blockmrs.errors import BlockMRSError, InvalidInput, ObjectMissing, Unavailable
from blockmrs.services.grants.ending import any_ended, ending_of, write_ending, write_revocation
from blockmrs.services.grants.granting import LineTo, write_grant
from blockmrs.services.grants.kept_out import KeptOutReader, is_among
from blockmrs.services.grants.private import PrivateEntries
from blockmrs.services.grants.standing_memory import Copy, StandingMemory
from blockmrs.services.grants.standing_readers import Given, StandingReader, Waiting
from blockmrs.services.lines.bundles import keep_bundle, read_terms
from blockmrs.services.lines.contents import Sort, first_grants

if TYPE_CHECKING:
    from datetime import datetime

    from blockmrs.crypto.keys import Keyring
    from blockmrs.domain.bundles import BundleTerms
    from blockmrs.domain.reports import Report
    from blockmrs.domain.roll import Roll
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.contents import Item
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Mailbox
    from blockmrs.services.lines.reader import BundleGrantEntry
    from blockmrs.storage import ObjectStore

MOST_GIVEN_AT_ONCE = 900
"""How many grants one block of what waited holds; the rest of it is for covers and for how far it is."""
_LEFT_FREE = 64
_TIDIED_EVERY = 64
_WAITS = (Sort.REPORT, Sort.FACTS, Sort.FOLLOWING)

RollOf = Callable[["Keyring", "int | None"], "Roll"]
"""The roll of a card, now or as it stood at a place of the log."""


class StandingGrants:
    """Begins, ends, reads and carries out standing grants."""

    def __init__(self, mailbox: Mailbox, cards: Cards, objects: ObjectStore, roll_of: RollOf) -> None:
        self._mailbox = mailbox
        self._cards = cards
        self._objects = objects
        self._roll_of = roll_of
        self._private = PrivateEntries(mailbox)
        self._memory = StandingMemory()
        self.kept_out = KeptOutReader(mailbox, lambda card: roll_of(card, None))

    def begin(
        self,
        batch: Batch,
        person: Keyring,
        subject: EntrustedKeys,
        to: LineTo,
        terms: BundleTerms,
        *,
        purpose: str,
        until: datetime | None,
        name: str,
        party: str,
        mark: bytes | None = None,
    ) -> bytes:
        """Add a standing grant to `batch`, and its copy; returns its payload id.

        Args:
            person: who acts for the subject, and signs the copy.
            name: what the copy calls the reader.
            party: what the grant calls whoever gives it.
            mark: of the form, by which a repeated press finds the first.
        """
        bundle = keep_bundle(batch, subject.keyring.card.id, terms, (), chain_id=self._mailbox.chain_id)
        grant = BundleGrant(
            Scope.STANDING,
            bundle.object,
            bundle.bundle_id,
            subject.keyring.card.id,
            purpose,
            self._mailbox.moment(),
            until,
            # One line for the receipts of all that is given under it.
            return_to_subject=os.urandom(32),
            title=subject.label,
            party=party,
        )
        standing_id = write_grant(batch, grant, subject.keyring, to)
        copy = replace(grant, title="", party=name, grantee=to.card.id, copy_of=standing_id, draft_mark=mark)
        write_grant(batch, copy, person, LineTo.own(subject.keyring))
        return standing_id

    def end(self, batch: Batch, person: Keyring, subject: EntrustedKeys, reader: StandingReader) -> None:
        """Add to `batch` the end of a standing grant, and so of all that was given under it."""
        at, author = self._mailbox.moment(), subject.keyring
        to = LineTo(self._cards.find(reader.grantee), author.line_to(reader.grantee))
        write_revocation(batch, reader.id, at, author, to)
        write_revocation(batch, reader.copy.id, at, person, LineTo.own(author))
        write_ending(batch, reader.id, at, author)

    def of(self, subject: EntrustedKeys) -> list[StandingReader]:
        """Every standing grant that the record ever had, as far as its copy counts, in the order of the log."""
        items = [item for item in self._mailbox.contents(subject.keyring) if item.sort is Sort.STANDING]
        if not items:
            return []  # Nearly always; then nothing else is read.
        items += [item for item in self._mailbox.contents(subject.keyring) if item.sort is Sort.REVOCATION]
        now, copies = self._roll(subject), self._copies(subject.keyring, items)
        ended = self._ended([entry for entry, _ in copies])
        readers = [StandingReader(entry, terms, ended.get(entry.id)) for entry, terms in copies
                   if self._counts(subject, entry, now)]  # fmt: skip
        return sorted(readers, key=lambda reader: reader.copy.index)

    def _copies(self, owner: Keyring, items: Sequence[Item]) -> list[tuple[BundleGrantEntry, BundleTerms | None]]:
        """The copies at these places, each with what was chosen; None for terms that cannot be read now."""
        remembered = self._memory.find(owner, items)
        if remembered is not None:
            return [(copy.entry, copy.terms) for copy in remembered]
        entries = [
            entry
            for entry in self._mailbox.opened(owner, items).bundles.values()
            if entry.grant.copy_of is not None
            and entry.grant.grantee is not None
            and entry.grant.subject == owner.card.id
        ]
        copies = [(entry, self._terms(entry)) for entry in entries]
        readable = [Copy(entry, terms) for entry, terms in copies if terms is not None]
        if len(readable) == len(copies):
            self._memory.keep(owner, items, readable)
        return copies

    def _ended(self, copies: Sequence[BundleGrantEntry]) -> dict[bytes, tuple[bytes, Revocation]]:
        """What ended the originals of these copies, by the copy's payload id."""
        # An end of the copy proves nothing; but where there is none, there is hardly ever one of the original.
        originals = {entry.id: entry.grant.copy_of for entry in copies if entry.grant.copy_of is not None}
        unmarked = [originals[entry.id] for entry in copies if entry.revoked is None]
        runs = set() if any_ended(self._mailbox, unmarked) else set(unmarked)
        looked_at = ((entry, originals[entry.id]) for entry in copies if originals[entry.id] not in runs)
        endings = (
            (entry.id, ending_of(self._mailbox, original, (entry.grant.subject,))) for entry, original in looked_at
        )
        return {copy_id: ending for copy_id, ending in endings if ending is not None}

    def running(self, subject: EntrustedKeys) -> list[StandingReader]:
        """Those that run now."""
        now = self._mailbox.present()
        return [reader for reader in self.of(subject) if reader.ended is None and reader.copy.grant.covers(now)]

    def give_saved(
        self, batch: Batch, subject: EntrustedKeys, grant: Grant, author: Keyring, *, by_themselves: bool = False,
        report: Report | None = None,
    ) -> Grant:  # fmt: skip
        """Add to `batch` that all who read from now on read what `author`, who acts for the subject, saves with it.

        Returns the owner's grant, which says so if it could be done. What could not be waits, like what others wrote: a
        save depends on nobody else.

        Args:
            by_themselves: those alone read it whose standing grant `author` began.
            report: what is saved, if it is one, so that nobody has to read it back.
        """
        if not self._gives(subject, author):
            return grant
        # Asked before the line is read: what begins meanwhile is at a later place.
        size = self._mailbox.log_size
        if all(item.sort is not Sort.STANDING for item in self._mailbox.contents(subject.keyring)):
            return grant
        batch.cover_with(author)
        try:
            roll = self._roll(subject)
            if roll is not None and not roll.decides(author.card.id):
                return grant  # A coach who let themselves in: it waits, as what others wrote.
            readers = self.running(subject)
            if batch.room < len(readers) + _LEFT_FREE:
                return grant
            # Whoever counts must not see that it went to fewer: it would say of what kind it is, or that it is private.
            batch.count_as(len(readers))
            theirs = [reader for reader in readers if not by_themselves or reader.copy.author == author.card.id]
            due = self._due_now(subject, theirs, grant, report)
            batch.find_places(subject.keyring.line_to(reader.grantee) for reader in due)
            at = self._mailbox.moment()
            for reader in due:
                self._give(batch, subject, reader, grant, at)
            batch.count_as(-len(due))
            self._tidy(batch, subject, author, readers)
        except Unavailable:
            return grant
        return grant if any(reader.terms is None for reader in readers) else replace(grant, given_size=size)

    def _due_now(
        self, subject: EntrustedKeys, readers: Sequence[StandingReader], grant: Grant, report: Report | None
    ) -> list[StandingReader]:
        if report is not None:
            # What nobody has seen yet nobody can have kept out.
            due = [reader for reader in readers if reader.covers(grant.purpose, grant.update_id)]
            is_private = bool(due) and self._private.is_said_by(report)
            return [reader for reader in due if reader.gets_private or not is_private]
        return (self._covering if grant.about is None else self.gets)(subject, readers, grant)

    def gets(self, subject: EntrustedKeys, readers: Sequence[StandingReader], grant: Grant) -> list[StandingReader]:
        """Those of these readers whose terms cover an update that the owner has; what is private, if they name such.

        Nobody, of what the owner keeps out.

        Raises:
            Unavailable: what it says cannot be fetched now.
        """
        return [] if self.kept_out.has(subject, grant) else self._covering(subject, readers, grant)

    def _covering(
        self, subject: EntrustedKeys, readers: Sequence[StandingReader], grant: Grant
    ) -> list[StandingReader]:
        due = [reader for reader in readers if reader.covers(grant.purpose, grant.update_id)]
        if all(reader.gets_private for reader in due):
            return due  # Then nothing is read for it.
        is_private = self._private.is_private(subject.keyring, grant)
        return [reader for reader in due if reader.gets_private or not is_private]

    def _tidy(self, batch: Batch, subject: EntrustedKeys, author: Keyring, readers: list[StandingReader]) -> None:
        """Add to `batch` how far everything is given, now and then: otherwise a visit would look at ever more of it."""
        saved = sum(1 for item in self._mailbox.contents(subject.keyring) if item.sort in _WAITS)
        if not readers or saved % _TIDIED_EVERY:
            return
        for waiting in self.waiting(subject):
            if not waiting.entries and waiting.reader.terms is not None:
                self._note(batch, subject, author, waiting.reader, waiting.up_to)

    def waiting(self, subject: EntrustedKeys) -> list[Waiting]:
        """For each running standing grant what it covers and nobody who acts for the subject has given yet."""
        size, readers = self._mailbox.log_size, self.running(subject)
        if not readers:
            return []
        roll, waiting, kept_out = self._roll(subject), [], self.kept_out.of(subject)
        for reader in readers:
            since = max(reader.copy.index + 1, self._done_up_to(subject, reader, roll))
            entries = [one for one in self._since(subject, since, size) if not is_among(one.grant, kept_out)]
            due = tuple(entry for entry in entries if self._is_due(subject, reader, entry, roll))
            waiting.append(Waiting(reader, due, size))
        return waiting

    def give_waiting(self, subject: EntrustedKeys, person: Keyring) -> Given:
        """Give all that waits, in blocks of at most `MOST_GIVEN_AT_ONCE`, each of which says how far it is.

        Called by whoever holds the record's lock for this, so that nothing is given twice.

        Raises:
            StorageUnavailable: a text cannot be fetched now; the blocks that were written stand.
        """
        given, lost, private, batch, size = 0, 0, 0, self._mailbox.batch(), 0
        for waiting in self.waiting(subject):
            for entry in waiting.entries:
                is_due = self._checked(waiting.reader, entry)
                if is_due and self._is_passed_over(subject, waiting.reader, entry.grant):
                    is_due, private = False, private + 1
                if size == MOST_GIVEN_AT_ONCE:
                    self._note(batch, subject, person, waiting.reader, entry.index)
                    self._commit(batch, person)
                    batch, size = self._mailbox.batch(), 0
                if is_due:
                    self._give(batch, subject, waiting.reader, entry.grant, self._mailbox.moment())
                    given, size = given + 1, size + 1
                lost += is_due is None
            if waiting.entries:
                self._note(batch, subject, person, waiting.reader, waiting.up_to)
        self._commit(batch, person)
        return Given(given, lost, private)

    def _commit(self, batch: Batch, person: Keyring) -> None:
        batch.cover_with(person)
        batch.commit()

    def _gives(self, subject: EntrustedKeys, author: Keyring) -> bool:
        """Whether they give what they save: one of the family, with their own card. A coach holds the card, too."""
        is_subject = author.card.id == subject.keyring.card.id
        return subject.relation in FAMILY_RELATIONS and (not is_subject or _is_own(subject))

    def _terms(self, entry: BundleGrantEntry) -> BundleTerms | None:
        """What was chosen; None if that cannot be read now: then it covers nothing, and waits."""
        try:
            return read_terms(self._objects, entry.grant, chain_id=self._mailbox.chain_id).terms
        except BlockMRSError:
            return None

    def _roll(self, subject: EntrustedKeys, before: int | None = None) -> Roll | None:
        """The roll; None for somebody's own card, whose keys nobody else holds."""
        return None if _is_own(subject) else self._roll_of(subject.keyring, before)

    def _counts(self, subject: EntrustedKeys, entry: BundleGrantEntry, now: Roll | None) -> bool:
        """Whether whoever signed the copy was in when they did: every holder of the line's key can write one."""
        if now is None:
            return entry.author == subject.keyring.card.id
        then = self._roll_of(subject.keyring, entry.index)
        return counted_then(then, now, entry.author)

    def _done_up_to(self, subject: EntrustedKeys, reader: StandingReader, roll: Roll | None) -> int:
        """The place in the log up to which those who act for the subject have given everything."""
        done = 0
        for index, message in self._mailbox.messages_on(_given_line(subject, reader), subject.keyring):
            try:
                noted = GivenUpTo.from_fields(message.fields)
            except InvalidInput:
                continue
            # Nobody has looked beyond the place at which they say so.
            is_of_it = message.kind is Kind.DECIDE and noted.standing_id == reader.id and noted.up_to <= index
            if is_of_it and _counts_now(subject, message.author, roll):
                done = max(done, noted.up_to)
        return done

    def _since(self, subject: EntrustedKeys, since: int, size: int) -> list[GrantEntry]:
        """The first grants, by each signer, of updates on the subject's line at those places of the log."""
        items = [item for item in self._mailbox.contents(subject.keyring) if item.sort in _WAITS]
        items = [item for item in first_grants(items) if since <= item.index < size]
        there = {item.index for item in items}
        entries = self._mailbox.opened(subject.keyring, items).grants.values()
        return sorted((entry for entry in entries if entry.index in there), key=lambda entry: entry.index)

    def _is_due(self, subject: EntrustedKeys, reader: StandingReader, entry: GrantEntry, roll: Roll | None) -> bool:
        grant = entry.grant
        is_owners = grant.subject == subject.keyring.card.id and grant.grantee is None and grant.copy_of is None
        if not is_owners or grant.object is None or not reader.covers(grant.purpose, grant.update_id):
            return False
        if is_given(grant, entry.index, reader.copy.index) and _counts_now(subject, entry.author, roll):
            return False
        return reader.gets_private or not self._private.is_called_private(subject.keyring, grant)

    def _is_passed_over(self, subject: EntrustedKeys, reader: StandingReader, grant: Grant) -> bool:
        """Whether it is private by its text, and not named, whatever lists call it."""
        return not reader.gets_private and self._private.is_private(subject.keyring, grant)

    def _checked(self, reader: StandingReader, entry: GrantEntry) -> bool | None:
        """Whether what stands there is what it says, by its own author: a label could pass off one kind as another.

        None if its text is not here, so that nobody can tell.
        """
        try:
            update = self._mailbox.update(entry.grant)
        except ObjectMissing:
            return None
        except Unavailable:
            raise
        except BlockMRSError:
            return False
        is_authors = update.author == entry.author and update.kind == entry.grant.purpose
        return is_authors and reader.covers(update.kind, entry.grant.update_id)

    def _give(self, batch: Batch, subject: EntrustedKeys, reader: StandingReader, grant: Grant, at: datetime) -> None:
        standing = reader.copy.grant
        given = replace(
            grant,
            not_before=at,
            not_after=standing.not_after,
            return_to_author=None,
            return_to_subject=standing.return_to_subject,
            # Its mark, its number and the update before it are for the owner's line alone.
            number=None,
            previous=None,
            draft_mark=None,
            given_size=None,
            private=None,
            withheld=False,
            copy_of=reader.id,
            party=subject.label,
        )
        to = LineTo(self._cards.find(reader.grantee), subject.keyring.line_to(reader.grantee))
        write_grant(batch, given, subject.keyring, to)

    def _note(self, batch: Batch, subject: EntrustedKeys, person: Keyring, reader: StandingReader, up_to: int) -> None:
        """Add to `batch` that all before the place `up_to` of the log has been given to that reader."""
        fields = GivenUpTo(reader.id, self._mailbox.moment(), up_to).to_fields()
        card, line_key = subject.keyring.card, _given_line(subject, reader)
        batch.add(Kind.DECIDE, fields, author=person, recipient=card, line_key=line_key)


def _is_own(subject: EntrustedKeys) -> bool:
    """Whether it is the actor's own card: no session has its seed, and nobody else writes on its line."""
    return not subject.seed


def _counts_now(subject: EntrustedKeys, author: bytes, roll: Roll | None) -> bool:
    return author == subject.keyring.card.id if roll is None else counts_now(roll, author)


def _given_line(subject: EntrustedKeys, reader: StandingReader) -> bytes:
    return subject.keyring.derive("given", reader.id)
