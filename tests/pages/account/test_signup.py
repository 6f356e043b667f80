"""Making an account: nothing typed is lost, nothing secret is kept, and a bad field changes nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from webtest import TestApp, Upload

from blockmrs.model.accounts import AccountRow, SessionRow
from blockmrs.services.accounts.identity import SIGN_UPS_AN_HOUR
from tests.support.html import soup
from tests.support.people import (
    OTHER_PASSWORD,
    PASSWORD,
    addresses_in,
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
    sign_up,
)
from tests.support.site import TestSite

GOOD = {"display_name": "Ana Cruz", "user_name": "new-person", "password": PASSWORD}
HOSTILE = '"><script>alert(1)</script>${7*7}'


def accounts(site: TestSite) -> int:
    with site.foundation.database.read() as rows:
        return rows.scalar(select(func.count()).select_from(AccountRow)) or 0


def sessions(site: TestSite) -> int:
    with site.foundation.database.read() as rows:
        return rows.scalar(select(func.count()).select_from(SessionRow)) or 0


def test_an_account_is_signed_in_at_once_and_shows_its_recovery_code(app: TestApp) -> None:
    page = sign_up(app, "ana1")
    assert heading(page) == "Your recovery code"
    assert len("".join(shown_code(page))) == 28
    assert is_signed_in(app)


def test_the_page_with_the_code_is_kept_by_no_cache(app: TestApp) -> None:
    assert sign_up(app, "ana2").headers["Cache-Control"] == "no-store"


def test_typing_the_third_group_back_confirms_the_code(app: TestApp) -> None:
    done = confirm(sign_up(app, "ana3"))
    assert done.status_int == 302
    assert done.location == "http://localhost/"
    assert "Nothing needs you." in app.get("/").text


def test_a_group_may_be_typed_small_with_spaces_and_look_alikes(app: TestApp) -> None:
    page = sign_up(app, "ana4")
    typed = " ".join(shown_code(page)[2].lower().replace("0", "o").replace("1", "l"))
    assert fill(page, "/settings/check_recovery", group=typed).status_int == 302


def test_a_wrong_group_shows_the_same_code_again(app: TestApp) -> None:
    page = sign_up(app, "ana5")
    again = fill(page, "/settings/check_recovery", group="zzzz")
    assert again.status_int == 422
    assert shown_code(again) == shown_code(page)
    assert errors(again) == {"group": "Type the third group of the code, as you wrote it down"}
    assert soup(again).title.get_text().startswith("Error: ")
    assert confirm(again).status_int == 302


@pytest.mark.parametrize("group", [0, 1, 3])
def test_another_group_of_the_code_is_a_wrong_group(app: TestApp, group: int) -> None:
    page = sign_up(app, f"other{group}")
    if shown_code(page)[group] != shown_code(page)[2]:
        assert fill(page, "/settings/check_recovery", group=shown_code(page)[group]).status_int == 422


@pytest.mark.parametrize("check", ["", "AAAA", "%%%", "A" * 5000, "é"])
def test_a_forged_check_confirms_nothing(app: TestApp, site: TestSite, check: str) -> None:
    sign_up(app, f"forge{len(check)}{check[:1].isascii()}")
    answer = send(app, "/settings", [("check", check), ("group", "ABCD")], "/settings/check_recovery")
    assert heading(answer) == "Make a recovery code"
    assert "Make a recovery code" in app.get("/").text


def test_a_check_of_another_browser_confirms_nothing(app: TestApp, site: TestSite) -> None:
    theirs = sign_up(site.browser(), "their-page")
    sign_up(app, "my-page")
    fields = [("check", form_to(theirs, "/settings/check_recovery")["check"].value), ("group", shown_code(theirs)[2])]
    assert heading(send(app, "/settings", fields, "/settings/check_recovery")) == "Make a recovery code"


def test_the_code_opens_the_account_afterwards(app: TestApp, site: TestSite) -> None:
    groups = shown_code(sign_up(app, "ana6"))
    page = fill(
        site.browser().get("/recover"), "/recover",
        user_name="ana6", recovery_code=" ".join(groups).lower(), new_password=OTHER_PASSWORD,
    )  # fmt: skip
    assert heading(page) == "Your recovery code"
    assert shown_code(page) != groups


def test_signing_up_twice_with_the_same_answers_is_one_account_with_a_code_that_works(site: TestSite) -> None:
    app = site.browser()
    before = app.get("/signup")
    first = fill(before, "/signup", display_name="Ana", user_name="twice", password=PASSWORD)
    count = accounts(site)
    app.reset()
    second = fill(app.get("/signup"), "/signup", display_name="Ana", user_name="twice", password=PASSWORD)
    assert accounts(site) == count
    assert shown_code(second) != shown_code(first)
    assert confirm(second).status_int == 302


def test_a_taken_user_name_is_refused_in_any_spelling(app: TestApp, site: TestSite) -> None:
    member_page(site, "taken")
    count = accounts(site)
    page = fill(app.get("/signup"), "/signup", display_name="B", user_name=" TaKen ", password=OTHER_PASSWORD)
    assert errors(page) == {"user_name": "That user name is taken. Choose another"}
    assert accounts(site) == count
    assert not is_signed_in(app)


def test_a_name_taken_meanwhile_is_refused_and_leaves_no_session(app: TestApp, site: TestSite, monkeypatch) -> None:
    """The other person's row appears between the look-up and the write."""
    identity = site.services.identity
    publish, raced = identity._cards.publish, []

    def slower(*arguments: object) -> None:
        if not raced:
            raced.append(True)
            identity.sign_up("raced", "First", OTHER_PASSWORD)
        publish(*arguments)

    monkeypatch.setattr(identity._cards, "publish", slower)
    page = fill(app.get("/signup"), "/signup", display_name="Second", user_name="raced", password=PASSWORD)
    assert errors(page) == {"user_name": "That user name is taken. Choose another"}
    assert not is_signed_in(app)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "Enter a password of 12 characters or more"),
        ("short", "Use 12 characters or more. Three or four words work well"),
        ("New-Person-Name", "Use a password that is not your user name"),
        ("password1234", "That password is easy to guess. Use four words that do not belong together"),
        ("aaaaaaaaaaaaaaaa", "That password is easy to guess. Use four words that do not belong together"),
        ("x" * 257, "Use 256 characters or fewer"),
    ],
)
def test_a_weak_password_is_refused_with_what_to_do(app: TestApp, site: TestSite, password: str, words: str) -> None:
    count = accounts(site)
    page = fill(app.get("/signup"), "/signup", display_name="A", user_name="new-person-name", password=password)
    assert page.status_int == 422
    assert errors(page) == {"password": words}
    assert accounts(site) == count


@pytest.mark.parametrize("field", ["display_name", "user_name", "password"])
def test_each_missing_field_is_named_and_the_others_are_kept(app: TestApp, field: str) -> None:
    page = fill(app.get("/signup"), "/signup", **{**GOOD, field: ""})
    assert set(errors(page)) == {field}
    form = form_to(page, "/signup")
    for name in {"display_name", "user_name"} - {field}:
        assert form[name].value == GOOD[name]


def test_everything_that_is_wrong_is_said_at_once(app: TestApp) -> None:
    page = fill(app.get("/signup"), "/signup")
    assert set(errors(page)) == {"display_name", "user_name", "password"}


def test_a_password_never_comes_back_in_a_page(app: TestApp) -> None:
    page = fill(app.get("/signup"), "/signup", **{**GOOD, "user_name": ""})
    assert PASSWORD not in page.text


@pytest.mark.parametrize("field", ["display_name", "user_name", "password", "invitation", "came_from", "draft"])
@pytest.mark.parametrize(
    "kind", ["huge", "repeated", "missing", "file", "control", "markup"],
)  # fmt: skip
def test_a_strange_field_is_refused_cleanly(app: TestApp, site: TestSite, field: str, kind: str) -> None:
    count = accounts(site)
    # One more field is wrong, so that what is allowed there makes no account either.
    wrong = {"display_name": ""} if field == "user_name" else {"user_name": "a b"}
    fields = [(name, value) for name, value in {**GOOD, **wrong}.items() if name != field]
    strange = {
        "huge": [(field, "x" * 900_000)],
        "repeated": [(field, "one"), (field, "two")],
        "missing": [],
        "file": [(field, Upload("a.txt", b"words"))],
        "control": [(field, "a\x00\x1b\u202e\n")],
        "markup": [(field, HOSTILE)],
    }[kind]
    token = app.get("/signup").forms[0]["_csrf"].value
    sent = [("_csrf", token), *fields, *strange]
    answer = app.post("/signup", sent, expect_errors=True)
    assert answer.status_int in (413, 422)
    assert "<script>alert" not in answer.text
    assert accounts(site) == count


@pytest.mark.parametrize("page", ["/signup", "/login", "/recover", "/setup"])
def test_bytes_that_are_not_utf8_are_refused_cleanly(app: TestApp, site: TestSite, page: str) -> None:
    count = accounts(site)
    token = app.get(page).forms[0]["_csrf"].value
    for body in (b"&user_name=%ff%fe&password=x", b"&user_name=\xff\xfe&password=x", b"&\xff=1"):
        content = b"_csrf=" + token.encode() + body
        answer = app.post(
            page, content, headers={"Content-Type": "application/x-www-form-urlencoded"}, expect_errors=True
        )
        assert answer.status_int in (400, 422)
    assert accounts(site) == count


@pytest.mark.parametrize("page", ["/signup", "/login", "/recover", "/setup"])
def test_ten_megabytes_are_refused_cleanly(app: TestApp, page: str) -> None:
    token = app.get(page).forms[0]["_csrf"].value
    answer = app.post(page, [("_csrf", token), ("user_name", "x" * 10_000_000)], expect_errors=True)
    assert answer.status_int == 413


def test_a_stale_form_keeps_the_values_but_not_the_password(app: TestApp) -> None:
    answer = app.post("/signup", [("_csrf", "old"), *GOOD.items()], expect_errors=True)
    assert answer.status_int == 403
    assert heading(answer) == "Send it again"
    assert form_to(answer, "/signup")["display_name"].value == "Ana Cruz"
    assert PASSWORD not in answer.text
    assert heading(fill(answer, "/signup", password=PASSWORD)) == "Your recovery code"


def test_the_token_changes_when_an_account_is_made(app: TestApp) -> None:
    page = app.get("/signup")
    before = cookie_of(app)
    fill(page, "/signup", display_name="A", user_name="rotates", password=PASSWORD)
    assert cookie_of(app) != before


def test_making_a_second_account_ends_the_first_session(app: TestApp, site: TestSite) -> None:
    sign_up(app, "first-of-two")
    first = cookie_of(app)
    token = form_to(app.get("/settings"), "/settings/sign_out_everywhere")["_csrf"].value
    values = {**GOOD, "user_name": "second-of-two"}
    app.post("/signup", [("_csrf", token), *values.items()])
    assert site.services.identity.actor_for(first) is None
    assert site.services.identity.actor_for(cookie_of(app)) is not None


def test_what_was_entered_before_survives_the_account_and_the_code(app: TestApp) -> None:
    token = app.get("/probe/form").forms[0]["_csrf"].value
    refused = app.post("/probe/save", [("_csrf", token), ("what", "a report")], expect_errors=True)
    assert refused.status_int == 401
    page = fill(refused, "/signup/start")
    assert "What you entered is kept" in page.text
    wrong = fill(page, "/signup", display_name="", user_name="keeps", password=PASSWORD)
    code = fill(wrong, "/signup", display_name="K", user_name="keeps", password=PASSWORD)
    wrong_group = fill(code, "/settings/check_recovery", group="")
    go_on = confirm(wrong_group)
    assert form_to(go_on, "/probe/save")["what"].value == "a report"
    assert "reached" in fill(go_on, "/probe/save").text


def test_what_was_entered_survives_going_to_sign_in_and_to_recovery_and_back(app: TestApp, site: TestSite) -> None:
    member_page(site, "wanders")
    token = app.get("/probe/form").forms[0]["_csrf"].value
    page = app.post("/probe/save", [("_csrf", token), ("what", "kept")], expect_errors=True)
    for action in ("/signup/start", "/login/start", "/recover/start"):
        page = fill(page, action)
        assert page.status_int == 200
    token = page.forms[0]["_csrf"].value
    draft = form_to(page, "/recover")["draft"].value
    fields = [("_csrf", token), ("draft", draft), ("user_name", "wanders"), ("password", PASSWORD)]
    assert form_to(app.post("/login", fields), "/probe/save")["what"].value == "kept"


def test_an_invitation_entered_with_the_account_opens_after_the_code(app: TestApp, site: TestSite) -> None:
    code = site.services.organisations.add("Hospital of the sign-up test")
    page = fill(
        app.get("/signup"), "/signup", display_name="Dr Lee", user_name="dr-lee", password=PASSWORD, invitation=code
    )
    go_on = confirm(page)
    assert form_to(go_on, "/join")["invitation"].value == code
    assert "Hospital of the sign-up test" in fill(go_on, "/join").text


@pytest.mark.parametrize("code", ["ABCD", "2222-2222-2222-2222", HOSTILE[:30]])
def test_a_wrong_invitation_makes_no_account(app: TestApp, site: TestSite, code: str) -> None:
    count = accounts(site)
    page = fill(app.get("/signup"), "/signup", **GOOD, invitation=code)
    assert set(errors(page)) == {"invitation"}
    assert form_to(page, "/signup")["invitation"].value == code
    assert accounts(site) == count


def test_no_address_on_the_pages_holds_what_was_entered(app: TestApp) -> None:
    page = sign_up(app, "no-address")
    text = " ".join(addresses_in(page))
    for secret in (*shown_code(page), "no-address", "Ana"):
        assert secret not in text
    assert "no-address" not in soup(page).title.get_text()


def test_too_many_accounts_from_one_address_must_wait(site: TestSite, app: TestApp) -> None:
    identity, address = site.services.identity, "192.0.2.77"
    for _ in range(SIGN_UPS_AN_HOUR):
        identity._throttle.count("sign-up", address, limit=SIGN_UPS_AN_HOUR, window=timedelta(hours=1))
    form = form_to(app.get("/signup"), "/signup")
    for name, value in {**GOOD, "user_name": "one-too-many"}.items():
        form[name] = value
    answer = form.submit(expect_errors=True, extra_environ={"REMOTE_ADDR": address})
    assert answer.status_int == 429
    assert 3590 <= int(answer.headers["Retry-After"]) <= 3600
    assert "Try again in 60 minutes" in answer.text
    assert form_to(answer, "/signup")["user_name"].value == "one-too-many"


def test_fields_tell_password_managers_what_they_are(app: TestApp) -> None:
    form = soup(app.get("/signup")).find("form", attrs={"action": "/signup"})
    assert form.find(id="f-user_name")["autocomplete"] == "username"
    assert form.find(id="f-user_name")["autocapitalize"] == "none"
    assert form.find(id="f-password")["autocomplete"] == "new-password"
    assert form.find(id="f-display_name")["autocomplete"] == "name"


def test_signed_in_people_are_not_asked_to_make_an_account(site: TestSite) -> None:
    assert member_page(site, "already").get("/signup").location == "http://localhost/"


def test_an_account_that_lost_its_code_page_can_make_a_code(app: TestApp) -> None:
    sign_up(app, "lost-page")
    assert "Make a recovery code" in app.get("/").text
    page = fill(app.get("/settings/recovery"), "/settings/recovery", password=PASSWORD)
    assert confirm(page).status_int == 302
    assert "Nothing needs you." in app.get("/").text


def test_a_session_that_ended_on_the_code_page_loses_nothing_entered_before(app: TestApp, site: TestSite) -> None:
    token = app.get("/probe/form").forms[0]["_csrf"].value
    refused = app.post("/probe/save", [("_csrf", token), ("what", "a report")], expect_errors=True)
    code = fill(fill(refused, "/signup/start"), "/signup", display_name="L", user_name="ends-early", password=PASSWORD)
    site.services.identity.sign_out(cookie_of(app))
    ask = confirm(code)
    assert ask.status_int == 401
    go_on = fill(ask, "/login", user_name="ends-early", password=PASSWORD)
    assert form_to(go_on, "/probe/save")["what"].value == "a report"


def test_a_refused_form_leaves_no_session(app: TestApp, site: TestSite) -> None:
    before = sessions(site)
    fill(app.get("/signup"), "/signup", **{**GOOD, "password": "short"})
    sign_in(app, "nobody-here")
    assert sessions(site) == before
