"""`kill -9` at each step of handing a card over, and two parents who do it at once in two processes.

One process forks a child for each step; each child works on a copy of one installation, and dies there.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blockmrs.errors import Conflict
from blockmrs.model.codes import InvitationRow
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.lines.mailbox import EntrustedKeys
from tests.support.quick import quick_folder
from tests.support.world import PASSWORD, World

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
BEFORE_BLOCK = ["object stored", "signed", "head written"]
AFTER_BLOCK = ["head renamed", "published", "added", "committed", "rows written", "codes erased"]
STEPS = [*BEFORE_BLOCK, *AFTER_BLOCK]
TOLD = 3
"""How a child ends whose parent was not the first."""

CHILDREN = """
import json, os, sys
from pathlib import Path
from tests.node import test_handing_over_crash

steps, together = json.loads(sys.argv[1])
for step, folder in steps:
    child = os.fork()
    if child == 0:
        test_handing_over_crash.die_at(step, Path(folder))
        os._exit(0)
    print(os.WTERMSIG(os.waitpid(child, 0)[1]), flush=True)
gate, opened = os.pipe()
both = []
for name in ("maria", "joe"):
    child = os.fork()
    if child == 0:
        os.close(opened)
        os._exit(test_handing_over_crash.hand_over_when_open(name, Path(together), gate))
    both.append(child)
os.close(opened)
print(*sorted(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in both), flush=True)
"""


def open_world(folder: Path) -> World:
    return World(folder, lambda: NOON)


def sign_in(world: World, name: str) -> Actor:
    actor = world.identity.actor_for(world.identity.sign_in(name, PASSWORD, ""))
    assert actor is not None
    return actor


def sams(world: World, actor: Actor) -> EntrustedKeys:
    (keys,) = world.teams.acting_for(actor)
    return keys


def hand_over(world: World, name: str) -> EntrustedKeys:
    actor = sign_in(world, name)
    return world.handing_over.hand_over(actor, sams(world, actor))


def die_at(step: str, folder: Path) -> None:
    """Hand over, and be killed right after `step`."""
    world = open_world(folder)

    def die(done: str) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    world.ledger._on_step = world.ledger._sealer._on_step = die
    put, end = world.objects.put, world.invitations.end

    def stored(content: bytes):
        cid = put(content)
        die("object stored")
        return cid

    def erased(invitation_id: bytes) -> None:
        die("rows written")
        end(invitation_id)
        die("codes erased")

    world.objects.put, world.invitations.end = stored, erased
    hand_over(world, "maria")


def hand_over_when_open(name: str, folder: Path, gate: int) -> int:
    """Be ready, wait until everybody is, and hand over; TOLD if somebody else was first."""
    world = open_world(folder)
    actor = sign_in(world, name)
    keys = sams(world, actor)
    os.read(gate, 1)  # Ends when the last who could write to it has closed it.
    try:
        world.handing_over.hand_over(actor, keys)
    except Conflict:
        return TOLD
    return 0


@pytest.fixture(scope="module")
def crashed() -> Iterator[dict[str, Path]]:
    with quick_folder() as root:
        original = root / "original"
        world = open_world(original)
        coach, mother, father = (world.person(name, name.title()) for name in ("carol", "maria", "joe"))
        player = world.teams.add_player(coach, "Sam Rivers", "7", "").players[0]
        for parent in (mother, father):
            world.teams.join(parent, world.teams.invite_family(coach, player.player_id), "guardian", "")
        handle, _ = next(one for one in world.rights.people(mother) if one[1] == "Sam Rivers")
        waiting = next(right for right in world.rights.page(mother, handle).rights if right.name == "Joe")
        world.rights.confirm(mother, handle, waiting.right_id)
        world.teams.invite_family(coach, player.player_id)
        world.engine.dispose()
        folders = {}
        for number, step in enumerate([*STEPS, "together"]):
            folders[step] = root / str(number)
            shutil.copytree(original, folders[step])
        steps = [[step, str(folders[step])] for step in STEPS]
        done = subprocess.run(
            [sys.executable, "-c", CHILDREN, json.dumps([steps, str(folders["together"])])],
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        assert done.stdout.splitlines() == [str(int(signal.SIGKILL))] * len(STEPS) + [f"0 {TOLD}"], done.stderr
        yield folders


def new_seeds(world: World) -> set[bytes]:
    """The newest seed that each of the parents has."""
    parents = [sign_in(world, name) for name in ("maria", "joe")]
    return {world.passed_on.newest(parent.keyring, sams(world, parent)).keys.seed for parent in parents}


def codes(world: World) -> int:
    with world.database.read() as rows:
        return rows.query(InvitationRow).count()


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_all_of_it_happened_or_nothing_and_a_repeated_press_finishes(crashed, step):
    world = open_world(crashed[step])
    mother = sign_in(world, "maria")
    old, size = sams(world, mother), world.ledger.size
    before = new_seeds(world)
    assert len(before) == 1
    assert (before == {old.seed}) is (step in BEFORE_BLOCK)
    new = hand_over(world, "maria")
    assert new_seeds(world) == {new.seed}
    assert (before == {new.seed}) is (step in AFTER_BLOCK)
    assert (world.ledger.size == size) is (step in AFTER_BLOCK)
    assert codes(world) == 0
    with pytest.raises(Conflict):
        hand_over(world, "joe")
    assert world.rolls.of(new.keyring).handed_over_by == mother.keyring.card.id
    checked = world.evidence.check_everything(lambda *_: None)
    # Objects of what never happened lie there, and nobody names them.
    assert checked.unlisted == {"object stored": 1, "signed": 3, "head written": 3}.get(step, 0)


def test_two_parents_who_hand_over_at_once_in_two_processes_have_one_new_card(crashed):
    """One of them is told; whoever that is finds the new keys."""
    world = open_world(crashed["together"])
    (seed,) = new_seeds(world)
    assert seed != sams(world, sign_in(world, "maria")).seed
    assert codes(world) == 0
