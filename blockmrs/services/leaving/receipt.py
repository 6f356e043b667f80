"""The receipt of an account that has gone: a signed note without a name in it, that anybody can read and check.

Its text begins with a line of its own, so that no checkpoint, which the same key signs, can be taken for one.
Source: docs/protocol "The receipt of a leaving".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from blockmrs.chain.checkpoint import NoteKey, open_note
from blockmrs.errors import Malformed
from blockmrs.moments import from_ms, to_ms

if TYPE_CHECKING:
    from datetime import datetime

TITLE = "blockmrs/1 receipt of leaving"
KEY_NAME = "blockmrs-node"
_LINE = re.compile(r"([a-z ]+): ([0-9a-f]+)")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased, how much of it, and when. `block` is the newest one then, of the chain `chain` (hex).

    `objects_later` stay for somebody else's sake, the last of them until `last`.
    """

    chain: str
    block: int
    closed: datetime
    shares_ended: int = 0
    invitations_ended: int = 0
    memberships_ended: int = 0
    objects_let_go: int = 0
    objects_later: int = 0
    last: datetime | None = None
    accounts_erased: int = 1

    def text(self) -> str:
        """The lines that are signed."""
        lines = [TITLE]
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name in ("closed", "last"):
                value = 0 if value is None else to_ms(value)
            lines.append(f"{one.name.replace('_', ' ')}: {value}")
        return "\n".join(lines) + "\n"

    @classmethod
    def parse(cls, text: str) -> Receipt:
        """The receipt in those lines, else InvalidInput."""
        first, *lines = text.removesuffix("\n").split("\n")
        names = [one.name.replace("_", " ") for one in fields(cls)]
        matches = [_LINE.fullmatch(line) for line in lines]
        if first != TITLE or [match and match[1] for match in matches] != names:
            raise Malformed("not a receipt")
        values = {match[1]: match[2] for match in matches if match}
        values.pop("chain")
        numbers = {name: _number(value) for name, value in values.items()}
        closed, last = from_ms(numbers.pop("closed")), numbers.pop("last")
        return cls(
            lines[0].removeprefix("chain: "),
            numbers.pop("block"),
            closed,
            last=from_ms(last) if last else None,
            **{name.replace(" ", "_"): number for name, number in numbers.items()},
        )


def _number(text: str) -> int:
    if len(text) > 15 or not text.isdigit():
        raise Malformed("not a receipt")
    return int(text)


def check_receipt(note: str, public_key: bytes, chain_id: bytes) -> Receipt:
    """The receipt, if the node with that key signed it for that chain.

    Raises:
        InvalidInput: it is no receipt, or belongs to another chain.
        InvalidSignature: this node did not sign it.
    """
    lines = note.replace("\r\n", "\n").strip() + "\n"
    text, _ = open_note(lines, [NoteKey(KEY_NAME, public_key)])
    receipt = Receipt.parse(text)
    if receipt.chain != chain_id.hex():
        raise Malformed("a receipt of another chain")
    return receipt
