"""Standing grants: everything from now on, as far as their terms say; what is due by one, and whose word counts.

A standing grant gives nothing by itself. Whoever acts for the record gives each update that it covers: what they save
in the same block, and what others wrote at their next visit. Source: docs/protocol "Everything from now on".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Content, Purpose
from blockmrs.errors import InvalidInput, Malformed
from blockmrs.moments import from_ms, to_ms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from blockmrs.domain.bundles import BundleTerms
    from blockmrs.domain.roll import Roll
    from blockmrs.domain.sharing import Fields, Grant
    from blockmrs.encoding import Value

PRIVATE = "private"
"""In terms, beside their kinds: reports that the rules mark as private are given too, with what follows them."""
CHOICES: Mapping[str, tuple[str, ...]] = {
    "reports": (Content.REPORT, Content.CHECK),
    "private": (PRIVATE,),
    "facts": (Content.FACTS, Content.CREW_FACTS),
}
"""What a family chooses from, each with the kinds that it names. Nothing that is not named here is ever given."""
GIVEN_KINDS = frozenset(kind for kinds in CHOICES.values() for kind in kinds) - {PRIVATE}


@dataclass(frozen=True, slots=True)
class GivenUpTo:
    """Says, on the given line of a standing grant, that all before the place `up_to` of the log has been given."""

    standing_id: bytes
    at: datetime
    up_to: int

    def to_fields(self) -> dict[int, Value]:
        """The fields of a `decide` transaction on that line."""
        return {6: self.standing_id, 7: to_ms(self.at), 8: self.up_to}

    @classmethod
    def from_fields(cls, fields: Fields) -> GivenUpTo:
        """What the fields say, else InvalidInput."""
        standing_id, up_to = fields.get(6), fields.get(8)
        if not isinstance(standing_id, bytes) or len(standing_id) != 32 or type(up_to) is not int:
            raise Malformed("this does not say how far everything has been given")
        return cls(standing_id, from_ms(fields.get(7)), up_to)


@dataclass(frozen=True, slots=True)
class KeptOut:
    """Says that an update stays out of everything that is given of the record from then on, but by itself."""

    update_id: bytes
    at: datetime

    def to_fields(self) -> dict[int, Value]:
        """The fields of a `decide` transaction on the line of what is kept out."""
        return {6: self.update_id, 7: to_ms(self.at)}

    @classmethod
    def from_fields(cls, fields: Fields) -> KeptOut:
        """What the fields say, else InvalidInput."""
        update_id = fields.get(6)
        if not isinstance(update_id, bytes) or len(update_id) != 32:
            raise Malformed("this does not say what is kept out")
        return cls(update_id, from_ms(fields.get(7)))


def covers(terms: BundleTerms, kind: str, update_id: bytes) -> bool:
    """Whether an update is among what the terms name. A kind that they don't name is not, nor what was kept out."""
    return kind in GIVEN_KINDS and kind in terms.kinds and update_id not in terms.left_out


def gives_private(terms: BundleTerms) -> bool:
    """Whether what they name is given too where it is private."""
    return PRIVATE in terms.kinds


def check_choices(choices: Sequence[str]) -> tuple[str, ...]:
    """What was chosen, each once and in the order of `CHOICES`; InvalidInput if it is nothing, or something else."""
    chosen = tuple(choice for choice in CHOICES if choice in choices)
    if not chosen or not set(choices) <= set(CHOICES):
        raise InvalidInput("Choose what they get", field="choices")
    if "private" in chosen and "reports" not in chosen:
        raise InvalidInput("Private reports go only along with the others. Tick both", field="choices")
    return chosen


def check_purpose(purpose: str) -> None:
    """InvalidInput unless it is one of the reasons for a share."""
    if purpose not in set(Purpose):
        raise InvalidInput("Choose why you share", field="purpose")


def counts_now(roll: Roll, card: bytes) -> bool:
    """Whether what that card says of giving counts now: it belongs to one of the family whose word counts."""
    return roll.decides(card)


def counted_then(then: Roll, now: Roll, card: bytes) -> bool:
    """Whether a standing grant by that card counts: they were in when they made it.

    Whoever left since leaves it running, as any share of theirs, for the others to end. A coach who let themselves in
    leaves none, once somebody else of the family is in.
    """
    if not then.decides(card):
        return False
    holder = now.family.get(card)
    return holder is None or now.decides(card) or not now.let_themselves_in(holder)


def is_given(grant: Grant, index: int, standing_index: int) -> bool:
    """Whether the grant to the owner at `index` says that its writer knew of the standing grant at `standing_index`.

    It says at which size of the log its writer looked; whoever saved at the same moment as the other began may not have
    known. A size beyond its own place is no such statement.
    """
    return grant.given_size is not None and standing_index < grant.given_size <= index
