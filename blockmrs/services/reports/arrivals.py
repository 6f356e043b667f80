"""Reports that arrived at an organisation, as seen from outside: enough to sort and count them all.

What is kept of a line says where a report is, how urgent its sender calls it, and until when it runs; a page opens only
what it shows. When something arrived is the time of its block: its sender chose every other time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from blockmrs.chain.transaction import Kind
from blockmrs.domain.sharing import Grant, Now, Revocation, is_running
from blockmrs.errors import InvalidInput
from blockmrs.moments import from_ms, to_ms

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Card
    from blockmrs.encoding import Value
    from blockmrs.services.lines.mailbox import EntrustedKeys
    from blockmrs.services.lines.memory import PlacedValue
    from blockmrs.services.lines.reader import Message

_GRANT, _ENDS = 1, 2


@dataclass(frozen=True, slots=True)
class Arrival:
    """One report, from `sender` on `line_key`. `ends`: what ended it early, whoever's line that is on."""

    keys: EntrustedKeys
    sender: Card = field(repr=False)
    line_key: bytes = field(repr=False)
    position: int
    index: int
    came_at: datetime
    grant_id: bytes
    update_id: bytes
    subject: bytes
    level: int
    not_before: datetime
    not_after: datetime | None
    tells_subject: bool
    ends: Revocation | None = None

    def runs(self, now: Now) -> bool:
        """Whether the share is running, as far as its line says."""
        return self.ends is None and is_running(self.not_before, self.not_after, now)


@dataclass(frozen=True, slots=True)
class SenderLine:
    """What one sender wrote to an organisation."""

    arrivals: tuple[Arrival, ...]
    revocations: tuple[Revocation, ...]


def value_of(message: Message) -> Value:
    """What is kept of a message that is a report's grant or a revocation; None for anything else."""
    try:
        if message.kind is Kind.REVOKE:
            ends = Revocation.from_fields(message.fields)
            return [_ENDS, ends.grant_id, to_ms(ends.at)]
        if message.kind is Kind.GRANT:
            grant = Grant.from_fields(message.fields)
            if grant.about is None:  # Otherwise it goes with its report, and is not a report itself.
                return _of_grant(message.id, grant)
    except InvalidInput:
        pass
    return None


def _of_grant(grant_id: bytes, grant: Grant) -> Value:
    return [
        _GRANT,
        grant_id,
        grant.update_id,
        grant.subject,
        min(max(grant.level or 1, 1), 4),
        to_ms(grant.not_before),
        to_ms(grant.not_after) if grant.not_after else None,
        grant.return_to_subject is not None,
    ]


def read_line(
    organisation: EntrustedKeys, sender: Card, line_key: bytes, line_values: Sequence[PlacedValue]
) -> SenderLine:
    """What was kept of one sender's line; what they themselves ended there is ended."""
    arrivals, revocations = [], []
    for placed in line_values:
        match placed.value:
            case [2, bytes() as grant_id, int() as at_ms]:
                revocations.append(Revocation(grant_id, from_ms(at_ms)))
            case [1, bytes() as grant_id, bytes() as update_id, bytes() as subject, int() as level, int() as since,
                  (int() | None) as until, bool() as tells_subject]:  # fmt: skip
                arrivals.append(
                    Arrival(
                        organisation,
                        sender,
                        line_key,
                        placed.position,
                        placed.index,
                        from_ms(placed.at_ms),
                        grant_id,
                        update_id,
                        subject,
                        level,
                        from_ms(since),
                        None if until is None else from_ms(until),
                        tells_subject,
                    )
                )
    own = {ends.grant_id: ends for ends in reversed(revocations)}
    with_ends = tuple(replace(arrival, ends=own.get(arrival.grant_id)) for arrival in arrivals)
    return SenderLine(with_ends, tuple(revocations))


def with_subjects_ends(lines: Sequence[tuple[Card, SenderLine]]) -> list[Arrival]:
    """Everything that reached one organisation, with what subjects ended shown as ended (grants/subject_ends.py)."""
    by_subject = {(card.id, ends.grant_id): ends for card, line in lines for ends in line.revocations}
    everything = [arrival for _, line in lines for arrival in line.arrivals]
    barred: dict[tuple[bytes, bytes, bytes], Revocation] = {}
    for arrival in everything:
        ends = by_subject.get((arrival.subject, arrival.grant_id))
        if ends is not None and _may_be_ended(arrival):
            barred.setdefault(_triple(arrival), ends)
    return [
        replace(arrival, ends=barred[_triple(arrival)])
        if arrival.ends is None and _triple(arrival) in barred and _may_be_ended(arrival)
        else arrival
        for arrival in everything
    ]


def _triple(arrival: Arrival) -> tuple[bytes, bytes, bytes]:
    return arrival.sender.id, arrival.subject, arrival.update_id


def _may_be_ended(arrival: Arrival) -> bool:
    return arrival.sender.id != arrival.subject and arrival.tells_subject
