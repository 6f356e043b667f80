"""The browser's cookie, form tokens, and what happens to what was typed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from webtest import TestApp

from tests.support.probe import ProbeController
from tests.support.site import TestSite, build_site

PASSWORD = "marble kettle sunrise otter"


@pytest.fixture(scope="module", autouse=True)
def ana(site: TestSite) -> None:
    site.services.identity.sign_up("ana", "Ana Coach", PASSWORD)


@pytest.fixture(scope="module")
def token(site: TestSite) -> str:
    """A session that is good for the whole file."""
    return site.services.identity.sign_in("ana", PASSWORD, "")


@pytest.fixture(autouse=True)
def nothing_reached() -> Iterator[None]:
    ProbeController.reached.clear()
    yield
    ProbeController.reached.clear()


def fresh_session(site: TestSite) -> str:
    return site.services.identity.sign_in("ana", PASSWORD, "")


def csrf(app: TestApp) -> str:
    return str(app.get("/probe/form").forms[0]["_csrf"].value)


def cookie_line(response: object) -> str:
    return str(response.headers["Set-Cookie"])  # a WebTest response


def test_a_page_without_a_form_sets_no_cookie(app: TestApp) -> None:
    for path in ("/", "/field", "/probe/plain", "/css/app.css"):
        assert "Set-Cookie" not in app.get(path).headers


def test_a_page_with_a_form_gives_a_cookie_that_scripts_and_other_sites_cannot_use(app: TestApp) -> None:
    line = cookie_line(app.get("/probe/form"))
    assert line.startswith("blockmrs=")
    assert "HttpOnly" in line
    assert "SameSite=Lax" in line
    assert "Path=/" in line
    assert "Domain" not in line


def test_with_https_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    line = cookie_line(build_site(tmp_path, site__secure_cookies="true").browser("https").get("/probe/form"))
    assert line.startswith("__Host-blockmrs=")
    assert "secure" in line.lower()


def test_a_page_with_a_form_is_not_kept_by_any_cache(app: TestApp) -> None:
    assert app.get("/probe/form").headers["Cache-Control"] == "no-store"


def test_a_page_of_somebody_signed_in_is_not_kept_by_any_cache(app: TestApp, token: str) -> None:
    app.set_cookie("blockmrs", token)
    assert app.get("/probe/plain").headers["Cache-Control"] == "no-store"


def test_a_form_with_its_token_passes(app: TestApp) -> None:
    app.post("/probe/anybody", {"_csrf": csrf(app), "what": "knee"})
    assert ProbeController.reached[0]["what"] == ["knee"]


def test_a_form_token_is_different_on_every_page_and_always_good(app: TestApp) -> None:
    first, second = csrf(app), csrf(app)
    assert first != second
    app.post("/probe/anybody", {"_csrf": first})
    app.post("/probe/anybody", {"_csrf": second})
    assert len(ProbeController.reached) == 2


def test_the_token_may_come_as_a_header(app: TestApp) -> None:
    app.post("/probe/anybody", {}, headers={"X-CSRF-Token": csrf(app)})
    assert len(ProbeController.reached) == 1


@pytest.mark.parametrize("sent", ["", "x", "A" * 86, "ä" * 86, "é", "A" * 60_000])
def test_a_wrong_token_is_refused_and_nothing_is_reached(app: TestApp, sent: str) -> None:
    csrf(app)
    app.post("/probe/anybody", {"_csrf": sent, "what": "knee"}, status=403)
    assert ProbeController.reached == []


def test_a_token_twice_is_no_way_around(app: TestApp) -> None:
    csrf(app)
    app.post("/probe/anybody", [("_csrf", "x"), ("_csrf", "y")], status=403)
    assert ProbeController.reached == []


def test_a_token_in_the_address_does_not_count(app: TestApp) -> None:
    app.post(f"/probe/anybody?_csrf={csrf(app)}", {"what": "knee"}, status=403)
    assert ProbeController.reached == []


def test_another_browsers_token_is_refused(site: TestSite, app: TestApp) -> None:
    csrf(app)
    app.post("/probe/anybody", {"_csrf": csrf(site.browser())}, status=403)
    assert ProbeController.reached == []


def test_an_action_whose_author_forgot_the_methods_is_protected_too(app: TestApp) -> None:
    app.post("/probe/careless", {"what": "knee"}, status=403)
    assert ProbeController.reached == []


def test_an_action_that_changes_nothing_needs_no_token_and_no_cookie(app: TestApp) -> None:
    response = app.post("/probe/free", {"what": "knee"})
    assert "Set-Cookie" not in response.headers
    assert len(ProbeController.reached) == 1


def test_a_stale_form_is_shown_again_with_its_values_and_one_button_sends_it(app: TestApp) -> None:
    values = [("_csrf", "old"), ("what", "knee"), ("what", "elbow"), ("note", "<b>&\"'")]
    response = app.post("/probe/anybody?page=2", values, status=403)
    form = response.forms[0]
    assert form.action == "/probe/anybody?page=2"
    form.submit()
    assert ProbeController.reached[0]["what"] == ["knee", "elbow"]
    assert ProbeController.reached[0]["note"] == ["<b>&\"'"]


def test_a_stale_forms_passwords_are_typed_again_and_never_shown(app: TestApp) -> None:
    response = app.post("/probe/anybody", {"_csrf": "old", "password": PASSWORD}, status=403)
    assert PASSWORD not in response.text
    assert response.forms[0]["password"].value == ""


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_form_of_another_site_cannot_be_sent_on_with_one_tap(app: TestApp, headers: dict[str, str]) -> None:
    response = app.post("/probe/anybody", {"what": "knee"}, headers=headers, status=403)
    # The language's button is the one form, and carries nothing of what was sent.
    assert [form["action"] for form in response.html.select("form")] == ["/language"]
    assert "knee" not in response.text
    assert "knee" not in response.text


def test_signed_out_a_form_leads_to_sign_in_and_nothing_is_reached(app: TestApp) -> None:
    app.post("/probe/save", {"_csrf": csrf(app), "what": "knee"}, status=401)
    assert ProbeController.reached == []


def test_what_was_typed_survives_signing_in(site: TestSite, app: TestApp) -> None:
    token = fresh_session(site)
    typed = [("_csrf", csrf(app)), ("what", "knee"), ("what", "elbow"), ("note", "lïne\r\ntwo <b>")]
    form = app.post("/probe/save?page=2", typed, status=401).forms[0]
    values = {"_csrf": form["_csrf"].value, "draft": form["draft"].value, "token": token}
    onward = app.post("/probe/login", values)
    assert onward.forms[0].action == "/probe/save?page=2"
    onward.forms[0].submit()
    assert ProbeController.reached[0]["what"] == ["knee", "elbow"]
    assert ProbeController.reached[0]["note"] == ["lïne\r\ntwo <b>"]


def test_what_was_typed_is_not_readable_on_the_sign_in_page(app: TestApp) -> None:
    response = app.post("/probe/save", {"_csrf": csrf(app), "what": "concussion"}, status=401)
    assert "concussion" not in response.text


def test_a_password_is_never_kept(site: TestSite, app: TestApp) -> None:
    form = app.post("/probe/save", {"_csrf": csrf(app), "password": "hunter2 hunter2"}, status=401).forms[0]
    values = {"_csrf": form["_csrf"].value, "draft": form["draft"].value, "token": fresh_session(site)}
    assert "hunter2" not in app.post("/probe/login", values).text


def test_what_was_typed_can_be_carried_through_signing_up(app: TestApp) -> None:
    form = app.post("/probe/save", {"_csrf": csrf(app), "what": "knee"}, status=401).forms[0]
    shown = app.post("/probe/carry", {"_csrf": form["_csrf"].value, "draft": form["draft"].value})
    assert shown.text == "/probe/save [('what', ['knee'])]"


@pytest.mark.parametrize("draft", ["", "x", "A" * 400, "ä"])
def test_a_draft_that_is_none_leads_on_without_one(site: TestSite, app: TestApp, draft: str) -> None:
    values = {"_csrf": csrf(app), "draft": draft, "token": fresh_session(site), "came_from": "/probe/plain"}
    assert app.post("/probe/login", values, status=302).location.endswith("/probe/plain")


def test_another_browsers_draft_does_not_open(site: TestSite, app: TestApp) -> None:
    other = site.browser()
    draft = other.post("/probe/save", {"_csrf": csrf(other), "what": "knee"}, status=401).forms[0]["draft"].value
    values = {"_csrf": csrf(app), "draft": draft, "token": fresh_session(site)}
    assert app.post("/probe/login", values, status=302).location.endswith("/")


def test_too_much_to_keep_is_said(app: TestApp) -> None:
    response = app.post("/probe/save", {"_csrf": csrf(app), "what": "x" * 45_000}, status=401)
    assert "too much" in response.text


def test_a_session_that_ends_while_typing_loses_nothing(site: TestSite, app: TestApp) -> None:
    app.set_cookie("blockmrs", fresh_session(site))
    before = csrf(app)
    site.clock.advance(timedelta(hours=13))
    form = app.post("/probe/save", {"_csrf": before, "what": "knee"}, status=401).forms[0]
    values = {"_csrf": form["_csrf"].value, "draft": form["draft"].value, "token": fresh_session(site)}
    app.post("/probe/login", values).forms[0].submit()
    assert ProbeController.reached[0]["what"] == ["knee"]


def test_signing_in_changes_the_cookie(site: TestSite, app: TestApp) -> None:
    token = csrf(app)
    before = app.cookies["blockmrs"]
    app.post("/probe/login", {"_csrf": token, "token": fresh_session(site)})
    assert app.cookies["blockmrs"] != before


def test_a_token_chosen_by_somebody_else_is_never_a_session(app: TestApp) -> None:
    app.set_cookie("blockmrs", "A" * 43)
    assert "False" in app.get("/probe/plain").text


@pytest.mark.parametrize("value", ["", "short", "A" * 5000, "../../etc", "é"])
def test_a_cookie_that_is_no_token_is_passed_over(site: TestSite, value: str) -> None:
    response = site.browser().get("/probe/form", headers={"Cookie": f"blockmrs={value}"})
    assert "Set-Cookie" in response.headers


def test_a_replayed_cookie_of_an_ended_session_signs_nobody_in(site: TestSite, app: TestApp) -> None:
    token = fresh_session(site)
    app.set_cookie("blockmrs", token)
    assert "True" in app.get("/probe/plain").text
    site.services.identity.sign_out(token)
    assert "False" in app.get("/probe/plain").text


def test_signing_out_takes_the_cookie_away(app: TestApp) -> None:
    response = app.post("/probe/logout", {"_csrf": csrf(app)}, status=302)
    assert "Max-Age=0" in cookie_line(response)


@pytest.mark.parametrize(
    "came_from",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nX: y",
        "",
        "evil",
        "/\t/e",
    ],
)
def test_signing_in_never_leads_to_another_site(site: TestSite, app: TestApp, came_from: str) -> None:
    values = {"_csrf": csrf(app), "token": fresh_session(site), "came_from": came_from}
    assert app.post("/probe/login", values, status=302).location == "http://localhost/"


def test_signing_in_leads_back_to_the_page_that_asked(site: TestSite, app: TestApp) -> None:
    values = {"_csrf": csrf(app), "token": fresh_session(site), "came_from": "/probe/plain?page=2"}
    assert app.post("/probe/login", values, status=302).location == "http://localhost/probe/plain?page=2"


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://other.localhost"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(
    "path",
    ["/probe/save", "/login", "/logout", "/recover", "/signup", "/language", "/field", "/nothing-here", "/r/code"],
)
def test_what_another_site_posts_here_sets_no_cookie(site: TestSite, path: str, headers: dict[str, str]) -> None:
    # The browser sends no cookie with it (SameSite), so that any in the answer would replace the session's.
    answer = site.browser().post(path, {"what": "x", "language": "es"}, headers=headers, expect_errors=True)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("kind", ["image", "iframe", "empty", "script", "embed"])
def test_what_another_site_loads_from_here_sets_no_cookie(site: TestSite, kind: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": kind}
    assert "Set-Cookie" not in site.browser().get("/probe/form", headers=headers).headers


def test_who_follows_a_link_from_another_site_can_fill_in_forms(site: TestSite) -> None:
    app = site.browser()
    page = app.get("/login", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"})
    assert "blockmrs" in app.cookies
    assert page.forms


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}])
def test_who_lost_the_cookie_can_send_an_old_form_again(site: TestSite, headers: dict[str, str]) -> None:
    app = site.browser()
    page = app.post("/probe/anybody", {"_csrf": "old", "what": "knee"}, headers=headers, status=403)
    again = next(form for form in page.forms.values() if form.action == "/probe/anybody")
    assert again.submit().status_int == 200
