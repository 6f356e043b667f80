"""The code on the recovery sheet."""

import re

import pytest

from blockmrs.crypto import crockford
from blockmrs.crypto.recovery_codes import format_recovery_code, new_recovery_code, parse_recovery_code
from blockmrs.errors import InvalidInput, Malformed, Slip

CODE = format_recovery_code(bytes(range(16)))


def test_a_code_is_seven_groups_of_four_without_ambiguous_letters() -> None:
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}", new_recovery_code())


def test_codes_are_fresh() -> None:
    assert new_recovery_code() != new_recovery_code()


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        CODE.replace("-", ""),
        CODE.replace("-", " "),
        CODE.replace("-", "\u2013"),
        f"  {CODE}\n",
        CODE.replace("0", "O").replace("1", "l"),
        CODE.replace("0", "o").replace("1", "I"),
        "".join(chr(ord(c) + 0xFEE0) for c in CODE),
    ],
    ids=["as shown", "small", "together", "spaces", "dashes", "ends", "letters", "other letters", "full width"],
)
def test_a_code_is_understood_however_it_is_typed(typed) -> None:
    assert parse_recovery_code(typed) == CODE


@pytest.mark.parametrize(
    ("typed", "slip", "numbers"),
    [
        ("", Slip.LENGTH, {"whole": 28, "typed": 0}),
        (CODE[:-1], Slip.LENGTH, {"whole": 28, "typed": 27}),
        (CODE + "0", Slip.LENGTH, {"whole": 28, "typed": 29}),
        ("U" + CODE[1:], Slip.CHARACTER, {"place": 1}),
        (CODE[:5] + "*" + CODE[6:], Slip.CHARACTER, {"place": 5}),
        (CODE[:-1] + ("0" if CODE[-1] != "0" else "1"), Slip.COPIED, {}),
        (CODE[5:9] + "-" + CODE[:4] + CODE[9:], Slip.COPIED, {}),
    ],
)
def test_a_wrong_code_is_told_apart_before_any_work(typed, slip, numbers) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_recovery_code(typed)
    assert (refusal.value.slip, refusal.value.context) == (slip, numbers)
    assert CODE[:4] not in str(refusal.value)


def test_every_single_wrong_character_in_this_code_is_noticed() -> None:
    plain = CODE.replace("-", "")
    unnoticed = 0
    for place in range(28):
        for character in crockford.ALPHABET:
            if character != plain[place]:
                try:
                    parse_recovery_code(plain[:place] + character + plain[place + 1 :])
                    unnoticed += 1
                except InvalidInput:
                    pass
    # 12 check bits let one in 4,096 pass: of these 868, none for this code.
    assert unnoticed == 0


def test_characters_carry_five_bits_each() -> None:
    assert crockford.encode(bytes.fromhex("00443214c7")) == "01234567"
    assert crockford.to_integer(crockford.encode(b"hello")) == int.from_bytes(b"hello", "big")


def test_bits_that_do_not_fill_characters_are_refused() -> None:
    with pytest.raises(InvalidInput):
        crockford.encode(b"four")
