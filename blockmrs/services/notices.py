"""What somebody should know without looking for it: that a code was used for a report of theirs, or was guessed at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from blockmrs.domain.permission import Action
from blockmrs.errors import BlockMRSError, Unavailable
from blockmrs.services.access import REPORT, AccessFinder, report_address
from blockmrs.services.actor import Actor
from blockmrs.services.codes import CodeNews, Codes
from blockmrs.services.mailbox import Held, Mailbox
from blockmrs.services.teams import Teams

# Of each line the newest places; what is older is found on the report's own page.
NEWEST = 10


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened to one report by its code. No medical fact stands in it.

    `about` is empty for the author; for the family it is whom they act for. `opened` is the first opening.
    """

    address: str
    saved_at: datetime
    opened: datetime | None
    guessed: bool
    about: str = ""


class Notices:
    """Collects notices from the codes' rows; keeps nothing itself."""

    def __init__(self, mailbox: Mailbox, teams: Teams, access: AccessFinder, codes: Codes) -> None:
        self._mailbox = mailbox
        self._teams = teams
        self._access = access
        self._codes = codes

    def latest(self, actor: Actor) -> list[Notice]:
        """What happened to the reports of the actor and of those they act for, newest first; while the code lasts."""
        news = self._codes.news()
        if not news:
            return []  # Nearly always: then no line is read.
        found = {notice.address: notice for held in self._teams.acting_for(actor) for notice in self._of(held, news)}
        found |= {notice.address: notice for notice in self._own(actor, news)}
        return sorted(found.values(), key=lambda notice: notice.opened or notice.saved_at, reverse=True)

    def _own(self, actor: Actor, news: Sequence[CodeNews]) -> Iterator[Notice]:
        """Of the codes that the actor made: their own key tells which, and no line need be read for the others."""
        for code in news:
            try:
                update_id = self._codes.made_by(actor, code)
                if update_id is None:
                    continue
                access = self._access.allow(actor, report_address(update_id), Action.SEE_WHO_LOOKED)
            except Unavailable:
                raise
            except BlockMRSError:
                continue  # One report that cannot be looked at hides nothing about the others.
            yield Notice(report_address(update_id), access.grant.not_before, code.first_opened, code.guessed)

    def _of(self, held: Held, news: Sequence[CodeNews]) -> Iterator[Notice]:
        """Of the codes for the newest reports about one person."""
        by_handle = {code.handle: code for code in news}
        length = self._mailbox.length(held.keyring.own_line)
        for entry in self._mailbox.subject_page(held.keyring, max(0, length - NEWEST), length).grants.values():
            grant = entry.grant
            code = by_handle.get(self._codes.handle_of(held, grant.update_id))
            if code is not None and grant.purpose == REPORT and grant.grantee is None:
                address = report_address(grant.update_id)
                yield Notice(address, grant.not_before, code.first_opened, code.guessed, held.label)
