"""What a grantor claims is not what was signed: each test plays somebody who abuses that.

Carol is the coach of Sam; Maria and Joe act for Sam, and so does whoever holds the keys of Sam's card: Carol made it.
"""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta

import pytest

from blockmrs.chain.lines import one_time_seed_at, slot_at
from blockmrs.chain.transaction import Kind
from blockmrs.crypto.envelope import seal_object
from blockmrs.crypto.keys import Keyring
from blockmrs.domain.clearances import FULL_PLAY
from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.followups import CHECK
from blockmrs.domain.permission import Action
from blockmrs.domain.sharing import Appointment, Grant, Receipt, Revocation
from blockmrs.encoding import encode
from blockmrs.errors import VerificationFailed
from blockmrs.services.actor import Actor
from blockmrs.services.contents import Sort
from blockmrs.services.endings import write_ending
from blockmrs.services.mailbox import GrantEntry
from blockmrs.services.people import ME, Person
from tests.conftest import StillClock
from tests.functional.heads import answers, head_report
from tests.functional.people import cookie_of, member_page
from tests.functional.quick import quick_folder
from tests.functional.site import TestSite
from tests.functional.test_facts import say_yes
from tests.functional.test_story import member, save, share
from tests.functional.world import World, report_at

TODAY = date(2026, 3, 14)
OLD = HealthFacts(no_allergies=True)
NEW = HealthFacts(allergies=("Penicillin",))


@pytest.fixture
def world(clock: StillClock) -> Iterator[World]:
    with quick_folder() as folder:
        made = World(folder, clock)
        yield made
        made.engine.dispose()


@pytest.fixture
def carol(world: World) -> Actor:
    return world.person("carol", "Carol Coach")


@pytest.fixture
def maria(world: World) -> Actor:
    return world.person("maria", "Maria Rivers")


@pytest.fixture
def joe(world: World) -> Actor:
    return world.person("joe", "Joe Rivers")


def join(world: World, carol: Actor, *people: Actor) -> None:
    """Each of them acts for Sam, as a guardian."""
    team = world.teams.team(carol)
    if not team.players:
        team = world.teams.add_player(carol, "Sam Rivers", "7", team.version)
    for person in people:
        world.teams.join(person, world.teams.invite_family(carol, team.players[0].player_id), "guardian", "")
    if people:
        # The first says yes to those who came after.
        say_yes(world, people[0], sam_of(world, people[0]))


def sam_of(world: World, person: Actor) -> Person:
    return world.people.of(person)[-1]


def tell(world: World, actor: Actor, person: Person, facts: HealthFacts) -> str:
    version = world.facts.current(person).version
    return world.facts.save(actor, person, secrets.token_hex(16), facts, version, TODAY).version


def grants_on(world: World, keyring: Keyring, sort: Sort) -> list[GrantEntry]:
    """The grants of that sort on a line, by the log."""
    items = [item for item in world.mailbox.contents(keyring) if item.sort is sort]
    return sorted(world.mailbox.opened(keyring, items).grants.values(), key=lambda entry: entry.index)


def write(world: World, grant: Grant, keyring: Keyring, author: Keyring) -> None:
    """Put a grant on a card's own line, signed by `author`: all that it takes is to hold the line's key."""
    batch = world.mailbox.batch()
    batch.add(Kind.GRANT, grant.to_fields(), author=author, recipient=keyring.card, line_key=keyring.own_line)
    batch.commit()


def drop(world: World, *indexes: int) -> None:
    """Take transactions out of the database, as somebody with its file could, or a node that answers less."""
    drop_from(str(world.folder / "blockmrs.db"), *indexes)


def drop_from(database: str, *indexes: int) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as file:
        for index in indexes:
            assert file.execute("DELETE FROM chain_transaction WHERE log_index = ?", (index,)).rowcount == 1


def forget(world: World) -> None:
    """No short cut remembers anything, as after a recovery from the seed."""
    with closing(sqlite3.connect(world.folder / "blockmrs.db", isolation_level=None)) as file:
        file.execute("DELETE FROM saved_report")


@pytest.mark.parametrize("signer", ["the card that they act for", "themselves", "its own author"])
def test_an_older_version_that_is_granted_again_with_a_later_date_does_not_count(
    world, carol, maria, joe, clock, signer
) -> None:
    join(world, carol, maria, joe)
    sam = sam_of(world, maria)
    older = tell(world, maria, sam, OLD)
    clock.advance(timedelta(days=1))
    newer = tell(world, maria, sam, NEW)
    keyring = sam.card.keyring
    first = next(e.grant for e in grants_on(world, keyring, Sort.FACTS) if e.grant.update_id.hex() == older)
    again = replace(first, not_before=clock() + timedelta(hours=1), draft_mark=None)
    author = {"the card that they act for": keyring, "themselves": joe.keyring}.get(signer, maria.keyring)
    write(world, again, keyring, author)
    for person in (maria, joe):
        read = world.facts.newest(sam_of(world, person))
        assert (read.version, read.facts, read.author) == (newer, NEW, "Maria Rivers")
        assert [saved and saved.version for saved in world.facts.history(sam_of(world, person))] == [newer, older]
    # And what is saved next is saved over the version that counts.
    assert tell(world, joe, sam_of(world, joe), OLD)
    assert world.facts.newest(sam).author == "Joe Rivers"


def test_a_date_that_a_save_claims_decides_nothing(world, maria, clock) -> None:
    """Somebody's clock was ahead: the version that they wrote then is not the newest for ever."""
    me = world.people.find(maria, ME)
    clock.advance(timedelta(days=300))
    world.mailbox.now = lambda: clock() + timedelta(days=200)
    tell(world, maria, me, OLD)
    world.mailbox.now = clock
    written = clock()
    clock.advance(timedelta(minutes=1))
    newer = tell(world, maria, me, NEW)
    assert world.facts.newest(me).version == newer
    assert world.facts.newest(me).saved_at == clock()
    assert [saved.saved_at for saved in world.facts.history(me) if saved] == [clock(), written]


def test_a_grant_that_calls_something_else_health_facts_says_nothing(world, carol, maria) -> None:
    join(world, carol, maria)
    saved = save(world, carol)
    sam = sam_of(world, maria)
    newer = tell(world, maria, sam, NEW)
    report = next(e.grant for e in grants_on(world, sam.card.keyring, Sort.REPORT))
    assert report.update_id.hex().startswith(saved.address)
    write(world, replace(report, purpose="facts"), sam.card.keyring, carol.keyring)
    assert world.facts.newest(sam).version == newer


def test_a_report_that_is_granted_again_keeps_its_place_its_title_and_its_time(world, carol, maria, joe, clock) -> None:
    join(world, carol, maria, joe)
    first = save(world, carol)
    clock.advance(timedelta(days=1))
    second = save(world, carol, draft="ff" * 16)
    sam = sam_of(world, maria)
    keyring = sam.card.keyring
    given = next(
        e.grant for e in grants_on(world, keyring, Sort.REPORT) if e.grant.update_id.hex()[:32] == first.address
    )
    again = replace(given, title="Nothing happened", level=4, not_before=clock(), draft_mark=None)
    for author in (joe.keyring, keyring):
        write(world, again, keyring, author)
    listed = world.reports.about(sam)
    assert [(report.address, report.level) for report in listed] == [(second.address, 1), (first.address, 1)]
    assert listed[1].title == given.title
    assert listed[1].saved_at == clock() - timedelta(days=1)
    assert world.reports.open(maria, first.address).saved_at == clock() - timedelta(days=1)


def test_the_newest_facts_that_are_gone_are_missed_and_no_older_ones_stand_in(world, carol, maria) -> None:
    join(world, carol, maria)
    sam = sam_of(world, maria)
    tell(world, maria, sam, OLD)
    tell(world, maria, sam, NEW)
    assert world.facts.newest(sam).facts == NEW
    drop(world, grants_on(world, sam.card.keyring, Sort.FACTS)[-1].index)
    with pytest.raises(VerificationFailed):
        world.facts.newest(sam)
    assert not world.reports.is_whole([sam])


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_report_that_is_gone_is_missed(world, carol, maria, which: int) -> None:
    join(world, carol, maria)
    for number in range(3):
        save(world, carol, draft=f"{number:02}" * 16)
    sam = sam_of(world, maria)
    assert len(world.reports.about(sam)) == 3
    assert world.reports.is_whole([sam])
    drop(world, grants_on(world, sam.card.keyring, Sort.REPORT)[which].index)
    assert len(world.reports.about(sam)) == 2
    assert not world.reports.is_whole([sam])


def test_an_update_that_a_later_one_names_is_missed_though_nothing_remembers_it(world, carol, maria) -> None:
    join(world, carol, maria)
    for number in range(3):
        save(world, carol, draft=f"{number:02}" * 16)
    sam = sam_of(world, maria)
    drop(world, grants_on(world, sam.card.keyring, Sort.REPORT)[1].index)
    forget(world)
    assert not world.reports.is_whole([sam])
    assert not world.facts.newest(sam).is_whole


def test_nothing_is_missing_where_nothing_is_gone(world, carol, maria, joe) -> None:
    join(world, carol, maria, joe)
    for number in range(25):
        save(world, carol, draft=f"{number:02}" * 16)
    for person in (maria, joe):
        for number in range(2):
            tell(world, person, sam_of(world, person), NEW if number else OLD)
            assert world.reports.is_whole(world.people.of(person))
    forget(world)
    assert world.reports.is_whole(world.people.of(maria))


def test_two_entries_at_one_number_are_ordinary_and_both_are_shown(world, maria) -> None:
    """Two processes save at once: both take the next free place and name one update before."""
    me = world.people.find(maria, ME)
    other = World(world.folder, world.clock)
    batches = []
    tell(world, maria, me, OLD)
    for process in (world, other):
        real = process.mailbox.batch
        made = real()
        made.commit = lambda: 0  # type: ignore[method-assign]
        process.mailbox.batch = lambda made=made: made
        report = replace(process.report(), origin="home")
        process.reports.save(maria, secrets.token_hex(16), report, person=me)
        del made.commit
        process.mailbox.batch = real
        batches.append(made)
    for made in batches:
        made.commit()
    assert len(world.reports.about(me)) == 2
    assert world.reports.is_whole([me])
    other.engine.dispose()


def test_every_page_of_a_record_says_that_something_is_missing(site: TestSite) -> None:
    app = member_page(site, "maria.of.the.pages", "Maria Rivers")
    services = site.services
    actor = services.identity.actor_for(cookie_of(app))
    assert actor is not None
    me = services.people.find(actor, ME)
    for number in range(2):
        version = services.facts.current(me).version
        services.facts.save(actor, me, secrets.token_hex(16), (OLD, NEW)[number], version, TODAY)
        report = replace(report_at(site.clock()), origin="home")
        services.reports.save(actor, secrets.token_hex(16), report, person=me)
    pages = ("/record", "/record/reports", "/record/facts", "/record/facts/history", "/field/reports")
    assert all("Something is missing" not in app.get(page).text for page in pages)
    index = next(item.index for item in services.reports._mailbox.contents(actor.keyring) if item.sort is Sort.REPORT)
    drop_from(str(site.foundation.database.engine.url.database), index)
    for page in pages:
        assert "Something is missing" in app.get(page).text, page
    assert "Penicillin" in app.get("/record").text
    assert "Penicillin" not in app.get("/record/ill").text


@pytest.fixture
def shared(world: World, carol: Actor, maria: Actor) -> tuple[str, Actor]:
    """A report about Sam that the coach sent to a hospital, and a doctor there."""
    join(world, carol, maria)
    doctor = member(world, "lee", "North Hospital")
    address = save(world, carol).address
    share(world, carol, address)
    return address, doctor


def copy_on(world: World, person: Actor, address: str) -> GrantEntry:
    """The copy of the only share of the report, as the family finds it on the player's line."""
    keyring = sam_of(world, person).card.keyring
    (copy,) = (e for e in grants_on(world, keyring, Sort.SHARE) if e.grant.update_id.hex().startswith(address))
    return copy


def only_share(world: World, actor: Actor, address: str):
    (found,) = world.sharing.shares(actor, address)
    return found


def leave_receipt(world: World, signer: Keyring, line_key: bytes, recipient: Actor | Keyring, receipt: Receipt) -> None:
    keyring = recipient if isinstance(recipient, Keyring) else recipient.keyring
    batch = world.mailbox.batch()
    batch.add(Kind.RECEIPT, receipt.to_fields(), author=signer, recipient=keyring.card, line_key=line_key)
    batch.commit()


def test_a_receipt_in_a_doctors_name_that_the_doctor_did_not_sign_is_not_shown(world, carol, maria, shared) -> None:
    address, _ = shared
    copy, sam = copy_on(world, maria, address), sam_of(world, maria).card.keyring
    claimed = Receipt(copy.grant.update_id, world.clock(), "care", "Dr Lee", "North Hospital", copy.grant.copy_of)
    assert copy.grant.return_to_subject is not None
    for forger in (carol, maria, world.person("mallory", "Dr Lee")):
        leave_receipt(world, forger.keyring, copy.grant.return_to_subject, sam, claimed)
    found = only_share(world, maria, address)
    assert (found.receipts, found.differs) == ((), False)


def test_stopped_on_the_familys_line_alone_is_not_stopped_and_the_family_can_end_it(
    world, carol, maria, shared, clock
) -> None:
    """The coach's own program revokes the copy, in its own name or with the player's card, and tells no hospital."""
    address, doctor = shared
    copy, sam = copy_on(world, maria, address), sam_of(world, maria).card.keyring
    batch = world.mailbox.batch()
    for author in (carol.keyring, sam):
        fields = Revocation(copy.id, clock()).to_fields()
        batch.add(Kind.REVOKE, fields, author=author, recipient=sam.card, line_key=sam.own_line)
    batch.commit()
    found = only_share(world, maria, address)
    assert (found.active, found.stopped, found.said_stopped) == (True, None, clock())
    assert [item.active for item in world.received(doctor)] == [True]
    world.sharing.stop(maria, address, found.share_id)
    found = only_share(world, maria, address)
    assert (found.active, found.stopped, found.by_family) == (False, clock(), True)
    assert [item.active for item in world.received(doctor)] == [False]


def test_an_end_that_all_three_see_is_the_end_though_the_hospitals_own_line_lacks_it(
    world, carol, maria, shared, clock
) -> None:
    address, doctor = shared
    copy = copy_on(world, maria, address)
    assert copy.grant.copy_of is not None
    batch = world.mailbox.batch()
    write_ending(batch, copy.grant.copy_of, clock(), world.person("mallory", "Mallory").keyring)
    batch.commit()
    assert only_share(world, maria, address).active
    assert [item.active for item in world.received(doctor)] == [True]
    batch = world.mailbox.batch()
    write_ending(batch, copy.grant.copy_of, clock(), carol.keyring)
    batch.commit()
    for person in (maria, carol):
        assert (only_share(world, person, address).active, only_share(world, person, address).by_family) == (
            False,
            False,
        )
    assert [item.active for item in world.received(doctor)] == [False]


def test_a_share_stopped_before_there_was_such_a_line_stays_stopped_for_the_hospital_and_the_coach(
    world, carol, maria, shared, monkeypatch
) -> None:
    address, doctor = shared
    monkeypatch.setattr("blockmrs.services.sharing.write_ending", lambda *_: None)
    world.sharing.stop(carol, address, only_share(world, carol, address).share_id)
    assert only_share(world, carol, address).stopped == world.clock()
    assert [item.active for item in world.received(doctor)] == [False]
    assert only_share(world, maria, address).said_stopped == world.clock()


def test_an_end_that_is_dated_back_does_not_undo_what_came_back_before(world, carol, maria, clock) -> None:
    join(world, carol, maria)
    doctor = member(world, "chen", "North Hospital")
    player = world.teams.team(carol).players[0]
    report = replace(head_report(clock()), player="Sam Rivers")
    address = world.reports.save(carol, "ab" * 16, report, player=player).address
    share(world, carol, address)
    world.sharing.acknowledge(doctor, address)
    day = clock().date()
    world.clearances.issue(doctor, address, "cd" * 16, stage=FULL_PLAY, seen_on=day, conditions="", note="")
    clock.advance(timedelta(hours=1))
    copy = copy_on(world, maria, address)
    assert copy.grant.copy_of is not None
    batch = world.mailbox.batch()
    write_ending(batch, copy.grant.copy_of, clock() - timedelta(days=1), carol.keyring)
    batch.commit()
    assert not only_share(world, maria, address).active
    status = world.clearances.of(maria, address)
    assert status is not None
    assert not status.is_out


def test_who_holds_the_line_cannot_write_that_a_report_was_shared(world, carol, maria, joe, shared) -> None:
    address, _ = shared
    join(world, carol, joe)
    copy, sam = copy_on(world, maria, address), sam_of(world, maria).card.keyring
    forged = replace(copy.grant, party="South Hospital", copy_of=bytes(32))
    for author in (joe.keyring, sam):
        write(world, forged, sam, author)
    assert [found.party for found in world.sharing.shares(maria, address)] == ["North Hospital"]


@pytest.mark.parametrize("claim", ["another update", "another hospital", "another end", "another grant"])
def test_a_copy_that_tells_of_something_else_than_was_shared_is_found_out_by_the_receipt(
    world, carol, maria, clock, claim
) -> None:
    """The coach's own program gives the hospital one thing and notes another for the family."""
    join(world, carol, maria)
    doctor, _ = member(world, "lee", "North Hospital"), member(world, "otto", "South Hospital")
    first, other = save(world, carol).address, save(world, carol, draft="ff" * 16).address
    north, south = (
        next(entry.card_id for entry in world.organisations.directory() if entry.name == name)
        for name in ("North Hospital", "South Hospital")
    )
    until = clock() + timedelta(days=30)
    world.sharing.grant(carol, first, north, "care", until)
    copy, sam = copy_on(world, maria, first), sam_of(world, maria).card.keyring
    updates = {e.grant.update_id.hex()[:32]: e.grant.update_id for e in grants_on(world, sam, Sort.REPORT)}
    lies = {
        "another update": replace(copy.grant, update_id=updates[other]),
        "another hospital": replace(copy.grant, grantee=south, party="South Hospital"),
        "another end": replace(copy.grant, not_after=clock() + timedelta(hours=1)),
        "another grant": replace(copy.grant, copy_of=bytes(32)),
    }
    write(world, lies[claim], sam, carol.keyring)
    clock.advance(timedelta(days=1))
    world.sharing.acknowledge(doctor, first)
    address = other if claim == "another update" else first
    lying = world.sharing.shares(maria, address)[0]
    assert lying.differs
    assert lying.receipts == () or claim == "another end"
    if claim != "another update":
        honest = world.sharing.shares(maria, first)[1]
        assert not honest.differs
        assert [receipt.reader for receipt in honest.receipts] == ["Dr Lee"]


def test_a_coach_who_is_a_member_cannot_clear_a_player_by_giving_the_report_again_with_the_players_card(
    world, carol, maria, clock
) -> None:
    """The family would take the player's card for the report's author, and the coach for somebody else."""
    join(world, carol, maria)
    doctor = member(world, "chen", "North Hospital")
    hospital = world.organisations.directory()[0]
    world.organisations.accept(carol, world.organisations.invite(doctor, hospital.card_id), "")
    player = world.teams.team(carol).players[0]
    address = world.reports.save(
        carol, "ab" * 16, replace(head_report(clock()), player="Sam Rivers"), player=player
    ).address
    share(world, carol, address)
    sam = sam_of(world, maria).card.keyring
    (given,) = grants_on(world, sam, Sort.REPORT)
    batch = world.mailbox.batch()
    # At a free number before the report's own: by the line it comes first, by the log it does not.
    again = replace(given.grant, not_before=clock() - timedelta(days=1))
    batch.add_at(
        Kind.GRANT, again.to_fields(), author=sam, recipient_id=sam.card.id, recipient_key=sam.card.sealing_key,
        slot=slot_at(sam.own_line, 0), one_time_seed=one_time_seed_at(sam.own_line, 0),
    )  # fmt: skip
    batch.commit()
    access = world.access.allow(maria, address, Action.READ)
    assert access.entry.author == carol.keyring.card.id
    assert world.reports.author_of(access) == carol.keyring.card.id


def test_a_check_that_is_granted_again_moves_nothing_and_its_grant_tells_no_level(
    world, carol, maria, joe, clock
) -> None:
    """A check found something after the clearance: neither an old check shown again nor a lower level hides that."""
    join(world, carol, maria, joe)
    doctor = member(world, "chen", "North Hospital")
    player = world.teams.team(carol).players[0]
    report = replace(head_report(clock()), player="Sam Rivers")
    address = world.reports.save(carol, "ab" * 16, report, player=player).address
    share(world, carol, address)
    world.followups.save(maria, address, "01" * 16, answers())
    clock.advance(timedelta(hours=1))
    world.sharing.acknowledge(doctor, address)
    day = clock().date()
    world.clearances.issue(doctor, address, "cd" * 16, stage=FULL_PLAY, seen_on=day, conditions="", note="")
    clock.advance(timedelta(hours=1))
    sam = sam_of(world, maria).card.keyring
    (first,) = grants_on(world, sam, Sort.FOLLOWING)
    calm = world.clearances.of(maria, address)
    assert calm is not None
    assert not calm.is_out
    for author in (sam, joe.keyring, maria.keyring):
        write(world, replace(first.grant, not_before=clock(), level=1, draft_mark=None), sam, author)
    followup = world.followups.of(maria, address)
    assert followup is not None
    assert len(followup.checks) == 1
    still = world.clearances.of(maria, address)
    assert still is not None
    assert not still.is_out
    access = world.access.allow(maria, address, Action.CHECK_SYMPTOMS)
    given = world.followups.save(maria, address, "02" * 16, answers(check_sick="a-lot"))
    second = grants_on(world, sam, Sort.FOLLOWING)[-1]
    assert given.check.advice.level < 4
    drop(world, second.index)
    write(world, replace(second.grant, level=4, not_before=clock() - timedelta(hours=3)), sam, maria.keyring)
    assert len(world.attachments.entries(maria, access, CHECK)) == 2
    back = world.clearances.of(maria, address)
    assert back is not None
    assert back.came_back


def test_an_appointment_that_nobody_accepted_lets_nobody_act(world, carol, maria) -> None:
    """Whoever was handed a doorbell token can appoint anybody for a card of their own making."""
    join(world, carol, maria)
    made = Keyring.from_seed(b"m" * 32)
    batch = world.mailbox.batch()
    world.cards.publish(batch, made)
    for relation in ("guardian", "self", "member"):
        secret = batch.keep(seal_object(encode({0: b"m" * 32, 1: "Nobody"}), chain_id=world.mailbox.chain_id))
        fields = Appointment(made.card.id, secret, relation, world.clock()).to_fields()
        batch.add(Kind.APPOINT, fields, author=made, recipient=maria.keyring.card, line_key=maria.keyring.doorbell_line)
    batch.commit()
    assert [held.label for held in world.mailbox.appointed(maria.keyring)] == ["Sam Rivers"]


def test_a_receipt_covers_twelve_hours_and_then_another_is_left(world, carol, maria, shared, clock) -> None:
    address, doctor = shared
    world.sharing.acknowledge(doctor, address)
    clock.advance(timedelta(hours=11, minutes=59, seconds=59))
    world.sharing.acknowledge(doctor, address)
    assert world.sharing.open_shared(doctor, address) is not None
    assert len(only_share(world, maria, address).receipts) == 1
    clock.advance(timedelta(seconds=1))
    assert world.sharing.open_shared(doctor, address) is None
    world.sharing.acknowledge(doctor, address)
    assert world.sharing.open_shared(doctor, address) is not None
    assert len(only_share(world, maria, address).receipts) == 2


def test_a_share_that_claims_another_time_stands_where_the_log_has_it(world, carol, maria, shared, clock) -> None:
    """A sender's program writes a time in the future, to stay on top of an inbox."""
    address, doctor = shared
    clock.advance(timedelta(days=1))
    world.mailbox.moment = lambda: clock() + timedelta(minutes=-90)
    share(world, carol, save(world, carol, draft="ff" * 16).address)
    assert [item.shared_at for item in world.received(doctor)] == [clock(), clock() - timedelta(days=1)]
    assert only_share(world, maria, address).since == clock() - timedelta(days=1)
