"""Dates and the names of hospitals are read as people write them."""

from datetime import date

import pytest

from blockmrs.controllers.report.share_forms import SHOWN_AT_ONCE, count_on_page, matching
from blockmrs.controllers.site import dates
from blockmrs.controllers.site.dates import parse_date
from blockmrs.errors import InvalidInput
from blockmrs.i18n.languages import texts
from blockmrs.services.people.organisations import Organisation


def hospital(number: int, name: str, place: str = "") -> Organisation:
    return Organisation(number.to_bytes(32, "big"), name, place)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("3", "9", "2027"), date(2027, 9, 3)),
        (("3.", "sept.", "2027"), date(2027, 9, 3)),
        (("3rd", "Sept", "2027"), date(2027, 9, 3)),
        (("3º", "setiembre", "2027"), date(2027, 9, 3)),
        (("03", "09.", "2027."), date(2027, 9, 3)),
        (("٣", "٩", "٢٠٢٧"), date(2027, 9, 3)),
        (("\u200e3\u00a0", " SEPTEMBER ", "２０２７"), date(2027, 9, 3)),
        (("31", "dec", "2026"), date(2026, 12, 31)),
    ],
)
def test_a_date_is_read_as_people_write_it(
    monkeypatch: pytest.MonkeyPatch, language: str, typed: tuple[str, str, str], meant: date
) -> None:
    monkeypatch.setattr(dates, "ugettext", texts(language).gettext)
    assert parse_date(*typed, name="day", words="no") == meant


def test_a_month_is_read_in_spanish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dates, "ugettext", texts("es").gettext)
    assert parse_date("1.º", "ene.", "2027", name="day", words="no") == date(2027, 1, 1)


@pytest.mark.parametrize(
    "typed",
    [("31", "2", "2027"), ("3", "ju", "2027"), ("3", "ma", "2027"), ("3..", "9", "2027"), ("", "9", "2027"),
     ("3", "9", "27027"), ("-3", "9", "2027"), ("3", "9x", "2027"), ("3th", "9th month", "2027")],
)  # fmt: skip
def test_what_is_no_date_is_refused(monkeypatch: pytest.MonkeyPatch, typed: tuple[str, str, str]) -> None:
    monkeypatch.setattr(dates, "ugettext", texts("en").gettext)
    with pytest.raises(InvalidInput) as refused:
        parse_date(*typed, name="day", words="no")
    assert refused.value.field == "day"


@pytest.mark.parametrize(
    ("search", "name", "place"),
    [
        ("saint etienne", "CHU Saint-Étienne", ""),
        ("CHU SAINT-ETIENNE", "CHU Saint-Étienne", ""),
        ("st marys", "St. Mary’s Hospital", ""),
        ("st mary's", "St Marys Hospital", ""),
        ("queen's", "Queen’s Medical Centre", ""),
        ("queens", "Queen's Medical Centre", ""),
        ("joao", "Hospital São João", "Porto"),
        ("são joão porto", "Hospital Sao Joao", "Porto"),
        ("malaga", "Hospital Regional", "Málaga"),
        ("gießen", "Universitätsklinikum Giessen", ""),
        ("sondre", "Søndre Sykehus", ""),
        ("\u200bn\u00a0mill ", "North Hospital", "Mill Road"),
    ],
)
def test_a_hospital_is_found_however_its_name_is_typed(search: str, name: str, place: str) -> None:
    assert matching([hospital(1, name, place), hospital(2, "Another", "Elsewhere")], search) == [
        hospital(1, name, place)
    ]


def test_every_hospital_can_be_reached_and_the_chosen_one_is_listed() -> None:
    many = [hospital(number, f"Hospital {number}") for number in range(65)]
    steps = [count_on_page(many, "", "")]
    while steps[-1] < len(many):
        steps.append(count_on_page(many, str(steps[-1] + 1), ""))
    assert steps == [SHOWN_AT_ONCE, 2 * SHOWN_AT_ONCE, 3 * SHOWN_AT_ONCE, len(many)]
    assert count_on_page(many, "", many[43].card_id.hex()) == 3 * SHOWN_AT_ONCE
    for wrong in ("x", "-5", "9" * 30, "٣"):
        assert count_on_page(many, wrong, "zz") == SHOWN_AT_ONCE
    assert count_on_page(many, "99999", "") == len(many)
    assert count_on_page([], "", "") == 0
