"""What stands around the advice: time since injury, and what the crew is shown before anything is saved."""

import re
from datetime import UTC, datetime

import pytest

from blockmrs.domain.triage.loader import load_rules
from blockmrs.services.triage import TriageService
from tests.functional.coach import advice, fields_of, footprint, form_with, heading, person, press, sent_by, soup


@pytest.fixture
def app(site):
    """A browser in which nobody is signed in."""
    return site.browser()


def carried(response, name: str) -> set[str]:
    """What the forms of a page carry under a name."""
    return {field["value"] for field in soup(response).main("input", attrs={"name": name})}


def result(app, *more: tuple[str, str]):
    """The advice for a fit, as a form with these further fields asks for it."""
    return app.post("/field/ask/1", [("a.fit", "yes"), ("complaints", "life"), *more])


def seconds_ago(response) -> int:
    since = int(soup(response).select_one(".since [data-since]")["data-since"])
    return int(datetime.now(UTC).timestamp()) - since


def test_time_since_injury_counts_from_when_the_answering_began(app):
    started = int(datetime.now(UTC).timestamp()) - 200
    page = result(app, ("started", str(started)))
    assert 200 <= seconds_ago(page) < 260
    assert re.search(r"Time since injury:\s+from \d\d:\d\d", soup(page).get_text(" ", strip=True))


@pytest.mark.parametrize(("minutes", "label"), [(0, "Now"), (5, "5 min ago"), (15, "15 min ago"), (30, "30 min ago")])
def test_one_tap_corrects_the_time_of_injury_and_every_form_carries_it(app, minutes, label):
    page = press(app, advice(app), label)
    assert 60 * minutes <= seconds_ago(page) < 60 * minutes + 60
    assert carried(page, "hurt") == {soup(page).select_one(".since [data-since]")["data-since"]}
    assert heading(page) == heading(advice(app))


def test_a_corrected_time_of_injury_changes_no_answer(app):
    page, after = advice(app), press(app, advice(app), "30 min ago")
    assert carried(page, "a.fit") == carried(after, "a.fit")
    assert "Advice changed." not in after.text


def test_the_report_begins_with_the_time_that_was_said_on_the_result(site):
    person(site, "hana", "Hana Coach")
    page = press(site.browser(), advice(site.browser()), "15 min ago")
    hurt = carried(page, "hurt").pop()
    assert dict(sent_by(page, "Who is hurt?")[1])["hurt"] == hurt


@pytest.mark.parametrize("text", ["soon", "-5", "1", "99999999999", "9" * 30, "1e9", "<b>", "٣"])
@pytest.mark.parametrize("name", ["hurt", "ago"])
def test_a_time_of_injury_that_cannot_be_believed_is_passed_over(app, name, text):
    page = result(app, (name, text))
    assert heading(page) == "Call an ambulance now"
    assert seconds_ago(page) < 60
    assert carried(page, "hurt") == set()


@pytest.mark.parametrize("text", ["", "soon a.fit", "99999999999 a.fit", "1 a.fit", "a.fit", "<i> a.fit"])
def test_a_time_of_a_sign_that_cannot_be_believed_is_not_shown(app, text):
    page = app.post("/field/show", [("a.fit", "yes"), ("trail", text)])
    assert soup(page).select(".signs .at") == []


def test_the_crew_sees_each_sign_with_the_time_when_it_was_tapped(app):
    before = datetime.now(UTC)
    shown = press(app, advice(app), "Show to crew")
    told = soup(shown).select_one(".signs .at").get_text(strip=True)
    assert told in {f"{moment.astimezone():%H:%M}" for moment in (before, datetime.now(UTC))}


def test_what_the_crew_sees_comes_in_the_order_of_a_hand_over(app):
    text = soup(press(app, advice(app), "Show to crew")).main.get_text(" ", strip=True)
    order = ["Nothing was saved or sent.", "Age", "Hurt at", "Signs", "Advice given", "First aid we advised"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_what_the_crew_sees_has_the_advice_that_was_given(app):
    triage = TriageService(load_rules)
    found = triage.conclude(triage.read([("sign", "fit")]))
    text = soup(press(app, advice(app), "Show to crew")).get_text(" ")
    assert all(line in text for line in found.first_aid)
    assert "Not yet reviewed by a clinician." in text


def test_showing_it_to_the_crew_stores_nothing_and_needs_no_account(site, app):
    before = footprint(site)
    shown = press(app, advice(app), "Show to crew", 200)
    assert footprint(site) == before
    assert "Set-Cookie" not in shown.headers
    assert "_csrf" not in shown.text


def test_from_the_crews_page_the_advice_is_one_tap_back_with_everything_kept(app):
    said = press(app, advice(app), "15 min ago")
    shown = press(app, said, "Show to crew")
    back = press(app, shown, "‹ Back to the advice")
    assert heading(back) == heading(said)
    fields = [fields_of(form_with(page, "Who is hurt?")[0]) for page in (said, back)]
    assert fields[0] == fields[1]


@pytest.mark.parametrize(
    "form",
    [[], [("a.no-such-finding", "yes")], [("a.fit", "perhaps")], [("a.fit", "yes"), ("age", "200")],
     [("age", "1-year")], [("a.fit", "\x00")], [("a.fit", "x" * 5000)]],
)  # fmt: skip
def test_nothing_is_shown_to_a_crew_where_nothing_was_said(app, form):
    page = app.post("/field/show", form, status=422)
    assert "tel:911" in page.text
    assert heading(page) == "Is anything here true?"


def test_opening_the_crews_page_by_its_address_leads_to_the_first_screen(app):
    assert app.get("/field/show", status=302).location.endswith("/field")
