"""What a cookie holds."""

import hashlib
import hmac

import pytest

from blockmrs.crypto.sessions import check_token, known_mark, new_token, token_digest, token_key
from blockmrs.errors import InvalidInput

TOKEN = "A" * 43


def test_a_token_is_fresh_and_has_the_form_of_one() -> None:
    token = new_token()
    assert check_token(token) == token
    assert new_token() != token


@pytest.mark.parametrize("token", ["", "A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "\n", "\u00c4" * 43])
def test_text_that_is_no_token_is_refused(token) -> None:
    with pytest.raises(InvalidInput):
        check_token(token)


def test_what_the_server_keeps_gives_neither_token_nor_keys() -> None:
    values = {token_digest(TOKEN), token_key(TOKEN, "seal"), token_key(TOKEN, "csrf"), token_key("B" * 43, "seal")}
    assert len(values) == 4
    assert all(len(value) == 32 for value in values)


def test_what_stands_for_a_token_is_the_same_after_an_upgrade() -> None:
    """Else everybody would be signed out, and what they were writing lost."""
    assert token_digest(TOKEN) == hashlib.sha256(b"blockmrs/1 session id\x00" + b"A" * 43).digest()
    assert token_key(TOKEN, "seal") == hmac.digest(b"A" * 43, b"blockmrs/1 session key\x00seal", "sha256")


def test_a_browser_is_known_for_one_account_only_and_by_its_token_only() -> None:
    mark = known_mark(TOKEN, b"maria")
    assert mark == hmac.digest(token_key(TOKEN, "known browser"), b"maria", "sha256")
    assert len({mark, known_mark(TOKEN, b"carol"), known_mark("B" * 43, b"maria")}) == 3
