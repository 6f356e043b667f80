"""Errors say what failed in words that can be translated, and hold identifiers only."""

from blockmrs.errors import InvalidInput, Message


def test_a_message_reads_as_english_and_remembers_what_a_translation_needs():
    said = Message("Use %(limit)d characters or fewer", limit=300)
    assert said == "Use 300 characters or fewer"
    assert said.pattern == "Use %(limit)d characters or fewer"
    assert said.values == {"limit": 300}


def test_an_error_names_its_field_and_its_context():
    error = InvalidInput("too long", field="note", size_bytes=9)
    assert error.field == "note"
    assert str(error) == "too long (size_bytes=9)"
