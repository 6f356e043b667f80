"""A number is dialled as it is meant, and two numbers are two."""

import pytest

from blockmrs.domain.phones import parse_numbers
from blockmrs.errors import InvalidInput


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [
        ("+44 (0)20 7946 0018", ["+442079460018"]),
        ("0044 (0)20 7946 0018", ["+442079460018"]),
        ("+39 06 1234 5678", ["+390612345678"]),
        ("+1 (555) 010-0199", ["+15550100199"]),
        ("+1 555 010 0199 ext. 12", ["+15550100199;ext=12"]),
        ("(555) 010-0199 x12", ["5550100199;ext=12"]),
        ("030/1234567", ["0301234567"]),
        ("911", ["911"]),
        ("\u202a+44\u00a020\u20117946\u00a00018\u202c", ["+442079460018"]),
        ("٠٢٠ ٧٩٤٦ ٠٠١٨", ["02079460018"]),
        ("020 7946 0000 / 020 7946 0001", ["02079460000", "02079460001"]),
        ("020 7946 0000, 020 7946 0001", ["02079460000", "02079460001"]),
        ("020 7946 0000 or 020 7946 0001", ["02079460000", "02079460001"]),
        ("555 0100; 555 0101", ["5550100", "5550101"]),
        ("+44 20 7946 0018 +44 20 7946 0019", ["+442079460018", "+442079460019"]),
        ("555 0100\n555 0101", ["5550100", "5550101"]),
        ("", []),
        ("  ", []),
    ],
)
def test_a_number_is_dialled_as_it_is_meant(typed: str, dialled: list[str]) -> None:
    assert [number.dialled for number in parse_numbers(typed, field="phone")] == dialled


@pytest.mark.parametrize(
    "typed",
    [
        "ask Joe", "12", "++1 555 0100", "+() -", "+44", "+44 20", "+999 1234 5678", "020 7946 0000 020 7946 0001",
        "call 911 now", "1;2;3", "555 0100; 555 0101; 555 0102; 555 0103", "+" + "1" * 79, "tel:911",
    ],
)  # fmt: skip
def test_what_cannot_be_dialled_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_numbers(typed, field="phone")
    assert refused.value.field == "phone"


@pytest.mark.parametrize("typed", ["+44 (0)20 7946 0018", "555 0100; 555 0101 ext 3", "030/1234567"])
def test_what_is_shown_is_read_again_as_the_same(typed: str) -> None:
    once = parse_numbers(typed, field="phone")
    assert parse_numbers("; ".join(number.text for number in once), field="phone") == once
