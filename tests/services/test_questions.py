""" "Is this right?" reaches the people who run the site, sealed: they alone read it, and not whom it is about."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from blockmrs.domain.access_log import Event, LogEntry
from blockmrs.errors import NotAuthorized, NotFound, TooManyAttempts, Unavailable
from blockmrs.model.questions import OperatorBoxRow, QuestionRow
from blockmrs.services.accounts import questions
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.accounts.questions import ASKED_A_DAY, Questions
from blockmrs.services.node.clock_watch import ClockWatch
from blockmrs.services.node.housekeeping import Housekeeping
from blockmrs.services.selections.selection import Selection, Terms
from blockmrs.services.sharing.who_looked import LogFilter, entry_name
from tests.conftest import StillClock
from tests.support.from_now_on import home_in
from tests.support.team import Team, team_in
from tests.support.world import PASSWORD, World


@pytest.fixture
def team(world: World) -> Team:
    return team_in(world)


@pytest.fixture
def olga(world: World) -> Actor:
    """The first administrator."""
    token = world.identity.make_setup_token()
    actor = world.identity.actor_for(world.identity.set_up(token, "olga", "Olga Operator", PASSWORD, "").token)
    assert actor is not None
    return actor


def entry(world: World) -> LogEntry:
    return LogEntry(
        Event.OPENED_REPORT, world.clock(), "Sam Rivers", "Dr Lee", "North Hospital", purpose="care", report="ab" * 16
    )


def asking(world: World) -> Questions:
    return world.identity.questions


def test_a_question_reaches_the_operator_with_who_asks_and_what_and_not_whom_it_is_about(
    team: Team, olga: Actor
) -> None:
    world = team.world
    asking(world).ask(team.maria, entry(world))
    (question,) = asking(world).of(olga)
    assert (question.asked_by, question.asked) == ("Maria Rivers", world.clock())
    assert question.entry == replace(entry(world), about="", report="")
    asking(world).answered(olga, question.number)
    asking(world).answered(olga, question.number)
    assert asking(world).of(olga) == []


def test_the_rows_say_nothing_of_who_asked_what(team: Team, olga: Actor) -> None:
    world = team.world
    asking(world).ask(team.maria, entry(world))
    asking(world).ask(team.carol, replace(entry(world), who="Somebody with quite another name", organisation=""))
    with world.database.read() as rows:
        sealed = [row.sealed for row in rows.scalars(select(QuestionRow))]
        (box,) = rows.scalars(select(OperatorBoxRow))
        assert box.sealing_key != olga.keyring.card.sealing_key, "nothing joins it with their own card"
    assert len({len(one) for one in sealed}) == 1
    assert not any(word in one for one in sealed for word in (b"Maria", b"Rivers", b"Lee", b"North", b"opened"))


def test_nobody_else_reads_or_takes_away_a_question(team: Team, olga: Actor) -> None:
    world = team.world
    asking(world).ask(team.maria, entry(world))
    (question,) = asking(world).of(olga)
    for act in (lambda: asking(world).of(team.maria), lambda: asking(world).answered(team.maria, question.number)):
        with pytest.raises(NotAuthorized):
            act()
    # Whoever makes themselves an administrator later has another box.
    assert asking(world).of(replace(team.maria, is_admin=True)) == []
    for odd in ("", "zz", "é" * 32):
        if odd:
            with pytest.raises(NotFound):
                asking(world).answered(olga, odd)
    assert len(asking(world).of(olga)) == 1


def test_questions_are_few_and_need_somebody_to_ask(
    team: Team, world: World, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not asking(world).is_open()
    with pytest.raises(Unavailable):
        asking(world).ask(team.maria, entry(world))
    asking(world).open_box(team.carol.account_id, team.carol.keyring)
    asking(world).open_box(team.carol.account_id, team.carol.keyring)
    assert asking(world).is_open()
    for _ in range(ASKED_A_DAY):
        asking(world).ask(team.maria, entry(world))
    with pytest.raises(TooManyAttempts):
        asking(world).ask(team.maria, entry(world))
    clock.advance(timedelta(days=1))
    asking(world).ask(team.maria, entry(world))
    monkeypatch.setattr(questions, "MOST_OPEN", 11)
    with pytest.raises(Unavailable):
        asking(world).ask(team.maria, entry(world))
    with world.database.read() as rows:
        assert len(rows.scalars(select(QuestionRow)).all()) == 11


def test_every_question_has_one_size_however_long_the_names_are(team: Team, olga: Actor) -> None:
    world, long = team.world, "ก" * 120
    asking(world).ask(team.maria, entry(world))
    named = replace(team.maria, display_name=long)
    asking(world).ask(named, replace(entry(world), who=long, organisation=long, party=long))
    with world.database.read() as rows:
        assert len({len(row.sealed) for row in rows.scalars(select(QuestionRow))}) == 1
    question = max(asking(world).of(olga), key=lambda question: len(question.asked_by))
    assert question.entry.who.startswith("ก" * 50)


def test_nobody_is_asked_about_what_they_did_or_what_is_about_them(team: Team, olga: Actor) -> None:
    world, card = team.world, olga.keyring.card.id[:16]
    for involved in (
        replace(entry(world), who_card=card),
        replace(entry(world), party_card=card),
        replace(entry(world), subjects=frozenset([card])),
    ):
        with pytest.raises(Unavailable):
            asking(world).ask(team.maria, involved)
    with pytest.raises(Unavailable):
        asking(world).ask(olga, entry(world))
    # Another who runs the site, and is not involved, gets it alone.
    asking(world).open_box(team.carol.account_id, team.carol.keyring)
    asking(world).ask(team.maria, replace(entry(world), who_card=card))
    assert asking(world).of(olga) == []
    assert len(asking(world).of(replace(team.carol, is_admin=True))) == 1


def test_the_name_of_whom_it_is_about_is_left_out_where_they_did_it_themselves(team: Team, olga: Actor) -> None:
    world = team.world
    sam = team.joins("sam", "Sam R.", "self")
    team.confirm(team.maria, "Sam R.", "self")
    world.clock.advance(timedelta(minutes=1))
    world.who_looked.note_list(sam, world.people.of(sam))
    team.end(sam, "Sam R.", "self")
    listed = world.who_looked.entries(team.maria, world.people.of(team.maria), LogFilter(others=False))
    theirs = [one for one in listed if "Sam R." in (one.who, one.party)]
    assert {one.event for one in theirs} >= {Event.JOINED, Event.CONFIRMED, Event.ENDED}
    for one in theirs:
        asking(world).ask(team.maria, one)
    assert all("Sam R." not in (one.entry.who, one.entry.party) for one in asking(world).of(olga))
    assert len(asking(world).of(olga)) == len(theirs)


def test_everybody_involved_in_an_entry_is_known_by_their_card(world: World) -> None:
    home = home_in(world)
    world.clock.advance(timedelta(minutes=1))
    home.begin()
    home.tell(home.maria)
    home.facts()
    address = home.team.save()
    world.sharing.grant(home.team.carol, address, home.hospital, "care", world.clock() + timedelta(days=9))
    world.sharing.acknowledge(home.lee, address)
    world.who_looked.note_report(home.joe, address)
    terms = Terms(purpose="care", until=world.clock() + timedelta(days=9))
    world.record_sharing.share(home.maria, home.handle(home.maria), "ab" * 16, home.hospital, Selection(), terms)
    world.crew_facts.turn_on(home.maria, home.handle(home.maria), world.facts.newest(home.team.person(home.maria)))
    people = world.people.of(home.maria)
    everybody = {"Maria Rivers": home.maria, "Joe Rivers": home.joe, "Carol Coach": home.team.carol, "Dr Lee": home.lee}
    listed = world.who_looked.entries(home.maria, people, LogFilter(others=False))
    assert {one.who for one in listed if one.who} == set(everybody)
    for one in listed:
        assert one.who_card == (everybody[one.who].keyring.card.id[:16] if one.who else b""), one.event
        assert one.subjects
    parties = [one for one in listed if one.party in everybody]
    assert parties
    assert all(one.party_card == everybody[one.party].keyring.card.id[:16] for one in parties)


def test_what_nobody_answers_goes_after_ninety_days(team: Team, olga: Actor) -> None:
    world, seconds = team.world, 0.0
    keeper = Housekeeping(world.database, ClockWatch(world.ledger, world.clock, lambda: seconds))
    asking(world).ask(team.maria, entry(world))
    for days, left in ((89, 1), (1, 0)):
        world.clock.advance(timedelta(days=days))
        seconds += timedelta(days=days).total_seconds()
        keeper.erase_expired()
        assert len(asking(world).of(olga)) == left


def test_an_entry_is_asked_about_by_a_name_that_only_its_reader_knows(team: Team) -> None:
    world = team.world
    people = world.people.of(team.maria)
    team.save()
    (wrote,) = [
        one for one in world.who_looked.entries(team.maria, people, LogFilter()) if one.event is Event.WROTE_REPORT
    ]
    name = entry_name(team.maria, wrote)
    assert world.who_looked.entry(team.maria, people, name) == wrote
    assert entry_name(team.carol, wrote) != name
    carols = world.people.of(team.carol)
    for odd in (name, "0-" + "00" * 16, "", "x", "f" * 40, "ffffffffffff-" + "00" * 16):
        with pytest.raises(NotFound):
            world.who_looked.entry(team.carol, carols, odd)
