"""A coach's roster as values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from blockmrs.cid import Cid
from blockmrs.domain.names import words_of
from blockmrs.domain.sharing import Pointer
from blockmrs.domain.venues import Plan

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


@dataclass(frozen=True, slots=True)
class Team:
    """A team, its players and its venues; `version` is the id of the update it was read from, empty if none."""

    name: str = ""
    players: tuple[Player, ...] = ()
    version: str = ""
    plan: Plan = field(default_factory=Plan)

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
