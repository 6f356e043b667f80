"""The coach's pages without a browser: what each answer leads to, and that nothing breaks them."""

from urllib.parse import quote, unquote

import pytest
from webtest import TestApp, TestResponse, Upload

from blockmrs.config.application import assemble
from blockmrs.config.assembly import build_database, build_foundation, build_services
from blockmrs.config.settings import DataSettings, Settings
from blockmrs.controllers.field.wire import read
from blockmrs.domain.triage.loader import RulesUnreadable, load_rules
from blockmrs.services.advice.interviews import TriageService
from blockmrs.websetup import prepare
from tests.support.html import is_shown, soup, soup_of_its_own

SIGNS = [sign.id for sign in load_rules().signs]
PARTS = [part.id for part in load_rules().parts]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> TestApp:
    """The whole site on an empty installation."""
    settings = Settings(data=DataSettings(folder=tmp_path_factory.mktemp("field")))
    prepare(build_database(settings))
    services = build_services(settings, build_foundation(settings))
    return TestApp(assemble(settings, services), extra_environ={"HTTP_HOST": "localhost"})


def heading(response: TestResponse) -> str:
    return soup(response).h1.get_text(strip=True)


def press(app: TestApp, response: TestResponse, name: str, value: str, **more: str) -> TestResponse:
    """Press the button with that name and value, as a browser would: with the hidden fields of its form."""
    buttons = soup(response)("button", attrs={"name": name, "value": value})
    button = next(filter(is_shown, buttons), None)
    assert button is not None, f"no button {name}={value} on {heading(response)!r}"
    form = button.find_parent("form")
    fields = [
        (field["name"], field["value"]) for field in form("input") if is_shown(field) and field.get("type") == "hidden"
    ]
    return app.post(form["action"], [*fields, (name, value), *more.items()])


def walk_none(app: TestApp, part: str) -> tuple[TestResponse, int]:
    """From "None of these" to the advice when nothing more is found: the last page, and how many were asked."""
    response = press(app, app.get("/field"), "sign", "none")
    pages = 0
    while soup(response).find(id="result") is None:
        pages += 1
        assert pages < 12, "the questions do not end"
        page = soup(response)
        if page.find("button", attrs={"name": "choose", "value": part}):
            response = press(app, response, "choose", part)
        elif page.find("button", attrs={"name": "answer"}):
            response = press(app, response, "answer", "none")
        else:
            values = [button["value"] for button in page("button", attrs={"name": "choose"})]
            response = press(app, response, "choose", "yes" if "yes" in values else "16-64-years")
    return response, pages


def test_the_first_screen_shows_the_signs_of_the_rules_in_their_order(app: TestApp) -> None:
    buttons = soup(app.get("/field")).find("form", id="signs")("button")
    assert [button["value"] for button in buttons] == [*SIGNS, "none", "unsure"]


def test_a_label_of_a_sign_is_short_enough_for_two_lines() -> None:
    assert all(len(sign.label) <= 24 for sign in load_rules().signs)


@pytest.mark.parametrize("sign", SIGNS)
def test_one_tap_on_a_sign_says_call_an_ambulance(app: TestApp, sign: str) -> None:
    result = press(app, app.get("/field"), "sign", sign)
    page = soup(result)
    assert heading(result) == "Call an ambulance now"
    assert "Level 1 of 4" in page.get_text()
    assert 3 <= len(page.select("ol.do > li")) <= 5
    assert page.select_one("a[href='tel:911']")


@pytest.mark.parametrize("sign", SIGNS)
def test_the_script_shows_the_same_advice_that_the_server_sends(app: TestApp, sign: str) -> None:
    first = app.get("/field")
    ready = soup_of_its_own(first).find("template", id=f"advice-{sign}")
    answered = soup_of_its_own(press(app, first, "sign", sign)).main
    for markup in (ready, answered):
        for field in markup("input", attrs={"name": "started"}):
            field.decompose()
        for field in markup("input", attrs={"name": "trail"}):
            field.decompose()
        for line in markup.select(".since p"):
            line.decompose()
        for line in markup.select(".again"):
            del line["data-from"]
            line.span.decompose()
    assert ready.decode_contents().split() == answered.decode_contents().split()


def test_the_result_says_what_it_is_and_is_not(app: TestApp) -> None:
    text = soup(press(app, app.get("/field"), "sign", SIGNS[0])).get_text(" ", strip=True)
    assert "This is not a diagnosis. If you are worried, call." in text
    assert "Not yet reviewed by a clinician." in text
    assert f"Rules {load_rules().version}," in text


@pytest.mark.parametrize("part", PARTS)
def test_after_none_of_these_at_most_six_pages_lead_to_advice(app: TestApp, part: str) -> None:
    result, pages = walk_none(app, part)
    assert pages <= 6
    assert soup(result).find(string=lambda text: text and "of 4" in text)


def test_every_page_of_questions_keeps_the_call_bar(app: TestApp) -> None:
    response = press(app, app.get("/field"), "sign", "none")
    assert soup(response).select_one(".callbar a[href='tel:911']")
    assert soup(press(app, response, "choose", "head")).select_one(".callbar a[href='tel:911']")


def test_not_sure_asks_how_they_respond_and_no_answer_is_an_ambulance(app: TestApp) -> None:
    response = press(app, app.get("/field"), "sign", "unsure")
    assert soup(response).find("button", attrs={"name": "choose", "value": "unsure"})
    assert heading(press(app, response, "choose", "no")) == "Call an ambulance now"


def test_a_further_sign_adds_to_what_was_seen_and_hides_nothing(app: TestApp) -> None:
    first = press(app, app.get("/field"), "sign", SIGNS[0])
    both = press(app, first, "sign", SIGNS[1])
    assert heading(both) == "Call an ambulance now"
    assert len(soup(both).select("dl.seen > div")) == 2
    assert len(soup(both).select(".also button")) == len(SIGNS) - 2


def test_advice_that_becomes_less_urgent_after_a_change_says_so(app: TestApp) -> None:
    urgent = press(app, app.get("/field"), "sign", SIGNS[-1])
    response = press(app, urgent, "change", SIGNS[-1])
    response = press(app, response, "sign", "none")
    while soup(response).find(id="result") is None:
        page = soup(response)
        if page.find("button", attrs={"name": "choose", "value": "arm"}):
            response = press(app, response, "choose", "arm")
        elif page.find("button", attrs={"name": "answer"}):
            response = press(app, response, "answer", "none")
        else:
            values = [button["value"] for button in page("button", attrs={"name": "choose"})]
            response = press(app, response, "choose", "yes" if "yes" in values else "16-64-years")
    assert heading(response) != "Call an ambulance now"
    assert "Advice changed." in soup(response).get_text()


def test_advice_that_was_never_other_does_not_say_it_changed(app: TestApp) -> None:
    assert "Advice changed." not in walk_none(app, "arm")[0].text


def test_back_takes_away_the_answers_of_one_page_only(app: TestApp) -> None:
    where = press(app, app.get("/field"), "sign", "none")
    seen = press(app, where, "choose", "head")
    later = press(app, seen, "answer", "none")
    form = soup(later).find("form", class_="back")
    back = app.post(form["action"], [(field["name"], field["value"]) for field in form("input")])
    assert heading(back) == heading(seen)


def test_next_without_a_tick_asks_again_and_says_what_to_do(app: TestApp) -> None:
    seen = press(app, press(app, app.get("/field"), "sign", "none"), "choose", "head")
    form = soup(seen).find("button", attrs={"name": "answer"}).find_parent("form")
    hidden = [(field["name"], field["value"]) for field in form("input") if field["type"] == "hidden"]
    again = app.post(form["action"], [*hidden, ("answer", "next")], status=422)
    assert heading(again) == heading(seen)
    assert soup(again).select_one(".errors[role=alert] a[href='#f-pick']")
    assert soup(again).title.string.startswith("Error: ")


def test_a_wrong_answer_keeps_the_answers_before_it(app: TestApp) -> None:
    seen = press(app, press(app, app.get("/field"), "sign", "none"), "choose", "head")
    form = soup(seen).find("button", attrs={"name": "answer"}).find_parent("form")
    hidden = [(field["name"], field["value"]) for field in form("input") if field["type"] == "hidden"]
    again = app.post(form["action"], [*hidden, ("pick", "<b>no</b>"), ("answer", "next")], status=422)
    assert heading(again) == heading(seen)
    assert "<b>no" not in again.text


def test_nobody_signed_out_gets_a_cookie(app: TestApp) -> None:
    first = app.get("/field")
    result = press(app, first, "sign", SIGNS[0])
    assert "Set-Cookie" not in first.headers
    assert "Set-Cookie" not in result.headers
    assert "_csrf" not in first.text + result.text


@pytest.mark.parametrize("address", ["/field/check", "/field/ask/1", "/field/ask/99", "/field/ask"])
def test_opening_an_answer_by_its_address_leads_to_the_first_screen(app: TestApp, address: str) -> None:
    response = app.get(address)
    assert response.status_int == 302
    assert response.location.endswith("/field")


def test_without_rules_the_page_says_only_whom_to_call(app: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(self: TriageService) -> None:
        raise RulesUnreadable("a rule file is missing", file="signs.toml")

    monkeypatch.setattr(TriageService, "rules", property(unreadable))
    response = app.post("/field/check", {"sign": "none"}, status=503)
    assert heading(response) == "Call 911 if you are worried"
    assert soup(response).select_one("a[href='tel:911']")
    assert not soup(response).main("button")


BAD_FORMS = {
    "nothing": [],
    "unknown sign": [("sign", "toothache")],
    "empty sign": [("sign", "")],
    "repeated sign": [("sign", SIGNS[0]), ("sign", "none")],
    "markup": [("sign", "<script>alert(1)</script>")],
    "huge": [("sign", "x" * 100_000)],
    "huge name": [("x" * 100_000, "1")],
    "many fields": [(f"a.x{number}", "yes") for number in range(2000)],
    "control characters": [("sign", "choking\x00\r\n")],
    "unknown finding": [("a.no-such-finding", "yes"), ("sign", "none")],
    "wrong answer": [(f"a.{SIGNS[0]}", "maybe")],
    "repeated answer": [(f"a.{SIGNS[0]}", "no"), (f"a.{SIGNS[0]}", "yes")],
    "unknown age": [("sign", "none"), ("age", "200")],
    "unknown place": [("sign", "none"), ("complaints", "soul")],
    "unknown page": [("page", "no-such-page"), ("answer", "none")],
    "answer without its page": [("answer", "none")],
    "choice without its page": [("choose", "head")],
    "unknown change": [("change", "no-such-finding")],
    "odd journey": [("sign", SIGNS[0]), ("started", "soon"), ("was", "9"), ("trail", "<i>"), ("trail", "a.x")],
    "far future": [("sign", SIGNS[0]), ("started", "99999999999")],
    "a name of the framework": [("self", "1"), ("sign", SIGNS[0])],
}


@pytest.mark.parametrize("address", ["/field/check", "/field/ask/1", "/field/ask/zero", "/field/ask/<b>"])
@pytest.mark.parametrize("case", BAD_FORMS)
def test_a_bad_form_is_answered_with_a_page_that_can_call(app: TestApp, case: str, address: str) -> None:
    response = app.post(quote(address), BAD_FORMS[case], expect_errors=True)
    assert response.status_int in {200, 413, 422}
    assert "tel:911" in response.text
    assert "<script>alert" not in response.text
    assert "<i>" not in response.text


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"sign=%ff%fe"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=\x80"),
        ("application/x-www-form-urlencoded", b"sign=" + b"x" * 10_000_000),
        ("application/json", b'{"sign": "choking"}'),
        ("application/json", b"\xff"),
        ("text/plain", b"sign=choking"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data", b"no boundary"),
    ],
)
def test_a_body_that_is_no_form_is_answered_with_a_page_that_can_call(
    app: TestApp, content_type: str, body: bytes
) -> None:
    response = app.post("/field/check", body, content_type=content_type, expect_errors=True)
    assert 200 <= response.status_int < 500
    assert "tel:911" in response.text


def test_a_file_where_an_answer_belongs_is_refused_with_a_page(app: TestApp) -> None:
    response = app.post("/field/check", {"sign": Upload("x.txt", b"choking")}, expect_errors=True)
    assert response.status_int == 422
    assert "tel:911" in response.text


def test_answers_in_the_address_do_not_count(app: TestApp) -> None:
    response = app.post("/field/check?sign=" + SIGNS[0], {"sign": "none"})
    assert heading(response) != "Call an ambulance now"


def test_every_answer_can_be_seen_and_changed_even_where_nothing_was_found(app: TestApp) -> None:
    result, _ = walk_none(app, "head")
    changes = {button["value"] for button in soup(result)("button", attrs={"name": "change"})}
    assert {"complaints", "age", SIGNS[0]} <= changes
    assert heading(press(app, result, "change", "age")) == "How old?"


@pytest.mark.parametrize(("first", "then"), [("neck-pain", "fit"), ("fit", "neck-pain")])
def test_a_further_sign_hides_no_first_aid(app: TestApp, first: str, then: str) -> None:
    signs = {sign.id: sign for sign in load_rules().signs}
    triage = TriageService()
    page = press(app, app.get("/field"), "sign", first)
    page = press(app, page, "sign", then)
    for name in (first, then):
        advice = triage.conclude(read(triage, [("sign", signs[name].id)]))
        said = soup(page).get_text(" ")
        assert all(line in said for line in (*advice.first_aid, *advice.dont))


def offered(page: TestResponse) -> list[str]:
    """What stands under the advice, in its order: the words of each button."""
    return [button.get_text(" ", strip=True) for button in soup(page).select("main > .btns > .btn")]


def test_an_ambulance_is_called_before_anything_is_written_down(app: TestApp) -> None:
    assert offered(app.post("/field/check", {"sign": "choking"})) == ["Call 911", "Who is hurt?", "Show to crew"]


def test_what_can_wait_is_saved_and_the_parent_told(app: TestApp) -> None:
    page = walk_none(app, "arm")[0]
    assert offered(page) == ["Save report", "Text parent", "Check again"]
    assert soup(page).select_one("form.report")["action"] == "/field/report/new"


def test_the_text_to_a_parent_names_nobody_and_nothing_medical(app: TestApp) -> None:
    link = soup(walk_none(app, "arm")[0]).find("a", href=lambda address: address and address.startswith("sms:"))
    assert unquote(link["href"]) == "sms:?&body=Your child has been hurt at sport. Please call me."


def test_the_crisis_lines_of_this_site_stand_on_the_first_page_about_dying(app: TestApp) -> None:
    carried = {**dict.fromkeys([f"a.{sign}" for sign in SIGNS], "no"), "complaints": "mh"}
    asked = app.post("/field/ask/2", carried)
    assert "Call a crisis line any time: US 988, UK 116 123, Australia 13 11 14." in soup(asked).get_text(" ")
    advice = app.post("/field/ask/3", {**carried, "a.mh-attempt": "yes"})
    assert "Call a crisis line too: US 988, UK 116 123, Australia 13 11 14." in soup(advice).get_text(" ")


def test_a_page_of_other_rules_is_asked_again_and_a_danger_sign_counts_all_the_same(app: TestApp) -> None:
    """Its "None of these" would otherwise speak of questions that nobody saw."""
    mark = soup(app.get("/field")).find("input", attrs={"name": "rules"})["value"]
    assert len(mark) == 10
    app.post("/field/check", [("sign", "none"), ("rules", mark)], status=200)
    for sign in ("none", "unsure"):
        again = soup(app.post("/field/check", [("sign", sign), ("rules", "0123456789")], status=422))
        assert "The questions changed just now." in again.find(id="errors").get_text()
        assert again.find("button", attrs={"name": "sign", "value": SIGNS[0]})
    answers = [(f"a.{sign}", "no") for sign in SIGNS] + [("complaints", "head")]
    tapped = [("page", "head-danger"), ("answer", "none"), ("rules", "0123456789")]
    again = soup(app.post("/field/ask/2", [*answers, *tapped], status=422))
    assert again.find("input", attrs={"name": "page"})["value"] == "head-danger"
    assert not again.find("input", attrs={"name": "a.head-sleepy"})
    advice = app.post("/field/check", [("sign", SIGNS[0]), ("rules", "0123456789")], status=200)
    assert "Call an ambulance now" in advice.text
    taken_back = app.post("/field/ask/2", [*answers, ("change", SIGNS[0]), ("rules", "0123456789")], status=200)
    assert soup(taken_back).find(id="errors") is None
