"""What happened to a right: what is said of it, and the value that is remembered of that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from blockmrs.domain.roll import Holder, Part, Roll
from blockmrs.errors import CannotOpen
from blockmrs.moments import from_ms, to_ms

if TYPE_CHECKING:
    from blockmrs.encoding import Value


@dataclass(frozen=True, slots=True)
class RightNews:
    """What happened to a right since the actor last looked. `what`: waits, joined, confirmed, ended, wanted or invited.

    `name` is whose right it is, empty for an invitation; `by`, who did it; `mine`, whether it is the actor's own right.
    """

    handle: str
    label: str
    what: str
    name: str
    by: str
    at: datetime
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a right, by whom, and when; words as in RightNews."""

    what: str
    by: bytes
    at: datetime


def change_of(holder: Holder, roll: Roll, me: bytes, last_seen: int) -> Change | None:
    """The last that happened to a right, as far as the holder of the card `me` has not seen it or has to decide it."""
    if holder.part is Part.WAITING and roll.may_confirm(me, holder):
        return Change("waits", holder.invited_by, holder.since)  # Until it is decided, whether seen or not.
    if holder.changed <= last_seen:
        return None
    if holder.part is Part.ENDED:
        return Change("ended", holder.ended_by, holder.ended or holder.since)
    if holder.against:
        return Change("wanted", next(iter(holder.against)), holder.since)
    if holder.confirmed is not None:
        return Change("confirmed", holder.confirmed_by, holder.confirmed)
    return Change("joined", holder.card, holder.since)


def news_value(news: RightNews) -> Value:
    """What is remembered of it."""
    return [news.handle, news.label, news.what, news.name, news.by, to_ms(news.at), news.mine]


def news_in(value: Value) -> RightNews:
    """What was remembered; CannotOpen for anything else."""
    match value:
        case [
            str() as handle,
            str() as label,
            str() as what,
            str() as name,
            str() as by,
            int() as at_ms,
            bool() as mine,
        ]:
            return RightNews(handle, label, what, name, by, from_ms(at_ms), mine)
    raise CannotOpen("this is no news of a right")
