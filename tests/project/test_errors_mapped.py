"""Every error that is raised on purpose has its place in the one table of statuses."""

import re
from pathlib import Path

import pytest

from blockmrs import errors
from blockmrs.controllers.web.http_errors import STATUS_OF, WORDS, headers_of, status_of
from blockmrs.errors import BlockMRSError, TooManyAttempts

ROOT = Path(__file__).parents[2]
ERRORS = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, BlockMRSError)]


@pytest.mark.parametrize("error_class", ERRORS)
def test_every_error_has_a_status_of_its_own_family(error_class: type[BlockMRSError]) -> None:
    if error_class is TooManyAttempts:
        error: BlockMRSError = TooManyAttempts("too many tries", retry_after_s=3)
    else:
        error = error_class("reason")
    assert error_class is BlockMRSError or status_of(error) in STATUS_OF.values()
    assert error_class is BlockMRSError or any(
        base in STATUS_OF for base in error_class.__mro__ if base is not BlockMRSError
    )


@pytest.mark.parametrize("status", sorted(set(STATUS_OF.values())))
def test_every_status_has_words(status: int) -> None:
    assert WORDS[status].happened
    assert WORDS[status].do


def test_words_are_not_those_that_pages_never_say() -> None:
    said = " ".join(words.happened + words.do for words in WORDS.values()).lower()
    assert not re.search(r"invalid|please|sorry|oops|!", said)


def test_waiting_is_at_least_a_second() -> None:
    assert headers_of(TooManyAttempts("too many tries", retry_after_s=0)) == {"Retry-After": "1"}


def test_no_other_file_turns_errors_into_statuses() -> None:
    elsewhere = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "blockmrs").rglob("*.py")
        if re.search(r"\babort\(|HTTP(NotFound|Forbidden|Unauthorized|BadRequest)\b", path.read_text(encoding="utf-8"))
    ]
    assert elsewhere == []
