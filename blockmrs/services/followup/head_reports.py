"""What all that follows a report has in common: opening the report, finding it, saving what follows once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blockmrs.domain.permission import Action, Standing
from blockmrs.model.locks import KeyedLocks
from blockmrs.moments import to_ms
from blockmrs.services.lines.contents import Sort
from blockmrs.services.lines.saving import commit_batch
from blockmrs.services.reports.access import Access, AccessFinder, report_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from blockmrs.crypto.keys import Keyring
    from blockmrs.domain.reports import Report
    from blockmrs.domain.triage.rules import RuleSet
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.contents import Item
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Mailbox
    from blockmrs.services.reports.attachments import Attachments
    from blockmrs.services.reports.reports import Reports
    from blockmrs.services.sharing.shares import Sharing


class AfterReport:
    """The services needed by everything that follows a report, and the steps that all of it takes."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        access: AccessFinder,
        reports: Reports,
        attachments: Attachments,
        sharing: Sharing,
    ) -> None:
        self.mailbox = mailbox
        self.access = access
        self.reports = reports
        self.attachments = attachments
        self.sharing = sharing
        self._database = database

    def opened(self, actor: Actor, address: str) -> tuple[Access, Report] | None:
        """The report that the actor may read; None for a recipient who has not left a receipt yet."""
        access = self.access.allow(actor, address, Action.FOLLOW)
        if access.standing is Standing.RECIPIENT:
            report_for_recipient = self.sharing.open_shared(actor, address)
            return None if report_for_recipient is None else (access, report_for_recipient.report)
        return access, self.reports.read(actor, access).report

    def access_by(self, actor: Actor, subject: EntrustedKeys | None, entry: GrantEntry) -> Access:
        """What the actor is to a report of `head_reports`: somebody who acts for `subject`, or its author."""
        if subject is not None:
            return Access(Standing.SUBJECT, entry, subject.keyring, subject)
        return self.access.allow(actor, report_address(entry.grant.update_id), Action.FOLLOW)

    def head_reports(
        self, actor: Actor, subject: EntrustedKeys | None, oldest: datetime, places: int | None = None
    ) -> Iterator[GrantEntry]:
        """The grants since `oldest` of reports that may be about a head injury, newest first; `all_reports` has more.

        Args:
            subject: whose card the reports are about; None for the reports that the actor wrote.
            places: at most this many of the line's newest places are read.
        """
        return self.all_reports(actor, subject, oldest, places, wanted=lambda item: item.may_be_head)

    def all_reports(
        self,
        actor: Actor,
        subject: EntrustedKeys | None,
        oldest: datetime,
        places: int | None = None,
        wanted: Callable[[Item], bool] = lambda _item: True,
    ) -> Iterator[GrantEntry]:
        """The same of reports of any kind; or of those alone that are `wanted`, as far as can be seen unopened."""
        keyring: Keyring = actor.keyring if subject is None else subject.keyring
        author = keyring.card if subject is None else None
        contents, since = self.mailbox.contents(keyring), to_ms(oldest)
        first = 0 if places is None or not contents else contents[-1].position + 1 - places
        for item in reversed(contents):
            is_recent = item.position >= first and item.at_ms >= since
            if is_recent and item.sort is Sort.REPORT and wanted(item):
                for entry in self.mailbox.opened(keyring, [item], author=author).grants.values():
                    if entry.grant.update_id == item.about and entry.grant.grantee is None:
                        yield entry

    def locks(self, what: str) -> KeyedLocks:
        """Locks for what is saved only once."""
        return KeyedLocks(self._database, what)

    def commit(self, batch: Batch) -> None:
        """Make the batch's objects durable, then its transactions one block, then keep the rows that list them."""
        commit_batch(self._database, batch)


class FollowUpService:
    """What follows a report, of one kind."""

    def __init__(self, after: AfterReport, rules: Callable[[], RuleSet]) -> None:
        self._after = after
        self._mailbox = after.mailbox
        self._access = after.access
        self._reports = after.reports
        self._attachments = after.attachments
        self._sharing = after.sharing
        self._rules = rules
