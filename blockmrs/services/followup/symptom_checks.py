"""Symptom checks after a head injury: which one is due, saving it, and reading what was said.

The effects of a save, in this order: the sealed update is durable, then its grants are in one block, then the row that
lists the object is written. Only then does the page say "Saved".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from blockmrs.domain.followups import (
    HEAD_CHECK,
    LAST_DAY,
    SIGNS_PAGE,
    SYMPTOMS_PAGE,
    WORSE_PAGE,
    Due,
    SymptomCheck,
    answers_on,
    band_of,
    day_number,
    due_on,
    may_be_head_injury,
    questions_on,
    was_asked_about_head,
    with_change,
)
from blockmrs.domain.kinds import Content, Purpose, Relation
from blockmrs.domain.permission import Action, Standing
from blockmrs.domain.sharing import Grant
from blockmrs.domain.triage.engine import Interview, assess
from blockmrs.domain.triage.loader import load_check_rules
from blockmrs.domain.triage.oneself import for_oneself
from blockmrs.errors import NOT_HERE, UNKNOWN, BlockMRSError, InvalidInput, NotFound
from blockmrs.fhir.check import read_check, write_check
from blockmrs.services.advice.in_reports import advice_of
from blockmrs.services.followup.head_reports import FollowUpService
from blockmrs.services.lines.saving import save_once
from blockmrs.services.lines.updates import write_update
from blockmrs.services.people.persons import own_card
from blockmrs.services.reports.access import Access, report_address

if TYPE_CHECKING:
    from blockmrs.domain.reports import Report
    from blockmrs.domain.triage.rules import RuleSet
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.followup.head_reports import AfterReport
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry
    from blockmrs.services.people.teams import Teams

_TREND_LOOKS_BACK = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class MadeCheck:
    """A saved check. `check_id` is its id in addresses below the report's."""

    check_id: str
    check: SymptomCheck


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What the days after a head injury show: `checks` in order of time; `day` is today's number.

    `certain` is False if only a sign suggests that a knock to the head is behind it. `gaps` are the times of checks
    that were made but whose text is not here. `about_me`: whoever reads it is the one who was hurt.
    """

    day: int
    injured_at: datetime
    band: str | None
    checks: tuple[MadeCheck, ...]
    due: Due | None
    certain: bool
    player: str
    gaps: tuple[datetime, ...] = ()
    about_me: bool = False


@dataclass(frozen=True, slots=True)
class DueCheck:
    """A check that is waiting for the actor, for the report at `address`; `about` is empty for the report's author.

    `due` None: the report is not here, so nobody can say whether one is due.
    """

    address: str
    due: Due | None
    injured_at: datetime
    about: str = ""


class FollowUps(FollowUpService):
    """Makes and reads symptom checks."""

    def __init__(
        self,
        after: AfterReport,
        teams: Teams,
        rules: Callable[[], RuleSet] = load_check_rules,
    ) -> None:
        super().__init__(after, rules)
        self._teams = teams

    @property
    def rules(self) -> RuleSet:
        """The rules for the checks; may raise RulesUnreadable."""
        return self._rules()

    def rules_to(self, there: FollowUp) -> RuleSet:
        """The rules in the words for whoever reads them: it may be they who were hurt."""
        return for_oneself(self.rules) if there.about_me else self.rules

    def of(self, actor: Actor, address: str) -> FollowUp | None:
        """The follow-up of a report that the actor may read; None if it cannot be about a head injury."""
        opened = self._after.opened(actor, address)
        return None if opened is None else self._of(actor, *opened)

    def open(self, actor: Actor, address: str) -> FollowUp:
        """The follow-up to which the actor may add a check; NotFound if there is none for this report."""
        return self._for_writing(actor, address)[1]

    def save(self, actor: Actor, address: str, draft_id: str, interview: Interview) -> MadeCheck:
        """Save a check once, however often it is called with one `draft_id` (32 hexadecimal digits).

        Args:
            interview: the answers; age and complaint are filled in here.

        Raises:
            InvalidInput: a question has no answer; `field` names it.
        """
        mark = actor.draft_mark(draft_id)
        access = self._access.allow(actor, address, Action.CHECK_SYMPTOMS)

        writing: tuple[Access, FollowUp] | None = None

        def done(_was_cut_off: bool) -> MadeCheck | None:
            nonlocal writing
            access, _ = writing = self._for_writing(actor, address)
            for entry in self._attachments.entries(actor, access, Content.CHECK):
                if entry.grant.draft_mark == mark and entry.author == actor.keyring.card.id:
                    return self._again(actor, access, entry)
            return None

        def write() -> MadeCheck:
            access, there = writing or self._for_writing(actor, address)
            return self._write(actor, access, self._judged(actor, access, there, interview), mark)

        return save_once(self._mailbox.settle, self._sharing.one_at_a_time(access.grant.update_id), done, write)

    def due(self, actor: Actor, gaps: list[str] | None = None) -> list[DueCheck]:
        """The checks that are due now, for reports that the actor wrote and for reports about people they act for.

        `gaps` receives a word for each of those whose keys are not here; without it, ObjectMissing is raised.
        """
        by_address: dict[str, DueCheck] = {}
        for subject in self._teams.acting_for(actor, gaps):
            by_address |= {entry.address: entry for entry in self._due_for(actor, subject)}
        by_address |= {entry.address: entry for entry in self._due_for(actor, None)}
        return sorted(by_address.values(), key=_most_urgent_first)

    def about_mine(self, actor: Actor, gaps: list[str] | None = None) -> list[tuple[str, FollowUp]]:
        """The follow-ups of the last year about the actor and those they act for, by address; newest injury first.

        `gaps` receives a word for each report or person whose text or keys are not here; without it, that is raised.
        """
        by_address: dict[str, FollowUp] = {}
        oldest = self._mailbox.now() - _TREND_LOOKS_BACK
        for subject in (own_card(actor), *self._teams.acting_for(actor, gaps)):
            for entry in self._after.head_reports(actor, subject, oldest):
                address = report_address(entry.grant.update_id)
                if entry.grant.subject != subject.keyring.card.id or address in by_address:
                    continue  # Somebody's own line also holds the reports that they wrote about others.
                try:
                    there = self._readable(actor, subject, entry)
                except NOT_HERE:
                    if gaps is None:
                        raise
                    gaps.append(address)
                    continue
                if there is not None:
                    by_address[address] = there
        return sorted(by_address.items(), key=lambda pair: pair[1].injured_at, reverse=True)

    def _readable(self, actor: Actor, subject: EntrustedKeys | None, entry: GrantEntry) -> FollowUp | None:
        """The follow-up of a report; None if there is none or it cannot be opened, which must not hide others."""
        try:
            access = self._after.access_by(actor, subject, entry)
            return self._of(actor, access, self._reports.read(actor, access).report)
        except UNKNOWN:
            raise
        except BlockMRSError:
            return None

    def _for_writing(self, actor: Actor, address: str) -> tuple[Access, FollowUp]:
        access = self._access.allow(actor, address, Action.CHECK_SYMPTOMS)
        there = self._of(actor, access, self._reports.read(actor, access).report)
        if there is None:
            raise NotFound("no check follows this report")
        return access, there

    def _of(self, actor: Actor, access: Access, report: Report) -> FollowUp | None:
        rules = self.rules
        if not may_be_head_injury(report, rules):
            return None
        checks, gaps = [], []
        for entry in self._attachments.entries(actor, access, Content.CHECK):
            try:
                check = self._read(access, entry)
            except NOT_HERE:
                gaps.append(self._mailbox.written_at(entry))
                continue
            if check is not None:
                checks.append(MadeCheck(report_address(entry.grant.update_id), check))
        day = day_number(report.injured_at, self._mailbox.now())
        # A check that was made is not due again, whether or not its text is here.
        made_on = [made.check.day for made in checks]
        made_on += [day_number(report.injured_at, moment) for moment in gaps]
        due = due_on(day, made_on)
        certain, band = was_asked_about_head(report, rules), band_of(report.age, rules)
        own = access.grant.subject == actor.keyring.card.id
        own = own or (access.keys is not None and access.keys.relation is Relation.SELF)
        return FollowUp(day, report.injured_at, band, tuple(checks), due, certain, report.player, tuple(gaps), own)

    def _read(self, access: Access, entry: GrantEntry) -> SymptomCheck | None:
        update = self._attachments.read(entry, Content.CHECK)
        if update is None:
            return None
        # The player's card passes checks on to organisations; everybody else has them from whoever made them.
        if access.standing is not Standing.RECIPIENT and update.author != entry.author:
            return None
        try:
            check = read_check(update.body)
        except InvalidInput:
            return None
        return check if check.report == entry.grant.about else None

    def _judged(self, actor: Actor, access: Access, there: FollowUp, interview: Interview) -> SymptomCheck:
        rules = self.rules
        answered = Interview(there.band, (HEAD_CHECK,), interview.answers)
        for page in (SIGNS_PAGE, SYMPTOMS_PAGE, WORSE_PAGE):
            for finding in questions_on(rules, page, there.band):
                if finding.id not in answered.answers:
                    raise InvalidInput("Choose an answer", field=finding.id)
        now = self._mailbox.moment()
        before = there.checks[-1].check if there.checks else None
        judged = with_change(answered, before)
        return SymptomCheck(
            report=access.grant.update_id,
            day=there.day,
            made_at=now,
            made_by=actor.display_name,
            signs=(*answers_on(rules, SIGNS_PAGE, judged), *answers_on(rules, WORSE_PAGE, judged)),
            symptoms=answers_on(rules, SYMPTOMS_PAGE, judged),
            advice=advice_of(assess(rules, judged), rules.level_words),
        )

    def _write(self, actor: Actor, access: Access, check: SymptomCheck, mark: bytes) -> MadeCheck:
        batch, subject = self._mailbox.batch(), access.grant.subject
        pointer, update_id = write_update(
            batch,
            actor.keyring,
            subject=subject,
            kind=Content.CHECK,
            purpose=Purpose.CARE,
            body=write_check(check, subject=subject),
            created=check.made_at,
            chain_id=self._mailbox.chain_id,
            holder=self._attachments.holder(actor, access),
        )
        grant = Grant(
            update_id,
            subject,
            Content.CHECK,
            check.made_at,
            object=pointer,
            draft_mark=mark,
            level=check.advice.level,
            about=access.grant.update_id,
        )
        self._attachments.keep(batch, actor, access, grant)
        for organisation_id, until in self._sharing.running(actor, access):
            giver = self._attachments.giver(actor, access)
            self._attachments.pass_on(batch, giver, organisation_id, until, [grant])
        self._after.commit(batch)
        return MadeCheck(report_address(update_id), check)

    def _again(self, actor: Actor, access: Access, entry: GrantEntry) -> MadeCheck:
        """What an earlier press of Save made; its row is written now if that was interrupted."""
        check = self._read(access, entry)
        if check is None or entry.grant.object is None:
            raise InvalidInput("this is not a symptom check that this version can show")
        self._attachments.remember(entry.grant.object, self._attachments.holder(actor, access))
        return MadeCheck(report_address(entry.grant.update_id), check)

    def _due_for(self, actor: Actor, subject: EntrustedKeys | None) -> Iterator[DueCheck]:
        """For one person whom the actor acts for or, with None, for the reports that the actor wrote."""
        oldest = self._mailbox.now() - timedelta(days=LAST_DAY + 1)
        for entry in self._after.head_reports(actor, subject, oldest):
            address = report_address(entry.grant.update_id)
            about = subject.label if subject is not None else ""
            try:
                there = self._readable(actor, subject, entry)
            except NOT_HERE:
                yield DueCheck(address, None, self._mailbox.written_at(entry), about)
                continue
            if there is not None and there.due is not None:
                yield DueCheck(address, there.due, there.injured_at, about)


def _most_urgent_first(entry: DueCheck) -> tuple[bool, int]:
    """Late ones first, then by day; last, those for which nobody can say."""
    return (True, LAST_DAY + 1) if entry.due is None else (not entry.due.late, entry.due.day)
