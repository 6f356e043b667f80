"""A coach's roster as values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from blockmrs.cid import Cid
from blockmrs.domain.names import words_of
from blockmrs.domain.reports import check_text
from blockmrs.domain.sharing import Pointer
from blockmrs.domain.venues import Plan
from blockmrs.errors import InvalidInput, Message
from blockmrs.typed import sign_by_sign

NUMBER_LIMIT = 4
_NUMBERS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Player:
    """One line of a roster. `card` and `secret_*` (hex) find the provisional card and its seed."""

    player_id: str
    name: str
    number: str
    card: str
    secret_digest: str
    secret_seed: str

    def __repr__(self) -> str:
        return f"Player({self.player_id})"

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


@dataclass(frozen=True, slots=True)
class Team:
    """A team, its players and its venues; `version` is the id of the update it was read from, empty if none."""

    name: str = ""
    players: tuple[Player, ...] = ()
    version: str = ""
    plan: Plan = field(default_factory=Plan)

    def check_free(self, added: Sequence[tuple[str, str]]) -> None:
        """Raise InvalidInput if a number of these (number, name) is another player's, on the roster or among them."""
        owners = {player.number: player.name for player in self.players if player.number}
        for number, name in added:
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
