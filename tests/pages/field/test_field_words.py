"""The box "Or type it": it proposes, a person ticks, and the words stay nowhere."""

from collections.abc import Iterator

import pytest
from webtest import TestApp, TestResponse

from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.places import DEFAULT_CRISIS_LINES, parse_crisis_lines
from tests.support.coach import heading
from tests.support.html import soup
from tests.support.quick import quick_folder
from tests.support.site import build_site

RULES = load_rules()
NONE = [(f"a.{sign.id}", "no") for sign in RULES.signs]


@pytest.fixture(scope="module")
def app() -> Iterator[TestApp]:
    with quick_folder() as folder:
        site = build_site(folder)
        yield site.browser()
        site.foundation.database.engine.dispose()


def tell(app: TestApp, text: str, status: int = 200) -> TestResponse:
    return app.post("/field/words", [*NONE, ("started", "1"), ("words", text)], status=status)


def ticks(page: TestResponse) -> list[str]:
    return [box["value"] for box in soup(page)("input", attrs={"name": "pick"})]


def hidden(page: TestResponse) -> list[tuple[str, str]]:
    return [(field["name"], field["value"]) for field in soup(page)("input", type="hidden")]


def test_the_box_stands_on_the_first_question_page_in_a_form_of_its_own(app: TestApp) -> None:
    page = soup(app.post("/field/check", [("sign", "none")]))
    form = page.find("form", id="words")
    assert form["action"] == "/field/words"
    assert form.find("input", id="f-words").find_parent("form") is form
    assert page.find("label", attrs={"for": "f-words"})
    assert soup(app.post("/field/ask/2", [*NONE, ("page", "where"), ("choose", "arm")])).find(id="words") is None


def test_what_was_written_is_proposed_unticked_the_likeliest_first_with_the_places_below(app: TestApp) -> None:
    page = tell(app, "hit his hed and thrown up")
    assert heading(page) == "Which of these fits?"
    assert ticks(page) == ["head", "dv"]
    assert not soup(page)("input", checked=True)
    assert [button["value"] for button in soup(page)("button", attrs={"name": "choose"})] == [
        part.id for part in RULES.parts
    ]


def test_the_words_are_carried_in_no_field_and_no_address(app: TestApp) -> None:
    for text in ("hit his hed and thrown up", "zzyzx qwop"):
        page = tell(app, text)
        assert all(text not in value for _, value in hidden(page))
        assert all(name != "words" for name, _ in hidden(page))
        assert page.request.path_qs == "/field/words"
        assert "Set-Cookie" not in page.headers
    assert "his hed" not in tell(app, "hit his hed and thrown up").text


def test_another_language_shows_the_same_proposals_without_the_words(app: TestApp) -> None:
    switch = soup(tell(app, "hit his hed and not breathing")).find("form", class_="speak")
    fields = [(field["name"], field["value"]) for field in switch("input")]
    again = app.post(switch["action"], [*fields, ("_language", "es")])
    assert ticks(again) == ticks(tell(app, "hit his hed and not breathing"))
    assert soup(again).find("button", attrs={"name": "sign", "value": "not-breathing"})
    app.reset()


def test_every_confirmed_complaint_is_asked_the_worst_first(app: TestApp) -> None:
    page = app.post("/field/words", [*NONE, ("answer", "next"), ("pick", "head"), ("pick", "dv")])
    assert dict(hidden(page))["page"] == "head-danger"
    assert ("complaints", "head,dv") in hidden(page)
    following = app.post(
        "/field/ask/3", [*NONE, ("complaints", "head,dv"), ("page", "head-danger"), ("answer", "none")]
    )
    assert dict(hidden(following))["page"] == RULES.presentations["dv"].pages[0].id


def test_words_of_danger_show_the_sign_above_the_proposals(app: TestApp) -> None:
    page = tell(app, "he is not breathing")
    sign = soup(page).find("button", attrs={"name": "sign", "value": "not-breathing"})
    form = sign.find_parent("form")
    fields = [(field["name"], field["value"]) for field in form("input")]
    assert heading(app.post(form["action"], [*fields, ("sign", "not-breathing")])) == "Call an ambulance now"


def test_nothing_found_says_so_keeps_the_words_in_the_box_and_shows_the_places(app: TestApp) -> None:
    page = tell(app, "zzyzx qwop")
    assert heading(page) == "We found nothing for that"
    assert soup(page).find(id="f-words")["value"] == "zzyzx qwop"
    assert soup(page).find("button", attrs={"name": "choose", "value": "other"})


def test_nothing_found_names_whom_to_call_in_danger_and_in_a_crisis(app: TestApp) -> None:
    dialled = {link["href"] for link in soup(tell(app, "zzyzx qwop")).find("main")("a")}
    assert "tel:911" in dialled
    assert {f"tel:{line.dialled}" for line in parse_crisis_lines(DEFAULT_CRISIS_LINES)} <= dialled


def test_next_without_a_tick_asks_again_with_the_same_proposals(app: TestApp) -> None:
    again = app.post("/field/words", [*NONE, ("offered", "head"), ("offered", "dv"), ("answer", "next")], status=422)
    assert ticks(again) == ["head", "dv"]
    assert soup(again).find(id="errors").find("a")["href"] == "#f-pick"
    assert soup(again).title.get_text().startswith("Error: ")


@pytest.mark.parametrize(
    "text", ["", "   ", "x" * 201, "x" * 50_000, "hit\x00 head", "hit \u202e head", "\x1b[2Jhead"], ids=range(7)
)
def test_what_is_no_line_of_text_is_refused_and_no_answer_is_lost(app: TestApp, text: str) -> None:
    page = tell(app, text, 422)
    assert soup(page).find(id="errors").find("a")["href"] == "#f-words"
    assert {name for name, _ in NONE} <= {name for name, _ in hidden(page)}
    assert soup(page).find("button", attrs={"name": "choose", "value": "head"})
    assert "\x00" not in page.text
    assert len(page.text) < 40_000


def test_a_complaint_that_is_none_is_not_taken(app: TestApp) -> None:
    for pick in ("life", "any", "tail", "<script>"):
        page = app.post("/field/words", [*NONE, ("answer", "next"), ("pick", pick)], status=422)
        assert heading(page) == RULES.words["where_title"]


def test_going_back_from_the_questions_leads_to_the_places(app: TestApp) -> None:
    proposed = tell(app, "hit his hed")
    form = next(form for form in soup(proposed)("form") if form.find("input", attrs={"name": "pick"}))
    fields = [(field["name"], field["value"]) for field in form("input", type="hidden")]
    asked = app.post("/field/words", [("trail", "0 a.fit"), *fields, ("pick", "head"), ("answer", "next")])
    back = soup(asked).find("form", class_="back")
    page = app.post(back["action"], [(field["name"], field["value"]) for field in back("input")])
    assert heading(page) == RULES.words["where_title"]


def test_words_without_the_first_screen_are_asked_the_first_screen(app: TestApp) -> None:
    assert heading(app.post("/field/words", [("words", "hit head")])) == RULES.words["signs_title"]
    assert app.get("/field/words", status=302).location.endswith("/field")


def test_in_spanish_the_page_proposes_the_same(app: TestApp) -> None:
    page = app.post("/field/words", [*NONE, ("words", "no respira")], headers={"Accept-Language": "es"})
    assert ticks(page)[0] == "brth"
    assert heading(page) != "Which of these fits?"
