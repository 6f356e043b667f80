"""Updates that follow a report, such as symptom checks: who finds them where, and to whom they are given.

The family and the report's author find them on the player's line, which both can read. Those of a report that is kept
from the family are in the author's book until it is released. Organisations with a running share of the report are
granted them from the player's card, whose keys author and family hold; they count there only while that share runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Content
from blockmrs.domain.permission import Standing
from blockmrs.errors import UNKNOWN, BlockMRSError, NotFound
from blockmrs.services.grants.granting import LineTo, give_to_owner, pass_on, write_grant
from blockmrs.services.lines.contents import Sort
from blockmrs.services.lines.saving import finish

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Keyring
    from blockmrs.domain.records import Update
    from blockmrs.domain.sharing import Grant, Pointer
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.grants.owners import Owners
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Mailbox
    from blockmrs.services.people.organisations import Organisations
    from blockmrs.services.reports.access import Access, AccessFinder
    from blockmrs.services.reports.reports import Reports
    from blockmrs.storage import ObjectStore


class Attachments:
    """Finds, keeps and passes on updates that are about a report."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        cards: Cards,
        objects: ObjectStore,
        organisations: Organisations,
        access: AccessFinder,
        reports: Reports,
        owners: Owners,
    ) -> None:
        self._owners = owners
        self._database = database
        self._mailbox = mailbox
        self._cards = cards
        self._objects = objects
        self._organisations = organisations
        self._access = access
        self._reports = reports

    def subject(self, actor: Actor, access: Access) -> EntrustedKeys:
        """The player's keys, which the family and the report's author hold; NotFound for everybody else."""
        keys = None
        if access.standing is Standing.SUBJECT:
            keys = access.keys
        elif access.place is not None:
            keys = self._access.subject_keys(actor, access.place)
        if keys is None:
            raise NotFound("the player's card is not held here")
        return keys

    def entries(self, actor: Actor, access: Access, purpose: str) -> list[GrantEntry]:
        """The grants with that purpose about the report that the actor may open, each update once, by the log.

        Granting an update again, with whatever time, moves nothing: its place is where its own author first granted it.
        """
        by_update: dict[bytes, GrantEntry] = {}
        for entry in self._mailbox.placed(self.grants(actor, access, purpose)):
            grant = entry.grant
            # Two processes may have written one press of Save twice: it is one update.
            by_update.setdefault(entry.author + grant.draft_mark if grant.draft_mark else grant.update_id, entry)
        return list(by_update.values())

    def grants(self, actor: Actor, access: Access, purpose: str) -> list[GrantEntry]:
        """The same, each time that it was granted; a share that ended may have brought what another brought again."""
        return [
            entry
            for entry in self._all(actor, access)
            if entry.grant.about == access.grant.update_id
            and entry.grant.purpose == purpose
            and entry.grant.object is not None
        ]

    def came_at(self, access: Access, entry: GrantEntry, update: Update) -> datetime:
        """When an update was made, as far as this reader can tell: nobody chooses the time of a block.

        A recipient may have been granted it later than it was written; then its author's own time counts.
        """
        written_at = self._mailbox.written_at(entry)
        return min(written_at, update.created) if access.standing is Standing.RECIPIENT else written_at

    def read(self, entry: GrantEntry, kind: str) -> Update | None:
        """The update behind an entry, after every check of the protocol; None if it fails one or is of another kind.

        What does not verify is nobody's statement, and is skipped: whoever knows a line can write to it.

        Raises:
            ObjectMissing, ObjectDamaged: its text is not here, so nobody can tell what it said.
        """
        try:
            update = self._mailbox.read(entry.grant, entry.author)
        except UNKNOWN:
            raise
        except BlockMRSError:
            return None
        return update if update.kind == kind else None

    def remember(self, pointer: Pointer, holder: Keyring | None = None) -> None:
        """Record an object of a save that was interrupted before its row, kept on behalf of that card."""
        finish(self._database, self._objects, pointer, holder)

    def holder(self, actor: Actor, access: Access) -> Keyring:
        """On behalf of which card a new update is kept: the player's, or while it is withheld its author's."""
        return actor.keyring if self._is_withheld(actor, access) else self.subject(actor, access).keyring

    def keep(self, batch: Batch, actor: Actor, access: Access, grant: Grant) -> None:
        """Add the owner's grant of a new update to `batch`: on the player's line, or in a withheld report's book."""
        if self._is_withheld(actor, access):
            write_grant(batch, grant, actor.keyring, LineTo(actor.keyring.card, self._book_key(actor, access)))
        else:
            subject = self.subject(actor, access)
            self._owners.give(batch, subject, grant, actor.keyring, mark=grant.draft_mark)

    def giver(self, actor: Actor, access: Access) -> tuple[Keyring, str]:
        """Who lets others read what follows the report, and their name: the player's card, or who withholds it."""
        if self._is_withheld(actor, access):
            return actor.keyring, actor.display_name
        subject = self.subject(actor, access)
        return subject.keyring, subject.label

    def pass_on(
        self, batch: Batch, giver: tuple[Keyring, str], organisation_id: bytes, until: datetime, grants: list[Grant]
    ) -> None:
        """Let an organisation with which the report is shared read these updates until then, by leave of `giver`."""
        if not grants:
            return
        keyring, party = giver
        organisation = self._organisations.find(organisation_id)
        line_key = self._organisations.introduce(batch, keyring, party, organisation)
        to = LineTo(self._cards.find(organisation_id), line_key)
        pass_on(batch, grants, keyring, to, self._mailbox.moment(), until)

    def returned(
        self, actor: Actor, access: Access, shares: Iterable[GrantEntry], purpose: str
    ) -> Iterator[tuple[GrantEntry, GrantEntry, datetime]]:
        """What came back about the report on the return lines of its shares while they ran: share, grant and time.

        The time is that of the block, so that nobody whose share has ended can write as if it had not; and its signer
        was at that time a member of the organisation named in the share.
        """
        for share in shares:
            line_key, reader = share.grant.return_to_author, actor.keyring
            if line_key is None and share.grant.return_to_subject is not None:
                line_key, reader = share.grant.return_to_subject, self.subject(actor, access).keyring
            if line_key is None:
                continue
            for entry in self._mailbox.line_by_anyone(line_key, reader).grants.values():
                if entry.grant.about != access.grant.update_id or entry.grant.purpose != purpose:
                    continue
                when, grantee, staff = self._mailbox.written_at(entry), share.grant.grantee, self._organisations.staff
                if when < _end_of(share) and grantee and staff.at(entry.author, grantee, entry.index) is not None:
                    yield share, entry, when

    def release(
        self, batch: Batch, actor: Actor, access: Access, subject: EntrustedKeys, shares: Iterable[GrantEntry]
    ) -> None:
        """Add to `batch`, after the report itself, the owner's grants of what has followed it so far.

        The author grants what they kept in the book; the player's card grants what clinicians wrote.
        """
        grants = [
            (actor.keyring, entry.grant)
            for entry in self._book(actor, access)
            if entry.grant.about == access.grant.update_id
        ]
        shares = list(shares)
        for kind in (Content.CLEARANCE, Content.REPLY):
            returned = self.returned(actor, access, shares, kind)
            grants += [(subject.keyring, entry.grant) for _, entry, _ in returned]
        previous = access.grant.update_id
        for granter, grant in grants:
            give_to_owner(self._mailbox, batch, subject, grant, granter, mark=grant.draft_mark, previous=previous)
            previous = grant.update_id

    def _all(self, actor: Actor, access: Access) -> list[GrantEntry]:
        if access.standing is Standing.RECIPIENT and access.keys is not None:
            return self._received(access, access.keys)
        if self._is_withheld(actor, access):
            return self._book(actor, access)
        keyring, report = self.subject(actor, access).keyring, access.grant.update_id
        contents = self._mailbox.contents(keyring)
        following = [item for item in contents if item.sort is Sort.FOLLOWING and item.about == report]
        line = self._mailbox.opened(keyring, following)
        return [entry for entry in line.grants.values() if entry.grant.grantee is None]

    def _received(self, access: Access, organisation: EntrustedKeys) -> list[GrantEntry]:
        """What is on the lines from the report's author and from the player's card, and still runs."""
        author = access.author_card
        senders = {access.grant.subject, *([author.id] if author is not None else [])}
        now = self._mailbox.present()
        return [
            entry
            for _, line in self._access.lines_to(organisation, senders)
            for entry in line.grants.values()
            if entry.revoked is None and entry.grant.covers(now)
        ]

    def _book(self, actor: Actor, access: Access) -> list[GrantEntry]:
        line = self._mailbox.private_line(self._book_key(actor, access), actor.keyring)
        return list(line.grants.values())

    def _book_key(self, actor: Actor, access: Access) -> bytes:
        return self._reports.book_key(actor.keyring, access.grant.update_id)

    def _is_withheld(self, actor: Actor, access: Access) -> bool:
        return access.standing is Standing.AUTHOR and self._reports.is_withheld(actor, access)


def _end_of(share: GrantEntry) -> datetime:
    """When a share ends, or ended."""
    ends = [moment for moment in (share.grant.not_after, share.revoked.at if share.revoked else None) if moment]
    return min(ends, default=datetime.max.replace(tzinfo=UTC))
