"""`/record` and `/record/facts` as pages: what is shown, what is kept, and what a wrong form says."""

import itertools

import pytest
from webtest import TestApp, TestResponse

from blockmrs.errors import ObjectMismatch, StorageUnavailable
from tests.support.coach import heading, person, press, signed_in
from tests.support.html import soup
from tests.support.site import TestSite
from tests.support.world import PASSWORD

PAGE = "/record/facts"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def family(site: TestSite) -> str:
    """Maria acts for Sam; returns where Sam's facts are."""
    coach, maria = person(site, "carol", "Carol Coach"), person(site, "maria", "Maria Rivers")
    team = site.services.teams.add_player(coach, "Sam Rivers", "7", "")
    site.services.teams.join(maria, site.services.teams.invite_family(coach, team.players[0].player_id), "guardian", "")
    return f"{PAGE}/{site.services.people.of(maria)[-1].handle}"


@pytest.fixture
def name() -> str:
    """A user name that no other test has."""
    return f"ada{next(_numbers)}"


@pytest.fixture
def ada(site: TestSite, name: str) -> TestApp:
    """A browser of somebody without a team."""
    person(site, name, "Ada Lind")
    return signed_in(site, name)


def rows(response: TestResponse) -> list[str]:
    return [row.get_text(" ", strip=True) for row in soup(response).select("dl.rows > div")]


def save(app: TestApp, status: int = 302, page: str = PAGE, **typed: str) -> TestResponse:
    return press(app, app.get(page), "Save", status, **typed)


def test_a_new_account_has_a_record_of_its_own_with_nothing_in_it(ada) -> None:
    page = ada.get("/record")
    assert "This is you." in page.text
    assert rows(page) == ["Allergies No allergies written down Add allergies"]
    assert "No reports." in page.text


def test_what_was_told_is_shown_with_allergies_first(ada, site) -> None:
    year = site.clock().year - 30
    save(ada, birth="27", birth_month="March", birth_year=str(year), allergies="Penicillin\r\n\r\nBee stings",
         diabetes="insulin").follow()  # fmt: skip
    shown = rows(ada.get("/record"))
    assert shown[0] == "Allergies Penicillin; Bee stings Change Allergies"
    assert shown[1].startswith(f"Birth date 27 March {year}, age ")
    assert shown[2] == "Diabetes Yes, with insulin Change Diabetes"
    assert len(shown) == 3


def test_none_known_is_said_with_its_day(ada) -> None:
    page = save(ada, no_allergies="yes").follow()
    assert rows(page) == ["Allergies None known Change Allergies"]
    assert "Ada Lind said this, " in page.text
    assert "Saved" in page.text


def test_the_last_allergy_goes_only_by_a_word(ada) -> None:
    save(ada, allergies="Penicillin")
    asked = save(ada, status=422, allergies="")
    assert "This takes out: Penicillin" in asked.text
    assert "Penicillin" in ada.get("/record").text
    form = next(form for form in asked.forms.values() if form.action == PAGE)
    form["taken_out"] = "yes"
    form.submit(status=302)
    assert "Penicillin" not in ada.get("/record").text


@pytest.mark.parametrize("typed", [{"allergies": "Latex"}, {"allergies": "", "no_allergies": "yes"}])
def test_another_allergy_or_none_known_is_word_enough(ada, typed: dict[str, str]) -> None:
    save(ada, allergies="Penicillin")
    save(ada, **typed)


def test_every_question_begins_with_not_said(ada) -> None:
    form = soup(ada.get(PAGE)).find("form", action=PAGE)
    chosen = {box["name"]: box["value"] for box in form.select("input[type=radio][checked]")}
    assert chosen == dict.fromkeys(("blood-thinner", "diabetes", "sickle-cell", "pregnant"), "")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"birth": "31", "birth_month": "2", "birth_year": "2012"}, "There is no such day"),
        ({"birth_year": "2012"}, "Enter the whole birth date"),
        ({"birth": "1", "birth_month": "1", "birth_year": "2999"}, "not in the future"),
        ({"birth": "1", "birth_month": "1", "birth_year": "12"}, "four digits"),
        ({"allergies": "x" * 81}, "Use 80 characters or fewer"),
        ({"allergies": "Nuts", "no_allergies": "yes"}, "Empty the box"),
        ({"diabetes": "perhaps"}, "Choose from the list"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(ada, typed: dict[str, str], words: str) -> None:
    page = save(ada, 422, **{"allergies": "Latex", **typed})
    assert words in soup(page).select_one("#errors").get_text(" ")
    assert soup(page).title.string.startswith("Error: ")
    assert typed.get("allergies", "Latex") in soup(page).textarea.get_text()
    assert rows(ada.get("/record")) == ["Allergies No allergies written down Add allergies"]


def test_markup_in_an_allergy_stays_text(ada) -> None:
    save(ada, allergies="<script>alert(1)</script>")
    for path in ("/record", PAGE, f"{PAGE}/history"):
        assert "<script>alert" not in ada.get(path).text


def test_two_tabs_a_second_save_shows_both_and_can_be_put_in_place(ada) -> None:
    one, other = ada.get(PAGE), ada.get(PAGE)
    press(ada, one, "Save", 302, allergies="Penicillin")
    page = press(ada, other, "Save", 409, allergies="Latex")
    assert rows(page) == ["Allergies Penicillin"]
    assert soup(page).textarea.get_text().strip() == "Latex"
    assert rows(press(ada, page, "Save", 302).follow())[0] == "Allergies Latex Change Allergies"
    assert "Penicillin" in ada.get(f"{PAGE}/history").text


def test_the_same_form_sent_twice_is_one_version(ada) -> None:
    page = ada.get(PAGE)
    for _ in range(2):
        press(ada, page, "Save", 302, allergies="Penicillin")
    assert len(soup(ada.get(f"{PAGE}/history")).select("main section")) == 1


def test_a_form_that_outlives_its_session_is_saved_after_signing_in(ada, site, name) -> None:
    page = ada.get(PAGE)
    site.services.identity.sign_out(ada.cookies["blockmrs"].strip('"'))
    asked = press(ada, page, "Save", 401, allergies="Penicillin")
    assert "Penicillin" not in asked.text
    signed = press(ada, asked, "Sign in", user_name=name, password=PASSWORD)
    press(ada, signed, "Go on", 302)
    assert rows(ada.get("/record"))[0] == "Allergies Penicillin Change Allergies"


def test_while_the_disk_does_not_answer_the_form_stays_filled(ada, site, monkeypatch) -> None:
    page = ada.get(PAGE)

    def away(*_given):
        raise StorageUnavailable("the disk is full")

    monkeypatch.setattr(site.services.facts, "_write", away)
    answer = press(ada, page, "Save", 503, allergies="Penicillin")
    assert "not saved yet" in answer.text
    assert soup(answer).textarea.get_text().strip() == "Penicillin"


@pytest.mark.parametrize("error", [ObjectMismatch("damaged"), StorageUnavailable("away")])
def test_a_part_that_cannot_be_read_does_not_hide_the_rest(ada, site, monkeypatch, error) -> None:
    def broken(*_given):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(site.services.facts, "newest", broken)
        page = ada.get("/record")
        assert "The health facts cannot be opened right now." in page.text
        assert "No reports." in page.text
    monkeypatch.setattr(site.services.reports, "page_about", broken)
    page = ada.get("/record")
    assert "The reports cannot be opened right now." in page.text
    assert "No allergies written down" in page.text


def test_a_guardian_always_sees_for_whom_they_act(site, family) -> None:
    maria = signed_in(site, "maria")
    for path in (family, f"{family}/history"):
        page = maria.get(path)
        assert soup(page).select_one(".acting").get_text(" ", strip=True) == "You are acting for Sam Rivers"
    assert heading(maria.get(family)) == "Health facts of Sam Rivers"
    assert soup(maria.get(PAGE)).select_one(".acting") is None


def test_what_a_guardian_tells_of_a_child_is_not_told_of_the_guardian(site, family) -> None:
    maria = signed_in(site, "maria")
    page = save(maria, page=family, allergies="Penicillin").follow()
    assert rows(page) == [
        "Allergies No allergies written down Add allergies",
        "Allergies Penicillin Change Allergies",
    ]


def test_what_is_said_of_the_coachs_key_leads_to_where_it_is_ended(site, family) -> None:
    maria = signed_in(site, "maria")
    page = maria.get(family)
    assert "still holds a key to it" in page.text
    assert "press “End this” at their name" in " ".join(page.text.split())
    rights = page.click("how to end it")
    coach = next(
        form for form in soup(rights).select("a.btn") if form["href"].startswith(f"{rights.request.path}/end/")
    )
    assert coach.get_text(" ", strip=True).startswith("End this")
    assert "Carol Coach" in heading(maria.get(coach["href"]))


def test_no_page_shows_the_coach_what_a_guardian_told(site, family) -> None:
    save(signed_in(site, "maria"), page=family, allergies="Brazil nuts")
    carol = signed_in(site, "carol")
    for path in ("/", "/record", "/record/facts", "/team", "/field/reports", "/log"):
        assert "Brazil nuts" not in carol.get(path).text
    carol.get(family, status=404)
