"""Shares of records on the pages that list rights, who looked and who sends, without reading all that they give."""

from datetime import timedelta

import pytest

from blockmrs.domain.access_log import Event
from blockmrs.domain.senders import Standing
from blockmrs.services.people.persons import ME
from blockmrs.services.selections.selection import Selection
from blockmrs.services.sharing.who_looked import LogFilter
from tests.support.record import Family, family_in
from tests.support.world import World


@pytest.fixture
def family(tmp_path, clock) -> Family:
    return family_in(World(tmp_path, clock, alike=True))


def test_who_sends_nothing_but_records_has_a_page_and_can_be_blocked(family: Family) -> None:
    world = family.world
    family.give()
    (record,) = family.came()
    page = world.inbox.sender(family.lee, record.sender_id, None, [])
    assert (page.name, page.is_claimed, page.standing, page.records) == ("Maria Rivers", True, Standing.UNKNOWN, 1)
    assert page.page.items == []
    world.inbox.decide(family.lee, record.sender_id, Standing.BLOCKED)
    assert family.came() == []
    (blocked,) = world.inbox.blocked(family.lee, [])
    assert (blocked.name, blocked.reports, blocked.records) == ("Maria Rivers", 0, 1)
    assert world.inbox.first(family.lee, None, []).blocked == 1
    world.clock.advance(timedelta(minutes=1))
    world.inbox.decide(family.lee, blocked.sender_id, Standing.UNKNOWN)
    assert len(family.came()) == 1


def test_no_page_but_that_of_one_share_reads_the_whole_list_of_what_it_gave(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    share_id, world = family.give(), family.world

    def bundle(*_: object) -> None:
        raise AssertionError("100,000 entries may stand in it")

    people = world.people.of(family.maria)
    monkeypatch.setattr(world.mailbox, "bundle", bundle)
    (row,) = [row for row in world.everyone.of(family.maria) if row.see]
    assert row.see.endswith(share_id)
    listed = world.who_looked.entries(family.maria, people, LogFilter(others=False))
    assert Event.SHARED_SELECTION in {entry.event for entry in listed}
    (share,) = family.shares()
    assert (share.number, share.kinds, share.unreadable) == (3, (), False)


def test_a_young_person_reads_on_their_own_page_who_of_the_family_gave_it(family: Family) -> None:
    sam = family.team.joins("sam", "Sam R.", "self")
    family.team.confirm(family.maria, "Sam R.", "self")
    family.give(actor=family.joe)
    family.world.record_sharing.share(sam, ME, "cd" * 16, family.hospital, Selection(), family.terms())
    assert [share.given_by for share in family.world.record_sharing.shares(sam, ME)] == ["Sam R.", "Joe Rivers"]


def test_what_runs_is_on_the_page_of_every_right_for_the_family_and_for_nobody_else(family: Family) -> None:
    share_id, everyone = family.give(), family.world.everyone
    for actor in (family.maria, family.joe):
        rows = [row for row in everyone.of(actor) if row.see]
        here = f"/share/{family.handle(actor)}"
        assert [(row.name, row.by, row.see, row.end) for row in rows] == [
            ("North Hospital", "Maria Rivers", f"{here}/sent/{share_id}", f"{here}/stop/{share_id}")
        ]
    assert [row for row in everyone.of(family.team.carol) if row.see] == []
    family.world.record_sharing.stop(family.maria, family.handle(), share_id)
    assert [row for row in everyone.of(family.maria) if row.see] == []


def test_giving_opening_and_ending_are_in_the_list_of_who_looked(family: Family) -> None:
    share_id = family.give(actor=family.joe)
    family.open()
    family.world.record_sharing.stop(family.maria, family.handle(), share_id)
    people = family.world.people.of(family.maria)
    entries = family.world.who_looked.entries(family.maria, people, LogFilter(others=False))
    see = f"/share/{family.handle()}/sent/{share_id}"
    listed = [(entry.event, entry.who, entry.party, entry.proven) for entry in entries if entry.see == see]
    assert sorted(listed) == [
        (Event.OPENED_SELECTION, "Dr Lee", "", True),
        (Event.SHARED_SELECTION, "Joe Rivers", "North Hospital", True),
        (Event.STOPPED_SELECTION, "", "North Hospital", True),
    ]
