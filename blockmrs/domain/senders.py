"""What an organisation has decided about those who send it reports: to know them, to block them, or neither now."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from blockmrs.domain.sharing import Fields
from blockmrs.encoding import Value
from blockmrs.errors import InvalidInput
from blockmrs.moments import from_ms, to_ms


class Standing(IntEnum):
    """What a sender is to an organisation. Somebody who was blocked and no longer is counts as UNKNOWN too."""

    UNKNOWN = 0
    KNOWN = 1
    BLOCKED = 2


@dataclass(frozen=True, slots=True)
class SenderDecision:
    """A member's decision, in the name of their organisation; the last one about a sender counts."""

    sender: bytes
    at: datetime
    standing: Standing

    def to_fields(self) -> dict[int, Value]:
        """The fields of a `decide` transaction on the organisation's line of senders."""
        return {6: self.sender, 7: to_ms(self.at), 8: int(self.standing)}

    @classmethod
    def from_fields(cls, fields: Fields) -> "SenderDecision":
        """The decision in `fields`, else InvalidInput."""
        sender, standing = fields.get(6), fields.get(8)
        if not isinstance(sender, bytes) or len(sender) != 32:
            raise InvalidInput("a decision that names no card")
        if isinstance(standing, bool) or not isinstance(standing, int) or standing not in list(Standing):
            raise InvalidInput("a decision of an unknown kind")
        return cls(sender, from_ms(fields.get(7)), Standing(standing))
