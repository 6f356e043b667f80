"""A player with two parents, a coach and a hospital: what the tests of giving a record have in common."""

from dataclasses import dataclass

from blockmrs.services.accounts.actor import Actor
from tests.support.team import Team
from tests.support.world import World


@dataclass
class Parents:
    """Maria, who joined first, and Joe; Dr Lee of the first hospital in the directory."""

    team: Team
    joe: Actor
    lee: Actor

    @property
    def world(self) -> World:
        return self.team.world

    @property
    def maria(self) -> Actor:
        return self.team.maria

    @property
    def hospital(self) -> bytes:
        return self.world.organisations.directory()[0].card_id

    def handle(self, actor: Actor | None = None) -> str:
        return self.team.person(actor or self.maria).handle
