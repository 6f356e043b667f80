"""Who looked, whole: each opening, share, change and right is an entry with how it is known, and nothing of others'."""

import json
import secrets
from datetime import timedelta

import pytest
from sqlalchemy import text

from blockmrs.domain.access_log import Event, Happening, LogEntry
from blockmrs.domain.roll import Part
from blockmrs.errors import Ended, NotFound, ObjectMissing
from blockmrs.fhir.audit import read_log
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.accounts.visits import AGAIN_AFTER, MOST
from blockmrs.services.people.persons import ME, Person
from blockmrs.services.selections.selection import Selection, Terms
from blockmrs.services.sharing import who_looked
from blockmrs.services.sharing.who_looked import LogFilter, LogPage
from tests.conftest import StillClock
from tests.services.test_story import member
from tests.support.from_now_on import home_in
from tests.support.team import Team, team_in
from tests.support.world import PASSWORD, World

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ALL = LogFilter(others=False)


@pytest.fixture
def team(world: World) -> Team:
    """Carol coaches Sam; his mother Maria is in."""
    return team_in(world)


@pytest.fixture
def joe(team: Team) -> Actor:
    """His father, who is in too."""
    joe = team.joins("joe", "Joe Rivers")
    team.confirm(team.maria, "Joe Rivers")
    return joe


@pytest.fixture
def lee(team: Team) -> Actor:
    return member(team.world, "lee", "North Hospital")


def entries(team: Team, actor: Actor, chosen: LogFilter = ALL) -> list[LogEntry]:
    return team.world.who_looked.entries(actor, team.world.people.of(actor), chosen)


def events(team: Team, actor: Actor, chosen: LogFilter = ALL) -> list[tuple[Event, str, str]]:
    return [(entry.event, entry.who, entry.party) for entry in entries(team, actor, chosen)]


def of(kind: Happening) -> LogFilter:
    return LogFilter(happening=kind, others=False)


def give(team: Team, address: str, actor: Actor | None = None):
    world = team.world
    hospital = next(entry.card_id for entry in world.organisations.directory() if entry.name == "North Hospital")
    return world.sharing.grant(actor or team.carol, address, hospital, "care", world.clock() + 30 * DAY)


def test_what_recipients_opened_was_shared_and_stopped_is_proven_and_names_who_and_to_whom(
    team: Team, lee: Actor, clock: StillClock
) -> None:
    world, address = team.world, team.save()
    shared_at, share = clock(), give(team, address)
    clock.advance(MINUTE)
    world.sharing.acknowledge(lee, address)
    opened_at = clock()
    clock.advance(MINUTE)
    world.sharing.stop(team.maria, address, world.sharing.shares(team.maria, address)[0].share_id)
    mine = entries(team, team.maria, LogFilter(others=False, since=shared_at))
    until = share.until
    assert [entry for entry in mine if entry.event.happening in (Happening.OPENED, Happening.SHARED)] == [
        LogEntry(Event.STOPPED, clock(), "Sam Rivers", party="North Hospital", report=address),
        LogEntry(
            Event.OPENED_REPORT, opened_at, "Sam Rivers", "Dr Lee", "North Hospital", purpose="care", report=address
        ),
        LogEntry(
            Event.SHARED, shared_at, "Sam Rivers", "Carol Coach", party="North Hospital", purpose="care",
            report=address, until=until,
        ),
    ]  # fmt: skip


def test_what_was_written_and_every_right_given_and_ended_is_an_entry(team: Team, joe: Actor, clock) -> None:
    address = team.save()
    clock.advance(MINUTE)
    team.tell_facts(team.maria)
    clock.advance(MINUTE)
    team.end(joe, "Carol Coach", "coach")
    assert events(team, team.maria, of(Happening.CHANGED)) == [
        (Event.CHANGED_FACTS, "Maria Rivers", ""), (Event.WROTE_REPORT, "Carol Coach", "")
    ]  # fmt: skip
    rights = events(team, team.maria, of(Happening.RIGHTS))
    assert rights[0] == (Event.ENDED, "Joe Rivers", "Carol Coach")
    assert set(rights) == {
        (Event.ENDED, "Joe Rivers", "Carol Coach"), (Event.CONFIRMED, "Maria Rivers", "Joe Rivers"),
        (Event.JOINED, "Joe Rivers", "Carol Coach"), (Event.JOINED, "Maria Rivers", "Carol Coach"),
        (Event.MADE, "Carol Coach", ""), (Event.INVITED, "Carol Coach", ""),
    }  # fmt: skip
    assert all(entry.proven for entry in entries(team, team.maria) if entry.event.happening is Happening.RIGHTS)
    mine = entries(team, team.maria, LogFilter())
    assert not any(entry.is_me for entry in mine)
    assert Event.CHANGED_FACTS not in {entry.event for entry in mine}, "what one did oneself is left out at first"
    assert [entry.report for entry in mine if entry.event is Event.WROTE_REPORT] == [address]


def test_family_and_coach_are_noted_once_an_item_in_twelve_hours_for_the_others(
    team: Team, joe: Actor, clock: StillClock
) -> None:
    world, address = team.world, team.save()
    looked, began = world.who_looked, clock()
    for who in (joe, joe, team.carol):
        looked.note_report(who, address)
    looked.note_facts(joe, world.people.of(joe))
    assert [(one.who, one.event, one.at, one.proven) for one in entries(team, team.maria, of(Happening.OPENED))] == [
        ("Joe Rivers", Event.LOOKED_AT_REPORT, began, False),
        ("Carol Coach", Event.LOOKED_AT_REPORT, began, False),
        ("Joe Rivers", Event.LOOKED_AT_FACTS, began, False),
    ]
    clock.advance(AGAIN_AFTER)
    looked.note_report(joe, address)
    again = entries(team, team.maria, LogFilter(happening=Happening.OPENED))
    assert [(one.who, one.at) for one in again[:1]] == [("Joe Rivers", clock())]
    assert len(again) == 4
    # Who reads the list sees what the others did, not themselves.
    assert {one.who for one in entries(team, joe, LogFilter(happening=Happening.OPENED))} == {"Carol Coach"}


def test_to_look_at_this_list_is_such_an_opening(team: Team, joe: Actor) -> None:
    world = team.world
    world.who_looked.note_list(joe, world.people.of(joe))
    (entry,) = entries(team, team.maria, LogFilter(happening=Happening.OPENED))
    assert (entry.event, entry.who, entry.about) == (Event.LOOKED_AT_LOG, "Joe Rivers", "Sam Rivers")


def test_what_one_opens_of_oneself_is_noted_nowhere(team: Team, joe: Actor) -> None:
    world = team.world
    sam = team.joins("sam", "Sam R.", "self")
    team.confirm(team.maria, "Sam R.", "self")
    address = team.save()
    world.who_looked.note_report(sam, address)
    world.who_looked.note_record(sam, world.people.of(sam))
    assert entries(team, team.maria, of(Happening.OPENED)) == []
    world.who_looked.note_report(team.maria, address)
    assert [entry.who for entry in entries(team, sam, of(Happening.OPENED))] == ["Maria Rivers"]


def test_nothing_of_a_report_kept_from_the_family_is_in_their_list(team: Team, lee: Actor, clock) -> None:
    world = team.world
    before = entries(team, team.maria)
    kept = team.save(withheld=True)
    give(team, kept)
    world.sharing.acknowledge(lee, kept)
    world.codes.open_qr(world.codes.make(team.carol, kept).qr_secret, "")
    world.who_looked.note_report(team.carol, kept)
    clock.advance(MINUTE)
    assert entries(team, team.maria) == before


def test_what_a_young_person_wrote_about_themselves_is_in_no_guardians_list(team: Team, lee: Actor) -> None:
    world = team.world
    sam = team.joins("sam", "Sam R.", "self")
    team.confirm(team.maria, "Sam R.", "self")
    before = entries(team, team.maria)
    me = world.people.find(sam, ME)
    own = world.reports.save(sam, secrets.token_hex(16), world.report("Sam R."), person=me).address
    give(team, own, sam)
    world.sharing.acknowledge(lee, own)
    assert entries(team, team.maria) == before
    assert Event.OPENED_REPORT in {entry.event for entry in entries(team, sam)}


def test_who_may_not_read_a_report_leaves_no_note(team: Team, joe: Actor) -> None:
    world, address = team.world, team.save()
    stranger = world.person("mallory", "Mallory")
    with pytest.raises(NotFound):
        world.who_looked.note_report(stranger, address)
    assert entries(team, team.maria, of(Happening.OPENED)) == []


def test_a_code_that_was_opened_is_this_servers_word_and_one_of_somebody_elses_is_not_told(team: Team, clock) -> None:
    world, address = team.world, team.save()
    world.codes.open_qr(world.codes.make(team.carol, address).qr_secret, "")
    roster = world.teams.add_player(team.carol, "Tom Hill", "8", world.teams.team(team.carol).version)
    toms = world.reports.save(team.carol, "ee" * 16, world.report("Tom Hill"), player=roster.players[-1]).address
    world.codes.open_qr(world.codes.make(team.carol, toms).qr_secret, "")
    (entry,) = entries(team, team.maria, of(Happening.OPENED))
    assert entry == LogEntry(Event.OPENED_BY_CODE, clock(), "Sam Rivers", report=address, count=1, proven=False)


def test_each_sign_in_is_in_ones_own_list_alone(team: Team, joe: Actor, clock: StillClock) -> None:
    world = team.world
    clock.advance(MINUTE)
    world.identity.sign_in("joe", PASSWORD, "test")
    (entry,) = entries(team, joe, LogFilter(happening=Happening.SIGNED_IN))
    assert (entry.at, entry.about, entry.proven) == (clock(), "Joe Rivers", False)
    assert entries(team, team.maria, of(Happening.SIGNED_IN)) == []


def test_pages_are_newest_first_and_stay_as_they_were_while_more_is_added(
    team: Team, joe: Actor, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(who_looked, "ROWS", 3)
    for _ in range(5):
        clock.advance(MINUTE)
        team.save()
    chosen = LogFilter(happening=Happening.CHANGED, to=clock())
    people = team.world.people.of(team.maria)

    def page(number: int) -> LogPage:
        return team.world.who_looked.page(team.maria, people, chosen, number)

    first, second = page(1), page(2)
    assert ([len(one.entries) for one in (first, second)], first.pages, first.total) == ([3, 2], 2, 5)
    times = [entry.at for entry in (*first.entries, *second.entries)]
    assert times == sorted(times, reverse=True)
    clock.advance(MINUTE)
    team.save()
    assert (page(1), page(2), page(9), page(-4)) == (first, second, second, first)


def test_a_list_can_be_narrowed_to_a_person_and_a_time(team: Team, joe: Actor, clock: StillClock) -> None:
    world = team.world
    team.save()
    home = world.reports.save(
        team.maria, secrets.token_hex(16), world.report("M"), person=world.people.find(team.maria, ME)
    )
    sam = team.person(team.maria).handle
    assert {one.report for one in entries(team, team.maria, LogFilter(handle=ME, others=False)) if one.report} == {
        home.address
    }
    assert {one.about for one in entries(team, team.maria, LogFilter(handle=sam, others=False))} == {"Sam Rivers"}
    clock.advance(DAY)
    later = LogFilter(others=False, since=clock())
    assert entries(team, team.maria, later) == []
    new = team.save()
    assert [one.report for one in entries(team, team.maria, later)] == [new]


def test_notes_are_kept_for_thirteen_months_and_not_without_bound(
    team: Team, joe: Actor, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = team.world
    monkeypatch.setattr("blockmrs.services.accounts.visits.MOST", 5)
    cards = [team.person(joe).card]
    for number in range(7):
        world.identity.visits.note(joe, cards, Event.LOOKED_AT_REPORT, f"{number:032x}")
    notes = entries(team, team.maria, of(Happening.OPENED))
    assert [int(note.report, 16) for note in notes] == [2, 3, 4, 5, 6]
    clock.advance(400 * DAY)
    world.identity.visits.note(joe, cards, Event.LOOKED_AT_FACTS)
    assert [note.event for note in entries(team, team.maria, of(Happening.OPENED))] == [Event.LOOKED_AT_FACTS]
    assert MOST > 5


def test_everything_from_now_on_is_a_share_and_what_was_opened_of_it_is_an_opening(world: World, clock) -> None:
    home = home_in(world)
    clock.advance(MINUTE)
    home.begin()
    clock.advance(MINUTE)
    home.tell(home.maria)
    assert home.facts() == [("Penicillin",)]
    (shared,) = entries(home.team, home.joe, of(Happening.SHARED))
    assert (shared.event, shared.who, shared.party) == (Event.SHARED_FROM_NOW_ON, "Maria Rivers", "North Hospital")
    (opened,) = entries(home.team, home.joe, of(Happening.OPENED))
    assert (opened.event, opened.who, opened.organisation, opened.proven) == (
        Event.OPENED_FACTS, "Dr Lee", "North Hospital", True
    )  # fmt: skip


def test_what_was_given_from_now_on_stays_in_the_list_when_it_has_ended_or_run_out(world: World, clock) -> None:
    home = home_in(world)
    clock.advance(MINUTE)
    home.begin()
    clock.advance(MINUTE)
    home.tell(home.maria)
    home.facts()
    clock.advance(MINUTE)
    home.stop(home.joe)
    clock.advance(MINUTE)
    home.begin(home.joe)
    clock.advance(60 * DAY)
    kinds = {Happening.OPENED, Happening.SHARED}
    listed = [one for one in entries(home.team, home.maria) if one.event.happening in kinds]
    assert [(one.event, one.who, one.party or one.organisation) for one in listed] == [
        (Event.SHARED_FROM_NOW_ON, "Joe Rivers", "North Hospital"),
        (Event.STOPPED_FROM_NOW_ON, "", "North Hospital"),
        (Event.OPENED_FACTS, "Dr Lee", "North Hospital"),
        (Event.SHARED_FROM_NOW_ON, "Maria Rivers", "North Hospital"),
    ]


def test_one_choice_about_several_cards_of_a_person_is_one_entry(world: World) -> None:
    home = home_in(world)
    sam = home.team.joins("sam", "Sam R.", "self")
    home.team.confirm(home.maria, "Sam R.", "self")
    world.from_now_on.begin(sam, ME, home.hospital, "care", world.clock() + 30 * DAY, ("facts",))
    (share,) = world.from_now_on.of(sam, ME)
    world.from_now_on.stop(sam, ME, share.share_id)
    listed = [one.event for one in entries(home.team, sam) if one.event.happening is Happening.SHARED]
    assert sorted(listed) == [Event.SHARED_FROM_NOW_ON, Event.STOPPED_FROM_NOW_ON]


def test_a_right_that_ended_and_began_again_is_listed_each_time(team: Team, clock: StillClock) -> None:
    for act in (team.end, team.confirm, team.end):
        clock.advance(MINUTE)
        act(team.maria, "Carol Coach", "coach")
    steps = [one.event for one in entries(team, team.maria, of(Happening.RIGHTS)) if one.party == "Carol Coach"]
    assert steps == [Event.ENDED, Event.CONFIRMED, Event.ENDED, Event.JOINED]


def test_somebody_with_ones_own_name_is_somebody_else(world: World, clock: StillClock) -> None:
    home = home_in(world)
    team = home.team
    other = team.joins("maria2", "Maria Rivers")
    (waiting,) = [right for right in team.page(team.maria).rights if right.part is Part.WAITING]
    world.rights.confirm(team.maria, team.handle(team.maria), waiting.right_id)
    clock.advance(MINUTE)
    address = home.home_report(other)
    begun = clock()
    give(team, address, other)
    home.begin(other)
    home.tell(other)
    world.crew_facts.turn_on(other, team.handle(other), world.facts.newest(team.person(other)))
    terms = Terms(purpose="care", until=clock() + 30 * DAY)
    world.record_sharing.share(other, team.person(other).handle, "ab" * 16, home.hospital, Selection(), terms)
    done = {Event.SHARED, Event.SHARED_FROM_NOW_ON, Event.SHARED_SELECTION, Event.FACTS_GO_ALONG}
    for actor, is_me in ((team.maria, False), (other, True)):
        listed = [one for one in entries(team, actor, LogFilter(others=False, since=begun)) if one.event in done]
        assert {one.event for one in listed} == done
        assert {(one.who, one.is_me) for one in listed} == {("Maria Rivers", is_me)}


def test_a_month_of_notes_that_somebody_changed_hides_no_other(team: Team, joe: Actor, clock: StillClock) -> None:
    world, address = team.world, team.save()
    world.who_looked.note_report(joe, address)
    clock.advance(40 * DAY)
    world.who_looked.note_facts(joe, world.people.of(joe))
    with world.database.write() as rows:
        rows.execute(text("UPDATE visit SET sealed = x'00' WHERE ends = (SELECT max(ends) FROM visit)"))
    assert [one.event for one in entries(team, team.maria, of(Happening.OPENED))] == [Event.LOOKED_AT_REPORT]


def test_of_whom_something_is_not_here_hides_nothing_about_the_others(
    team: Team, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, people, address = team.world, team.world.people.of(team.maria), team.save()
    real = world.crew_facts.answers

    def answers(actor: Actor, person: Person):
        if person.label == "Sam Rivers":
            raise ObjectMissing("not here")
        return real(actor, person)

    monkeypatch.setattr(world.crew_facts, "answers", answers)
    clock.advance(MINUTE)
    world.identity.sign_in("maria", PASSWORD, "test")
    gaps: list[str] = []
    page = world.who_looked.page(team.maria, people, ALL, gaps=gaps)
    assert {one.about for one in page.entries} == {"Maria Rivers"}
    assert gaps == ["Sam Rivers"]
    file = world.who_looked.export(team.maria, people, ALL, observer="here", made_at=clock(), gaps=[])
    first, *others = [one["resource"] for one in json.loads(file)["entry"]]
    assert (first["resourceType"], first["issue"][0]["code"]) == ("OperationOutcome", "incomplete")
    assert len(read_log(file)) == len(others) == len(page.entries)
    assert address
    with pytest.raises(ObjectMissing):
        world.who_looked.entries(team.maria, people, ALL)


def test_a_report_whose_part_ends_while_the_list_is_made_hides_nothing_else(
    team: Team, lee: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, gone, there = team.world, team.save(), team.save()
    for address in (gone, there):
        give(team, address)
    real = world.sharing.shares

    def shares(actor: Actor, address: str):
        if address == gone:
            raise Ended("it has just ended")
        return real(actor, address)

    monkeypatch.setattr(world.sharing, "shares", shares)
    assert [entry.report for entry in entries(team, team.maria, of(Happening.SHARED))] == [there]


def test_each_yes_and_no_to_what_goes_along_for_crews_is_an_entry(team: Team, joe: Actor, clock: StillClock) -> None:
    world = team.world
    team.tell_facts(team.maria)
    clock.advance(MINUTE)
    since, handle = clock(), team.handle(team.maria)
    world.crew_facts.turn_on(team.maria, handle, world.facts.newest(team.person(team.maria)))
    (theirs,) = [one for one in entries(team, joe) if one.event is Event.FACTS_GO_ALONG]
    assert (theirs.at, theirs.about, theirs.who, theirs.is_me) == (since, "Sam Rivers", "Maria Rivers", False)
    assert [one.is_me for one in entries(team, team.maria) if one.event is Event.FACTS_GO_ALONG] == [True]
    clock.advance(MINUTE)
    # What is stated anew while it goes along is no new yes.
    team.tell_facts(joe)
    world.crew_facts.turn_off(joe, team.handle(joe))
    clock.advance(MINUTE)
    world.crew_facts.turn_on(team.maria, handle, world.facts.newest(team.person(team.maria)))
    said = [(one.event, one.who) for one in entries(team, team.maria) if one.event.value.startswith("facts-")]
    assert said == [
        (Event.FACTS_GO_ALONG, "Maria Rivers"), (Event.FACTS_STAY, "Joe Rivers"),
        (Event.FACTS_GO_ALONG, "Maria Rivers"),
    ]  # fmt: skip


def test_a_yes_after_who_said_the_one_before_left_is_a_yes_again(team: Team, joe: Actor, clock: StillClock) -> None:
    world = team.world
    team.tell_facts(joe)
    for actor in (joe, team.maria):
        clock.advance(MINUTE)
        world.crew_facts.turn_on(actor, team.handle(actor), world.facts.newest(team.person(actor)))
        if actor is joe:
            team.end(joe, "Joe Rivers")
    assert [one.who for one in entries(team, team.maria) if one.event is Event.FACTS_GO_ALONG] == [
        "Maria Rivers", "Joe Rivers"
    ]  # fmt: skip


def test_an_invitation_that_was_ended_is_an_entry(team: Team, joe: Actor, clock: StillClock) -> None:
    team.code()
    (invited,) = team.page(team.maria).invitations
    clock.advance(MINUTE)
    team.world.rights.end(team.maria, team.handle(team.maria), invited.right_id)
    (ended,) = [one for one in entries(team, joe) if one.event is Event.INVITATION_ENDED]
    assert (ended.at, ended.about) == (clock(), "Sam Rivers")


def test_an_entry_is_found_by_the_name_that_the_actor_s_own_page_gives_it_and_by_no_other(
    team: Team, joe: Actor
) -> None:
    looked, mine, his = team.world.who_looked, team.world.people.of(team.maria), team.world.people.of(joe)
    team.save()
    team.save()
    page = looked.page(team.maria, mine, LogFilter())
    assert len(page.names) == len(page.entries) > 1
    # Of several at the same moment, each name means its own.
    assert [looked.entry(team.maria, mine, name) for name in page.names] == list(page.entries)
    for name in (*page.names, "0-" + "0" * 32, "never", ""):
        with pytest.raises(NotFound):
            looked.entry(joe, his, name)


def test_a_report_that_nobody_opened_by_a_code_has_no_such_entry_beside_one_that_somebody_did(team: Team) -> None:
    world, opened, unopened = team.world, team.save(), team.save()
    world.codes.make(team.carol, unopened)
    world.codes.open_qr(world.codes.make(team.carol, opened).qr_secret, "")
    found = [one.report for one in entries(team, team.maria) if one.event is Event.OPENED_BY_CODE]
    assert found == [opened]


def test_what_is_taken_along_holds_exactly_what_the_filter_lets_pass(team: Team, joe: Actor, clock) -> None:
    people, looked = team.world.people.of(team.maria), team.world.who_looked
    team.save()
    for chosen in (LogFilter(), of(Happening.CHANGED)):
        text = looked.export(team.maria, people, chosen, observer="blockmrs.example", made_at=clock())
        count = len(looked.entries(team.maria, people, chosen))
        assert [entry["resource"]["resourceType"] for entry in json.loads(text)["entry"]] == ["AuditEvent"] * count
