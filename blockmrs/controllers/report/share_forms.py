"""The form that sends a report to an organisation: to whom, why, and until when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tg.i18n import ugettext as _

from blockmrs.controllers.site.dates import parse_date
from blockmrs.controllers.site.times import at_clock, local
from blockmrs.controllers.web.forms import Errors
from blockmrs.domain.kinds import Purpose
from blockmrs.errors import N_, InvalidInput
from blockmrs.typed import folded

if TYPE_CHECKING:
    from blockmrs.controllers.web.forms import Form
    from blockmrs.services.people.organisations import Organisation

PURPOSE_WORDS: Mapping[str, str] = {
    Purpose.CARE: N_("To treat them now"),
    Purpose.SECOND_OPINION: N_("A second opinion"),
    Purpose.SPORT: N_("To say when they may play"),
    Purpose.INSURANCE: N_("Insurance"),
    Purpose.OTHER: N_("Something else"),
}
ONE_WORDS: Mapping[str, str] = {
    "report": N_("Report"),
    "symptom-check": N_("Symptom check"),
    "facts": N_("Health facts"),
}
DAYS = ("1", "7", "30")
SHOWN_AT_ONCE = 20
_FIELDS = ("organisation", "purpose", "how_long", "until_day", "until_month", "until_year", "q", "shown")


@dataclass(frozen=True, slots=True)
class ShareRequest:
    """A share to be made."""

    organisation_id: bytes
    purpose: str
    until: datetime


@dataclass(frozen=True, slots=True)
class ShareForm:
    """The form as it was typed."""

    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def fresh(cls, fields: Mapping[str, str]) -> ShareForm:
        """What is chosen at the start; `fields` says how the list is narrowed and how much of it is shown."""
        return cls({"purpose": Purpose.CARE.value, "how_long": "30", **fields})

    @classmethod
    def posted(cls, form: Form) -> ShareForm:
        """What was sent; InvalidInput if it is not text."""
        return cls({name: form.text(name, 200) for name in _FIELDS})

    def value(self, name: str) -> str:
        """The content of a field."""
        return self.values.get(name, "")

    @property
    def search(self) -> str:
        """The words with which the list was narrowed."""
        return self.value("q")

    def read(self, now: datetime) -> tuple[ShareRequest | None, dict[str, str]]:
        """The share that the form asks for; or what is wrong, by field."""
        errors = Errors()
        organisation_id = _card_id(self.value("organisation"))
        if organisation_id is None:
            errors["organisation"] = N_("Choose who should get it")
        purpose = self.value("purpose")
        if purpose not in set(Purpose):
            errors["purpose"] = N_("Choose why you send it")
        until = errors.check(lambda: self._until(now))
        if errors or organisation_id is None or until is None:
            return None, errors
        return ShareRequest(organisation_id, purpose, until), {}

    def _until(self, now: datetime) -> datetime:
        how_long = self.value("how_long")
        if how_long in DAYS:
            return now + timedelta(days=int(how_long))
        if how_long != "other":
            raise InvalidInput(N_("Choose for how long"), field="how_long")
        last, month, year = (self.value(name) for name in ("until_day", "until_month", "until_year"))
        day = parse_date(last, month, year, name="until_day", words=N_("Enter the last day, like 27 3 2027"))
        today = local(now).date()
        if not today <= day <= today + timedelta(days=365):
            raise InvalidInput(N_("Choose a day within the next year"), field="until_day")
        # Up to the end of that day.
        return at_clock(day + timedelta(days=1), time(0, 0))


def recipients_on_page(directory: Sequence[Organisation], form: ShareForm) -> dict[str, Any]:
    """What the first page of every share is shown with: whom it can go to, as far as they are searched for, and why."""
    organisations = matching(directory, form.search)
    count = count_on_page(organisations, form.value("shown"), form.value("organisation"))
    return {
        "search": form.search,
        "organisations": organisations[:count],
        "hints": [about_organisation(entry) for entry in organisations[:count]],
        "more": len(organisations) - count,
        "more_query": urlencode({"q": form.search, "shown": count + 1}),
        "listed": len(directory),
        "purposes": [(key, _(words)) for key, words in PURPOSE_WORDS.items()],
    }


def count_on_page(organisations: Sequence[Organisation], number_text: str, chosen: str) -> int:
    """How many of those found a page lists: as many as were asked for, with the chosen one; not all at once."""
    number = int(number_text) if re.fullmatch(r"[0-9]{1,5}", number_text, re.ASCII) else 0
    place = next((place for place, entry in enumerate(organisations, 1) if entry.card_id.hex() == chosen), 0)
    steps = -(-max(number, place, 1) // SHOWN_AT_ONCE)
    return min(len(organisations), steps * SHOWN_AT_ONCE)


def matching(directory: Iterable[Organisation], search: str) -> list[Organisation]:
    """The organisations whose name, place or staff contain every word of `search`."""
    words = folded(search).split()
    return [
        entry
        for entry in directory
        if all(word in folded(" ".join((entry.name, entry.place, *entry.staff))) for word in words)
    ]


def about_organisation(entry: Organisation) -> str:
    """What is shown below an organisation's name: where it is, and who would read what is sent there."""
    return ", ".join(filter(None, [entry.place, *(entry.staff or [_("Nobody there has joined yet")])]))


def _card_id(text: str) -> bytes | None:
    try:
        card_id = bytes.fromhex(text)
    except ValueError:
        return None
    return card_id if len(card_id) == 32 else None
