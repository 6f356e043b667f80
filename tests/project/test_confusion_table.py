"""The document says how the worked cases come out now."""

from tests.triage.test_cases import CASES, whole_interview
from tools import confusion


def test_the_table_in_the_document_is_the_one_that_the_cases_give() -> None:
    assert confusion.START + confusion.table() + confusion.END in confusion.DOCUMENT.read_text("utf-8"), (
        "run python tools/confusion.py"
    )


def test_the_table_judges_each_case_as_the_tests_do() -> None:
    assert [confusion.whole_interview(case) for case in confusion.cases()] == [whole_interview(case) for case in CASES]


def test_no_case_of_the_table_is_less_urgent_than_expected() -> None:
    assert "; 0 come out less urgent than expected." in confusion.table()
