"""What the page of rights shows of each right, share, code and invitation, and what is told as news of them."""

import secrets
from datetime import timedelta

import pytest

from blockmrs.crypto.envelope import seal_secret
from blockmrs.domain.roll import Part
from blockmrs.encoding import encode
from blockmrs.errors import Ended, NotAuthorized, NotFound, Unavailable
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.lines.short_cuts import read_short_cut
from blockmrs.services.people.persons import ME
from blockmrs.services.reports.access import ReportName
from blockmrs.services.sharing.right_news import RightNews
from blockmrs.services.sharing.rights import (
    CodeRight,
    InvitationRight,
    Right,
    RightsPage,
    ShareRight,
)
from tests.services.test_story import member
from tests.support.team import Team, team_in
from tests.support.world import World

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NAME = ReportName("Sam Rivers, 13 to 15 years", ("head",))


@pytest.fixture
def team(world: World) -> Team:
    """Carol coaches Sam; Maria joined first, so that she is in."""
    return team_in(world)


@pytest.fixture
def joe(team: Team) -> Actor:
    """Somebody who waits until Maria says yes."""
    team.world.clock.advance(MINUTE)
    return team.joins("joe", "Joe Rivers")


def give(team: Team, address: str, to: str = "North Hospital", lasts: timedelta = 30 * DAY, actor=None):
    world = team.world
    hospital = next(entry.card_id for entry in world.organisations.directory() if entry.name == to)
    return world.sharing.grant(actor or team.carol, address, hospital, "care", world.clock() + lasts)


def in_words(news: list[RightNews]) -> list[tuple[str, str, str, bool]]:
    return [(one.what, one.name, one.by, one.mine) for one in news]


# Who is listed


def test_everybody_sees_themselves_first_then_their_family_then_the_team(team) -> None:
    world = team.world
    world.teams.add_player(team.carol, "Kim Park", "9", world.teams.team(team.carol).version)
    assert [name for _, name in world.rights.people(team.carol)] == ["Carol Coach", "Sam Rivers", "Kim Park"]
    assert [name for _, name in world.rights.people(team.maria)] == ["Maria Rivers", "Sam Rivers"]
    handles = [handle for handle, _ in world.rights.people(team.carol)]
    assert handles[0] == ME
    assert len(set(handles)) == 3
    assert team.handle(team.carol) != team.handle(team.maria), "a handle means nothing to anybody else"


def test_who_coaches_their_own_child_sees_the_child_once_and_as_family(world) -> None:
    carol = world.person("carol", "Carol Coach")
    world.teams.add_player(carol, "Sam Rivers", "7", "")
    team = Team(world, carol, carol)
    world.teams.join(carol, team.code(), "guardian", "")
    assert [name for _, name in world.rights.people(carol)] == ["Carol Coach", "Sam Rivers"]
    assert not team.page(carol).is_coach
    team.joins("mallory", "Mallory")
    assert [one.what for one in world.rights.news(carol)].count("waits") <= 1
    assert len({one.handle for one in world.rights.news(carol)}) <= 1


def test_ones_own_page_is_empty_until_somebody_has_a_part_in_it(team) -> None:
    assert team.world.rights.page(team.maria, ME) == RightsPage(
        ME, "Maria Rivers", True, False, False, (), (), (), (), ()
    )


def test_a_page_shows_each_right_as_it_came_to_be(team, clock) -> None:
    began = clock()
    clock.advance(MINUTE)
    joe = team.joins("joe", "Joe Rivers")
    joined = clock()
    clock.advance(MINUTE)
    page = team.page(team.maria)
    assert (page.label, page.is_me, page.is_coach, page.is_new) == ("Sam Rivers", False, False, True)
    maria, waiting, coach = page.rights
    assert maria == Right(
        maria.right_id, "Maria Rivers", "guardian", Part.IN, began, "Carol Coach", "", None, "", is_me=True,
        may_confirm=False, may_end=False, takes_all=False, wanted_by=(),
    )  # fmt: skip
    assert waiting == Right(
        waiting.right_id, "Joe Rivers", "guardian", Part.WAITING, joined, "Carol Coach", "", None, "", is_me=False,
        may_confirm=True, may_end=True, takes_all=False, wanted_by=(),
    )  # fmt: skip
    assert coach == Right(
        coach.right_id, "Carol Coach", "coach", Part.IN, coach.since, "", "", None, "", is_me=False,
        may_confirm=False, may_end=True, takes_all=False, wanted_by=(),
    )  # fmt: skip
    assert len({maria.right_id, waiting.right_id, coach.right_id}) == 3
    assert {len(bytes.fromhex(right.right_id)) for right in page.rights} == {16}
    team.confirm(team.maria, "Joe Rivers")
    confirmed = team.right(joe, "Maria Rivers")
    assert (confirmed.takes_all, confirmed.may_end, confirmed.is_me) == (True, False, False)
    mine = team.right(joe, "Joe Rivers")
    assert (mine.part, mine.confirmed_by, mine.is_me, mine.takes_all, mine.may_end) == (
        Part.IN, "Maria Rivers", True, False, True
    )  # fmt: skip
    assert team.right(team.carol, "Carol Coach", "coach").is_me


def test_what_ended_is_shown_apart_with_whose_word_it_was(team, joe, clock) -> None:
    clock.advance(MINUTE)
    team.end(team.maria, "Joe Rivers")
    ended_at = clock()
    for viewer in (team.maria, team.carol):
        page = team.page(viewer)
        assert [right.name for right in page.rights] == ["Maria Rivers", "Carol Coach"]
        (gone,) = page.ended
        assert (gone.name, gone.part, gone.ended, gone.ended_by) == (
            "Joe Rivers", Part.ENDED, ended_at, "Maria Rivers"
        )  # fmt: skip
        assert (gone.may_end, gone.may_confirm) == (False, False)


def test_those_who_want_somebody_gone_are_named_in_order(team, joe) -> None:
    team.confirm(team.maria, "Joe Rivers")
    others = []
    for name in ("Zoe R", "Ann R"):
        other = team.joins(name[:3].lower() + "-r", name)
        team.confirm(team.maria, name)
        others.append(other)
    for other in others:
        team.end(other, "Joe Rivers")
    assert team.right(team.maria, "Joe Rivers").wanted_by == ("Ann R", "Zoe R")
    assert team.right(team.maria, "Joe Rivers").part is Part.IN


def test_one_right_or_invitation_is_found_by_its_id_and_no_other(team, joe) -> None:
    world, handle = team.world, team.handle(team.maria)
    team.end(team.maria, "Joe Rivers")
    team.code()
    page = team.page(team.maria)
    for right in (*page.rights, *page.ended, *page.invitations):
        assert world.rights.right(team.maria, handle, right.right_id) == right
    for act in (
        lambda: world.rights.right(team.maria, handle, "00" * 16),
        lambda: world.rights.end(team.maria, handle, "00" * 16),
        lambda: world.rights.confirm(team.maria, handle, "00" * 16),
        lambda: world.rights.page(team.maria, "00" * 16),
        lambda: world.rights.right(team.carol, team.handle(team.carol), page.rights[0].right_id),
    ):
        with pytest.raises(NotFound):
            act()


# What is done twice


def test_saying_yes_or_ending_twice_writes_once(team, joe) -> None:
    world = team.world
    team.confirm(team.maria, "Joe Rivers")
    size = world.ledger.size
    team.confirm(team.maria, "Joe Rivers")
    team.confirm(team.carol, "Joe Rivers")
    assert world.ledger.size == size
    team.end(team.maria, "Carol Coach", "coach")
    size = world.ledger.size
    team.end(joe, "Carol Coach", "coach")
    assert world.ledger.size == size


def test_an_invitation_that_ended_or_ran_out_cannot_be_ended_again(team, clock) -> None:
    world, handle = team.world, team.handle(team.maria)
    team.code()
    (invited,) = team.page(team.maria).invitations
    until = clock() + world.invitations.lifetime
    assert invited == InvitationRight(invited.right_id, "Carol Coach", clock(), until, may_end=True)
    world.rights.end(team.maria, handle, invited.right_id)
    with pytest.raises(NotAuthorized):
        world.rights.end(team.maria, handle, invited.right_id)
    team.code()
    (other,) = team.page(team.maria).invitations
    clock.advance(world.invitations.lifetime)
    with pytest.raises(NotAuthorized):
        world.rights.end(team.maria, handle, other.right_id)


def test_who_waits_is_told_for_whom_and_since_when_until_somebody_says_yes(team, joe, clock) -> None:
    since = clock()
    clock.advance(MINUTE)
    assert team.world.rights.waiting(joe) == [("Sam Rivers", since)]
    assert team.world.rights.waiting(team.maria) == []
    team.confirm(team.maria, "Joe Rivers")
    assert team.world.rights.waiting(joe) == []
    assert [held.label for held in team.world.teams.acting_for(joe)] == ["Sam Rivers"]


def test_a_coach_who_is_let_back_in_gets_no_second_set_of_keys(team) -> None:
    team.end(team.maria, "Carol Coach", "coach")
    size = team.world.ledger.size
    team.confirm(team.maria, "Carol Coach", "coach")
    assert team.world.ledger.size == size + 1
    assert team.right(team.maria, "Carol Coach", "coach").part is Part.IN
    assert team.world.rights.former(team.carol, team.world.teams.team(team.carol).players) == set()


# Shares and codes


def test_running_shares_stand_by_their_report_newest_first(team, clock) -> None:
    world = team.world
    for name, hospital in (("lee", "North Hospital"), ("otto", "South Hospital")):
        member(world, name, hospital)
    old, old_at = team.save(), clock()
    clock.advance(MINUTE)
    new, new_at = team.save(), clock()
    clock.advance(MINUTE)
    kept = team.save(withheld=True)
    shares = [give(team, old), give(team, new), give(team, new, "South Hospital", lasts=2 * DAY), give(team, kept)]
    since = clock()
    world.sharing.stop(team.carol, old, give(team, old, "South Hospital").share_id)
    for viewer in (team.maria, team.carol):
        page = team.page(viewer)
        assert [(one.party, one.address, one.report_at, one.since) for one in page.shares] == [
            ("South Hospital", new, new_at, since),
            ("North Hospital", new, new_at, since),
            ("North Hospital", old, old_at, since),
        ]
        ids = {
            (share.party, share.share_id) for address in (old, new) for share in world.sharing.shares(viewer, address)
        }
        assert all((one.party, one.share_id) in ids for one in page.shares)
    assert shares[0].active
    first = team.page(team.maria).shares[0]
    assert first == ShareRight(
        "South Hospital", new, NAME, new_at, since, since + 2 * DAY, first.share_id, "Carol Coach"
    )
    clock.advance(2 * DAY)
    assert [(one.party, one.address) for one in team.page(team.maria).shares] == [
        ("North Hospital", new), ("North Hospital", old)
    ]  # fmt: skip


def test_a_share_of_the_longest_kind_is_on_the_page_to_its_last_day(team, clock) -> None:
    member(team.world, "lee", "North Hospital")
    address = team.save()
    give(team, address, lasts=366 * DAY)
    clock.advance(366 * DAY - timedelta(milliseconds=1))
    assert [one.address for one in team.page(team.maria).shares] == [address]
    clock.advance(timedelta(milliseconds=1))
    assert team.page(team.maria).shares == ()


def test_a_coach_does_not_see_where_a_report_from_home_went(team) -> None:
    world = team.world
    member(world, "lee", "North Hospital")
    old = team.save()
    world.clock.advance(MINUTE)
    home = world.reports.save(team.maria, secrets.token_hex(16), world.report(), person=team.person(team.maria)).address
    world.clock.advance(MINUTE)
    new = team.save()
    for where, actor in ((home, team.maria), (old, team.carol), (new, team.carol)):
        give(team, where, actor=actor)
    assert [one.address for one in team.page(team.maria).shares] == [new, home, old]
    assert [one.address for one in team.page(team.carol).shares] == [new, old]


def test_for_the_page_only_reports_are_opened_that_were_shared_within_the_longest_time(
    team, clock, monkeypatch
) -> None:
    member(team.world, "lee", "North Hospital")
    shared, long_ago = team.save(), team.save()
    give(team, long_ago)
    clock.advance(366 * DAY + MINUTE)
    give(team, shared)
    team.save()
    team.tell_facts(team.maria)
    asked: list[str] = []
    real = team.world.sharing.running_shares
    monkeypatch.setattr(
        team.world.sharing, "running_shares", lambda actor, address: asked.append(address) or real(actor, address)
    )
    assert [one.address for one in team.page(team.maria).shares] == [shared]
    assert asked == [shared]


def test_a_code_stands_with_its_report_until_it_ends(team, clock) -> None:
    world = team.world
    member(world, "lee", "North Hospital")
    with_code, written_at = team.save(), clock()
    clock.advance(MINUTE)
    without = team.save()
    # What comes later about the same report is not when it was written.
    give(team, with_code)
    clock.advance(MINUTE)
    code = world.codes.make(team.carol, with_code)
    until = clock() + DAY
    for viewer, mine in ((team.maria, False), (team.carol, True)):
        assert team.page(viewer).codes == (CodeRight(with_code, NAME, written_at, clock(), until, mine),)
    assert code.until == until
    other = world.teams.add_player(team.carol, "Kim Park", "9", world.teams.team(team.carol).version).players[-1]
    kims = world.reports.save(team.carol, "bb" * 16, world.report("Kim Park"), player=other, withheld=False).address
    world.codes.make(team.carol, kims)
    assert len(team.page(team.maria).codes) == 1
    world.codes.stop(team.maria, with_code)
    assert team.page(team.maria).codes == ()
    world.codes.make(team.carol, without)
    clock.advance(DAY)
    assert team.page(team.maria).codes == ()


def test_with_a_coach_go_their_own_codes_and_invitations_and_nobody_elses(team, joe) -> None:
    world = team.world
    team.confirm(team.maria, "Joe Rivers")
    home = world.reports.save(joe, secrets.token_hex(16), world.report(), person=team.person(joe)).address
    mine, theirs = team.save(), home
    coachs, familys = world.codes.make(team.carol, mine), world.codes.make(joe, theirs)
    team.end(team.maria, "Carol Coach", "coach")
    assert [one.address for one in team.page(team.maria).codes] == [theirs]
    assert world.codes.open_qr(familys.qr_secret, "")
    with pytest.raises(NotFound):
        world.codes.open_qr(coachs.qr_secret, "")


def test_a_guardian_who_leaves_ends_no_code(team, joe) -> None:
    world = team.world
    team.confirm(team.maria, "Joe Rivers")
    home = world.reports.save(joe, secrets.token_hex(16), world.report(), person=team.person(joe)).address
    codes = [world.codes.make(team.carol, team.save()), world.codes.make(joe, home)]
    invited = team.code()
    team.end(joe, "Joe Rivers")
    assert all(world.codes.open_qr(code.qr_secret, "") for code in codes)
    assert world.teams.join(world.person("zoe", "Zoe R"), invited, "guardian", "").waiting


def test_a_former_coach_can_open_their_page_and_do_nothing_on_it(team, clock) -> None:
    world = team.world
    handle = team.handle(team.carol)
    clock.advance(MINUTE)
    team.end(team.maria, "Carol Coach", "coach")
    page = world.rights.page(team.carol, handle)
    (own,) = page.ended
    assert page == RightsPage(handle, "Sam Rivers", False, True, True, (), (own,), (), (), ())
    assert (own.name, own.is_me, own.ended, own.ended_by) == ("Carol Coach", True, clock(), "Maria Rivers")
    players = world.teams.team(team.carol).players
    assert world.rights.former(team.carol, players) == {players[0].card_id}
    for act in (world.rights.end, world.rights.confirm):
        with pytest.raises(Ended):
            act(team.carol, handle, own.right_id)
    world.rights.mark_seen(team.carol, handle)
    assert not world.rights.page(team.carol, handle).is_new


def test_nobody_is_a_former_coach_of_a_player_whose_family_never_joined(team) -> None:
    world = team.world
    world.teams.add_player(team.carol, "Kim Park", "9", world.teams.team(team.carol).version)
    players = world.teams.team(team.carol).players
    assert world.rights.former(team.carol, players) == set()
    assert world.rights.former(team.maria, []) == set()


# News


def test_news_says_what_happened_to_whom_by_whom_and_when_newest_first(team, clock) -> None:
    world = team.world
    clock.advance(16 * MINUTE)
    joined_at = clock() + 16 * MINUTE
    joe = team.joins("joe", "Joe Rivers")
    handle = team.handle(team.maria)
    assert world.rights.news(team.maria) == [
        RightNews(handle, "Sam Rivers", "waits", "Joe Rivers", "Carol Coach", joined_at, mine=False)
    ]
    clock.advance(MINUTE)
    team.confirm(team.maria, "Joe Rivers")
    confirmed_at = clock()
    assert world.rights.news(team.maria) == [], "nobody is told of what they did themselves"
    assert world.rights.news(joe) == [
        RightNews(team.handle(joe), "Sam Rivers", "confirmed", "Joe Rivers", "Maria Rivers", confirmed_at, mine=True)
    ]
    team.code()
    invited_at = clock()
    clock.advance(MINUTE)
    team.end(team.maria, "Carol Coach", "coach")
    assert [(one.what, one.name, one.by, one.at, one.mine) for one in world.rights.news(joe)] == [
        ("ended", "Carol Coach", "Maria Rivers", clock(), False),
        ("confirmed", "Joe Rivers", "Maria Rivers", confirmed_at, True),
    ]
    assert invited_at < clock()


def test_the_coach_hears_of_the_team_and_can_ask_for_ones_own_family_alone(team, joe) -> None:
    world = team.world
    news = world.rights.news(team.carol)
    assert in_words(news) == [
        ("joined", "Joe Rivers", "Joe Rivers", False), ("joined", "Maria Rivers", "Maria Rivers", False)
    ]  # fmt: skip
    assert {one.handle for one in news} == {team.handle(team.carol)}
    assert world.rights.news(team.carol, as_coach=False) == []
    assert world.rights.news(team.maria, as_coach=False) == world.rights.news(team.maria)


def test_an_open_invitation_is_news_until_it_was_seen_used_or_over(team, clock) -> None:
    world, handle = team.world, team.handle(team.maria)
    team.code()
    invited_at = clock()
    (news,) = world.rights.news(team.maria)
    assert news == RightNews(handle, "Sam Rivers", "invited", "", "Carol Coach", invited_at, mine=False)
    assert world.rights.news(team.carol)[0].what == "joined", "not of their own"
    assert team.page(team.maria).is_new
    world.rights.mark_seen(team.maria, handle)
    assert world.rights.news(team.maria) == []
    assert not team.page(team.maria).is_new
    team.code()
    assert len(world.rights.news(team.maria)) == 1
    clock.advance(world.invitations.lifetime)
    assert world.rights.news(team.maria) == []


def test_what_was_seen_of_one_person_leaves_the_others_news(team) -> None:
    world = team.world
    world.teams.add_player(team.carol, "Kim Park", "9", world.teams.team(team.carol).version)
    kim = world.teams.team(team.carol).players[1]
    pat = world.person("pat", "Pat Park")
    world.clock.advance(16 * MINUTE)
    world.teams.join(pat, world.teams.invite_family(team.carol, kim.player_id), "guardian", "")
    assert {(one.label, one.name) for one in world.rights.news(team.carol)} == {
        ("Sam Rivers", "Maria Rivers"), ("Kim Park", "Pat Park")
    }  # fmt: skip
    world.rights.mark_seen(team.carol, team.handle(team.carol))
    assert [(one.label, one.name) for one in world.rights.news(team.carol)] == [("Kim Park", "Pat Park")]
    assert world.rights.news(team.maria) == []


def test_a_wish_to_end_somebody_is_news_for_all_but_who_wishes(team, joe) -> None:
    world = team.world
    team.confirm(team.maria, "Joe Rivers")
    zoe = team.joins("zoe", "Zoe R")
    team.confirm(team.maria, "Zoe R")
    for actor in (team.maria, joe, zoe, team.carol):
        world.rights.mark_seen(actor, team.handle(actor))
    team.end(zoe, "Joe Rivers")
    assert in_words(world.rights.news(joe)) == [("wanted", "Joe Rivers", "Zoe R", True)]
    assert in_words(world.rights.news(team.maria)) == [("wanted", "Joe Rivers", "Zoe R", False)]
    assert world.rights.news(zoe) == []


def test_news_that_were_seen_and_cannot_be_read_back_are_told_once_more(team, joe, monkeypatch) -> None:
    world, handle = team.world, team.handle(team.carol)
    before = world.rights.news(team.carol)
    world.rights.mark_seen(team.carol, handle)
    assert world.rights.news(team.carol) == []
    read = "blockmrs.services.sharing.rights.read_short_cut"
    lookup = team.carol.keyring.derive("rights seen", team.player.card_id)
    key = team.carol.keyring.derive("rights seen")
    odd = [seal_secret(key, encode(content), context=lookup) for content in ([], ["1"], "1", {0: 9}, 9)]
    for damaged in (b"", bytes(60), *odd):
        with monkeypatch.context() as patch:
            patch.setattr(read, lambda *_, found=damaged: found)
            assert world.rights.news(team.carol) == before

    def away(*_: object) -> bytes:
        raise Unavailable("the database does not answer")

    # What was seen is found where every version looks.
    assert read_short_cut(world.database, lookup) is not None
    with monkeypatch.context() as patch:
        patch.setattr(read, away)
        with pytest.raises(Unavailable):
            world.rights.news(team.carol)
    assert world.rights.news(team.carol) == []


def test_a_coach_of_nobody_who_joined_hears_nothing_and_enters_nothing(world) -> None:
    dan = world.person("dan", "Dan Coach")
    world.teams.add_player(dan, "Kim Park", "9", "")
    size = world.ledger.size
    world.rights.enter(dan)
    assert (world.rights.news(dan), world.ledger.size) == ([], size)
    page = world.rights.page(dan, world.rights.people(dan)[1][0])
    assert (page.label, page.is_coach, page.is_me, page.is_new, page.rights) == ("Kim Park", True, False, False, ())
