"""What those who act for a record keep out of all that they give of it from now on, by their own signed word.

It stands on a line of its own, which only they can open. What was given before stays where it is; nothing that was kept
out is given again but by itself, by name. Source: docs/protocol "Everything from now on".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from blockmrs.chain.transaction import Kind
from blockmrs.domain.standing import KeptOut
from blockmrs.errors import InvalidInput

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Keyring
    from blockmrs.domain.roll import Roll
    from blockmrs.domain.sharing import Grant
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox

RollOf = Callable[["Keyring"], "Roll"]


class KeptOutReader:
    """Reads and adds to what is kept out."""

    def __init__(self, mailbox: Mailbox, roll_of: RollOf) -> None:
        self._mailbox = mailbox
        self._roll_of = roll_of

    def of(self, subject: EntrustedKeys) -> frozenset[bytes]:
        """The ids of the updates that somebody keeps out who is, or was, in as one of the family.

        A coach holds the line's key, too; their word would keep from a hospital what the family wants there.
        """
        messages = list(self._mailbox.messages_on(_line(subject.keyring), subject.keyring))
        if not messages:
            return frozenset()  # Nearly always; then the roll is not read.
        card, roll = subject.keyring.card.id, self._roll_of(subject.keyring) if subject.seed else None
        ids = set()
        for _, message in messages:
            counts = message.author == card if roll is None else roll.was_family(message.author)
            if message.kind is Kind.DECIDE and counts:
                try:
                    ids.add(KeptOut.from_fields(message.fields).update_id)
                except InvalidInput:
                    continue
        return frozenset(ids)

    def has(self, subject: EntrustedKeys, grant: Grant) -> bool:
        """Whether an update is kept out, or follows a report that is."""
        return is_among(grant, self.of(subject))

    def add(self, batch: Batch, person: Keyring, subject: EntrustedKeys, update_id: bytes) -> None:
        """Add to `batch` that `person` keeps an update out."""
        fields = KeptOut(update_id, self._mailbox.moment()).to_fields()
        card, line_key = subject.keyring.card, _line(subject.keyring)
        batch.add(Kind.DECIDE, fields, author=person, recipient=card, line_key=line_key)


def is_among(grant: Grant, kept_out: frozenset[bytes]) -> bool:
    """Whether an update is among what is kept out, or follows a report that is."""
    return grant.update_id in kept_out or grant.about in kept_out


def _line(card: Keyring) -> bytes:
    return card.derive("kept out")
