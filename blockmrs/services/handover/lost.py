"""Whose record went to new keys that somebody was not given, so that they are told and need not find out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.handover.passed_on import PassedOn
    from blockmrs.services.people.teams import Teams


class Lost:
    """Finds what went to others."""

    def __init__(self, teams: Teams, passed_on: PassedOn) -> None:
        self._teams = teams
        self._passed_on = passed_on

    def of(self, actor: Actor, gaps: list[str]) -> list[str]:
        """The names of those for whom the actor acts, and whose record went to new keys without the actor.

        `gaps` receives the relation of each whose keys are not here.
        """
        return [
            keys.label
            for keys in self._teams.acting_for(actor, gaps)
            if self._passed_on.newest(actor.keyring, keys).without is not None
        ]
