"""What is to be done when an account closes, made while its holder's keys were there, and carried out without them.

A node holds nobody's keys, and whoever leaves may never come back. So what needs keys is done when they ask: the ends
are signed and sealed, and each object's release secret is derived. All of it waits sealed under a key of the node's
own; undoing destroys it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from blockmrs.encoding import Value, decode, encode
from blockmrs.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Sequence


class Step(IntEnum):
    """How far a leaving has come: each is durable before the next begins, and each can be repeated."""

    ASKED = 0
    BEGUN = 1
    ENDED = 2
    ROWS_ENDED = 3
    LET_GO = 4
    ERASED = 5
    RECEIPT = 6


@dataclass(frozen=True, slots=True)
class GoingObject:
    """An object with the secret that lets it go (32 bytes each).

    It stays until `until_ms`, by when the last right of somebody else over it has run out (0: nobody has one).
    """

    digest: bytes
    secret: bytes = field(repr=False)
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is to be done.

    `ends` are whole transactions; `invitations` the keys of their rows; `memberships` an organisation's card id and the
    place in the log at which it began; `card` the leaver's; `visits` and `short_cuts` the keys of rows.
    """

    card: bytes = b""
    ends: tuple[bytes, ...] = ()
    shares: int = 0
    invitations: tuple[bytes, ...] = ()
    memberships: tuple[tuple[bytes, int], ...] = ()
    objects: tuple[GoingObject, ...] = ()
    visits: tuple[bytes, ...] = ()
    short_cuts: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        """As bytes, to be sealed."""
        return encode(
            {
                0: self.card,
                1: self.ends,
                2: self.shares,
                3: self.invitations,
                4: [list(membership) for membership in self.memberships],
                5: [[one.digest, one.secret, one.until_ms] for one in self.objects],
                6: self.visits,
                7: self.short_cuts,
            }
        )

    @classmethod
    def decode(cls, content: bytes) -> Plan:
        """What `encode` encoded, else InvalidInput."""
        match decode(content):
            case {
                0: bytes() as card, 1: list() as ends, 2: int() as shares, 3: list() as invitations,
                4: list() as memberships, 5: list() as objects, 6: list() as visits, 7: list() as short_cuts,
            }:  # fmt: skip
                return cls(
                    card,
                    _all_bytes(ends),
                    shares,
                    _all_bytes(invitations),
                    tuple(_membership(one) for one in memberships),
                    tuple(_object(one) for one in objects),
                    _all_bytes(visits),
                    _all_bytes(short_cuts),
                )
        raise Malformed("not a plan")

    @classmethod
    def left(cls, objects: Sequence[GoingObject]) -> Plan:
        """What is left once all is done but these objects, whose time has not come."""
        return cls(objects=tuple(objects))


def _all_bytes(values: Sequence[Value]) -> tuple[bytes, ...]:
    if not all(isinstance(value, bytes) for value in values):
        raise Malformed("not a plan")
    return tuple(value for value in values if isinstance(value, bytes))


def _membership(value: Value) -> tuple[bytes, int]:
    match value:
        case [bytes() as organisation, int() as since]:
            return organisation, since
    raise Malformed("not a plan")


def _object(value: Value) -> GoingObject:
    match value:
        case [bytes() as digest, bytes() as secret, int() as until_ms]:
            return GoingObject(digest, secret, until_ms)
    raise Malformed("not a plan")
