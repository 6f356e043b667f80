"""A card passes to a new seed, in one block; its old keys sign nothing that counts from then on.

Why: keys cannot be taken back. Whoever made a child's card, and whoever's part in it ended, still has its seed. After
this they open what was saved before, and nothing of what is given on the new card's lines.

1. Objects are stored: the new card, the new seed for those who remain, the old seed for whoever holds the new one.
2. One block, in this order: the new card; whom it follows, and who was in; the new seed for each of those; the end of
   invitations that nobody used, since they hold the old seed; and last the old card's word that it is followed.
3. The rows of those invitations go.

Before 2 nothing happened. After it everything did: a repeated press finds it, and does 3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from blockmrs.crypto.keys import Keyring, new_seed
from blockmrs.domain.permission import require_handing_over
from blockmrs.domain.roll import Part, Says, Statement
from blockmrs.errors import Conflict
from blockmrs.model.locks import KeyedLocks
from blockmrs.services.lines.saving import commit_batch, finish

if TYPE_CHECKING:
    from blockmrs.domain.roll import Roll
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.invitations import Invitations
    from blockmrs.services.handover.passed_on import PassedOn
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox
    from blockmrs.services.people.rolls import Rolls
    from blockmrs.storage import ObjectStore


@dataclass(frozen=True, slots=True)
class _Sides:
    """Who hands over, and the keys before and after."""

    person: Keyring
    old: EntrustedKeys
    new: EntrustedKeys


class HandingOver:
    """Passes cards on to new seeds.

    Args:
        near: where keys and cards are kept.
    """

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        cards: Cards,
        rolls: Rolls,
        invitations: Invitations,
        passed_on: PassedOn,
        near: ObjectStore,
    ) -> None:
        self._database = database
        self._mailbox = mailbox
        self._cards = cards
        self._rolls = rolls
        self._invitations = invitations
        self._passed_on = passed_on
        self._near = near
        self._locks = KeyedLocks(database, "hand-over")

    def hand_over(self, actor: Actor, keys: EntrustedKeys) -> EntrustedKeys:
        """Pass a card on to a new seed, for the family who is in; returns the new keys.

        Whose part has ended gets none; no one of the family is left out by this alone, whose part has to end first.
        A coach stays on the roll and gets no key: they write to the old card's line, which is still read.

        Raises:
            NotAuthorized: the actor may not, by the card's roll; nothing was written.
            Conflict: somebody else handed it over first.
        """
        with self._locks.hold(keys.keyring.card.id):
            self._mailbox.settle()
            roll = self._rolls.of(keys.keyring)
            require_handing_over(roll.hands_over(actor.keyring.card.id))
            if self._mailbox.successor(keys.keyring.card) is not None:
                return self._finished(actor, keys, roll)
            return self._pass_on(actor, keys, roll)

    def _pass_on(self, actor: Actor, keys: EntrustedKeys, roll: Roll) -> EntrustedKeys:
        seed = new_seed()
        new = replace(keys, keyring=Keyring.from_seed(seed), seed=seed)
        sides, batch = _Sides(actor.keyring, keys, new), self._mailbox.batch()
        pointer = self._cards.publish(batch, new.keyring)
        self._write_roll(batch, sides, roll)
        self._passed_on.give(batch, keys.keyring, new, roll.deciding())
        for invitation in roll.open_invitations(self._mailbox.moment()):
            statement = Statement(Says.ENDED, invitation.invitation_id)
            self._rolls.add(batch, keys.keyring, actor.keyring, statement)
        # Last: what the old card signs at a later place counts for nothing.
        self._cards.name_successor(batch, keys.keyring, new.keyring, pointer)
        # How many remain is nobody else's to count.
        batch.cover_with(actor.keyring)
        commit_batch(self._database, batch)
        following = self._mailbox.successor(keys.keyring.card)
        if following is None or following.card_id != new.keyring.card.id:
            raise Conflict("somebody else handed the card over first")
        self._erase(roll)
        return new

    def _write_roll(self, batch: Batch, sides: _Sides, roll: Roll) -> None:
        new, person = sides.new.keyring, sides.person
        self._rolls.follow(batch, new, person, sides.old)
        staying = [*roll.deciding(), *(holder for holder in roll.coaches.values() if holder.part is Part.IN)]
        # Who hands over comes first: the word of nobody else counts before theirs.
        for holder in sorted(staying, key=lambda holder: holder.card != person.card.id):
            statement = Statement(Says.CARRIED, holder.card, holder.name, holder.relation)
            self._rolls.add(batch, new, person, statement)

    def _finished(self, actor: Actor, keys: EntrustedKeys, roll: Roll) -> EntrustedKeys:
        """What the actor handed over before, its rows written if that was cut off."""
        new = self._passed_on.next(actor.keyring, keys)
        followed = None if new is None else self._rolls.followed(new.keyring)
        if new is None or followed is None or self._rolls.of(new.keyring).handed_over_by != actor.keyring.card.id:
            raise Conflict("somebody else handed the card over first")
        card = new.keyring.card
        given = self._passed_on.secrets(actor.keyring, keys.keyring, card)
        for pointer in (self._cards.pointer(card.id), followed.secret, *given):
            finish(self._database, self._near, pointer)
        self._erase(roll)
        return new

    def _erase(self, roll: Roll) -> None:
        for invitation_id in roll.invitations:
            self._invitations.end(invitation_id)
