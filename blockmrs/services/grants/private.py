"""Which updates of a record are private: what the rules mark as such is looked for in what a report says.

Such a report, and what follows it, goes to somebody only if it was named: to a reader of everything from now on by the
terms, in a share of a record by itself. Source: docs/protocol "Bundles", "Everything from now on".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Content
from blockmrs.domain.triage.loader import load_rules
from blockmrs.errors import BlockMRSError, Unavailable
from blockmrs.fhir.check import read_check
from blockmrs.fhir.report import read_report
from blockmrs.services.grants.private_marks import PrivateMarks
from blockmrs.services.lines.contents import Sort

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Keyring
    from blockmrs.domain.records import Update
    from blockmrs.domain.reports import Report
    from blockmrs.domain.sharing import Grant
    from blockmrs.domain.triage.rules import RuleSet
    from blockmrs.services.lines.mailbox import Mailbox


class PrivateEntries:
    """Says of the updates on a record's own line which are private."""

    def __init__(self, mailbox: Mailbox, rules: Callable[[], RuleSet] = load_rules) -> None:
        self._mailbox = mailbox
        self._rules = rules

    @cached_property
    def _marks(self) -> PrivateMarks:
        return PrivateMarks(self._rules())

    def is_private(self, owner: Keyring, grant: Grant) -> bool:
        """Whether an update about the card of `owner` is private, by its text; True where nobody can tell.

        Raises:
            Unavailable: the text cannot be fetched now.
        """
        if grant.purpose not in (Content.REPORT, Content.CHECK):
            return False
        try:
            if grant.about is None:
                return self.is_said_in(self._mailbox.update(grant))
            # Its label could pass it off as following another report.
            if read_check(self._mailbox.update(grant).body).report != grant.about:
                return True
            reports = self._reports(owner, grant.about)
            return not reports or any(self.is_private(owner, report) for report in reports)
        except Unavailable:
            raise
        except BlockMRSError:
            return True

    def is_said_in(self, report: Update) -> bool:
        """Whether a report says something private; InvalidInput if it is none that this version can show."""
        return self.is_said_by(read_report(report.body))

    def is_said_by(self, report: Report) -> bool:
        """The same, of a report that was read, or is being written."""
        return self._marks.on(report)

    def is_called_private(self, owner: Keyring, grant: Grant) -> bool:
        """Whether it is so by what lists call it: no text is opened, so that it may be private all the same."""
        if grant.purpose == Content.CHECK and grant.about is not None:
            return any(self._marks.among(report.concerns) for report in self._reports(owner, grant.about))
        return grant.purpose == Content.REPORT and self._marks.among(grant.concerns)

    def _reports(self, owner: Keyring, update_id: bytes) -> list[Grant]:
        """The owner's grants of a report: the one that gives it its place, if it is there."""
        contents = self._mailbox.contents(owner)
        items = [item for item in contents if item.sort is Sort.REPORT and item.about == update_id]
        entries = self._mailbox.opened(owner, items).grants.values()
        of_owner = [entry for entry in entries if entry.grant.grantee is None and entry.grant.about is None]
        return [entry.grant for entry in self._mailbox.placed(of_owner)]
