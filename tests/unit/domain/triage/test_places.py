"""The operator's numbers in the rules' texts."""

import pytest

from blockmrs.domain.triage.places import (
    DEFAULT_PLACES,
    CrisisLine,
    fill,
    misplaced,
    parse_crisis_lines,
    places_of,
)
from blockmrs.domain.triage.reader import RulesUnreadable, rules_from
from blockmrs.errors import InvalidInput


def test_a_place_is_filled_and_every_other_percent_sign_stays() -> None:
    places = places_of(parse_crisis_lines("Chile 4141"))
    assert fill("Call %(crisis_lines)s.", places) == "Call Chile 4141."
    assert fill("100 % sure, %s, %(other)s", places) == "100 % sure, %s, %(other)s"
    assert fill("Rest.", places) == "Rest."


def test_without_other_settings_the_numbers_are_those_of_three_countries() -> None:
    assert DEFAULT_PLACES == {"crisis_lines": "US 988, UK 116 123, Australia 13 11 14"}


def test_a_line_is_a_name_and_a_number_that_can_be_dialled() -> None:
    lines = parse_crisis_lines("Telefonseelsorge 0800 111 0 111, Línea de la Vida +52 (800) 911-2000")
    assert lines == (
        CrisisLine("Telefonseelsorge", "0800 111 0 111"),
        CrisisLine("Línea de la Vida", "+52 (800) 911-2000"),
    )
    assert [line.dialled for line in lines] == ["08001110111", "+528009112000"]


@pytest.mark.parametrize(
    "text", ["", " ", ",", "988", "US", "US 988,", "US 988; UK 116123", "US 9", "US 9x8", "US 988, " * 6 + "UK 116 123"]
)
def test_what_is_no_list_of_lines_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_crisis_lines(text)


def test_two_numbers_are_no_line() -> None:
    with pytest.raises(InvalidInput):
        parse_crisis_lines("UK 116123/116124")


def test_a_place_that_nothing_fills_is_found() -> None:
    table = {"hint": "%(crisis_lines)s", "advice": {"harm": {"first_aid": ["%(crisis_lines)s", "%(police)s"]}}}
    assert list(misplaced(table)) == ["%(police)s"]


def test_what_a_report_keeps_has_no_place() -> None:
    assert list(misplaced({"rule": [{"because": "Call %(crisis_lines)s."}]})) == ["Call %(crisis_lines)s."]


def test_such_a_text_stops_the_loading() -> None:
    with pytest.raises(RulesUnreadable) as caught:
        rules_from({"signs.toml": {}, "mh.toml": {"page": [{"hint": "%(police)s"}]}})
    assert caught.value.context["file"] == "mh.toml"
