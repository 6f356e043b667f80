"""What people type and paste is made plain in one place, and nothing that they wrote is lost there."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockmrs.typed import folded, is_seen, one_line, plain, sign_by_sign


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("\ufeffSam\u00a0Rivers\u200b", "Sam Rivers"),
        ("\u202aSam Rivers\u202c", "Sam Rivers"),
        ("\u2068 Sam \u2069", "Sam"),
        ("Ana\u0301 Li\u00adnd", "Aná Lind"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
        ("👩\u200d⚕\ufe0f\u200b", "👩\u200d⚕"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("S\u200dam\ufe0f", "Sam"),
        ("a\u202eb", "a\u202eb"),
    ],
)
def test_marks_that_nobody_sees_go_and_words_stay(typed: str, meant: str) -> None:
    assert plain(typed) == meant


@given(st.text())
def test_what_is_plain_stays_as_it_is(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789 .,;:!?äöüßñ"))
def test_no_letter_and_no_digit_is_lost(text: str) -> None:
    assert one_line(text) == " ".join(text.split())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("\u202a+44\u00a020\u20117946\u202f0018\u202c", "+44 20-7946 0018"),
        ("٠٢٠ ٧٩٤٦", "020 7946"),
        ("２０２７", "2027"),
        ("१४:०२", "14:02"),
        ("12–14", "12-14"),
    ],
)
def test_numbers_are_read_in_any_script(typed: str, meant: str) -> None:
    assert sign_by_sign(typed) == meant


@pytest.mark.parametrize(
    "name", ["", " ", "\u200b", "\u3164\u115f", "\u2800", "\u0301", "--", "…", "\ufe0f\u200d", "🙂"]
)
def test_a_name_that_nobody_could_read_out_is_none(name: str) -> None:
    assert not is_seen(name)


@pytest.mark.parametrize("name", ["Ada", "李", "7", "Ω", "نور", "d'Arc"])
def test_a_name_in_any_script_is_one(name: str) -> None:
    assert is_seen(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hôpital Saint-Étienne", "hopital saint etienne"),
        ("St. Mary’s", "st marys"),
        ("Queen's", "QUEENS"),
        ("Clínica São João", "clinica sao joao"),
        ("Universitätsklinikum Gießen", "universitatsklinikum giessen"),
        ("Ålesund sjukehus", "alesund sjukehus"),
        ("Rigshospitalet Søndre", "rigshospitalet sondre"),
    ],
)
def test_a_search_knows_no_accents_and_no_apostrophes(one: str, other: str) -> None:
    assert folded(one) == folded(other)
