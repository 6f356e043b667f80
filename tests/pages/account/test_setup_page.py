"""The first administrator: one token, once, then closed for good."""

from pathlib import Path

import pytest
from sqlalchemy import func, select
from webtest import TestApp

from blockmrs.errors import Conflict
from blockmrs.model.accounts import AccountRow
from tests.support.people import PASSWORD, confirm, errors, fill, form_to, heading, shown_code
from tests.support.site import TestSite, build_site

GOOD = {"display_name": "Olga Operator", "user_name": "olga", "password": PASSWORD}


@pytest.fixture
def site(tmp_path: Path) -> TestSite:
    """A fresh installation for each test: set-up happens once."""
    return build_site(tmp_path)


@pytest.fixture
def token(site: TestSite) -> str:
    return site.services.identity.make_setup_token()


def admins(site: TestSite) -> int:
    with site.foundation.database.read() as rows:
        return rows.scalar(select(func.count()).select_from(AccountRow).where(AccountRow.is_admin)) or 0


def test_the_token_makes_the_first_administrator_who_goes_on_to_the_operator_page(
    app: TestApp, site: TestSite, token: str
) -> None:
    page = fill(app.get("/setup"), "/setup", **GOOD, setup_token=f" {token} ")
    assert len(shown_code(page)) == 7
    done = confirm(page)
    assert done.location == "http://localhost/admin"
    assert heading(done.follow()) == "Operator"
    assert admins(site) == 1


def test_set_up_is_closed_afterwards_for_every_token(app: TestApp, site: TestSite, token: str) -> None:
    fill(app.get("/setup"), "/setup", **GOOD, setup_token=token)
    other = site.browser()
    page = other.get("/setup", expect_errors=True)
    assert page.status_int == 410
    assert heading(page) == "Set-up is closed"
    csrf = other.get("/login").forms[0]["_csrf"].value
    for again in (token, site.services.identity.make_setup_token()):
        fields = {"_csrf": csrf, **GOOD, "user_name": "second", "setup_token": again}
        assert other.post("/setup", fields, expect_errors=True).status_int == 410
    assert admins(site) == 1


@pytest.mark.parametrize("wrong", ["", "x", "A" * 43, "A" * 2500, "<b>", "\x00", "é" * 43])
def test_a_wrong_token_makes_nobody(app: TestApp, site: TestSite, token: str, wrong: str) -> None:
    page = fill(app.get("/setup"), "/setup", **GOOD, setup_token=wrong)
    assert set(errors(page)) == {"setup_token"}
    assert form_to(page, "/setup")["display_name"].value == "Olga Operator"
    assert admins(site) == 0


def test_without_a_token_made_none_is_right(app: TestApp, site: TestSite) -> None:
    assert set(errors(fill(app.get("/setup"), "/setup", **GOOD, setup_token="A" * 43))) == {"setup_token"}
    assert admins(site) == 0


@pytest.mark.parametrize(("field", "value"), [("display_name", ""), ("user_name", "a b"), ("password", "short")])
def test_a_wrong_field_leaves_the_token_unused(
    app: TestApp, site: TestSite, token: str, field: str, value: str
) -> None:
    page = fill(app.get("/setup"), "/setup", **{**GOOD, "setup_token": token, field: value})
    assert set(errors(page)) == {field}
    assert len(shown_code(fill(page, "/setup", **{field: GOOD[field], "password": PASSWORD}))) == 7


def test_a_new_token_replaces_the_one_before(app: TestApp, site: TestSite, token: str) -> None:
    site.services.identity.make_setup_token()
    assert set(errors(fill(app.get("/setup"), "/setup", **GOOD, setup_token=token))) == {"setup_token"}


def test_guessing_tokens_must_wait(app: TestApp, site: TestSite, token: str) -> None:
    for _ in range(10):
        fill(app.get("/setup"), "/setup", **GOOD, setup_token="A" * 43)
    page = fill(app.get("/setup"), "/setup", **GOOD, setup_token=token)
    assert page.status_int == 429
    assert int(page.headers["Retry-After"]) > 0
    assert admins(site) == 0


def test_one_token_sent_twice_at_once_makes_one_administrator(site: TestSite, token: str, monkeypatch) -> None:
    """The second request has passed every check when the first one writes."""
    identity = site.services.identity
    publish, raced = identity._cards.publish, []

    def slower(*arguments: object) -> None:
        if not raced:
            raced.append(True)
            identity.set_up(token, "first-admin", "First", PASSWORD, "")
        publish(*arguments)

    monkeypatch.setattr(identity._cards, "publish", slower)
    with pytest.raises(Conflict):
        identity.set_up(token, "second-admin", "Second", PASSWORD, "")
    assert admins(site) == 1
