"""What an organisation decided about a sender reads back as it was written, and nothing else is a decision."""

from datetime import UTC, datetime

import pytest

from blockmrs.domain.senders import SenderDecision, Standing
from blockmrs.encoding import Value
from blockmrs.errors import InvalidInput

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
SENDER = b"s" * 32
FIELDS: dict[int, Value] = SenderDecision(SENDER, NOON, Standing.BLOCKED).to_fields()


@pytest.mark.parametrize("standing", Standing)
def test_a_decision_reads_back_as_it_was_written(standing: Standing) -> None:
    decision = SenderDecision(SENDER, NOON, standing)
    assert SenderDecision.from_fields(decision.to_fields()) == decision


@pytest.mark.parametrize(
    "wrong",
    [
        {6: None},
        {6: "s" * 32},
        {6: SENDER[1:]},
        {7: None},
        {7: "noon"},
        {8: None},
        {8: True},
        {8: 3},
        {8: -1},
        {8: "2"},
    ],
)
def test_fields_of_another_form_decide_nothing(wrong: dict[int, Value]) -> None:
    with pytest.raises(InvalidInput):
        SenderDecision.from_fields({**FIELDS, **wrong})
