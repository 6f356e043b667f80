"""Who is a member of an organisation, since when and until when; who may end that, and who may change it.

A membership is ended, never deleted: what somebody signed while it lasted keeps counting under their name. Whether they
signed it in time is judged by places in the log, which nobody can choose, never by a clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from blockmrs.domain.sharing import Fields
from blockmrs.encoding import Value
from blockmrs.errors import InvalidInput, NotAuthorized, NotFound
from blockmrs.moments import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Membership:
    """One membership of an organisation, from joining to leaving; somebody who joins again has another.

    `since` None: from before this was recorded. `since_place` and `until_place` are places in the log: what was signed
    counts from the first (included) to the second (not included). `ended_by` is the card of whoever ended it; None,
    once it has ended, means the site's administrator. `manages`: whether they may invite, and end others' memberships.
    """

    card_id: bytes
    name: str
    since: datetime | None
    since_place: int
    manages: bool
    until: datetime | None = None
    until_place: int | None = None
    ended_by: bytes | None = None

    @property
    def is_current(self) -> bool:
        """Whether it still lasts. No clock is consulted: a wrong one must not bring anybody back."""
        return self.until_place is None

    def covers(self, place: int) -> bool:
        """Whether what is at `place` in the log was signed while this membership lasted."""
        return self.since_place <= place and (self.until_place is None or place < self.until_place)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What the log says about an ended membership: whose it was, and the place at which it began."""

    card_id: bytes
    at: datetime
    since_place: int

    def to_fields(self) -> dict[int, Value]:
        """The fields of a `revoke` transaction on a staff line."""
        return {6: self.card_id, 7: to_ms(self.at), 8: self.since_place}

    @classmethod
    def from_fields(cls, fields: Fields) -> "Leaving":
        """What is in `fields`, else InvalidInput."""
        card_id, since_place = fields.get(6), fields.get(8)
        if not isinstance(card_id, bytes) or len(card_id) != 32:
            raise InvalidInput("a membership that names no card")
        if isinstance(since_place, bool) or not isinstance(since_place, int):
            raise InvalidInput("a membership that names no place to begin at")
        return cls(card_id, from_ms(fields.get(7)), since_place)


def current_of(memberships: Sequence[Membership], card_id: bytes) -> Membership | None:
    """The membership that this card has now."""
    return next((one for one in memberships if one.card_id == card_id and one.is_current), None)


def at_place(memberships: Sequence[Membership], card_id: bytes, place: int) -> Membership | None:
    """The membership that this card had when the entry at `place` in the log was written."""
    return next((one for one in memberships if one.card_id == card_id and one.covers(place)), None)


def last_of(memberships: Sequence[Membership], card_id: bytes) -> Membership | None:
    """The last membership of this card, whether or not it still lasts."""
    return next((one for one in reversed(memberships) if one.card_id == card_id), None)


def find_current(memberships: Sequence[Membership], card_id: bytes) -> Membership:
    """The same; InvalidInput for somebody who has already left, NotFound for somebody who never was a member."""
    membership = current_of(memberships, card_id)
    if membership is not None:
        return membership
    if any(one.card_id == card_id for one in memberships):
        raise InvalidInput("This member has left already")
    raise NotFound("no such member")


def require_manager(memberships: Sequence[Membership], by: bytes | None) -> None:
    """Return if the card `by` may manage members; None is the site's administrator, who may.

    Raises:
        NotFound: for anybody who is not a member, and must not learn anything about the members.
        NotAuthorized: a member without that role.
    """
    if by is None:
        return
    membership = current_of(memberships, by)
    if membership is None:
        raise NotFound("no such organisation")
    if not membership.manages:
        raise NotAuthorized("only those who manage members may do this")


def require_leave_to_end(memberships: Sequence[Membership], card_id: bytes, by: bytes | None) -> Membership:
    """The membership of `card_id`, if `by` may end it: if it is their own, or if they manage members.

    Raises:
        InvalidInput: it would leave nobody who manages members; only the site's administrator may do that.
    """
    if by != card_id:
        require_manager(memberships, by)
    elif current_of(memberships, by) is None:
        raise NotFound("no such organisation")
    membership = find_current(memberships, card_id)
    if by is not None:
        _require_another_manager(memberships, membership)
    return membership


def require_leave_to_change(
    memberships: Sequence[Membership], card_id: bytes, by: bytes | None, *, manages: bool
) -> Membership:
    """The membership of `card_id`, if `by` may say whether it manages members."""
    require_manager(memberships, by)
    membership = find_current(memberships, card_id)
    if by is not None and not manages:
        _require_another_manager(memberships, membership)
    return membership


def _require_another_manager(memberships: Sequence[Membership], going: Membership) -> None:
    others = [one for one in memberships if one.is_current and one.manages and one.card_id != going.card_id]
    if going.manages and not others:
        raise InvalidInput("At least one member must be able to manage members. Give that to somebody else first")
