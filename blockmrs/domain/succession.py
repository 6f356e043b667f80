"""One card follows another: what the old card signs, and what the new one's roll says of it.

A card passes to a new seed because somebody who holds the old one leaves. The old card names its successor once, at a
place in the log that everybody who knows the old card finds; the first one named counts, and nothing that the old card
signs at a later place does. Source: docs/protocol "Hand-over".
"""

from dataclasses import dataclass
from typing import Self

from blockmrs.cid import Cid
from blockmrs.domain.kinds import Relation
from blockmrs.domain.sharing import Fields, Pointer
from blockmrs.encoding import Value
from blockmrs.errors import Malformed

_ID_BYTES = 32


def _bytes_at(fields: Fields, key: int) -> bytes:
    value = fields.get(key)
    if not isinstance(value, bytes) or len(value) != _ID_BYTES:
        raise Malformed("a field does not have the size that the protocol gives", key=key)
    return value


@dataclass(frozen=True, slots=True)
class Successor:
    """What a card says of the one that follows it: its id, and the object that holds it."""

    card_id: bytes
    card: Pointer

    def to_fields(self) -> dict[int, Value]:
        """The fields of a `card` transaction at the successor slot."""
        return {7: self.card.cid.digest, 8: self.card.seed, 9: self.card_id}

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """The successor in `fields`, else Malformed."""
        return cls(_bytes_at(fields, 9), Pointer(Cid(_bytes_at(fields, 7)), _bytes_at(fields, 8)))


@dataclass(frozen=True, slots=True)
class Predecessor:
    """Which card a card follows, as its roll says: the id, and the object that holds the old seed."""

    card_id: bytes
    secret: Pointer

    def to_fields(self) -> dict[int, Value]:
        """The fields of an `appoint` transaction on the new card's roll."""
        return {6: self.card_id, 7: self.secret.cid.digest, 8: self.secret.seed, 9: str(Relation.PREDECESSOR)}

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """The predecessor in `fields`, else Malformed."""
        if fields.get(9) != Relation.PREDECESSOR:
            raise Malformed("an appointment of another kind")
        return cls(_bytes_at(fields, 6), Pointer(Cid(_bytes_at(fields, 7)), _bytes_at(fields, 8)))
