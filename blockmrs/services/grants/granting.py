"""Grants, written and passed on: the one place that puts leave to read on a line.

- The owner's grant stands on the line of the person an update is about, with its number there and the update before it:
  `give_to_owner`.
- A share is three entries: the grant itself to the recipient, and copies of it, which open nothing, in the giver's book
  and on the owner's line: `write_share`. One by the card that the update is about is two: `share_as_subject`.
- What follows a report goes on to those who may read the report, for as long as they may: `pass_on`.

What somebody may give, to whom and until when is decided by the services that ask. Ends are in ending.py.
Source: docs/protocol "Records and sharing".
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from blockmrs.chain.transaction import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from blockmrs.crypto.keys import Card, Keyring
    from blockmrs.domain.renewal import Renewal
    from blockmrs.domain.sharing import BundleGrant, Grant
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox

_LOOK_BACK = 5


@dataclass(frozen=True, slots=True)
class LineTo:
    """A line to somebody: who reads it (`card`), and the key of their places on it."""

    card: Card
    key: bytes

    @classmethod
    def own(cls, keyring: Keyring) -> LineTo:
        """The line on which that card's own entries are."""
        return cls(keyring.card, keyring.own_line)


def write_grant(batch: Batch, grant: Grant | BundleGrant, author: Keyring, to: LineTo) -> bytes:
    """Add a grant to `batch`; returns its payload id (32 bytes)."""
    return batch.add(Kind.GRANT, grant.to_fields(), author=author, recipient=to.card, line_key=to.key)


def write_renewal(batch: Batch, renewal: Renewal, author: Keyring, to: LineTo) -> None:
    """Add to `batch` where an update is now that was sealed anew, for whoever may read it by a grant on that line."""
    batch.add(Kind.GRANT, renewal.to_fields(), author=author, recipient=to.card, line_key=to.key)


def owners_grant(
    mailbox: Mailbox, batch: Batch, subject: EntrustedKeys, grant: Grant, *, previous: bytes | None = None
) -> Grant:
    """`grant` as it goes to the next free place on the line of `subject`.

    `previous` is the update before it if the same batch grants that one too; otherwise it is read from the line.
    """
    line_key, card_id = subject.keyring.own_line, subject.keyring.card.id
    number = batch.next_on(line_key)
    if number is None:
        number = mailbox.length(line_key)
        batch.know_length(line_key, number)
    # Nearly always the last place holds the previous update; copies of shares may follow it, and by hundreds renewals,
    # or copies of standing grants.
    is_renewed = False
    for position in range(number - 1, max(-1, number - 1 - _LOOK_BACK), -1):
        if previous is not None:
            break
        page = mailbox.subject_page(subject.keyring, position, position + 1)
        is_renewed = is_renewed or bool(page.renewals or page.bundles)
        for entry in page.grants.values():
            if entry.grant.grantee is None and entry.grant.subject == card_id:
                previous = entry.grant.update_id
    if previous is None and is_renewed:
        previous = mailbox.last_update(subject.keyring)
    return replace(grant, number=number, previous=previous)


def give_to_owner(
    mailbox: Mailbox,
    batch: Batch,
    subject: EntrustedKeys,
    grant: Grant,
    author: Keyring,
    *,
    mark: bytes | None = None,
    previous: bytes | None = None,
) -> None:
    """Add the owner's grant to `batch`; `mark` shows a repeated save, and `previous` is as for `owners_grant`."""
    owned = replace(owners_grant(mailbox, batch, subject, grant, previous=previous), draft_mark=mark, withheld=False)
    write_grant(batch, owned, author, LineTo.own(subject.keyring))


def copy_to_owner(batch: Batch, copy: Grant, author: Keyring, owner: Keyring) -> bytes:
    """Add the copy of a share in its giver's book to the owner's line, without the way back; returns its payload id."""
    return write_grant(batch, replace(copy, return_to_author=None), author, LineTo.own(owner))


def write_share(
    batch: Batch, grant: Grant, author: Keyring, to: LineTo, name: str, *, book_key: bytes, owner: Keyring | None
) -> None:
    """Add a share to `batch`: `grant`, with new ways back, and its copies.

    Args:
        grant: what the recipient is granted; it has no ways back yet.
        name: what the copies call the recipient.
        book_key: the key of the line on which the author keeps the book of what is shared.
        owner: on whose line the other copy goes, with a way back of their own; None while it is withheld from them,
            since a receipt to their card would tell them of it.
    """
    grant_with_returns = replace(
        grant, return_to_author=os.urandom(32), return_to_subject=None if owner is None else os.urandom(32)
    )
    grant_id = write_grant(batch, grant_with_returns, author, to)
    copy = replace(
        grant_with_returns, object=None, title="", concerns=(), party=name, grantee=to.card.id, copy_of=grant_id
    )
    write_grant(batch, copy, author, LineTo(author.card, book_key))
    if owner is not None:
        copy_to_owner(batch, copy, author, owner)


def share_as_subject(
    batch: Batch, grant: Grant, person: Keyring, subject: EntrustedKeys, to: LineTo, name: str
) -> None:
    """Add to `batch` a share by the card that the update is about, which gives it on its own line to the recipient.

    Args:
        grant: what the recipient is granted; it has no ways back yet, and gets one, to the subject.
        person: who acts for the subject. They sign the copy with their own card, which nobody else holds, so that the
            family sees which of them sent it.
        name: what the copy calls the recipient.
    """
    with_return = replace(grant, return_to_subject=os.urandom(32))
    grant_id = write_grant(batch, with_return, subject.keyring, to)
    copy = replace(with_return, object=None, title="", concerns=(), party=name, grantee=to.card.id, copy_of=grant_id)
    write_grant(batch, copy, person, LineTo.own(subject.keyring))


def share_bundle(
    batch: Batch, grant: BundleGrant, person: Keyring, subject: EntrustedKeys, to: LineTo, name: str, mark: bytes
) -> bytes:
    """Add to `batch` a bundle that the card of its subject gives, and its copy, which opens it for the family too.

    Returns the payload id of the copy.

    Args:
        grant: what the recipient is granted; it gets a way back, to the subject.
        person: who acts for the subject, and signs the copy with their own card, as in `share_as_subject`.
        name: what the copy calls the recipient.
        mark: of the form, by which a repeated press finds the first.
    """
    given = replace(grant, return_to_subject=os.urandom(32))
    fields = given.to_fields()
    grant_id = batch.add(Kind.GRANT, fields, author=subject.keyring, recipient=to.card, line_key=to.key)
    copy = replace(given, party=name, grantee=to.card.id, copy_of=grant_id, draft_mark=mark)
    own = LineTo.own(subject.keyring)
    return batch.add(Kind.GRANT, copy.to_fields(), author=person, recipient=own.card, line_key=own.key)


def pass_on(
    batch: Batch, grants: Iterable[Grant], granter: Keyring, to: LineTo, since: datetime, until: datetime
) -> None:
    """Let somebody who may read a report until then read what follows it, from `since` on."""
    for grant in grants:
        # Its mark, its number and the update before it are for the owner's line alone.
        passed = replace(grant, not_before=since, not_after=until, draft_mark=None, number=None, previous=None)
        write_grant(batch, passed, granter, to)
