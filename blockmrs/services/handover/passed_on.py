"""Who gets the keys of a card that follows another, and who of those who had the old ones does not.

The new seed stands on a line that whoever had the old card can find, sealed to each of those who remain. The others
find that there is a successor, and open nothing of it. Source: docs/protocol "Hand-over".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockmrs.errors import UNKNOWN, BlockMRSError, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from blockmrs.crypto.keys import Card, Keyring
    from blockmrs.domain.roll import Holder
    from blockmrs.domain.sharing import Appointment, Pointer
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox

_MOST_IN_A_ROW = 32


@dataclass(frozen=True, slots=True)
class NewestKeys:
    """What somebody holds of a card and those that follow it.

    `keys`: of the last one that they were given; `without`: the id of the one after it, if it went to others.
    """

    keys: EntrustedKeys
    without: bytes | None = None


class PassedOn:
    """Writes and finds the keys of successors."""

    def __init__(self, mailbox: Mailbox, cards: Cards) -> None:
        self._mailbox = mailbox
        self._cards = cards

    def give(self, batch: Batch, old: Keyring, new: EntrustedKeys, staying: Iterable[Holder]) -> None:
        """Add to `batch`, for each who remains, the seed of the card `new` that follows `old`."""
        secret = self._mailbox.keep_seed(batch, new)
        for holder in staying:
            card = self._cards.find(holder.card)
            self._mailbox.appoint_on(batch, new, secret, holder.relation, (card, _line(old, card.id)))

    def newest(self, person: Keyring, keys: EntrustedKeys) -> NewestKeys:
        """The newest keys that somebody was given who has, or had, those of a card.

        Raises:
            ObjectMissing: it cannot be told, since a card or a seed is not here.
        """
        for _ in range(_MOST_IN_A_ROW):
            following = self._mailbox.successor(keys.keyring.card)
            if following is None:
                break
            given = self.next(person, keys)
            if given is None:
                return NewestKeys(keys, following.card_id)
            keys = given
        return NewestKeys(keys)

    def next(self, person: Keyring, keys: EntrustedKeys) -> EntrustedKeys | None:
        """The keys of the card that follows this one, if that person was given them; ObjectMissing as above."""
        following = self._mailbox.successor(keys.keyring.card)
        return None if following is None else self._given(person, keys.keyring, following.card_id)

    def secrets(self, person: Keyring, old: Keyring, new: Card) -> list[Pointer]:
        """Where the seed is that was given to that person."""
        return [appointment.secret for appointment in self._appointments(person, old, new)]

    def _given(self, person: Keyring, old: Keyring, new_id: bytes) -> EntrustedKeys | None:
        try:
            new = self._cards.find(new_id)
        except NotFound:
            return None  # Its maker never put it into the log.
        for appointment in self._appointments(person, old, new):
            try:
                return self._mailbox.keys_of(appointment)
            except UNKNOWN:
                raise
            except BlockMRSError:
                continue
        return None

    def _appointments(self, person: Keyring, old: Keyring, new: Card) -> list[Appointment]:
        # Whoever has the old keys writes here too; only the new card's word counts.
        line = self._mailbox.line_from(_line(old, person.card.id), person, new)
        return [appointment for dependent, appointment in line.appointments if dependent == new.id]


def _line(old: Keyring, person: bytes) -> bytes:
    return old.derive("handed over", person)
