"""A person's own settings: each change asks for the password, and ends what must end."""

from datetime import timedelta

import pytest
from webtest import TestApp

from tests.support.html import soup
from tests.support.people import (
    OTHER_PASSWORD,
    PASSWORD,
    confirm,
    cookie_of,
    errors,
    fill,
    form_to,
    heading,
    is_signed_in,
    member_page,
    send,
    shown_code,
    sign_in,
)
from tests.support.site import TestSite


@pytest.fixture(autouse=True)
def later(site: TestSite) -> None:
    site.clock.advance(timedelta(minutes=20))


def change(app: TestApp, user_name: str, password: str = PASSWORD, new_password: str = OTHER_PASSWORD):
    fields = {"user_name": user_name, "password": password, "new_password": new_password}
    return fill(app.get("/settings/password"), "/settings/password", **fields)


def test_settings_show_the_name_and_fold_the_fingerprint(site: TestSite) -> None:
    page = soup(member_page(site, "set1", "Ana Cruz").get("/settings"))
    assert "Ana Cruz" in page.main.get_text()
    fingerprint = page.find(id="c-fingerprint")
    assert len(fingerprint.get_text().split("-")) >= 6
    assert fingerprint.find_parent("details").get("open") is None


def test_the_fingerprint_stays_the_same_when_the_password_changes(site: TestSite) -> None:
    app = member_page(site, "set2")
    before = soup(app.get("/settings")).find(id="c-fingerprint").get_text()
    confirm(change(app, "set2"))
    assert soup(app.get("/settings")).find(id="c-fingerprint").get_text() == before


def test_the_theme_can_be_chosen(site: TestSite) -> None:
    buttons = soup(member_page(site, "set3").get("/settings")).select("button[data-theme-choice]")
    assert [button["data-theme-choice"] for button in buttons] == ["", "light", "dark", "sun"]


@pytest.mark.parametrize("path", ["/settings", "/settings/password", "/settings/recovery"])
def test_nobody_signed_out_sees_settings(app: TestApp, path: str) -> None:
    page = app.get(path, expect_errors=True)
    assert page.status_int == 401
    assert heading(page) == "Sign in"


@pytest.mark.parametrize("path", ["/settings/check_recovery", "/settings/sign_out_everywhere"])
def test_what_changes_something_is_not_reached_by_get(site: TestSite, path: str) -> None:
    app = member_page(site, f"set-get{len(path)}")
    assert app.get(path, expect_errors=True).status_int == 405
    assert is_signed_in(app)


def test_a_changed_password_gives_a_new_code_and_ends_all_other_sessions(site: TestSite) -> None:
    app, elsewhere = member_page(site, "set4"), site.browser()
    sign_in(elsewhere, "set4")
    token = cookie_of(app)
    page = change(app, "set4")
    assert len(shown_code(page)) == 7
    assert cookie_of(app) != token
    assert not is_signed_in(elsewhere)
    assert is_signed_in(app)
    assert sign_in(site.browser(), "set4").status_int == 422
    assert sign_in(site.browser(), "set4", OTHER_PASSWORD).status_int == 302


def test_the_old_password_is_needed_to_set_a_new_one(site: TestSite) -> None:
    app = member_page(site, "set5")
    page = change(app, "set5", "wrong words here")
    assert errors(page) == {"password": "That is not your password"}
    assert OTHER_PASSWORD not in page.text
    assert sign_in(site.browser(), "set5").status_int == 302


def test_another_user_name_is_refused_when_the_password_changes(site: TestSite) -> None:
    page = change(member_page(site, "set6"), "set6-other")
    assert errors(page) == {"user_name": "That is not your user name"}


def test_a_weak_new_password_is_refused_by_its_own_field(site: TestSite) -> None:
    name = "set7-person-name"
    app = member_page(site, name, "Ana Cruz")
    for weak in ("", "short", name, "password1234", "ana cruz ana"):
        assert set(errors(change(app, name, new_password=weak))) == {"new_password"}


@pytest.mark.parametrize("field", ["user_name", "password", "new_password"])
@pytest.mark.parametrize("value", ["x" * 5000, "a\x00b"])
def test_a_strange_field_is_refused_cleanly(site: TestSite, field: str, value: str) -> None:
    app = member_page(site, f"set8-{field}{len(value)}")
    fields = {"user_name": f"set8-{field}{len(value)}", "password": PASSWORD, "new_password": OTHER_PASSWORD}
    answer = send(app, "/settings/password", list({**fields, field: value}.items()))
    assert set(errors(answer)) == {field}


def test_a_new_recovery_code_replaces_the_old_one_and_must_be_confirmed(site: TestSite) -> None:
    app = member_page(site, "set9")
    first = fill(app.get("/settings/recovery"), "/settings/recovery", password=PASSWORD)
    second = fill(app.get("/settings/recovery"), "/settings/recovery", password=PASSWORD)
    assert shown_code(first) != shown_code(second)
    assert "Make a recovery code" in app.get("/").text
    assert confirm(second).location == "http://localhost/settings"


def test_a_page_with_a_replaced_code_no_longer_confirms(site: TestSite) -> None:
    app = member_page(site, "set10")
    first = fill(app.get("/settings/recovery"), "/settings/recovery", password=PASSWORD)
    fill(app.get("/settings/recovery"), "/settings/recovery", password=PASSWORD)
    token = form_to(app.get("/settings/recovery"), "/settings/recovery")["_csrf"].value
    form = form_to(first, "/settings/check_recovery")
    form["_csrf"], form["group"] = token, shown_code(first)[2]
    answer = form.submit(expect_errors=True)
    assert answer.status_int == 422
    assert heading(answer) == "Make a recovery code"
    assert "Make a recovery code" in app.get("/").text


@pytest.mark.parametrize("password", ["", "wrong words here", OTHER_PASSWORD])
def test_a_new_code_needs_the_password(site: TestSite, password: str) -> None:
    app = member_page(site, f"set11-{len(password)}")
    page = fill(app.get("/settings/recovery"), "/settings/recovery", password=password)
    assert set(errors(page)) == {"password"}
    assert "Nothing needs you." in app.get("/").text


def test_guessing_the_password_in_settings_must_wait(site: TestSite) -> None:
    app = member_page(site, "set12")
    for _ in range(10):
        fill(app.get("/settings/recovery"), "/settings/recovery", password="wrong")
    for answer in (
        fill(app.get("/settings/recovery"), "/settings/recovery", password=PASSWORD),
        change(app, "set12"),
    ):
        assert answer.status_int == 429
        assert int(answer.headers["Retry-After"]) > 0


def test_sign_out_everywhere_ends_every_session(site: TestSite) -> None:
    app, elsewhere = member_page(site, "set13"), site.browser()
    sign_in(elsewhere, "set13")
    answer = fill(app.get("/settings"), "/settings/sign_out_everywhere")
    assert answer.location == "http://localhost/login"
    assert not is_signed_in(app)
    assert not is_signed_in(elsewhere)


def test_a_stale_form_changes_nothing(site: TestSite) -> None:
    app = member_page(site, "set14")
    fields = {"_csrf": "old", "user_name": "set14", "password": PASSWORD, "new_password": OTHER_PASSWORD}
    answer = app.post("/settings/password", fields, expect_errors=True)
    assert answer.status_int == 403
    assert PASSWORD not in answer.text
    assert OTHER_PASSWORD not in answer.text
    assert sign_in(site.browser(), "set14").status_int == 302


def test_a_password_change_after_the_session_ended_asks_to_sign_in(site: TestSite) -> None:
    app = member_page(site, "set15")
    form = form_to(app.get("/settings/password"), "/settings/password")
    site.services.identity.sign_out(cookie_of(app))
    form["user_name"], form["password"], form["new_password"] = "set15", PASSWORD, OTHER_PASSWORD
    answer = form.submit(expect_errors=True)
    assert answer.status_int == 401
    again = fill(answer, "/login", user_name="set15", password=PASSWORD)
    assert PASSWORD not in again.text
    assert form_to(again, "/settings/password")["user_name"].value == "set15"
