"""An invitation appoints one person, whoever accepts it at the same moment and whenever they are cut off."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from blockmrs.errors import NotFound
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.node.clock_watch import ClockWatch
from blockmrs.services.node.housekeeping import Housekeeping
from tests.support.world import World

KINDS = ["family", "staff"]
ROUNDS = 5


class CutOff(Exception):
    """The process died here."""


@pytest.fixture(scope="module")
def coach(worlds) -> Actor:
    world = worlds[0]
    coach = world.person("carol", "Carol Coach")
    world.teams.add_player(coach, "Sam Rivers", "7", world.teams.team(coach).version)
    return coach


@pytest.fixture(scope="module")
def two(worlds) -> tuple[Actor, Actor]:
    return worlds[0].person("maria", "Maria Rivers"), worlds[1].person("mallory", "Mallory")


@pytest.fixture
def invite(worlds, coach, request) -> Callable[[str], str]:
    """A fresh code of either kind, each for a place of its own."""
    world = worlds[0]
    world.clock.advance(timedelta(minutes=16))

    def made(kind: str) -> str:
        world.clock.advance(timedelta(seconds=1))
        if kind == "family":
            world.teams.add_player(coach, "Ada Lind", "", world.teams.team(coach).version)
            return world.teams.invite_family(coach, world.teams.team(coach).players[-1].player_id)
        return world.organisations.add(f"Hospital {kind} {world.clock().timestamp():.0f}")

    return made


def accept(world: World, actor: Actor, code: str, kind: str) -> Any:
    if kind == "family":
        return world.teams.join(actor, code, "guardian", "")
    return world.organisations.accept(actor, code, "")


def appointed(world: World, actor: Actor) -> int:
    """For how many cards the actor may act: what stands on the chain, whatever the rows say."""
    return len(world.mailbox.appointed(actor.keyring))


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_who_accept_at_once_in_two_servers_one_is_appointed(worlds, two, invite, kind) -> None:
    for _ in range(ROUNDS):
        code = invite(kind)
        before = sum(appointed(worlds[0], actor) for actor in two)
        start, refused = threading.Barrier(2), []

        def press(world: World, actor: Actor, code: str = code, start=start, refused=refused) -> None:
            start.wait()
            try:
                accept(world, actor, code, kind)
            except NotFound:
                refused.append(actor)

        threads = [threading.Thread(target=press, args=pair) for pair in zip(worlds, two, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == 1
        assert sum(appointed(worlds[0], actor) for actor in two) == before + 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", ["claimed", "appointed"])
def test_who_was_cut_off_finishes_in_another_server_and_nobody_else_does(
    worlds, two, invite, kind, step, monkeypatch
) -> None:
    (first, second), (mine, other), code = worlds, two, invite(kind)
    before = appointed(first, mine), appointed(first, other)

    def die(*_: object, **__: object) -> None:
        raise CutOff

    where = (first.mailbox, "appoint") if step == "claimed" else (first.invitations, "use")
    monkeypatch.setattr(*where, die)
    with pytest.raises(CutOff):
        accept(first, mine, code, kind)
    monkeypatch.undo()
    with pytest.raises(NotFound):
        second.invitations.open(code, "", other)
    with pytest.raises(NotFound):
        second.invitations.open(code, "")
    with pytest.raises(NotFound):
        accept(second, other, code, kind)
    accept(second, mine, code, kind)
    assert (appointed(first, mine), appointed(first, other)) == (before[0] + 1, before[1])
    with pytest.raises(NotFound):
        first.invitations.open(code, "", mine)
    first.evidence.check_everything(lambda *_: None)


def test_what_was_claimed_in_its_last_minute_can_be_finished_for_a_day_and_leaves_no_row(worlds, two, invite) -> None:
    world, code = worlds[0], invite("staff")
    clock_watch = ClockWatch(world.ledger, world.clock, lambda: world.clock().timestamp())
    world.clock.advance(timedelta(days=7, seconds=-30))
    spelled, _ = world.invitations.open(code, "", two[0])
    world.invitations.claim(two[0], spelled)
    world.clock.advance(timedelta(hours=23))
    Housekeeping(world.database, clock_watch).erase_expired()
    assert world.invitations.open(code, "", two[0])
    world.clock.advance(timedelta(hours=2))
    Housekeeping(world.database, clock_watch).erase_expired()
    with pytest.raises(NotFound):
        world.invitations.open(code, "", two[0])
    with world.database.read() as rows:
        assert rows.connection().exec_driver_sql("SELECT count(*) FROM invitation_claim").scalar_one() == 0


def test_a_row_tells_nobody_who_claimed(worlds, two, invite) -> None:
    world = worlds[0]
    marks = []
    for _ in range(2):
        spelled, _ = world.invitations.open(invite("staff"), "", two[0])
        world.invitations.claim(two[0], spelled)
    with world.database.read() as rows:
        marks = rows.connection().exec_driver_sql("SELECT claimed_by FROM invitation_claim").scalars().all()
    assert len(set(marks)) == len(marks) == 2
    assert two[0].account_id not in b"".join(marks)
    assert two[0].keyring.card.id not in marks
