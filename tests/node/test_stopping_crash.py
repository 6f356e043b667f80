"""`kill -9` at each step of sealing anew: who remains always reads, who was stopped never reads more, again finishes.

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

from blockmrs.cid import Cid
from blockmrs.crypto.envelope import open_object
from blockmrs.domain.sharing import Pointer
from blockmrs.errors import Ended, ObjectMissing
from tests.support.heads import answers, head_report
from tests.support.quick import quick_folder
from tests.support.world import PASSWORD, World

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
BEFORE_BLOCK = ["object stored", "signed", "head written"]
AFTER_BLOCK = ["head renamed", "published", "added", "committed", "rows written"]
LETTING_GO = ["put aside", "on the list", "dropped"]
STEPS = [*BEFORE_BLOCK, *AFTER_BLOCK, *LETTING_GO]

CHILDREN = """
import json, os, sys
from pathlib import Path
from tests.node import test_crash, test_stopping_crash

test_crash.load_what_is_slow()
for step, folder in json.loads(sys.argv[1]):
    child = os.fork()
    if child == 0:
        test_stopping_crash.die_at(step, Path(folder))
        os._exit(0)
    print(os.WTERMSIG(os.waitpid(child, 0)[1]), flush=True)
"""


def open_world(folder: Path) -> World:
    return World(folder, lambda: NOON)


def sign_in(world: World, name: str):
    actor = world.identity.actor_for(world.identity.sign_in(name, PASSWORD, ""))
    assert actor is not None
    return actor


def address_of(world: World) -> str:
    (saved,) = world.reports.page_about(world.people.of(sign_in(world, "maria"))[-1])[0]
    return saved.address


def die_at(step: str, folder: Path) -> None:
    """Go on with what was stopped, and be killed right after `step`."""
    world = open_world(folder)
    mother, address = sign_in(world, "maria"), address_of(world)

    def die(done: str) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    world.ledger._on_step = world.ledger._sealer._on_step = die
    world.leaving._on_step = die
    put, let_go = world.objects.put, world.leaving.let_go

    def stored(content: bytes):
        cid = put(content)
        die("object stored")
        return cid

    def letting_go(*arguments):
        die("rows written")
        let_go(*arguments)

    world.objects.put = stored
    world.leaving.let_go = letting_go
    world.sealing_anew.go_on(mother, address)


@pytest.fixture(scope="module")
def crashed() -> Iterator[dict[str, Path]]:
    with quick_folder() as root:
        original = root / "original"
        world = open_world(original)
        coach, mother, lee, otto = (world.person(name, name.title()) for name in ("carol", "maria", "lee", "otto"))
        team = world.teams.add_player(coach, "Sam Rivers", "7", "")
        world.teams.join(mother, world.teams.invite_family(coach, team.players[0].player_id), "guardian", "")
        for clinician, name in ((lee, "North Hospital"), (otto, "South Hospital")):
            world.organisations.accept(clinician, world.organisations.add(name), "")
        address = world.reports.save(coach, "aa" * 16, head_report(NOON), player=team.players[0]).address
        shares = {
            entry.name: world.sharing.grant(mother, address, entry.card_id, "care", NOON + timedelta(days=3))
            for entry in world.organisations.directory()
        }
        world.followups.save(mother, address, "bb" * 16, answers())
        world.sharing.acknowledge(otto, address)
        kept = [access.grant.object for access in world.access.received(lee, bytes.fromhex(address))]
        (root / "kept").write_text(json.dumps([[str(one.cid), one.seed.hex()] for one in kept if one]))
        world.sharing.stop(mother, address, shares["North Hospital"].share_id)
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


def kept_by_lee(folder: Path) -> Pointer:

    ((cid, seed),) = json.loads((folder.parent / "kept").read_text())
    return Pointer(Cid.parse(cid), bytes.fromhex(seed))


def opens(world: World, pointer: Pointer) -> bool:
    try:
        open_object(world.objects.get(pointer.cid), pointer.seed, chain_id=world.ledger.chain_id)
    except ObjectMissing:
        return False
    return True


def reads_as_before(world: World, address: str) -> None:
    """Everybody who remains reads report and check; who was stopped reads neither."""
    for name in ("carol", "maria"):
        assert world.reports.open(sign_in(world, name), address).report.player == "Sam Rivers"
        assert len(world.followups.of(sign_in(world, name), address).checks) == 1
    otto = sign_in(world, "otto")
    assert world.sharing.open_shared(otto, address) is not None
    assert len(world.followups.of(otto, address).checks) == 1
    with pytest.raises(Ended):
        world.sharing.open_shared(sign_in(world, "lee"), address)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_it_goes_on_at_the_next_visit(crashed, step):
    world = open_world(crashed[step])
    address, kept = address_of(world), kept_by_lee(crashed[step])
    reads_as_before(world, address)
    assert opens(world, kept) is (step in [*BEFORE_BLOCK, *AFTER_BLOCK, "put aside"])
    mother, size = sign_in(world, "maria"), world.ledger.size
    progress = world.sealing_anew.progress(mother, address)
    assert (progress.done, progress.total) == (0, 0 if step in ("on the list", "dropped") else 2)
    assert world.sealing_anew.go_on(mother, address).is_finished
    reads_as_before(world, address)
    assert not opens(world, kept)
    # The report and its check, each for the family and for who remains; and nothing of it twice.
    assert world.ledger.size - size == (4 if step in BEFORE_BLOCK else 0)
    world.leaving.sweep(0)
    checked = world.evidence.check_everything(lambda *_: None)
    assert checked.unlisted == {"object stored": 1, "signed": 2, "head written": 2}.get(step, 0)
