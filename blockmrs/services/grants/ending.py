"""The end of a share as all three see it: whoever gave it, whoever it is about, and whoever received it.

A copy of a grant, and a revocation of that copy, say whatever their writer claims: "stopped" on the family's line alone
would cost nothing while the hospital reads on. So a grant's end is written once, on a line that can be read by those
who know the grant's id and by nobody else: the recipient's application honours what the family's page shows, because
both read the same entry.
Source: docs/protocol "Sharing with an organisation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from blockmrs.chain.transaction import Kind
from blockmrs.crypto.keys import ending_keyring, ending_line
from blockmrs.domain.sharing import Revocation
from blockmrs.errors import InvalidInput, NotFound
from blockmrs.services.grants.granting import LineTo

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from blockmrs.crypto.keys import Card, Keyring
    from blockmrs.domain.sharing import Grant
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.mailbox import BundleGrantEntry, EntrustedKeys, GrantEntry, Mailbox


def write_revocation(batch: Batch, grant_id: bytes, at: datetime, author: Keyring, to: LineTo) -> None:
    """Add to `batch` that the grant with this payload id has ended at `at`."""
    fields = Revocation(grant_id, at).to_fields()
    batch.add(Kind.REVOKE, fields, author=author, recipient=to.card, line_key=to.key)


def write_ending(batch: Batch, grant_id: bytes, at: datetime, author: Keyring) -> None:
    """Add to `batch` that the grant with this payload id has ended, for everybody who knows it."""
    write_revocation(batch, grant_id, at, author, LineTo.own(ending_keyring(grant_id)))


def original_of(copy: GrantEntry | BundleGrantEntry) -> tuple[bytes, bytes]:
    """The payload id of the grant that this is a copy of, and the card id of the grant's recipient.

    Raises:
        NotFound: it is no copy of a share.
    """
    if copy.grant.copy_of is None or copy.grant.grantee is None:
        raise NotFound("no such share")
    return copy.grant.copy_of, copy.grant.grantee


def end_as_author(
    batch: Batch,
    copy: GrantEntry,
    at: datetime,
    author: Keyring,
    recipient: Card,
    *,
    book_key: bytes,
    owner: Keyring | None,
    on_owners_line: Iterable[GrantEntry] = (),
) -> None:
    """Add to `batch` the end of a share by its giver: for its recipient, in the book, for the owner, and for all.

    Args:
        copy: the one in the giver's book, whose line has the key `book_key`.
        owner: the keys of whom it is about; None while it is withheld from them.
        on_owners_line: copies of shares there; those of this one are ended too.
    """
    grant_id, grantee = original_of(copy)
    write_revocation(batch, grant_id, at, author, LineTo(recipient, author.line_to(grantee)))
    write_revocation(batch, copy.id, at, author, LineTo(author.card, book_key))
    if owner is not None:
        for other in on_owners_line:
            if other.grant.copy_of == grant_id:
                write_revocation(batch, other.id, at, author, LineTo.own(owner))
    write_ending(batch, grant_id, at, author)


def end_as_subject(
    batch: Batch, copy: GrantEntry | BundleGrantEntry, at: datetime, person: Keyring, subject: EntrustedKeys, to: LineTo
) -> None:
    """Add to `batch` the end of a share by the card that it is about, which signs on its own line to the recipient.

    Args:
        copy: the one on the subject's own line.
        person: who acts for the subject. They sign the end of the copy with their own card, which nobody else holds, so
            that the family sees which of them ended it.
        to: the line from the subject's card to the recipient.
    """
    grant_id, _ = original_of(copy)
    write_revocation(batch, grant_id, at, subject.keyring, to)
    write_revocation(batch, copy.id, at, person, LineTo.own(subject.keyring))
    write_ending(batch, grant_id, at, subject.keyring)


def ending_of(mailbox: Mailbox, grant_id: bytes, by: Collection[bytes]) -> tuple[bytes, Revocation] | None:
    """Who ended that grant, the first of those in `by` (card ids), and when that block was made; None while it runs.

    A card that follows one of them by the place of its word ends in that one's stead.
    """
    common = mailbox.derived(ending_keyring, grant_id)
    for index, message in mailbox.messages_on(common.own_line, common):
        if message.kind is Kind.REVOKE and mailbox.speaks_for(message.author, by, index):
            try:
                revocation = Revocation.from_fields(message.fields)
            except InvalidInput:
                continue
            if revocation.grant_id == grant_id:
                # Not when its writer claims: an end in the past would undo what came back while the share was running.
                return message.author, Revocation(grant_id, mailbox.time_at(index))
    return None


def any_ended(mailbox: Mailbox, grant_ids: Iterable[bytes]) -> bool:
    """Whether one of those grants may have ended: asked at once for all, so that nearly always none is looked at.

    Whoever draws a conclusion from it looks at each of them, so that all of their lines are noted.
    """
    if mailbox.readings.now().is_noting:
        return True
    lines = [ending_line(grant_id) for grant_id in grant_ids]
    return bool(lines) and mailbox.any_begun(lines)


def who_may_end(grant: Grant, author: bytes) -> tuple[bytes, ...]:
    """The cards that may end a grant: its author and, unless the report is kept from the family, its subject."""
    return (author, grant.subject) if grant.return_to_subject is not None else (author,)
