"""Translators see every text that people see, and nothing else."""

from io import BytesIO

from blockmrs.domain.triage.messages import extract

FILE = b"""
title = "Hurt toe"
version = "7"

[levels]
ambulance = "Call now"

[[finding]]
id = "toe"
label = "Blue toe"
how = ""
option = [{ value = "left", label = "Left toe" }]

[[rule]]
because = "Toes matter."
when = { toe = true }

[advice.hospital]
first_aid = ["Sit down.", "Sit down."]
"""


def test_shown_texts_are_extracted_once_with_their_line() -> None:
    assert [(line, message) for line, _, message, _ in extract(BytesIO(FILE), [], [], {})] == [
        (2, "Hurt toe"),
        (6, "Call now"),
        (10, "Blue toe"),
        (12, "Left toe"),
        (15, "Toes matter."),
        (19, "Sit down."),
    ]


def test_a_text_with_escapes_is_extracted_too() -> None:
    messages = list(extract(BytesIO(b'title = "A \\"quoted\\" toe"'), [], [], {}))
    assert messages == [(1, None, 'A "quoted" toe', [])]
