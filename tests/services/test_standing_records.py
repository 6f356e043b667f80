"""Records of which an organisation gets everything from now on: what of one is opened, and what is there for nobody."""

from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.domain.permission import Action
from blockmrs.domain.senders import Standing
from blockmrs.errors import NotFound, ObjectMissing
from blockmrs.services.grants.ending import write_ending
from blockmrs.services.people.persons import ME
from blockmrs.services.sharing.standing_records import StandingRecords
from tests.services.test_story import member
from tests.support.from_now_on import ALL, MONTH, Home

NOBODYS = "00" * 16


@pytest.fixture
def records(home: Home) -> StandingRecords:
    """Of a hospital that gets all of Sam's record, of which there are health facts."""
    home.begin()
    home.tell(home.maria)
    return home.world.standing_records


def the_only(home: Home) -> tuple[str, str]:
    """The record's id, and the address of the newest of its health facts."""
    (record,) = home.world.standing_records.records(home.lee)
    page = home.world.standing_records.page(home.lee, record.record_id)
    return record.record_id, page.facts[0].address


def test_facts_are_opened_after_a_receipt_and_one_receipt_is_enough(home: Home, records: StandingRecords) -> None:
    record, address = the_only(home)
    assert records.open(home.lee, record, address) is None
    records.acknowledge(home.lee, record, address)
    size = home.world.ledger.size
    records.acknowledge(home.lee, record, address)
    opened = records.open(home.lee, record, address)
    assert (opened.facts.allergies, opened.author, home.world.ledger.size) == (("Penicillin",), "Maria Rivers", size)
    assert "Penicillin" not in repr(opened), "no health fact gets into a log"


def test_an_address_at_which_no_facts_came_is_not_found(home: Home, records: StandingRecords) -> None:
    record, address = the_only(home)
    report = home.home_report(home.maria)
    for other in (NOBODYS, report, ""):
        with pytest.raises(NotFound):
            records.acknowledge(home.lee, record, other)
    for ask in (records.page, lambda actor, record_id: records.open(actor, record_id, address)):
        with pytest.raises(NotFound):
            ask(home.lee, NOBODYS)


def test_each_of_several_records_opens_its_own(home: Home, records: StandingRecords) -> None:
    world = home.world
    world.clock.advance(timedelta(minutes=1))
    world.from_now_on.begin(home.joe, ME, home.hospital, "care", world.clock() + MONTH, ALL)
    listed = records.records(home.lee)
    assert [record.name for record in listed] == ["Joe Rivers", "Sam Rivers"]
    pages = [records.page(home.lee, record.record_id) for record in listed]
    assert [(page.record, len(page.facts)) for page in pages] == [(listed[0], 0), (listed[1], 1)]
    address = pages[1].facts[0].address
    with pytest.raises(NotFound):
        records.acknowledge(home.lee, listed[0].record_id, address)


def test_a_report_that_its_giver_calls_facts_is_opened_by_nobody(home: Home, records: StandingRecords) -> None:
    world, card = home.world, home.card()
    access = world.access.allow(home.maria, home.team.save(), Action.READ)
    (reader,) = world.standing.running(card)
    batch = world.mailbox.batch()
    world.standing._give(batch, card, reader, replace(access.grant, purpose="facts"), world.clock())
    batch.commit()
    record, address = the_only(home)
    with pytest.raises(NotFound, match="no health facts"):
        records.acknowledge(home.lee, record, address)


def test_an_end_that_stands_on_its_own_line_alone_ends_it_too(home: Home, records: StandingRecords) -> None:
    record, address = the_only(home)
    (reader,) = home.world.standing.running(home.card())
    batch = home.world.mailbox.batch()
    write_ending(batch, reader.id, home.world.clock(), home.card().keyring)
    batch.commit()
    assert records.records(home.lee) == []
    with pytest.raises(NotFound):
        records.open(home.lee, record, address)


def test_while_a_sender_s_card_is_not_here_nobody_says_that_a_record_is_not_there(
    home: Home, records: StandingRecords, monkeypatch
) -> None:
    record, _ = the_only(home)

    def without(_organisation, gaps):
        gaps.append("sender")
        return []

    monkeypatch.setattr(home.world.access, "sender_lines", without)
    with pytest.raises(ObjectMissing):
        records.page(home.lee, record)


def test_another_hospital_has_none_of_it(home: Home, records: StandingRecords) -> None:
    record, address = the_only(home)
    kim = member(home.world, "kim", "South Clinic")
    assert records.records(kim) == []
    with pytest.raises(NotFound):
        records.open(kim, record, address)


def test_a_blocked_sender_s_record_is_not_listed_until_somebody_takes_that_back(
    home: Home, records: StandingRecords
) -> None:
    (record,) = records.records(home.lee)
    home.world.inbox.decide(home.lee, record.sender_id, Standing.BLOCKED)
    assert records.records(home.lee) == []
    (blocked,) = home.world.inbox.blocked(home.lee, [])
    assert (blocked.sender_id, blocked.name, blocked.records) == (record.sender_id, "Maria Rivers", 1)
    home.world.clock.advance(timedelta(seconds=1))
    home.world.inbox.decide(home.lee, record.sender_id, Standing.UNKNOWN)
    assert [record.name for record in records.records(home.lee)] == ["Sam Rivers"]
    assert home.world.inbox.blocked(home.lee, []) == []
