"""The pages of who can see what, pressed as coach, mother, second guardian and former coach."""

import pytest

from blockmrs.services.accounts.actor import Actor
from blockmrs.services.people.persons import handle_of
from tests.support.coach import Reporter, footprint, heading, person, press, sent_by, signed_in
from tests.support.html import soup

PLAYER = "Sam Rivers"


class Club(Reporter):
    """A coach with a player whose mother has joined."""

    mother: Actor

    def code(self) -> str:
        team = self.site.services.teams.team(self.coach)
        return self.site.services.teams.invite_family(self.coach, team.players[0].player_id)

    def address(self, actor: Actor) -> str:
        people = self.site.services.rights.people(actor)
        return "/people/" + next(handle for handle, name in people if name == PLAYER)


@pytest.fixture(scope="module")
def club(site):
    coach = person(site, "carol", "Carol Coach")
    site.services.teams.add_players(coach, [("7", PLAYER)], "")
    made = Club(site, coach)
    made.mother = person(site, "maria", "Maria Rivers")
    site.services.teams.join(made.mother, made.code(), "guardian", "")
    return made


def text_of(response) -> str:
    return soup(response).main.get_text(" ", strip=True)


def follow(app, response, words: str):
    """The page behind the first link of that text."""
    link = next(link for link in soup(response).main("a") if link.get_text(" ", strip=True).startswith(words))
    return app.get(link["href"])


def test_a_second_guardian_waits_is_told_so_and_comes_in_by_a_yes(site, club):
    person(site, "joe", "Joe Rivers")
    joe, maria = signed_in(site, "joe"), signed_in(site, "maria")
    invited = press(joe, joe.get("/join"), "See the invitation", invitation=club.code())
    waits = press(joe, invited, "Join", relation="guardian")
    assert heading(waits) == "You wait for a yes"
    assert PLAYER in text_of(joe.get("/people"))
    assert PLAYER not in joe.get("/record").text
    # She hears of it on whatever page she opens next.
    link = next(link for link in soup(maria.get("/record"))("a") if link.get_text().startswith("New: who can see"))
    page = maria.get(link["href"])
    assert "Joe Rivers wants to act for Sam Rivers, invited by Carol Coach" in text_of(page)
    asked = follow(maria, page, "Say yes")
    assert "You alone cannot end that again" in text_of(asked)
    done = press(maria, asked, "Yes, they act too").follow()
    assert "Let in by Maria Rivers" in text_of(done)
    assert PLAYER in joe.get("/record").text
    home = joe.get("/")
    assert "Maria Rivers said yes: you act for Sam Rivers" in text_of(home)
    assert "New: who can see" not in maria.get("/record").text


def test_a_no_keeps_the_stranger_out(site, club):
    person(site, "mallory", "Mallory Stranger")
    mallory, maria = signed_in(site, "mallory"), signed_in(site, "maria")
    press(
        mallory,
        press(mallory, mallory.get("/join"), "See the invitation", invitation=club.code()),
        "Join",
        relation="guardian",
    )
    page = maria.get(club.address(club.mother))
    asked = maria.get(next(a["href"] for a in soup(page)("a") if "Say no for Mallory" in a.get_text(" ", strip=True)))
    after = press(maria, asked, "Say no").follow()
    assert "Mallory Stranger" in soup(after).find("details").get_text()
    assert PLAYER not in mallory.get("/record").text


def test_an_unused_invitation_is_shown_and_ended_with_two_taps(site, club):
    code, maria = club.code(), signed_in(site, "maria")
    page = maria.get(club.address(club.mother))
    assert "Made by Carol Coach" in text_of(page)
    assert "Its code opens nothing" in text_of(asked := follow(maria, page, "End this invitation"))
    assert "Made by Carol Coach" not in text_of(press(maria, asked, "End this invitation").follow())
    eve = signed_in(site, "carol")
    assert press(eve, eve.get("/join"), "See the invitation", invitation=code).status_int == 422


def test_looking_changes_nothing_and_seen_is_said_by_a_button(site, club):
    maria = signed_in(site, "maria")
    club.code()
    before = footprint(site)
    page = maria.get(club.address(club.mother))
    maria.get("/people")
    maria.get("/")
    assert footprint(site) == before
    assert "What is new" in text_of(page)
    assert "Carol Coach made an invitation" not in text_of(press(maria, page, "I have seen this").follow())


def test_a_mother_ends_the_coachs_part_and_the_coach_is_told_what_is_left(site, club):
    address, kept = club.report(head=True), club.code()
    carol, maria = signed_in(site, "carol"), signed_in(site, "maria")
    form = sent_by(carol.get(f"/field/report/{address}"), "Show to crew")
    checks = sent_by(carol.get(f"/field/report/{address}/check"), "Save")
    page = maria.get(club.address(club.mother))
    asked = maria.get(next(a["href"] for a in soup(page)("a") if "End this for Carol" in a.get_text(" ", strip=True)))
    assert "They keep the key that they made, until the record is handed over" in text_of(asked)
    ended = press(maria, asked, "End it").follow()
    assert "Maria Rivers" in soup(ended).find("details").get_text()
    assert "Made by Carol Coach" not in text_of(ended)
    assert kept
    # Addresses and forms from before.
    report = carol.get(f"/field/report/{address}")
    assert "Your part here has ended" in text_of(report)
    assert "Symptom" not in text_of(report)
    before = footprint(site)
    for path in ("/check", "/share", "/show", "/stop-code", "/stop/00"):
        carol.get(f"/field/report/{address}{path}", status=410)
    for action, fields in (form, checks):
        carol.post(action, fields, status=410)
    assert footprint(site) == before
    assert "Maria Rivers ended what you can see and do about Sam Rivers" in text_of(carol.get("/"))
    team = carol.get("/team")
    assert "The family ended your access" in text_of(team)
    assert "Invite family" not in text_of(team)
    own = carol.get(club.address(club.coach))
    assert "Their family ended what you can see and do here" in text_of(own)
    press(carol, own, "I have seen this")
    assert "ended what you can see" not in text_of(carol.get("/"))
    # And back, by the family alone.
    again = maria.get(club.address(club.mother))
    back = maria.get(next(a["href"] for a in soup(again)("a") if "Let back in" in a.get_text(" ", strip=True)))
    press(maria, back, "Let back in")
    assert "Show to crew" in carol.get(f"/field/report/{address}").text


def test_a_report_kept_from_the_family_is_in_no_word_of_their_page(site, club):
    maria = signed_in(site, "maria")
    before = text_of(maria.get(club.address(club.mother)))
    kept = club.report(withheld=True)
    site.services.codes.make(club.coach, kept)
    assert text_of(maria.get(club.address(club.mother))) == before


def test_one_guardian_is_told_that_they_cannot_end_another_alone(site):
    services, coach = site.services, person(site, "dora", "Dora Coach")
    team = services.teams.add_players(coach, [("9", "Kim Hill")], "")
    una, max_ = person(site, "una", "Una Hill"), person(site, "max", "Max Hill")
    for actor in (una, max_):
        services.teams.join(actor, services.teams.invite_family(coach, team.players[0].player_id), "guardian", "")
    handle = handle_of(una, team.players[0].card_id)
    right = next(right for right in services.rights.page(una, handle).rights if right.name == "Max Hill")
    services.rights.confirm(una, handle, right.right_id)
    browser = signed_in(site, "una")
    assert "One guardian cannot end another alone" in text_of(browser.get(f"/people/{handle}/end/{right.right_id}"))
    token = dict(sent_by(browser.get("/team"), "Add player")[1])["_csrf"]
    browser.post(f"/people/{handle}/end/{right.right_id}", {"_csrf": token}, status=403)


def test_who_joined_before_there_were_rolls_is_entered_by_signing_in(site, club, monkeypatch):
    entered = []
    monkeypatch.setattr(site.services.rights, "enter", lambda actor: entered.append(actor.display_name))
    browser = site.browser()
    page = browser.get("/login")
    form = next(form for form in page.forms.values() if form.action == "/login")
    form["user_name"], form["password"] = "maria", "marble kettle sunrise otter"
    form.submit()
    assert entered == ["Maria Rivers"]


# Everybody's rights on one page


def rows_of(page) -> list[str]:
    return [row.get_text(" ", strip=True) for row in soup(page).select("tbody tr")]


def test_home_leads_in_one_tap_to_every_right_and_each_row_to_its_end(site, club):
    maria, carol = signed_in(site, "maria"), signed_in(site, "carol")
    report = club.report(head=True)
    site.services.codes.make(club.coach, report)
    page = follow(maria, maria.get("/"), "Who can see what")
    assert heading(page) == "Who can see what"
    assert {heads.get_text(strip=True) for heads in soup(page)("th")} == {
        "Who", "Since", "Given by", "End"
    }  # fmt: skip
    (code,) = [row for row in soup(page)("tr") if f"/field/report/{report}" in str(row)]
    assert "Whoever has the code for the crew" in code.get_text(" ", strip=True)
    asked = maria.get(next(a["href"] for a in code("a") if "Stop this code" in a.get_text(" ", strip=True)))
    assert "They may have kept what they saw" in text_of(press(maria, asked, "Stop this code").follow())
    assert all(report not in browser.get("/people").text for browser in (maria, carol))


def test_what_was_ended_is_said_once_with_what_nobody_can_undo(site, club):
    club.code()
    maria = signed_in(site, "maria")
    asked = follow(maria, maria.get("/people"), "End this invitation")
    answer = press(maria, asked, "End this invitation")
    assert answer.status_int == 302
    after = answer.follow()
    assert "Who joined with it before is listed below" in text_of(after)
    assert "The invitation has ended" not in text_of(maria.get(club.address(club.mother)))
    asked = maria.get(
        next(a["href"] for a in soup(maria.get("/people"))("a") if "End this for Carol" in a.get_text(" ", strip=True))
    )
    assert "nobody can take back" in text_of(press(maria, asked, "End it").follow())
    back = follow(maria, maria.get(club.address(club.mother)), "Let back in")
    assert "You said yes" in text_of(press(maria, back, "Let back in").follow())


def test_a_row_kept_from_the_family_is_the_coachs_alone(site, club):
    maria, carol = signed_in(site, "maria"), signed_in(site, "carol")
    before = rows_of(maria.get("/people"))
    own = len(rows_of(carol.get("/people?about=others")))
    kept = club.report(withheld=True)
    site.services.codes.make(club.coach, kept)
    assert rows_of(maria.get("/people")) == before
    row, *others = rows_of(carol.get("/people?about=others"))
    assert len(others) == own
    assert "Kept from the family" in row
    assert "Only you see these rows" in text_of(carol.get("/people"))


def test_many_rights_come_a_page_at_a_time_and_by_person_and_by_form(site):
    coach = person(site, "many", "Many Coach")
    team = site.services.teams.add_players(coach, [(str(n), f"Player {n:02}") for n in range(15)], "")
    for player in team.players:
        for _ in range(3):
            site.services.teams.invite_family(coach, player.player_id)
    browser = signed_in(site, "many")
    first = browser.get("/people")
    second = browser.get(soup(first).find("a", rel="next")["href"])
    assert (len(rows_of(first)), len(rows_of(second))) == (40, 20)
    assert soup(second).find("a", rel="next") is None
    form = next(form for form in first.forms.values() if form.action == "/people")
    form["form"] = "coach"
    coaches = form.submit()
    assert len(rows_of(coaches)) == 15
    form["about"].select(text="Player 03")
    assert "1 right." in text_of(form.submit())
    for odd in ("about=%D9%A3&form=x", "page=9999999999999999999", "page=-1", "page=%D9%A3", "about=a&about=b"):
        assert len(rows_of(browser.get(f"/people?{odd}"))) in (20, 40)
