"""The end of a share as all three see it: whoever gave it, whoever it is about, and whoever received it.

A copy of a grant, and a revocation of that copy, say whatever their writer claims: "stopped" on the family's line alone
would cost nothing while the hospital reads on. So a grant's end is written once, on a line that can be read by those
who know the grant's id and by nobody else: the recipient's application honours what the family's page shows, because
both read the same entry.
Source: docs/protocol "Sharing with an organisation".
"""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from typing import TYPE_CHECKING

from blockmrs.chain.transaction import Kind
from blockmrs.crypto.keys import Keyring, ending_keyring
from blockmrs.domain.sharing import Grant, Revocation
from blockmrs.errors import InvalidInput

if TYPE_CHECKING:
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.mailbox import Mailbox


def write_ending(batch: Batch, grant_id: bytes, at: datetime, author: Keyring) -> None:
    """Add to `batch` that the grant with this payload id has ended, for everybody who knows it."""
    common = ending_keyring(grant_id)
    fields = Revocation(grant_id, at).to_fields()
    batch.add(Kind.REVOKE, fields, author=author, recipient=common.card, line_key=common.own_line)


def ending_of(mailbox: Mailbox, grant_id: bytes, by: Container[bytes]) -> tuple[bytes, Revocation] | None:
    """Who ended that grant, the first of those in `by` (card ids), and when that block was made; None while it runs."""
    common = mailbox.derived(ending_keyring, grant_id)
    for index, message in mailbox.messages_on(common.own_line, common):
        if message.kind is Kind.REVOKE and message.author in by:
            try:
                revocation = Revocation.from_fields(message.fields)
            except InvalidInput:
                continue
            if revocation.grant_id == grant_id:
                # Not when its writer claims: an end in the past would undo what came back while the share was running.
                return message.author, Revocation(grant_id, mailbox.time_at(index))
    return None


def who_may_end(grant: Grant, author: bytes) -> tuple[bytes, ...]:
    """The cards that may end a grant: its author and, unless the report is kept from the family, its subject."""
    return (author, grant.subject) if grant.return_to_subject is not None else (author,)
