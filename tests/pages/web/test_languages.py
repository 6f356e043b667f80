"""A page speaks the language that the person chose, else the browser's, else the site's; switching loses nothing."""

import gzip
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from webtest import TestApp, TestResponse

from blockmrs.controllers.web import error_pages
from tests.support.routes import site_routes
from tests.support.site import TestSite, build_site

SPANISH = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}
COOKIE = "blockmrs-language"


def language(page: TestResponse) -> str:
    return page.html.html["lang"]


def switch_of(page: TestResponse) -> BeautifulSoup:
    """The one form that switches the language of `page`."""
    (form,) = page.html.select("form.speak")
    return form


def press_switch(app: TestApp, page: TestResponse, **more: object) -> TestResponse:
    """The page after its language button was pressed, as a browser without script sends it."""
    form = switch_of(page)
    pairs = [(field["name"], field["value"]) for field in form.select("input")]
    button = form.button
    return app.post(form["action"], [*pairs, (button["name"], button["value"])], **more)


def test_a_browser_that_asks_for_spanish_gets_spanish(app: TestApp) -> None:
    page = app.get("/field", headers=SPANISH)
    assert language(page) == "es"
    assert page.html.h1.get_text() == "¿Pasa algo de esto?"
    assert page.html.title.get_text() == "¿Pasa algo de esto? - BlockMRS"
    assert language(app.get("/field")) == "en"


@pytest.mark.parametrize("asked", ["fr", "es;q=0", "*", "", "x" * 5000, "é;;;=", "es-", "en;q=1,es;q=0.9"])
def test_what_else_a_browser_asks_for_gets_the_language_of_the_site(app: TestApp, asked: str) -> None:
    assert language(app.get("/login", headers={"Accept-Language": asked})) == "en"


def test_a_site_may_speak_spanish_to_browsers_that_ask_for_neither(tmp_path: Path) -> None:
    site = build_site(tmp_path, site__language="es")
    assert language(site.browser().get("/login", headers={"Accept-Language": "fr"})) == "es"
    assert language(site.browser().get("/login", headers={"Accept-Language": "en-GB"})) == "en"
    site.foundation.database.engine.dispose()


def test_the_button_names_the_other_language_in_its_own_words(app: TestApp) -> None:
    button = switch_of(app.get("/login")).button
    assert (button.get_text(), button["lang"]) == ("Español", "es")
    button = switch_of(app.get("/login", headers=SPANISH)).button
    assert (button.get_text(), button["lang"]) == ("English", "en")


def test_a_choice_brings_back_to_the_page_and_outlasts_what_the_browser_asks_for(app: TestApp) -> None:
    answer = press_switch(app, app.get("/r"), headers={"Accept-Language": "en"})
    assert answer.location == "http://localhost/r"
    assert language(app.get("/r", headers={"Accept-Language": "en"})) == "es"
    press_switch(app, app.get("/r"))
    assert language(app.get("/", headers=SPANISH)) == "en"


def test_the_button_repeats_nothing_of_what_stood_behind_the_address(app: TestApp) -> None:
    assert "Sam" not in app.get("/r?name=Sam").text


def test_the_cookie_holds_the_language_and_nothing_else(app: TestApp) -> None:
    cookie = press_switch(app, app.get("/field")).headers["Set-Cookie"]
    assert cookie.startswith("blockmrs-language=es; ")
    parts = {part.strip() for part in cookie.split(";")}
    assert {"Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=31536000"} <= parts


def test_over_https_the_cookie_is_secure_and_of_this_host_alone(tmp_path: Path) -> None:
    site = build_site(tmp_path, site__secure_cookies="true")
    app = site.browser("https")
    cookie = press_switch(app, app.get("/field")).headers["Set-Cookie"]
    assert cookie.startswith("__Host-blockmrs-language=es; ")
    assert "; secure" in cookie
    site.foundation.database.engine.dispose()


@pytest.mark.parametrize("value", ["fr", "", "ES", "../../etc/passwd", "es_MX", "x" * 4000, "%00", '"es', "<script>"])
def test_a_cookie_that_names_no_language_counts_as_none(app: TestApp, value: str) -> None:
    page = app.get("/login", headers={"Cookie": f"{COOKIE}={value}"})
    assert language(page) == "en"
    assert "<script>" not in page.text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil", "", "x", "/a\r\nX: y"])
def test_the_switch_leads_nowhere_but_to_this_site(app: TestApp, back: str) -> None:
    answer = app.post("/language", {"back": back, "_language": "es"})
    assert answer.location == "http://localhost/"


@pytest.mark.parametrize("chosen", [["fr"], [""], ["es", "en"], ["\ufffd"], ["x" * 4000]])
def test_an_unknown_choice_changes_nothing(app: TestApp, chosen: list[str]) -> None:
    answer = app.post("/language", [("back", "/field"), *(("_language", value) for value in chosen)])
    assert answer.location == "http://localhost/field"
    assert "Set-Cookie" not in answer.headers


def test_the_switch_needs_a_post(app: TestApp) -> None:
    assert app.get("/language", status=405).headers["Allow"] == "POST"
    assert "Set-Cookie" not in app.get("/field?_language=es").headers
    assert language(app.get("/field?_language=es")) == "en"


def test_field_sets_no_cookie_and_says_what_it_varies_with(app: TestApp) -> None:
    page = app.get("/field", headers=SPANISH)
    assert "Set-Cookie" not in page.headers
    assert page.headers["Vary"] == "Accept-Encoding, Accept-Language, Cookie"
    assert "no-store" not in page.headers.get("Cache-Control", "")


def test_switching_on_a_page_with_answers_keeps_every_answer(app: TestApp) -> None:
    first = app.post("/field/check", {"sign": "none"})
    where = app.post("/field/ask/1", {**carried(first), "page": "where", "choose": "head"})
    assert language(where) == "en"
    again = press_switch(app, where)
    assert language(again) == "es"
    assert carried(again) == carried(where)
    assert language(app.get("/field")) == "es"


def carried(page: TestResponse) -> dict[str, str]:
    form = next(form for form in page.html.select("main form") if form.get("action", "").startswith("/field/ask"))
    return {field["name"]: field["value"] for field in form.select("input[type=hidden]")}


def test_switching_on_an_advice_page_shows_the_same_advice(app: TestApp) -> None:
    page = app.post("/field/check", {"sign": "choking"})
    again = press_switch(app, page)
    assert language(again) == "es"
    assert "Llame a una ambulancia ahora" in again.html.h1.get_text()


def test_a_form_that_was_refused_is_shown_again_with_what_was_typed_but_no_password(app: TestApp) -> None:
    form = app.get("/signup").forms[0]
    form["user_name"], form["password"] = "ana", "short"
    page = form.submit(status=422)
    assert "short" not in switch_of(page).decode()
    again = press_switch(app, page, status=422)
    assert language(again) == "es"
    assert again.html.select_one("[name=user_name]")["value"] == "ana"


@pytest.mark.parametrize("path", ["/nothing-here", "/field/report/x"])
def test_error_pages_speak_the_language_too(app: TestApp, path: str) -> None:
    page = app.get(path, headers=SPANISH, expect_errors=True)
    assert language(page) == "es"
    assert "BlockMRS" in page.html.title.get_text()
    assert page.html.h1.get_text() in ("Aquí no hay nada", "Iniciar sesión")
    assert switch_of(page)["action"] == "/language"


def test_a_recovery_code_is_not_lost_by_switching(app: TestApp) -> None:
    form = app.get("/signup").forms[0]
    form["display_name"], form["user_name"], form["password"] = "Ana Cruz", "ana", "four words that do not belong"
    page = form.submit()
    groups = [group.get_text() for group in page.html.select(".groups code")]
    assert len(groups) == 7
    again = press_switch(app, page, status=422)
    assert language(again) == "es"
    assert [group.get_text() for group in again.html.select(".groups code")] == groups
    assert [group.get_text() for group in press_switch(app, again, status=422).html.select(".groups code")] == groups


def test_dates_are_written_as_each_language_writes_them(app: TestApp) -> None:
    rules = re.compile(r"(Rules|Reglas) \S+, (.*?)\.")
    english = rules.search(app.post("/field/check", {"sign": "choking"}).text)
    spanish = rules.search(app.post("/field/check", {"sign": "choking"}, headers=SPANISH).text)
    assert re.fullmatch(r"\d+ [A-Z]\w+ 20\d\d", english[2])
    assert re.fullmatch(r"\d+ de [a-z]+ de 20\d\d", spanish[2])


@pytest.mark.parametrize("first", ["en", "es"])
def test_what_is_kept_ready_in_one_language_is_not_shown_in_another(app: TestApp, first: str) -> None:
    for code in (first, {"en": "es", "es": "en"}[first]):
        page = app.get("/field", headers={"Accept-Language": code}).text
        assert ("de 20" in page, "Time since it began" in page) == (code == "es", code == "en")


def test_the_plainest_error_page_speaks_the_language_too(app: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("no page")

    monkeypatch.setattr(error_pages, "render", broken)
    page = app.get("/nothing-here", headers=SPANISH, status=404)
    assert language(page) == "es"
    assert page.html.h1.get_text() == "Aquí no hay nada"
    assert page.html.a.get_text() == "Alguien se lastimó"


def test_the_first_screen_is_as_light_in_spanish(app: TestApp) -> None:
    english, spanish = (len(gzip.compress(app.get("/field", headers=asked).body)) for asked in ({}, SPANISH))
    assert spanish < english * 1.25


def test_a_page_that_asks_for_a_token_and_changes_nothing_is_shown_again(app: TestApp) -> None:
    sign_in = next(form for form in app.get("/signup").forms.values() if form.action == "/login/start").submit()
    assert sign_in.html.h1.get_text() == "Sign in"
    again = press_switch(app, sign_in)
    assert again.html.h1.get_text() == "Iniciar sesión"


def test_only_what_changes_nothing_may_be_sent_once_more(site: TestSite) -> None:
    repeatable = {name for name, route in site_routes(site).items() if route.repeatable}
    assert repeatable == {"/join", "/login/start", "/record/ill", "/record/ill/*", "/recover/start", "/signup/start"}


@pytest.mark.parametrize("path", ["/", "/field", "/login", "/about/advice", "/nothing"])
def test_a_page_is_sent_without_the_lines_of_its_templates(app: TestApp, path: str) -> None:
    page = re.sub(r"<style>.*?</style>", "", app.get(path, expect_errors=True).text, flags=re.DOTALL)
    assert page.startswith("<!DOCTYPE html>\n<html ")
    assert page.count("\n") == 1
