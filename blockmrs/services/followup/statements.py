"""What a clinician signs about a report that their organisation has, and how it comes back to coach and family.

It travels as receipts do: on the share's return lines, whose keys only the report's author, the player's card and the
organisation know. A reader accepts it only from a listed member of the organisation named in the share, written while
that share was running, and never from the report's author.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from blockmrs.domain.clearances import Clearance
from blockmrs.domain.permission import Standing
from blockmrs.domain.replies import Reply
from blockmrs.domain.sharing import Grant
from blockmrs.errors import NOT_HERE, InvalidInput, NotFound
from blockmrs.services.followup.head_reports import FollowUpService
from blockmrs.services.grants.granting import LineTo, write_grant
from blockmrs.services.lines.updates import write_update
from blockmrs.services.reports.access import Access, report_address

if TYPE_CHECKING:
    from datetime import datetime

    from blockmrs.domain.kinds import Content, Purpose
    from blockmrs.domain.triage.rules import RuleSet
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.followup.head_reports import AfterReport
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry
    from blockmrs.services.people.organisations import Organisations

# News is looked for in so many of the newest places of a line; the report's own page still has what is older.
PLACES_FOR_NEWS = 40

Stated = TypeVar("Stated", Clearance, Reply)


@dataclass(frozen=True, slots=True)
class Signed(Generic[Stated]):
    """A statement that counts, under the names in the directory; `author` is the card id of its writer.

    `left`: when its writer left the organisation; what they stated before still counts.
    """

    update_id: bytes
    author: bytes
    content: Stated
    left: datetime | None = None

    @property
    def statement_id(self) -> str:
        """Its id in addresses below the report's."""
        return report_address(self.update_id)


class Statements(FollowUpService, ABC, Generic[Stated]):
    """Writes and reads what clinicians state, of one kind.

    `whole`: whether the report's author reads it too where the family shared the report, and not they.
    """

    kind: ClassVar[Content]
    purpose: ClassVar[Purpose]
    whole: ClassVar[bool]

    def __init__(
        self,
        after: AfterReport,
        cards: Cards,
        organisations: Organisations,
        rules: Callable[[], RuleSet],
    ) -> None:
        super().__init__(after, rules)
        self._cards = cards
        self._organisations = organisations

    @abstractmethod
    def _encoded(self, content: Stated, subject: bytes) -> bytes:
        """The body of its update."""

    @abstractmethod
    def _decoded(self, body: bytes) -> Stated:
        """What such a body says; InvalidInput if it is something else."""

    def _written_before(self, actor: Actor, access: Access, mark: bytes) -> Signed[Stated] | None:
        """What this press of the button has signed already; its row is written now if that was interrupted."""
        for entry in self._copies(access):
            if entry.grant.draft_mark == mark and entry.author == actor.keyring.card.id and entry.grant.object:
                self._attachments.remember(entry.grant.object)
                earlier = self._read(entry)
                if earlier is not None:
                    return Signed(entry.grant.update_id, entry.author, earlier)
        return None

    def _write(
        self, actor: Actor, access: Access, content: Stated, mark: bytes, shares: Iterable[Access]
    ) -> Signed[Stated]:
        """Sign it, and leave it on the ways back of these shares of the report with the writer's organisation."""
        batch, report, organisation = self._mailbox.batch(), access.grant, keys_of(access)
        pointer, update_id = write_update(
            batch,
            actor.keyring,
            subject=report.subject,
            kind=self.kind,
            purpose=self.purpose,
            body=self._encoded(content, report.subject),
            created=content.written_at,
            chain_id=self._mailbox.chain_id,
        )
        grant = Grant(
            update_id, report.subject, self.kind, content.written_at, object=pointer, about=report.update_id
        )  # fmt: skip

        for share in shares:
            to_author, to_subject = share.grant.return_to_author, share.grant.return_to_subject
            if to_author is not None and share.author_card is not None:
                write_grant(batch, grant, actor.keyring, LineTo(share.author_card, to_author))
            if to_subject is not None:
                write_grant(batch, grant, actor.keyring, LineTo(self._cards.find(report.subject), to_subject))
        to_colleagues = LineTo(organisation.keyring.card, _copies_key(organisation, report.update_id))
        write_grant(batch, replace(grant, draft_mark=mark), actor.keyring, to_colleagues)
        self._after.commit(batch)
        return Signed(update_id, actor.keyring.card.id, content)

    def _statements(self, actor: Actor, access: Access, gaps: list[datetime] | None = None) -> list[Signed[Stated]]:
        """All that count for this reader, in the order of the chain.

        `gaps` receives the time of each that would count but whose text is not here; without it, that is raised.
        """
        by_update: dict[bytes, tuple[tuple[datetime, int], Signed[Stated]]] = {}
        for entry, organisation_id, when in self._chosen(self._delivered(actor, access, gaps)):
            member = self._organisations.staff.known(entry.author, organisation_id)
            if member is None or entry.author == self._reports.author_of(access):
                continue
            try:
                content = self._read(entry)
            except NOT_HERE:
                if gaps is None:
                    raise
                gaps.append(when)
                continue
            if content is None:
                continue
            organisation = self._organisations.find(organisation_id).name
            known = replace(content, doctor=member.name, organisation=organisation, written_at=when)
            statement = Signed(entry.grant.update_id, entry.author, known, member.until)
            # Passing on a statement later does not make it the newest.
            place = when, entry.index
            if entry.grant.update_id not in by_update or place < by_update[entry.grant.update_id][0]:
                by_update[entry.grant.update_id] = place, statement
        return [statement for _, statement in sorted(by_update.values(), key=lambda pair: pair[0])]

    def _chosen(
        self, delivered: Iterator[tuple[GrantEntry, bytes, datetime]]
    ) -> Iterable[tuple[GrantEntry, bytes, datetime]]:
        """Those of what was delivered that are opened: all, as long as each of them can decide something."""
        return delivered

    def _delivered(
        self, actor: Actor, access: Access, gaps: list[datetime] | None
    ) -> Iterator[tuple[GrantEntry, bytes, datetime]]:
        """Each grant of a statement that reached this reader, with the organisation it must come from, and its time.

        Whoever wrote it was a member when it entered the log; that they have left since changes nothing.
        """
        if access.standing is Standing.RECIPIENT:
            organisation_keys = keys_of(access)
            card_id = organisation_keys.keyring.card.id
            for entry in self._copies(access):
                if self._organisations.staff.at(entry.author, card_id, entry.index) is not None:
                    yield entry, card_id, self._mailbox.written_at(entry)
            return
        for share, entry, when in self._sharing.returned(actor, access, self.kind, whole=self.whole):
            if share.grant.grantee is not None:
                yield entry, share.grant.grantee, when
        yield from self._released(actor, access, gaps)

    def _released(
        self, actor: Actor, access: Access, gaps: list[datetime] | None
    ) -> Iterator[tuple[GrantEntry, bytes, datetime]]:
        """What arrived while the report was kept from the family, passed on from the player's card at the release."""
        if access.standing is not Standing.SUBJECT:
            return
        grantees = self._sharing.grantees(actor, access)
        for entry in self._attachments.entries(actor, access, self.kind):
            if entry.author != access.grant.subject:
                continue
            try:
                update = self._attachments.read(entry, self.kind)
            except NOT_HERE:
                # The writer is named inside.
                if gaps is None:
                    raise
                gaps.append(self._mailbox.written_at(entry))
                continue
            for grantee in grantees:
                # The author, who released only what counted then, saw whether they were a member when they wrote it.
                if update is not None and self._organisations.staff.known(update.author, grantee) is not None:
                    # All of them came in one block, at the release: their own times give the order.
                    when = min(self._mailbox.written_at(entry), update.created)
                    yield replace(entry, author=update.author), grantee, when
                    break

    def _copies(self, access: Access) -> list[GrantEntry]:
        """What members of the reader's organisation wrote about the report, on the organisation's own line."""
        organisation = keys_of(access)
        line = self._mailbox.line_by_anyone(_copies_key(organisation, access.grant.update_id), organisation.keyring)
        return [entry for entry in line.grants.values() if entry.grant.purpose == self.kind]

    def _read(self, entry: GrantEntry) -> Stated | None:
        """The statement behind a grant, if the grant's signer wrote it about that report."""
        update = self._attachments.read(entry, self.kind)
        if update is None or update.author != entry.author:
            return None
        try:
            content = self._decoded(update.body)
        except InvalidInput:
            return None
        return content if content.report == entry.grant.about else None


def keys_of(access: Access) -> EntrustedKeys:
    """The keys of the organisation to which the report was sent."""
    if access.keys is None:
        raise NotFound("no such report")
    return access.keys


def _copies_key(organisation: EntrustedKeys, update_id: bytes) -> bytes:
    """The line on which colleagues find what one of them stated, whatever its kind."""
    return organisation.keyring.derive("clearances", update_id)
