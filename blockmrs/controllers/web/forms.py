"""Text from a form becomes a value, or InvalidInput that names the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from blockmrs.errors import N_, InvalidInput, Malformed, Message, Slip

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_FIELDS = 300
LARGEST_FORM_BYTES = 60 * 1024
"""All names and values of a form, as they were typed: a page may have to show them again."""
LONGEST_TEXT = 2000
_Value = TypeVar("_Value")


def text_pairs(posted: Any, longest: int) -> tuple[tuple[str, str], ...]:
    """Every field of a form that has texts alone, in order; `longest` is how many characters one may have.

    Raises:
        InvalidInput: a field is a file, or too long; or there are more than in any of our forms.
    """
    fields = _fields(posted)
    for _name, value in fields:
        if not isinstance(value, str):
            raise InvalidInput(N_("A field holds a file"))
        if len(value) > longest:
            raise InvalidInput(N_("Use less text"), limit=longest)
    return tuple(fields)


class Form:
    """The fields in this request's form. A missing field is empty text."""

    def __init__(self, posted: Any) -> None:
        self._values: dict[str, list[Any]] = {}
        for name, value in _fields(posted):
            self._values.setdefault(name, []).append(value)

    def text(self, name: str, limit: int = LONGEST_TEXT) -> str:
        """The one value of a field, of `limit` characters at most, as it was typed."""
        values = self._values.get(name, [])
        if len(values) > 1:
            raise InvalidInput(N_("Enter this once"), field=name)
        if not values:
            return ""
        value = values[0]
        if not isinstance(value, str):
            raise InvalidInput(N_("Enter text here, not a file"), field=name)
        if len(value) > limit:
            raise InvalidInput(N_("Enter less text here"), field=name, limit=limit)
        if is_garbled(value):
            raise InvalidInput(N_("Type this again: it was not readable text"), field=name)
        return value

    def several(self, name: str) -> list[str]:
        """The texts of a field that may come several times, such as ticks; what is not text is left out."""
        return [value for value in self._values.get(name, []) if isinstance(value, str) and len(value) <= LONGEST_TEXT]

    def text_or_empty(self, name: str, limit: int = LONGEST_TEXT) -> str:
        """The same, for showing it again: empty if it cannot be shown."""
        try:
            return self.text(name, limit)
        except InvalidInput:
            return ""


_SLIPS = {
    Slip.CHARACTER: N_("Check character %(place)d of the code: no code has that sign"),
    Slip.LENGTH: N_("Enter all %(whole)d characters of the code. You entered %(typed)d"),
    Slip.COPIED: N_("One character of the code is not right. Compare it with the paper"),
}
_UNREADABLE = N_("That could not be read. Check it, then enter it again")


def words_of_error(error: InvalidInput) -> str:
    """What a page says of the error, in English. What a program says of its formats is never shown to a person."""
    if not isinstance(error, Malformed):
        return error.message
    return _UNREADABLE if error.slip is None else Message(_SLIPS[error.slip], **error.context)


class Errors(dict[str, str]):
    """What is wrong with a form, by field, after all checks, so that everything can be corrected at once."""

    def check(self, check: Callable[[], _Value], field: str = "") -> _Value | None:
        """What `check` returns; None if it raises InvalidInput, of which each field's first is noted.

        Args:
            field: where it is noted if the error itself names no field.
        """
        try:
            return check()
        except InvalidInput as error:
            self.setdefault(error.field or field, words_of_error(error))
            return None


def is_garbled(text: str) -> bool:
    """Whether it holds what was no text when it came, or what no database keeps."""
    return any("\ud800" <= character <= "\udfff" or character in "\ufffd\x00" for character in text)


def _fields(posted: Any) -> list[tuple[str, Any]]:
    try:
        fields = list(posted.items())
    except (UnicodeError, ValueError) as error:
        raise InvalidInput(N_("That was not readable text")) from error
    if len(fields) > MOST_FIELDS:
        raise InvalidInput(N_("That form has too many fields"))
    return fields
