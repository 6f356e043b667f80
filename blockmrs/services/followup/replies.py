"""A clinician's reply to any report that their organisation has: seen, or seen and please call, with a number."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Content, Purpose
from blockmrs.domain.permission import Action, Standing, require_unblocked
from blockmrs.domain.replies import MOST_REPLIES, Reply, check_line, check_phone, check_wish
from blockmrs.domain.senders import Standing as Sender
from blockmrs.domain.triage.loader import load_rules
from blockmrs.errors import N_, UNKNOWN, BlockMRSError, InvalidInput, NotAuthorized, NotFound
from blockmrs.fhir.reply import read_reply, write_reply
from blockmrs.services.followup.statements import PLACES_FOR_NEWS, Signed, Statements, keys_of
from blockmrs.services.lines.contents import Sort
from blockmrs.services.lines.saving import save_once
from blockmrs.services.reports.access import ID_BYTES, Access, report_address

if TYPE_CHECKING:
    from blockmrs.domain.triage.rules import RuleSet
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.followup.head_reports import AfterReport
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.contents import Item
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry
    from blockmrs.services.people.organisations import Organisations

# News is looked for in the reports of so long; the report's own page has what was said about older ones.
_REPORTS_OF = timedelta(days=92)
# Of one organisation so many of the newest are opened: all that it can send, each taken back.
_MOST_READ = 2 * MOST_REPLIES


@dataclass(frozen=True, slots=True)
class GivenReply:
    """A reply that counts, under the names in the directory. `mine`: the actor wrote it.

    `left`: when its writer left the organisation. `withdrawn_at`: when they took it back.
    """

    reply_id: str
    reply: Reply
    mine: bool
    left: datetime | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReportReplies:
    """The replies to a report, newest first.

    `gap_count` counts those whose text is not here. For a member of an organisation that has the report, `may_reply`
    says whether one more may be sent, and `is_blocked` whether the organisation blocked the sender; `phone` is the
    number that the actor gave before.
    """

    given: tuple[GivenReply, ...]
    gap_count: int
    may_reply: bool = False
    is_blocked: bool = False
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ReplyNews:
    """The newest reply to the report at `address`, which is about `about`: its title, or whom the actor acts for."""

    address: str
    about: str
    given: GivenReply


class Replies(Statements[Reply]):
    """Sends, withdraws and reads replies."""

    # A coach is not shown to whom the family sent a report, so what comes back from there is the family's too.
    kind, purpose, whole = Content.REPLY, Purpose.CARE, False

    def __init__(
        self,
        after: AfterReport,
        cards: Cards,
        organisations: Organisations,
        rules: Callable[[], RuleSet] = load_rules,
    ) -> None:
        super().__init__(after, cards, organisations, rules)

    def of(self, actor: Actor, address: str) -> ReportReplies | None:
        """What was replied to a report that the actor may read; None for a recipient who has not opened it."""
        access = self._access.allow(actor, address, Action.FOLLOW)
        if access.standing is not Standing.RECIPIENT:
            given, gap_count = self._given(actor, access)
            return ReportReplies(given, gap_count)
        if self._sharing.open_shared(actor, address) is None:
            return None
        given, gap_count = self._given(actor, access)
        phone = next((one.reply.phone for one in given if one.mine and one.reply.phone and not one.withdrawn_at), "")
        is_blocked = not self._unblocked(access, self._shares(actor, access))
        return ReportReplies(
            given, gap_count, not is_blocked and not self._is_full(given, gap_count), is_blocked, phone
        )

    def open(self, actor: Actor, address: str) -> ReportReplies:
        """The same for somebody who may reply; NotAuthorized, NotFound or Ended as `send`, blocked senders aside."""
        self._for_writing(actor, address)
        there = self.of(actor, address)
        if there is None:
            raise NotAuthorized("open the report before answering it")
        return there

    def send(self, actor: Actor, address: str, draft_id: str, *, wish: str, phone: str, line: str) -> GivenReply:
        """Tell whoever sent the report, and the family, once, however often it is called with one `draft_id`.

        Raises:
            NotAuthorized: they wrote the report, act for the player, have not opened it, or the sender is blocked.
            NotFound, Ended: for a stranger; after the share.
            InvalidInput: what is wrong, or that no more replies can be sent.
        """
        access = self._for_writing(actor, address)
        wish = check_wish(wish)
        reply = self._reply(actor, access, wish, check_phone(phone, wish), check_line(line))

        def ways() -> list[Access]:
            access = self._for_writing(actor, address)
            shares = self._unblocked(access, self._shares(actor, access))
            require_unblocked(Sender.KNOWN if shares else Sender.BLOCKED)
            if self._is_full(*self._given(actor, access)):
                raise InvalidInput(N_("Your hospital has sent as many replies to this report as it can"))
            return shares

        return self._once(actor, access, draft_id, reply, ways)

    def withdraw(self, actor: Actor, address: str, reply_id: str, draft_id: str) -> GivenReply:
        """Take back the actor's own reply: coach and family see that, and no number any more."""
        access = self._for_writing(actor, address)
        statements = self._statements(actor, access, [])
        signed = next((one for one in statements if one.statement_id == reply_id and one.content.wish), None)
        if signed is None or signed.author != actor.keyring.card.id:
            raise NotFound("no such reply")
        if signed.update_id in _withdrawn(statements):
            return _given(actor, signed, _withdrawn(statements))
        reply = self._reply(actor, access, "", "", "", withdraws=signed.update_id)
        return self._once(actor, access, draft_id, reply, lambda: self._shares(actor, access))

    def news(self, actor: Actor, subject: EntrustedKeys | None, since: datetime) -> Iterator[ReplyNews]:
        """The newest reply to each of the latest reports that came since then and was not taken back.

        One that asks to be called goes before one that does not.

        Args:
            subject: whose card the reports are about; None for those that the actor wrote.
        """
        if not self._organisations.had_members():
            return  # Nobody can have written one: no line is read.
        oldest = self._mailbox.now() - _REPORTS_OF
        wanted = self._was_shared(actor, subject)
        for entry in self._after.all_reports(actor, subject, oldest, places=PLACES_FOR_NEWS, wanted=wanted):
            try:
                given, _ = self._given(actor, self._after.access_by(actor, subject, entry))
            except UNKNOWN:
                raise
            except BlockMRSError:
                continue  # One report that cannot be opened must not hide anything about the others.
            recent = [one for one in given if one.withdrawn_at is None and one.reply.written_at >= since]
            # Who asks to be called waits, whatever else was said after it.
            newest = next((one for one in recent if one.reply.phone), next(iter(recent), None))
            if newest is not None:
                about = subject.label if subject is not None else entry.grant.title
                yield ReplyNews(report_address(entry.grant.update_id), about, newest)

    def _was_shared(self, actor: Actor, subject: EntrustedKeys | None) -> Callable[[Item], bool]:
        """Whether a reply to a report can have come: nearly all are never shared, and need not be opened to know that.

        Of what is about somebody their line says what was shared; of what the actor wrote there is a book then.
        """
        contents = self._mailbox.contents(subject.keyring if subject is not None else actor.keyring)
        # From the first standing grant on, anything may have been given without a note of it.
        begun = next((item.index for item in contents if item.sort is Sort.STANDING), math.inf)
        if subject is not None:
            shared = {item.about for item in contents if item.sort is Sort.SHARE}
            return lambda item: item.about in shared or item.index > begun
        return lambda item: item.index > begun or self._mailbox.length(self._book_key(actor, item)) > 0

    def _book_key(self, actor: Actor, item: Item) -> bytes:
        return self._reports.book_key(actor.keyring, item.about)

    def _for_writing(self, actor: Actor, address: str) -> Access:
        access = self._access.allow(actor, address, Action.REPLY)
        if self._sharing.open_shared(actor, address) is None:
            raise NotAuthorized("open the report before answering it")
        return access

    def _shares(self, actor: Actor, access: Access) -> list[Access]:
        """Every running share of the report with the reader's organisation: coach and family may both have sent it."""
        organisation, update_id = keys_of(access).keyring.card.id, access.grant.update_id
        return [
            one
            for one in self._access.received(actor, update_id[:ID_BYTES], [])
            if one.standing is Standing.RECIPIENT
            and one.grant.update_id == update_id
            and keys_of(one).keyring.card.id == organisation
        ]

    def _unblocked(self, access: Access, shares: Iterable[Access]) -> list[Access]:
        """Those shares whose sender the reader's organisation has not blocked."""
        standings = self._access.senders.standings(keys_of(access))
        cards = [(one, one.author_card) for one in shares]
        return [one for one, card in cards if card is not None and standings.get(card.id) is not Sender.BLOCKED]

    def _reply(self, actor: Actor, access: Access, wish: str, phone: str, line: str, withdraws: bytes = b"") -> Reply:
        return Reply(
            report=access.grant.update_id,
            wish=wish,
            phone=phone,
            line=line,
            doctor=actor.display_name,
            organisation=keys_of(access).label,
            written_at=self._mailbox.moment(),
            withdraws=withdraws,
        )

    def _once(
        self, actor: Actor, access: Access, draft_id: str, reply: Reply, ways: Callable[[], list[Access]]
    ) -> GivenReply:
        """Sign it once, for the shares of `ways`, which may refuse: nobody gives or ends anything meanwhile."""
        mark = actor.draft_mark(draft_id)

        def done(_was_cut_off: bool) -> GivenReply | None:
            earlier = self._written_before(actor, access, mark)
            return None if earlier is None else _given(actor, earlier, {})

        def write() -> GivenReply:
            return _given(actor, self._write(actor, access, reply, mark, ways()), {})

        return save_once(self._mailbox.settle, self._sharing.one_at_a_time(access.grant.update_id), done, write)

    def _given(self, actor: Actor, access: Access) -> tuple[tuple[GivenReply, ...], int]:
        """The replies that count for this reader, newest first, and how many are not here."""
        gaps: list[datetime] = []
        statements = self._statements(actor, access, gaps)
        ends = _withdrawn(statements)
        return tuple(_given(actor, one, ends) for one in reversed(statements) if one.content.wish), len(gaps)

    def _is_full(self, given: Iterable[GivenReply], gap_count: int) -> bool:
        return sum(1 for _ in given) + gap_count >= MOST_REPLIES

    def _chosen(
        self, delivered: Iterator[tuple[GrantEntry, bytes, datetime]]
    ) -> Iterable[tuple[GrantEntry, bytes, datetime]]:
        """The newest of each organisation, so that none makes a page endless, or hides what another one wrote."""
        of: dict[bytes, list[tuple[GrantEntry, bytes, datetime]]] = {}
        for one in sorted(delivered, key=lambda one: one[0].index):
            of.setdefault(one[1], []).append(one)
        return [one for several in of.values() for one in several[-_MOST_READ:]]

    def _encoded(self, content: Reply, subject: bytes) -> bytes:
        return write_reply(content, subject=subject)

    def _decoded(self, body: bytes) -> Reply:
        return read_reply(body)


def _withdrawn(statements: Iterable[Signed[Reply]]) -> dict[bytes, datetime]:
    """By update id, when the replies were taken back that were: only their own writer can."""
    statements = list(statements)
    authors = {one.update_id: one.author for one in statements}
    return {
        one.content.withdraws: one.content.written_at
        for one in statements
        if not one.content.wish and authors.get(one.content.withdraws) == one.author
    }


def _given(actor: Actor, signed: Signed[Reply], withdrawn: dict[bytes, datetime]) -> GivenReply:
    mine = signed.author == actor.keyring.card.id
    return GivenReply(signed.statement_id, signed.content, mine, signed.left, withdrawn.get(signed.update_id))
