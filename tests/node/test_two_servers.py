"""What may happen once happens once, and what is counted is counted whole, whichever of two servers it reaches."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from blockmrs.domain.clearances import FULL_PLAY
from blockmrs.domain.facts import HealthFacts
from blockmrs.errors import BlockMRSError, Conflict, InvalidInput, NotFound, TooManyAttempts
from blockmrs.model.accounts import AccountRow, SetupTokenRow
from blockmrs.model.throttle import ThrottleRow
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.accounts.identity import MOST_SETUP_TOKENS
from blockmrs.services.people.persons import ME
from blockmrs.services.sharing.crew_codes import MAX_WRONG
from tests.support.at_least import at_least
from tests.support.heads import answers, head_report
from tests.support.world import PASSWORD, World

DRAFT = "00112233445566778899aabbccddeeff"


@pytest.fixture(scope="module")
def coach(worlds) -> Actor:
    world = worlds[0]
    coach = world.person("carol", "Carol Coach")
    world.teams.add_player(coach, "Sam Rivers", "7", world.teams.team(coach).version)
    return coach


@pytest.fixture(scope="module")
def doctor(worlds) -> Actor:
    world = worlds[0]
    doctor = world.person("lee", "Dr Lee")
    world.organisations.accept(doctor, world.organisations.add("North Hospital"), "")
    return doctor


@pytest.fixture(scope="module")
def address(worlds, coach, doctor) -> str:
    """A report of a head injury, which the hospital has opened."""
    world = worlds[0]
    player = world.teams.team(coach).players[0]
    address = world.reports.save(coach, "aa" * 16, head_report(world.clock()), player=player).address
    share(world, coach, address)
    world.sharing.acknowledge(doctor, address)
    return address


def share(world: World, coach: Actor, address: str) -> str:
    until = world.clock() + timedelta(days=3)
    card_id = world.organisations.directory()[0].card_id
    return world.sharing.grant(coach, address, card_id, "care", until).share_id


def at_once(worlds: tuple[World, World], press: Callable[[World], Any], times: int = 1) -> list[Any]:
    """What came of pressing in both servers at one moment, `times` times in each: answers, or our own errors."""
    start, found = threading.Barrier(2 * times), []

    def one(world: World) -> None:
        start.wait()
        try:
            found.append(press(world))
        except BlockMRSError as error:
            found.append(error)

    threads = [threading.Thread(target=one, args=(world,)) for world in worlds for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_one_pressing_of_each_save_is_one_thing(worlds, coach, doctor, address) -> None:
    first, _ = worlds
    me = first.people.find(coach, ME)

    def facts(world: World) -> str:
        return world.facts.save(coach, me, DRAFT, HealthFacts(allergies=("Latex",)), "", world.clock().date()).version

    def clearance(world: World) -> str:
        given = {"seen_on": world.clock().date(), "conditions": "", "note": ""}
        return world.clearances.issue(doctor, address, DRAFT, stage=FULL_PLAY, **given).statement_id

    def reply(world: World) -> str:
        return world.replies.send(doctor, address, DRAFT, wish="seen", phone="", line="").reply_id

    presses: dict[str, Callable[[World], Any]] = {
        "report": lambda world: world.reports.save(coach, DRAFT, world.report()).address,
        "facts": facts,
        "check": lambda world: world.followups.save(coach, address, DRAFT, answers()).check_id,
        "clearance": clearance,
        "reply": reply,
        "share": lambda world: share(world, coach, address),
        "code": lambda world: world.codes.make(coach, address).typed,
    }
    with at_least(7) as case:
        for what, press in presses.items():
            with case(what):
                one, other = at_once(worlds, press)
                assert one == other
                assert isinstance(one, str)
    first.evidence.check_everything(lambda *_: None)


def test_a_save_that_was_cut_off_is_the_same_report_however_much_was_saved_since(worlds, coach, monkeypatch) -> None:
    (first, second), draft = worlds, "bb" * 16

    def die(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr(first.access, "save_rows", die)
    with pytest.raises(KeyError):
        first.reports.save(coach, draft, first.report("Kim"))
    monkeypatch.undo()
    others = [second.reports.save(coach, f"{number:032x}", second.report()).address for number in range(5)]
    size = second.ledger.size
    again = second.reports.save(coach, draft, second.report("Kim"))
    assert again.address not in others
    assert first.reports.open(coach, again.address).report.player == "Kim"
    assert second.ledger.size == size
    first.evidence.check_everything(lambda *_: None)


def test_a_roster_that_two_servers_change_at_once_is_changed_once(worlds, coach) -> None:
    version, before = worlds[0].teams.team(coach).version, len(worlds[0].teams.team(coach).players)
    found = at_once(worlds, lambda world: world.teams.add_player(coach, "Ada Lind", "14", version))
    assert sum(isinstance(one, Conflict) for one in found) == 1
    assert len(worlds[1].teams.team(coach).players) == before + 1


def test_one_user_name_is_one_account(worlds) -> None:
    found = at_once(worlds, lambda world: world.identity.sign_up("twin", "Twin", PASSWORD))
    assert sum(isinstance(one, InvalidInput) for one in found) == 1
    assert worlds[1].identity.sign_in("twin", PASSWORD, "")


def test_one_set_up_token_makes_one_administrator(worlds) -> None:
    """Each server announces one; whichever is used, all of them are used up."""
    token, names = worlds[0].identity.make_setup_token(others_stay=True), iter(("root", "toor"))
    worlds[1].identity.make_setup_token(others_stay=True)
    found = at_once(worlds, lambda world: world.identity.set_up(token, next(names), "Operator", PASSWORD, ""))
    assert sum(isinstance(one, Conflict) for one in found) == 1
    with worlds[0].database.read() as rows:
        assert rows.query(AccountRow).where(AccountRow.is_admin).count() == 1
        assert rows.query(SetupTokenRow).count() == 0


def test_a_token_that_the_operator_asks_for_is_the_only_one_and_announced_ones_are_few(worlds) -> None:
    tokens = [worlds[0].identity.make_setup_token(others_stay=True) for _ in range(2 * MOST_SETUP_TOKENS + 1)]
    assert len(set(tokens)) == len(tokens)
    with worlds[0].database.read() as rows:
        assert rows.query(SetupTokenRow).count() <= MOST_SETUP_TOKENS
    worlds[1].identity.make_setup_token()
    with worlds[0].database.read() as rows:
        assert rows.query(SetupTokenRow).count() == 1


def test_wrong_tries_at_a_crews_code_count_in_both(worlds, coach, address) -> None:
    code = worlds[0].codes.make(coach, address).typed
    assert code is not None
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    found = at_once(worlds, lambda world: world.codes.open_typed(wrong, "a stranger"), times=MAX_WRONG // 2)
    assert all(isinstance(one, NotFound) for one in found)
    status = worlds[1].codes.status(coach, address)
    assert status is not None
    assert (status.typed, status.wrong_tries) == (None, MAX_WRONG)


def test_tries_count_in_both(worlds) -> None:
    def count(world: World) -> None:
        world.throttle.count("door", "knocker", limit=5, window=timedelta(minutes=15))

    found = at_once(worlds, count, times=4)
    assert sum(isinstance(one, TooManyAttempts) for one in found) == 3
    with worlds[0].database.read() as rows:
        assert 5 in [row.tries for row in rows.query(ThrottleRow)]


def test_no_doorbell_token_is_handed_out_twice_and_few_are_topped_up_once(worlds, doctor) -> None:
    first, _ = worlds
    card_id = first.organisations.directory()[0].card_id
    issued = first.organisations.doorbell_issued(card_id)
    taken = at_once(worlds, lambda world: [world.organisations.take_token(card_id).slot for _ in range(26)])
    slots = [slot for some in taken for slot in some]
    assert len(set(slots)) == len(slots)
    (held,) = first.organisations.memberships(doctor)
    at_once(worlds, lambda world: world.organisations.top_up(held))
    assert first.organisations.doorbell_issued(card_id) == issued + 64
