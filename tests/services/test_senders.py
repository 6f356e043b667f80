"""The inbox and who fills it: strangers apart, counted and limited, blocked in the organisation's name."""

import secrets
from datetime import timedelta

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.domain.permission import Action
from blockmrs.domain.senders import Standing
from blockmrs.domain.sharing import Grant
from blockmrs.errors import NotFound, TooManyAttempts
from blockmrs.services.sharing.shares import SHARES_A_DAY, SHARES_AN_HOUR
from tests.services.test_staff import join
from tests.services.test_story import member, save, share
from tests.support.world import staged


@pytest.fixture
def hospital(world, lee):
    return world.organisations.directory()[0]


@pytest.fixture
@staged
def carol(world, lee, hospital):
    """A coach whom the hospital knows: it has opened a report of hers."""
    actor = world.person("carol", "Carol Coach")
    saved = save(world, actor)
    share(world, actor, saved.address)
    world.sharing.acknowledge(lee, saved.address)
    return actor


def first(world, actor):
    return world.inbox.first(actor, None, [])


def send(world, coach, number=1, level=1, draft="cc"):
    """A report of the coach's, shared with the only hospital."""
    team = world.teams.team(coach)
    if not team.players:
        team = world.teams.add_player(coach, "Sam Rivers", "7", team.version)
    report = world.report(level=level)
    saved = world.reports.save(coach, f"{draft}{number:030x}", report, player=team.players[0], withheld=False)
    share(world, coach, saved.address)
    return saved.address


def flood(world, stranger, hospital, number, party="Dr Lee (North Hospital)"):
    """Grants of reports at level 1, written past the services' quota, in few blocks."""
    one = send(world, stranger)
    access = world.access.allow(stranger, one, Action.SHARE)
    batch, card = world.mailbox.batch(), world.cards.find(hospital.card_id)
    line = stranger.keyring.line_to(hospital.card_id)
    for _ in range(number - 1):
        grant = Grant(
            secrets.token_bytes(32), access.grant.subject, "care", world.clock(),
            not_after=world.clock() + timedelta(days=3), object=access.grant.object, level=1, title="Sam, 13 to 15",
            party=party, return_to_subject=secrets.token_bytes(32),
        )  # fmt: skip
        batch.add(Kind.GRANT, grant.to_fields(), author=stranger.keyring, recipient=card, line_key=line)
    batch.commit()
    return one


def test_a_strangers_reports_stand_apart_and_the_first_at_level_1_is_counted_at_once(world, lee, carol):
    send(world, carol, 2, level=3)
    address = send(world, world.person("mallory", "Mallory"))
    page = first(world, lee)
    assert [item.level for item in page.known.items] == [1, 3]
    assert (page.strangers.number, page.strangers.urgent) == (1, 1)
    assert [item.address for item in page.some.items] == [address]


def test_250_reports_of_one_stranger_hide_nothing_and_nothing_of_them_is_dropped(world, lee, hospital, carol):
    wanted = send(world, carol, 2, level=4)
    mallory, other = world.person("mallory", "Dr Lee (North Hospital)"), world.person("nina", "Nina")
    flood(world, mallory, hospital, 250)
    quiet = send(world, other, level=1, draft="dd")
    page = first(world, lee)
    assert wanted in [item.address for item in page.known.items]
    assert (page.strangers.number, page.strangers.urgent) == (251, 251)
    assert quiet in [item.address for item in page.some.items]
    listed = world.inbox.unknown(lee, None, [])
    assert len(listed.items) == 4
    assert list(listed.more.values()) == [247]
    (sender_id,) = listed.more
    found, before = set(), None
    while True:
        part = world.inbox.sender(lee, sender_id, before, []).page
        assert len(part.items) <= 20
        assert not found & {item.address for item in part.items}
        found |= {item.address for item in part.items}
        before = part.older
        if before is None:
            break
    assert len(found) == 250


def test_only_what_a_page_shows_is_opened_on_the_second_visit(world, lee, hospital, carol, monkeypatch):
    flood(world, world.person("mallory", "Mallory"), hospital, 250)
    first(world, lee)
    opened = []
    original = world.mailbox._lines._open
    monkeypatch.setattr(world.mailbox._lines, "_open", lambda *given: opened.append(1) or original(*given))
    first(world, lee)
    assert len(opened) < 120


def test_one_account_cannot_send_an_organisation_more_than_its_quota(world, hospital, clock):
    mallory = world.person("mallory", "Mallory")
    addresses = [send(world, mallory, number) for number in range(SHARES_AN_HOUR)]
    with pytest.raises(TooManyAttempts):
        send(world, mallory, SHARES_AN_HOUR)
    share(world, mallory, addresses[0])  # A repeated press is the same share, and counts once.
    clock.advance(timedelta(hours=1))
    send(world, mallory, SHARES_AN_HOUR)
    assert SHARES_A_DAY < 250


def test_a_name_that_passes_for_the_directorys_is_marked_and_never_shown_as_its_own(world, lee, hospital):
    for number, name in enumerate(("Dr Lee (North Hospital)", "Carol Coach")):
        send(world, world.person(f"sender{number}", name), draft=f"{number}a")
    items = {item.sender: item for item in first(world, lee).some.items}
    assert all(item.is_claimed for item in items.values())
    assert items["Dr Lee (North Hospital)"].imitated in ("Dr Lee", "North Hospital")
    assert items["Carol Coach"].imitated == ""


def test_a_member_of_any_organisation_is_known_by_the_directorys_name(world, lee, hospital):
    otto = member(world, "otto", "South Hospital")
    send(world, otto)
    (item,) = first(world, lee).known.items
    assert (item.sender, item.is_claimed) == ("Dr Otto, South Hospital", False)


def test_opening_a_report_or_saying_so_makes_its_sender_known_to_all_colleagues(world, lee, hospital):
    park, mallory, nina = (
        join(world, lee, hospital.card_id, "park"),
        world.person("mallory", "M"),
        world.person("nina", "N"),
    )
    world.sharing.acknowledge(lee, send(world, mallory))
    send(world, nina, draft="dd")
    (stranger,) = first(world, park).some.items
    world.inbox.decide(lee, stranger.sender_id, Standing.KNOWN)
    assert (len(first(world, park).known.items), first(world, park).strangers.number) == (2, 0)


def test_a_blocked_sender_is_in_no_list_for_anybody_there_and_is_counted(world, lee, hospital):
    park, mallory = join(world, lee, hospital.card_id, "park"), world.person("mallory", "Mallory")
    address = send(world, mallory)
    sender_id = first(world, lee).some.items[0].sender_id
    world.inbox.decide(lee, sender_id, Standing.BLOCKED)
    send(world, mallory, 2)
    for actor in (lee, park):
        page = first(world, actor)
        assert (page.known.items, page.strangers.number, page.blocked) == ([], 0, 1)
        (blocked,) = world.inbox.blocked(actor, [])
        assert (blocked.name, blocked.reports) == ("Mallory", 2)
        assert len(world.inbox.sender(actor, sender_id, None, []).page.items) == 2
    # It is kept, and can be opened from there; that does not end the block.
    world.sharing.acknowledge(park, address)
    assert first(world, lee).blocked == 1
    world.inbox.decide(park, sender_id, Standing.UNKNOWN)
    assert first(world, lee).strangers.number == 2


def test_only_who_is_a_member_then_decides_about_senders(world, lee, hospital):
    park, mallory = join(world, lee, hospital.card_id, "park"), world.person("mallory", "Mallory")
    send(world, mallory)
    sender_id = first(world, lee).some.items[0].sender_id
    (held,) = world.organisations.memberships(park)
    world.organisations.staff.end(lee, hospital.card_id, park.keyring.card.id)
    for actor in (park, mallory):
        with pytest.raises(NotFound):
            world.inbox.decide(actor, sender_id, Standing.BLOCKED)
    # With keys that were kept, past the services: it does not count.
    batch = world.mailbox.batch()
    world.access.senders.add(batch, park, held, mallory.keyring.card.id, Standing.BLOCKED)
    batch.commit()
    assert first(world, lee).strangers.number == 1


def test_what_a_member_decided_goes_on_counting_after_they_left(world, lee, hospital):
    park, mallory = join(world, lee, hospital.card_id, "park"), world.person("mallory", "Mallory")
    send(world, mallory)
    world.inbox.decide(park, first(world, park).some.items[0].sender_id, Standing.BLOCKED)
    world.organisations.staff.end(lee, hospital.card_id, park.keyring.card.id)
    assert first(world, lee).blocked == 1


def test_a_sender_of_another_organisation_is_called_otherwise_there(world, lee, hospital):
    send(world, world.person("mallory", "Mallory"))
    sender_id = first(world, lee).some.items[0].sender_id
    otto = member(world, "otto", "South Hospital")
    with pytest.raises(NotFound):
        world.inbox.sender(otto, sender_id, None, [])


def test_known_reports_come_twenty_at_a_time_urgent_first_and_each_once(world, lee, carol, clock):
    for number in range(2, 27):
        send(world, carol, number, level=1 + number % 4)
    newest = first(world, lee).known
    late = send(world, carol, 90, level=1)
    rest = world.inbox.first(lee, newest.older, []).known
    levels = [item.level for item in newest.items + rest.items]
    addresses = [item.address for item in newest.items + rest.items]
    assert (len(newest.items), rest.older) == (20, None)
    assert levels == sorted(levels)
    assert len(set(addresses)) == 26
    assert late not in addresses
    assert first(world, lee).known.items[0].address == late


def test_a_sender_cannot_choose_the_time_by_which_reports_stand(world, lee, hospital, clock):
    mallory = world.person("mallory", "Mallory")
    flood(world, mallory, hospital, 2)
    assert all(item.shared_at == clock() for item in first(world, lee).some.items)
