"""Coming back with the recovery code: a new password and a new code at once; the old ones and all sessions end."""

from datetime import timedelta

import pytest
from webtest import TestApp

from tests.support.people import (
    OTHER_PASSWORD,
    PASSWORD,
    confirm,
    errors,
    fill,
    form_to,
    is_signed_in,
    send,
    shown_code,
    sign_in,
    sign_up,
)
from tests.support.site import TestSite

OTHER_CODE = "0000-0000-0000-0000-0000-0000-0000"


@pytest.fixture(autouse=True)
def later(site: TestSite) -> None:
    site.clock.advance(timedelta(hours=2))


def recover(app: TestApp, user_name: str, code: str, new_password: str = OTHER_PASSWORD):
    fields = {"user_name": user_name, "recovery_code": code, "new_password": new_password}
    return fill(app.get("/recover"), "/recover", **fields)


def account(site: TestSite, user_name: str) -> tuple[TestApp, str]:
    app = site.browser()
    page = sign_up(app, user_name)
    confirm(page)
    return app, "-".join(shown_code(page))


def test_the_code_sets_a_new_password_and_shows_a_new_code(app: TestApp, site: TestSite) -> None:
    _, code = account(site, "rec1")
    page = recover(app, "rec1", code)
    assert "-".join(shown_code(page)) != code
    assert page.headers["Cache-Control"] == "no-store"
    assert confirm(page).status_int == 302
    assert is_signed_in(app)


def test_the_old_password_the_old_code_and_all_sessions_end(app: TestApp, site: TestSite) -> None:
    elsewhere, code = account(site, "rec2")
    recover(app, "rec2", code)
    assert not is_signed_in(elsewhere)
    assert sign_in(site.browser(), "rec2").status_int == 422
    assert recover(site.browser(), "rec2", code).status_int == 422
    assert sign_in(site.browser(), "rec2", OTHER_PASSWORD).status_int == 302


def test_a_failure_says_the_same_for_unknown_names_and_wrong_codes(app: TestApp, site: TestSite) -> None:
    account(site, "rec3")
    _, theirs = account(site, "rec4")
    pages = [recover(app, name, theirs) for name in ("rec3", "nobody-of-that-name")]
    assert {tuple(errors(page).items()) for page in pages} == {
        (("user_name", "That user name and recovery code do not belong together"),)
    }
    assert not is_signed_in(app)


@pytest.mark.parametrize(
    "code", ["", "ABCD", "x" * 1500, "0" * 28, "u" * 28, "\x00", "<script>alert(1)</script>", "é" * 28]
)
def test_a_code_that_cannot_be_one_is_refused_by_its_field_and_kept(app: TestApp, code: str) -> None:
    page = recover(app, "anybody", code)
    assert page.status_int == 422
    assert "<script>alert" not in page.text


@pytest.mark.parametrize(
    ("code", "english", "spanish"),
    [
        ("0000", "Enter all 28 characters of the code. You entered 4",
         "Escriba los 28 caracteres del código. Escribió 4"),
        ("000*", "Check character 4 of the code: no code has that sign",
         "Revise el carácter 4 del código: ningún código tiene ese signo"),
        ("0000-0000-0000-0000-0000-0000-0001", "One character of the code is not right. Compare it with the paper",
         "Un carácter del código no es correcto. Compárelo con el papel"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_typed_code_is_said_in_the_language_of_the_page(
    site: TestSite, code: str, english: str, spanish: str
) -> None:
    for language, words in (("en", english), ("es", spanish)):
        app = site.browser()
        app.set_cookie("blockmrs-language", language)
        assert errors(recover(app, "rec8", code))["recovery_code"] == words


def test_a_mistyped_code_is_kept_for_mending(app: TestApp, site: TestSite) -> None:
    _, code = account(site, "rec5")
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    page = recover(app, "rec5", wrong)
    assert set(errors(page)) == {"recovery_code"}
    assert form_to(page, "/recover")["recovery_code"].value == wrong
    assert form_to(page, "/recover")["user_name"].value == "rec5"
    assert OTHER_PASSWORD not in page.text


@pytest.mark.parametrize("password", ["", "short", "rec6-rec6-rec6", "password1234", "y" * 300])
def test_a_weak_new_password_is_refused_and_the_old_one_stays(app: TestApp, site: TestSite, password: str) -> None:
    name = f"rec6-{len(password)}{password[:1]}"
    _, code = account(site, name)
    page = recover(app, name, code, name if password.startswith("rec6") else password)
    assert set(errors(page)) == {"new_password"}
    assert sign_in(site.browser(), name).status_int == 302


def test_too_many_wrong_codes_must_wait(app: TestApp, site: TestSite) -> None:
    _, code = account(site, "rec7")
    _, theirs = account(site, "rec8")
    for _ in range(10):
        assert recover(app, "rec7", theirs).status_int == 422
    page = recover(app, "rec7", code)
    assert page.status_int == 429
    assert int(page.headers["Retry-After"]) > 0
    assert form_to(page, "/recover")["recovery_code"].value == code
    assert sign_in(site.browser(), "rec7").status_int == 302


@pytest.mark.parametrize("field", ["user_name", "recovery_code", "new_password"])
def test_a_repeated_field_is_refused(app: TestApp, field: str) -> None:
    fields = [("user_name", "anybody"), ("recovery_code", OTHER_CODE), ("new_password", OTHER_PASSWORD), (field, "x")]
    assert set(errors(send(app, "/recover", fields))) == {field}


def test_a_stale_form_keeps_the_user_name_and_asks_for_the_secrets_again(app: TestApp, site: TestSite) -> None:
    _, code = account(site, "rec9")
    fields = {"_csrf": "old", "user_name": "rec9", "recovery_code": code, "new_password": OTHER_PASSWORD}
    answer = app.post("/recover", fields, expect_errors=True)
    assert answer.status_int == 403
    assert OTHER_PASSWORD not in answer.text
    assert len(shown_code(fill(answer, "/recover", recovery_code=code, new_password=OTHER_PASSWORD))) == 7


def test_what_was_entered_before_survives_a_recovery(app: TestApp, site: TestSite) -> None:
    _, code = account(site, "rec10")
    token = app.get("/probe/form").forms[0]["_csrf"].value
    refused = app.post("/probe/save", [("_csrf", token), ("what", "a report")], expect_errors=True)
    page = fill(refused, "/recover/start")
    shown = fill(page, "/recover", user_name="rec10", recovery_code=code, new_password=PASSWORD + " more")
    assert form_to(confirm(shown), "/probe/save")["what"].value == "a report"
