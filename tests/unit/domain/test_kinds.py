"""The words of the closed sets are what stands on the wire, and an unknown one is treated as it always was."""

from datetime import UTC, datetime

import pytest

from blockmrs.cid import Cid
from blockmrs.domain.kinds import Content, InvitationKind, Purpose, Relation
from blockmrs.domain.roll import Says, Statement
from blockmrs.domain.sharing import Appointment, Grant, Pointer, Receipt
from blockmrs.encoding import decode, encode
from blockmrs.errors import InvalidInput

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
ID = b"i" * 32
POINTER = Pointer(Cid(b"d" * 32), b"s" * 32)


def test_the_words_on_the_wire_are_these() -> None:
    assert [word.value for word in Relation] == ["holder", "self", "guardian", "member", "coach", "predecessor"]
    assert [word.value for word in Purpose] == ["care", "second opinion", "sport", "insurance", "other"]
    assert [word.value for word in Content] == [
        "report", "facts", "roster", "symptom-check", "clearance", "reply", "crew-facts"
    ]  # fmt: skip
    assert [word.value for word in InvitationKind] == ["family", "staff"]


@pytest.mark.parametrize(
    ("fields", "key", "word"),
    [
        (Grant(ID, ID, Content.CHECK, NOON).to_fields(), 10, "symptom-check"),
        (Receipt(ID, NOON, Purpose.SECOND_OPINION, "Dr Lee").to_fields(), 8, "second opinion"),
        (Appointment(ID, POINTER, Relation.GUARDIAN, NOON).to_fields(), 9, "guardian"),
        (Statement(Says.JOINED, ID, relation=Relation.SELF).to_fields(ID), 9, "self"),
    ],
)
def test_a_word_is_written_as_the_plain_text_that_it_is(fields, key: int, word: str) -> None:
    assert type(fields[key]) is str
    assert decode(encode(fields))[key] == word


@pytest.mark.parametrize("relation", ["coach", "predecessor", "owner", ""])
def test_an_appointment_as_something_else_is_refused(relation: str) -> None:
    fields = Appointment(ID, POINTER, Relation.SELF, NOON).to_fields() | {9: relation}
    with pytest.raises(InvalidInput):
        Appointment.from_fields(fields)


def test_a_purpose_of_a_later_version_is_kept_as_it_was_written() -> None:
    fields = Grant(ID, ID, Purpose.CARE, NOON).to_fields() | {10: "research"}
    assert Grant.from_fields(fields).purpose == "research"


def test_a_statement_with_a_relation_of_a_later_version_is_read() -> None:
    fields = Statement(Says.JOINED, ID).to_fields(ID) | {9: "aunt"}
    assert Statement.from_fields(fields).relation == "aunt"
