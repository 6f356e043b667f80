"""What somebody may state about their health: possible values only, and silence is never "no"."""

from datetime import date

import pytest

from blockmrs.domain.facts import (
    ALLERGIES,
    ALLERGY_LIMIT,
    CHOICES,
    MOST_ALLERGIES,
    NONE,
    OLDEST_YEARS,
    SOME,
    HealthFacts,
    age_of,
    check_facts,
)
from blockmrs.errors import InvalidInput

TODAY = date(2026, 3, 14)


def refused(facts: HealthFacts) -> str:
    """The field that keeps these facts from being taken."""
    with pytest.raises(InvalidInput) as caught:
        check_facts(facts, TODAY)
    return str(caught.value.field)


def test_silence_about_allergies_is_neither_some_nor_none() -> None:
    assert HealthFacts(choices={"diabetes": "insulin"}).values == {"diabetes": "insulin"}
    assert HealthFacts(allergies=("Latex",)).values == {ALLERGIES: SOME}
    assert HealthFacts(no_allergies=True).values == {ALLERGIES: NONE}


@pytest.mark.parametrize(
    ("facts", "is_empty"),
    [
        (HealthFacts(), True),
        (HealthFacts(birth_date=TODAY), False),
        (HealthFacts(choices={"pregnant": "no"}), False),
        (HealthFacts(no_allergies=True), False),
    ],
)
def test_facts_are_empty_only_while_nothing_at_all_was_stated(facts: HealthFacts, is_empty: bool) -> None:
    assert facts.is_empty is is_empty


def test_nobody_is_born_tomorrow_or_before_the_oldest_there_are() -> None:
    assert refused(HealthFacts(birth_date=date(2026, 3, 15))) == "birth"
    assert refused(HealthFacts(birth_date=date(TODAY.year - OLDEST_YEARS - 1, 3, 14))) == "birth"
    for born in (TODAY, date(TODAY.year - OLDEST_YEARS - 1, 3, 15)):
        assert check_facts(HealthFacts(birth_date=born), TODAY).birth_date == born


@pytest.mark.parametrize(
    ("choices", "field"),
    [({"pregnant": "maybe"}, "pregnant"), ({"diabetes": "yes"}, "diabetes"), ({"shoe-size": "yes"}, "")],
)
def test_a_fact_takes_its_own_values_alone_and_no_other_fact_is_taken(choices: dict[str, str], field: str) -> None:
    assert refused(HealthFacts(choices=choices)) == field


def test_every_value_on_offer_is_taken() -> None:
    every = [{name: value} for name, values in CHOICES.items() for value in values]
    assert [check_facts(HealthFacts(choices=one), TODAY).choices for one in every] == every


def test_an_allergy_is_trimmed_and_listed_once_and_an_empty_line_is_none() -> None:
    stated = HealthFacts(allergies=(" Latex ", "", "Latex", "Peanuts", "  "))
    assert check_facts(stated, TODAY).allergies == ("Latex", "Peanuts")


def test_allergies_are_as_many_and_as_long_as_fit() -> None:
    most = tuple(str(number) for number in range(MOST_ALLERGIES))
    assert check_facts(HealthFacts(allergies=(*most, most[0])), TODAY).allergies == most
    assert refused(HealthFacts(allergies=(*most, "one more"))) == ALLERGIES
    assert check_facts(HealthFacts(allergies=("x" * ALLERGY_LIMIT,)), TODAY).allergies == ("x" * ALLERGY_LIMIT,)
    assert refused(HealthFacts(allergies=("x" * (ALLERGY_LIMIT + 1),))) == ALLERGIES


def test_no_allergies_and_an_allergy_are_not_stated_together() -> None:
    assert refused(HealthFacts(allergies=("Latex",), no_allergies=True)) == ALLERGIES
    assert check_facts(HealthFacts(allergies=(" ",), no_allergies=True), TODAY) == HealthFacts(no_allergies=True)


@pytest.mark.parametrize(
    ("born", "age"),
    [
        (date(2026, 3, 14), (0, 0)),
        (date(2026, 2, 15), (0, 0)),
        (date(2026, 2, 14), (0, 1)),
        (date(2012, 3, 15), (13, 167)),
        (date(2012, 3, 14), (14, 168)),
    ],
)
def test_a_year_and_a_month_are_whole_on_the_day_with_the_same_number(born: date, age: tuple[int, int]) -> None:
    assert age_of(born, TODAY) == age
