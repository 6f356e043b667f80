"""Clearances for sport: a member of an organisation that has the report writes one; coach and family read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
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
from blockmrs.domain.permission import Action
from blockmrs.domain.triage.loader import load_rules
from blockmrs.errors import NOT_HERE, UNKNOWN, BlockMRSError, InvalidInput, NotAuthorized, NotFound
from blockmrs.fhir.check import read_check
from blockmrs.fhir.clearance import read_clearance, write_clearance
from blockmrs.services.followup.statements import PLACES_FOR_NEWS, Signed, Statements, keys_of
from blockmrs.services.lines.saving import save_once
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


class Clearances(Statements[Clearance]):
    """Writes, withdraws and reads clearances."""

    # Whoever shared the report: its author decides who plays.
    kind, purpose, whole = Content.CLEARANCE, Purpose.SPORT, True

    def __init__(
        self,
        after: AfterReport,
        cards: Cards,
        organisations: Organisations,
        zone: tzinfo | None = None,
        rules: Callable[[], RuleSet] = load_rules,
    ) -> None:
        super().__init__(after, cards, organisations, rules)
        self._zone = zone
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
        self,
        actor: Actor,
        address: str,
        draft_id: str,
        *,
        stage: str,
        seen_on: date,
        conditions: str,
        note: str,
        today: date | None = None,
    ) -> Statement:
        """State what the player may return to, once, however often it is called with one `draft_id`."""
        access, _ = self._for_writing(actor, address)
        clearance = self.check(
            actor, address, stage=stage, seen_on=seen_on, conditions=conditions, note=note, today=today
        )
        return self._once(actor, access, draft_id, clearance)

    def check(
        self,
        actor: Actor,
        address: str,
        *,
        stage: str,
        seen_on: date,
        conditions: str,
        note: str,
        today: date | None = None,
    ) -> Clearance:
        """What would be stated; InvalidInput says what is wrong. Nothing is written.

        `today` is the day it is for whoever writes; None: by the site's clocks. The injury has a day of its own place.
        """
        access, report = self._for_writing(actor, address)
        today = today or self._mailbox.now().astimezone(self._zone).date()
        # Somebody far to the west may see the player on what is still the day before there.
        injured_on = min(report.injured_at.date(), today)
        return Clearance(
            report=access.grant.update_id,
            stage=check_stage(stage),
            seen_on=check_seen_on(seen_on, injured_on=injured_on, today=today),
            conditions=check_remark(conditions, "conditions"),
            note=check_remark(note, "note"),
            doctor=actor.display_name,
            organisation=keys_of(access).label,
            written_at=self._mailbox.moment(),
        )

    def withdraw(self, actor: Actor, address: str, statement_id: str, draft_id: str) -> Statement:
        """Take back the actor's own clearance; the player is not cleared until somebody writes a new one."""
        access, _ = self._for_writing(actor, address)
        mine = next(
            (
                statement
                for statement in self._stated(actor, access)
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
        for entry in self._after.head_reports(actor, subject, oldest, places=PLACES_FOR_NEWS):
            try:
                access = self._after.access_by(actor, subject, entry)
                gaps: list[datetime] = []
                times = [statement.clearance.written_at for statement in self._stated(actor, access, gaps)] + gaps
            except UNKNOWN:
                raise
            except BlockMRSError:
                continue  # One report that cannot be opened must not hide anything about the others.
            if times and max(times) >= since:
                yield entry, max(times)

    def _status(self, actor: Actor, access: Access, certain: bool) -> SportStatus:
        gaps: list[datetime] = []
        statements = self._stated(actor, access, gaps)
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
            earlier = self._written_before(actor, access, mark)
            return None if earlier is None else _statement(actor, earlier)

        def write() -> Statement:
            return _statement(actor, self._write(actor, access, clearance, mark, [access]))

        return save_once(self._mailbox.settle, self._locks.hold(mark), done, write)

    def _stated(self, actor: Actor, access: Access, gaps: list[datetime] | None = None) -> list[Statement]:
        """All that count for this reader, in the order of the chain; `gaps` as in `_statements`."""
        return [_statement(actor, signed) for signed in self._statements(actor, access, gaps)]

    def _encoded(self, content: Clearance, subject: bytes) -> bytes:
        return write_clearance(content, subject=subject)

    def _decoded(self, body: bytes) -> Clearance:
        return read_clearance(body)


def _statement(actor: Actor, signed: Signed[Clearance]) -> Statement:
    mine = signed.author == actor.keyring.card.id
    return Statement(signed.statement_id, signed.content, mine, signed.left)


def _level_of(update: Update) -> int:
    try:
        return read_check(update.body).advice.level
    except InvalidInput:
        return 1  # Not a check that this version can show: it must not let anybody play again.
