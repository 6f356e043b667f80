"""What a clinician's reply may say, and its form on the wire."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from blockmrs.domain.replies import CALL, SEEN, Reply, check_line, check_phone
from blockmrs.errors import InvalidInput
from blockmrs.fhir.reply import read_reply, write_reply

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
REPLY = Reply(b"r" * 32, CALL, "+1 202 555 0123; 555 0100", "Bring the splint.", "Dr Lee", "North Hospital", NOON)
SUBJECT = b"s" * 32


@pytest.mark.parametrize(
    "reply",
    [REPLY, replace(REPLY, line=""), replace(REPLY, wish=SEEN, phone=""),
     replace(REPLY, wish="", phone="", line="", withdraws=b"w" * 32)],
)  # fmt: skip
def test_a_reply_is_read_as_it_was_written(reply: Reply) -> None:
    assert read_reply(write_reply(reply, subject=SUBJECT)) == reply


def test_a_reply_is_a_fhir_communication_from_a_role_with_a_telephone() -> None:
    content = json.loads(write_reply(REPLY, subject=SUBJECT))
    assert (content["resourceType"], content["status"]) == ("Communication", "completed")
    assert content["contained"][0]["telecom"] == [{"system": "phone", "value": REPLY.phone}]
    withdrawal = replace(REPLY, wish="", phone="", line="", withdraws=b"w" * 32)
    assert json.loads(write_reply(withdrawal, subject=SUBJECT))["status"] == "entered-in-error"


def changed(**changes: object) -> bytes:
    return json.dumps(json.loads(write_reply(REPLY, subject=SUBJECT)) | changes).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{" * 100000,
        b"{" + b" " * 70000 + b"}",
        changed(resourceType="Observation"),
        changed(status="entered-in-error"),
        changed(category=[]),
        changed(category=[{"coding": [{"code": "withdrawn"}]}]),
        changed(status="entered-in-error", category=[{"coding": [{"code": "withdrawn"}]}]),
        changed(about=[{"identifier": {"value": "no"}}]),
        changed(contained=[]),
        changed(contained=[{"practitioner": {"display": "A"}, "organization": {"display": "B"}}]),
        changed(contained=[{"practitioner": {"display": "A"}, "organization": {"display": "B"},
                            "telecom": [{"value": "javascript:alert(1)"}]}]),
        changed(payload=[{"contentString": "x" * 121}]),
        changed(payload=[{"contentString": "a\u202eb"}]),
        changed(sent="yesterday"),
    ],
)  # fmt: skip
def test_what_is_no_reply_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_reply(content)


def test_a_number_is_needed_where_a_call_is_asked_for_and_dropped_elsewhere() -> None:
    assert check_phone("whatever", SEEN) == ""
    with pytest.raises(InvalidInput):
        check_phone(" ", CALL)
    assert [number.dialled for number in REPLY.numbers] == ["+12025550123", "5550100"]


def test_a_line_is_one_line() -> None:
    assert check_line(" Bring\n the  splint. ") == "Bring the splint."
