"""`kill -9` at each step of closing an account: whoever looks next finishes it, once; and a restore brings nobody back.

One process forks a child for each step; each child works on a copy of one installation, and dies there.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from blockmrs.config.assembly import build_closer
from blockmrs.domain.roll import Part
from blockmrs.errors import NotAuthenticated
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.container import Services
from blockmrs.services.leaving.plan import Step
from tests.support.heads import head_report
from tests.support.installation import Installation
from tests.support.quick import quick_folder
from tests.support.world import PASSWORD, World

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=15)
BLOCK = ["signed", "head written", "head renamed", "published", "added", "committed"]
LETTING_GO = ["put aside", "on the list", "dropped"]
STEPS = [*(step.name for step in Step if step is not Step.ASKED), *BLOCK, *LETTING_GO]

CHILDREN = """
import json, os, sys
from pathlib import Path
from tests.node import test_crash, test_leaving_crash

test_crash.load_what_is_slow()
for step, folder in json.loads(sys.argv[1]):
    child = os.fork()
    if child == 0:
        test_leaving_crash.die_at(step, Path(folder))
        os._exit(0)
    print(os.WTERMSIG(os.waitpid(child, 0)[1]), flush=True)
"""


def open_world(folder: Path, now: datetime = LATER) -> World:
    return World(folder, lambda: now)


def sign_in(world: World | Services, name: str) -> Actor:
    actor = world.identity.actor_for(world.identity.sign_in(name, PASSWORD, ""))
    assert actor is not None
    return actor


def die_at(step: str, folder: Path) -> None:
    """Close the account, and be killed right after `step`."""
    world = open_world(folder)

    def die(done: str) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    world.ledger._on_step = world.ledger._sealer._on_step = die
    world.leaving._on_step = die
    world.closer(lambda reached: die(reached.name)).carry_out(LATER)


@pytest.fixture(scope="module")
def crashed() -> Iterator[dict[str, Path]]:
    with quick_folder() as root:
        original = root / "original"
        world = open_world(original, NOON)
        coach, mother = (world.person(name, name.title()) for name in ("carol", "maria"))
        team = world.teams.add_player(coach, "Sam Rivers", "7", "")
        world.teams.join(mother, world.teams.invite_family(coach, team.players[0].player_id), "guardian", "")
        world.reports.save(coach, "aa" * 16, head_report(NOON), player=team.players[0])
        (root / "number").write_text(world.departures.ask(coach, PASSWORD).number)
        world.engine.dispose()
        folders = {}
        for number, step in enumerate(STEPS):
            folders[step] = root / str(number)
            shutil.copytree(original, folders[step])
        told = [[step, str(folder)] for step, folder in folders.items()]
        done = subprocess.run(
            [sys.executable, "-c", CHILDREN, json.dumps(told)], capture_output=True, text=True, check=True, timeout=120
        )
        assert done.stdout.split() == [str(int(signal.SIGKILL))] * len(STEPS), done.stderr
        yield folders


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_it_is_finished_once_and_the_family_reads_on(crashed, step):
    world = open_world(crashed[step])
    world.closer().carry_out(LATER)
    assert world.closer().carry_out(LATER) == 0
    number = (crashed[step].parent / "number").read_text()
    receipt = world.departures.check(world.departures.find(number).receipt)
    assert (receipt.objects_let_go, receipt.accounts_erased) == (1, 1)
    with pytest.raises(NotAuthenticated):
        sign_in(world, "carol")
    mother = sign_in(world, "maria")
    child = world.people.of(mother)[-1]
    (saved,) = world.reports.page_about(child)[0]
    assert world.reports.open(mother, saved.address).report.player == "Sam Rivers"
    (coach,) = world.rolls.of(child.card.keyring).coaches.values()
    assert coach.part is Part.ENDED
    world.leaving.sweep(0)
    world.evidence.check_everything(lambda *_: None)


def test_a_restored_backup_lets_nobody_in_who_has_left_and_closes_nothing_that_was_undone(tmp_path: Path) -> None:
    machine = Installation(tmp_path / "machine")
    with machine:
        for name in ("carol", "maria"):
            machine.sign_up(name)
            actor = sign_in(machine.services, name)
            machine.services.departures.ask(actor, PASSWORD)
        machine.backup(tmp_path / "saved")
        machine.services.departures.undo(sign_in(machine.services, "maria"))
        later = machine.services.facts.now() + timedelta(days=15)
        assert build_closer(machine.settings, machine.foundation).carry_out(later) == 1
    machine.restore(tmp_path / "saved", replace=True)
    with machine:
        with pytest.raises(NotAuthenticated):
            machine.signs_in("carol")
        build_closer(machine.settings, machine.foundation).carry_out(later)
        assert machine.signs_in("maria")
        assert machine.services.departures.of(sign_in(machine.services, "maria")) is None
        machine.verify()
