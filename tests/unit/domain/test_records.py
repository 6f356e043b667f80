"""Updates and their one encoding."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest

from blockmrs.crypto.keys import Keyring
from blockmrs.crypto.signatures import sign, verify_signature
from blockmrs.domain.records import Update, decode_update, encode_update, update_id
from blockmrs.encoding import decode, encode
from blockmrs.errors import InvalidInput, InvalidSignature

CREATED = datetime(2026, 3, 14, 15, 9, 26, 535000, tzinfo=UTC)
UPDATE = Update(
    nonce=bytes(range(16)),
    subject=b"s" * 32,
    author=b"a" * 32,
    kind="field-report",
    created=CREATED,
    purpose="care",
    body=b'{"resourceType":"Bundle"}',
)
SIGNATURE = b"\x55" * 64
CHAIN = bytes(32)


def changed(key: int, value: object) -> bytes:
    return encode({**decode(encode_update(UPDATE, SIGNATURE)), key: value})


def test_an_update_encodes_and_decodes_with_its_signature() -> None:
    assert decode_update(encode_update(UPDATE, SIGNATURE)) == (UPDATE, SIGNATURE)


def test_an_update_is_a_map_of_nine_fields() -> None:
    assert decode(encode_update(UPDATE, SIGNATURE)) == {
        0: 1,
        1: UPDATE.nonce,
        2: UPDATE.subject,
        3: UPDATE.author,
        4: "field-report",
        5: 1773500966535,
        6: "care",
        7: UPDATE.body,
        8: SIGNATURE,
    }


def test_the_signature_is_over_everything_else() -> None:
    everything = decode(encode_update(UPDATE, SIGNATURE))
    del everything[8]
    assert UPDATE.signed_bytes() == encode(everything)


def test_the_id_is_the_digest_of_the_plaintext() -> None:
    assert update_id(encode_update(UPDATE, SIGNATURE)) == sha256(encode_update(UPDATE, SIGNATURE)).digest()


def test_an_update_naming_another_subject_or_purpose_is_not_what_its_author_signed() -> None:
    author = Keyring.from_seed(bytes(32))
    signature = sign(author.signing_seed, "update", CHAIN, UPDATE.signed_bytes())
    verify_signature(author.card.signing_key, "update", CHAIN, UPDATE.signed_bytes(), signature)
    for other in (replace(UPDATE, subject=b"x" * 32), replace(UPDATE, purpose="research")):
        with pytest.raises(InvalidSignature):
            verify_signature(author.card.signing_key, "update", CHAIN, other.signed_bytes(), signature)


def test_a_time_is_kept_to_the_millisecond_in_utc() -> None:
    elsewhere = (CREATED + timedelta(microseconds=999)).astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert replace(UPDATE, created=elsewhere) == UPDATE
    assert replace(UPDATE, created=elsewhere).created.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": bytes(15)},
        {"subject": bytes(31)},
        {"author": bytes(33)},
        {"kind": ""},
        {"kind": "x"},
        {"kind": "x" * 33},
        {"kind": "Report"},
        {"kind": "-report"},
        {"kind": "report\n"},
        {"purpose": "care of"},
        {"purpose": "soins\u00e9"},
        {"created": datetime(2026, 3, 14)},  # noqa: DTZ001 - the case that is refused
        {"created": datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)},
    ],
    ids=str,
)
def test_fields_that_break_the_rules_make_no_update(change) -> None:
    with pytest.raises(InvalidInput):
        replace(UPDATE, **change)


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_has_64_bytes(length) -> None:
    with pytest.raises(InvalidInput):
        encode_update(UPDATE, bytes(length))
    with pytest.raises(InvalidInput):
        decode_update(changed(8, bytes(length)))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (0, 0),
        (0, 2),
        (0, True),
        (0, None),
        (1, "text"),
        (1, bytes(17)),
        (2, 7),
        (3, None),
        (4, b"field-report"),
        (4, "Field Report"),
        (5, b""),
        (5, True),
        (5, 2**63 - 1),
        (6, []),
        (7, "text"),
        (7, {}),
        (8, None),
        (9, 0),
        (23, b""),
    ],
)
def test_a_field_of_another_type_or_value_makes_no_update(key, value) -> None:
    with pytest.raises(InvalidInput):
        decode_update(changed(key, value))


@pytest.mark.parametrize("key", range(9))
def test_a_missing_field_makes_no_update(key) -> None:
    value = decode(encode_update(UPDATE, SIGNATURE))
    del value[key]
    with pytest.raises(InvalidInput):
        decode_update(encode(value))


@pytest.mark.parametrize("plaintext", [b"", b"\x80", b"\xf6", b"\xa0", encode_update(UPDATE, SIGNATURE) + b"\x00"])
def test_bytes_that_are_no_update_are_refused(plaintext) -> None:
    with pytest.raises(InvalidInput):
        decode_update(plaintext)
