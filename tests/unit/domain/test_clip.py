"""A name is cut by the bytes that it takes in a transaction, and never within a character."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockmrs.domain.sharing import TITLE_LIMIT, clip


@given(st.text(max_size=200))
def test_a_cut_name_fits(text: str) -> None:
    cut = clip(text)
    assert len(cut.encode()) <= TITLE_LIMIT
    assert cut == text or text.startswith(cut.removesuffix("…").rstrip())


@pytest.mark.parametrize("text", ["", "Sam Rivers", "x" * TITLE_LIMIT, "é" * (TITLE_LIMIT // 2)])
def test_what_fits_is_not_cut(text: str) -> None:
    assert clip(text) == text


@pytest.mark.parametrize("text", ["e\u0301" * 40, "नि" * 40, "👩\u200d⚕\ufe0f" * 20, "ที่" * 40])
def test_no_mark_loses_its_letter_and_no_letter_its_mark(text: str) -> None:
    kept = clip(text).removesuffix("…")
    following = text[len(kept)]
    assert kept
    assert not unicodedata.category(following).startswith("M")
    assert following not in "\u200d\ufe0f"
    assert not kept.endswith("\u200d")
