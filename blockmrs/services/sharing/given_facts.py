"""What a family lets go along with a coach's reports: with which share it goes, and to whom it is given at once.

What the family said stands in services/record/crew_facts.py. Source: docs/protocol "Facts that go along with a report".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Content
from blockmrs.domain.permission import Standing
from blockmrs.errors import BlockMRSError
from blockmrs.moments import to_ms
from blockmrs.services.lines.contents import Sort
from blockmrs.services.reports.access import ID_BYTES
from blockmrs.services.sharing.books import LONGEST

if TYPE_CHECKING:
    from blockmrs.domain.sharing import Grant
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Mailbox
    from blockmrs.services.record.crew_facts import CrewFacts, FamilyFacts
    from blockmrs.services.reports.access import Access, AccessFinder
    from blockmrs.services.reports.attachments import Attachments
    from blockmrs.services.reports.reports import Reports
    from blockmrs.services.sharing.books import Books

# Of how many reports those who can read them get what the family says in one block.
_GIVEN_AT_ONCE = 50
# A coach may have sent reports to more hospitals than a block takes: that must keep no family from saying yes, or from
# saving what they changed. So much of the block stays free for that.
_LEFT_FREE = 64


class GivenFacts:
    """Finds what goes along with a report, and gives it to those who can read one already."""

    def __init__(
        self,
        mailbox: Mailbox,
        access: AccessFinder,
        reports: Reports,
        books: Books,
        attachments: Attachments,
        crew_facts: CrewFacts,
    ) -> None:
        self._mailbox = mailbox
        self._access = access
        self._reports = reports
        self._books = books
        self._attachments = attachments
        self._crew_facts = crew_facts

    def going(self, actor: Actor, access: Access) -> GrantEntry | None:
        """What goes along with the report now, for its author and the family.

        Nothing does while it is kept from the family: the player's card gives it, and whoever of the family searched
        the chain with that card's key would find it.
        """
        if access.standing is Standing.AUTHOR and self._reports.is_withheld(actor, access):
            return None
        return self.going_of(actor, access, self._books.subject(actor, access))

    def going_of(self, actor: Actor, access: Access, subject: EntrustedKeys) -> GrantEntry | None:
        """What goes along with a report about that card that the family may see, or is about to."""
        return self._crew_facts.going_along(actor, subject, self._reports.author_of(access))

    def came(self, actor: Actor, access: Access) -> GrantEntry | None:
        """What came along to a recipient, with a share of the report that runs.

        What came with a share that has ended does not come back with another, or with the report alone under a standing
        grant: each share brings in its own block what goes along then.
        """
        shares = [
            one.entry.index
            for one in self._access.received(actor, access.grant.update_id[:ID_BYTES], [])
            if one.standing is Standing.RECIPIENT and one.under is None and one.reader.card.id == access.reader.card.id
        ]
        # Given by the player's card; the last that came is the newest that the sender had.
        came = self._attachments.grants(actor, access, Content.CREW_FACTS) if shares else []
        theirs = [entry for entry in came if entry.author == access.grant.subject and entry.index > min(shares)]
        return max(theirs, key=lambda entry: entry.index, default=None)

    def read(self, entry: GrantEntry) -> FamilyFacts | None:
        """What it says; None if it says no such thing."""
        return self._crew_facts.read(entry)

    def give_to_running(self, batch: Batch, actor: Actor, keys: EntrustedKeys, grant: Grant) -> None:
        """Add to `batch` what the family lets go along now, for all who can read a coach's report about that card.

        Of the newest such reports only, as far as the block takes them. What cannot be told now, or reached, is left
        out, and goes along with what is sent next.
        """
        since_ms = to_ms(self._mailbox.present().latest - LONGEST)
        items = [item for item in self._mailbox.contents(keys.keyring) if item.sort is Sort.SHARE]
        newest_first = dict.fromkeys(item.about for item in reversed(items) if item.at_ms >= since_ms)
        for update_id in list(newest_first)[:_GIVEN_AT_ONCE]:
            try:
                self._give_of(batch, actor, keys, replace(grant, about=update_id), update_id)
            except BlockMRSError:
                continue  # A yes, and a save of the facts, depend on nobody else.

    def _give_of(self, batch: Batch, actor: Actor, keys: EntrustedKeys, along: Grant, update_id: bytes) -> None:
        access = self._access.find(actor, update_id[:ID_BYTES])
        if access is None or not self._crew_facts.goes_with(keys, self._reports.author_of(access)):
            return
        # By organisation, the later end of two shares.
        for organisation_id, until in dict(sorted(self._books.running(actor, access))).items():
            if batch.room < _LEFT_FREE:
                return
            self._attachments.pass_on(batch, (keys.keyring, keys.label), organisation_id, until, [along])
