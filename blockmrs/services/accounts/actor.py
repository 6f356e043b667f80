"""Who acts now, as every service method receives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockmrs.errors import NotAuthorized
from blockmrs.services.lines.saving import DRAFT_BYTES, parse_draft_id

if TYPE_CHECKING:
    from datetime import datetime

    from blockmrs.crypto.keys import Keyring


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person: the keys derived from their seed, never the seed itself.

    `closes`: when their account closes, if they asked for that; until then they only read, or undo it.
    """

    account_id: bytes
    keyring: Keyring
    display_name: str
    is_admin: bool = False
    recovery_confirmed: bool = True
    closes: datetime | None = None

    def draft_mark(self, draft_id: str) -> bytes:
        """What tells a repeated save from a different one: 16 bytes that only this person's keys produce.

        Raises:
            NotAuthorized: they have no recovery code yet, and so may not save anything.
            InvalidInput: `draft_id` is not 32 hexadecimal digits.
        """
        if not self.recovery_confirmed:
            raise NotAuthorized("write down the recovery code first")
        return self.keyring.derive("draft mark", parse_draft_id(draft_id))[:DRAFT_BYTES]

    def __repr__(self) -> str:
        return "Actor()"
