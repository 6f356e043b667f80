"""Reads and adds to the rolls of cards: who has a part in one, by their own signed statements.

A roll is on a line of its own under the card's keys, so that anybody who acts for the card can read it, and it is quick
to read before anything is decided. What counts is up to `domain.roll`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockmrs.chain.transaction import Kind
from blockmrs.domain.kinds import Relation
from blockmrs.domain.roll import Before, Entry, Part, Roll, Says, Statement, read_roll
from blockmrs.domain.succession import Predecessor
from blockmrs.errors import UNKNOWN, BlockMRSError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from blockmrs.crypto.keys import Keyring
    from blockmrs.domain.roll import Holder
    from blockmrs.domain.sharing import Pointer
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox
    from blockmrs.services.lines.reader import Message, RenewalEntry

_MOST_BEFORE = 32
"""How many cards back a reader goes, so that nobody keeps it going for ever."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A card that another follows from the place `index` of the log on. `secret` is where its seed is."""

    keys: EntrustedKeys
    secret: Pointer
    index: int


class Rolls:
    """The rolls of the cards whose keys the caller holds. `is_closing`: the account of whoever has that card is."""

    def __init__(self, mailbox: Mailbox, is_closing: Callable[[bytes], bool] = lambda _card: False) -> None:
        self._is_closing = is_closing
        self._mailbox = mailbox
        mailbox.renews = self.renews

    def of(self, card: Keyring, before: int | None = None) -> Roll:
        """The roll of a card, as it stands now, or as it stood at the place `before` of the log."""
        readings = self._mailbox.readings
        if not readings.has_begun or readings.now().is_noting:
            return self._of(card, before, frozenset())
        # A page asks for the same roll again and again; nobody changes one that was read.
        if before is not None:
            # Between two of its statements it stays as it is: however many places are asked about, few are read.
            places = (message.index for _, message in self._mailbox.logged(_line(card), card))
            before = min((place for place in places if place >= before), default=None)
        key = "roll", card.card.id, before
        return readings.now().while_log_stands(key, lambda: self._of(card, before, frozenset()))

    def _of(self, card: Keyring, before: int | None, passed: frozenset[bytes]) -> Roll:
        entries: list[Entry] = []
        earlier: Before | None = None
        passed |= {card.card.id}
        for at, message in self._mailbox.logged(_line(card), card):
            if message.kind is not Kind.APPOINT or (before is not None and message.index >= before):
                continue
            if earlier is None and message.fields.get(9) == Relation.PREDECESSOR and len(passed) <= _MOST_BEFORE:
                earlier = self._before(card, message, passed)
            if message.fields.get(6) != card.card.id:
                continue
            try:
                statement = Statement.from_fields(message.fields)
                entries.append(Entry(statement, message.author, at, len(entries) + 1))
            except InvalidInput:
                continue
        return read_roll(entries, earlier)

    def followed(self, card: Keyring) -> Followed | None:
        """The card that this one follows; None if it follows none. What its keys open is still to be read."""
        for _, message in self._mailbox.logged(_line(card), card):
            if message.kind is Kind.APPOINT and message.fields.get(9) == Relation.PREDECESSOR:
                followed = self._followed(card, message)
                if followed is not None and self._before(card, message, frozenset({card.card.id})) is not None:
                    return followed
        return None

    def _before(self, card: Keyring, message: Message, passed: frozenset[bytes]) -> Before | None:
        """The roll before, if the author of a statement of whom this card follows could hand that one over."""
        followed = self._followed(card, message)
        if followed is None or followed.keys.keyring.card.id in passed:
            return None
        roll = self._of(followed.keys.keyring, followed.index, passed)
        return Before(roll, message.author) if roll.hands_over(message.author) else None

    def _followed(self, card: Keyring, message: Message) -> Followed | None:
        """The card that this one follows, as a statement says, if that card says so too."""
        try:
            before = Predecessor.from_fields(message.fields)
            keys = self._mailbox.keys_at(before.secret, before.card_id, Relation.PREDECESSOR)
        except UNKNOWN:
            raise
        except BlockMRSError:
            return None
        following = self._mailbox.successor(keys.keyring.card)
        if following is None or following.card_id != card.card.id:
            return None
        return Followed(keys, before.secret, following.index)

    def may_end(self, roll: Roll, who: bytes, holder: Holder) -> bool:
        """Whether `who` may end that part now; nobody leaves a record to those alone whose accounts are closing."""
        stays = [one for one in roll.family_in() if one.card != holder.card]
        counts = holder.part is Part.IN and holder.is_family and stays
        return roll.may_end(who, holder) and not (counts and all(self._is_closing(one.card) for one in stays))

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

    def follow(self, batch: Batch, card: Keyring, author: Keyring, old: EntrustedKeys) -> None:
        """Add to `batch`, on the roll of `card`, that it follows `old`, by the word of whoever hands that one over."""
        secret, line_key = self._mailbox.keep_seed(batch, old), _line(card)
        fields = Predecessor(old.keyring.card.id, secret).to_fields()
        batch.add(Kind.APPOINT, fields, author=author, recipient=card.card, line_key=line_key)


def _line(card: Keyring) -> bytes:
    return card.derive("roll")
