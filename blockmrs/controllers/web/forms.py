"""Text from a form becomes a value, or InvalidInput that names the field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tg

from blockmrs.errors import N_, InvalidInput, NotFound
from blockmrs.services.lines.contents import ListPlace

MOST_FIELDS = 300
LARGEST_FORM_BYTES = 60 * 1024
"""All names and values of a form, as they were typed: a page may have to show them again."""
LONGEST_TEXT = 2000


class Form:
    """The fields in this request's form. A missing field is empty text."""

    def __init__(self, posted: Any) -> None:
        try:
            items = list(posted.items())
        except (UnicodeError, ValueError) as error:
            raise InvalidInput(N_("That was not readable text")) from error
        if len(items) > MOST_FIELDS:
            raise InvalidInput(N_("That form has too many fields"))
        self._values: dict[str, list[Any]] = {}
        for name, value in items:
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
        if any("\ud800" <= character <= "\udfff" or character in "\ufffd\x00" for character in value):
            raise InvalidInput(N_("Type this again: it was not readable text"), field=name)
        return value

    def several(self, name: str) -> list[str]:
        """The texts of a field that may come several times, such as ticks; what is not text is left out."""
        return [value for value in self._values.get(name, []) if isinstance(value, str) and len(value) <= LONGEST_TEXT]

    def kept(self, name: str, limit: int = LONGEST_TEXT) -> str:
        """The same, for showing it again: empty if it cannot be shown."""
        try:
            return self.text(name, limit)
        except InvalidInput:
            return ""


def posted_form() -> Form:
    """This request's form; what is in the address is not part of it."""
    return Form(tg.request.POST)


def gather(*checks: Callable[[], object]) -> dict[str, str]:
    """What is wrong, by field, after all checks, so that everything can be corrected at once."""
    found: dict[str, str] = {}
    for check in checks:
        try:
            check()
        except InvalidInput as error:
            found.setdefault(error.field or "", error.message)
    return found


def parse_place(text: object) -> ListPlace | None:
    """Where in a list a page begins, according to its address; None for the newest page, NotFound for anything else."""
    if text is None:
        return None
    if not isinstance(text, str):
        raise NotFound("there is no such page")
    return ListPlace.parse(text)
