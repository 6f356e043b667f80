"""The receipts that came back for a share: who opened it, and whether what they opened is what the copy tells of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from blockmrs.domain.staff import at_place, last_of

if TYPE_CHECKING:
    from blockmrs.domain.sharing import Grant, Receipt
    from blockmrs.services.lines.mailbox import Mailbox
    from blockmrs.services.people.staff import Staff


@dataclass(frozen=True, slots=True)
class Opening:
    """A receipt, with the names in the directory and the share; `left`: when the reader has left since.

    `card`: the reader's card id.
    """

    reader: str
    organisation: str
    at: datetime
    purpose: str
    left: datetime | None = None
    card: bytes = field(default=b"", compare=False, repr=False)


def differs(staff: Staff, copy: Grant, receipts: Sequence[tuple[int, bytes, Receipt]]) -> bool:
    """Whether a listed member's receipt does not match the copy: the reader had the original, so the copy lies.

    It may be for another update or grant, from another organisation, or after the end that the copy names. What is
    not signed by a listed member proves nothing: whoever made the share knows its return lines.
    """
    grantee = copy.grantee
    for _, author, receipt in receipts:
        of_grantee = grantee is not None and staff.known(author, grantee) is not None
        is_late = copy.not_after is not None and receipt.at >= copy.not_after
        if of_grantee and (is_late or _is_of_another(copy, receipt)):
            return True
        if not of_grantee and staff.organisations_of(author):
            return True
    return False


def openings(
    mailbox: Mailbox, staff: Staff, grant: Grant, receipts: Sequence[tuple[int, bytes, Receipt]]
) -> Iterator[Opening]:
    """The receipts that members of the organisation signed while they were members."""
    if grant.grantee is None:
        return
    for opening, receipt in by_members(mailbox, staff, grant.grantee, grant.party, receipts):
        if not _is_of_another(grant, receipt):
            yield opening


def by_members(
    mailbox: Mailbox,
    staff: Staff,
    organisation: bytes,
    party: str,
    receipts: Sequence[tuple[int, bytes, Receipt]],
) -> Iterator[tuple[Opening, Receipt]]:
    """The receipts that members of the organisation (card id, called `party`) signed then, whatever they are for."""
    memberships = staff.of(organisation) if receipts else []
    for place, author, receipt in receipts:
        member = last_of(memberships, author)
        if member is not None and at_place(memberships, author, place) is not None:
            at = mailbox.time_at(place)
            yield Opening(member.name, party, at, receipt.purpose, member.until, author), receipt


def _is_of_another(copy: Grant, receipt: Receipt) -> bool:
    """Whether a receipt that came back for the share described by `copy` is for another update or grant."""
    return receipt.update_id != copy.update_id or receipt.grant_id not in (copy.copy_of, None)
