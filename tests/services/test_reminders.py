"""What Home reminds of: a stop that is not finished, shares that end soon, and who gets everything from now on."""

from datetime import timedelta

import pytest

from blockmrs.errors import NotFound
from blockmrs.services.people.persons import ME
from blockmrs.services.reminders import Ending, Gets, RemindersNow, Unfinished
from blockmrs.services.selections.selection import Selection, Terms
from blockmrs.services.stopping import sealing_anew
from tests.services.test_sealing_anew import MONTH, Sent, sent
from tests.support.from_now_on import home_in
from tests.support.world import PASSWORD, World

__all__ = ["sent"]
DAY = timedelta(days=1)


def now(world: World, actor) -> RemindersNow:
    gaps: list[str] = []
    reminders = world.reminders.now(actor, gaps)
    assert gaps == []
    return reminders


def test_who_gave_and_stopped_nothing_is_reminded_of_nothing(sent: Sent) -> None:
    for actor in (sent.maria, sent.joe, sent.lee, sent.team.carol):
        assert now(sent.world, actor) == RemindersNow()


def test_a_stop_that_is_not_finished_is_told_to_all_who_can_go_on_with_how_far_it_is(
    sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, handle = sent.world, sent.team.handle
    addresses = [sent.address, sent.team.save(), sent.team.save()]
    for address in addresses:
        sent.stop(sent.maria, sent.send(sent.maria, "North Hospital", address), address)
    for actor in (sent.maria, sent.joe):
        assert now(world, actor).unfinished == (Unfinished(handle(actor), "Sam Rivers", False, 0, 3, False),)
    assert now(world, sent.team.carol) == now(world, sent.lee) == RemindersNow()
    monkeypatch.setattr(sealing_anew, "SLICE", 2)
    world.sealing_anew.go_on_about(sent.joe, sent.team.person(sent.joe).cards, 2)
    assert now(world, sent.maria).unfinished == (Unfinished(handle(sent.maria), "Sam Rivers", False, 2, 3, False),)
    world.reminders.go_on(sent.maria, handle(sent.maria))
    assert now(world, sent.maria) == RemindersNow()
    assert all(world.sealing_anew.progress(sent.maria, address).is_finished for address in addresses)


def test_a_stop_that_was_cut_off_goes_on_at_the_next_sign_in_of_any_of_them(sent: Sent) -> None:
    world = sent.world
    old = sent.pointer(sent.maria)
    sent.stop(sent.maria, sent.send(sent.maria, "North Hospital"))
    world.identity.sign_in("joe", PASSWORD, "there")
    world.reminders.go_on_at_sign_in(sent.joe)
    assert now(world, sent.maria) == RemindersNow()
    assert not sent.opens(old)


def test_while_the_clock_is_not_believed_the_reminder_says_that_it_waits(sent: Sent) -> None:
    sent.stop(sent.maria, sent.send(sent.maria, "North Hospital"))
    sent.world.believed = False
    (unfinished,) = now(sent.world, sent.maria).unfinished
    assert unfinished.for_clock


def test_nobody_goes_on_for_somebody_whom_they_do_not_act_for(sent: Sent) -> None:
    for actor in (sent.team.carol, sent.lee, sent.otto):
        with pytest.raises(NotFound):
            sent.world.reminders.go_on(actor, sent.team.handle(sent.maria))


def test_a_share_is_told_of_in_its_last_week_and_not_when_it_was_stopped(sent: Sent, clock) -> None:
    world, maria = sent.world, sent.maria
    by_mother, by_coach = sent.send(maria, "North Hospital"), sent.send(sent.team.carol, "South Hospital")
    until = clock() + MONTH
    clock.advance(MONTH - 7 * DAY - DAY)
    assert now(world, maria).ending == ()
    clock.advance(DAY)
    ending = now(world, maria).ending
    assert {(one.label, one.party, one.until, one.is_record) for one in ending} == {
        ("Sam Rivers", "North Hospital", until, False), ("Sam Rivers", "South Hospital", until, False)
    }  # fmt: skip
    shares = {share.party: share.share_id for share in world.sharing.shares(maria, sent.address)}
    assert {one.see for one in ending} == {f"/field/report/{sent.address}/share/{one}" for one in shares.values()}
    assert by_coach
    sent.stop(maria, by_mother)
    world.reminders.go_on(maria, sent.team.handle(maria))
    assert [one.party for one in now(world, maria).ending] == ["South Hospital"]
    clock.advance(7 * DAY)
    assert now(world, maria).ending == ()


def test_a_share_of_a_record_is_told_of_in_its_last_week(sent: Sent, clock) -> None:
    world, maria = sent.world, sent.maria
    north = next(entry.card_id for entry in world.organisations.directory() if entry.name == "North Hospital")
    until, handle = clock() + MONTH, sent.team.handle(maria)
    share_id = world.record_sharing.share(maria, handle, "ab" * 16, north, Selection(), Terms("care", until))
    assert now(world, maria).ending == ()
    clock.advance(MONTH - 7 * DAY)
    assert now(world, maria).ending == (
        Ending("Sam Rivers", False, "North Hospital", until, f"/share/{handle}/sent/{share_id}", is_record=True),
    )


def test_who_gets_everything_from_now_on_is_told_to_the_family_and_nobody_else(world: World, clock) -> None:
    home = home_in(world)
    home.begin()
    until = clock() + MONTH
    (share,) = home.shares(home.joe)
    see = f"/record/from-now-on/{home.handle(home.joe)}/see/{share.share_id}"
    assert now(world, home.joe).gets == (Gets("Sam Rivers", False, "North Hospital", until, False, see),)
    assert now(world, home.team.carol).gets == now(world, home.lee).gets == ()
    clock.advance(MONTH - 7 * DAY)
    assert [one.ends_soon for one in now(world, home.maria).gets] == [True]
    home.stop(home.maria)
    assert now(world, home.maria).gets == ()


def test_what_is_kept_from_the_family_and_what_is_anothers_reminds_nobody_of_anything(sent: Sent, clock) -> None:
    world = sent.world
    kept = sent.team.save(withheld=True)
    sent.send(sent.team.carol, "North Hospital", kept)
    own = world.reports.save(
        sent.joe, "ef" * 16, world.report("Joe Rivers"), person=world.people.find(sent.joe, ME)
    ).address
    sent.send(sent.joe, "North Hospital", own)
    clock.advance(MONTH - DAY)
    assert now(world, sent.maria) == RemindersNow()
    assert [(one.label, one.is_me) for one in now(world, sent.joe).ending] == [("Joe Rivers", True)]


def test_of_whom_something_cannot_be_read_hides_nothing_about_the_others(sent: Sent, clock, monkeypatch) -> None:
    world, real = sent.world, sent.world.sealing_anew.progress_about
    own = world.reports.save(
        sent.joe, "ef" * 16, world.report("Joe Rivers"), person=world.people.find(sent.joe, ME)
    ).address
    sent.send(sent.joe, "North Hospital", own)
    clock.advance(MONTH - DAY)

    def progress_about(actor, cards):
        if any(keys.label == "Sam Rivers" for keys in cards):
            raise NotFound("not here")
        return real(actor, cards)

    monkeypatch.setattr(world.sealing_anew, "progress_about", progress_about)
    gaps: list[str] = []
    assert len(world.reminders.now(sent.joe, gaps).ending) == 1
    assert gaps == ["Sam Rivers"]
