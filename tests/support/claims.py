"""What somebody does who writes to a line what the pages would not: used by the tests of claims."""

import secrets
import sqlite3
from contextlib import closing
from datetime import date

from blockmrs.chain.transaction import Kind
from blockmrs.crypto.keys import Keyring
from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.sharing import Grant
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.lines.contents import Sort
from blockmrs.services.lines.mailbox import GrantEntry
from blockmrs.services.people.persons import Person
from tests.services.test_facts import say_yes
from tests.support.world import World

TODAY = date(2026, 3, 14)
OLD = HealthFacts(no_allergies=True)
NEW = HealthFacts(allergies=("Penicillin",))


def join(world: World, carol: Actor, *people: Actor) -> None:
    """Each of them acts for Sam, as a guardian."""
    team = world.teams.team(carol)
    if not team.players:
        team = world.teams.add_player(carol, "Sam Rivers", "7", team.version)
    for person in people:
        world.teams.join(person, world.teams.invite_family(carol, team.players[0].player_id), "guardian", "")
    if people:
        # The first says yes to those who came after.
        say_yes(world, people[0], sam_of(world, people[0]))


def sam_of(world: World, person: Actor) -> Person:
    return world.people.of(person)[-1]


def tell(world: World, actor: Actor, person: Person, facts: HealthFacts) -> str:
    version = world.facts.current(person).version
    return world.facts.save(actor, person, secrets.token_hex(16), facts, version, TODAY).version


def grants_on(world: World, keyring: Keyring, sort: Sort) -> list[GrantEntry]:
    """The grants of that sort on a line, by the log."""
    items = [item for item in world.mailbox.contents(keyring) if item.sort is sort]
    return sorted(world.mailbox.opened(keyring, items).grants.values(), key=lambda entry: entry.index)


def write(world: World, grant: Grant, keyring: Keyring, author: Keyring) -> None:
    """Put a grant on a card's own line, signed by `author`: all that it takes is to hold the line's key."""
    batch = world.mailbox.batch()
    batch.add(Kind.GRANT, grant.to_fields(), author=author, recipient=keyring.card, line_key=keyring.own_line)
    batch.commit()


def drop(world: World, *indexes: int) -> None:
    """Take transactions out of the database, as somebody with its file could, or a node that answers less."""
    drop_from(str(world.folder / "blockmrs.db"), *indexes)


def drop_from(database: str, *indexes: int) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as file:
        for index in indexes:
            assert file.execute("DELETE FROM chain_transaction WHERE log_index = ?", (index,)).rowcount == 1


def forget(world: World) -> None:
    """No short cut remembers anything, as after a recovery from the seed."""
    with closing(sqlite3.connect(world.folder / "blockmrs.db", isolation_level=None)) as file:
        file.execute("DELETE FROM saved_report")
