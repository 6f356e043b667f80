"""What is over is erased, soon after it ends."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from blockmrs.errors import NotAuthenticated
from blockmrs.model.accounts import InvitationRow, ReportCodeRow, SessionRow, ThrottleRow
from blockmrs.services.housekeeping import Housekeeper, Housekeeping
from tests.functional.world import World

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


def test_nothing_is_erased_before_its_time(tmp_path, clock):
    world = lived_in(tmp_path, clock)
    before = counts(world)
    assert all(before)
    assert Housekeeping(world.database, clock).erase_expired() == 0
    assert counts(world) == before


def test_everything_that_is_over_is_erased(tmp_path, clock):
    world = lived_in(tmp_path, clock)
    clock.advance(timedelta(days=8))
    assert Housekeeping(world.database, clock).erase_expired() == 6
    assert counts(world) == [0, 0, 0, 0]


def test_the_housekeeper_does_it_by_itself(tmp_path, clock):
    world = lived_in(tmp_path, clock)
    clock.advance(timedelta(days=8))
    keeper = Housekeeper(Housekeeping(world.database, clock), 0.01)
    keeper.start()
    deadline = time.monotonic() + 20
    while any(counts(world)) and time.monotonic() < deadline:
        time.sleep(0.01)
    keeper.stop()
    assert counts(world) == [0, 0, 0, 0]
