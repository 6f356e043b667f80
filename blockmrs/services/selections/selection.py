"""What can be given of a record, what a selection takes of it, what was given, and what its recipient is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Content

if TYPE_CHECKING:
    from datetime import datetime

    from blockmrs.domain.bundles import BundleEntry
    from blockmrs.services.lines.contents import ListPlace
    from blockmrs.services.lines.mailbox import EntrustedKeys
    from blockmrs.services.sharing.openings import Opening

KINDS = (Content.REPORT, Content.CHECK, Content.FACTS)
"""The kinds that can be given.

What a doctor wrote counts only with what shows that they were a member of their organisation then: that stands on the
return lines of a share, and a bundle has no room for it. A team's roster is about others, and what goes along with a
coach's reports has a way of its own.
"""

NAMED = 100
"""How many entries a page names, one by one; older ones go with everything, or with their kind."""
_ID_BYTES = 16
_PLACE_DIGITS = 20


class What(StrEnum):
    """How a selection was made."""

    EVERYTHING = "everything"
    KINDS = "kinds"
    CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class Selection:
    """What somebody wants to give: everything that stands now, some kinds of it, or chosen entries, by their ids.

    `listing`: of what a page listed, by `listing_of`: nothing else is given. None: no page listed it.
    """

    what: What = What.EVERYTHING
    kinds: tuple[str, ...] = ()
    chosen: frozenset[str] = frozenset()
    listing: str | None = None

    def takes(self, entry: RecordEntry) -> bool:
        """Whether it gives that entry; what is private only if that very one was chosen."""
        if self.what is What.CHOSEN:
            return entry.entry_id in self.chosen
        return not entry.is_private and (self.what is What.EVERYTHING or entry.kind in self.kinds)


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """One update of a record, as a bundle lists it (`update`). `at`: when its author granted it, by the block.

    `is_private`: the rules mark what it is about as such, or somebody of the family keeps it out; or nobody can tell,
    because its text is not here (`lost`).
    `level` and `concerns` are those of a report, for lists; none of one that no list names.
    """

    keys: EntrustedKeys = field(repr=False)
    update: BundleEntry = field(repr=False)
    at: datetime
    is_private: bool = False
    lost: bool = False
    level: int | None = None
    concerns: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What it is: a report, a symptom check, or health facts."""
        return self.update.kind

    @property
    def entry_id(self) -> str:
        """What forms call it; it means nothing to anybody without a grant."""
        return self.update.update_id[:_ID_BYTES].hex()


@dataclass(frozen=True, slots=True)
class RecordNow:
    """What can be given of a record. `is_whole` is False if something that was once there cannot be read now."""

    entries: tuple[RecordEntry, ...]
    is_whole: bool


def selected(entries: Iterable[RecordEntry], selection: Selection) -> list[RecordEntry]:
    """Those that the selection gives, in their order."""
    return [entry for entry in entries if selection.takes(entry)]


def listing_of(entries: Iterable[RecordEntry]) -> str:
    """A name for exactly these entries, by which a form shows what was on its page; it says how new the newest is."""
    listed = sorted((entry.update.update_id, entry.update.place) for entry in entries)
    newest = max((index for _, index in listed), default=-1)
    return f"{newest}-{sha256(b''.join(update_id for update_id, _ in listed)).hexdigest()}"


def came_since(entry: RecordEntry, listing: str) -> bool:
    """Whether an entry came to stand in the record after a page listed what has that name."""
    newest = listing.partition("-")[0]
    return newest.isascii() and newest.isdigit() and len(newest) <= _PLACE_DIGITS and entry.update.place > int(newest)


@dataclass(frozen=True, slots=True)
class Terms:
    """Why, from when and until when something is given; `not_before` None means from now on."""

    purpose: str
    until: datetime
    not_before: datetime | None = None
    may_propose: bool = False


@dataclass(frozen=True, slots=True)
class RecordShare:
    """A share of a selection, as who acts for the person sees it; `number` of updates, `kinds` and their counts.

    `given_by`: who of the family gave it. `unreadable`: the list of what was given is not here, or is not what it was.
    The counts take reading that list, which may be long: those by kind are on the page of one share alone.
    """

    share_id: str
    party: str
    purpose: str
    since: datetime
    until: datetime | None
    stopped: datetime | None
    active: bool
    number: int
    kinds: tuple[tuple[str, int], ...] = ()
    given_by: str = ""
    receipts: tuple[Opening, ...] = ()
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class ReceivedRecord:
    """A bundle from outside: whose record, as the giver calls them, who gave it, to which of the actor's organisations.

    `imitated`: the name in the directory that the giver's could be taken for. `sender_id` is used in addresses.
    """

    address: str
    title: str
    sender: str
    imitated: str
    organisation: str
    purpose: str
    shared_at: datetime
    until: datetime | None
    active: bool
    opened_at: datetime | None
    sender_id: str = ""


@dataclass(frozen=True, slots=True)
class ListedUpdate:
    """One update of it, which passed every check. `title` of a report. `lost`: its text is not on this machine."""

    update_id: str
    kind: str
    created: datetime | None = None
    title: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True)
class OpenedRecord:
    """A page of what a bundle holds, newest first as its giver says; `refused` of the page did not pass."""

    record: ReceivedRecord
    updates: tuple[ListedUpdate, ...]
    number: int
    refused: int
    older: ListPlace | None
