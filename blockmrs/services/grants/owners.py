"""The one place where an update reaches its owner's line, and with it all who read the record from now on.

Every save passes here: health facts, reports, what follows a report, and what goes along with a coach's. What is about
giving stands in standing.py. Source: docs/protocol "Everything from now on".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Relation
from blockmrs.services.grants.granting import LineTo, owners_grant, write_grant

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Keyring
    from blockmrs.domain.reports import Report
    from blockmrs.domain.sharing import Grant
    from blockmrs.services.grants.checkpoints import Checkpoints
    from blockmrs.services.grants.standing import StandingGrants
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox


class Owners:
    """Grants to owners what is about them."""

    def __init__(self, mailbox: Mailbox, standing: StandingGrants, checkpoints: Checkpoints) -> None:
        self._mailbox = mailbox
        self._checkpoints = checkpoints
        self._standing = standing

    def give(
        self, batch: Batch, subject: EntrustedKeys, grant: Grant, author: Keyring, *, mark: bytes | None = None,
        report: Report | None = None,
    ) -> None:  # fmt: skip
        """Add the owner's grant of what `author` saves to `batch`, and those to standing readers.

        `mark` shows a repeated save; `report` is what is saved, if it is one.
        """
        numbered = self.numbered(batch, subject, grant, author, report=report)
        owned = replace(numbered, draft_mark=mark, withheld=False)
        write_grant(batch, owned, author, LineTo.own(subject.keyring))

    def numbered(
        self, batch: Batch, subject: EntrustedKeys, grant: Grant, author: Keyring, *, report: Report | None = None
    ) -> Grant:
        """The owner's grant, for a caller who writes it as it is; those to standing readers are added to `batch`.

        So is a checkpoint, where it is time for one: at a place before the grant.
        """
        self._checkpoints.leave(batch, subject, author)
        owned = owners_grant(self._mailbox, batch, subject, grant)
        return self._standing.give_saved(batch, subject, owned, author, report=report)

    def give_beside(self, batch: Batch, subject: EntrustedKeys, grant: Grant, author: Keyring) -> None:
        """Add to `batch` the grants to standing readers of what the owner has on another line than their own.

        What somebody says of themselves is theirs: of what a parent began, nobody gets it.
        """
        self._standing.give_saved(batch, subject, grant, author, by_themselves=subject.relation == Relation.SELF)
