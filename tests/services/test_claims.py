"""What a grantor claims is not what was signed: each test plays somebody who abuses that.

Carol is the coach of Sam; Maria and Joe act for Sam, and so does whoever holds the keys of Sam's card: Carol made it.
"""

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.errors import VerificationFailed
from blockmrs.services.lines.contents import Sort
from blockmrs.services.people.persons import ME
from tests.services.test_story import save
from tests.support.claims import NEW, OLD, TODAY, drop, drop_from, forget, grants_on, join, sam_of, tell, write
from tests.support.people import cookie_of, member_page
from tests.support.site import TestSite
from tests.support.world import World, report_at


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
    listed = world.reports.page_about(sam)[0]
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
    assert len(world.reports.page_about(sam)[0]) == 3
    assert world.reports.is_whole([sam])
    drop(world, grants_on(world, sam.card.keyring, Sort.REPORT)[which].index)
    assert len(world.reports.page_about(sam)[0]) == 2
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
        made.commit = lambda: 0
        process.mailbox.batch = lambda made=made: made
        report = replace(process.report(), origin="home")
        process.reports.save(maria, secrets.token_hex(16), report, person=me)
        del made.commit
        process.mailbox.batch = real
        batches.append(made)
    for made in batches:
        made.commit()
    assert len(world.reports.page_about(me)[0]) == 2
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
