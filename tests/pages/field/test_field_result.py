"""What stands around the advice: time since injury, and what the crew is shown before anything is saved."""

import re
from datetime import UTC, datetime

import pytest

from blockmrs.controllers.field.wire import read
from blockmrs.domain.triage.loader import load_rules
from blockmrs.services.advice.interviews import TriageService
from tests.support.coach import advice, fields_of, footprint, form_with, heading, person, press, sent_by
from tests.support.html import soup


@pytest.fixture
def app(site):
    """A browser in which nobody is signed in."""
    return site.browser()


def carried(response, name: str) -> set[str]:
    """What the forms of a page carry under a name."""
    return {field["value"] for field in soup(response).main("input", attrs={"name": name})}


def result(app, *more: tuple[str, str]):
    """The advice for a seizure, as a form with these further fields asks for it."""
    return app.post("/field/ask/1", [("a.fit", "yes"), ("complaints", "life"), *more])


def seconds_ago(response) -> int:
    since = int(soup(response).select_one(".since [data-since]")["data-since"])
    return int(datetime.now(UTC).timestamp()) - since


def test_time_since_injury_counts_from_when_the_answering_began(app):
    started = int(datetime.now(UTC).timestamp()) - 200
    page = result(app, ("started", str(started)))
    assert 200 <= seconds_ago(page) < 260
    assert re.search(r"Time since it began:\s+from \d\d:\d\d", soup(page).get_text(" ", strip=True))


@pytest.mark.parametrize("first", [("sign", "choking"), ("sign", "none")])
def test_a_first_screen_that_lay_open_for_hours_does_not_say_that_it_happened_hours_ago(app, first):
    page = app.get("/field")
    opened = int(datetime.now(UTC).timestamp()) - 5 * 3600
    rules = soup(page).select_one("[name=rules]")["value"]
    page = app.post("/field/check", [("started", str(opened)), ("rules", rules), first])
    assert carried(page, "started") != {str(opened)}
    assert all(int(datetime.now(UTC).timestamp()) - int(text) < 60 for text in carried(page, "started"))


def test_answers_that_wait_for_hours_keep_the_time_at_which_they_began(app):
    opened = int(datetime.now(UTC).timestamp()) - 5 * 3600
    page = result(app, ("started", str(opened)), ("trail", f"{opened} a.fit"))
    assert seconds_ago(page) >= 5 * 3600


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
    found = triage.conclude(read(triage, [("sign", "fit")]))
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


def check_again(app, page, *answers: str):
    """The advice after a look: "Check again", then these three taps."""
    page = press(app, page, "Check again")
    for answer in answers:
        page = press(app, page, answer)
    return page


def rows(page) -> list[str]:
    """The looks as they stand on the page."""
    title = soup(page).find("h2", string="Checked again")
    return [] if title is None else [row.get_text(" ", strip=True) for row in title.find_next("dl")("div")]


def test_check_again_is_three_taps_and_adds_a_row_with_its_time(app):
    page = check_again(app, advice(app), "Yes", "Yes", "4")
    (row,) = rows(page)
    assert re.match(r"\d\d:\d\d Awake, breathing, pain 4", row)
    assert heading(page) == "Call an ambulance now"


def test_each_question_of_a_look_can_be_left_open(app):
    page = check_again(app, advice(app), "Can't tell", "Can't tell", "Can't tell")
    assert "Can’t tell if awake, can’t tell how they breathe, can’t tell the pain" in rows(page)[0]


@pytest.mark.parametrize("answers", [("No", "Yes", "0"), ("Yes", "No", "0"), ("Can't tell", "Yes", "0")])
def test_a_look_that_finds_danger_raises_the_advice_and_says_so(app, answers):
    before = result_of_a_walk(app)
    assert heading(before) != "Call an ambulance now"
    after = check_again(app, before, *answers)
    assert heading(after) == "Call an ambulance now"
    assert "Advice changed." in after.text
    calm = check_again(app, after, "Yes", "Yes", "0")
    assert heading(calm) == "Call an ambulance now"
    assert "Advice changed." not in calm.text
    assert len(rows(calm)) == 2


def test_a_look_taken_back_by_hand_lowers_the_advice_and_says_so(app):
    raised = check_again(app, result_of_a_walk(app), "No", "Yes", "0")
    again = press(app, raised, f"Change {rows(raised)[0].partition(' ')[2].partition(' Change')[0]}")
    after = press(app, press(app, press(app, again, "Yes"), "Yes"), "0")
    assert heading(after) != "Call an ambulance now"
    assert "Advice changed." in after.text
    assert len(rows(after)) == 1


def test_back_from_the_first_question_of_a_look_is_the_advice_as_it_was(app):
    page = result_of_a_walk(app)
    form = soup(press(app, page, "Check again")).find("form", class_="back")
    back = app.post(form["action"], fields_of(form))
    assert fields_of(form_with(back, "Save report")[0]) == fields_of(form_with(page, "Save report")[0])


def test_looking_again_stores_nothing(site, app):
    before = footprint(site)
    check_again(app, advice(app), "No", "Can't tell", "10")
    assert footprint(site) == before


def test_the_crew_sees_what_was_found_since(app):
    shown = press(app, check_again(app, advice(app), "Yes", "No", "7"), "Show to crew")
    assert re.search(r"\d\d:\d\d\s+Awake, not breathing normally, pain 7", soup(shown).get_text(" "))


def test_the_next_look_is_due_after_the_minutes_of_the_evidence(app):
    before = int(datetime.now(UTC).timestamp())
    due = soup(advice(app, "throat-swollen")).select_one(".again")
    assert due["data-min"] == "5"
    assert before <= int(due["data-from"]) <= before + 60
    at = {f"{datetime.fromtimestamp(int(due['data-from']) + 300, UTC).astimezone():%H:%M}"}
    assert due.span.get_text(strip=True).removeprefix("Check again at ").rstrip(".") in at


def test_after_a_look_the_next_one_is_counted_from_it(app):
    page = check_again(app, advice(app, "throat-swollen"), "Yes", "Yes", "2")
    assert int(soup(page).select_one(".again")["data-from"]) >= int(datetime.now(UTC).timestamp()) - 60


@pytest.mark.parametrize(
    "bad",
    [[("again.1.awake", "<b>")], [("again.1.pain", "99")], [("again.1.mood", "yes")], [("again.1.awake", "yes")] * 2,
     [(f"again.{number}.awake", "yes") for number in range(1, 40)], [("look", "twice")],
     [("page", "again-pain"), ("choose", "eleven")], [("change", "again.7")]],
)  # fmt: skip
def test_a_look_that_no_page_of_ours_sends_changes_nothing(site, app, bad):
    before = footprint(site)
    page = app.post("/field/ask/1", [("a.fit", "yes"), *bad], expect_errors=True)
    assert page.status_int in (200, 422)
    assert "tel:911" in page.text
    assert "<b>" not in page.text
    assert footprint(site) == before


def result_of_a_walk(app):
    """Advice that is not urgent: nothing is true but a sore arm."""
    page = app.post("/field/check", {"sign": "none"})
    while soup(page).find(id="result") is None:
        labels = [button.get_text(" ", strip=True) for button in soup(page).main("button")]
        wanted = ("None of these", "Arm, leg", "Arm", "16–64", "Yes")
        page = press(app, page, next(label for label in wanted if label in labels))
    return page


@pytest.mark.parametrize(("sign", "shown"), [("wont-wake", ["cpr", "side"]), ("choking", ["choking", "cpr"])])
def test_the_advice_shows_how_it_is_done(app, sign: str, shown: list[str]) -> None:
    """A drawing with its words, which say the same: who hears the page misses nothing."""
    aids = soup(app.post("/field/check", [("sign", sign)])).select("#main .care .aid")
    assert [aid["data-aid"] for aid in aids] == shown
    for aid in aids:
        assert aid.select_one("[aria-hidden=true] > svg") is not None
        assert aid.select("h3 ~ ul li")


def test_a_hurt_neck_is_not_held_still_where_nobody_was_hit(app):
    """What was answered below the advice holds for the sign's own first aid too, wherever that stands on the page."""
    tapped = app.post("/field/check", {"sign": "neck-pain"})
    assert "Hold the head as you found it." in tapped.text
    weak = app.post("/field/ask/1", [("a.neck-pain", "yes"), ("a.neck-not-hurt", "yes"), ("a.neck-strong", "no")])
    assert heading(weak) == "Call an ambulance now"
    assert "Hold the head as you found it." not in weak.text
    assert "Lie down, head a little raised." in weak.text
