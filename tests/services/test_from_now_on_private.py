"""Everything from now on, and what is private: it goes to those alone who were given such by name, and nobody can tell.

What the rules mark, of the mind, a pregnancy, or harm done; and what follows such a report.
"""

import secrets
from datetime import timedelta

import pytest

from blockmrs.domain.facts import HealthFacts
from blockmrs.errors import InvalidInput
from blockmrs.services.lines import batch as batch_module
from blockmrs.services.people.persons import ME
from tests.services.test_story import member
from tests.support.from_now_on import MARKED, MONTH
from tests.support.heads import answers
from tests.support.record import PRIVATE


def test_a_private_report_goes_to_nobody_who_was_not_given_such_by_name(home):
    """Nor the checks that follow it; from a parent at once as little as from a coach, later."""
    home.begin()
    person = home.team.person(home.maria)
    assert home.world.from_now_on.parties(home.maria, person, "private") == ()
    home.home_report(home.maria, PRIVATE)
    home.coach_report(PRIVATE)
    assert home.waiting(home.maria) == 0
    head = home.coach_report("Hurt head", MARKED)
    home.world.clock.advance(timedelta(days=1))
    home.world.followups.save(home.maria, head, secrets.token_hex(16), answers())
    public = home.home_report(home.maria)
    assert (home.give(home.maria), home.inbox(), home.on_the_line()) == (0, [public], {public})


def test_who_was_given_private_reports_by_name_gets_them_and_what_follows_them(home):
    home.begin(choices=("reports", "private"))
    private = home.home_report(home.maria, PRIVATE)
    coachs = home.coach_report(PRIVATE)
    assert (home.waiting(home.maria), home.give(home.maria), sorted(home.inbox())) == (1, 1, sorted([private, coachs]))


def test_private_reports_alone_are_no_choice(home):
    before = home.world.ledger.size
    with pytest.raises(InvalidInput, match="Tick both"):
        home.begin(choices=("private", "facts"))
    assert home.world.ledger.size == before


def test_a_report_that_says_more_than_lists_call_it_is_passed_over_when_it_would_be_given(home):
    """A coach's program, or one from before, may list a private report as something else."""
    home.begin()
    with_marks = home.coach_report("Hurt head", MARKED)
    assert home.waiting(home.maria) == 1
    given = home.world.from_now_on.give(home.maria, home.handle(home.maria))
    assert (given.given, given.private, given.lost, home.inbox(), home.waiting(home.joe)) == (0, 1, 0, [], 0)
    assert with_marks not in home.on_the_line()


def test_a_private_report_is_saved_in_a_block_as_large_as_any_other(home, monkeypatch):
    """Else who counts would know that it is private."""
    home.tell(home.maria)
    monkeypatch.setattr(batch_module, "LEAST_COVERED", 1)
    for number in range(4):
        member(home.world, f"doctor-{number}", f"Clinic {number}")
    for organisation in home.world.organisations.directory():
        home.world.from_now_on.begin(
            home.maria, home.handle(home.maria), organisation.card_id, "care", home.world.clock() + MONTH, ["reports"]
        )

    def grows_by(save) -> int:
        before = home.world.ledger.size
        save()
        return home.world.ledger.size - before

    assert grows_by(lambda: home.home_report(home.maria)) == 8
    assert grows_by(lambda: home.home_report(home.maria, PRIVATE)) == 8
    assert grows_by(lambda: home.tell(home.maria, "Latex")) == 8


def test_of_a_private_report_that_is_sealed_anew_no_standing_reader_gets_the_key(home):
    """A renewal holds a key: who was not given the report must not get one."""
    world = home.world
    home.begin()
    private = home.home_report(home.maria, PRIVATE)
    member(world, "kim", "South Clinic")
    south = next(entry.card_id for entry in world.organisations.directory() if entry.name == "South Clinic")
    share = world.sharing.grant(home.maria, private, south, "care", world.clock() + MONTH)
    world.sharing.stop(home.maria, private, share.share_id)
    assert world.sealing_anew.go_on(home.maria, private).is_finished
    assert home.on_the_line() == set()


def test_what_a_young_person_says_of_themselves_goes_to_no_reader_whom_a_parent_chose(home):
    """It goes along with the coach's reports, as they let it; what they share from now on is theirs to begin."""
    world, team = home.world, home.team
    sam = team.joins("sam", "Sam R.", "self")
    team.confirm(home.maria, "Sam R.", "self")
    home.begin()
    person = world.people.find(sam, ME)
    world.facts.save(sam, person, "ab" * 16, HealthFacts(allergies=("Nuts",)), "", world.clock().date())
    (consent,) = world.crew_facts.consents(sam, person)
    world.crew_facts.turn_on(sam, consent.handle, world.facts.newest(person))
    version = world.facts.current(person).version
    world.facts.save(sam, person, "ac" * 16, HealthFacts(allergies=("Latex",)), version, world.clock().date())
    assert (home.facts(), home.on_the_line()) == ([], set())
    home.stop(home.maria)
    world.from_now_on.begin(sam, ME, home.hospital, "care", world.clock() + MONTH, ["facts"])
    version = world.facts.current(person).version
    world.facts.save(sam, person, "ad" * 16, HealthFacts(allergies=("Penicillin",)), version, world.clock().date())
    assert home.facts() == [("Penicillin",), ("Penicillin",)]
