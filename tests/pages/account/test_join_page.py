"""Joining by a code: it says what it invites to, works once, and never stands in an address."""

import contextlib
import threading
from datetime import timedelta

import pytest
from webtest import TestApp

from blockmrs.errors import NotFound
from blockmrs.services.accounts.actor import Actor
from tests.support.html import soup
from tests.support.people import (
    PASSWORD,
    addresses_in,
    confirm,
    cookie_of,
    errors,
    fill,
    form_to,
    heading,
    member_page,
    send,
)
from tests.support.site import TestSite

REFUSED = {"invitation": "This code opens no invitation. It may be used up or too old. Check it, or ask for a new one"}
HOSTILE = '"><script>alert(1)</script>${7*7}'


def actor_in(site: TestSite, app: TestApp) -> Actor:
    actor = site.services.identity.actor_for(cookie_of(app))
    assert actor is not None
    return actor


@pytest.fixture(scope="module")
def coach(site: TestSite) -> Actor:
    actor = actor_in(site, member_page(site, "coach", "Ana Coach"))
    teams = site.services.teams
    teams.rename(actor, "North U15", teams.team(actor).version)
    return actor


@pytest.fixture
def family_code(site: TestSite, coach: Actor) -> str:
    """A code for a player of whose family nobody has joined: whoever accepts it is in at once."""
    site.clock.advance(timedelta(minutes=16))
    teams = site.services.teams
    team = teams.add_player(coach, "Sam Rivers", "", teams.team(coach).version)
    return teams.invite_family(coach, team.players[-1].player_id)


@pytest.fixture
def staff_code(site: TestSite, request: pytest.FixtureRequest) -> str:
    site.clock.advance(timedelta(minutes=16))
    return site.services.organisations.add(f"Hospital {abs(hash(request.node.name)) % 10**9}")


def see(app: TestApp, code: str):
    return fill(app.get("/join"), "/join", invitation=code)


def test_a_family_code_says_player_team_and_coach(site: TestSite, family_code: str) -> None:
    page = soup(see(member_page(site, "maria1", "Maria Rivers"), family_code))
    rows = {row.dt.get_text(): row.dd.get_text(strip=True) for row in page.select("dl.rows > div")}
    assert rows == {"Player": "Sam Rivers", "Team": "North U15", "Invited by": "Ana Coach"}


@pytest.mark.parametrize("relation", ["guardian", "self"])
def test_accepting_joins_as_who_one_is_and_tells_the_coach(
    site: TestSite, coach: Actor, family_code: str, relation: str
) -> None:
    app = member_page(site, f"maria-{relation}", f"Maria {relation}")
    page = fill(see(app, family_code), "/join/family", relation=relation)
    assert heading(page) == "You joined"
    player = site.services.teams.team(coach).players[-1]
    told = site.services.teams.joined(coach)[player.card_id]
    assert (f"Maria {relation}", relation) in [(joined.name, joined.relation) for joined in told]
    assert [held.relation for held in site.services.teams.acting_for(actor_in(site, app))] == [relation]


@pytest.mark.parametrize("relation", ["", "holder", "x" * 9000, HOSTILE])
def test_who_one_is_must_be_one_of_two(site: TestSite, family_code: str, relation: str) -> None:
    app = member_page(site, f"maria2-{len(relation)}")
    page = send(app, "/join", [("invitation", family_code), ("relation", relation)], "/join/family")
    assert errors(page) == {"relation": "Choose who you are to the player"}
    assert form_to(page, "/join/family")["invitation"].value == family_code
    assert heading(fill(page, "/join/family", relation="guardian")) == "You joined"


def test_a_staff_code_says_the_organisation_and_makes_a_member(site: TestSite, staff_code: str) -> None:
    app = member_page(site, "lee1", "Dr Lee")
    page = see(app, staff_code)
    assert "Dr Lee" in page.text
    assert "Hospital" in page.text
    assert heading(fill(page, "/join/staff")) == "You joined"
    assert len(site.services.organisations.memberships(actor_in(site, app))) == 1
    assert any("Dr Lee" in organisation.staff for organisation in site.services.organisations.directory())


def test_looking_at_an_invitation_does_not_use_it_up(site: TestSite, family_code: str) -> None:
    app = member_page(site, "maria3")
    for _ in range(3):
        assert heading(see(app, family_code)) == "You are invited"
    assert heading(see(member_page(site, "maria4"), family_code)) == "You are invited"


@pytest.mark.parametrize(
    "spell", [str.lower, lambda c: c.replace("-", " "), lambda c: c.replace("-", ""), lambda c: f" {c} "]
)
def test_a_code_may_be_typed_in_any_spelling(site: TestSite, family_code: str, spell) -> None:
    app = member_page(site, f"maria5-{abs(hash(spell))}")
    assert heading(see(app, spell(family_code))) == "You are invited"


def test_unknown_used_and_expired_codes_say_the_same(site: TestSite, staff_code: str, family_code: str) -> None:
    app = member_page(site, "lee2", "Dr Two")
    fill(see(app, staff_code), "/join/staff")
    unknown, used = see(app, "2222-3333-4444-5555"), see(app, staff_code)
    site.clock.advance(timedelta(seconds=site.settings.sharing.invitation_lifetime_s))
    later = site.browser()
    fill(later.get("/login"), "/login", user_name="lee2", password=PASSWORD)
    expired = see(later, family_code)
    assert errors(unknown) == errors(used) == errors(expired) == REFUSED
    assert unknown.status_int == used.status_int == expired.status_int == 422
    assert form_to(used, "/join")["invitation"].value == staff_code


def test_a_used_code_cannot_be_accepted_again(site: TestSite, staff_code: str, family_code: str) -> None:
    first, second = member_page(site, "lee3", "Dr Three"), member_page(site, "lee4", "Dr Four")
    for code, action, more in ((staff_code, "/join/staff", {}), (family_code, "/join/family", {"relation": "self"})):
        page = see(second, code)
        fill(see(first, code), action, **more)
        assert errors(fill(page, action, **more)) == REFUSED
    assert not site.services.organisations.memberships(actor_in(site, second))
    assert not site.services.teams.acting_for(actor_in(site, second))


@pytest.mark.parametrize("kind", ["staff", "family"])
def test_a_code_accepted_by_two_at_once_is_good_for_one(
    site: TestSite, staff_code: str, family_code: str, kind: str
) -> None:
    services = site.services
    people = [actor_in(site, member_page(site, f"at-once-{kind}-{number}")) for number in range(2)]
    accepted = []

    def accept(actor: Actor) -> None:
        with contextlib.suppress(NotFound):
            if kind == "staff":
                services.organisations.accept(actor, staff_code, "")
            else:
                services.teams.join(actor, family_code, "self", "")
            accepted.append(actor)

    threads = [threading.Thread(target=accept, args=(actor,)) for actor in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    appointed = [a for a in people if services.organisations.memberships(a) or services.teams.acting_for(a)]
    assert appointed == accepted
    assert len(accepted) == 1


@pytest.mark.parametrize("action", ["/join/staff", "/join/family"])
def test_a_code_of_the_other_kind_is_refused_and_not_used_up(
    site: TestSite, staff_code: str, family_code: str, action: str
) -> None:
    app = member_page(site, f"other-kind{len(action)}", "Other")
    code = family_code if action == "/join/staff" else staff_code
    assert errors(send(app, "/join", [("invitation", code), ("relation", "self")], action)) == REFUSED
    assert heading(see(app, code)) == "You are invited"


@pytest.mark.parametrize("path", ["/join", "/join/staff", "/join/family"])
@pytest.mark.parametrize("code", ["", "ABCD", "0" * 16, "x" * 3000, "\x00", HOSTILE, "é" * 16])
def test_a_code_that_cannot_be_one_is_refused_by_its_field(site: TestSite, app: TestApp, path: str, code: str) -> None:
    site.clock.advance(timedelta(minutes=16))
    fill(app.get("/login"), "/login", user_name=typist(site), password=PASSWORD)
    page = send(app, "/join", [("invitation", code), ("relation", "self")], path)
    assert page.status_int == 422
    assert set(errors(page)) == {"invitation"}
    assert "<script>alert" not in page.text


def typist(site: TestSite) -> str:
    """The user name of one account for all who only type codes wrongly."""
    if not getattr(site, "typist", ""):
        member_page(site, "typist", "Tina Typist")
        site.typist = "typist"  # kept with the site of this module
    return "typist"


def test_guessing_codes_must_wait(site: TestSite, family_code: str) -> None:
    app = member_page(site, "guesser")
    for _ in range(30):
        assert see(app, "2222-3333-4444-5555").status_int == 422
    page = see(app, family_code)
    assert page.status_int == 429
    assert int(page.headers["Retry-After"]) > 0
    assert form_to(page, "/join")["invitation"].value == family_code


@pytest.mark.parametrize("path", ["/join/family", "/join/staff"])
def test_accepting_is_not_reached_by_get(site: TestSite, app: TestApp, path: str) -> None:
    assert app.get(path, expect_errors=True).status_int == 405


def test_a_code_typed_signed_out_survives_signing_in(site: TestSite, app: TestApp, family_code: str) -> None:
    member_page(site, "maria6")
    refused = see(app, family_code)
    assert refused.status_int == 401
    assert family_code not in refused.text
    go_on = fill(refused, "/login", user_name="maria6", password=PASSWORD)
    assert "Sam Rivers" in fill(go_on, "/join").text


def test_a_code_typed_signed_out_survives_making_an_account(app: TestApp, family_code: str) -> None:
    page = fill(see(app, family_code), "/signup/start")
    code_page = fill(page, "/signup", display_name="M", user_name="maria7", password=PASSWORD)
    assert "Sam Rivers" in fill(confirm(code_page), "/join").text


def test_no_address_or_title_holds_the_code_or_the_player(site: TestSite, family_code: str) -> None:
    app = member_page(site, "maria8")
    page = see(app, family_code)
    done = fill(page, "/join/family", relation="guardian")
    for answer in (page, done):
        text = " ".join([*addresses_in(answer), soup(answer).title.get_text(), answer.request.url])
        assert family_code not in text
        assert "Sam" not in text
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_code_in_the_address_is_not_read(site: TestSite, family_code: str) -> None:
    page = member_page(site, "maria9").get("/join", {"invitation": family_code})
    assert family_code not in page.text
    assert heading(page) == "Join with a code"


def test_no_log_line_holds_the_code_or_a_name(site: TestSite, family_code: str, caplog) -> None:
    caplog.set_level("DEBUG")
    fill(see(member_page(site, "maria10", "Maria Ten"), family_code), "/join/family", relation="guardian")
    for word in (family_code, "Sam Rivers", "Maria Ten", "North U15"):
        assert word not in caplog.text
