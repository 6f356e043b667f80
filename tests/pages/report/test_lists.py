"""Lists of reports say, for everybody to see, whom and what each is about, how urgent it was and when it came."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from blockmrs.domain.reports import HOME, ReportedFinding
from tests.support.cast import PLAYER, play_in
from tests.support.html import soup_of_its_own
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
    page = soup_of_its_own(response)
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


@pytest.mark.parametrize("persona", ["author", "family"])
def test_who_can_see_what_names_each_shared_report_and_each_code_by_whom_and_what(cast, persona):
    cast.share(cast.address, "recipient")
    cast.site.services.codes.make(cast.actor("author"), cast.address)
    rights = cast.site.services.rights
    handle = next(handle for handle, name in rights.people(cast.actor(persona)) if name == PLAYER)
    for path, rows in ((f"/people/{handle}", ".card a"), (f"/people?about={handle}", "td a")):
        page = BeautifulSoup(cast.usual_browser(persona).get(path).text, "html.parser")
        links = [" ".join(link.get_text(" ", strip=True).split()) for link in page.select(rows)]
        named = [link for link in links if link.replace(" : ", ": ").startswith(ABOUT)]
        assert len(named) >= 2, "by the share, and by the code"
        assert not [link for link in links if link.startswith("The report of")]


def test_who_can_see_what_names_no_report_to_a_coach_who_may_not_read_it(cast):
    services, mother = cast.site.services, cast.actor("family")
    coachs = services.reports.open(cast.actor("author"), cast.address).report
    what = (ReportedFinding("complaints", "?", "Fever, or feels ill"),)
    child = next(person for person in services.people.of(mother) if person.label == PLAYER)
    about = replace(coachs, origin=HOME, mechanism=(), findings=what)
    home = services.reports.save(mother, "cd" * 16, about, person=child).address
    services.codes.make(mother, home)
    rights = services.rights
    for persona, sees in (("author", False), ("family", True)):
        handle = next(handle for handle, name in rights.people(cast.actor(persona)) if name == PLAYER)
        page = seen(cast.usual_browser(persona).get(f"/people/{handle}"))
        assert ("Fever, or feels ill" in page) is sees


def test_who_looked_says_what_each_opened_report_is_about(cast):
    cast.share(cast.address, "recipient")
    cast.site.services.sharing.acknowledge(cast.actor("recipient"), cast.address)
    code = cast.site.services.codes.make(cast.actor("author"), cast.address)
    cast.site.services.codes.open_typed(code.typed, "10.9.9.9")
    page = seen(cast.usual_browser("family").get("/log"))
    assert page.count("The report: Hurt head") >= 2, "by the doctor, and by the crew"
