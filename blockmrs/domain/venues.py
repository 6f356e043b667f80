"""The emergency plan for a place where a team plays: what somebody reads out to the emergency service."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from blockmrs.domain.phones import PhoneNumber, parse_numbers
from blockmrs.domain.reports import check_text
from blockmrs.errors import InvalidInput
from blockmrs.typed import one_line, sign_by_sign

MOST_VENUES = 20
LIMITS: Mapping[str, int] = {
    "name": 80,
    "address": 160,
    "gate": 120,
    "coordinates": 60,
    "defibrillator": 160,
    "caller": 80,
    "greeter": 80,
    "hospital": 160,
    "hospital_phone": 80,
    "directions": 300,
}
"""The longest text of each typed field, in characters."""
FOR_A_PLAN = ("gate", "defibrillator", "caller", "greeter", "hospital")
"""What a finished plan needs beside a name and an address."""

# For text with single spaces: no two parts of the pattern can then compete for a run of them.
_NUMBER = r"([+-]?[0-9]{1,3}(?:\.[0-9]{1,10})?) ?(?:° ?)?([NSEW]?)"
_COORDINATES = re.compile(rf"{_NUMBER}(?: ?[,;] ?| ){_NUMBER}", re.IGNORECASE)
_VENUE_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Venue:
    """One place. `address` and `gate` find it, `caller` calls for help, `greeter` meets the crew.

    `coordinates` are decimal degrees, latitude first, as text ("52.51628, 13.37771"); only name and address are never
    empty.
    """

    venue_id: str
    name: str
    address: str
    gate: str = ""
    coordinates: str = ""
    defibrillator: str = ""
    caller: str = ""
    greeter: str = ""
    hospital: str = ""
    hospital_phone: str = ""
    directions: str = ""

    def __repr__(self) -> str:
        return f"Venue({self.venue_id})"

    @property
    def version(self) -> str:
        """Different for every different content: 32 hexadecimal digits."""
        content = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:32]

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields of a finished plan that this one does not have yet."""
        return tuple(name for name in FOR_A_PLAN if not getattr(self, name))

    @property
    def phones(self) -> tuple[PhoneNumber, ...]:
        """The hospital's numbers; text from before the present checks may yield none that can be dialled."""
        try:
            return parse_numbers(self.hospital_phone, field="hospital_phone")
        except InvalidInput:
            return ()

    @property
    def place(self) -> str:
        """Name, address and gate, a line each: how a report says where it happened."""
        return "\n".join(filter(None, (self.name, self.address, self.gate)))


@dataclass(frozen=True, slots=True)
class Plan:
    """A team's venues in the order in which they were written; `today` is the one where it is now."""

    venues: tuple[Venue, ...] = ()
    chosen: str = ""

    @property
    def today(self) -> Venue | None:
        """The venue that was chosen last; if none was chosen, the first; None if there are none."""
        first = self.venues[0] if self.venues else None
        return next((venue for venue in self.venues if venue.venue_id == self.chosen), first)

    @property
    def others(self) -> tuple[Venue, ...]:
        """Every venue but today's."""
        return tuple(venue for venue in self.venues if venue is not self.today)

    def find(self, venue_id: str) -> Venue | None:
        """The venue with that id, if it is in the plan."""
        return next((venue for venue in self.venues if venue.venue_id == venue_id), None)


def check_field(name: str, text: str) -> str:
    """The cleaned value of one field of a venue; InvalidInput names the field and says what to enter."""
    value = check_text(text, field=name, limit=LIMITS[name])
    if name != "directions":
        value = one_line(value)
    if name == "name" and not value:
        raise InvalidInput("Enter the name of the place", field=name)
    if name == "address" and not value:
        raise InvalidInput("Enter the street address", field=name)
    if name == "hospital_phone":
        return "; ".join(number.text for number in parse_numbers(value, field=name))
    return _coordinates(value) if name == "coordinates" and value else value


def is_venue_id(text: str) -> bool:
    """Whether `text` is 16 hexadecimal digits, as every venue's id is."""
    return _VENUE_ID.fullmatch(text) is not None


def make_venue(venue_id: str, fields: Mapping[str, str]) -> Venue:
    """A venue with these texts; InvalidInput names the first field that is wrong."""
    if not is_venue_id(venue_id):
        raise InvalidInput("Open the form again: its number is missing")
    return Venue(venue_id, **{name: check_field(name, fields.get(name, "")) for name in LIMITS})


def with_venue(venues: Sequence[Venue], venue: Venue) -> tuple[Venue, ...]:
    """The venues with this one in place of the one that has the same id, or at the end."""
    if any(known.venue_id == venue.venue_id for known in venues):
        return tuple(venue if known.venue_id == venue.venue_id else known for known in venues)
    return (*venues, venue)


def _coordinates(text: str) -> str:
    match = _COORDINATES.fullmatch(sign_by_sign(text))
    if match is not None:
        latitude, north, longitude, east = float(match[1]), match[2].upper(), float(match[3]), match[4].upper()
        latitude, longitude = -latitude if north == "S" else latitude, -longitude if east == "W" else longitude
        in_order = north in ("", "N", "S") and east in ("", "E", "W")
        if in_order and abs(latitude) <= 90 and abs(longitude) <= 180:
            return f"{latitude:.5f}, {longitude:.5f}"
    raise InvalidInput("Enter two numbers, like 52.51628, 13.37771", field="coordinates")
