"""Content identifiers."""

import pytest

from blockmrs.cid import Cid
from blockmrs.errors import InvalidInput, ObjectMismatch

EMPTY = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
HELLO = "bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4"


@pytest.mark.parametrize(("content", "text"), [(b"", EMPTY), (b"hello world\n", HELLO)])
def test_the_known_answers(content, text) -> None:
    assert str(Cid.of(content)) == text
    assert Cid.parse(text) == Cid.of(content)
    assert len(text) == 59


@pytest.mark.parametrize(
    "text",
    [
        "",
        HELLO[:-1],
        HELLO + "a",
        HELLO.upper(),
        "B" + HELLO[1:],
        "z" + HELLO[1:],
        HELLO[:-1] + "j",
        HELLO[:-1] + "1",
        " " + HELLO,
        HELLO + "\n",
        "bafybei" + HELLO[7:],
        "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o",
        "../" + HELLO,
    ],
)
def test_any_other_text_is_refused(text) -> None:
    with pytest.raises(InvalidInput):
        Cid.parse(text)


def test_a_digest_has_32_bytes() -> None:
    with pytest.raises(InvalidInput):
        Cid(bytes(31))


def test_bytes_are_checked_against_their_name() -> None:
    Cid.parse(HELLO).check_bytes(b"hello world\n")
    with pytest.raises(ObjectMismatch):
        Cid.parse(HELLO).check_bytes(b"hello world")
