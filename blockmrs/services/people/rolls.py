"""Reads and adds to the rolls of cards: who has a part in one, by their own signed statements.

A roll is on a line of its own under the card's keys, so that anybody who acts for the card can read it, and it is quick
to read before anything is decided. What counts is up to `domain.roll`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from blockmrs.chain.transaction import Kind
from blockmrs.domain.kinds import Relation
from blockmrs.domain.roll import Entry, Roll, Says, Statement, read_roll
from blockmrs.errors import InvalidInput

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Keyring
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.mailbox import Mailbox
    from blockmrs.services.lines.reader import RenewalEntry


class Rolls:
    """The rolls of the cards whose keys the caller holds."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        mailbox.renews = self.renews

    def of(self, card: Keyring, before: int | None = None) -> Roll:
        """The roll of a card, as it stands now, or as it stood at the place `before` of the log."""
        entries: list[Entry] = []
        for at, message in self._mailbox.logged(_line(card), card):
            if message.kind is not Kind.APPOINT or message.fields.get(6) != card.card.id:
                continue
            if before is not None and message.index >= before:
                continue
            try:
                statement = Statement.from_fields(message.fields)
                entries.append(Entry(statement, message.author, at, len(entries) + 1))
            except InvalidInput:
                continue
        return read_roll(entries)

    def decides(self, actor: Actor, card: Keyring) -> bool:
        """Whether the actor gives what is on that card: it is their own, or their word counts on its roll."""
        me = actor.keyring.card.id
        return me == card.card.id or self.of(card).decides(me)

    def renews(self, card: Keyring, entry: RenewalEntry) -> bool:
        """Whether a renewal on the own line of a card is by who was of its family at that place.

        Somebody's own card has no roll, and signs its own. Of one with a roll a coach whose part was ended
        has the keys, too: whoever of the family seals anew signs with their own card.
        """
        # By the roll as it stood then: who was invited anew since only waits on the one of today.
        then = self.of(card, entry.index)
        if entry.author == card.card.id:
            return not then.length
        return then.was_in(entry.author, self._mailbox.time_at(entry.index))

    def add(self, batch: Batch, card: Keyring, author: Keyring, statement: Statement) -> None:
        """Add to `batch` a statement by `author` on the roll of `card`."""
        batch.add(
            Kind.APPOINT,
            statement.to_fields(card.card.id),
            author=author,
            recipient=card.card,
            line_key=_line(card),
        )

    def enter_coach(self, batch: Batch, card: Keyring, actor: Actor) -> None:
        """Add to `batch` that the actor made the card and holds its seed."""
        made = Statement(Says.MADE, actor.keyring.card.id, actor.display_name, Relation.COACH)
        self.add(batch, card, actor.keyring, made)


def _line(card: Keyring) -> bytes:
    return card.derive("roll")
