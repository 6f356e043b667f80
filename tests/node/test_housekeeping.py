"""What is over is erased, soon after it ends."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from blockmrs.errors import NotAuthenticated, NotFound
from blockmrs.model.accounts import KnownBrowserRow, SessionRow
from blockmrs.model.codes import InvitationRow, ReportCodeRow
from blockmrs.model.objects import VisitRow
from blockmrs.model.throttle import ThrottleRow
from blockmrs.services.node.clock_watch import ClockWatch
from blockmrs.services.node.housekeeping import Housekeeper, Housekeeping
from tests.support.world import PASSWORD, World

TABLES = (ReportCodeRow, SessionRow, InvitationRow, ThrottleRow)


def counts(world: World) -> list[int]:
    with world.database.read() as rows:
        return [rows.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES]


def lived_in(tmp_path, clock) -> World:
    world = World(tmp_path, clock)
    carol = world.person("carol", "Carol Coach")
    saved = world.reports.save(carol, "ab" * 16, world.report(), player=None, withheld=False)
    world.codes.make(carol, saved.address)
    world.organisations.add("North Hospital")
    with pytest.raises(NotAuthenticated):
        world.identity.sign_in("carol", "wrong wrong wrong", "somewhere")
    return world


class Watched:
    """A world whose time passes for its clock alone, or for its seconds too."""

    def __init__(self, world: World, clock) -> None:
        self.clock, self.seconds = clock, 0.0
        self.keeper = Housekeeping(world.database, ClockWatch(world.ledger, clock, lambda: self.seconds))

    def passes(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.seconds += by.total_seconds()


@pytest.fixture
def world(tmp_path, clock) -> World:
    return lived_in(tmp_path, clock)


@pytest.fixture
def watched(world, clock) -> Watched:
    return Watched(world, clock)


def test_nothing_is_erased_before_its_time(world, watched):
    before = counts(world)
    assert all(before)
    assert watched.keeper.erase_expired() == 0
    assert counts(world) == before


def test_everything_that_is_over_is_erased(world, watched):
    watched.passes(timedelta(days=8))
    assert watched.keeper.erase_expired() == 6
    assert counts(world) == [0, 0, 0, 0]


def test_a_clock_that_jumps_ahead_erases_nothing(world, watched, clock):
    before = counts(world)
    clock.advance(timedelta(days=8))
    assert watched.keeper.erase_expired() == 0
    assert counts(world) == before


def test_whatever_is_done_under_a_clock_ahead_erases_nothing_that_comes_back_with_the_right_one(world, clock):
    carol = world.identity.actor_for(token := world.identity.sign_in("carol", PASSWORD, "somewhere"))
    saved = world.reports.save(carol, "ac" * 16, world.report(), player=None, withheld=False)
    code = world.codes.make(carol, saved.address)
    invitation = world.invitations.make({0: 9})
    ahead = timedelta(days=2)
    clock.advance(ahead)
    assert world.identity.actor_for(token) is None
    with pytest.raises(NotFound):
        world.codes.open_typed(code.typed, "somewhere")
    clock.advance(timedelta(days=8) - ahead)
    with pytest.raises(NotFound):
        world.invitations.open(invitation, "somewhere")
    # What each of these erased when it wrote is not lost any more.
    world.identity.sign_in("carol", PASSWORD, "elsewhere")
    world.invitations.make({0: 9})
    world.codes.make(carol, world.reports.save(carol, "ad" * 16, world.report(), player=None, withheld=False).address)
    clock.advance(-timedelta(days=8))
    assert world.identity.actor_for(token) is not None
    assert world.codes.open_typed(code.typed, "somewhere").report.player == "Sam Rivers"
    assert world.invitations.open(invitation, "somewhere")


def test_a_session_that_a_clock_ahead_began_lasts_no_longer_than_any_other(world, clock):
    clock.advance(timedelta(days=2))
    token = world.identity.sign_in("carol", PASSWORD, "somewhere")
    clock.advance(-timedelta(days=2))
    for _ in range(6):
        assert world.identity.actor_for(token) is not None
        clock.advance(timedelta(hours=1, minutes=59))
    clock.advance(timedelta(minutes=7))
    assert world.identity.actor_for(token) is None


def test_a_browser_that_nobody_used_for_more_than_a_year_is_forgotten(world, watched):
    world.identity.sign_in("carol", PASSWORD, "somewhere", "B" * 43)
    watched.passes(timedelta(days=399))
    watched.keeper.erase_expired()
    with world.database.read() as rows:
        assert rows.scalar(select(func.count()).select_from(KnownBrowserRow)) == 1
    watched.passes(timedelta(days=2))
    watched.keeper.erase_expired()
    with world.database.read() as rows:
        assert rows.scalar(select(func.count()).select_from(KnownBrowserRow)) == 0


def test_the_housekeeper_does_it_by_itself(world, watched):
    watched.passes(timedelta(days=8))
    keeper = Housekeeper(watched.keeper, 0.01)
    keeper.start()
    deadline = time.monotonic() + 20
    while any(counts(world)) and time.monotonic() < deadline:
        time.sleep(0.01)
    keeper.stop()
    assert counts(world) == [0, 0, 0, 0]


def test_what_was_noted_of_openings_is_erased_after_thirteen_months_though_nobody_comes_by(world, watched):
    def months() -> int:
        with world.database.read() as rows:
            return rows.scalar(select(func.count()).select_from(VisitRow)) or 0

    carol = world.person("dana", "Dana")
    world.identity.visits.signed_in(carol.keyring)
    assert months() == 1
    # The notes of a month are shown until the end of the same month a year later.
    watched.passes(timedelta(days=365))
    watched.keeper.erase_expired()
    assert months() == 1
    watched.passes(timedelta(days=31))
    watched.keeper.erase_expired()
    assert months() == 0
