"""The key that seals what somebody writes on a phone: only a session of theirs gives it, in words that never repeat."""

import base64
import secrets

from tests.support.coach import person, signed_in
from tests.support.html import soup


def told(page) -> list[str]:
    """The account's mark, its key, and for how long a phone may hold it."""
    mark, text, seconds = soup(page).select_one("[data-account]")["data-account"].split(" ")
    both = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    key = bytes(one ^ other for one, other in zip(both[:32], both[32:], strict=True))
    return [mark, key.hex(), seconds]


def account(site) -> str:
    """The user name of somebody new."""
    name = f"user-{secrets.token_hex(6)}"
    person(site, name, "Ana Torres")
    return name


def test_an_account_has_one_key_on_every_page_and_no_two_accounts_the_same(site):
    ana, ben = account(site), account(site)
    first, other = signed_in(site, ana), signed_in(site, ben)
    mark, key, seconds = told(first.get("/"))
    assert len(mark) == 16
    assert len(key) == 64
    assert seconds == str(site.settings.sessions.longest_s)
    assert told(first.get("/field/reports")) == [mark, key, seconds]
    assert set(told(other.get("/"))[:2]).isdisjoint({mark, key})
    assert told(signed_in(site, ana).get("/"))[:2] == [mark, key]


def test_no_two_pages_say_a_key_in_the_same_letters(site):
    coach = signed_in(site, account(site))
    texts = {soup(coach.get("/")).select_one("[data-account]")["data-account"] for _ in range(3)}
    assert len(texts) == 3


def test_signed_out_a_page_says_so_and_gives_no_key(site):
    assert soup(site.browser().get("/")).select_one("[data-account]")["data-account"] == ""


def test_what_a_phone_keeps_for_everybody_names_no_account_also_while_somebody_is_signed_in(site):
    coach = signed_in(site, account(site))
    for path in ("/field", "/field/phone", "/field/kept/away/en"):
        assert "data-account" not in coach.get(path).text
