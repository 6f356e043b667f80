"""A coach's roster as values."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

from blockmrs.cid import Cid
from blockmrs.domain.contacts import Contact, check_birth_year, check_contacts
from blockmrs.domain.names import words_of
from blockmrs.domain.reports import check_text
from blockmrs.domain.sharing import Pointer
from blockmrs.domain.venues import Plan
from blockmrs.errors import InvalidInput, Message
from blockmrs.services.accounts.passwords import check_display_name
from blockmrs.typed import sign_by_sign

NUMBER_LIMIT = 4
MAX_PLAYERS = 60
_NUMBERS = re.compile(r"[0-9]+")


class Details(NamedTuple):
    """What a coach writes about a player: shirt number and year of birth in digits or "", and whom to call."""

    number: str
    name: str
    born: str = ""
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class Player:
    """One line of a roster. `card` and `secret_*` (hex) find the provisional card and its seed."""

    player_id: str
    name: str
    number: str
    card: str
    secret_digest: str
    secret_seed: str
    born: str = ""
    contacts: tuple[Contact, ...] = ()

    def __repr__(self) -> str:
        return f"Player({self.player_id})"

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Player:
        """The player that an update of the roster holds; those of earlier versions have no year and no contacts."""
        contacts = tuple(Contact(**contact) for contact in content.get("contacts", ()))
        return cls(**{**content, "contacts": contacts})

    @property
    def details(self) -> Details:
        """What its coach wrote."""
        return Details(self.number, self.name, self.born, self.contacts)

    @property
    def version(self) -> str:
        """Different for every different content of its details: 32 hexadecimal digits."""
        content = [self.number, self.name, self.born, [asdict(contact) for contact in self.contacts]]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:32]

    def with_details(self, details: Details) -> Player:
        """The same player, about whom something else is written."""
        number, name, born, contacts = details
        return replace(self, number=number, name=name, born=born, contacts=contacts)

    @property
    def card_id(self) -> bytes:
        """The provisional card's id, 32 bytes."""
        return bytes.fromhex(self.card)

    @property
    def secret(self) -> Pointer:
        """Where the provisional card's seed is."""
        return Pointer(Cid(bytes.fromhex(self.secret_digest)), bytes.fromhex(self.secret_seed))


def check_number(text: str) -> str:
    """A shirt number of one to four digits, or ""; InvalidInput for anything else."""
    number = sign_by_sign(check_text(text, field="number", limit=NUMBER_LIMIT))
    if number and not (number.isascii() and number.isdigit()):
        raise InvalidInput("Enter the shirt number in digits, like 7, or leave it empty", field="number")
    return number


def check_name(text: str) -> str:
    """A player's name as it is shown; InvalidInput if it is none."""
    return check_display_name(text, "player_name")


def check_details(details: Details, this_year: int) -> Details:
    """The details made plain; InvalidInput names the first field that is wrong."""
    return Details(
        check_number(details.number),
        check_name(details.name),
        check_birth_year(details.born, this_year),
        check_contacts([(contact.name, contact.phone) for contact in details.contacts]),
    )


@dataclass(frozen=True, slots=True)
class Team:
    """A team, its players and its venues; `version` is the id of the update it was read from, empty if none."""

    name: str = ""
    players: tuple[Player, ...] = ()
    version: str = ""
    plan: Plan = field(default_factory=Plan)

    def find(self, player_id: str) -> Player | None:
        """The player with that id, if they are on the roster."""
        return next((player for player in self.players if player.player_id == player_id), None)

    def check_free(self, added: Sequence[Details], besides: Player | None = None) -> None:
        """Raise InvalidInput if a number of these is another player's, on the roster or among them.

        `besides` is the player who is being changed, whose own number is free.
        """
        owners = {player.number: player.name for player in self.players if player.number and player != besides}
        for number, name, *_ in added:
            if number in owners:
                words = Message("Number %(number)s is that of %(name)s already", number=number, name=owners[number])
                raise InvalidInput(words, field="number")
            if number:
                owners[number] = name

    def alike(self, name: str) -> tuple[Player, ...]:
        """The players who may be meant by what a coach typed, such as "Sam, blue 7": by their names or their number.

        Those that have every word of it; if there are none, those that share a word or the number. Only a proposal.
        """
        words, numbers = set(words_of(name)), set(_NUMBERS.findall(name))
        whole = tuple(player for player in self.players if words and words <= set(words_of(player.name)))
        return whole or tuple(
            player
            for player in self.players
            if player.number in numbers or any(len(word) > 1 for word in words & set(words_of(player.name)))
        )
