"""Who looked at reports about somebody's people: receipts and codes, by the report, newest first, a page at a time."""

from datetime import timedelta

import pytest

from blockmrs.services.accounts.actor import Actor
from blockmrs.services.lines import contents
from blockmrs.services.lines.contents import ListPlace
from blockmrs.services.sharing.who_looked import Looks, WhoLooked
from tests.conftest import StillClock
from tests.services.test_story import guardian, member, save, share
from tests.support.world import World, staged


@pytest.fixture
@staged
def maria(world: World, carol: Actor) -> Actor:
    save(world, carol)
    return guardian(world, carol)


@pytest.fixture
@staged
def lee(world: World, maria: Actor) -> Actor:
    return member(world, "lee", "North Hospital")


def page(world: World, actor: Actor, before=None) -> Looks:
    looked = WhoLooked(world.mailbox, world.sharing, world.codes)
    return looked.page(actor, world.people.of(actor), before)


def shared(world: World, carol: Actor, number: int) -> str:
    address = save(world, carol, draft=f"{number:032x}").address
    share(world, carol, address)
    return address


def test_before_anybody_looked_there_is_nothing_to_see(world: World, carol: Actor, maria: Actor, lee: Actor) -> None:
    shared(world, carol, 1)
    assert page(world, maria) == Looks([], [], None)


def test_each_opening_stands_with_its_report_and_whom_that_is_about_newest_first(
    world: World, carol: Actor, maria: Actor, lee: Actor, clock: StillClock
) -> None:
    first, second = shared(world, carol, 1), shared(world, carol, 2)
    for address in (second, first):
        clock.advance(timedelta(minutes=1))
        world.sharing.acknowledge(lee, address)
    looks = page(world, maria).looks
    assert [(look.address, look.about, look.receipt.reader) for look in looks] == [
        (first, "Sam Rivers", "Dr Lee"), (second, "Sam Rivers", "Dr Lee")
    ]  # fmt: skip
    assert looks[0].receipt.at == clock()


def test_the_reports_shared_last_are_on_the_first_page_and_each_on_one(
    world: World, carol: Actor, maria: Actor, lee: Actor, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "LIST_PAGE", 3)
    addresses = []
    for number in range(5):
        clock.advance(timedelta(minutes=1))
        addresses.append(shared(world, carol, number))
    # Shared once more, the first is among the newest.
    south = member(world, "otto", "South Hospital")
    clock.advance(timedelta(minutes=1))
    hospitals = {entry.name: entry.card_id for entry in world.organisations.directory()}
    world.sharing.grant(carol, addresses[0], hospitals["South Hospital"], "care", clock() + timedelta(days=1))
    for number, address in enumerate(addresses):
        world.sharing.acknowledge(lee if number else south, address)
    newest = page(world, maria)
    assert {look.address for look in newest.looks} == {addresses[0], *addresses[3:]}
    assert newest.older is not None
    assert newest.older.second == 0, "reports shared at one moment are told apart by what they are, not by a place"
    oldest = page(world, maria, newest.older)
    assert {look.address for look in oldest.looks} == {addresses[1], addresses[2]}
    assert oldest.older is None


def test_a_code_that_was_opened_is_told_on_the_first_page_alone_and_one_that_was_not_is_not(
    world: World, carol: Actor, maria: Actor, lee: Actor, clock: StillClock
) -> None:
    opened, unopened = shared(world, carol, 1), shared(world, carol, 2)
    code = world.codes.make(carol, opened)
    world.codes.make(carol, unopened)
    assert page(world, maria).codes == []
    world.codes.open_qr(code.qr_secret, "")
    (look,) = page(world, maria).codes
    assert (look.address, look.about, look.code.first_opened, look.code.typed) == (opened, "Sam Rivers", clock(), None)
    world.codes.stop(carol, opened)
    assert [look.address for look in page(world, maria).codes] == [opened]
    world.sharing.acknowledge(lee, opened)
    first = page(world, maria)
    assert len(first.looks) == 1
    assert page(world, maria, ListPlace(2**40, 0, bytes(16))).codes == []


def test_a_code_of_a_report_about_somebody_else_is_not_told(
    world: World, carol: Actor, maria: Actor, lee: Actor
) -> None:
    team = world.teams.team(carol)
    team = world.teams.add_player(carol, "Tom Hill", "8", team.version)
    tom = next(player for player in team.players if player.name == "Tom Hill")
    address = world.reports.save(carol, "ee" * 16, world.report("Tom Hill"), player=tom).address
    world.codes.open_qr(world.codes.make(carol, address).qr_secret, "")
    assert page(world, maria).codes == []
