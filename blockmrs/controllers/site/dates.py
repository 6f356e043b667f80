"""Days as people write them, and as they type them."""

from __future__ import annotations

import re
from datetime import date

from tg.i18n import ugettext

from blockmrs.errors import N_, InvalidInput
from blockmrs.typed import folded, sign_by_sign

MONTHS = (
    N_("January"),
    N_("February"),
    N_("March"),
    N_("April"),
    N_("May"),
    N_("June"),
    N_("July"),
    N_("August"),
    N_("September"),
    N_("October"),
    N_("November"),
    N_("December"),
)
_ORDINAL = re.compile(r"^([0-9]+)(?:\.| ?\.?(?:st|nd|rd|th|o|a|er|ero)\.?)$", re.IGNORECASE)
# Names of months that our pages do not write themselves.
_OTHER_NAMES = {9: ("setiembre",)}


def format_day(iso: str) -> str:
    """`2026-11-22` as `22 November 2026`; anything else as it is."""
    try:
        return day_words(date.fromisoformat(iso))
    except ValueError:
        return iso


def day_words(day: date) -> str:
    """A day as people write it, such as `22 November 2026`."""
    month = ugettext(MONTHS[day.month - 1])
    return str(ugettext("%(day)d %(month)s %(year)d") % {"day": day.day, "month": month, "year": day.year})


def parse_date(day: str, month: str, year: str, name: str, words: str) -> date:
    """The date in three boxes, or InvalidInput with those words; 31 February has words of its own.

    A month is a number, or the beginning of its name in English or in the page's language.
    """
    # "3.", "3rd" and "3º" are the third; "sept." and "Sept" are September.
    texts = [_ORDINAL.sub(r"\1", sign_by_sign(text)) for text in (day, month, year)]
    texts[1] = folded(texts[1])
    started = {
        number
        for number, known in enumerate(MONTHS, 1)
        for name_of_month in (known, ugettext(known), *_OTHER_NAMES.get(number, ()))
        if len(texts[1]) > 2 and folded(name_of_month).startswith(texts[1])
    }
    if len(started) == 1:
        texts[1] = str(started.pop())
    if not all(text.isascii() and text.isdigit() and len(text) < 5 for text in texts):
        raise InvalidInput(words, field=name)
    try:
        return date(int(texts[2]), int(texts[1]), int(texts[0]))
    except ValueError as error:
        raise InvalidInput("There is no such day. Check the day and the month", field=name) from error
