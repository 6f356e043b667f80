"""What somebody should be told without looking for it: new reports, the use of a code, and what clinicians wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Content
from blockmrs.domain.permission import Action
from blockmrs.errors import UNKNOWN, BlockMRSError
from blockmrs.services.reports.access import AccessFinder, report_address

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.followup.clearances import Clearances
    from blockmrs.services.followup.replies import Replies, ReplyNews
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox
    from blockmrs.services.people.persons import People
    from blockmrs.services.people.teams import Teams
    from blockmrs.services.reports.reports import Reports
    from blockmrs.services.sharing.crew_codes import CodeNews, Codes
    from blockmrs.services.sharing.inbox import Inbox
    from blockmrs.services.sharing.right_news import RightNews
    from blockmrs.services.sharing.rights import Rights

# The newest places of each line; the report's own page has what is older.
NEWEST = 10
# How long a statement is news.
_STATED_FOR = timedelta(days=7)
# How long a report is news to whoever has not opened it.
_NEW_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened to one report: its code was used, or a clinician wrote about sport. It holds no medical fact.

    `about` is the person they act for, or as whom the author wrote of them; empty where that is not known. `opened` is
    the first opening; `stated` is when the newest clearance or withdrawal was written: the report's own page shows what
    it says.
    """

    address: str
    saved_at: datetime
    opened: datetime | None
    guessed: bool
    about: str = ""
    stated: datetime | None = None

    @property
    def at(self) -> datetime:
        """When it happened, as far as that is known."""
        return self.stated or self.opened or self.saved_at


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report that nobody here has opened yet: `path` opens it, `about` is the name of the person whom it is about.

    `organisation` is where it arrived, or empty: it is about somebody the actor acts for, or about the actor.
    `concerns` says what it is about (domain/concerns.py).
    """

    path: str
    about: str
    level: int
    saved_at: datetime
    organisation: str = ""
    concerns: tuple[str, ...] = ()


class Notices:
    """Collects notices from the codes' rows and the reports' return lines; keeps nothing itself."""

    def __init__(
        self,
        mailbox: Mailbox,
        teams: Teams,
        access: AccessFinder,
        codes: Codes,
        clearances: Clearances,
        replies: Replies,
        rights: Rights,
        people: People,
        reports: Reports,
        inbox: Inbox,
    ) -> None:
        self._rights = rights
        self._people = people
        self._reports = reports
        self._inbox = inbox
        self._mailbox = mailbox
        self._teams = teams
        self._access = access
        self._codes = codes
        self._clearances = clearances
        self._replies = replies

    def latest(self, actor: Actor, gaps: list[str] | None = None) -> list[Notice]:
        """What happened to the reports of the actor and of those they act for, newest first.

        The use of a code is news while the code lasts; a statement about sport, for a week. `gaps` receives a word for
        each person whose keys are not here; without it, ObjectMissing is raised.
        """
        acting_for = self._teams.acting_for(actor, gaps)
        notices = [*self._by_codes(actor, acting_for).values(), *self._stated(actor, acting_for).values()]
        return sorted(notices, key=lambda notice: notice.at, reverse=True)

    def new_reports(self, actor: Actor, gaps: list[str]) -> list[NewReport]:
        """The reports of the last 30 days that have come and were not opened, the most urgent first, then the newest.

        Those about the actor's people, and those that came to the actor's organisations. `gaps` as in `latest`.
        """
        since = self._mailbox.now() - _NEW_FOR
        reports = [
            NewReport(
                f"/field/report/{report.address}", person.label, report.level, report.saved_at, concerns=report.concerns
            )
            for person in self._people.of(actor, gaps)
            for report in self._reports.unread_about(actor, person, since)
        ]
        reports += [
            NewReport(
                f"/inbox/{item.address}", item.title, item.level, item.shared_at, item.organisation, item.concerns
            )
            for item in self._inbox.unopened(actor, since, gaps)
        ]
        return sorted(reports, key=lambda report: (report.level, -report.saved_at.timestamp()))

    def replies(self, actor: Actor, gaps: list[str]) -> list[ReplyNews]:
        """What clinicians replied in the last week to the reports of the actor and of those they act for, newest first.

        Whoever wrote a report is told as its author. `gaps` as in `latest`.
        """
        since = self._mailbox.now() - _STATED_FOR
        by_address: dict[str, ReplyNews] = {}
        for keys in (*self._teams.acting_for(actor, gaps), None):
            by_address |= {news.address: news for news in self._replies.news(actor, keys, since)}
        return sorted(by_address.values(), key=lambda news: news.given.reply.written_at, reverse=True)

    def about_rights(self, actor: Actor, *, as_coach: bool = True) -> list[RightNews]:
        """Who came, went, or was invited, around the actor's family and players, until the actor has seen it."""
        return self._rights.news(actor, as_coach=as_coach)

    def _by_codes(self, actor: Actor, acting_for: Sequence[EntrustedKeys]) -> dict[str, Notice]:
        news = self._codes.news()
        if not news:
            return {}  # Nearly always; then no line is read.
        by_address = {notice.address: notice for keys in acting_for for notice in self._of(keys, news)}
        return by_address | {notice.address: notice for notice in self._own(actor, news)}

    def _stated(self, actor: Actor, acting_for: Sequence[EntrustedKeys]) -> dict[str, Notice]:
        """By report, what clinicians wrote in the last week; whoever wrote the report is told as its author."""
        by_address: dict[str, Notice] = {}
        since = self._mailbox.now() - _STATED_FOR
        for keys in (*acting_for, None):
            for entry, when in self._clearances.stated_since(actor, keys, since):
                address = report_address(entry.grant.update_id)
                about = keys.label if keys is not None else self._access.named(actor, address).title
                by_address[address] = Notice(address, self._mailbox.written_at(entry), None, False, about, stated=when)
        return by_address

    def _own(self, actor: Actor, news: Sequence[CodeNews]) -> Iterator[Notice]:
        """For the codes that the actor made: their own key tells which, so no line has to be read for the others."""
        for code in news:
            try:
                update_id = self._codes.made_by(actor, code)
                if update_id is None:
                    continue
                access = self._access.allow(actor, report_address(update_id), Action.SEE_WHO_LOOKED)
            except UNKNOWN:
                raise
            except BlockMRSError:
                continue  # One report that cannot be looked at must not hide anything about the others.
            at, about = self._mailbox.written_at(access.entry), access.grant.title
            yield Notice(report_address(update_id), at, code.first_opened, code.guessed, about)

    def _of(self, keys: EntrustedKeys, news: Sequence[CodeNews]) -> Iterator[Notice]:
        """For the codes of the newest reports about one person."""
        by_handle = {code.handle: code for code in news}
        length = self._mailbox.length(keys.keyring.own_line)
        for entry in self._mailbox.subject_page(keys.keyring, max(0, length - NEWEST), length).grants.values():
            grant = entry.grant
            code = by_handle.get(self._codes.handle_of(keys, grant.update_id))
            if code is not None and grant.purpose == Content.REPORT and grant.grantee is None:
                address = report_address(grant.update_id)
                yield Notice(address, self._mailbox.written_at(entry), code.first_opened, code.guessed, keys.label)
