"""Strangers who guess: they lock themselves out, and nobody else. Who signed in with a browser gets in there again."""

from datetime import timedelta

import pytest
from webtest import TestApp

from blockmrs.errors import Busy, NotAuthenticated, NotFound, TooManyAttempts
from blockmrs.services.accounts.attempts import BRAKE_TRIES, BRAKE_WINDOW, CLIENT_TRIES, TRIES, WINDOW
from blockmrs.services.accounts.invitations import WRONG_CODES as WRONG_INVITATIONS
from blockmrs.services.sharing.crew_codes import WRONG_CODES as WRONG_CREW_CODES
from tests.support.people import (
    OTHER_PASSWORD,
    PASSWORD,
    confirm,
    errors,
    fill,
    form_to,
    shown_code,
    sign_in,
    sign_up,
)
from tests.support.site import TestSite

HOME, STRANGER = "192.0.2.1", "198.51.100.7"
COOKIE = "blockmrs-known"


@pytest.fixture(autouse=True)
def later(site: TestSite) -> None:
    """Each test begins after the windows of the tests before it."""
    site.clock.advance(timedelta(hours=2))


def browser(site: TestSite, address: str = HOME) -> TestApp:
    app = site.browser()
    app.extra_environ["REMOTE_ADDR"] = address
    return app


def account(site: TestSite, name: str) -> tuple[TestApp, str]:
    """A browser that has made the account, and the recovery code."""
    app = browser(site)
    page = sign_up(app, name)
    confirm(page)
    return app, "-".join(shown_code(page))


def sign_out(app: TestApp) -> TestApp:
    form_to(app.get("/"), "/logout").submit()
    return app


def guess(site: TestSite, name: str, address: str = STRANGER, tries: int = TRIES) -> TestApp:
    """A stranger's browser after so many wrong passwords for this name."""
    app = browser(site, address)
    for _ in range(tries):
        assert sign_in(app, name, "wrong wrong wrong").status_int == 422
    return app


def recover(app: TestApp, name: str, code: str):
    fields = {"user_name": name, "recovery_code": code, "new_password": OTHER_PASSWORD}
    return fill(app.get("/recover"), "/recover", **fields)


def brake(site: TestSite, name: str, which: str = "password") -> None:
    """So many wrong tries for this name, each from another place."""
    for _ in range(BRAKE_TRIES):
        site.services.identity._throttle.note(f"{which} brake", name, window=BRAKE_WINDOW)


def crowd(site: TestSite, address: str) -> None:
    """So many wrong tries from this address, each for another name."""
    for _ in range(CLIENT_TRIES):
        site.services.identity._throttle.note("client", address=address, window=WINDOW)


def test_who_guesses_locks_out_themselves_and_not_the_owner(site: TestSite) -> None:
    account(site, "lock1")
    assert sign_in(guess(site, "lock1"), "lock1").status_int == 429
    assert sign_in(browser(site), "lock1").status_int == 302


def test_who_guesses_recovery_codes_does_not_keep_the_owner_from_recovering(site: TestSite) -> None:
    _, code = account(site, "lock2")
    _, theirs = account(site, "lock3")
    stranger = browser(site, STRANGER)
    for _ in range(TRIES):
        assert recover(stranger, "lock2", theirs).status_int == 422
    assert recover(stranger, "lock2", theirs).status_int == 429
    assert recover(browser(site), "lock2", code).status_int == 200


def test_a_browser_that_signed_in_before_is_not_locked_out_by_a_stranger_at_its_own_address(site: TestSite) -> None:
    known, _ = account(site, "lock4")
    sign_out(known)
    guess(site, "lock4", HOME)
    crowd(site, HOME)
    brake(site, "lock4")
    assert sign_in(browser(site), "lock4").status_int == 429
    assert sign_in(known, "lock4").status_int == 302


def test_nor_is_it_locked_out_of_recovering_and_of_what_asks_for_the_password_again(site: TestSite) -> None:
    known, code = account(site, "lock5")
    crowd(site, HOME)
    account_id = site.services.identity.actor_for(str(known.cookies["blockmrs"])).account_id
    brake(site, account_id.hex(), "reopen")
    changed = fill(
        known.get("/settings/password"), "/settings/password",
        user_name="lock5", password=PASSWORD, new_password=OTHER_PASSWORD,
    )  # fmt: skip
    assert changed.status_int == 200
    crowd(site, HOME)
    assert recover(known, "lock5", "-".join(shown_code(changed))).status_int == 200
    assert code


def test_guessing_one_password_from_many_places_is_braked_and_recovery_stays_open(site: TestSite) -> None:
    _, code = account(site, "lock6")
    brake(site, "lock6")
    assert sign_in(browser(site, "203.0.113.5"), "lock6").status_int == 429
    assert recover(browser(site, "203.0.113.5"), "lock6", code).status_int == 200


def test_every_wrong_password_of_a_stranger_counts_for_the_brake(site: TestSite) -> None:
    account(site, "lock7")
    for number in range(BRAKE_TRIES):
        with pytest.raises(NotAuthenticated):
            site.services.identity.sign_in("lock7", "wrong wrong wrong", f"203.0.113.{number}")
    page = sign_in(browser(site, "203.0.113.200"), "lock7")
    assert page.status_int == 429
    assert 0 < int(page.headers["Retry-After"]) <= BRAKE_WINDOW.total_seconds()


def test_whoever_has_the_known_browser_has_ten_tries_too(site: TestSite) -> None:
    known, _ = account(site, "lock8")
    sign_out(known)
    for _ in range(TRIES):
        assert sign_in(known, "lock8", "wrong wrong wrong").status_int == 422
    assert sign_in(known, "lock8").status_int == 429


def test_a_browser_is_known_to_those_who_signed_in_with_it_alone(site: TestSite) -> None:
    account(site, "lock9")
    other, _ = account(site, "lock10")
    sign_out(other)
    guess(site, "lock9", HOME)
    assert sign_in(other, "lock9").status_int == 429


def test_one_browser_is_known_to_each_who_signed_in_with_it(site: TestSite) -> None:
    shared, _ = account(site, "lock11")
    secret = shared.cookies[COOKIE]
    confirm(sign_up(sign_out(shared), "lock12"))
    assert shared.cookies[COOKIE] == secret
    sign_out(shared)
    for name in ("lock11", "lock12"):
        brake(site, name)
        assert sign_in(shared, name).status_int == 302
        sign_out(shared)


def test_signing_out_everywhere_makes_every_browser_a_stranger_again(site: TestSite) -> None:
    known, _ = account(site, "lock13")
    elsewhere = browser(site)
    sign_in(elsewhere, "lock13")
    form_to(elsewhere.get("/settings"), "/settings/sign_out_everywhere").submit()
    brake(site, "lock13")
    assert sign_in(known, "lock13").status_int == 429
    assert sign_in(elsewhere, "lock13").status_int == 429


def test_a_new_password_makes_every_other_browser_a_stranger(site: TestSite) -> None:
    lost, code = account(site, "lock14")
    mine = browser(site)
    recover(mine, "lock14", code)
    brake(site, "lock14")
    assert sign_in(lost, "lock14", OTHER_PASSWORD).status_int == 429
    assert sign_in(sign_out(mine), "lock14", OTHER_PASSWORD).status_int == 302


def test_a_wrong_password_leaves_no_trace_in_the_browser(site: TestSite) -> None:
    account(site, "lock15")
    app = browser(site)
    sign_in(app, "lock15", "wrong wrong wrong")
    assert COOKIE not in app.cookies


@pytest.mark.parametrize("secret", ["", "x", "A" * 43, "A" * 5000])
def test_a_secret_that_nobody_was_given_makes_nobody_known(site: TestSite, secret: str) -> None:
    identity = site.services.identity
    name = f"lock16-{len(secret)}"
    identity.sign_up(name, "Ana Cruz", PASSWORD)
    brake(site, name)
    with pytest.raises(TooManyAttempts):
        identity.sign_in(name, PASSWORD, HOME, secret)


def test_the_secret_opens_nothing_and_is_no_session(site: TestSite) -> None:
    known, _ = account(site, "lock17")
    thief = browser(site)
    thief.set_cookie("blockmrs", str(known.cookies[COOKIE]))
    assert thief.get("/settings", expect_errors=True).status_int == 401


def test_addresses_of_one_network_of_version_6_are_one_client(site: TestSite) -> None:
    account(site, "lock18")
    for number in range(TRIES):
        assert sign_in(browser(site, f"2001:db8:7:7:{number}::{number}"), "lock18", "wrong wrong").status_int == 422
    assert sign_in(browser(site, "2001:db8:7:7:ffff::1"), "lock18").status_int == 429
    assert sign_in(browser(site, "2001:db8:7:8::1"), "lock18").status_int == 302


def test_an_address_of_version_4_is_the_same_however_it_is_written(site: TestSite) -> None:
    account(site, "lock19")
    guess(site, "lock19", f"::ffff:{STRANGER}")
    assert sign_in(browser(site, STRANGER), "lock19").status_int == 429
    assert sign_in(browser(site, "::ffff:198.51.100.8"), "lock19").status_int == 302


def test_right_passwords_do_not_use_up_what_an_address_may_try(site: TestSite) -> None:
    identity = site.services.identity
    identity.sign_up("lock20", "Ana Cruz", PASSWORD)
    for _ in range(CLIENT_TRIES + 1):
        identity.sign_in("lock20", PASSWORD, HOME)


def test_a_try_that_found_everybody_busy_does_not_count(site: TestSite, monkeypatch) -> None:
    identity = site.services.identity
    identity.sign_up("lock21", "Ana Cruz", PASSWORD)

    def busy(*_, **__):
        raise Busy("busy")

    with monkeypatch.context() as patch:
        patch.setattr(type(identity._wrapper), "_stretch", busy)
        for _ in range(TRIES + 1):
            with pytest.raises(Busy):
                identity.sign_in("lock21", PASSWORD, HOME)
    assert identity.sign_in("lock21", PASSWORD, HOME)


def test_a_password_that_was_changed_while_it_was_checked_lets_nobody_in(site: TestSite, monkeypatch) -> None:
    identity = site.services.identity
    identity.sign_up("lock22", "Ana Cruz", PASSWORD)
    actor = identity.actor_for(identity.sign_in("lock22", PASSWORD, HOME))
    open_it = type(identity)._open

    def overtaken(*given):
        opened = open_it(*given)
        identity.change_password(actor, "lock22", PASSWORD, OTHER_PASSWORD)
        return opened

    monkeypatch.setattr(type(identity), "_open", overtaken)
    with pytest.raises(NotAuthenticated):
        identity.sign_in("lock22", PASSWORD, HOME)


def test_right_invitations_do_not_use_up_what_an_address_may_try(site: TestSite) -> None:
    invitations = site.services.invitations
    code = invitations.make({0: 9})
    for _ in range(WRONG_INVITATIONS + 1):
        invitations.open(code, HOME)
    for _ in range(WRONG_INVITATIONS):
        with pytest.raises(NotFound):
            invitations.open("2222-3333-4444-5555", HOME)
    with pytest.raises(TooManyAttempts):
        invitations.open(code, HOME)
    assert invitations.open(code, STRANGER)


def test_wrong_crew_codes_lock_out_their_own_network_and_never_a_scan(site: TestSite) -> None:
    codes = site.services.codes
    for number in range(WRONG_CREW_CODES):
        with pytest.raises(NotFound):
            codes.open_typed("ABCD-EFGH-JKLM", f"2001:db8:9:9::{number}")
    with pytest.raises(TooManyAttempts):
        codes.open_typed("ABCD-EFGH-JKLM", "2001:db8:9:9::ffff")
    with pytest.raises(NotFound):
        codes.open_typed("ABCD-EFGH-JKLM", HOME)
    with pytest.raises(NotFound):
        codes.open_qr("no such secret", "2001:db8:9:9::ffff")


@pytest.mark.parametrize("ahead", [timedelta(days=2), timedelta(days=400)])
def test_a_clock_that_was_ahead_leaves_no_lock_out_behind(site: TestSite, ahead: timedelta) -> None:
    name = f"lock23-{ahead.days}"
    account(site, name)
    site.clock.advance(ahead)
    guess(site, name)
    crowd(site, STRANGER)
    brake(site, name)
    site.clock.advance(-ahead)
    page = sign_in(browser(site, STRANGER), name)
    assert page.status_int == 429
    assert int(page.headers["Retry-After"]) <= BRAKE_WINDOW.total_seconds()
    for _ in range(3):  # One count after the other is found to be late, and ends within its window.
        sign_in(browser(site, STRANGER), name)
        site.clock.advance(BRAKE_WINDOW)
    assert sign_in(browser(site, STRANGER), name).status_int == 302


def test_a_weak_password_is_named_after_the_throttle_and_only_then(site: TestSite) -> None:
    identity = site.services.identity
    for _ in range(600):
        identity._throttle.count("new password", address=STRANGER, limit=600, window=timedelta(hours=1))
    page = fill(
        browser(site, STRANGER).get("/signup"), "/signup",
        display_name="Ana Cruz", user_name="lock24", password="password1234",
    )  # fmt: skip
    assert page.status_int == 429
    page = fill(
        browser(site).get("/signup"), "/signup", display_name="Ana Cruz", user_name="lock24", password="password1234"
    )
    assert set(errors(page)) == {"password"}
