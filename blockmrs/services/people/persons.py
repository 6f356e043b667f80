"""Whose records an account reads and writes: its own, and those of the people it acts for.

What somebody writes about themselves is on their own card, which nobody else holds. Reports that others wrote are on
the card that those others made, and are shown together with it once the person has joined. See ADR 15.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Relation
from blockmrs.domain.permission import require_deciding
from blockmrs.errors import NotFound, ObjectMissing
from blockmrs.services.lines.mailbox import EntrustedKeys

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.people.rolls import Rolls
    from blockmrs.services.people.teams import Teams

ME = "me"
_HANDLE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose record the actor keeps.

    `handle` is used in addresses and forms: "me", or 32 hexadecimal digits that only the actor's keys can produce, and
    that mean nothing to anybody else. `card` is where new entries go; `others` are cards that coaches made for the
    person, all of them if `is_whole`: the keys of one may not be here.
    """

    handle: str
    card: EntrustedKeys
    others: tuple[EntrustedKeys, ...] = ()
    is_whole: bool = True

    @property
    def is_me(self) -> bool:
        """Whether the actor keeps it for themselves."""
        return self.handle == ME

    @property
    def label(self) -> str:
        """The person's name."""
        return self.card.label

    @property
    def cards(self) -> tuple[EntrustedKeys, ...]:
        """Every card whose line says something about the person."""
        return (self.card, *self.others)


def own_card(actor: Actor) -> EntrustedKeys:
    """The actor's own card, as one that they hold; no session has its seed."""
    return EntrustedKeys(actor.keyring, Relation.SELF, actor.display_name, b"")


class People:
    """Finds the people of an account."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams

    def of(self, actor: Actor, gaps: list[str] | None = None) -> list[Person]:
        """The actor first, then everybody they act for.

        `gaps` receives the relation of each whose keys are not here; without it, ObjectMissing is raised.
        """
        relations: list[str] = []
        acting_for = self._teams.acting_for(actor, relations)
        if relations and gaps is None:
            raise ObjectMissing("the keys of somebody whom this person acts for are not here")
        (gaps if gaps is not None else []).extend(relations)
        others = tuple(entry for entry in acting_for if entry.relation == Relation.SELF)
        me = Person(ME, own_card(actor), others, is_whole=Relation.SELF not in relations)
        guarded = [entry for entry in acting_for if entry.relation == Relation.GUARDIAN]
        return [me, *(Person(handle_of(actor, entry.keyring.card.id), entry) for entry in guarded)]

    def find(self, actor: Actor, handle: str) -> Person:
        """The person with that handle; NotFound if the actor does not act for them, or no longer does."""
        gaps: list[str] = []
        for person in self.of(actor, gaps):
            if person.handle == handle:
                return person
        if Relation.GUARDIAN in gaps:
            raise ObjectMissing("the keys of somebody whom this person acts for are not here")
        raise NotFound("you act for nobody with that name")

    def with_card(self, actor: Actor, handle: str) -> Person:
        """The person for whom a coach made the card that the actor calls so; NotFound as in `find`."""
        gaps: list[str] = []
        for person in self.of(actor, gaps):
            if any(handle_of(actor, keys.keyring.card.id) == handle for keys in person.cards):
                return person
        if gaps:
            raise ObjectMissing("the keys of somebody whom this person acts for are not here")
        raise NotFound("you act for nobody with that name")

    @staticmethod
    def giving(actor: Actor, person: Person, rolls: Rolls) -> Person:
        """The person with those cards alone of which the actor gives, and ends what was given.

        Raises:
            NotAuthorized: there is none, as for a coach who let themselves in while another of the family is in.
        """
        cards = [keys for keys in person.cards if rolls.decides(actor, keys.keyring)]
        require_deciding(bool(cards))
        return replace(person, card=cards[0], others=tuple(cards[1:]))


def handle_of(actor: Actor, card: bytes) -> str:
    """The handle that the actor uses in addresses for the person with that card."""
    return actor.keyring.derive("person", card)[:_HANDLE_BYTES].hex()
