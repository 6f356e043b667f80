"""What counts as an answer to a question, and the short text that stands for one: the same for every door."""

from collections.abc import Mapping

from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.rules import Finding, Kind
from blockmrs.errors import InvalidInput

YES, NO, UNSURE = "yes", "no", "unsure"
ANSWERS: Mapping[str, bool | None] = {YES: True, NO: False, UNSURE: None}
"""The answers that are no choice and no number, by their texts."""
MOST_DIGITS = 9


def check_answer(finding: Finding, value: object) -> Answer:
    """The value, if it has the question's type; a number outside the question's bounds is "can't tell".

    Raises:
        InvalidInput: it is no answer to this question; `field` is the finding.
    """
    if value is None:
        return None
    if finding.kind is Kind.YES_NO and isinstance(value, bool):
        return value
    if finding.kind is Kind.NUMBER and isinstance(value, int | float) and not isinstance(value, bool):
        return value if finding.least <= value <= finding.most else None
    if finding.kind is Kind.CHOICE and isinstance(value, str):
        if value in (finding.none, *(option.value for option in finding.options)):
            return value
        raise InvalidInput("an unknown choice", field=finding.id, at=finding.id)
    raise InvalidInput(f"the answer is not a {finding.kind.value}", field=finding.id, at=finding.id)


def parse_answer(finding: Finding, text: str) -> Answer:
    """The answer that this text stands for; `format_answer` undoes it.

    Raises:
        InvalidInput: it stands for no answer to this question; `field` is the finding.
    """
    if text == UNSURE:
        return None
    value: object = text
    if finding.kind is Kind.YES_NO:
        value = ANSWERS.get(text, text)
    elif finding.kind is Kind.NUMBER and text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS:
        value = int(text)
    return check_answer(finding, value)


def format_answer(answer: Answer) -> str:
    """The text that stands for an answer."""
    if answer is None:
        return UNSURE
    if isinstance(answer, bool):
        return YES if answer else NO
    return str(answer)
