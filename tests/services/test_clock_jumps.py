"""A clock that jumps ends no right and begins none too late; the operator sees that it jumped."""

from datetime import timedelta

import pytest

from blockmrs.errors import NotFound
from blockmrs.moments import from_ms
from tests.services.test_story import guardian, member, save, share
from tests.support.html import soup
from tests.support.people import admin_page

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.mark.parametrize("back", [MINUTE, DAY, 400 * DAY])
def test_a_share_goes_on_after_the_clock_was_set_back(world, carol, clock, back) -> None:
    saved, doctor = save(world, carol), member(world, "lee", "North Hospital")
    share(world, carol, saved.address)
    clock.advance(-back)
    (item,) = world.received(doctor)
    assert item.active
    assert world.sharing.shares(carol, saved.address)[0].active
    world.sharing.acknowledge(doctor, item.address)
    assert world.sharing.open_shared(doctor, item.address).report.player == "Sam Rivers"


def test_what_is_written_after_the_clock_was_set_back_lies_after_what_was_written_before(world, carol, clock) -> None:
    saved, doctor = save(world, carol), member(world, "lee", "North Hospital")
    before = world.ledger.head().time
    clock.advance(-DAY)
    later = save(world, carol, draft="cd" * 16)
    share(world, carol, later.address)
    (shared,) = world.sharing.shares(carol, later.address)
    assert shared.since >= before
    assert shared.active
    world.sharing.acknowledge(doctor, world.received(doctor)[0].address)
    (opening,) = world.sharing.shares(carol, later.address)[0].receipts
    assert opening.at >= before
    ended = world.sharing.stop(carol, later.address, shared.share_id)
    assert ended.stopped >= shared.since
    assert saved


def test_a_share_that_a_clock_ahead_began_runs_once_the_clock_is_right(world, carol, clock) -> None:
    saved, doctor = save(world, carol), member(world, "lee", "North Hospital")
    clock.advance(2 * DAY)
    share(world, carol, saved.address)
    clock.advance(-2 * DAY)
    assert world.received(doctor)[0].active


def test_a_share_ends_by_the_clock(world, carol, clock) -> None:
    saved, doctor = save(world, carol), member(world, "lee", "North Hospital")
    share(world, carol, saved.address)
    clock.advance(31 * DAY)
    assert not world.received(doctor)[0].active
    # A clock that was ahead has ended nothing: with the right one it runs again.
    clock.advance(-30 * DAY)
    assert world.received(doctor)[0].active


def test_who_acts_for_a_player_still_does_after_the_clock_was_set_back(world, carol, clock) -> None:
    save(world, carol)
    clock.advance(DAY)
    family = guardian(world, carol)
    clock.advance(-DAY)
    assert [person.card.label for person in world.people.of(family)][-1:] == ["Sam Rivers"]


def test_a_moment_of_a_grant_is_never_before_the_newest_block(world, carol, clock) -> None:
    save(world, carol)
    newest = world.ledger.head().time
    clock.advance(-10 * DAY)
    assert world.mailbox.moment() == newest
    assert world.mailbox.now() == newest.replace(microsecond=0) - 10 * DAY
    clock.advance(20 * DAY)
    assert world.mailbox.moment() == clock.now
    assert newest > from_ms(0)


def test_codes_that_are_not_yet_over_open_after_the_clock_went_back_and_forth(world, carol, clock) -> None:
    saved = save(world, carol)
    code = world.codes.make(carol, saved.address)
    clock.advance(2 * DAY)
    with pytest.raises(NotFound):
        world.codes.open_typed(code.typed, "")
    clock.advance(-2 * DAY)
    assert world.codes.open_typed(code.typed, "")
    assert world.codes.open_qr(code.qr_secret, "")


def test_the_operator_sees_a_clock_that_jumped_and_one_that_is_behind(site) -> None:
    operator = admin_page(site)
    assert operator.get("/readyz").json["clock"] == "ok"
    assert not soup(operator.get("/admin")).select(".box.warn")
    site.clock.advance(timedelta(hours=1))
    assert operator.get("/readyz").json["clock"] == "jumped"
    warning = soup(operator.get("/admin")).select_one(".box.warn").get_text(" ")
    assert "Look at this machine’s clock" in warning
    assert "60 minutes" in warning
    site.services.identity.sign_up("somebody", "Some Body", "marble kettle sunrise otter")
    site.clock.advance(-timedelta(hours=3))
    ready = operator.get("/readyz").json
    assert (ready["status"], ready["clock"]) == ("ok", "behind")
    operator = admin_again(site)
    warning = soup(operator.get("/admin")).select_one(".box.warn").get_text(" ")
    assert "Set this machine’s clock right" in warning
    assert "3 hours" in warning
    site.clock.advance(timedelta(hours=2))


def admin_again(site):
    app = site.browser()
    token = site.services.identity.sign_in("root-admin", "marble kettle sunrise otter", "")
    app.set_cookie("blockmrs", token)
    return app
