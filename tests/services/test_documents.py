"""What the documents claim is what the program does: here what a block's size tells, and that a snapshot forks."""

import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from blockmrs.domain.facts import HealthFacts
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.people.persons import ME
from tests.conftest import StillClock
from tests.services.test_story import guardian, member, save, share
from tests.support.world import World

LONGER = timedelta(days=31)
"""More than the coach's share lasts, which would serve the family too."""
DOCS = Path(__file__).parents[2] / "docs"


def test_each_act_is_a_block_of_the_size_that_the_threat_model_says(tmp_path: Path, clock: StillClock) -> None:
    world = World(tmp_path, clock)
    carol, doctor = world.person("carol", "Carol Coach"), member(world, "lee", "North Hospital")
    saved = save(world, carol)
    found: dict[str, int] = {}

    def count(name: str, act: Callable[[], object]) -> None:
        head = world.ledger.head()
        act()
        after = world.ledger.head()
        assert after.height == head.height + 1, f"{name} is one block"
        found[name] = after.tree_size - head.tree_size

    def stop() -> None:
        running = next(entry for entry in world.sharing.shares(carol, saved.address) if entry.active)
        world.sharing.stop(carol, saved.address, running.share_id)

    me = world.people.find(carol, ME)
    count("saving a report about a player of the roster", lambda: save(world, carol, draft="ff" * 16))
    count("saving health facts", lambda: world.facts.save(carol, me, "ee" * 16, HealthFacts(), "", clock().date()))
    maria = guardian(world, carol)
    count_facts(world, maria, count)
    count("sharing with an organisation, for the first time", lambda: share(world, carol, saved.address))
    count("opening what was shared", lambda: world.sharing.acknowledge(doctor, saved.address))
    count("stopping a share", stop)
    count("sharing with it again", lambda: share(world, carol, saved.address))
    hospital, until = world.organisations.directory()[0], clock() + LONGER

    def send() -> None:
        world.sharing.grant(maria, saved.address, hospital.card_id, "care", until)

    def stop_as_family() -> None:
        sent = next(entry for entry in world.sharing.shares(maria, saved.address) if entry.from_family)
        world.sharing.stop(maria, saved.address, sent.share_id)

    count("sharing by the family, for the first time", send)
    count("stopping a share by the family", stop_as_family)
    count("sharing by the family again", send)
    table = re.findall(r"^\| ([a-z][a-z ,']+) \| ([0-9]+) \|$", (DOCS / "protocol.md").read_text("utf-8"), re.MULTILINE)
    assert {name: int(number) for name, number in table} == found


def count_facts(world: World, maria: Actor, count: Callable[[str, Callable[[], object]], None]) -> None:
    """What the blocks of facts that go along with a coach's reports show."""
    sam, facts = world.people.of(maria)[-1], HealthFacts(no_allergies=True)
    today = world.clock().date()
    saved = world.facts.save(maria, sam, "dd" * 16, HealthFacts(), "", today)
    yes = "saying that some go along with a coach's reports"
    count(yes, lambda: world.crew_facts.turn_on(maria, sam.handle, saved))
    again = "saving facts of which some go along"
    count(again, lambda: world.facts.save(maria, sam, "cc" * 16, facts, saved.version, today))
    world.crew_facts.turn_off(maria, sam.handle)


def test_a_machine_that_is_put_back_whole_signs_a_height_twice_and_the_documents_say_so(
    tmp_path: Path, clock: StillClock
) -> None:
    """Nothing here notices: only who kept the first header can."""
    here, snapshot = tmp_path / "here", tmp_path / "snapshot"
    here.mkdir()
    world = World(here, clock)
    world.person("carol", "Carol Coach")
    world.database.rest()
    shutil.copytree(here, snapshot)
    heads = []
    for name in ("dan", "eve"):
        world = World(here, clock)
        world.person(name, "Somebody")
        heads.append(world.ledger.head())
        world.ledger.check_everything()
        world.database.rest()
        shutil.rmtree(here)
        shutil.copytree(snapshot, here)
    assert heads[0].height == heads[1].height
    assert heads[0].digest != heads[1].digest
    for document in ("protocol.md", "protocol/02-chain.md", "adr/0008-a-restore-never-moves-the-head-back.md"):
        assert "snapshot" in (DOCS / document).read_text("utf-8")


@pytest.mark.parametrize("document", sorted(path for path in DOCS.rglob("*.md")), ids=lambda path: path.name)
def test_no_document_promises_that_a_log_never_forks(document: Path) -> None:
    text = " ".join(document.read_text("utf-8").split()).lower()
    assert not re.search(r"never fork|cannot fork|one chain has one history", text)
