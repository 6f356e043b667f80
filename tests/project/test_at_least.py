"""The helper of tests that go through many cases tells every failure, and notices that there was nothing to try."""

import pytest

from tests.support.at_least import MOST_FAILURES, at_least


def test_every_failure_is_told_and_the_rest_is_tried() -> None:
    tried = []
    with pytest.raises(AssertionError) as caught, at_least(4) as case:
        for number in range(4):
            with case(f"the case {number}"):
                tried.append(number)
                assert number % 2 == 0, "it is odd"
    assert tried == [0, 1, 2, 3]
    told = str(caught.value)
    assert "2 of 4" in told
    assert [f"the case {number}" in told for number in range(4)] == [False, True, False, True]
    assert "it is odd" in told


def test_a_refusal_that_does_not_come_is_a_failure_like_any_other() -> None:
    with pytest.raises(AssertionError, match="1 of 2"), at_least(2) as case:
        for number in (0, 1):
            with case(number), pytest.raises(ZeroDivisionError):
                1 / number


def test_where_all_is_broken_not_all_is_tried() -> None:
    tried = []
    with pytest.raises(AssertionError, match="the rest was not tried"), at_least(MOST_FAILURES) as case:
        for number in range(10 * MOST_FAILURES):
            with case(number):
                tried.append(number)
                raise ValueError
    assert len(tried) == MOST_FAILURES


@pytest.mark.parametrize("cases", [0, 1, 2])
def test_too_few_cases_are_a_failure(cases: int) -> None:
    with pytest.raises(AssertionError, match=f"{cases} cases were tried"), at_least(3) as case:
        for number in range(cases):
            with case(number):
                pass


def test_no_case_at_all_is_never_enough() -> None:
    with pytest.raises(AssertionError, match="tests nothing"), at_least(0):
        pass


def test_what_breaks_the_loop_itself_carries_the_failures_before_it() -> None:
    with pytest.raises(KeyError) as caught, at_least(1) as case:
        with case("the first"):
            raise ValueError
        raise KeyError
    assert ["the first" in note for note in caught.value.__notes__] == [True]
