"""Whom a coach may call about a player: what they wrote down, for as long as they are that player's coach here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from blockmrs.errors import UNKNOWN, BlockMRSError

if TYPE_CHECKING:
    from blockmrs.domain.contacts import Contact
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.people.roster import Player
    from blockmrs.services.people.teams import Teams


class Calls:
    """Reads the contacts of the actor's own roster.

    Nobody is to be called once the family ended the actor's part, nor where that cannot be told. No page fails for it.
    """

    def __init__(self, teams: Teams) -> None:
        self._teams = teams

    def of(self, actor: Actor, player: Player | None) -> tuple[Contact, ...]:
        """Whom the actor may call about that player."""
        if player is None or not player.contacts:
            return ()
        try:
            return player.contacts if self._teams.usable(actor, player) is not None else ()
        except UNKNOWN:
            return ()

    def about(self, actor: Actor, card: bytes) -> tuple[Contact, ...]:
        """Whom the actor may call about the player with that provisional card."""
        try:
            players = self._teams.team(actor).players
        except BlockMRSError:
            return ()
        return self.of(actor, next((player for player in players if player.card_id == card), None))

    def chosen(self, actor: Actor, player_id: str) -> Player | None:
        """The player with no other contacts than those; None if there is none with that id."""
        player = self._teams.team(actor).find(player_id)
        return None if player is None else replace(player, contacts=self.of(actor, player))
