"""Rows that only save time: one that was changed keeps nobody from reading."""

import logging

from sqlalchemy import text

from blockmrs.services.lines.short_cuts import read_short_cut, replace_short_cut
from tests.support.lines import Lines

PLACE, OTHER = bytes(32), bytes([1]) * 32


def keep(lines: Lines, lookup: bytes, sealed: bytes) -> None:
    with lines.database.write() as rows:
        replace_short_cut(rows, lookup, sealed)


def test_what_is_kept_is_read_under_its_own_place_and_replaced_there(lines: Lines) -> None:
    assert read_short_cut(lines.database, PLACE) is None
    keep(lines, OTHER, b"other")
    keep(lines, PLACE, b"first")
    keep(lines, PLACE, b"second")
    assert read_short_cut(lines.database, PLACE) == b"second"
    assert read_short_cut(lines.database, OTHER) == b"other"


def test_a_row_that_was_changed_outside_is_logged_and_counts_as_none(lines: Lines, caplog) -> None:
    keep(lines, PLACE, b"first")
    with lines.engine.begin() as connection:
        connection.execute(text("UPDATE saved_report SET sealed = :sealed"), {"sealed": b"changed"})
    with caplog.at_level(logging.ERROR):
        assert read_short_cut(lines.database, PLACE) is None
    assert "short cut" in caplog.text
