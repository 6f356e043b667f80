"""Reports that arrived at an organisation, as seen from outside: enough to sort and count them all.

What is kept of a line says where a report is, how urgent its sender calls it, and until when it runs; a page opens only
what it shows. When something arrived is the time of its block: its sender chose every other time.

What was given under a standing grant counts only while that runs, and comes once, however often it was given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from blockmrs.chain.transaction import Kind
from blockmrs.domain.kinds import Content, Scope
from blockmrs.domain.renewal import Renewal
from blockmrs.domain.sharing import BundleGrant, Grant, Now, Revocation, is_running, scope_of
from blockmrs.errors import InvalidInput
from blockmrs.moments import from_ms, to_ms

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Card
    from blockmrs.encoding import Value
    from blockmrs.services.lines.mailbox import EntrustedKeys
    from blockmrs.services.lines.memory import PlacedValue
    from blockmrs.services.lines.reader import Message

_GRANT, _ENDS, _STANDING, _GIVEN, _RENEWAL, _BUNDLE = 1, 2, 3, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Arrival:
    """One update, nearly always a report, from `sender` on `line_key`.

    `ends`: what ended it early, whoever's line that is on. `standing`: what it was given under, if anything; then
    `kind` is what its giver calls it. `renewals`: where on that line it was sealed anew.
    """

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
    standing: StandingArrival | None = None
    kind: str = Content.REPORT
    renewals: tuple[int, ...] = ()

    def runs(self, now: Now) -> bool:
        """Whether the share is running, as far as its line says."""
        runs = self.ends is None and is_running(self.not_before, self.not_after, now)
        return runs and (self.standing is None or self.standing.runs(now))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGrant:
    """A grant of more than one update, from `sender` on `line_key`. `ends` as in Arrival."""

    keys: EntrustedKeys
    sender: Card = field(repr=False)
    line_key: bytes = field(repr=False)
    position: int
    came_at: datetime
    not_before: datetime
    not_after: datetime | None
    ends: Revocation | None = None

    def runs(self, now: Now) -> bool:
        """Whether it is running, as far as its line says."""
        return self.ends is None and is_running(self.not_before, self.not_after, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingArrival(OpenGrant):
    """A standing grant: what it gives comes one by one."""

    standing_id: bytes
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleArrival(OpenGrant):
    """A bundle that the card of its subject gave; `index` as in Arrival, `renewals` by update id."""

    index: int
    grant_id: bytes
    bundle_id: bytes
    renewals: Mapping[bytes, tuple[int, ...]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SenderLine:
    """What one sender wrote to an organisation. `given` are what is no report of what came under `standings`."""

    arrivals: tuple[Arrival, ...]
    revocations: tuple[Revocation, ...]
    standings: tuple[StandingArrival, ...] = ()
    given: tuple[Arrival, ...] = ()
    bundles: tuple[BundleArrival, ...] = ()


def value_of(message: Message) -> Value:
    """What is kept of a grant of a report or a bundle, a renewal or a revocation; None for anything else."""
    try:
        if message.kind is Kind.REVOKE:
            ends = Revocation.from_fields(message.fields)
            return [_ENDS, ends.grant_id, to_ms(ends.at)]
        if message.kind is Kind.GRANT and scope_of(message.fields) is Scope.STANDING:
            return _of_standing(message)
        if message.kind is Kind.GRANT and scope_of(message.fields) is Scope.RENEWAL:
            return [_RENEWAL, Renewal.from_fields(message.fields).update_id]
        if message.kind is Kind.GRANT and scope_of(message.fields) is Scope.BUNDLE:
            return _of_bundle(message, BundleGrant.from_fields(message.fields))
        if message.kind is Kind.GRANT:
            grant = Grant.from_fields(message.fields)
            # What is about a report goes with it, and is not a report itself. Only its subject gives from now on.
            if grant.about is None and (grant.copy_of is None or grant.subject == message.author):
                return _of_grant(message.id, grant)
    except InvalidInput:
        pass
    return None


def _of_standing(message: Message) -> Value:
    grant = BundleGrant.from_fields(message.fields)
    if grant.subject != message.author:
        return None
    until = to_ms(grant.not_after) if grant.not_after else None
    return [_STANDING, message.id, grant.purpose, to_ms(grant.not_before), until]


def _of_bundle(message: Message, grant: BundleGrant) -> Value:
    if message.author != grant.subject:
        return None  # Nobody else gives a whole record.
    until = to_ms(grant.not_after) if grant.not_after else None
    return [_BUNDLE, message.id, grant.bundle_id, to_ms(grant.not_before), until]


def _of_grant(grant_id: bytes, grant: Grant) -> Value:
    under: list[Value] = [] if grant.copy_of is None else [grant.copy_of, grant.purpose]
    return [
        _GRANT if grant.copy_of is None else _GIVEN,
        grant_id,
        grant.update_id,
        grant.subject,
        min(max(grant.level or 1, 1), 4),
        to_ms(grant.not_before),
        to_ms(grant.not_after) if grant.not_after else None,
        grant.return_to_subject is not None,
        *under,
    ]


def read_line(
    organisation: EntrustedKeys, sender: Card, line_key: bytes, line_values: Sequence[PlacedValue]
) -> SenderLine:
    """What was kept of one sender's line; what they themselves ended there is ended."""
    revocations = [
        Revocation(grant_id, from_ms(at_ms)) for placed in line_values for grant_id, at_ms in _ends_in(placed.value)
    ]
    own = {ends.grant_id: ends for ends in reversed(revocations)}
    standings = {
        standing.standing_id: replace(standing, ends=own.get(standing.standing_id))
        for placed in line_values
        for standing in _standings_in(organisation, sender, line_key, placed)
    }
    renewals = _renewals_in(line_values)
    arrivals: list[Arrival] = []
    given: list[Arrival] = []
    once: set[tuple[bytes, bytes]] = set()
    for placed in line_values:
        arrival = _arrival_in(organisation, sender, line_key, placed, standings)
        if arrival is None:
            continue
        ends, renewed = own.get(arrival.grant_id), renewals.get(arrival.update_id, ())
        arrival = replace(arrival, ends=ends, renewals=renewed)
        if arrival.standing is not None and arrival.ends is None:
            # Two machines may have given it at once.
            key = arrival.standing.standing_id, arrival.update_id
            if key in once:
                continue
            once.add(key)
        (arrivals if arrival.kind == Content.REPORT else given).append(arrival)
    bundles = [
        replace(bundle, ends=own.get(bundle.grant_id), renewals=renewals)
        for placed in line_values
        for bundle in _bundles_in(organisation, sender, line_key, placed)
    ]
    return SenderLine(tuple(arrivals), tuple(revocations), tuple(standings.values()), tuple(given), tuple(bundles))


def _ends_in(value: Value) -> Iterator[tuple[bytes, int]]:
    match value:
        case [2, bytes() as grant_id, int() as at_ms]:
            yield grant_id, at_ms


def _renewals_in(line_values: Sequence[PlacedValue]) -> dict[bytes, tuple[int, ...]]:
    """By update id, the positions at which it was sealed anew."""
    renewals: dict[bytes, list[int]] = {}
    for placed in line_values:
        match placed.value:
            case [5, bytes() as update_id]:
                renewals.setdefault(update_id, []).append(placed.position)
    return {update_id: tuple(positions) for update_id, positions in renewals.items()}


def _standings_in(
    organisation: EntrustedKeys, sender: Card, line_key: bytes, placed: PlacedValue
) -> Iterator[StandingArrival]:
    match placed.value:
        case [3, bytes() as standing_id, str() as purpose, int() as since, (int() | None) as until]:
            yield StandingArrival(
                keys=organisation, sender=sender, line_key=line_key, position=placed.position,
                came_at=from_ms(placed.at_ms), not_before=from_ms(since), not_after=_until(until),
                standing_id=standing_id, purpose=purpose,
            )  # fmt: skip


def _bundles_in(
    organisation: EntrustedKeys, sender: Card, line_key: bytes, placed: PlacedValue
) -> Iterator[BundleArrival]:
    match placed.value:
        case [6, bytes() as grant_id, bytes() as bundle_id, int() as since, (int() | None) as until]:
            yield BundleArrival(
                keys=organisation, sender=sender, line_key=line_key, position=placed.position,
                came_at=from_ms(placed.at_ms), not_before=from_ms(since), not_after=_until(until),
                index=placed.index, grant_id=grant_id, bundle_id=bundle_id,
            )  # fmt: skip


def _arrival_in(
    organisation: EntrustedKeys,
    sender: Card,
    line_key: bytes,
    placed: PlacedValue,
    standings: Mapping[bytes, StandingArrival],
) -> Arrival | None:
    """What came there; None if it is no grant, or was given under a standing grant that is not on the line."""
    match placed.value:
        case [int() as sort, bytes() as grant_id, bytes() as update_id, bytes() as subject, int() as level,
              int() as since, (int() | None) as until, bool() as tells_subject, *under]:  # fmt: skip
            arrival = Arrival(
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
                _until(until),
                tells_subject,
            )
            match under:
                case [] if sort == _GRANT:
                    return arrival
                case [bytes() as standing_id, str() as kind] if sort == _GIVEN and standing_id in standings:
                    return replace(arrival, standing=standings[standing_id], kind=kind)
    return None


def _until(until_ms: int | None) -> datetime | None:
    return None if until_ms is None else from_ms(until_ms)


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
