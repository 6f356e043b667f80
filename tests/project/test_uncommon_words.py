"""Pages are written in common words; each other word has a reason, and no page has many."""

import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

from tools.uncommon_words import bases, commonest, pages, uncommon

MOST_ON_A_PAGE = 20
FILE = Path(__file__).with_name("uncommon_words.toml")
LISTED = [
    word
    for reason in tomllib.loads(FILE.read_text(encoding="utf-8"))["reason"]
    for word in reason["words"]
    if reason["why"]
]
REASONED = frozenset(LISTED)


def heads(word: str) -> set[str]:
    """The listed words of which it is a form."""
    return REASONED.intersection(bases(word))


@cache
def found() -> dict[str, set[str]]:
    """Every page's words that are not common."""
    return {page: uncommon(texts) for page, texts in pages()}


def test_every_word_that_is_not_common_has_a_reason() -> None:
    without = {page: rare for page, words in found().items() if (rare := sorted(w for w in words if not heads(w)))}
    assert without == {}


def test_no_page_has_more_than_twenty_such_words() -> None:
    many = {
        page: sorted(words)
        for page, words in found().items()
        if len({min(heads(word), default=word) for word in words}) > MOST_ON_A_PAGE
    }
    assert many == {}


def test_no_reason_is_given_twice_or_for_a_word_that_no_page_has() -> None:
    used = {head for words in found().values() for word in words for head in heads(word)}
    assert [word for word, times in Counter(LISTED).items() if times > 1] == []
    assert sorted(REASONED - used) == []


def test_a_form_of_a_common_word_is_common_and_an_example_or_a_value_is_no_word() -> None:
    assert {"pain", "doctor", "hospital", "breath", "head"} <= commonest()
    assert uncommon(["They breathe and are thinking. Is it %(sore)s? Like “penicillin”."]) == set()
    assert uncommon(["It swells. The tourniquet is tight.", "It swelled"]) == {"swells", "swelled", "tourniquet"}
