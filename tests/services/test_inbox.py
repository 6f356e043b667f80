"""What an inbox says of everything that arrived, and in which order: each list whole, and each number right."""

from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.cid import Cid
from blockmrs.domain.senders import Standing
from blockmrs.errors import NotFound
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.lines.contents import ListPlace
from blockmrs.services.sharing.inbox import (
    OF_ONE_STRANGER,
    STRANGERS_FIRST,
    BlockedSender,
    FirstPage,
    Page,
    SenderPage,
    Strangers,
)
from tests.services.test_story import member
from tests.support.world import World, staged

DAY = timedelta(days=1)


@pytest.fixture
@staged
def dan(world: World) -> Actor:
    return world.person("dan", "Dan Coach")


class Sending:
    """Numbers reports, so that each has a form of its own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.number = 0

    def __call__(self, coach: Actor, level: int = 3, to: str = "North Hospital", lasts: timedelta = 30 * DAY) -> str:
        """A report of the coach's at that level, shared with one hospital a minute after whatever came before."""
        world = self.world
        self.number += 1
        world.clock.advance(timedelta(minutes=1))
        team = world.teams.team(coach)
        if not team.players:
            team = world.teams.add_player(coach, "Sam Rivers", "7", team.version)
        address = world.reports.save(
            coach, f"{self.number:032x}", world.report(level=level), player=team.players[0], withheld=False
        ).address
        hospital = next(entry.card_id for entry in world.organisations.directory() if entry.name == to)
        world.sharing.grant(coach, address, hospital, "care", world.clock() + lasts)
        return address


@pytest.fixture
def send(world: World, lee: Actor) -> Sending:
    return Sending(world)


def first(world: World, actor: Actor, before: ListPlace | None = None) -> FirstPage:
    return world.inbox.first(actor, before, [])


def addresses(page: Page) -> list[str]:
    return [item.address for item in page.items]


def know(world: World, actor: Actor, address: str) -> str:
    """Opening a report of theirs makes a sender known; returns the sender's id."""
    world.sharing.acknowledge(actor, address)
    return world.sharing.cover(actor, address).sender_id


def test_an_empty_inbox_says_where_one_is_and_that_nothing_came(world, lee) -> None:
    nothing = Page([], None, {})
    assert first(world, lee) == FirstPage(["North Hospital"], nothing, Strangers(0, 0, None), nothing, 0, 0)
    assert (world.inbox.unknown(lee, None, []), world.inbox.ended(lee, None, [])) == (nothing, nothing)
    assert world.inbox.blocked(lee, []) == []


def test_known_senders_strangers_ended_and_blocked_are_each_counted_once(world, lee, carol, dan, clock, send) -> None:
    know(world, lee, send(carol, lasts=DAY))
    old = first(world, lee).known.items[0].address
    nina, mallory = world.person("nina", "Nina"), world.person("mallory", "Mallory")
    blocked = send(mallory, 1)
    send(mallory, 2)
    world.inbox.decide(lee, world.sharing.cover(lee, blocked).sender_id, Standing.BLOCKED)
    clock.advance(DAY)
    new = send(carol, 2)
    few = [send(dan, 1), send(dan, 2)]
    last = send(nina, 1)
    came_at = clock()
    page = first(world, lee)
    assert addresses(page.known) == [new]
    assert page.strangers == Strangers(3, 2, came_at)
    assert addresses(page.some) == [last, few[0], few[1]]
    assert (page.ended, page.blocked) == (1, 1)
    assert addresses(world.inbox.ended(lee, None, [])) == [old]
    assert (page.known.more, page.some.more) == ({}, {})


def test_an_urgent_report_stands_first_and_of_equals_the_newest(world, lee, carol, send) -> None:
    know(world, lee, send(carol, 4))
    sent = {level: [send(carol, level), send(carol, level)] for level in (2, 1, 3)}
    expected = [address for level in (1, 2, 3) for address in reversed(sent[level])]
    known = first(world, lee).known
    assert addresses(known)[:6] == expected
    assert [item.level for item in known.items] == [1, 1, 2, 2, 3, 3, 4]


def test_news_is_what_nobody_opened_since_then_of_known_senders_and_of_strangers(
    world, lee, carol, dan, clock, send
) -> None:
    know(world, lee, send(carol))
    old = send(carol)
    clock.advance(DAY)
    since = clock()
    opened, new, strange = send(carol), send(carol), send(dan)
    world.sharing.acknowledge(lee, opened)
    gaps: list[str] = []
    assert [item.address for item in world.inbox.unopened(lee, since, gaps)] == [new, strange]
    assert [item.address for item in world.inbox.unopened(lee, since - 2 * DAY, gaps)] == [new, old, strange]
    assert gaps == []


def test_what_has_ended_stands_by_the_log_however_urgent_it_was(world, lee, carol, clock, send) -> None:
    sent = [send(carol, level, lasts=DAY) for level in (1, 3, 2)]
    clock.advance(DAY)
    page = world.inbox.ended(lee, None, [])
    assert addresses(page) == sent[::-1]
    assert [item.active for item in page.items] == [False] * 3
    assert first(world, lee).strangers == Strangers(0, 0, None)


def test_of_each_stranger_a_list_shows_the_three_most_urgent_and_says_how_many_more(
    world, lee, carol, dan, send
) -> None:
    calm, urgent = [send(carol, 4) for _ in range(3)], [send(carol, 1) for _ in range(2)]
    other = [send(dan, 2) for _ in range(OF_ONE_STRANGER)]
    page = world.inbox.unknown(lee, None, [])
    assert addresses(page) == [*urgent[::-1], *other[::-1], calm[-1]]
    sender_id = page.items[0].sender_id
    assert page.more == {sender_id: 2}
    assert (OF_ONE_STRANGER, STRANGERS_FIRST) == (3, 5)
    assert addresses(first(world, lee).some) == addresses(page)[:STRANGERS_FIRST]
    assert first(world, lee).strangers.number == 8
    assert addresses(world.inbox.sender(lee, sender_id, None, []).page) == [*urgent[::-1], *calm[::-1]]


def test_a_strangers_page_says_who_they_say_they_are_and_what_they_are_to_the_hospital(
    world, lee, dan, clock, send
) -> None:
    gone = send(dan, 1, lasts=DAY)
    sender_id = world.sharing.cover(lee, gone).sender_id
    clock.advance(DAY)
    runs = send(dan, 2)
    shown = world.inbox.sender(lee, sender_id, None, [])
    assert shown == SenderPage(sender_id, "Dan Coach", True, "", "North Hospital", Standing.UNKNOWN, shown.page)
    assert addresses(shown.page) == [runs]
    assert addresses(world.inbox.sender(lee, sender_id, ListPlace(2, 0, bytes(16)), []).page) == []
    for standing in (Standing.BLOCKED, Standing.KNOWN):
        world.inbox.decide(lee, sender_id, standing)
        assert world.inbox.sender(lee, sender_id, None, []).standing is standing


def test_a_sender_is_called_as_in_what_they_sent_last(world, lee, dan, clock, send) -> None:
    sender_id = world.sharing.cover(lee, send(dan)).sender_id
    send(replace(dan, display_name="Dr Lee"))
    shown = world.inbox.sender(lee, sender_id, None, [])
    assert (shown.name, shown.is_claimed, shown.imitated) == ("Dr Lee", True, "Dr Lee")
    world.inbox.decide(lee, sender_id, Standing.BLOCKED)
    assert [one.name for one in world.inbox.blocked(lee, [])] == ["Dr Lee"]


def test_the_blocked_are_listed_by_name_whatever_their_letters(world, lee, send) -> None:
    senders = [world.person(name, shown) for name, shown in (("bert", "bert"), ("anna", "Anna"), ("carl", "Carl"))]
    ids = {}
    for sender in senders:
        ids[sender.display_name] = world.sharing.cover(lee, send(sender)).sender_id
        world.inbox.decide(lee, ids[sender.display_name], Standing.BLOCKED)
    send(senders[2], 1)
    assert world.inbox.blocked(lee, []) == [
        BlockedSender(ids[name], name, True, "North Hospital", number)
        for name, number in (("Anna", 1), ("bert", 1), ("Carl", 2))
    ]
    page = first(world, lee)
    assert (page.blocked, page.strangers.number, page.known.items) == (3, 0, [])


def test_a_member_of_a_listed_organisation_can_be_blocked_and_is_called_by_the_directorys_name(
    world, lee, send
) -> None:
    otto = member(world, "otto", "South Hospital")
    address = send(otto)
    sender_id = world.sharing.cover(lee, address).sender_id
    assert addresses(first(world, lee).known) == [address]
    world.inbox.decide(lee, sender_id, Standing.BLOCKED)
    (blocked,) = world.inbox.blocked(lee, [])
    assert (blocked.name, blocked.is_claimed) == ("Dr Otto, South Hospital", False)
    assert first(world, lee).known.items == []


def test_who_works_at_two_hospitals_sees_both_and_decides_for_each(world, lee, carol, send) -> None:
    world.organisations.accept(lee, world.organisations.add("South Hospital"), "")
    north, south = send(carol), send(carol, to="South Hospital")
    page = first(world, lee)
    assert sorted(page.organisations) == ["North Hospital", "South Hospital"]
    assert [(item.address, item.organisation) for item in page.some.items] == [
        (south, "South Hospital"), (north, "North Hospital")
    ]  # fmt: skip
    ids = {item.organisation: item.sender_id for item in page.some.items}
    world.inbox.decide(lee, ids["North Hospital"], Standing.BLOCKED)
    assert [one.organisation for one in world.inbox.blocked(lee, [])] == ["North Hospital"]
    assert addresses(first(world, lee).some) == [south]
    world.inbox.decide(lee, ids["South Hospital"], Standing.BLOCKED)
    assert first(world, lee).blocked == 2
    shown = world.inbox.sender(lee, ids["South Hospital"], None, [])
    assert (shown.organisation, addresses(shown.page)) == ("South Hospital", [south])


def test_an_unknown_sender_has_no_page_and_is_not_decided_about(world, lee, carol, send) -> None:
    send(carol)
    size = world.ledger.size
    with pytest.raises(NotFound):
        world.inbox.sender(lee, "00" * 16, None, [])
    with pytest.raises(NotFound):
        world.inbox.decide(lee, "00" * 16, Standing.BLOCKED)
    assert world.ledger.size == size


def test_lists_go_on_where_their_page_ended(world, lee, carol, dan, clock, send, monkeypatch) -> None:
    monkeypatch.setattr("blockmrs.services.lines.contents.LIST_PAGE", 2)
    know(world, lee, send(carol, lasts=DAY))
    for _ in range(2):
        send(carol, lasts=DAY)
    clock.advance(DAY)
    known = [send(carol) for _ in range(3)]
    strange = [send(dan) for _ in range(3)]
    lists = {
        "known": (known, lambda before: first(world, lee, before).known),
        "unknown": (strange, lambda before: world.inbox.unknown(lee, before, [])),
        "ended": (None, lambda before: world.inbox.ended(lee, before, [])),
        "sender": (strange, lambda before: world.inbox.sender(lee, first(world, lee).some.items[0].sender_id,
                                                              before, []).page),
    }  # fmt: skip
    for name, (expected, page_of) in lists.items():
        newest = page_of(None)
        oldest = page_of(newest.older)
        assert (len(newest.items), len(oldest.items), oldest.older) == (2, 1, None), name
        if expected is not None:
            assert addresses(newest) + addresses(oldest) == expected[::-1], name
    # An older link still leads to where its list ended: urgent first, or by the log alone.
    starts = [page_of(None).older.first for _, page_of in lists.values()]
    assert starts == [4 - 3, 4 - 3, 0, 4 - 3]
    # However far one has paged among the known, the few strangers are shown from the newest.
    assert addresses(first(world, lee, first(world, lee).known.older).some) == strange[:0:-1]


def test_a_report_whose_text_is_not_here_is_marked_in_every_list(world, lee, carol, send, monkeypatch) -> None:
    gone, there = send(carol), send(carol)
    access = world.access.find(carol, bytes.fromhex(gone))
    assert access is not None
    assert access.grant.object is not None
    lost = access.grant.object.cid
    monkeypatch.setattr(world.reports, "lacking", lambda cids: {cid for cid in cids if cid == lost})
    assert {item.address: item.lost for item in first(world, lee).some.items} == {gone: True, there: False}


def test_keys_of_a_hospital_that_are_not_here_are_told_and_the_others_inbox_is_shown(world, lee, carol, send) -> None:
    world.organisations.accept(lee, world.organisations.add("South Hospital"), "")
    send(carol)
    south = send(carol, to="South Hospital")
    (north,) = [held for held in world.organisations.memberships(lee) if held.label == "North Hospital"]
    doorbell = world.mailbox.line_by_anyone(lee.keyring.doorbell_line, lee.keyring)
    secrets: list[Cid] = [
        appointment.secret.cid for card, appointment in doorbell.appointments if card == north.keyring.card.id
    ]
    for cid in secrets:
        for path in (world.folder / "objects").rglob("*"):
            if path.is_file() and str(cid) in path.name:
                path.unlink()
    for listed in (
        lambda lost: world.inbox.first(lee, None, lost).some,
        lambda lost: world.inbox.unknown(lee, None, lost),
        lambda lost: world.inbox.sender(lee, world.sharing.cover(lee, south).sender_id, None, lost).page,
    ):
        lost: list[str] = []
        assert addresses(listed(lost)) == [south]
        assert lost == ["member"]
    for quiet in (world.inbox.ended, lambda actor, _, lost: world.inbox.blocked(actor, lost)):
        lost = []
        quiet(lee, None, lost)
        assert lost == ["member"]


def test_one_report_more_than_the_three_is_told_too(world, lee, carol, send) -> None:
    for _ in range(OF_ONE_STRANGER + 1):
        send(carol)
    assert list(world.inbox.unknown(lee, None, []).more.values()) == [1]


def test_of_a_report_that_is_not_where_it_was_nothing_is_said(world, lee, carol, send, monkeypatch) -> None:
    sender_id = world.sharing.cover(lee, send(carol)).sender_id
    monkeypatch.setattr(world.access, "access_to", lambda _: None)
    shown = world.inbox.sender(lee, sender_id, None, [])
    assert (shown.name, shown.is_claimed, shown.imitated, shown.page.items) == ("", True, "", [])
    page = first(world, lee)
    assert (page.some.items, page.strangers.number) == ([], 1)
