"""A coach's roster as values."""

from __future__ import annotations

from dataclasses import dataclass, field

from blockmrs.cid import Cid
from blockmrs.domain.sharing import Pointer
from blockmrs.domain.venues import Plan


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
