"""A family gives what stands in a record to a hospital: everything, some kinds, or what they chose, and ends it.

Each test plays a person: the mother who gives, the father who stops it, the coach whose record it is not, the doctor
whom it reaches, and those who hold keys and forge.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.cid import Cid
from blockmrs.domain.reports import ReportedFinding
from blockmrs.domain.senders import Standing
from blockmrs.errors import (
    Conflict,
    Ended,
    InvalidInput,
    NotAuthorized,
    NotFound,
    TooManyAttempts,
    Unavailable,
    VerificationFailed,
)
from blockmrs.model.objects import HeldObjectRow
from blockmrs.services.lines.contents import Sort
from blockmrs.services.people.persons import ME
from blockmrs.services.selections import record_shares
from blockmrs.services.selections.selection import Selection, What, came_since, listing_of, selected
from blockmrs.services.sharing.everyone import Form
from tests.services.test_story import member
from tests.support.claims import drop, grants_on
from tests.support.heads import answers, head_report
from tests.support.record import DRAFT, MONTH, PRIVATE, Family, family_in, kinds
from tests.support.team import let_in_by_themselves
from tests.support.world import World


@pytest.fixture
def family(tmp_path, clock) -> Family:
    return family_in(World(tmp_path, clock, alike=True))


def unlisted(family: Family) -> list[Cid]:
    """The objects of what came that no row lists, so that nobody would miss them."""
    arrivals = family.world.access.bundles(family.lee)
    lines = [
        family.world.mailbox.opened_on(one.line_key, one.keys.keyring, [one.position], one.sender) for one in arrivals
    ]
    cids = [entry.grant.object.cid for line in lines for entry in line.bundles.values()]
    with family.world.database.read() as rows:
        return [cid for cid in cids if rows.get(HeldObjectRow, cid.digest) is None]


def test_everything_reaches_the_hospital_as_one_share_that_its_doctor_opens_with_a_receipt(family: Family) -> None:
    share_id = family.give()
    (came,) = family.came()
    assert (came.title, came.sender, came.organisation, came.purpose) == (
        "Sam Rivers", "Maria Rivers", "North Hospital", "care",
    )  # fmt: skip
    assert family.world.received_records.open(family.lee, came.address) is None
    opened = family.open()
    assert kinds(opened) == ["facts", "report", "symptom-check"]
    assert (opened.number, opened.refused) == (3, 0)
    for actor in (family.maria, family.joe):
        (share,) = family.shares(actor)
        assert (share.share_id, share.party, share.given_by, share.active) == (
            share_id, "North Hospital", "Maria Rivers", True,
        )  # fmt: skip
        one = family.world.record_sharing.find(actor, family.handle(actor), share.share_id)
        assert one.kinds == (("facts", 1), ("report", 1), ("symptom-check", 1))
        assert one.number == share.number == 3
        assert [receipt.reader for receipt in share.receipts] == ["Dr Lee"]


def test_each_update_is_read_whole_and_only_after_the_receipt(family: Family) -> None:
    family.give()
    received, address = family.world.received_records, family.came()[0].address
    with pytest.raises(NotFound):
        received.update(family.lee, address, family.report)
    opened = family.open()
    updates = [received.update(family.lee, address, one.update_id) for one in opened.updates]
    assert sorted(update.kind for update in updates) == ["facts", "report", "symptom-check"]
    assert [len([one for one in updates if said(one) is not None]) for said in (
        lambda one: one.report, lambda one: one.facts, lambda one: one.check,
    )] == [1, 1, 1]  # fmt: skip
    with pytest.raises(NotFound):
        received.update(family.lee, address, "00" * 16)


def test_some_kinds_are_given_without_the_others(family: Family) -> None:
    family.give(Selection(What.KINDS, kinds=("facts",)))
    assert kinds(family.open()) == ["facts"]


def test_chosen_entries_are_given_without_the_others(family: Family) -> None:
    family.give(Selection(What.CHOSEN, chosen=frozenset({family.report})))
    assert [update.update_id for update in family.open().updates] == [family.report]


def test_what_is_private_goes_only_if_that_very_one_was_chosen(family: Family) -> None:
    private = family.private_report()
    assert [entry.entry_id for entry in family.entries() if entry.is_private] == [private]
    for selection in (Selection(), Selection(What.KINDS, kinds=("report",))):
        family.give(selection)
        assert private not in [update.update_id for update in family.open().updates]
        family.world.clock.advance(timedelta(seconds=1))
    family.give(Selection(What.CHOSEN, chosen=frozenset({private})))
    assert [update.update_id for update in family.open().updates] == [private]


def test_what_follows_a_private_report_is_as_private(family: Family) -> None:
    report = replace(
        head_report(family.world.clock()),
        findings=(
            *head_report(family.world.clock()).findings,
            ReportedFinding("complaints", "What is wrong", PRIVATE),
        ),
    )
    saved = family.world.reports.save(family.team.carol, "cd" * 16, report, player=family.team.player)
    family.world.followups.save(family.team.carol, saved.address, "ce" * 16, answers())
    private = [entry.kind for entry in family.entries() if entry.is_private]
    assert sorted(private) == ["report", "symptom-check"]


def test_a_report_that_is_kept_from_the_family_is_nowhere_in_what_can_be_given(family: Family) -> None:
    before = [entry.entry_id for entry in family.entries()]
    family.team.save(withheld=True)
    assert [entry.entry_id for entry in family.entries()] == before


def test_older_facts_do_not_go_along_with_those_that_count(family: Family) -> None:
    family.team.tell_facts(family.maria)
    assert [entry.kind for entry in family.entries()].count("facts") == 1


@pytest.mark.parametrize("number", [1, 4])
def test_a_share_takes_two_introductions_a_grant_and_a_copy_however_much_it_gives(family: Family, number: int) -> None:
    for _ in range(number - 1):
        family.team.save()
    size = family.world.ledger.size
    family.give()
    assert family.world.ledger.size - size == 4
    size = family.world.ledger.size
    family.give()
    assert family.world.ledger.size - size == 2


def test_a_repeated_press_gives_it_once(family: Family) -> None:
    first = family.give(draft=DRAFT)
    size = family.world.ledger.size
    assert family.give(draft=DRAFT) == first
    assert family.world.ledger.size == size
    assert len(family.shares()) == 1


def test_a_share_cut_off_after_its_block_is_finished_by_the_next_press(family: Family, monkeypatch) -> None:
    def cut_off(database, batch) -> None:
        batch.commit()
        raise Unavailable("the power is gone")

    with monkeypatch.context() as patched:
        patched.setattr(record_shares, "commit_batch", cut_off)
        with pytest.raises(Unavailable):
            family.give(draft=DRAFT)
    first = family.shares()[0].share_id
    (before,) = unlisted(family)
    assert family.give(draft=DRAFT) == first
    assert unlisted(family) == []
    assert family.world.objects.has(before)
    assert len(family.came()) == 1


def test_a_share_cut_off_before_its_block_leaves_nothing(family: Family, monkeypatch) -> None:
    size = family.world.ledger.size
    with monkeypatch.context() as patched:
        patched.setattr(record_shares, "commit_batch", lambda database, batch: (_ for _ in ()).throw(Unavailable("no")))
        with pytest.raises(Unavailable):
            family.give(draft=DRAFT)
    assert family.world.ledger.size == size
    assert (family.shares(), family.came()) == ([], [])


def test_an_ended_share_shows_nothing_any_more(family: Family) -> None:
    share_id = family.give()
    opened = family.open()
    received, address = family.world.received_records, opened.record.address
    family.world.record_sharing.stop(family.joe, family.handle(family.joe), share_id)
    assert family.came() == []
    for read in (received.cover, received.open, received.acknowledge):
        with pytest.raises(Ended):
            read(family.lee, address)
    with pytest.raises(Ended):
        received.update(family.lee, address, family.report)
    (share,) = family.shares()
    assert (share.active, share.stopped is not None) == (False, True)
    assert [receipt.reader for receipt in share.receipts] == ["Dr Lee"]


def test_stopping_twice_writes_once(family: Family) -> None:
    share_id = family.give()
    family.world.record_sharing.stop(family.maria, family.handle(), share_id)
    size = family.world.ledger.size
    family.world.record_sharing.stop(family.maria, family.handle(), share_id)
    assert family.world.ledger.size == size
    with pytest.raises(NotFound):
        family.world.record_sharing.stop(family.maria, family.handle(), "00" * 16)


def test_a_share_ends_at_its_end_date_and_begins_at_its_beginning(family: Family, clock) -> None:
    day = timedelta(days=1)
    family.give(not_before=clock() + day, until=clock() + 3 * day)
    assert family.came() == []
    clock.advance(2 * day)
    assert len(family.came()) == 1
    address = family.came()[0].address
    clock.advance(2 * day)
    assert family.came() == []
    with pytest.raises(Ended):
        family.world.received_records.cover(family.lee, address)
    assert not family.shares()[0].active


def test_a_receipt_covers_twelve_hours(family: Family, clock) -> None:
    family.give()
    address = family.open().record.address
    size = family.world.ledger.size
    family.world.received_records.acknowledge(family.lee, address)
    assert family.world.ledger.size == size
    clock.advance(timedelta(hours=13))
    assert family.world.received_records.open(family.lee, address) is None
    family.world.received_records.acknowledge(family.lee, address)
    assert len(family.shares()[0].receipts) == 2


def test_only_who_acts_for_the_person_gives_sees_and_stops(family: Family) -> None:
    share_id, sharing = family.give(), family.world.record_sharing
    coach, stranger = family.team.carol, family.world.person("mallory", "Mallory")
    handle = family.team.handle(coach)
    for refused in (
        lambda: sharing.record(coach, handle),
        lambda: sharing.shares(coach, handle),
        lambda: sharing.find(coach, handle, share_id),
        lambda: sharing.stop(coach, handle, share_id),
        lambda: sharing.share(coach, handle, DRAFT, family.hospital, Selection(), family.terms()),
    ):
        with pytest.raises(NotAuthorized):
            refused()
    for actor in (stranger, family.lee):
        with pytest.raises(NotFound):
            sharing.share(actor, family.handle(), DRAFT, family.hospital, Selection(), family.terms())
        with pytest.raises(NotFound):
            sharing.shares(actor, family.handle())
    assert len(family.shares()) == 1


def test_who_left_the_family_gives_no_more_and_what_they_gave_is_still_seen_and_stopped(family: Family) -> None:
    share_id = family.give(actor=family.joe)
    handle = family.handle(family.joe)
    family.team.end(family.joe, "Joe Rivers")
    with pytest.raises(NotFound):
        family.world.record_sharing.shares(family.joe, handle)
    (share,) = family.shares()
    assert (share.given_by, share.active) == ("Joe Rivers", True)
    family.world.record_sharing.stop(family.maria, family.handle(), share_id)
    assert family.came() == []


def test_another_organisation_finds_nothing(family: Family) -> None:
    family.give()
    address = family.came()[0].address
    other = member(family.world, "otto", "South Hospital")
    assert family.came(other) == []
    with pytest.raises(NotFound):
        family.world.received_records.cover(other, address)


def test_a_blocked_senders_record_is_not_listed(family: Family) -> None:
    family.give()
    (arrival,) = family.world.access.bundles(family.lee)
    family.world.access.senders.decide(family.lee, arrival.keys, arrival.sender.id, Standing.BLOCKED)
    assert family.came() == []


@pytest.mark.parametrize(
    "terms",
    [
        {"purpose": "fun"},
        {"until": None},
        {"until": "past"},
        {"until": "too far"},
        {"not_before": "after the end"},
    ],
)
def test_terms_that_are_not_good_are_refused_and_nothing_is_written(family: Family, terms) -> None:
    now = family.world.clock()
    said = {"past": now, "too far": now + timedelta(days=400), None: now, "after the end": now + 2 * MONTH}
    size = family.world.ledger.size
    with pytest.raises(InvalidInput):
        family.give(**{name: said.get(value, value) for name, value in terms.items()})
    assert family.world.ledger.size == size


def test_nothing_chosen_is_refused(family: Family) -> None:
    for selection in (Selection(What.CHOSEN), Selection(What.CHOSEN, chosen=frozenset({"00" * 16})),
                      Selection(What.KINDS, kinds=("roster",))):  # fmt: skip
        with pytest.raises(InvalidInput, match="Choose something"):
            family.give(selection)


def test_only_what_the_page_listed_is_given(family: Family) -> None:
    listing = listing_of(selected(family.entries(), Selection()))
    family.team.save()
    size = family.world.ledger.size
    for other in (listing, "", "9" * 1000, listing_of(())):
        with pytest.raises(Conflict):
            family.give(Selection(listing=other))
    assert family.world.ledger.size == size
    family.give(Selection(listing=listing_of(selected(family.entries(), Selection()))))
    assert len(family.shares()) == 1


def test_of_what_is_listed_anew_that_is_new_which_came_to_the_record_since(family: Family) -> None:
    listing = listing_of(selected(family.entries(), Selection()))
    address = family.team.save()
    assert [entry.entry_id for entry in family.entries() if came_since(entry, listing)] == [address]
    assert not any(came_since(entry, other) for entry in family.entries() for other in ("", "-", "²-", "9" * 1000))


def test_an_organisation_without_members_and_one_that_is_not_there_are_refused(family: Family) -> None:
    family.world.organisations.add("Empty Hospital")
    empty = family.world.organisations.find_named("Empty Hospital").card_id
    for organisation, error in ((empty, InvalidInput), (bytes(32), NotFound)):
        with pytest.raises(error):
            family.world.record_sharing.share(
                family.maria, family.handle(), DRAFT, organisation, Selection(), family.terms()
            )


def test_one_account_gives_an_organisation_only_so_much_in_a_day(family: Family, monkeypatch) -> None:
    monkeypatch.setattr(record_shares, "SHARES_A_DAY", 2)
    family.give()
    family.give()
    with pytest.raises(TooManyAttempts):
        family.give()


@pytest.mark.parametrize("name", ["สมชาย" * 12, "अनुराधा" * 10, "漢" * 40], ids=["thai", "hindi", "chinese"])
def test_long_names_in_any_writing_are_given_and_shown(family: Family, name: str) -> None:
    actor = replace(family.maria, display_name=name)
    family.world.record_sharing.share(actor, family.handle(), DRAFT, family.hospital, Selection(), family.terms())
    assert name.startswith(family.came()[0].sender.removesuffix("…"))


def test_facts_that_do_not_open_are_not_replaced_by_older_ones_and_nothing_is_given(family: Family) -> None:
    family.team.tell_facts(family.maria)
    world, size = family.world, family.world.ledger.size
    drop(world, grants_on(world, family.sam.keyring, Sort.FACTS)[-1].index)
    with pytest.raises(VerificationFailed):
        family.give()
    assert world.ledger.size == size


def test_what_one_keeps_about_oneself_is_given_with_what_coaches_wrote(family: Family) -> None:
    adult = family.team.joins("sam", "Sam Rivers", "self")
    family.team.confirm(family.maria, "Sam Rivers", "self")
    me = family.world.people.find(adult, ME)
    family.world.facts.save(
        adult, me, "ef" * 16, family.world.facts.newest(family.team.person(family.maria)).facts, "",
        family.world.clock().date(),
    )  # fmt: skip
    size = family.world.ledger.size
    family.world.record_sharing.share(adult, ME, DRAFT, family.hospital, Selection(), family.terms())
    # For each of the two cards four at most.
    assert family.world.ledger.size - size == 8
    (share,) = family.world.record_sharing.shares(adult, ME)
    # Two of the coach's, and of the facts those alone that the person keeps: not those on the coach's card as well.
    assert share.number == 3
    assert [entry.keys.keyring.card.id for entry in family.world.record_sharing.record(adult, ME).entries
            if entry.kind == "facts"] == [adult.keyring.card.id]  # fmt: skip
    assert len(family.came()) == 2
    family.world.record_sharing.stop(adult, ME, share.share_id)
    assert family.came() == []


def test_after_its_end_nothing_here_opens_with_the_keys_that_it_gave(family: Family) -> None:
    world, share_id = family.world, family.give()
    (arrival,) = world.access.bundles(family.lee)
    line = world.mailbox.opened_on(arrival.line_key, arrival.keys.keyring, [arrival.position], arrival.sender)
    (grant,) = [entry.grant for entry in line.bundles.values()]
    given = [entry.object.cid for entry in world.mailbox.bundle(grant).entries]
    world.record_sharing.stop(family.maria, family.handle(), share_id)
    assert all(world.objects.has(cid) for cid in given)
    world.sealing_anew.go_on_about(family.maria, world.record_sharing.person(family.maria, family.handle()).cards)
    assert not any(world.objects.has(cid) for cid in given)
    assert world.sealing_anew.progress(family.maria, family.report).is_finished
    family.give(draft="ff" * 16)
    assert kinds(family.open()) == ["facts", "report", "symptom-check"]


def test_what_begins_later_is_sealed_anew_for_then(family: Family) -> None:
    world = family.world
    begins = world.clock() + timedelta(days=2)
    ends = family.give()
    family.give(draft="ff" * 16, not_before=begins)
    world.record_sharing.stop(family.maria, family.handle(), ends)
    world.sealing_anew.go_on_about(family.maria, world.record_sharing.person(family.maria, family.handle()).cards)
    world.clock.advance(timedelta(days=2, minutes=1))
    assert kinds(family.open()) == ["facts", "report", "symptom-check"]


def test_what_is_sealed_anew_for_others_stays_readable_to_whom_it_was_given_and_opens_nothing_else(
    family: Family,
) -> None:
    world, hospital = family.world, family.hospital
    member(world, "otto", "South Hospital")
    south = next(one.card_id for one in world.organisations.directory() if one.card_id != hospital)
    family.give(Selection(What.CHOSEN, chosen=frozenset({family.report})))
    opened = family.open()
    share = world.sharing.grant(family.maria, family.report, south, "care", world.clock() + MONTH)
    world.sharing.stop(family.maria, family.report, share.share_id)
    done = world.sealing_anew.go_on(family.maria, family.report)
    assert done.is_finished
    received = world.received_records.update(family.lee, opened.record.address, family.report)
    assert received.report is not None
    (arrival,) = world.access.bundles(family.lee)
    # The check that follows the report was sealed anew as well, and is in no bundle of theirs.
    assert [update_id[:16].hex() for update_id in arrival.renewals] == [family.report]


def test_a_list_is_read_twenty_at_a_time_and_each_update_once(family: Family) -> None:
    for _ in range(22):
        family.team.save()
    family.give()
    address, received = family.open().record.address, family.world.received_records
    first = received.open(family.lee, address)
    assert first is not None
    assert first.older is not None
    second = received.open(family.lee, address, first.older)
    assert second is not None
    ids = [update.update_id for page in (first, second) for update in page.updates]
    assert (len(first.updates), len(ids), len(set(ids)), second.older) == (20, 25, 25, None)


def test_who_may_not_save_gives_nothing(family: Family) -> None:
    with pytest.raises(NotAuthorized):
        family.give(actor=replace(family.maria, recovery_confirmed=False))


def test_a_coach_who_let_themselves_in_gives_and_ends_nothing_once_the_mother_is_in(tmp_path, clock) -> None:
    world = World(tmp_path, clock, alike=True)
    team = let_in_by_themselves(world)
    carol, sharing = team.carol, world.record_sharing
    lee = member(world, "lee", "North Hospital")
    team.tell_facts(carol)
    family = Family(team, carol, lee, "")
    first = family.give(actor=carol)
    team.maria = team.joins("maria", "Maria Rivers")
    with pytest.raises(NotAuthorized):
        family.give(actor=carol)
    with pytest.raises(NotAuthorized):
        sharing.record(carol, family.handle(carol))
    with pytest.raises(NotAuthorized):
        sharing.stop(carol, family.handle(carol), first)
    assert len(family.came()) == 1
    assert [row.end for row in world.everyone.of(carol) if row.form is Form.SHARE and row.name == "North Hospital"] == [
        ""
    ]
    sharing.stop(team.maria, family.handle(), first)
    assert family.came() == []
    family.give(actor=team.maria)
    assert len(family.came()) == 1
