"""What a form sends becomes text, or a message that names the field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webob.multidict import MultiDict

from blockmrs.controllers.web.context import gather
from blockmrs.controllers.web.forms import LONGEST_TEXT, MOST_FIELDS, Errors, Form, text_pairs
from blockmrs.errors import InvalidInput


def form(*pairs: tuple[str, object]) -> Form:
    return Form(MultiDict(pairs))


def test_a_field_is_read_as_it_was_typed() -> None:
    assert form(("note", " <b>&\r\ntwo ")).text("note") == " <b>&\r\ntwo "


def test_a_missing_field_is_empty() -> None:
    assert form().text("name") == ""


@pytest.mark.parametrize("text", ["a\x00b", chr(0xD800), "\ufffd", "x" * (LONGEST_TEXT + 1)])
def test_what_is_no_readable_text_of_this_length_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        form(("name", text)).text("name")
    assert caught.value.field == "name"


def test_a_repeated_field_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        form(("name", "a"), ("name", "b")).text("name")
    assert caught.value.field == "name"


def test_a_file_is_not_text() -> None:
    with pytest.raises(InvalidInput) as caught:
        form(("name", object())).text("name")
    assert caught.value.field == "name"


def test_too_many_fields_are_refused() -> None:
    with pytest.raises(InvalidInput):
        form(*[(f"f{number}", "") for number in range(MOST_FIELDS + 1)])


def test_what_cannot_be_shown_again_is_left_out() -> None:
    assert form(("name", "a\x00b"), ("name", "c")).text_or_empty("name") == ""


def test_everything_that_is_wrong_is_said_at_once() -> None:
    read = form(("one", "\x00"), ("two", "\x00"), ("three", "fine"))
    errors = gather(*(lambda name=name: read.text(name) for name in ("one", "two", "three")))
    assert set(errors) == {"one", "two"}


@given(st.text())
def test_whatever_is_sent_is_text_or_refused(text: str) -> None:
    read = form(("name", text))
    assert read.text_or_empty("name") in (text, "")


def test_every_field_comes_as_text_in_its_order() -> None:
    posted = MultiDict([("pick", "a"), ("note", "two\nlines"), ("pick", "b")])
    assert text_pairs(posted, 9) == (("pick", "a"), ("note", "two\nlines"), ("pick", "b"))


@pytest.mark.parametrize(
    "wrong",
    [[("name", object())], [("name", "0123456789")], [(f"f{number}", "") for number in range(MOST_FIELDS + 1)]],
    ids=["a file", "too long", "too many"],
)
def test_a_form_of_texts_has_nothing_else_and_is_short(wrong: list[tuple[str, object]]) -> None:
    with pytest.raises(InvalidInput):
        text_pairs(MultiDict(wrong), 9)


def test_errors_hold_the_first_of_each_field_and_every_check_is_made() -> None:
    def fails(words: str, field: str = "") -> None:
        raise InvalidInput(words, field=field)

    errors = Errors()
    assert errors.check(lambda: "as it is", "name") == "as it is"
    assert errors.check(lambda: fails("first"), "name") is None
    errors.check(lambda: fails("second"), "name")
    errors.check(lambda: fails("its own", "day"), "name")
    errors.check(lambda: fails("nowhere"))
    assert errors == {"name": "first", "day": "its own", "": "nowhere"}
