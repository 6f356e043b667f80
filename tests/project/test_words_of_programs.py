"""What the rooms without pages say of their formats is said to programs: no page shows it, so it needs no Spanish."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from blockmrs.controllers.web.context import problem
from blockmrs.controllers.web.forms import Errors, words_of_error
from blockmrs.errors import InvalidInput, Malformed, Message, Slip

PACKAGE = Path(__file__).parents[2] / "blockmrs"
ROOMS = ("crypto", "chain", "storage")
FILES = [*(path for room in ROOMS for path in sorted((PACKAGE / room).rglob("*.py"))),
         PACKAGE / "cid.py", PACKAGE / "encoding.py"]  # fmt: skip
NUMBERS = {"place": 3, "whole": 28, "typed": 27}


def calls(path: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_room_without_pages_raises_nothing_whose_words_a_page_would_show(path: Path) -> None:
    assert [call.lineno for call in calls(path, "InvalidInput")] == []


def test_such_errors_are_raised_there() -> None:
    assert sum(1 for path in FILES for _ in calls(path, "Malformed")) > 50


def test_no_page_takes_the_words_of_an_error_but_through_the_one_place_that_knows_both_kinds() -> None:
    elsewhere = [
        f"{path.relative_to(PACKAGE)}:{number}"
        for path in sorted((PACKAGE / "controllers").rglob("*.py"))
        if path.name not in ("forms.py", "wire.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "error.message" in line
    ]
    assert elsewhere == []


def test_what_a_program_says_is_shown_to_nobody() -> None:
    error = Malformed("not deterministic CBOR", field="code", size=7)
    errors = Errors()
    errors.check(lambda: (_ for _ in ()).throw(error))
    for words in (words_of_error(error), problem(error)["code"], errors["code"]):
        assert words == "That could not be read. Check it, then enter it again"


@pytest.mark.parametrize("slip", Slip)
def test_what_a_person_did_to_a_code_is_said_with_its_numbers(slip: Slip) -> None:
    words = words_of_error(Malformed("a code is wrong", slip=slip, **NUMBERS))
    assert isinstance(words, Message)
    assert "%" not in words
    assert "a code is wrong" not in words


def test_words_for_people_are_shown_as_they_are() -> None:
    assert words_of_error(InvalidInput("Enter a name of 1 to 80 characters")) == "Enter a name of 1 to 80 characters"
