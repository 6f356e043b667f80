"""The end of a share as all three see it: who gave it, whom it is about, and who got it.

A copy of a grant, and a revocation of that copy, say what their writer claims: on the family's line alone "stopped"
cost nothing while the hospital read on. So a grant's end stands once, on a line that whoever knows the grant's id can
read, and nobody else: the recipient's application honours what the family's page shows, because both read one entry.
Source: docs/protocol "Sharing with an organisation".
"""

from collections.abc import Container
from datetime import datetime

from blockmrs.chain.transaction import Kind
from blockmrs.crypto.keys import Keyring, ending_keyring
from blockmrs.domain.sharing import Grant, Revocation
from blockmrs.errors import InvalidInput
from blockmrs.services.lines.batch import Batch
from blockmrs.services.lines.mailbox import Mailbox


def write_ending(batch: Batch, grant_id: bytes, at: datetime, author: Keyring) -> None:
    """Add to `batch` that the grant with this payload id has ended, for everybody who knows of it."""
    common = ending_keyring(grant_id)
    fields = Revocation(grant_id, at).to_fields()
    batch.add(Kind.REVOKE, fields, author=author, recipient=common.card, line_key=common.own_line)


def ending_of(mailbox: Mailbox, grant_id: bytes, by: Container[bytes]) -> tuple[bytes, Revocation] | None:
    """Who ended that grant, the first of those in `by` (card ids), and when its block was made; None: it runs."""
    common = ending_keyring(grant_id)
    for index, message in mailbox.said_on(common.own_line, common):
        if message.kind is Kind.REVOKE and message.author in by:
            try:
                ended = Revocation.from_fields(message.fields)
            except InvalidInput:
                continue
            if ended.grant_id == grant_id:
                # Not when its writer says: an end in the past would undo what came back while the share ran.
                return message.author, Revocation(grant_id, mailbox.time_at(index))
    return None


def who_may_end(grant: Grant, author: bytes) -> tuple[bytes, ...]:
    """The cards that may end a grant: its author, and its subject, but of a report that is kept from the family."""
    return (author, grant.subject) if grant.return_to_subject is not None else (author,)
