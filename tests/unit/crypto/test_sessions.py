"""What a cookie holds."""

import pytest

from blockmrs.crypto.sessions import check_token, new_token, token_digest, token_key
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
