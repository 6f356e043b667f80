"""The grant on the line of the person an update is about: with its number there, and the update before it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blockmrs.domain.sharing import Grant
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox

_LOOK_BACK = 5


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
    # Nearly always the last place holds the previous update; copies of shares may follow it.
    for position in range(number - 1, max(-1, number - 1 - _LOOK_BACK), -1):
        if previous is not None:
            break
        for entry in mailbox.subject_page(subject.keyring, position, position + 1).grants.values():
            if entry.grant.grantee is None and entry.grant.subject == card_id:
                previous = entry.grant.update_id
    return replace(grant, number=number, previous=previous)
