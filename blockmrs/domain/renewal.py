"""Renewals: an update that was sealed anew, and where its new object is.

A renewal gives no right. Whoever may read an update by a grant that runs takes the object from the newest renewal on
the same line; whoever may not, learns nothing from it. So the terms of a grant, its end above all, stand in one place,
and a place in the log is that of a grant. Source: docs/protocol "Sealing anew".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockmrs.cid import Cid
from blockmrs.domain.kinds import Scope
from blockmrs.domain.sharing import Pointer, scope_of
from blockmrs.errors import Malformed

if TYPE_CHECKING:
    from blockmrs.domain.sharing import Fields
    from blockmrs.encoding import Value


@dataclass(frozen=True, slots=True)
class Renewal:
    """That the update `update_id` about the card `subject` now is in `object`."""

    update_id: bytes
    subject: bytes
    object: Pointer

    def to_fields(self) -> dict[int, Value]:
        """The fields of a `grant` transaction."""
        return {
            6: int(Scope.RENEWAL),
            7: self.object.cid.digest,
            8: self.object.seed,
            9: self.update_id,
            13: self.subject,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Renewal:
        """The renewal in `fields`, else InvalidInput."""
        ids = [fields.get(key) for key in (7, 8, 9, 13)]
        if scope_of(fields) is not Scope.RENEWAL:
            raise Malformed("this is not a renewal")
        match ids:
            case [bytes() as digest, bytes() as seed, bytes() as update_id, bytes() as subject] if all(
                len(value) == 32 for value in (digest, seed, update_id, subject)
            ):
                return cls(update_id, subject, Pointer(Cid(digest), seed))
        raise Malformed("a field does not have the size that the protocol gives")
