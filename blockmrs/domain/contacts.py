"""Whom a coach calls about a player: a name or what somebody is to the player, and one telephone number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from blockmrs.domain.phones import PhoneNumber, parse_numbers
from blockmrs.domain.reports import check_text
from blockmrs.errors import InvalidInput
from blockmrs.typed import one_line, sign_by_sign

MOST_CONTACTS = 3
CONTACT_NAME_LIMIT = 40
CONTACT_PHONE_LIMIT = 40
OLDEST_YEARS = 120
"""Nobody who plays was born longer ago, in years."""

_YEAR = re.compile(r"[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call: `name` says who it is ("Mum", "Maria Rivers") or is empty, `phone` is as it was written."""

    name: str
    phone: str

    def __repr__(self) -> str:
        return "Contact()"

    @property
    def words(self) -> str:
        """Who it is, and the number on one line."""
        return " ".join(filter(None, (self.name, self.phone.replace(" ", "\N{NO-BREAK SPACE}"))))

    @property
    def number(self) -> PhoneNumber | None:
        """How the number is dialled; None for text from before the present checks that cannot be."""
        try:
            numbers = parse_numbers(self.phone, field="phone")
        except InvalidInput:
            return None
        return numbers[0] if len(numbers) == 1 else None


def contact_fields(place: int) -> tuple[str, str]:
    """The names of the two boxes of a form for the contact at that place, from 1."""
    return f"contact_{place}", f"phone_{place}"


def check_contact(name: str, phone: str, place: int) -> Contact | None:
    """The contact in the two boxes at that place, from 1; None if both are empty.

    Raises:
        InvalidInput: names the box that is wrong, and says what to enter.
    """
    name_field, phone_field = contact_fields(place)
    name = one_line(check_text(name, field=name_field, limit=CONTACT_NAME_LIMIT))
    phone = one_line(check_text(phone, field=phone_field, limit=CONTACT_PHONE_LIMIT))
    if not phone:
        if name:
            raise InvalidInput("Enter the telephone number too, or empty both boxes", field=phone_field)
        return None
    try:
        numbers = parse_numbers(phone, field=phone_field)
    except InvalidInput:
        numbers = ()
    if len(numbers) != 1:
        raise InvalidInput("Enter one telephone number, like +1 555 010 0199", field=phone_field)
    return Contact(name, numbers[0].text)


def check_contacts(typed: Sequence[tuple[str, str]]) -> tuple[Contact, ...]:
    """The contacts of a form's boxes, in order; one number twice is one contact. InvalidInput as above."""
    contacts: dict[str, Contact] = {}
    for place, (name, phone) in enumerate(typed, start=1):
        if place > MOST_CONTACTS:
            raise InvalidInput("Enter three telephone numbers at most", field=contact_fields(MOST_CONTACTS)[1])
        contact = check_contact(name, phone, place)
        if contact is not None and contact.number is not None:
            contacts.setdefault(contact.number.dialled, contact)
    return tuple(contacts.values())


def check_birth_year(text: str, this_year: int) -> str:
    """A year of birth in four digits, or ""; InvalidInput for anything else, and for a year nobody was born in."""
    year = sign_by_sign(check_text(text, field="born", limit=20))
    if not year:
        return ""
    if _YEAR.fullmatch(year) is None or not this_year - OLDEST_YEARS <= int(year) <= this_year:
        raise InvalidInput("Enter the year of birth in four digits, like 2012, or leave it empty", field="born")
    return year
