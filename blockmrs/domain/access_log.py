"""What happened to somebody's record, as the entries of one list: who looked, shared, changed, gave and ended rights.

An entry is *proven* if it stands on the chain: signed by whoever did it, at a place that nobody chooses or takes away.
Any other is this server's word: it noted what it saw, and a server could leave something out or make it up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Happening(StrEnum):
    """What happened, in the words of the filter."""

    OPENED = "opened"
    SHARED = "shared"
    CHANGED = "changed"
    RIGHTS = "rights"
    SIGNED_IN = "signed-in"


class Event(StrEnum):
    """What happened, exactly: one sentence of the page each."""

    OPENED_REPORT = "opened-report"
    OPENED_BY_CODE = "opened-by-code"
    OPENED_SELECTION = "opened-selection"
    LOOKED_AT_REPORT = "looked-at-report"
    LOOKED_AT_RECORD = "looked-at-record"
    LOOKED_AT_FACTS = "looked-at-facts"
    LOOKED_AT_LOG = "looked-at-log"
    OPENED_FACTS = "opened-facts"
    SHARED = "shared"
    SHARED_FROM_NOW_ON = "shared-from-now-on"
    STOPPED_FROM_NOW_ON = "stopped-from-now-on"
    STOPPED = "stopped"
    SHARED_SELECTION = "shared-selection"
    STOPPED_SELECTION = "stopped-selection"
    WROTE_REPORT = "wrote-report"
    CHANGED_FACTS = "changed-facts"
    ADDED = "added"
    MADE = "made"
    JOINED = "joined"
    CONFIRMED = "confirmed"
    ENDED = "ended"
    INVITED = "invited"
    INVITATION_ENDED = "invitation-ended"
    FACTS_GO_ALONG = "facts-go-along"
    FACTS_STAY = "facts-stay"
    SIGNED_IN = "signed-in"

    @property
    def happening(self) -> Happening:
        """Under which of the filter's words it comes."""
        return _HAPPENINGS[self]


_HAPPENINGS = {
    **dict.fromkeys(
        [
            Event.OPENED_REPORT,
            Event.OPENED_FACTS,
            Event.OPENED_BY_CODE,
            Event.OPENED_SELECTION,
            Event.LOOKED_AT_REPORT,
            Event.LOOKED_AT_RECORD,
            Event.LOOKED_AT_FACTS,
            Event.LOOKED_AT_LOG,
        ],
        Happening.OPENED,
    ),
    **dict.fromkeys(
        [
            Event.SHARED,
            Event.STOPPED,
            Event.SHARED_FROM_NOW_ON,
            Event.STOPPED_FROM_NOW_ON,
            Event.SHARED_SELECTION,
            Event.STOPPED_SELECTION,
        ],
        Happening.SHARED,
    ),
    **dict.fromkeys([Event.WROTE_REPORT, Event.CHANGED_FACTS, Event.ADDED], Happening.CHANGED),
    **dict.fromkeys(
        [
            Event.MADE,
            Event.JOINED,
            Event.CONFIRMED,
            Event.ENDED,
            Event.INVITED,
            Event.INVITATION_ENDED,
            Event.FACTS_GO_ALONG,
            Event.FACTS_STAY,
        ],
        Happening.RIGHTS,
    ),
    Event.SIGNED_IN: Happening.SIGNED_IN,
}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One thing that happened to the record of the person called `about`.

    `who` did it, for `organisation` if they read as its member; empty if nobody knows. `party` is with whom or to whom
    they did it: a hospital, or whoever joined or was ended. `report` is the address of the report concerned, and `see`
    the page that says what else was shared. `count`: how often, where only that is known. `left`: when a reader has
    left the organisation since. `who_card`, `party_card` and `subjects` are the beginnings (16 bytes) of the card ids
    of those two and of whom it is about, as far as they are known; they go nowhere.
    """

    event: Event
    at: datetime
    about: str
    who: str = ""
    organisation: str = ""
    party: str = ""
    purpose: str = ""
    report: str = ""
    until: datetime | None = None
    left: datetime | None = None
    see: str = ""
    count: int = 0
    proven: bool = True
    is_me: bool = False
    who_card: bytes = field(default=b"", compare=False, repr=False)
    party_card: bytes = field(default=b"", compare=False, repr=False)
    subjects: frozenset[bytes] = field(default=frozenset(), compare=False, repr=False)

    @property
    def involved(self) -> frozenset[bytes]:
        """The cards of everybody who did it, with whom they did it, and whom it is about."""
        return self.subjects | ({self.who_card, self.party_card} - {b""})
