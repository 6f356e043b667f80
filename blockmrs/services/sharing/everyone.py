"""Everybody who holds a right over what one viewer may read, as the rows of one page.

A row comes from a source, which is asked for each person whose rights the viewer can see. Whoever adds a new way of
giving adds a source where `Everyone` is put together, and no page changes. What is asked is what the viewer's own keys
open and `domain/permission.py` lets them see: so what is kept from the family, and what somebody wrote about
themselves, is in nobody else's rows or counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Relation
from blockmrs.domain.permission import Action
from blockmrs.domain.roll import Part
from blockmrs.errors import NOT_HERE, Ended, NotFound
from blockmrs.services.lines.contents import Sort
from blockmrs.services.reports.access import NAMELESS, ReportName, report_address

if TYPE_CHECKING:
    from datetime import datetime

    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.mailbox import Mailbox
    from blockmrs.services.record.crew_facts import CrewFacts
    from blockmrs.services.reports.access import AccessFinder
    from blockmrs.services.reports.reports import Reports
    from blockmrs.services.sharing.crew_codes import Codes
    from blockmrs.services.sharing.rights import Right, Rights, RightsPage
    from blockmrs.services.sharing.shares import Sharing

ROWS = 40
"""How many rows a page has."""
OTHERS = "others"
"""Stands for a person's handle at what the viewer wrote that is on nobody's line here: see `_others`."""


class Form(StrEnum):
    """In what form somebody holds a right."""

    FAMILY = "family"
    COACH = "coach"
    SHARE = "share"
    CODE = "code"
    INVITATION = "invitation"
    FACTS = "facts"
    STANDING = "standing"


@dataclass(frozen=True, slots=True)
class RightRow:
    """One right over what is about one person.

    `handle` and `label` are the person's; `name` is who holds it, empty where anybody does who has the code. `by` gave
    it, empty if nobody knows. `relation` is that of family and coach. `end` is the page that asks before ending it,
    empty where this viewer cannot; `confirm` the one that asks before saying yes. `wanted_by`: who of the family wants
    it ended. `report` is the address of the one report that it opens, `report_at` when that was written and `called`
    what lists call it; `see` is the page that says what else it opens. `withheld`: it is kept from the family, and so
    is this row.
    """

    form: Form
    handle: str
    label: str
    name: str
    since: datetime | None
    by: str = ""
    until: datetime | None = None
    relation: str = ""
    is_me: bool = False
    waits: bool = False
    end: str = ""
    confirm: str = ""
    wanted_by: tuple[str, ...] = ()
    report: str = ""
    report_at: datetime | None = None
    called: ReportName = NAMELESS
    withheld: bool = False
    see: str = ""


@dataclass(frozen=True, slots=True)
class RightsList:
    """One page of rows, after the filter. `people` and `forms` are what can be chosen; `total` counts all rows."""

    rows: tuple[RightRow, ...]
    number: int
    pages: int
    total: int
    people: tuple[tuple[str, str], ...]
    forms: tuple[Form, ...]


Source = Callable[["Actor", "RightsPage"], Iterable[RightRow]]
"""The rights of one sort over what is about one person, as far as this viewer may see them."""


class Everyone:
    """Collects the rows; keeps nothing itself."""

    def __init__(
        self,
        mailbox: Mailbox,
        rights: Rights,
        reports: Reports,
        access: AccessFinder,
        sharing: Sharing,
        codes: Codes,
        crew_facts: CrewFacts,
        more: Sequence[Source] = (),
    ) -> None:
        self._mailbox = mailbox
        self._rights = rights
        self._reports = reports
        self._access = access
        self._sharing = sharing
        self._codes = codes
        self._crew_facts = crew_facts
        self._sources: tuple[Source, ...] = (_on_roll, self._facts, _shares, *more, _codes, _invitations)

    def of(self, actor: Actor, gaps: list[str] | None = None) -> list[RightRow]:
        """Every right over what the actor may read, person by person, as they are listed on `/people`.

        `gaps` receives the name of each person whose keys are not here, empty for a report about somebody on no list of
        the actor's; without it, ObjectMissing is raised.
        """
        rows: list[RightRow] = []
        running = self._codes.running()
        for handle, label in self._rights.people(actor):
            try:
                page = self._rights.page(actor, handle, running)
                rows += [row for source in self._sources for row in source(actor, page)]
            except NOT_HERE:
                if gaps is None:
                    raise
                gaps.append(label)  # What cannot be read of one person hides nothing about the others.
        return [*rows, *self._others(actor, gaps, has_codes=bool(running))]

    def page(self, actor: Actor, gaps: list[str], handle: str = "", form: str = "", number: int = 1) -> RightsList:
        """One page of those rows, `ROWS` at most.

        Args:
            gaps: as in `of`.
            handle: of one person alone; empty or unknown: of all.
            form: of one form alone, as a value of `Form`; empty or unknown: all.
            number: from 1; beyond the last page it is the last.
        """
        rows = self.of(actor, gaps)
        people = tuple(dict.fromkeys((row.handle, row.label if row.handle != OTHERS else "") for row in rows))
        forms = tuple(one for one in Form if any(row.form is one for row in rows))
        if any(handle == known for known, _ in people):
            rows = [row for row in rows if row.handle == handle]
        if form in forms:
            rows = [row for row in rows if row.form == form]
        pages = max(1, -(-len(rows) // ROWS))
        number = min(max(1, number), pages)
        shown = tuple(rows[(number - 1) * ROWS : number * ROWS])
        return RightsList(shown, number, pages, len(rows), people, forms)

    def _facts(self, actor: Actor, page: RightsPage) -> Iterator[RightRow]:
        """What the family lets go along with a coach's reports: theirs to see, and to end."""
        if page.is_me or page.is_coach:
            return
        consent = self._crew_facts.consent(actor, page.handle)
        if consent.is_on:
            end = f"/record/facts/crew/{page.handle}"
            yield RightRow(Form.FACTS, page.handle, page.label, "", consent.since, consent.by, end=end)

    def _others(self, actor: Actor, gaps: list[str] | None, *, has_codes: bool) -> Iterator[RightRow]:
        """Rights over reports that the actor wrote and that stand on nobody's line here.

        Those kept from the family, and those about somebody who is on no roster. Only their author sees these rows.
        """
        me = actor.keyring.card.id
        contents = self._mailbox.contents(actor.keyring)
        mine = [item for item in contents if item.sort is Sort.REPORT and me.startswith(item.by) and not item.of_reader]
        elsewhere = self._rights.on_lines(actor, gaps) if mine else set()
        for item in reversed(mine):
            book = self._reports.book_key(actor.keyring, item.about)
            if item.about not in elsewhere and (has_codes or self._mailbox.length(book)):
                try:
                    yield from list(self._over(actor, report_address(item.about)))
                except NOT_HERE:
                    if gaps is None:
                        raise
                    gaps.append("")  # Whom it is about stands in what is not here.

    def _over(self, actor: Actor, address: str) -> Iterator[RightRow]:
        """The running shares and codes of one such report."""
        try:
            access = self._access.allow(actor, address, Action.SEE_WHO_LOOKED)
        except (NotFound, Ended):
            return  # The family ended the coach's part: their own words are all that is left to them.
        base = RightRow(
            Form.SHARE,
            OTHERS,
            access.grant.title,
            "",
            None,
            actor.display_name,
            report=address,
            report_at=self._mailbox.written_at(access.entry),
            called=ReportName(access.grant.title, access.grant.concerns),
            withheld=self._reports.is_withheld(actor, access),
        )
        for share in self._sharing.running_shares(actor, address):
            end = f"/field/report/{address}/stop/{share.share_id}"
            yield replace(base, name=share.party, since=share.since, until=share.until, end=end)
        for code in self._codes.working(actor, address):
            end = f"/field/report/{address}/stop-code"
            by = actor.display_name if code.is_mine else ""
            yield replace(base, form=Form.CODE, since=code.since, until=code.until, end=end, by=by)


def _on_roll(_actor: Actor, page: RightsPage) -> Iterator[RightRow]:
    """Family and coaches who are in, or wait."""
    for right in page.rights:
        yield _part(page, right)


def _part(page: RightsPage, right: Right) -> RightRow:
    form = Form.COACH if right.relation == Relation.COACH else Form.FAMILY
    here = f"/people/{page.handle}"
    return RightRow(
        form,
        page.handle,
        page.label,
        right.name,
        right.since,
        right.by,
        relation=right.relation,
        is_me=right.is_me,
        waits=right.part is Part.WAITING,
        end=f"{here}/end/{right.right_id}" if right.may_end else "",
        confirm=f"{here}/confirm/{right.right_id}" if right.may_confirm else "",
        wanted_by=right.wanted_by,
    )


def _shares(_actor: Actor, page: RightsPage) -> Iterator[RightRow]:
    """Running shares of reports that stand on the person's line."""
    for share in page.shares:
        end = f"/field/report/{share.address}/stop/{share.share_id}"
        yield RightRow(
            Form.SHARE, page.handle, page.label, share.party, share.since, share.by, share.until, end=end,
            report=share.address, report_at=share.report_at, called=share.report,
        )  # fmt: skip


def _codes(actor: Actor, page: RightsPage) -> Iterator[RightRow]:
    """Reports that whoever has a code can open."""
    for code in page.codes:
        by, end = actor.display_name if code.mine else "", f"/field/report/{code.address}/stop-code"
        yield RightRow(
            Form.CODE, page.handle, page.label, "", code.since, by, code.until, end=end,
            report=code.address, report_at=code.report_at, called=code.report,
        )  # fmt: skip


def _invitations(_actor: Actor, page: RightsPage) -> Iterator[RightRow]:
    """Invitations that nobody has used."""
    for right in page.invitations:
        end = f"/people/{page.handle}/end/{right.right_id}" if right.may_end else ""
        yield RightRow(
            Form.INVITATION, page.handle, page.label, "", right.since, right.by, right.until, end=end
        )  # fmt: skip
