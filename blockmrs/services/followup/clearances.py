"""Clearances for sport: a member of an organisation that has the report writes one; coach and family read it.

It travels as receipts do: on the share's return lines, whose keys only the report's author, the player's card and the
organisation know. A reader accepts it only from a listed member of the organisation named in the share, written while
that share was running, and never from the report's author.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from typing import TYPE_CHECKING

from blockmrs.domain.clearances import (
    FULL_PLAY,
    Clearance,
    check_remark,
    check_seen_on,
    check_stage,
    decisive,
    found_something,
)
from blockmrs.domain.followups import may_be_head_injury, was_asked_about_head
from blockmrs.domain.kinds import Content, Purpose
from blockmrs.domain.permission import Action, Standing
from blockmrs.domain.sharing import Grant
from blockmrs.domain.triage.loader import load_rules
from blockmrs.errors import NOT_HERE, UNKNOWN, BlockMRSError, InvalidInput, NotAuthorized, NotFound
from blockmrs.fhir.check import read_check
from blockmrs.fhir.clearance import read_clearance, write_clearance
from blockmrs.services.followup.head_reports import FollowUpService
from blockmrs.services.grants.granting import LineTo, write_grant
from blockmrs.services.lines.saving import save_once
from blockmrs.services.lines.updates import write_update
from blockmrs.services.reports.access import Access, report_address

if TYPE_CHECKING:
    from blockmrs.domain.records import Update
    from blockmrs.domain.reports import Report
    from blockmrs.domain.triage.rules import RuleSet
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.followup.head_reports import AfterReport
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry
    from blockmrs.services.people.organisations import Organisations

# A player whose newest head injury is older is no longer marked on the team's page; the report's page still says so.
ROSTER_LOOKS_BACK = timedelta(days=366)
# News is looked for in so many of the newest places of a line; the report's own page still has what is older.
_PLACES_FOR_NEWS = 40


@dataclass(frozen=True, slots=True)
class Statement:
    """A clearance or withdrawal that counts, under the names in the directory. `mine`: the actor wrote it.

    `left`: when its writer left the organisation; what they stated before still counts.
    """

    statement_id: str
    clearance: Clearance
    mine: bool
    left: datetime | None = None


@dataclass(frozen=True, slots=True)
class SportStatus:
    """Whether the player may play: `statements` newest first, `current` the one that decides.

    After any knock to the head, even one without signs, a clinician must say in writing when they may play again (the
    evidence's return to play for HEAD). `certain` is False if only a sign suggests that there was a knock;
    `came_back`, whether a check after the clearance found something. `gap_count` counts the statements whose text is
    not here; `lost_newest`, whether one of those is the last word: it may have been a withdrawal.
    """

    certain: bool
    statements: tuple[Statement, ...]
    current: Statement | None
    came_back: bool = False
    gap_count: int = 0
    lost_newest: bool = False

    @property
    def is_out(self) -> bool:
        """Whether nothing yet lets the player return to full play."""
        return self.lost_newest or self.current is None or self.current.clearance.stage != FULL_PLAY or self.came_back


@dataclass(frozen=True, slots=True)
class OutOfPlay:
    """Why a player on the roster is out: the report, and what a clinician already allows.

    `lost`: what was written about it is not here, so nobody can say that they may play.
    """

    address: str
    stage: str
    lost: bool = False


class Clearances(FollowUpService):
    """Writes, withdraws and reads clearances."""

    def __init__(
        self,
        after: AfterReport,
        cards: Cards,
        organisations: Organisations,
        zone: tzinfo | None = None,
        rules: Callable[[], RuleSet] = load_rules,
    ) -> None:
        super().__init__(after, rules, zone)
        self._cards = cards
        self._organisations = organisations
        self._locks = after.locks("clearance")

    def of(self, actor: Actor, address: str) -> SportStatus | None:
        """What is stated about a report that the actor may read; None if it cannot be about a head injury."""
        opened = self._after.opened(actor, address)
        if opened is None or not may_be_head_injury(opened[1], self._rules()):
            return None
        access, report = opened
        return self._status(actor, access, was_asked_about_head(report, self._rules()))

    def may_write(self, actor: Actor, address: str) -> Report:
        """The report for which the actor may write a clearance.

        Raises:
            NotAuthorized: they wrote the report, act for the player, or have not opened what was shared.
            NotFound: for a stranger, or if this injury needs no clearance.
        """
        return self._for_writing(actor, address)[1]

    def issue(
        self, actor: Actor, address: str, draft_id: str, *, stage: str, seen_on: date, conditions: str, note: str
    ) -> Statement:
        """State what the player may return to, once, however often it is called with one `draft_id`."""
        access, _ = self._for_writing(actor, address)
        clearance = self.check(actor, address, stage=stage, seen_on=seen_on, conditions=conditions, note=note)
        return self._once(actor, access, draft_id, clearance)

    def check(self, actor: Actor, address: str, *, stage: str, seen_on: date, conditions: str, note: str) -> Clearance:
        """What would be stated; InvalidInput says what is wrong. Nothing is written."""
        access, report = self._for_writing(actor, address)
        today, injured_on = (
            moment.astimezone(self._zone).date() for moment in (self._mailbox.now(), report.injured_at)
        )
        return Clearance(
            report=access.grant.update_id,
            stage=check_stage(stage),
            seen_on=check_seen_on(seen_on, injured_on=injured_on, today=today),
            conditions=check_remark(conditions, "conditions"),
            note=check_remark(note, "note"),
            doctor=actor.display_name,
            organisation=_keys_of(access).label,
            written_at=self._mailbox.moment(),
        )

    def withdraw(self, actor: Actor, address: str, statement_id: str, draft_id: str) -> Statement:
        """Take back the actor's own clearance; the player is not cleared until somebody writes a new one."""
        access, _ = self._for_writing(actor, address)
        mine = next(
            (
                statement
                for statement in self._statements(actor, access)
                if statement.statement_id == statement_id and statement.mine
            ),
            None,
        )
        if mine is None or not mine.clearance.stage:
            raise NotFound("no such clearance")
        withdrawal = replace(mine.clearance, stage="", conditions="", note="", written_at=self._mailbox.moment())
        return self._once(actor, access, draft_id, withdrawal)

    def out(self, actor: Actor, players: Sequence[bytes]) -> dict[bytes, OutOfPlay]:
        """Those of the players with these cards who are out until cleared, by the reports that the actor wrote."""
        by_player: dict[bytes, OutOfPlay] = {}
        for entry in self._after.head_reports(actor, None, self._mailbox.now() - ROSTER_LOOKS_BACK):
            grant = entry.grant
            if grant.subject in by_player or grant.subject not in players:
                continue
            try:
                access = self._access.allow(actor, report_address(grant.update_id), Action.FOLLOW)
                if grant.head is None:
                    report = self._reports.read(actor, access).report
                    if not may_be_head_injury(report, self._rules()):
                        continue
                status = self._status(actor, access, certain=True)
            except NOT_HERE:
                by_player[grant.subject] = OutOfPlay(report_address(grant.update_id), "", lost=True)
                continue
            except UNKNOWN:
                raise
            except BlockMRSError:
                continue  # One report that cannot be opened must not hide anything about the others.
            if status.is_out:
                stage = status.current.clearance.stage if status.current is not None and not status.lost_newest else ""
                by_player[grant.subject] = OutOfPlay(report_address(grant.update_id), stage, status.lost_newest)
        return by_player

    def stated_since(
        self, actor: Actor, subject: EntrustedKeys | None, since: datetime
    ) -> Iterator[tuple[GrantEntry, datetime]]:
        """The newest reports about which something was stated since then, each with the time of the last statement.

        Args:
            subject: whose card the reports are about; None for those that the actor wrote.
        """
        if not self._organisations.had_members():
            return  # Nobody can have written one: no line is read.
        oldest = self._mailbox.now() - ROSTER_LOOKS_BACK
        for entry in self._after.head_reports(actor, subject, oldest, places=_PLACES_FOR_NEWS):
            try:
                access = self._after.access_by(actor, subject, entry)
                gaps: list[datetime] = []
                times = [statement.clearance.written_at for statement in self._statements(actor, access, gaps)] + gaps
            except UNKNOWN:
                raise
            except BlockMRSError:
                continue  # One report that cannot be opened must not hide anything about the others.
            if times and max(times) >= since:
                yield entry, max(times)

    def _status(self, actor: Actor, access: Access, certain: bool) -> SportStatus:
        gaps: list[datetime] = []
        statements = self._statements(actor, access, gaps)
        deciding = decisive([statement.clearance for statement in statements])
        current = next((statement for statement in reversed(statements) if statement.clearance is deciding), None)
        came_back = deciding is not None and found_something(self._levels_since(actor, access, deciding.written_at))
        lost_newest = bool(gaps) and (not statements or statements[-1].clearance.written_at <= max(gaps))
        return SportStatus(certain, tuple(reversed(statements)), current, came_back, len(gaps), lost_newest)

    def _levels_since(self, actor: Actor, access: Access, moment: datetime) -> Iterator[int]:
        """What the symptom checks after that moment say in their signed text; their grants only claim a level."""
        for entry in self._attachments.entries(actor, access, Content.CHECK):
            if self._mailbox.written_at(entry) <= moment:
                continue
            try:
                update = self._attachments.read(entry, Content.CHECK)
            except NOT_HERE:
                yield entry.grant.level or 1
                continue
            if update is not None and self._attachments.came_at(access, entry, update) > moment:
                yield _level_of(update)

    def _for_writing(self, actor: Actor, address: str) -> tuple[Access, Report]:
        access = self._access.allow(actor, address, Action.CLEAR_FOR_SPORT)
        opened = self._sharing.open_shared(actor, address)
        if opened is None:
            raise NotAuthorized("open the report before clearing anybody")
        if not may_be_head_injury(opened.report, self._rules()):
            raise NotFound("no clearance is asked for after this injury")
        return access, opened.report

    def _once(self, actor: Actor, access: Access, draft_id: str, clearance: Clearance) -> Statement:
        mark = actor.draft_mark(draft_id)

        def done(_was_cut_off: bool) -> Statement | None:
            for entry in self._copies(access):
                if entry.grant.draft_mark == mark and entry.author == actor.keyring.card.id and entry.grant.object:
                    self._attachments.remember(entry.grant.object)
                    earlier = self._read(entry)
                    if earlier is not None:
                        return Statement(report_address(entry.grant.update_id), earlier, True)
            return None

        write = partial(self._write, actor, access, clearance, mark)
        return save_once(self._mailbox.settle, self._locks.hold(mark), done, write)

    def _write(self, actor: Actor, access: Access, clearance: Clearance, mark: bytes) -> Statement:
        batch, report, organisation = self._mailbox.batch(), access.grant, _keys_of(access)
        pointer, update_id = write_update(
            batch,
            actor.keyring,
            subject=report.subject,
            kind=Content.CLEARANCE,
            purpose=Purpose.SPORT,
            body=write_clearance(clearance, subject=report.subject),
            created=clearance.written_at,
            chain_id=self._mailbox.chain_id,
        )
        grant = Grant(
            update_id, report.subject, Content.CLEARANCE, clearance.written_at, object=pointer, about=report.update_id
        )  # fmt: skip

        if report.return_to_author is not None and access.author_card is not None:
            write_grant(batch, grant, actor.keyring, LineTo(access.author_card, report.return_to_author))
        if report.return_to_subject is not None:
            to_subject = LineTo(self._cards.find(report.subject), report.return_to_subject)
            write_grant(batch, grant, actor.keyring, to_subject)
        to_colleagues = LineTo(organisation.keyring.card, _copies_key(organisation, report.update_id))
        write_grant(batch, replace(grant, draft_mark=mark), actor.keyring, to_colleagues)
        self._after.commit(batch)
        return Statement(report_address(update_id), clearance, True)

    def _statements(self, actor: Actor, access: Access, gaps: list[datetime] | None = None) -> list[Statement]:
        """All that count for this reader, in the order of the chain.

        `gaps` receives the time of each that would count but whose text is not here; without it, that is raised.
        """
        by_update: dict[bytes, tuple[tuple[datetime, int], Statement]] = {}
        for entry, organisation_id, when in self._delivered(actor, access, gaps):
            member = self._organisations.staff.known(entry.author, organisation_id)
            if member is None or entry.author == self._reports.author_of(access):
                continue
            try:
                clearance = self._read(entry)
            except NOT_HERE:
                if gaps is None:
                    raise
                gaps.append(when)
                continue
            if clearance is None:
                continue
            organisation = self._organisations.find(organisation_id).name
            known = replace(clearance, doctor=member.name, organisation=organisation, written_at=when)
            mine = entry.author == actor.keyring.card.id
            statement = Statement(report_address(entry.grant.update_id), known, mine, member.until)
            # Passing on a statement later does not make it the newest.
            place = when, entry.index
            if entry.grant.update_id not in by_update or place < by_update[entry.grant.update_id][0]:
                by_update[entry.grant.update_id] = place, statement
        return [statement for _, statement in sorted(by_update.values(), key=lambda pair: pair[0])]

    def _delivered(
        self, actor: Actor, access: Access, gaps: list[datetime] | None
    ) -> Iterator[tuple[GrantEntry, bytes, datetime]]:
        """Each grant of a clearance that reached this reader, with the organisation it must come from, and its time.

        Whoever wrote it was a member when it entered the log; that they have left since changes nothing.
        """
        if access.standing is Standing.RECIPIENT:
            organisation_keys = _keys_of(access)
            card_id = organisation_keys.keyring.card.id
            for entry in self._copies(access):
                if self._organisations.staff.at(entry.author, card_id, entry.index) is not None:
                    yield entry, card_id, self._mailbox.written_at(entry)
            return
        for share, entry, when in self._sharing.returned(actor, access, Content.CLEARANCE):
            if share.grant.grantee is not None:
                yield entry, share.grant.grantee, when
        yield from self._released(actor, access, gaps)

    def _released(
        self, actor: Actor, access: Access, gaps: list[datetime] | None
    ) -> Iterator[tuple[GrantEntry, bytes, datetime]]:
        """What arrived while the report was kept from the family, passed on from the player's card at the release."""
        if access.standing is not Standing.SUBJECT:
            return
        grantees = self._sharing.grantees(actor, access)
        for entry in self._attachments.entries(actor, access, Content.CLEARANCE):
            if entry.author != access.grant.subject:
                continue
            try:
                update = self._attachments.read(entry, Content.CLEARANCE)
            except NOT_HERE:
                # The writer is named inside.
                if gaps is None:
                    raise
                gaps.append(self._mailbox.written_at(entry))
                continue
            for grantee in grantees:
                # The author, who released only what counted then, saw whether they were a member when they wrote it.
                if update is not None and self._organisations.staff.known(update.author, grantee) is not None:
                    # All of them came in one block, at the release: their own times give the order.
                    when = min(self._mailbox.written_at(entry), update.created)
                    yield replace(entry, author=update.author), grantee, when
                    break

    def _copies(self, access: Access) -> list[GrantEntry]:
        """What members of the reader's organisation wrote about the report, on the organisation's own line."""
        organisation = _keys_of(access)
        line = self._mailbox.line_by_anyone(_copies_key(organisation, access.grant.update_id), organisation.keyring)
        return [entry for entry in line.grants.values() if entry.grant.purpose == Content.CLEARANCE]

    def _read(self, entry: GrantEntry) -> Clearance | None:
        """The clearance behind a grant, if the grant's signer wrote it about that report."""
        update = self._attachments.read(entry, Content.CLEARANCE)
        if update is None or update.author != entry.author:
            return None
        try:
            clearance = read_clearance(update.body)
        except InvalidInput:
            return None
        return clearance if clearance.report == entry.grant.about else None


def _level_of(update: Update) -> int:
    try:
        return read_check(update.body).advice.level
    except InvalidInput:
        return 1  # Not a check that this version can show: it must not let anybody play again.


def _keys_of(access: Access) -> EntrustedKeys:
    if access.keys is None:
        raise NotFound("no such report")
    return access.keys


def _copies_key(organisation: EntrustedKeys, update_id: bytes) -> bytes:
    return organisation.keyring.derive("clearances", update_id)
