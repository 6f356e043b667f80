"""Lists of reports say, for everybody to see, whom and what each is about, how urgent it was and when it came."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from blockmrs.domain.reports import HOME, ReportedFinding
from tests.support.cast import PLAYER, play_in
from tests.support.quick import quick_folder

ABOUT = f"{PLAYER}, 13 to 15 years: Hurt head"
LISTS = {
    "my reports": ("author", "/field/reports"),
    "the child's record": ("family", "/record"),
    "all about the child": ("family", "/record/reports/{person}"),
    "what is new to the mother": ("family", "/"),
    "the inbox": ("recipient", "/inbox"),
    "what is new to the doctor": ("recipient", "/"),
    "one sender": ("recipient", "/inbox/sender/{sender}"),
}


@pytest.fixture(scope="module")
def cast():
    with quick_folder() as folder:
        cast = play_in(folder)
        yield cast
        cast.site.foundation.database.engine.dispose()


def seen(response) -> str:
    """The words that a page shows: without those that are for screen readers alone."""
    page = BeautifulSoup(response.text, "html.parser")
    for hidden in page.select(".vh"):
        hidden.decompose()
    return " ".join(page.main.get_text(" ", strip=True).split()).replace(" : ", ": ").replace(" :", ":")


@pytest.mark.parametrize("where", LISTS)
def test_a_list_says_whom_and_what_a_report_is_about_and_how_urgent_it_was(cast, where):
    persona, path = LISTS[where]
    person = cast.site.services.people.of(cast.actor("family"))[-1].handle
    page = seen(cast.usual_browser(persona).get(path.format(person=person, sender=cast.sender_id)))
    # On the first page the family knows the age.
    assert (ABOUT if where != "what is new to the mother" else f"{PLAYER}: Hurt head") in page
    assert "Doctor" in page


def test_a_list_says_it_in_the_readers_language(cast):
    browser = cast.usual_browser("author")
    page = browser.get("/field/reports", headers={"Accept-Language": "es"})
    assert f"{PLAYER}, de 13 a 15 años: Golpe en la cabeza" in seen(page)


def test_the_cover_of_a_shared_report_says_it_before_it_is_opened(cast):
    assert ABOUT in seen(cast.usual_browser("recipient").get(f"/inbox/{cast.address}"))


def test_an_illness_is_called_by_what_it_is_and_never_an_injury(cast):
    services, mother = cast.site.services, cast.actor("family")
    coachs = services.reports.open(cast.actor("author"), cast.address).report
    what = (ReportedFinding("complaints", "?", "Fever, or feels ill"),)
    about = replace(coachs, origin=HOME, mechanism=(), player="Maria Marlow", findings=what)
    me = services.people.of(mother)[0]
    services.reports.save(mother, "ab" * 16, about, person=me)
    page = seen(cast.usual_browser("family").get("/record/reports"))
    assert "Maria Marlow, 13 to 15 years: Fever, or feels ill" in page
    assert "njury" not in page


def test_a_report_from_before_lists_said_it_is_listed_as_it_was(cast, monkeypatch):
    from blockmrs.services.reports import reports

    monkeypatch.setattr(reports, "concerns_of", lambda *_: ())
    cast.save(player="Nils Berg")
    page = seen(cast.usual_browser("author").get("/field/reports"))
    assert "Nils Berg, 13 to 15 years Doctor" in page
