"""Everything from now on, in the browser: begun, given, read, seen and ended, by the people themselves."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from webtest import TestApp

from blockmrs.errors import StorageUnavailable
from tests.support.cast import PLAYER, Cast, play_in
from tests.support.from_now_on import MARKED
from tests.support.html import soup
from tests.support.people import errors, fill, heading


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    cast = play_in(tmp_path_factory.mktemp("cast"))
    yield cast
    cast.site.foundation.database.engine.dispose()


@pytest.fixture
def cast(tmp_path: object) -> Iterator[Cast]:
    cast = play_in(tmp_path)  # type: ignore[arg-type]  # a folder is a folder
    yield cast
    cast.site.foundation.database.engine.dispose()


def handle_of(cast: Cast) -> str:
    return cast.site.services.people.of(cast.actor("family"))[-1].handle


def page_of(cast: Cast) -> str:
    return f"/record/from-now-on/{handle_of(cast)}"


def begin(cast: Cast, mother: TestApp, *choices: str) -> None:
    page = page_of(cast)
    form = next(form for form in mother.get(page).forms.values() if form.action == page and form.method == "post")
    form["organisation"] = cast.organisations["other_member"].card_id.hex()
    for box in form.fields["choices"]:
        box.checked = box._value in choices
    asked = form.submit()
    assert "What a coach keeps from the family is never given." in asked.text
    assert fill(asked, page).status_int == 302


def test_what_a_mother_begins_says_what_it_means_and_then_stands_on_the_page_of_rights(cast: Cast) -> None:
    mother = cast.browser("family")
    assert "Nobody gets what is saved from now on." in mother.get(f"/people/{handle_of(cast)}").text
    begin(cast, mother, "facts")
    assert "South Hospital" in mother.get(f"/people/{handle_of(cast)}").text
    everybody = mother.get("/people")
    assert "Gets what is saved from now on." in everybody.text
    see = next(link for link in soup(everybody).select("a") if "See what they get" in link.get_text())
    seen = mother.get(see["href"])
    assert "Health facts: birth date" in seen.text
    assert "Reports, and the checks" not in seen.text
    assert "Gets what is saved from now on." not in cast.browser("author").get("/people").text


def test_facts_that_are_saved_then_are_read_at_the_hospital_with_a_receipt_that_the_mother_sees(cast: Cast) -> None:
    mother, doctor = cast.browser("family"), cast.browser("other_member")
    begin(cast, mother, "facts", "reports")
    facts = f"/record/facts/{handle_of(cast)}"
    assert fill(mother.get(facts), facts, allergies="Latex").status_int == 302
    record = soup(doctor.get("/inbox")).select_one('a[href^="/inbox/record/"]')
    assert record.get_text() == PLAYER
    came = soup(doctor.get(record["href"])).select_one('a[href*="/facts/"]')["href"]
    cover = doctor.get(came)
    assert "Latex" not in cover.text
    opened = fill(cover, came.replace("/facts/", "/open/")).follow()
    assert "Latex" in opened.text
    see = f"{page_of(cast)}/see/{cast.organisations['other_member'].card_id.hex()}"
    assert "Dr Otto opened health facts" in mother.get(see).text
    assert f"Dr Otto (South Hospital) opened the health facts of {PLAYER}" in mother.get("/log").text


def test_a_coach_s_report_waits_on_home_until_the_mother_gives_it(cast: Cast) -> None:
    mother, doctor = cast.browser("family"), cast.browser("other_member")
    begin(cast, mother, "reports")
    cast.save()
    home = mother.get("/")
    assert f"1 new thing about {PLAYER} waits to be given to South Hospital." in home.text
    assert "waits to be given" not in cast.browser("author").get("/").text
    assert "13 to 15 years" not in doctor.get("/inbox").text
    assert fill(home, f"{page_of(cast)}/give").status_int == 302
    assert "waits to be given" not in mother.get("/").text
    inbox = doctor.get("/inbox")
    assert "13 to 15 years" in inbox.text
    record = soup(inbox).select_one('a[href^="/inbox/record/"]')["href"]
    assert "13 to 15 years" in soup(doctor.get(record)).main.get_text()


def test_the_end_asks_first_and_then_nothing_of_it_opens(cast: Cast) -> None:
    mother, doctor = cast.browser("family"), cast.browser("other_member")
    begin(cast, mother, "facts")
    facts = f"/record/facts/{handle_of(cast)}"
    fill(mother.get(facts), facts, allergies="Latex")
    record = soup(doctor.get("/inbox")).select_one('a[href^="/inbox/record/"]')["href"]
    end = f"{page_of(cast)}/end/{cast.organisations['other_member'].card_id.hex()}"
    asked = mother.get(end)
    assert heading(asked) == "Give nothing more to South Hospital?"
    assert doctor.get(record).status_int == 200
    assert fill(asked, end).status_int == 302
    assert doctor.get(record, expect_errors=True).status_int == 404
    assert "/inbox/record/" not in doctor.get("/inbox").text
    assert mother.get(end, expect_errors=True).status_int == 404


def test_a_form_without_a_choice_says_what_is_missing_and_keeps_the_rest(played: Cast) -> None:
    mother, page = played.browser("family"), page_of(played)
    form = next(form for form in mother.get(page).forms.values() if form.action == page and form.method == "post")
    answered = form.submit(expect_errors=True)
    assert answered.status_int == 422
    assert errors(answered) == {
        "organisation": "Choose who should get it", "choices": "Choose what they get",
    }  # fmt: skip


def test_the_page_that_asks_again_begins_nothing(played: Cast) -> None:
    mother, page = played.browser("family"), page_of(played)
    before = played.site.foundation.ledger.size
    form = next(form for form in mother.get(page).forms.values() if form.action == page and form.method == "post")
    form["organisation"] = played.organisations["recipient"].card_id.hex()
    form.fields["choices"][0].checked = True
    assert form.submit().status_int == 200
    assert played.site.foundation.ledger.size == before


def test_the_page_that_shares_what_is_there_leads_to_what_comes(played: Cast) -> None:
    mother, handle = played.browser("family"), handle_of(played)
    assert page_of(played) in [link["href"] for link in soup(mother.get(f"/share/{handle}")).select("main a")]


def test_what_was_not_given_since_it_is_private_is_said_after_the_press(cast: Cast) -> None:
    mother = cast.browser("family")
    begin(cast, mother, "reports")
    cast.save("author", PLAYER, MARKED)
    answered = fill(mother.get("/"), f"{page_of(cast)}/give").follow()
    assert heading(answered) == "Not all could be given"
    assert "is about mental health, pregnancy, or somebody doing harm" in answered.text
    assert "is not on this machine" not in answered.text
    assert "waits to be given" not in mother.get("/").text


def test_the_page_that_asks_says_whether_private_reports_go_along(played: Cast) -> None:
    mother, page = played.browser("family"), page_of(played)
    for chosen, said in ((["reports"], "are not given"), (["reports", "private"], "go along, too")):
        form = next(form for form in mother.get(page).forms.values() if form.action == page and form.method == "post")
        form["organisation"] = played.organisations["recipient"].card_id.hex()
        for box in form.fields["choices"]:
            box.checked = box._value in chosen
        assert f"Reports about mental health, pregnancy, or somebody doing harm {said}" in form.submit().text


def test_while_the_disk_does_not_answer_the_same_press_can_be_made_again(cast: Cast, monkeypatch) -> None:
    mother, page = cast.browser("family"), page_of(cast)
    form = next(form for form in mother.get(page).forms.values() if form.action == page and form.method == "post")
    form["organisation"] = cast.organisations["other_member"].card_id.hex()
    form.fields["choices"][0].checked = True
    asked, ledger = form.submit(), cast.site.foundation.ledger
    real = ledger.submit

    def cut_off(transactions: object) -> None:
        real(transactions)
        raise StorageUnavailable("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "submit", cut_off)
        again = fill(asked, page)
    assert again.status_int == 503
    assert "press the button again" in again.text
    cast.site.clock.advance(timedelta(minutes=2))
    size = ledger.size
    assert fill(again, page).status_int == 302
    assert ledger.size == size


def test_what_waits_is_listed_and_can_be_kept_out_one_by_one(cast: Cast) -> None:
    mother = cast.browser("family")
    begin(cast, mother, "reports")
    saved = cast.save()
    see = f"{page_of(cast)}/see/{cast.organisations['other_member'].card_id.hex()}"
    listed = mother.get(see)
    assert "Hurt head" in soup(listed).main.get_text(" ")
    done = fill(listed, f"{page_of(cast)}/keep-out/{saved.address}")
    assert done.location.endswith(f"/people/{handle_of(cast)}")
    assert "Waits to be given" not in mother.get(see).text
    assert "waits to be given" not in mother.get("/").text
