"""The same words lead to the same proposals on the phone, in a real browser, as on the server."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

import blockmrs
from blockmrs.domain.triage.routing import LONGEST_TEXT, load_words, propose, words_as_data
from blockmrs.errors import InvalidInput
from tests.triage.test_routing import PHRASES

WORDS = load_words()
FOLDER = Path(blockmrs.__file__).parent / "public" / "js"
SCRIPTS = [FOLDER / name for name in ("page/base.js", "engine/routing.js")]
PROBLEMS = {"long": "Write one short line", "letters": "Use letters and numbers"}
ASK = """texts => texts.map(text => {
    try { return propose(text); } catch (refused) { return {refused: refused.problem}; }
})"""
BATCH = 500
MADE = 1000
"""Texts made by hypothesis, the same in every run."""
MANY = settings(derandomize=True, max_examples=MADE, deadline=None, database=None, phases=[Phase.generate])
ALPHABET = "abcdefghijklmnopqrstuvwxyzñáéíóúüß039'’ -ﬁ"


@pytest.fixture(scope="module")
def phone(chromium: Browser) -> Iterator[Page]:
    """A page in which `propose` is the phone's, with the lists as they are sent to it."""
    page = chromium.new_page()
    for script in SCRIPTS:
        page.add_script_tag(path=script)
    page.evaluate("lists => { window.propose = routing(JSON.parse(lists)) }", json.dumps(words_as_data(WORDS)))
    yield page
    page.close()


def proposed(text: str) -> dict[str, Any]:
    try:
        found = propose(WORDS, text)
    except InvalidInput as error:
        return {"refused": next(name for name, words in PROBLEMS.items() if error.message.startswith(words))}
    return {"presentations": [*found.presentations], "signs": [*found.signs]}


def compare(phone: Page, texts: Sequence[str]) -> None:
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        for text, theirs in zip(batch, phone.evaluate(ASK, batch), strict=True):
            assert theirs == proposed(text), repr(text)


@st.composite
def misspelt(draw: st.DrawFn) -> str:
    """Words that the lists know, some of them with letters wrong, left out, doubled or swapped."""
    found = []
    for word in draw(st.lists(st.sampled_from(WORDS.vocabulary), min_size=1, max_size=8)):
        letters = list(word)
        for _ in range(draw(st.integers(0, 3))):
            place = draw(st.integers(0, len(letters) - 1)) if letters else 0
            match draw(st.sampled_from(["wrong", "left out", "more", "swapped"])) if letters else "more":
                case "wrong":
                    letters[place] = draw(st.sampled_from(ALPHABET))
                case "left out":
                    del letters[place]
                case "more":
                    letters.insert(place, draw(st.sampled_from(ALPHABET)))
                case "swapped":
                    letters[place : place + 2] = reversed(letters[place : place + 2])
        found.append("".join(letters))
    return " ".join(found)[:LONGEST_TEXT]


def made(strategy: st.SearchStrategy[str]) -> list[str]:
    texts: list[str] = []

    @MANY
    @given(text=strategy)
    def make(text: str) -> None:
        texts.append(text)

    make()
    assert len(texts) >= MADE
    return texts


def test_what_people_write_is_proposed_alike(phone: Page) -> None:
    phrases = [phrase for phrase, _ in PHRASES]
    compare(phone, [*phrases, *(phrase.upper() for phrase in phrases), " ".join(phrases)[:LONGEST_TEXT]])


def test_every_entry_of_the_lists_is_proposed_alike(phone: Page) -> None:
    lists = words_as_data(WORDS)
    compare(phone, [entry for key in ("signs", "presentations") for all_ in lists[key].values() for entry in all_])


def test_misspelt_words_are_proposed_alike(phone: Page) -> None:
    compare(phone, made(misspelt()))


def test_texts_that_nobody_thought_of_are_proposed_or_refused_alike(phone: Page) -> None:
    # A form never holds half of a surrogate pair: the browser writes U+FFFD for it.
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=LONGEST_TEXT + 1)
    words = st.sampled_from(WORDS.vocabulary)
    compare(phone, made(st.one_of(text, st.builds(lambda one, word: one[:150] + word + one[150:], text, words))))


def test_each_character_in_a_word_is_read_alike(phone: Page) -> None:
    """Does it part a word, stand for another letter, or is it refused? The alphabets whole, a part of the rest."""
    part = (
        *range(0x500, 0x3000, 11),
        *range(0xFB00, 0xFB10),
        *range(0xFEF0, 0x10010, 5),
        *range(0x3000, sys.maxunicode, 4001),
    )
    numbers = [*range(0x500), *part]
    characters = [chr(number) for number in numbers if not 0xD800 <= number < 0xE000]
    # Short words, so that none of them is compared with all of the lists.
    compare(phone, ["fi" + character + "t" for character in characters])


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "?!", "😀", "x" * 199, "x" * 200, "x" * 201, "😀" * 200, "😀" * 201, "hit his hed " * 17),
        *("hit\x00head", "hit\x1chead", "hit\x85head", "hit\ufeffhead", "hit\u3000head", "hit\u202ehead", "hit\ufffd"),
        *("HEAD", "ſtroke", "ﬁt", "ｈｅａｄ", "𝐡𝐞𝐚𝐝", "golpé", "golpe\u0301", "ENTZÜNDUNG", "strasse straße", "İ", "ŉ"),
    ],
)
def test_odd_texts_are_proposed_or_refused_alike(phone: Page, text: str) -> None:
    compare(phone, [text])
