"""Everything from now on: who gives it, what is given, what waits, and that one end ends all of it.

Each test plays a person: the mother who begins it, the father who ends it, the coach whose report waits, the doctor who
reads. Those who mean harm are in test_from_now_on_attacked.py.
"""

import secrets
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.permission import Action
from blockmrs.errors import Ended, InvalidInput, NotAuthorized, NotFound
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.grants import standing as standing_module
from blockmrs.services.lines.contents import Sort
from blockmrs.services.people.persons import ME
from blockmrs.services.sharing import from_now_on as from_now_on_module
from blockmrs.services.sharing.everyone import Form
from tests.services.test_clearances import clear
from tests.services.test_story import member
from tests.support.from_now_on import ALL, MONTH, Home
from tests.support.heads import answers, head_report
from tests.support.team import let_in_by_themselves


def test_what_a_parent_saves_is_read_at_the_hospital_at_once(home):
    home.begin()
    home.tell(home.maria)
    address = home.home_report(home.joe)
    assert (home.facts(), home.inbox()) == ([("Penicillin",)], [address])
    assert home.waiting(home.maria) == home.waiting(home.joe) == 0
    home.world.sharing.acknowledge(home.lee, address)
    assert home.world.sharing.open_shared(home.lee, address).report.title.startswith("Sam Rivers")


def test_what_was_there_before_is_not_given(home):
    home.tell(home.maria)
    home.home_report(home.maria)
    home.begin()
    assert (home.facts(), home.inbox(), home.waiting(home.maria)) == ([], [], 0)


def test_only_what_was_chosen_is_given(home):
    home.begin(choices=("facts",))
    home.tell(home.maria)
    home.home_report(home.maria)
    assert (len(home.facts()), home.inbox()) == (1, [])
    home.stop(home.maria)
    home.begin(choices=("reports",))
    home.tell(home.maria, "Latex")
    address = home.home_report(home.maria)
    assert (home.facts(), home.inbox()) == ([], [address])


def test_a_check_after_a_head_injury_goes_where_its_report_went(home):
    home.begin(choices=("reports",))
    address = home.home_report(home.maria)
    home.world.clock.advance(timedelta(days=1))
    home.world.followups.save(home.joe, address, secrets.token_hex(16), answers())
    home.world.sharing.acknowledge(home.lee, address)
    assert len(home.world.followups.of(home.lee, address).checks) == 1


def test_what_the_family_lets_crews_know_is_given_in_the_block_that_says_so(home):
    home.tell(home.maria)
    home.begin(choices=("facts",))
    newest = home.world.facts.newest(home.team.person(home.maria))
    home.world.crew_facts.turn_on(home.maria, home.team.handle(home.maria), newest)
    assert home.facts() == [("Penicillin",)]


def test_one_end_by_either_parent_ends_all_that_was_given(home):
    home.begin()
    home.tell(home.maria)
    address = home.home_report(home.maria)
    home.world.sharing.acknowledge(home.lee, address)
    home.stop(home.joe)
    assert (home.facts(), home.inbox(), home.shares(home.maria)) == ([], [], [])
    with pytest.raises(Ended):
        home.world.sharing.open_shared(home.lee, address)
    home.tell(home.maria, "Latex")
    home.begin()
    assert home.facts() == []  # What it gave does not come back with another.


def test_it_ends_at_its_date(home):
    home.begin(until=timedelta(days=2))
    home.tell(home.maria)
    home.world.clock.advance(timedelta(days=3))
    assert (home.facts(), home.shares(home.maria)) == ([], [])
    before = home.world.ledger.size
    home.tell(home.maria, "Latex")
    assert home.facts() == []
    assert home.world.ledger.size - before == 16


def test_a_coach_s_report_waits_until_a_parent_gives_it_and_then_is_given_once(home):
    home.begin()
    address = home.team.save()
    assert (home.inbox(), home.waiting(home.maria), home.waiting(home.joe)) == ([], 1, 1)
    assert home.give(home.joe) == 1
    assert (home.inbox(), home.waiting(home.maria), home.give(home.maria)) == ([address], 0, 0)


def test_looking_gives_nothing(home):
    home.begin()
    home.team.save()
    before = home.world.ledger.size
    home.waiting(home.maria)
    home.shares(home.maria)
    assert home.world.ledger.size == before


def test_only_those_who_act_for_the_record_see_what_waits(home):
    home.begin()
    home.team.save()
    world, handle = home.world, home.handle(home.maria)
    for other in (home.team.carol, home.lee, world.person("stranger", "Some Body")):
        assert world.from_now_on.waiting(other) == []
        for ask in (world.from_now_on.of, world.from_now_on.give):
            with pytest.raises(NotFound):
                ask(other, handle)
        with pytest.raises(NotFound):
            world.from_now_on.begin(other, handle, home.hospital, "care", world.clock() + MONTH, ALL)


def test_a_withheld_report_is_given_to_nobody_until_its_release(home):
    home.begin()
    address = home.team.save(withheld=True)
    assert (home.waiting(home.maria), home.give(home.maria), home.inbox()) == (0, 0, [])
    home.world.sharing.release_to_family(home.team.carol, address)
    assert (home.waiting(home.maria), home.give(home.maria), home.inbox()) == (1, 1, [address])


def test_a_repeated_press_begins_nothing_again_and_another_choice_is_refused(home):
    until = home.world.clock() + MONTH
    for _ in range(2):
        home.world.from_now_on.begin(home.maria, home.handle(home.maria), home.hospital, "care", until, ALL)
    assert [(share.party, share.choices, share.by) for share in home.shares(home.joe)] == [
        ("North Hospital", ALL, "Maria Rivers")
    ]
    with pytest.raises(InvalidInput):
        home.begin(home.joe, ("facts",))


@pytest.mark.parametrize(
    ("purpose", "days", "choices"),
    [("gossip", 30, ALL), ("care", 0, ALL), ("care", 367, ALL), ("care", 30, ()), ("care", 30, ("roster",))],
)
def test_a_form_that_asks_for_something_else_writes_nothing(home, purpose, days, choices):
    world, before = home.world, home.world.ledger.size
    with pytest.raises(InvalidInput):
        world.from_now_on.begin(
            home.maria, home.handle(home.maria), home.hospital, purpose, world.clock() + timedelta(days=days), choices
        )
    assert world.ledger.size == before


def test_an_organisation_that_nobody_has_joined_gets_nothing(home):
    world = home.world
    world.organisations.add("Empty Clinic")
    empty = next(entry.card_id for entry in world.organisations.directory() if entry.name == "Empty Clinic")
    before = world.ledger.size
    with pytest.raises(InvalidInput, match="Nobody there has joined"):
        world.from_now_on.begin(home.maria, home.handle(home.maria), empty, "care", world.clock() + MONTH, ALL)
    assert world.ledger.size == before


def test_one_more_than_a_record_may_have_is_refused_until_another_has_ended(home, monkeypatch):
    monkeypatch.setattr(from_now_on_module, "MOST_READERS", 1)
    home.begin()
    world = home.world
    member(world, "kim", "South Clinic")
    south = next(entry.card_id for entry in world.organisations.directory() if entry.name == "South Clinic")
    ask = (home.joe, home.handle(home.joe), south, "care", world.clock() + MONTH, ALL)
    with pytest.raises(InvalidInput, match="Too many"):
        world.from_now_on.begin(*ask)
    assert [share.party for share in home.shares(home.joe)] == ["North Hospital"]
    home.stop(home.maria)
    world.from_now_on.begin(*ask)
    assert [share.party for share in home.shares(home.joe)] == ["South Clinic"]


def test_who_has_a_card_of_their_own_and_one_by_a_coach_gives_of_both_and_ends_both_at_once(home):
    world, team = home.world, home.team
    sam = team.joins("sam", "Sam R.", "self")
    team.confirm(home.maria, "Sam R.", "self")
    world.from_now_on.begin(sam, ME, home.hospital, "care", world.clock() + MONTH, ALL)
    (share,) = world.from_now_on.of(sam, ME)
    assert (share.party, len(world.standing_records.records(home.lee))) == ("North Hospital", 2)
    assert [row.handle for row in world.everyone.of(sam) if row.form is Form.STANDING] == [ME]
    world.from_now_on.stop(sam, ME, share.share_id)
    assert (world.from_now_on.of(sam, ME), world.standing_records.records(home.lee)) == ([], [])


def test_it_is_a_right_with_the_pages_that_show_and_end_it_and_is_found_by_its_id_alone(home):
    home.begin()
    world, handle = home.world, home.handle(home.joe)
    (share,) = home.shares(home.joe)
    (row,) = [row for row in world.everyone.of(home.joe) if row.form is Form.STANDING]
    here = f"/record/from-now-on/{handle}"
    assert (row.name, row.by, row.end, row.see) == (
        "North Hospital", "Maria Rivers", f"{here}/end/{share.share_id}", f"{here}/see/{share.share_id}"
    )  # fmt: skip
    assert world.from_now_on.share(home.joe, handle, share.share_id) == share
    with pytest.raises(NotFound):
        world.from_now_on.share(home.joe, handle, "00" * 32)
    assert not [row for row in world.everyone.of(home.team.carol) if row.form is Form.STANDING]


def test_what_was_opened_of_one_is_not_said_of_another(home):
    home.begin()
    home.tell(home.maria)
    assert home.facts() == [("Penicillin",)]
    world, handle = home.world, home.handle(home.joe)
    (share,) = home.shares(home.joe)
    assert [one.opening.reader for one in world.from_now_on.opened(home.joe, handle, share.share_id)] == ["Dr Lee"]
    assert world.from_now_on.opened(home.joe, handle, "00" * 32) == []


def test_what_is_of_facts_alone_brings_no_answer_to_a_report(home):
    home.begin(choices=("facts",))
    address = home.team.save()
    world = home.world
    access = world.access.allow(home.maria, address, Action.READ)
    assert list(world.books.returning(home.maria, access)) == []
    home.stop(home.maria)
    home.begin()
    assert [entry.grant.party for entry in world.books.returning(home.maria, access)] == ["North Hospital"]


def test_a_save_says_by_its_size_neither_to_how_many_nor_to_whom(home):
    sizes = []

    def saved() -> None:
        before = home.world.ledger.size
        home.tell(home.maria, secrets.token_hex(4))
        sizes.append(home.world.ledger.size - before)

    saved()
    home.begin()
    saved()
    home.stop(home.maria)
    saved()
    assert sizes == [1, 16, 16]


def test_what_is_saved_after_several_began_still_names_what_came_before(home):
    """Else nobody would miss it where it is gone."""
    home.tell(home.maria)
    world, keyring = home.world, home.card().keyring
    for number in range(4):
        member(world, f"doctor-{number}", f"Clinic {number}")
    for organisation in world.organisations.directory():
        world.from_now_on.begin(
            home.maria, home.handle(home.maria), organisation.card_id, "care", world.clock() + MONTH, ALL
        )
    home.tell(home.maria, "Latex")
    facts = [item for item in world.mailbox.contents(keyring) if item.sort is Sort.FACTS]
    assert facts[-1].previous == facts[0].update


def test_one_s_own_record_is_given_too(home):
    world = home.world
    world.from_now_on.begin(home.maria, ME, home.hospital, "care", world.clock() + MONTH, ALL)
    me = world.people.find(home.maria, ME)
    world.facts.save(home.maria, me, "ab" * 16, HealthFacts(allergies=("Nuts",)), "", world.clock().date())
    report = replace(head_report(world.clock()), origin="home")
    address = world.reports.save(home.maria, "cd" * 16, report, person=me).address
    assert (home.facts(), home.inbox(), home.waiting(home.maria)) == ([("Nuts",)], [address], 0)


def test_the_coach_is_not_given_what_they_were_not_given_before(home):
    home.begin()
    home.tell(home.maria)
    assert home.world.from_now_on.waiting(home.team.carol) == []
    assert [share.party for share in home.team.page(home.team.carol).shares] == []


def test_what_a_doctor_answers_to_a_report_that_was_given_reaches_family_and_coach(home):
    home.begin()
    address = home.team.save()
    home.give(home.maria)
    world = home.world
    world.sharing.acknowledge(home.lee, address)
    clear(world, home.lee, address)
    world.replies.send(home.lee, address, "ce" * 16, wish="please-call", phone="+1 202 555 0123", line="")
    assert [len(world.replies.of(actor, address).given) for actor in (home.maria, home.joe)] == [1, 1]
    since = world.clock() - timedelta(days=1)
    assert len(list(world.replies.news(home.maria, home.card(), since))) == 1
    for actor in (home.maria, home.team.carol):
        assert len(world.clearances.of(actor, address).statements) == 1


# -- two at once, and what a crash leaves


def test_two_who_give_at_once_give_once(home):
    home.begin()
    address = home.team.save()
    results, begin = [], threading.Barrier(2)

    def give(actor: Actor) -> None:
        begin.wait()
        results.append(home.give(actor))

    threads = [threading.Thread(target=give, args=(actor,)) for actor in (home.maria, home.joe)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(results), home.inbox()) == ([0, 1], [address])


def test_what_two_machines_gave_at_once_is_listed_once(home):
    home.begin()
    address = home.team.save()
    card = home.card()
    (waiting,) = home.world.standing.waiting(card)
    home.give(home.maria)
    batch = home.world.mailbox.batch()
    home.world.standing._give(batch, card, waiting.reader, waiting.entries[0].grant, home.world.clock())
    batch.commit()
    assert home.inbox() == [address]


def test_what_began_while_somebody_saved_is_made_up_for_at_the_next_visit(home, monkeypatch):
    """The save looked before the other began, and came to the log after it."""
    home.begin(choices=("reports",))
    world, standing = home.world, home.world.standing
    real = standing.running

    def overtaken(subject):
        readers = real(subject)
        monkeypatch.setattr(standing, "running", real)
        other = member(world, "kim", "South Clinic")
        assert other
        south = next(entry.card_id for entry in world.organisations.directory() if entry.name == "South Clinic")
        world.from_now_on.begin(home.joe, home.handle(home.joe), south, "care", world.clock() + MONTH, ALL)
        return readers

    monkeypatch.setattr(standing, "running", overtaken)
    home.home_report(home.maria)
    assert [waiting.parties for waiting in world.from_now_on.waiting(home.maria)] == [("South Clinic",)]
    assert home.give(home.maria) == 1
    assert home.waiting(home.maria) == 0


def test_a_crash_before_the_block_gives_nothing_and_one_after_it_gives_once(home, monkeypatch):
    home.begin()
    address = home.team.save()
    with monkeypatch.context() as patched:
        patched.setattr(home.world.ledger, "submit", _crash)
        with pytest.raises(KeyboardInterrupt):
            home.give(home.maria)
    assert (home.inbox(), home.waiting(home.maria)) == ([], 1)
    real = home.world.ledger.submit

    def after(transactions):
        real(transactions)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(home.world.ledger, "submit", after)
        with pytest.raises(KeyboardInterrupt):
            home.give(home.maria)
    assert (home.inbox(), home.waiting(home.maria), home.give(home.joe)) == ([address], 0, 0)


def _crash(_transactions):
    raise KeyboardInterrupt


def test_more_than_one_block_holds_is_given_in_several_each_of_which_says_how_far_it_is(home, monkeypatch):
    monkeypatch.setattr(standing_module, "MOST_GIVEN_AT_ONCE", 2)
    home.begin()
    addresses = [home.team.save() for _ in range(5)]
    real, blocks = home.world.ledger.submit, []

    def twice(transactions):
        if len(blocks) == 1:
            raise KeyboardInterrupt
        blocks.append(len(transactions))
        return real(transactions)

    with monkeypatch.context() as patched:
        patched.setattr(home.world.ledger, "submit", twice)
        with pytest.raises(KeyboardInterrupt):
            home.give(home.maria)
    assert (sorted(home.inbox()), home.waiting(home.joe)) == (sorted(addresses[:2]), 3)
    assert home.give(home.joe) == 3
    home.world.sharing.acknowledge(home.lee, addresses[0])  # Of a stranger an inbox lists three.
    assert sorted(home.inbox()) == sorted(addresses)


def test_a_report_whose_text_is_gone_keeps_nothing_else_from_being_given(home):
    home.begin()
    lost, there = home.team.save(), home.team.save()
    (waiting,) = home.world.standing.waiting(home.card())
    pointer = waiting.entries[0].grant.object
    home.world.embedded.unpin(pointer.cid)
    result = home.world.from_now_on.give(home.maria, home.handle(home.maria))
    assert (result.given, result.lost, home.inbox(), home.waiting(home.maria)) == (1, 1, [there], 0)
    assert lost not in home.inbox()


def test_a_coach_who_let_themselves_in_begins_gives_and_ends_nothing_once_the_mother_is_in(world):
    team = let_in_by_themselves(world)
    carol, lee = team.carol, member(world, "lee", "North Hospital")
    team.maria = team.joins("maria", "Maria Rivers")
    home = Home(team, carol, lee)
    with pytest.raises(NotAuthorized):
        home.begin(carol)
    assert world.standing_records.records(lee) == []
    home.begin(team.maria)
    assert world.from_now_on.parties(team.maria, team.person(team.maria), "facts") == ("North Hospital",)
    assert world.from_now_on.parties(carol, team.person(carol), "facts") == ()
    home.tell(carol)
    assert home.facts() == [], "what they save waits, as what others wrote"
    assert (home.waiting(carol), home.waiting(team.maria)) == (0, 1)
    with pytest.raises(NotAuthorized):
        home.give(carol)
    with pytest.raises(NotAuthorized):
        home.stop(carol)
    assert [row.end for row in world.everyone.of(carol) if row.form is Form.STANDING] == [""]
    assert home.give(team.maria) == 1
    assert home.facts() == [("Penicillin",)]
