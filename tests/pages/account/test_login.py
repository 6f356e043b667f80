"""Signing in and out: uniform words, a new token each time, and a cookie that is worth nothing afterwards."""

from datetime import timedelta

import pytest
from webtest import TestApp

from blockmrs.crypto.sessions import new_token
from tests.support.html import soup
from tests.support.people import (
    OTHER_PASSWORD,
    PASSWORD,
    cookie_of,
    errors,
    fill,
    form_to,
    heading,
    is_signed_in,
    send,
    sign_in,
)
from tests.support.site import TestSite

WRONG = {"user_name": "That user name and password do not belong together"}
HOSTILE = '"><script>alert(1)</script>${7*7}'


@pytest.fixture(scope="module", autouse=True)
def ana(site: TestSite) -> None:
    site.services.identity.sign_up("ana", "Ana Cruz", PASSWORD)


@pytest.fixture(autouse=True)
def later(site: TestSite) -> None:
    """Each test begins after the windows of the tests before it."""
    site.clock.advance(timedelta(minutes=16))


def test_the_right_password_signs_in(app: TestApp) -> None:
    assert sign_in(app, " ANA ").location == "http://localhost/"
    assert "Ana Cruz" in app.get("/").text


@pytest.mark.parametrize(("user_name", "password"), [("ana", "wrong"), ("nobody", PASSWORD), ("n", "x"), ("a b", "x")])
def test_a_failure_says_the_same_whichever_half_was_wrong(app: TestApp, user_name: str, password: str) -> None:
    page = sign_in(app, user_name, password)
    assert page.status_int == 422
    assert errors(page) == WRONG
    assert soup(page).title.get_text() == "Error: Sign in - BlockMRS"
    assert form_to(page, "/login")["user_name"].value == user_name
    assert not is_signed_in(app)


def test_an_unknown_user_costs_the_same_work_as_a_wrong_password(app: TestApp, site: TestSite, monkeypatch) -> None:
    wrapper, stretched = site.services.identity._wrapper, []
    stretch = type(wrapper)._stretch
    monkeypatch.setattr(type(wrapper), "_stretch", lambda *a: stretched.append(a[1]) or stretch(*a))
    sign_in(app, "ana", "wrong words")
    known = len(stretched)
    sign_in(app, "somebody-else", "wrong words")
    assert (known, len(stretched)) == (1, 2)


@pytest.mark.parametrize("empty", ["user_name", "password"])
def test_an_empty_field_is_named(app: TestApp, empty: str) -> None:
    page = fill(app.get("/login"), "/login", **{"user_name": "ana", "password": PASSWORD, empty: " "})
    assert set(errors(page)) == {empty}


@pytest.mark.parametrize("field", ["user_name", "password"])
@pytest.mark.parametrize("value", ["x" * 50_000, "a\x00b", HOSTILE, "\u202eevil", "{{7*7}}", "' OR 1=1 --"])
def test_a_strange_field_is_refused_cleanly(app: TestApp, field: str, value: str) -> None:
    answer = send(app, "/login", list({"user_name": "ana", "password": PASSWORD, field: value}.items()))
    assert answer.status_int == 422
    assert "<script>alert" not in answer.text
    assert not is_signed_in(app)


@pytest.mark.parametrize("field", ["user_name", "password"])
def test_a_repeated_field_is_refused(app: TestApp, field: str) -> None:
    fields = [("user_name", "ana"), ("password", PASSWORD), (field, "more")]
    assert send(app, "/login", fields).status_int == 422


def test_a_password_in_the_address_signs_nobody_in(app: TestApp) -> None:
    app.get("/login", {"user_name": "ana", "password": PASSWORD})
    answer = send(app, "/login", [], f"/login?user_name=ana&password={PASSWORD.replace(' ', '+')}")
    assert answer.status_int == 422
    assert not is_signed_in(app)


def test_a_stale_form_keeps_the_user_name_but_not_the_password(app: TestApp) -> None:
    answer = app.post("/login", {"_csrf": "old", "user_name": "ana", "password": PASSWORD}, expect_errors=True)
    assert soup(answer).find("label", string="Type it again: Password")
    assert answer.status_int == 403
    assert PASSWORD not in answer.text
    assert fill(answer, "/login", password=PASSWORD).status_int == 302


def test_the_token_changes_at_sign_in(app: TestApp) -> None:
    page = app.get("/login")
    before = cookie_of(app)
    fill(page, "/login", user_name="ana", password=PASSWORD)
    assert cookie_of(app) != before


def test_a_cookie_that_the_client_chose_is_never_a_session(app: TestApp) -> None:
    chosen = new_token()
    app.set_cookie("blockmrs", chosen)
    sign_in(app, "ana")
    assert cookie_of(app) != chosen
    app.set_cookie("blockmrs", chosen)
    assert not is_signed_in(app)


@pytest.mark.parametrize("cookie", ["x", "A" * 43, "A" * 42 + "=", "../../etc", "%00", "é"])
def test_a_made_up_cookie_signs_nobody_in(app: TestApp, cookie: str) -> None:
    answer = app.get("/settings", headers={"Cookie": f"blockmrs={cookie}"}, expect_errors=True)
    assert answer.status_int == 401


def test_signing_in_again_ends_the_session_before(app: TestApp, site: TestSite) -> None:
    sign_in(app, "ana")
    first = cookie_of(app)
    token = form_to(app.get("/settings"), "/settings/sign_out_everywhere")["_csrf"].value
    app.post("/login", {"_csrf": token, "user_name": "ana", "password": PASSWORD})
    assert cookie_of(app) != first
    assert site.services.identity.actor_for(first) is None


def test_signing_out_ends_the_session_for_a_copied_cookie_too(app: TestApp) -> None:
    sign_in(app, "ana")
    copied = cookie_of(app)
    assert fill(app.get("/"), "/logout").location == "http://localhost/"
    assert "blockmrs" not in app.cookies
    app.set_cookie("blockmrs", copied)
    assert not is_signed_in(app)


def test_signing_out_twice_or_signed_out_is_no_error(app: TestApp) -> None:
    assert send(app, "/login", [], "/logout").status_int == 302


@pytest.mark.parametrize("path", ["/logout", "/signup/start", "/login/start", "/recover/start"])
def test_what_changes_something_is_not_reached_by_get(app: TestApp, path: str) -> None:
    sign_in(app, "ana")
    answer = app.get(path, expect_errors=True)
    assert answer.status_int == 405
    assert answer.headers["Allow"] == "POST"
    assert is_signed_in(app)


@pytest.mark.parametrize("path", ["/login", "/logout", "/signup", "/recover", "/setup", "/join"])
def test_a_form_of_another_site_changes_nothing(app: TestApp, path: str) -> None:
    sign_in(app, "ana")
    headers = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = app.post(path, {"user_name": "ana", "password": PASSWORD}, headers=headers, expect_errors=True)
    assert answer.status_int == 403
    assert is_signed_in(app)


def test_a_session_ends_when_it_is_idle(app: TestApp, site: TestSite) -> None:
    sign_in(app, "ana")
    site.clock.advance(timedelta(seconds=site.settings.sessions.idle_s - 60))
    assert is_signed_in(app)
    site.clock.advance(timedelta(seconds=site.settings.sessions.idle_s + 1))
    assert not is_signed_in(app)


def test_a_session_ends_however_busy_it_is(app: TestApp, site: TestSite) -> None:
    sign_in(app, "ana")
    step = timedelta(seconds=site.settings.sessions.idle_s * 0.9)
    for _ in range(int(timedelta(seconds=site.settings.sessions.longest_s) / step)):
        site.clock.advance(step)
        assert is_signed_in(app)
    site.clock.advance(step)
    assert not is_signed_in(app)


def test_too_many_tries_must_wait_and_keep_the_user_name(app: TestApp, site: TestSite) -> None:
    for _ in range(10):
        assert sign_in(app, "ana", "wrong").status_int == 422
    page = sign_in(app, "ana")
    assert page.status_int == 429
    assert 800 <= int(page.headers["Retry-After"]) <= 900
    assert "Too many tries. Try again in 15 minutes" in page.text
    assert form_to(page, "/login")["user_name"].value == "ana"
    site.clock.advance(timedelta(minutes=15, seconds=1))
    assert sign_in(app, "ana").status_int == 302


def test_an_unknown_name_is_throttled_like_a_known_one(app: TestApp) -> None:
    for _ in range(10):
        assert sign_in(app, "unknown-name", "wrong").status_int == 422
    assert sign_in(app, "unknown-name", "wrong").status_int == 429


def test_wrong_tries_for_one_name_do_not_lock_another_out(app: TestApp) -> None:
    for _ in range(11):
        sign_in(app, "somebody", "wrong")
    assert sign_in(app, "ana").status_int == 302


def test_signing_in_leads_back_to_the_page_that_asked_for_it(app: TestApp) -> None:
    page = app.get("/settings?x=1", expect_errors=True)
    assert page.status_int == 401
    assert fill(page, "/login", user_name="ana", password=PASSWORD).location == "http://localhost/settings?x=1"


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_site(app: TestApp, address: str) -> None:
    fields = [("user_name", "ana"), ("password", PASSWORD), ("came_from", address)]
    assert send(app, "/login", fields).location == "http://localhost/"


@pytest.mark.parametrize("draft", ["x", "A" * 200, "é", "A" * 60_000])
def test_a_forged_draft_is_dropped(app: TestApp, draft: str) -> None:
    fields = [("user_name", "ana"), ("password", PASSWORD), ("draft", draft)]
    assert send(app, "/login", fields).location == "http://localhost/"


def test_signed_in_people_are_sent_on_from_the_sign_in_page(app: TestApp) -> None:
    sign_in(app, "ana")
    assert app.get("/login").location == "http://localhost/"


def test_every_page_of_signing_in_stays_out_of_caches(app: TestApp) -> None:
    for path in ("/login", "/signup", "/recover", "/setup", "/join"):
        assert app.get(path).headers["Cache-Control"] == "no-store"


def test_no_log_line_holds_a_name_or_a_password(app: TestApp, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    sign_in(app, "ana-in-log", OTHER_PASSWORD)
    sign_in(app, "ana")
    for word in ("ana-in-log", OTHER_PASSWORD, PASSWORD, cookie_of(app)):
        assert word not in caplog.text


def test_the_sign_in_page_tells_password_managers_what_its_fields_are(app: TestApp) -> None:
    page = soup(app.get("/login"))
    assert heading(app.get("/login")) == "Sign in"
    assert page.find(id="f-user_name")["autocomplete"] == "username"
    assert page.find(id="f-password")["autocomplete"] == "current-password"
    assert page.find(id="f-user_name")["autocapitalize"] == "none"


def test_a_link_that_came_in_a_message_says_what_it_is_before_anybody_signs_in(app: TestApp) -> None:
    words = "This link is for a report about somebody who was hurt or ill."
    page = app.get("/field/report/" + "ab" * 16, status=401)
    assert words in page.text
    assert words not in app.get("/login").text
