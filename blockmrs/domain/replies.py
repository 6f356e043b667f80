"""A clinician's reply to a report that was shared with them: seen, or seen and please call, with a number."""

from dataclasses import dataclass
from datetime import datetime

from blockmrs.domain.phones import PhoneNumber, parse_numbers
from blockmrs.domain.reports import check_text
from blockmrs.errors import InvalidInput

SEEN, CALL = "seen", "please-call"
WISHES = (SEEN, CALL)
LINE_LIMIT = 120
PHONE_LIMIT = 60
MOST_REPLIES = 20
"""How many replies to one report an organisation may send; more would hide the one that matters."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a clinician says about the report with the update id `report` (32 bytes).

    `phone` is the number to call, as typed, and empty unless `wish` is CALL. An empty `wish` takes back the reply whose
    update id is `withdraws`.
    """

    report: bytes
    wish: str
    phone: str
    line: str
    doctor: str
    organisation: str
    written_at: datetime
    withdraws: bytes = b""

    @property
    def numbers(self) -> tuple[PhoneNumber, ...]:
        """The numbers to call, at most three."""
        return parse_numbers(self.phone, field="phone")


def check_wish(text: str) -> str:
    """`text` if it is what a reply can say; else InvalidInput."""
    if text not in WISHES:
        raise InvalidInput("Choose what you want to say", field="wish")
    return text


def check_phone(text: str, wish: str) -> str:
    """The number of a reply: one that can be dialled where the reply asks for a call, else none; InvalidInput."""
    if wish != CALL:
        return ""
    cleaned = check_text(text, field="phone", limit=PHONE_LIMIT)
    if not parse_numbers(cleaned, field="phone"):
        raise InvalidInput("Enter the number that they should call", field="phone")
    return cleaned


def check_line(text: str) -> str:
    """`text` on one line, at most 120 characters, if it may go into a reply; else InvalidInput."""
    return check_text(" ".join(text.split()), field="line", limit=LINE_LIMIT)
