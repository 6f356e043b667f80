import hashlib
import hmac

import pytest

from blockmrs.chain.lines import card_slot, one_time_key_at, one_time_seed_at, slot_at
from blockmrs.crypto.keys import signing_public_key
from blockmrs.errors import InvalidInput
from tests.unit.chain.support import LINE


def test_a_slot_is_the_documented_hmac_of_its_number():
    expected = hmac.new(LINE, b"blockmrs/1 slot\x00" + bytes(7) + b"\x05", hashlib.sha256).digest()
    assert slot_at(LINE, 5) == expected


def test_a_one_time_seed_is_the_documented_hkdf_of_its_number():
    extracted = hmac.new(bytes(32), LINE, hashlib.sha256).digest()
    info = b"blockmrs/1 otk\x00" + bytes(7) + b"\x05"
    assert one_time_seed_at(LINE, 5) == hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def test_a_one_time_key_belongs_to_its_seed():
    assert one_time_key_at(LINE, 5) == signing_public_key(one_time_seed_at(LINE, 5))


def test_a_cards_slot_follows_from_its_id_alone():
    assert card_slot(LINE) == hmac.new(LINE, b"blockmrs/1 card slot\x00", hashlib.sha256).digest()


def test_no_two_numbers_and_no_two_lines_share_a_slot_or_a_key():
    places = [(line, number) for line in (LINE, b"M" * 32) for number in range(50)]
    assert len({slot_at(*place) for place in places}) == 100
    assert len({one_time_seed_at(*place) for place in places}) == 100


@pytest.mark.parametrize("number", [-1, 2**63])
def test_a_number_outside_the_line_is_refused(number):
    with pytest.raises(InvalidInput):
        slot_at(LINE, number)


@pytest.mark.parametrize("key", [b"", b"x" * 31, b"x" * 33])
def test_a_key_of_another_length_is_refused(key):
    for use in (slot_at, one_time_seed_at, lambda key, _number: card_slot(key)):
        with pytest.raises(InvalidInput):
            use(key, 0)
