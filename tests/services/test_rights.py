"""Who may, who sees that they may, and who ends it: each test plays the person who abuses, or their family.

They speak of who may do what, never of lines or keys, so that they stay when cards are handed over and rotated.
"""

import secrets
from datetime import timedelta

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.domain.permission import Standing
from blockmrs.domain.roll import Part
from blockmrs.domain.sharing import Introduction
from blockmrs.errors import BlockMRSError, Ended, NotAuthorized, NotFound
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.people.joining import Joining
from tests.services.test_story import member, share
from tests.support.at_least import at_least
from tests.support.heads import answers, head_report
from tests.support.team import Team, team_in
from tests.support.world import World


@pytest.fixture
def team(tmp_path, clock) -> Team:
    return team_in(World(tmp_path, clock, alike=True))


def names(page) -> list[tuple[str, str, Part]]:
    return [(right.name, right.relation, right.part) for right in page.rights]


# The coach who ties in a stranger


def test_a_stranger_whom_the_coach_ties_in_reads_and_changes_nothing(team):
    team.tell_facts(team.maria)
    address = team.save()
    mallory = team.joins("mallory", "Mallory Stranger")
    assert team.world.teams.acting_for(mallory) == []
    assert [person.label for person in team.world.people.of(mallory)] == ["Mallory Stranger"]
    with pytest.raises(NotFound):
        team.world.reports.open(mallory, address)
    with pytest.raises(NotFound):
        team.world.rights.page(mallory, team.handle(team.maria))
    assert team.world.followups.due(mallory) == []


def test_a_stranger_whom_the_coach_ties_in_holds_no_key_at_all_before_the_family_says_yes(team):
    mallory = team.joins("mallory", "Mallory Stranger")
    assert team.world.mailbox.appointed(mallory.keyring) == []
    assert [name for name, _ in team.world.rights.waiting(mallory)] == ["Sam Rivers"]


def test_everybody_else_is_told_of_a_new_guardian_until_the_family_decides(team):
    team.joins("mallory", "Mallory Stranger")
    (told,) = [news for news in team.world.rights.news(team.maria) if news.name]
    assert (told.what, told.name, told.by, told.label) == ("waits", "Mallory Stranger", "Carol Coach", "Sam Rivers")
    team.world.rights.mark_seen(team.maria, team.handle(team.maria))
    assert [news.what for news in team.world.rights.news(team.maria)] == ["waits"]
    assert ("joined", "Mallory Stranger") in [(news.what, news.name) for news in team.world.rights.news(team.carol)]
    team.end(team.maria, "Mallory Stranger")
    assert team.world.rights.news(team.maria) == []


def test_whom_the_family_says_yes_to_acts_from_then_on_and_is_told(team):
    address = team.save()
    joe = team.joins("joe", "Joe Rivers")
    team.confirm(team.maria, "Joe Rivers")
    assert team.world.reports.open(joe, address).standing is Standing.SUBJECT
    team.tell_facts(joe)
    assert team.world.facts.current(team.person(team.maria)).author == "Joe Rivers"
    assert [(news.what, news.by, news.mine) for news in team.world.rights.news(joe)] == [
        ("confirmed", "Maria Rivers", True)
    ]
    assert team.world.rights.waiting(joe) == []


def test_whom_the_family_refuses_never_gets_in_and_a_new_code_changes_nothing(team):
    mallory = team.joins("mallory", "Mallory Stranger")
    team.end(team.maria, "Mallory Stranger")
    team.world.teams.join(mallory, team.code(), "self", "")
    assert team.world.teams.acting_for(mallory) == []
    assert team.right(team.maria, "Mallory Stranger", "self").part is Part.WAITING


def test_neither_the_coach_nor_who_waits_can_say_yes(team):
    mallory = team.joins("mallory", "Mallory Stranger")
    team.joins("eve", "Eve Stranger")
    with pytest.raises(NotAuthorized):
        team.confirm(team.carol, "Mallory Stranger")
    with pytest.raises(NotFound):
        right = team.right(team.carol, "Eve Stranger")
        team.world.rights.confirm(mallory, team.handle(team.maria), right.right_id)


def test_a_coach_who_lets_themselves_in_as_guardian_is_ended_by_the_mother_alone(tmp_path, clock):
    world = World(tmp_path, clock)
    carol = world.person("carol", "Carol Coach")
    world.teams.add_player(carol, "Sam Rivers", "7", "")
    team = Team(world, carol, carol)
    world.teams.join(carol, team.code(), "guardian", "")
    team.maria = team.joins("maria", "Maria Rivers")
    assert world.teams.acting_for(team.maria), "the coach's word is not needed"
    mallory = team.joins("mallory", "Mallory Stranger")
    with pytest.raises(NotAuthorized):
        team.confirm(carol, "Mallory Stranger")
    with pytest.raises(NotAuthorized):
        team.end(carol, "Maria Rivers")
    team.end(team.maria, "Carol Coach", "guardian")
    team.end(team.maria, "Carol Coach", "coach")
    assert world.teams.acting_for(carol) == []
    assert world.teams.acting_for(mallory) == []


def test_a_parent_who_is_the_coach_acts_for_their_child(tmp_path, clock):
    world = World(tmp_path, clock)
    carol = world.person("carol", "Carol Coach")
    world.teams.add_player(carol, "Sam Rivers", "7", "")
    team = Team(world, carol, carol)
    world.teams.join(carol, team.code(), "guardian", "")
    team.tell_facts(carol)
    assert world.facts.current(team.person(carol)).author == "Carol Coach"


# Invitations


def test_an_unused_invitation_stands_on_the_page_of_coach_and_family_and_goes_when_it_is_used(team):
    code = team.code()
    for actor in (team.carol, team.maria):
        (invited,) = team.page(actor).invitations
        assert (invited.by, invited.may_end) == ("Carol Coach", True)
        assert invited.until - invited.since == team.world.invitations.lifetime
    assert [(news.what, news.by) for news in team.world.rights.news(team.maria)] == [("invited", "Carol Coach")]
    team.world.teams.join(team.world.person("joe", "Joe Rivers"), code, "guardian", "")
    assert team.page(team.maria).invitations == ()


def test_an_invitation_that_ran_out_is_not_listed(team):
    team.code()
    team.world.clock.advance(team.world.invitations.lifetime)
    assert team.page(team.maria).invitations == ()


@pytest.mark.parametrize("who", ["maria", "carol"])
def test_an_invitation_is_ended_by_the_family_and_by_who_made_it_and_opens_nothing(team, who):
    code, actor = team.code(), getattr(team, who)
    (invited,) = team.page(actor).invitations
    team.world.rights.end(actor, team.handle(actor), invited.right_id)
    size = team.world.ledger.size
    with pytest.raises(NotFound):
        Joining(team.world.invitations).read(code, "")
    with pytest.raises(NotFound):
        team.world.teams.join(team.world.person("joe", "Joe Rivers"), code, "guardian", "")
    assert team.page(team.carol).invitations == ()
    assert team.world.ledger.size == size + 1, "the new account's card alone"


def test_a_code_whose_row_outlived_its_end_still_lets_nobody_in(team, monkeypatch):
    """The server was killed between the chain and the row."""
    code = team.code()
    (invited,) = team.page(team.maria).invitations
    monkeypatch.setattr(team.world.invitations, "end", lambda _: None)
    team.world.rights.end(team.maria, team.handle(team.maria), invited.right_id)
    with pytest.raises(NotFound):
        team.world.teams.join(team.world.person("joe", "Joe Rivers"), code, "guardian", "")


def test_who_was_cut_off_while_joining_finishes_with_the_same_code(team, monkeypatch):
    code, joe = team.code(), team.world.person("joe", "Joe Rivers")

    def cut_off(*_: object) -> None:
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(team.world.invitations, "use", cut_off)
        with pytest.raises(OSError, match="killed"):
            team.world.teams.join(joe, code, "guardian", "")
    assert team.world.teams.join(joe, code, "guardian", "").waiting
    assert [right.name for right in team.page(team.maria).rights].count("Joe Rivers") == 1


# The former coach


@pytest.fixture
def former(team):
    """The mother ended the coach's part, after a report that a hospital has, and a check."""

    def end():
        lee, address = member(team.world, "lee", "North Hospital"), team.save()
        share(team.world, team.carol, address)
        team.world.followups.save(team.maria, address, secrets.token_hex(16), answers())
        codes = team.code(), team.world.codes.make(team.carol, address)
        handle = team.handle(team.carol)
        team.end(team.maria, "Carol Coach", "coach")
        return lee, address, *codes, handle

    team.lee, team.address, team.kept_code, team.crew_code, team.carols_handle = team.world.once("former", end)
    return team


def test_a_former_coach_reads_their_own_words_and_nothing_that_follows(former):
    world = former.world
    assert world.reports.open(former.carol, former.address).standing is Standing.FORMER_AUTHOR
    for look in (
        world.followups.of, world.followups.open, world.clearances.of, world.sharing.shares, world.codes.status,
        world.reports.prove,
    ):  # fmt: skip
        with pytest.raises(Ended):
            look(former.carol, former.address)
    assert world.followups.due(former.carol) == []
    assert world.clearances.out(former.carol, [former.player.card_id]) == {}
    page = world.rights.page(former.carol, former.carols_handle)
    assert (page.rights, page.shares, page.codes, page.invitations) == ((), (), (), ())
    assert [(right.name, right.relation) for right in page.ended] == [("Carol Coach", "coach")]


def test_a_former_coach_is_told_who_ended_their_part_until_they_have_seen_it(former):
    world, carol = former.world, former.carol
    (told,) = world.rights.news(carol)
    assert (told.what, told.by, told.mine) == ("ended", "Maria Rivers", True)
    world.rights.mark_seen(carol, former.carols_handle)
    assert world.rights.news(carol) == []


def test_a_former_coach_changes_nothing_with_what_they_kept_and_no_trace_is_left(former):
    world, carol, size = former.world, former.carol, former.world.ledger.size
    (shared,) = world.sharing.shares(former.maria, former.address)
    kept = (
        lambda: share(world, carol, former.address),
        lambda: world.sharing.stop(carol, former.address, shared.share_id),
        lambda: world.codes.make(carol, former.address),
        lambda: world.codes.stop(carol, former.address),
        lambda: world.sharing.release_to_family(carol, former.address),
        lambda: world.followups.save(carol, former.address, secrets.token_hex(16), answers()),
        lambda: world.teams.invite_family(carol, former.player.player_id),
        lambda: world.rights.confirm(carol, former.carols_handle, "00" * 16),
    )
    with at_least(8) as case:
        for number, act in enumerate(kept):
            with case(number), pytest.raises((Ended, NotAuthorized)):
                act()
    assert world.ledger.size == size


def test_with_the_coach_go_their_codes_used_or_not(former):
    for open_code in (former.world.codes.open_qr, former.world.codes.open_typed):
        with pytest.raises(NotFound):
            open_code(
                getattr(former.crew_code, "qr_secret" if open_code == former.world.codes.open_qr else "typed"), ""
            )
    with pytest.raises(NotFound):
        former.world.teams.join(former.world.person("eve", "Eve Stranger"), former.kept_code, "guardian", "")
    page = former.page(former.maria)
    assert (page.codes, page.invitations) == ((), ())


def test_a_hospital_keeps_what_the_coach_shared_until_the_family_stops_that_too(former):
    (right,) = former.page(former.maria).shares
    assert (right.party, right.address) == ("North Hospital", former.address)
    assert former.world.sharing.cover(former.lee, former.address).active
    former.world.sharing.stop(former.maria, former.address, right.share_id)
    with pytest.raises(Ended):
        former.world.sharing.cover(former.lee, former.address)


def test_a_report_that_a_former_coach_writes_is_kept_and_comes_to_no_record_of_the_family(former):
    before = {report.address for report in former.world.reports.page_about(former.person(former.maria))[0]}
    address = former.save()
    assert former.world.reports.open(former.carol, address).standing is Standing.AUTHOR
    assert {report.address for report in former.world.reports.page_about(former.person(former.maria))[0]} == before
    with pytest.raises(NotFound):
        former.world.reports.open(former.maria, address)


def test_what_a_former_coach_keeps_from_the_family_stays_theirs_to_share(team):
    """A child may need help against their family: what the family ends, ends nothing that they must not know of."""
    lee, kept = member(team.world, "lee", "North Hospital"), team.save(withheld=True)
    team.end(team.maria, "Carol Coach", "coach")
    share(team.world, team.carol, kept)
    assert team.world.sharing.cover(lee, kept).active
    assert team.world.sharing.shares(team.carol, kept)[0].active


def test_a_coach_is_let_back_in_by_the_family_alone(former):
    with pytest.raises(BlockMRSError):
        former.confirm(former.carol, "Carol Coach", "coach")
    former.confirm(former.maria, "Carol Coach", "coach")
    assert former.world.followups.of(former.carol, former.address) is not None


def test_a_coach_ends_their_own_part(team):
    team.end(team.carol, "Carol Coach", "coach")
    assert team.right(team.maria, "Carol Coach", "coach").ended_by == "Carol Coach"


def test_both_sides_see_who_ended_the_coachs_part_and_when(former):
    right = former.right(former.maria, "Carol Coach", "coach")
    assert (right.part, right.ended_by, right.ended) == (Part.ENDED, "Maria Rivers", former.world.clock())


def test_a_right_that_is_not_there_is_neither_given_nor_ended(team):
    rights, handle, size = team.world.rights, team.handle(team.maria), team.world.ledger.size
    for attempt in (rights.confirm, rights.end):
        with pytest.raises(NotFound):
            attempt(team.maria, handle, "00" * 16)
    assert team.world.ledger.size == size


def test_of_two_children_each_has_rights_of_their_own(team):
    """The coach of both, and the mother of both; the second joined later."""
    world, teams = team.world, team.world.teams
    teams.add_player(team.carol, "Ada Rivers", "8", teams.team(team.carol).version)
    world.clock.advance(timedelta(minutes=16))
    ada = teams.team(team.carol).players[1]
    world.rights.enter(team.carol)
    assert [news.name for news in world.rights.news(team.carol)] == ["Maria Rivers"]
    teams.join(team.maria, teams.invite_family(team.carol, ada.player_id), "guardian", "")
    handles = {name: handle for handle, name in world.rights.people(team.maria)}
    for name in ("Sam Rivers", "Ada Rivers"):
        assert world.rights.page(team.maria, handles[name]).label == name
    team.end(team.maria, "Carol Coach", "coach")
    coach = {name: handle for handle, name in world.rights.people(team.carol)}
    assert world.rights.page(team.carol, coach["Sam Rivers"]).rights == ()
    assert len(world.rights.page(team.carol, coach["Ada Rivers"]).rights) == 2


# Guardians among themselves


def test_one_guardian_cannot_end_another_alone(team):
    joe = team.joins("joe", "Joe Rivers")
    team.confirm(team.maria, "Joe Rivers")
    with pytest.raises(NotAuthorized):
        team.end(team.maria, "Joe Rivers")
    with pytest.raises(NotAuthorized):
        team.end(team.carol, "Joe Rivers")
    assert team.world.teams.acting_for(joe)


def test_all_the_others_two_at_least_end_a_guardian_and_everybody_sees_who_wants_it(team):
    joe = team.joins("joe", "Joe Rivers")
    team.confirm(team.maria, "Joe Rivers")
    sam = team.joins("sam", "Sam R", "self")
    team.confirm(joe, "Sam R", "self")
    team.end(team.maria, "Joe Rivers")
    assert team.right(joe, "Joe Rivers").wanted_by == ("Maria Rivers",)
    assert ("wanted", True) in [(news.what, news.mine) for news in team.world.rights.news(joe)]
    assert team.world.teams.acting_for(joe)
    team.end(sam, "Joe Rivers")
    assert team.world.teams.acting_for(joe) == []


def test_a_guardian_leaves_by_their_own_word_unless_nobody_would_be_left(team):
    with pytest.raises(NotAuthorized):
        team.end(team.maria, "Maria Rivers")
    joe = team.joins("joe", "Joe Rivers")
    team.confirm(team.maria, "Joe Rivers")
    team.end(team.maria, "Maria Rivers")
    assert team.world.teams.acting_for(team.maria) == []
    assert names(team.page(joe)) == [("Joe Rivers", "guardian", Part.IN), ("Carol Coach", "coach", Part.IN)]


def test_a_guardian_whose_part_ended_cannot_use_what_they_kept(team):
    joe = team.joins("joe", "Joe Rivers")
    team.confirm(team.maria, "Joe Rivers")
    address, person = team.save(), team.person(joe)
    home = team.world.reports.save(joe, "ee" * 16, head_report(team.world.clock()), person=person).address
    handle = team.handle(joe)
    team.end(joe, "Joe Rivers")
    for act in (
        lambda: team.world.people.find(joe, person.handle),
        lambda: team.world.reports.open(joe, address),
        lambda: team.world.rights.page(joe, handle),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Ended):
        team.world.followups.of(joe, home)


# What is kept from the family


def test_a_report_that_is_kept_from_the_family_leaves_no_trace_on_their_page(team):
    member(team.world, "lee", "North Hospital")
    before = (team.page(team.maria), team.world.rights.news(team.maria))
    kept = team.save(withheld=True)
    share(team.world, team.carol, kept)
    team.world.codes.make(team.carol, kept)
    assert (team.page(team.maria), team.world.rights.news(team.maria)) == before


# From before there were rolls


def joined_before_rolls(world: World, coach: Actor, name: str, shown: str) -> Actor:
    """Somebody who joined with a version that had no rolls."""
    actor, player = world.person(name, shown), world.teams.team(coach).players[0]
    held, batch = world.teams.holding(player), world.mailbox.batch()
    world.mailbox.appoint(batch, held.seed, player.name, "guardian", actor.keyring)
    pointer = world.cards.pointer(actor.keyring.card.id)
    token = coach.keyring.derive("family", player.card_id)
    introduction = Introduction(pointer, line_key=token, peer=player.card_id, party=f"guardian:{shown}")
    batch.add(
        Kind.INTRODUCE, introduction.to_fields(), author=actor.keyring, recipient=coach.keyring.card,
        line_key=coach.keyring.doorbell_line,
    )  # fmt: skip
    batch.commit()
    return actor


@pytest.fixture
def old(tmp_path, clock) -> Team:
    world = World(tmp_path, clock)
    carol = world.person("carol", "Carol Coach")
    world.teams.add_player(carol, "Sam Rivers", "7", "")
    return Team(world, carol, joined_before_rolls(world, carol, "maria", "Maria Rivers"))


def test_who_joined_before_acts_as_before_and_is_asked_when_the_coach_invites_another(old):
    assert old.world.teams.acting_for(old.maria)
    mallory = old.joins("mallory", "Mallory Stranger")
    assert old.world.teams.acting_for(mallory) == []
    assert old.world.teams.acting_for(old.maria)
    old.end(old.maria, "Mallory Stranger")


def test_who_joined_before_is_on_the_page_from_their_next_sign_in(old):
    joe = joined_before_rolls(old.world, old.carol, "joe", "Joe Rivers")
    assert names(old.page(old.maria)) == []
    old.world.rights.enter(joe)
    assert names(old.page(old.maria)) == [("Joe Rivers", "guardian", Part.IN)]
    old.world.rights.enter(old.carol)
    shown = [("Joe Rivers", "guardian", Part.IN), ("Maria Rivers", "guardian", Part.IN)]
    assert names(old.page(old.maria)) == [*shown, ("Carol Coach", "coach", Part.IN)]
    size = old.world.ledger.size
    for actor in (joe, old.carol, old.maria):
        old.world.rights.enter(actor)
    assert old.world.ledger.size == size, "nothing is said twice"
