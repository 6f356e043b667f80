"""Who gets everything from now on, what waits for them, and what came of giving it (standing.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockmrs.domain.standing import covers, gives_private
from blockmrs.services.grants.ending import original_of

if TYPE_CHECKING:
    from blockmrs.domain.bundles import BundleTerms
    from blockmrs.domain.sharing import Revocation
    from blockmrs.services.lines.mailbox import GrantEntry
    from blockmrs.services.lines.reader import BundleGrantEntry

MOST_READERS = 50
"""How many standing grants one record has at a time: each costs every save a transaction."""


@dataclass(frozen=True, slots=True)
class StandingReader:
    """A standing grant as its copy on the subject's own line tells of it.

    `terms` is None where their text is not here. `ended`: by whom, and when; None while it runs or only ran out.
    """

    copy: BundleGrantEntry
    terms: BundleTerms | None
    ended: tuple[bytes, Revocation] | None = None

    @property
    def id(self) -> bytes:
        """The payload id of the standing grant itself."""
        return original_of(self.copy)[0]

    @property
    def grantee(self) -> bytes:
        """The card id of the reader."""
        return original_of(self.copy)[1]

    def covers(self, kind: str, update_id: bytes) -> bool:
        """Whether an update is among what it names; nothing is while its terms cannot be read."""
        return self.terms is not None and covers(self.terms, kind, update_id)

    @property
    def gets_private(self) -> bool:
        """Whether what is private is among it."""
        return self.terms is not None and gives_private(self.terms)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be given to one reader: the owner's grants of it, by the log, and up to where that was looked."""

    reader: StandingReader
    entries: tuple[GrantEntry, ...]
    up_to: int


@dataclass(frozen=True, slots=True)
class Given:
    """How many grants were given at one visit.

    How many were passed over: `lost`, since their text is not here; `private`, since the terms do not name such.
    """

    given: int = 0
    lost: int = 0
    private: int = 0
