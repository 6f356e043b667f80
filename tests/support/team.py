"""A coach, their player, and the player's mother, in a world of its own."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from blockmrs.domain.facts import HealthFacts
from blockmrs.services.accounts.actor import Actor
from tests.support.heads import head_report
from tests.support.world import World


@dataclass
class Team:
    """A coach with one player, Sam, whose mother Maria joined; and what their tests do again and again."""

    world: World
    carol: Actor
    maria: Actor

    def code(self) -> str:
        self.world.clock.advance(timedelta(minutes=16))
        return self.world.teams.invite_family(self.carol, self.player.player_id)

    @property
    def player(self):
        return self.world.teams.team(self.carol).players[0]

    def joins(self, name: str, shown: str, relation: str = "guardian") -> Actor:
        actor = self.world.person(name, shown)
        self.world.teams.join(actor, self.code(), relation, "")
        return actor

    def save(self, *, withheld: bool = False) -> str:
        report = head_report(self.world.clock())
        return self.world.reports.save(
            self.carol, secrets.token_hex(16), report, player=self.player, withheld=withheld
        ).address

    def person(self, actor: Actor):
        """Sam, as somebody who acts for him finds him."""
        return next(person for person in self.world.people.of(actor) if person.label == "Sam Rivers")

    def handle(self, actor: Actor) -> str:
        return next(handle for handle, name in self.world.rights.people(actor) if name == "Sam Rivers")

    def page(self, actor: Actor):
        return self.world.rights.page(actor, self.handle(actor))

    def right(self, actor: Actor, name: str, relation: str = "guardian"):
        page = self.page(actor)
        return next(right for right in (*page.rights, *page.ended) if (right.name, right.relation) == (name, relation))

    def confirm(self, actor: Actor, name: str, relation: str = "guardian") -> None:
        self.world.rights.confirm(actor, self.handle(actor), self.right(actor, name, relation).right_id)

    def end(self, actor: Actor, name: str, relation: str = "guardian") -> None:
        self.world.rights.end(actor, self.handle(actor), self.right(actor, name, relation).right_id)

    def tell_facts(self, actor: Actor) -> None:
        person = self.person(actor)
        version = self.world.facts.current(person).version
        draft, today = secrets.token_hex(16), self.world.clock().date()
        self.world.facts.save(actor, person, draft, HealthFacts(allergies="Penicillin"), version, today)


def team_in(world: World) -> Team:
    """The team as all tests find it."""

    def both() -> tuple[Actor, Actor]:
        carol = world.person("carol", "Carol Coach")
        world.teams.add_player(carol, "Sam Rivers", "7", "")
        return carol, Team(world, carol, carol).joins("maria", "Maria Rivers")

    return Team(world, *world.once("team", both))


def let_in_by_themselves(world: World) -> Team:
    """A coach who let themselves in as guardian by their own invitation; nobody else of the family is in yet."""
    carol = world.person("carol", "Carol Coach")
    world.teams.add_player(carol, "Sam Rivers", "7", "")
    team = Team(world, carol, carol)
    world.teams.join(carol, team.code(), "guardian", "")
    return team
