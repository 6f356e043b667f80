"""Everything from now on, and what is private: it goes to those alone who were given such by name, and nobody can tell.

What the rules mark, of the mind, a pregnancy, or harm done; and what follows such a report.
"""

import secrets
from datetime import timedelta

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.permission import Action
from blockmrs.errors import InvalidInput, NotFound
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


# -- what the family keeps out


def test_what_a_parent_keeps_out_before_it_is_given_goes_to_nobody_but_by_itself(home):
    """Nor the checks that follow it, nor its key when it is sealed anew, nor with the whole record."""
    world, handle = home.world, home.handle(home.maria)
    home.begin()
    secret, other = home.coach_report("Hurt head"), home.coach_report("Hurt head")
    (share,) = home.shares(home.joe)
    waits = world.from_now_on.waiting_for(home.maria, handle, share.share_id)
    assert [one.entry_id for one in waits] == [other, secret]
    for _ in range(2):
        size = world.ledger.size
        world.from_now_on.keep_out(home.joe, home.handle(home.joe), secret)
    assert world.ledger.size == size, "a repeated press writes nothing"
    world.clock.advance(timedelta(days=1))
    world.followups.save(home.maria, secret, secrets.token_hex(16), answers())
    assert (home.waiting(home.maria), home.give(home.maria), home.on_the_line()) == (1, 1, {other})
    private = {one.entry_id for one in world.record_sharing.record(home.maria, handle).entries if one.is_private}
    assert secret in private
    assert other not in private
    member(world, "kim", "South Clinic")
    south = next(entry.card_id for entry in world.organisations.directory() if entry.name == "South Clinic")
    sent = world.sharing.grant(home.maria, secret, south, "care", world.clock() + MONTH)
    world.sharing.stop(home.maria, secret, sent.share_id)
    assert world.sealing_anew.go_on(home.maria, secret).is_finished
    assert home.on_the_line() == {other}


def test_only_what_waits_is_kept_out_and_only_by_who_acts_for_the_record(home):
    world, handle = home.world, home.handle(home.maria)
    home.begin()
    address = home.coach_report("Hurt head")
    size = world.ledger.size
    for actor, entry in ((home.maria, "00" * 16), (home.maria, "x"), (home.team.carol, address), (home.lee, address)):
        with pytest.raises(NotFound):
            world.from_now_on.keep_out(actor, handle, entry)
    assert world.ledger.size == size


def test_a_coach_s_word_keeps_nothing_from_a_hospital_nor_does_one_that_says_nothing(home):
    """The line's key is theirs, too, until hand-over."""
    world, card = home.world, home.card()
    home.begin()
    address = home.coach_report("Hurt head")
    update_id = world.access.allow(home.maria, address, Action.READ).grant.update_id
    batch, line_key = world.mailbox.batch(), card.keyring.derive("kept out")
    world.standing.kept_out.add(batch, home.team.carol.keyring, card, update_id)
    for fields in ({}, {6: b"short", 7: 1}, {6: update_id, 7: "noon"}):
        batch.add(Kind.DECIDE, fields, author=home.maria.keyring, recipient=card.keyring.card, line_key=line_key)
    batch.commit()
    assert home.waiting(home.maria) == 1
