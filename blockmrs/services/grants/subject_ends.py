"""What the subject of a report ends: any grant about them, whoever gave it, except of a report kept from them.

The subject's card writes the revocation on its own line to the recipient. It counts there although another card gave
the grant, and bars that card from giving the same update to that recipient again: otherwise a stop would last only
until the next press of a button. A grant without a return line to its subject is for a report kept from the family;
anybody who comes to know of one must not be able to end it. Source: docs/protocol "Sharing with an organisation".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Card
    from blockmrs.domain.sharing import Revocation
    from blockmrs.services.lines.reader import GrantEntry, Line


def with_subjects_ends(lines: Sequence[tuple[Card, Line]]) -> list[tuple[Card, Line]]:
    """The lines of one recipient, each with its writer's card, with what subjects ended shown as ended."""
    by_subject = {(card.id, ends.grant_id): ends for card, line in lines for _, ends in line.revocations}
    if not by_subject:
        return list(lines)
    barred: dict[tuple[bytes, bytes, bytes], Revocation] = {}
    for card, line in lines:
        for entry in line.grants.values():
            ends = by_subject.get((entry.grant.subject, entry.id))
            if ends is not None and _may_be_ended(card, entry):
                barred.setdefault((card.id, entry.grant.subject, entry.grant.update_id), ends)
    return [(card, _with_ends(card, line, barred)) for card, line in lines]


def _with_ends(card: Card, line: Line, barred: dict[tuple[bytes, bytes, bytes], Revocation]) -> Line:
    for grant_id, entry in line.grants.items():
        ends = barred.get((card.id, entry.grant.subject, entry.grant.update_id))
        if ends is not None and entry.revoked is None and _may_be_ended(card, entry):
            line.grants[grant_id] = replace(entry, revoked=ends, revoked_by=entry.grant.subject)
    return line


def _may_be_ended(card: Card, entry: GrantEntry) -> bool:
    # What the subject's own card gave is ended on its line, like any grant.
    return card.id != entry.grant.subject and entry.grant.return_to_subject is not None
