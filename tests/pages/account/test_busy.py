"""Where too many ask for a password check at once: who does not get a turn is told so, and loses nothing."""

from collections.abc import Callable

import pytest
from webtest import TestApp, TestResponse

from blockmrs.crypto.wrapping import new_recovery_code
from blockmrs.errors import Busy
from blockmrs.services.sharing.crew_codes import MAX_WRONG
from tests.services.test_story import save
from tests.support.html import soup
from tests.support.people import OTHER_PASSWORD, PASSWORD, fill, form_to, heading, member_page, send
from tests.support.site import TestSite
from tests.support.world import World


@pytest.fixture(scope="module", autouse=True)
def ana(site: TestSite) -> None:
    member_page(site, "ana")


@pytest.fixture
def busy(site: TestSite, monkeypatch) -> None:
    monkeypatch.setattr(type(site.services.identity._wrapper.turns), "take", _no_turn)


def sign_in(app: TestApp) -> TestResponse:
    return send(app, "/login", [("user_name", "ana"), ("password", PASSWORD)])


def sign_up(app: TestApp) -> TestResponse:
    fields = [("display_name", "Eva Cruz"), ("user_name", "eva"), ("password", PASSWORD), ("invitation", "")]
    return send(app, "/signup", fields)


def recover(app: TestApp) -> TestResponse:
    fields = [("user_name", "ana"), ("recovery_code", new_recovery_code()), ("new_password", OTHER_PASSWORD)]
    return send(app, "/recover", fields)


def change_password(app: TestApp) -> TestResponse:
    fields = [("user_name", "ana2"), ("password", PASSWORD), ("new_password", OTHER_PASSWORD)]
    return send(app, "/settings/password", fields)


def new_code(app: TestApp) -> TestResponse:
    return send(app, "/settings/recovery", [("password", PASSWORD)])


STRANGERS = [sign_in, sign_up, recover]


def check(answer: TestResponse) -> None:
    assert answer.status_int == 503
    assert 0 < int(answer.headers["Retry-After"]) <= 10
    assert heading(answer) == "Many people are doing this right now"
    assert "Wait a few seconds, then try again." in soup(answer).get_text()
    assert "Someone is hurt" in answer.text


@pytest.mark.parametrize("door", STRANGERS)
def test_who_gets_no_turn_is_told_when_to_come_again(site: TestSite, busy, door: Callable) -> None:
    check(door(site.browser()))


@pytest.mark.parametrize("door", [change_password, new_code])
def test_who_is_signed_in_is_told_too(site: TestSite, monkeypatch, door: Callable) -> None:
    app = member_page(site, "ana2" if door is change_password else "ana3")
    with monkeypatch.context() as patch:
        patch.setattr(type(site.services.identity._wrapper.turns), "take", _no_turn)
        check(door(app))


def test_what_was_typed_is_there_again_but_the_password(site: TestSite, monkeypatch) -> None:
    app = site.browser()
    with monkeypatch.context() as patch:
        patch.setattr(type(site.services.identity._wrapper.turns), "take", _no_turn)
        page = sign_in(app)
    assert PASSWORD not in page.text
    assert form_to(page, "/login")["user_name"].value == "ana"
    assert fill(page, "/login", password=PASSWORD).status_int == 302


def test_a_program_is_told_in_its_own_way(site: TestSite, busy) -> None:
    app = site.browser()
    token = app.get("/login").forms[0]["_csrf"].value
    fields = {"_csrf": token, "user_name": "ana", "password": PASSWORD}
    answer = app.post("/login", fields, headers={"Accept": "application/json"}, expect_errors=True)
    assert (answer.status_int, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json["error"] == "Many people are doing this right now"


def test_nobody_who_got_no_turn_leaves_an_account_behind(site: TestSite, busy) -> None:
    before = site.services.overview.read().accounts
    sign_up(site.browser())
    assert site.services.overview.read().accounts == before


def test_a_crew_whose_code_got_no_turn_has_used_up_no_try(tmp_path, clock, monkeypatch) -> None:
    world = World(tmp_path, clock)
    carol = world.person("carol", "Carol Coach")
    code = world.codes.make(carol, save(world, carol).address)
    with monkeypatch.context() as patch:
        patch.setattr(type(world.identity._wrapper.turns), "take", _no_turn)
        for _ in range(MAX_WRONG + 1):
            with pytest.raises(Busy):
                world.codes.open_typed(code.typed, "")
    assert world.codes.open_typed(code.typed, "").report.player == "Sam Rivers"


def _no_turn(*_: object, **__: object) -> None:
    raise Busy("too many wait for this; try again in a few seconds")
