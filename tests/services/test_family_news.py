"""The news of who can see what, on every page: remembered, and never older than what anybody did about a right."""

from datetime import timedelta

import pytest

from blockmrs.errors import CannotOpen
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.sharing.right_news import news_in
from blockmrs.services.sharing.rights import Rights
from tests.services.test_rights_pages import in_words, joe, team
from tests.support.world import World

__all__ = ["joe", "team"]

MINUTE = timedelta(minutes=1)


def test_what_stands_on_every_page_is_remembered_and_what_happens_is_news_at_once(team, clock, monkeypatch) -> None:
    """What `news` says of family alone is the same as if all was read, whatever happened in between, and wherever."""
    world, handle, times = team.world, team.handle(team.maria), []
    real = Rights._news
    monkeypatch.setattr(Rights, "_news", lambda *given, **more: times.append(1) or real(*given, **more))
    elsewhere = World(world.folder, clock)

    def both(actor: Actor) -> list[tuple[str, str, str, bool]]:
        times.clear()
        here = world.rights.news(actor, as_coach=False)
        assert elsewhere.rights.news(actor, as_coach=False) == here
        assert len(times) <= 1, "what one process concluded is known to the other"
        again = world.rights.news(actor, as_coach=False)
        assert len(times) <= 1
        assert again == here == real(world.rights, actor, as_coach=False)[0]
        return in_words(here)

    assert both(team.maria) == []
    clock.advance(MINUTE)
    joe = team.joins("joe", "Joe Rivers")
    assert both(team.maria) == [("waits", "Joe Rivers", "Carol Coach", False)]
    assert both(joe) == []
    clock.advance(MINUTE)
    team.confirm(team.maria, "Joe Rivers")
    assert both(team.maria) == []
    assert both(joe) == [("confirmed", "Joe Rivers", "Maria Rivers", True)]
    elsewhere.rights.mark_seen(joe, team.handle(joe))
    assert both(joe) == []
    team.code()
    assert both(team.maria) == [("invited", "", "Carol Coach", False)]
    clock.advance(world.invitations.lifetime)
    assert both(team.maria) == [], "it ran out, and nobody wrote anything"
    clock.advance(MINUTE)
    team.end(joe, "Carol Coach", "coach")
    assert both(team.maria) == [("ended", "Carol Coach", "Joe Rivers", False)]
    world.rights.mark_seen(team.maria, handle)
    assert both(team.maria) == []
    elsewhere.engine.dispose()


def test_what_is_no_news_is_not_taken_for_any() -> None:
    with pytest.raises(CannotOpen):
        news_in(["handle", "Sam Rivers", "joined", "Joe", "Carol", 0])


def test_whose_part_was_ended_is_told_nothing_more_whatever_was_remembered(team, joe, clock) -> None:
    world = team.world
    team.confirm(team.maria, "Joe Rivers")
    clock.advance(MINUTE)
    kim = team.joins("kim", "Kim Rivers")
    team.confirm(team.maria, "Kim Rivers")
    assert {one.label for one in world.rights.news(joe, as_coach=False)} == {"Sam Rivers"}
    assert len(world.rights.news(joe, as_coach=False)) == 2
    for other in (team.maria, kim):
        team.end(other, "Joe Rivers")
    assert world.rights.news(joe, as_coach=False) == []
