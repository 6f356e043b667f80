"""`kill -9` at every step of a save, a share, a check, a statement: all of it is there or nothing; again is the same.

One process forks a child for each step; each child works on a copy of one installation, and dies there.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from blockmrs.domain.clearances import FULL_PLAY
from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.triage.loader import load_rules
from blockmrs.fhir import check, clearance, reply
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.people.persons import Person
from tests.support.heads import answers, head_report
from tests.support.quick import quick_folder
from tests.support.world import PASSWORD, World

DRAFT = "00112233445566778899aabbccddeeff"
OF_A_BLOCK = ["signed", "head written", "head renamed", "published", "added", "committed"]
OF_A_SAVE = ["object stored", *OF_A_BLOCK, "rows begun", "rows written"]
OF_A_NEW_NAME = ["object stored", "added", "rows begun"]
SAVES = [("save", step) for step in OF_A_SAVE] + [("save for a new name", step) for step in OF_A_NEW_NAME]
OF_FACTS = ["object stored", "signed", "published", "committed", "rows written"]
FACTS = [("facts", step) for step in OF_FACTS] + [("own facts", step) for step in OF_FACTS]
TOLD = HealthFacts(date(2012, 3, 27), {"diabetes": "none"}, ("Penicillin",))
CHECKS = [("check", step) for step in OF_FACTS]
CLEARANCES = [("clearance", step) for step in OF_FACTS]
REPLIES = [("reply", step) for step in OF_FACTS]
SHARES = [("share", step) for step in ("signed", "published", "committed")]
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)

CHILDREN = """
import json, os, sys
from pathlib import Path
from tests.node import test_crash

test_crash.load_what_is_slow()
for what, step, folder in json.loads(sys.argv[1]):
    child = os.fork()
    if child == 0:
        test_crash.die_at(what, step, Path(folder))
        os._exit(0)
    print(os.WTERMSIG(os.waitpid(child, 0)[1]), flush=True)
"""


def open_world(folder: Path) -> World:
    return World(folder, lambda: NOON)


def sign_in(world: World, name: str) -> Actor:
    """Once in each world: it is what they do that is cut off, and not how they came in."""
    signed_in: dict[str, Actor] = vars(world).setdefault("signed_in", {})
    if name not in signed_in:
        actor = world.identity.actor_for(world.identity.sign_in(name, PASSWORD, ""))
        assert actor is not None
        signed_in[name] = actor
    return signed_in[name]


def do(world: World, what: str):
    """What is cut off, and what is done again afterwards."""
    coach = sign_in(world, "carol")
    if what in ("facts", "own facts"):
        mother = sign_in(world, "maria")
        return world.facts.save(mother, whose(world, mother, what), DRAFT, TOLD, "", NOON.date())
    if what == "check":
        mother = sign_in(world, "maria")
        return world.followups.save(mother, shared_report(world), DRAFT, answers(check_dizzy="a-little"))
    if what == "clearance":
        doctor, given = sign_in(world, "lee"), {"conditions": "", "note": "Slowly.", "seen_on": NOON.date()}
        return world.clearances.issue(doctor, shared_report(world), DRAFT, stage=FULL_PLAY, **given)
    if what == "reply":
        words = {"wish": "seen", "phone": "", "line": "Soon."}
        return world.replies.send(sign_in(world, "lee"), shared_report(world), DRAFT, **words)
    if what == "share":
        reports = world.reports.page_about(world.people.of(sign_in(world, "maria"))[-1])[0]
        card_id = world.organisations.directory()[0].card_id
        return world.sharing.grant(coach, reports[-1].address, card_id, "care", NOON + timedelta(days=3))
    player = world.teams.team(coach).players[0] if what == "save" else None
    return world.reports.save(coach, DRAFT, world.report(), player=player, withheld=False)


def whose(world: World, mother: Actor, what: str) -> Person:
    """The mother herself, or her child."""
    return world.people.of(mother)[0 if what == "own facts" else -1]


def load_what_is_slow() -> None:
    """Load, before the children are forked, what each of them would load for itself."""
    load_rules()
    for slow in (check._response_class, clearance._observation_class, reply._communication_class):
        slow()


def shared_report(world: World) -> str:
    """The report of a head injury that the hospital has."""
    return world.received(sign_in(world, "lee"))[0].address


def die_at(what: str, step: str, folder: Path) -> None:
    """Begin it, and be killed right after `step`."""
    world = open_world(folder)

    def die(done: str) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    world.ledger._on_step = world.ledger._sealer._on_step = die
    put, rows = world.objects.put, world.access.save_rows

    def stored(content: bytes):
        cid = put(content)
        die("object stored")
        return cid

    def began(*arguments):
        die("rows begun")
        return rows(*arguments)

    world.objects.put, world.access.save_rows = stored, began
    do(world, what)
    die("rows written")


@pytest.fixture(scope="module")
def crashed() -> Iterator[dict[tuple[str, str], Path]]:
    with quick_folder() as root:
        original = root / "original"
        world = open_world(original)
        coach, mother, doctor = (world.person(name, name.title()) for name in ("carol", "maria", "lee"))
        team = world.teams.add_player(coach, "Sam Rivers", "7", "")
        world.teams.join(mother, world.teams.invite_family(coach, team.players[0].player_id), "guardian", "")
        world.organisations.accept(doctor, world.organisations.add("North Hospital"), "")
        world.reports.save(coach, "aa" * 16, world.report(), player=team.players[0], withheld=False)
        world.engine.dispose()
        folders = {}
        for number, case in enumerate([*SAVES, *SHARES, *FACTS]):
            folders[case] = root / str(number)
            shutil.copytree(original, folders[case])
        followed = root / "followed"
        shutil.copytree(original, followed)
        share_a_head_injury(open_world(followed))
        for case in [*CHECKS, *CLEARANCES, *REPLIES]:
            folders[case] = root / "-".join(case)
            shutil.copytree(followed, folders[case])
        plan = json.dumps([[*case, str(folder)] for case, folder in folders.items()])
        path = os.pathsep.join(part for part in sys.path if part)
        done = subprocess.run(
            [sys.executable, "-c", CHILDREN, plan],
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            text=True,
            timeout=300,
            check=True,
        )
        assert done.stdout.split() == [str(int(signal.SIGKILL))] * len(folders)
        yield folders


def share_a_head_injury(world: World) -> None:
    """The hospital has a report with one check, and opened it."""
    coach, doctor = sign_in(world, "carol"), sign_in(world, "lee")
    player = world.teams.team(coach).players[0]
    address = world.reports.save(coach, "bb" * 16, head_report(NOON), player=player, withheld=False).address
    card_id = world.organisations.directory()[0].card_id
    world.sharing.grant(coach, address, card_id, "care", NOON + timedelta(days=3))
    world.sharing.acknowledge(doctor, address)
    world.followups.save(coach, address, "cc" * 16, answers(check_sick="a-lot"))
    world.engine.dispose()


def titles(world: World) -> tuple[list[str], list[str]]:
    """The addresses that the coach and the family find."""
    coach, mother = sign_in(world, "carol"), sign_in(world, "maria")
    reports = world.reports.page_about(world.people.of(mother)[-1])[0]
    return [saved.address for saved in world.reports.mine(coach)[0]], [saved.address for saved in reports]


@pytest.mark.parametrize("case", SAVES, ids=" at ".join)
def test_a_save_that_was_killed_is_there_whole_or_not_at_all_and_saving_again_is_the_same_report(crashed, case):
    what, step = case
    world = open_world(crashed[case])
    world.evidence.check_everything(lambda *_: None)
    coachs, familys = titles(world)
    published = step in ("head renamed", "published", "added", "committed", "rows begun", "rows written")
    assert len(coachs) == 1 + published
    assert familys == (coachs if what == "save" else coachs[-1:])
    saved = do(world, what)
    assert titles(world)[0] == [saved.address, coachs[-1]]
    assert not published or saved.address == coachs[0]
    assert world.reports.open(sign_in(world, "carol"), saved.address).report.note == "Landed on the back of the head."
    assert do(world, what) == saved
    checked = world.evidence.check_everything(lambda *_: None)
    # What somebody was told is saved is missed when it is gone; only the objects of a save without a block may be: the
    # author's, and the owner's.
    assert checked.unlisted == (0 if published else 1 if step == "object stored" else 2)


@pytest.mark.parametrize("case", SHARES, ids=" at ".join)
def test_a_share_that_was_killed_is_one_share_when_it_is_made_again(crashed, case):
    world = open_world(crashed[case])
    world.evidence.check_everything(lambda *_: None)
    made = do(world, "share")
    coach, mother, doctor = (sign_in(world, name) for name in ("carol", "maria", "lee"))
    address = world.reports.mine(coach)[0][0].address
    assert [share.share_id for share in world.sharing.shares(coach, address)] == [made.share_id]
    assert len(world.sharing.shares(mother, address)) == 1
    assert [item.address for item in world.received(doctor)] == [address]
    world.evidence.check_everything(lambda *_: None)


@pytest.mark.parametrize("case", FACTS, ids=" at ".join)
def test_facts_whose_save_was_killed_are_there_whole_or_not_at_all_and_saving_again_is_the_same(crashed, case):
    world = open_world(crashed[case])
    world.evidence.check_everything(lambda *_: None)
    published = case[1] in ("published", "committed", "rows written")
    person = whose(world, sign_in(world, "maria"), case[0])
    before = world.facts.history(person)
    assert len(before) == published
    saved = do(world, case[0])
    assert do(world, case[0]) == saved
    assert not published or before == [saved]
    assert world.facts.history(person) == [saved]
    assert world.facts.newest(person).facts == TOLD
    checked = world.evidence.check_everything(lambda *_: None)
    assert checked.unlisted == (0 if published else 1)


def was_published(step: str) -> bool:
    return step in ("head renamed", "published", "added", "committed", "rows written")


@pytest.mark.parametrize("case", CHECKS, ids=" at ".join)
def test_a_check_that_was_killed_is_there_whole_or_not_at_all_and_saving_again_is_the_same(crashed, case):
    world = open_world(crashed[case])
    world.evidence.check_everything(lambda *_: None)
    published, address = was_published(case[1]), shared_report(world)

    def noted(name: str) -> list[int]:
        return [made.check.noted for made in world.followups.of(sign_in(world, name), address).checks]

    for name in ("carol", "maria", "lee"):
        assert noted(name) == [1] * (1 + published), name
    made = do(world, "check")
    assert do(world, "check") == made
    for name in ("carol", "maria", "lee"):
        assert noted(name) == [1, 1], name
    assert world.evidence.check_everything(lambda *_: None).unlisted == (0 if published else 1)


@pytest.mark.parametrize("case", CLEARANCES, ids=" at ".join)
def test_a_clearance_that_was_killed_is_there_whole_or_not_at_all_and_signing_again_is_the_same(crashed, case):
    world = open_world(crashed[case])
    world.evidence.check_everything(lambda *_: None)
    published, address = was_published(case[1]), shared_report(world)

    def stated(name: str) -> list[str]:
        return [found.clearance.note for found in world.clearances.of(sign_in(world, name), address).statements]

    for name in ("carol", "maria", "lee"):
        assert stated(name) == ["Slowly."] * published, name
    made = do(world, "clearance")
    assert do(world, "clearance").statement_id == made.statement_id
    for name in ("carol", "maria", "lee"):
        assert stated(name) == ["Slowly."], name
    assert world.evidence.check_everything(lambda *_: None).unlisted == (0 if published else 1)


@pytest.mark.parametrize("case", REPLIES, ids=" at ".join)
def test_a_reply_that_was_killed_is_there_whole_or_not_at_all_and_sending_again_is_the_same(crashed, case):
    world = open_world(crashed[case])
    world.evidence.check_everything(lambda *_: None)
    published, address = was_published(case[1]), shared_report(world)

    def said(name: str) -> list[str]:
        return [one.reply.line for one in world.replies.of(sign_in(world, name), address).given]

    for name in ("carol", "maria", "lee"):
        assert said(name) == ["Soon."] * published, name
    made = do(world, "reply")
    assert do(world, "reply").reply_id == made.reply_id
    for name in ("carol", "maria", "lee"):
        assert said(name) == ["Soon."], name
    assert world.evidence.check_everything(lambda *_: None).unlisted == (0 if published else 1)
