"""Every right over what concerns somebody, on one page: who has one, since when, from whom, and its end.

For whoever acts for the person, and for a coach who made the card and is still in. Nothing is collected here about
reports that are kept from the family: everything comes from the player's own line and roll, where such a report never
appears. Effects come in the order of every save: the chain first, then the rows that it ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.domain.kinds import Relation
from blockmrs.domain.roll import Holder, OpenInvitation, Part, Roll, Says, Statement
from blockmrs.encoding import Value, decode, encode
from blockmrs.errors import BlockMRSError, Ended, NotAuthorized, NotFound, Unavailable
from blockmrs.model.locks import KeyedLocks
from blockmrs.moments import from_ms, to_ms
from blockmrs.services.lines.contents import Sort
from blockmrs.services.lines.saving import commit_batch
from blockmrs.services.lines.short_cuts import read_short_cut, replace_short_cut
from blockmrs.services.people.persons import ME, handle_of, own_card
from blockmrs.services.reports.access import ReportName, report_address
from blockmrs.services.sharing.books import LONGEST
from blockmrs.services.sharing.right_news import Change, RightNews, change_of, news_in, news_value

if TYPE_CHECKING:
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.invitations import Invitations
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.contents import Item
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox
    from blockmrs.services.people.rolls import Rolls
    from blockmrs.services.people.roster import Player
    from blockmrs.services.people.teams import Teams
    from blockmrs.services.sharing.crew_codes import Codes
    from blockmrs.services.sharing.shares import Sharing

_ID_BYTES = 16
_FAMILY_NEWS = "news of the family's rights"
_NEWS_LASTS = timedelta(hours=1)
"""What was concluded of an actor's family is read anew after that, whatever happened."""


@dataclass(frozen=True, slots=True)
class Right:
    """Somebody's part in what concerns a person. `right_id` is used in forms and means nothing to anybody else.

    `wanted_by`: who in the family wants it ended, if that takes all of them (`takes_all`).
    """

    right_id: str
    name: str
    relation: Relation
    part: Part
    since: datetime
    by: str
    confirmed_by: str
    ended: datetime | None
    ended_by: str
    is_me: bool
    may_confirm: bool
    may_end: bool
    takes_all: bool
    wanted_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InvitationRight:
    """An invitation that nobody has used yet."""

    right_id: str
    by: str
    since: datetime
    until: datetime
    may_end: bool


@dataclass(frozen=True, slots=True)
class ShareRight:
    """A running share of the report at `address`, written at `report_at`. `share_id` is the viewer's name for it.

    `by` is who shared it: whoever wrote the report, or one of the family; empty if the roll names nobody. `report` is
    empty where the viewer may not read it.
    """

    party: str
    address: str
    report: ReportName
    report_at: datetime
    since: datetime
    until: datetime | None
    share_id: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class CodeRight:
    """A code for the crew that works, and its report; `mine`: the viewer made it. Who else did, no row says."""

    address: str
    report: ReportName
    report_at: datetime
    since: datetime
    until: datetime
    mine: bool


@dataclass(frozen=True, slots=True)
class RightsPage:
    """Everything about one person, as one viewer sees it. `is_coach`: the viewer made the card, and is not family."""

    handle: str
    label: str
    is_me: bool
    is_coach: bool
    is_new: bool
    rights: tuple[Right, ...]
    ended: tuple[Right, ...]
    invitations: tuple[InvitationRight, ...]
    shares: tuple[ShareRight, ...]
    codes: tuple[CodeRight, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody over whose record the actor has a right."""

    handle: str
    keys: EntrustedKeys
    is_coach: bool


class Rights:
    """Lists, confirms and ends rights."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        cards: Cards,
        teams: Teams,
        rolls: Rolls,
        invitations: Invitations,
        codes: Codes,
        sharing: Sharing,
    ) -> None:
        self._sharing = sharing
        self._database = database
        self._mailbox = mailbox
        self._cards = cards
        self._teams = teams
        self._rolls = rolls
        self._invitations = invitations
        self._codes = codes
        self._locks = KeyedLocks(database, "rights")

    def people(self, actor: Actor) -> list[tuple[str, str]]:
        """Handle and name of those whose rights the actor can see: themselves, their family, and a coach's players."""
        names = {ME: actor.display_name}
        for keys in self._teams.acting_for(actor):
            names[handle_of(actor, keys.keyring.card.id)] = keys.label
        for player in self._teams.team(actor).players:
            names.setdefault(handle_of(actor, player.card_id), player.name)
        return list(names.items())

    def on_lines(self, actor: Actor, gaps: list[str] | None = None) -> set[bytes]:
        """The update ids of all reports that stand on the line of one of those people; `gaps` as in `Teams`."""
        players = self._teams.team(actor).players
        cards = [*self._teams.acting_for(actor, gaps), *map(self._teams.holding, filter(self._teams.can_hold, players))]
        contents = [self._mailbox.contents(keys.keyring) for keys in (own_card(actor), *cards)]
        return {item.about for items in contents for item in items if item.sort is Sort.REPORT and item.of_reader}

    def waiting(self, actor: Actor) -> list[tuple[str, datetime]]:
        """Those for whom the actor is waiting until one of the family says yes: by name, and since when."""
        return self._mailbox.waiting(actor.keyring)

    def page(self, actor: Actor, handle: str, running: Mapping[bytes, datetime] | None = None) -> RightsPage:
        """Every right over what concerns that person; a coach whose part was ended sees only that.

        `running`: `Codes.running`, if the caller has just asked, as for several people at once.

        Raises:
            NotFound: the actor has no part in it.
        """
        subject = self._subject(actor, handle, former=True)
        roll = self._rolls.of(subject.keys.keyring)
        rights = [self._right(actor, roll, holder) for holder in _in_order(roll)]
        now, is_new = self._mailbox.now(), bool(self._news_of(actor, subject, roll))
        if subject.is_coach and not roll.uses(actor.keyring.card.id):
            own = tuple(right for right in rights if right.is_me and right.relation == Relation.COACH)
            return RightsPage(handle, subject.keys.label, False, True, is_new, (), own, (), (), ())
        return RightsPage(
            handle,
            subject.keys.label,
            handle == ME,
            subject.is_coach,
            is_new,
            tuple(right for right in rights if right.part is not Part.ENDED),
            tuple(right for right in rights if right.part is Part.ENDED),
            tuple(self._invitation(actor, roll, entry) for entry in roll.open_invitations(now)),
            tuple(self._shares(actor, subject.keys, roll)),
            tuple(self._running_codes(actor, subject.keys, self._codes.running() if running is None else running)),
        )

    def right(self, actor: Actor, handle: str, right_id: str) -> Right | InvitationRight:
        """One right or open invitation; NotFound if there is none with that id."""
        page = self.page(actor, handle)
        rights: tuple[Right | InvitationRight, ...] = (*page.rights, *page.ended, *page.invitations)
        for right in rights:
            if right.right_id == right_id:
                return right
        raise NotFound("no such right")

    def confirm(self, actor: Actor, handle: str, right_id: str) -> None:
        """Say yes: whoever was waiting acts for the person from now on, or a coach whose part was ended is back in."""
        subject = self._subject(actor, handle)
        with self._locks.hold(subject.keys.keyring.own_line):
            self._mailbox.settle()
            roll = self._rolls.of(subject.keys.keyring)
            holder = self._holder(actor, roll, right_id)
            if holder.part is Part.IN:
                return
            if not roll.may_confirm(actor.keyring.card.id, holder):
                raise NotAuthorized("only one of the family who is in can say yes")
            batch = self._mailbox.batch()
            statement = Statement(Says.CONFIRMED, holder.card, relation=holder.relation)
            self._rolls.add(batch, subject.keys.keyring, actor.keyring, statement)
            if holder.bell is not None:
                person = self._cards.find(holder.card)
                self._mailbox.appoint_later(batch, subject.keys, holder.relation, person, holder.bell)
            commit_batch(self._database, batch)

    def end(self, actor: Actor, handle: str, right_id: str) -> None:
        """End somebody's part or an invitation; for one of the family who is in, note the wish: it takes all others."""
        subject = self._subject(actor, handle)
        card, me = subject.keys.keyring, actor.keyring.card.id
        with self._locks.hold(card.own_line):
            self._mailbox.settle()
            roll = self._rolls.of(card)
            invitation = self._invitation_with(actor, roll, right_id)
            if invitation is not None:
                if not roll.may_close(me, invitation, self._mailbox.now()):
                    raise NotAuthorized("only the family, or whoever made it, can end an invitation")
                self._say(actor, subject.keys, Statement(Says.ENDED, invitation.invitation_id))
                self._invitations.end(invitation.invitation_id)
                return
            holder = self._holder(actor, roll, right_id)
            if holder.part is Part.ENDED:
                return
            if not self._rolls.may_end(roll, me, holder):
                raise NotAuthorized("it is not theirs to end")
            self._say(actor, subject.keys, Statement(Says.ENDED, holder.card, relation=holder.relation))
            self._clear(subject.keys, holder.card, roll)

    def mark_seen(self, actor: Actor, handle: str) -> None:
        """Note that the actor has seen how things are now: only what comes later is news."""
        subject = self._subject(actor, handle, former=True)
        length = self._rolls.of(subject.keys.keyring).length
        lookup = self._seen_lookup(actor, subject)
        sealed = seal_secret(actor.keyring.derive("rights seen"), encode([length]), context=lookup)
        with self._database.write() as rows:
            replace_short_cut(rows, lookup, sealed)
            self._mailbox.conclusions.changed(rows, actor.keyring, _FAMILY_NEWS)

    def news(self, actor: Actor, *, as_coach: bool = True) -> list[RightNews]:
        """What has happened to rights since the actor last confirmed having seen them, newest first.

        Args:
            as_coach: include the players of the actor's team, whose rolls are all read for that. What is about family
                alone stands on every page, and is remembered until something comes to where it was read.
        """
        if as_coach:
            return self._news(actor, as_coach=True)[0]

        def conclude() -> tuple[Value, datetime]:
            news, until = self._news(actor, as_coach=False)
            return [news_value(item) for item in news], until

        items = self._mailbox.conclusions.of(actor.keyring, _FAMILY_NEWS, conclude)
        return [news_in(item) for item in items] if isinstance(items, list) else []

    def _news(self, actor: Actor, *, as_coach: bool) -> tuple[list[RightNews], datetime]:
        """The news, newest first, and until when it stays the same if nobody writes anything."""
        items: list[RightNews] = []
        now = self._mailbox.now()
        until = now + _NEWS_LASTS
        for subject in self._with_others(actor, as_coach):
            roll = self._rolls.of(subject.keys.keyring)
            items += self._news_of(actor, subject, roll)
            until = min([until, *(invitation.until for invitation in roll.open_invitations(now))])
        return sorted(items, key=lambda news: news.at, reverse=True), until

    def former(self, actor: Actor, players: Sequence[Player]) -> set[bytes]:
        """The cards of those players for whom the actor's part has ended."""
        joined = self._teams.introduced(actor)
        # Nobody could have ended it before one of the family joined.
        rolls = {player.card_id: self._rolls.of(self._teams.holding(player).keyring) for player in players
                 if player.card_id in joined}  # fmt: skip
        return {card for card, roll in rolls.items() if not roll.uses(actor.keyring.card.id)}

    def enter(self, actor: Actor) -> None:
        """Put the actor on the rolls where they belong but are missing, having joined before there were rolls."""
        batch, me = self._mailbox.batch(), actor.keyring.card.id
        for keys, roll in self._teams.family_rolls(actor):
            if me not in roll.family:
                statement = Statement(Says.JOINED, me, actor.display_name, keys.relation)
                self._rolls.add(batch, keys.keyring, actor.keyring, statement)
        joined = self._teams.introduced(actor)
        for player in self._teams.team(actor).players if joined else ():
            if player.card_id in joined:
                card = self._teams.holding(player).keyring
                self._teams.enter(batch, actor, card, self._rolls.of(card))
        batch.commit()

    def _subject(self, actor: Actor, handle: str, *, former: bool = False) -> Subject:
        if handle == ME:
            return Subject(ME, own_card(actor), is_coach=False)
        for keys in self._teams.acting_for(actor):
            if handle_of(actor, keys.keyring.card.id) == handle:
                return Subject(handle, keys, is_coach=False)
        for player in self._teams.team(actor).players:
            if handle_of(actor, player.card_id) == handle:
                keys = self._teams.holding(player)
                if not former and not self._rolls.of(keys.keyring).uses(actor.keyring.card.id):
                    raise Ended("the family ended the coach's part")
                return Subject(handle, keys, is_coach=True)
        raise NotFound("you act for nobody with that name")

    def _with_others(self, actor: Actor, as_coach: bool) -> Iterator[Subject]:
        """Those about whom there may be news: family and, for a coach, the players whose family has joined."""
        acting = {keys.keyring.card.id: keys for keys in self._teams.acting_for(actor)}
        for card, keys in acting.items():
            yield Subject(handle_of(actor, card), keys, is_coach=False)
        joined = self._teams.introduced(actor) if as_coach else {}
        for player in self._teams.team(actor).players if joined else ():
            if player.card_id in joined and player.card_id not in acting:
                yield Subject(handle_of(actor, player.card_id), self._teams.holding(player), is_coach=True)

    def _news_of(self, actor: Actor, subject: Subject, roll: Roll) -> list[RightNews]:
        me = actor.keyring.card.id
        mine = roll.family.get(me) or roll.coaches.get(me)
        last_seen = max(self._last_seen(actor, subject), mine.number if mine is not None else 0)
        is_former = subject.is_coach and not roll.uses(me)
        holders = [roll.coaches[me]] if is_former else _in_order(roll)
        invitations = () if is_former else roll.open_invitations(self._mailbox.now())
        changes = [(holder, change_of(holder, roll, me, last_seen)) for holder in holders]
        news = [(holder.name, holder.card == me, change) for holder, change in changes if change is not None]
        news += [
            ("", False, Change("invited", invitation.made_by, invitation.since))
            for invitation in invitations
            if invitation.number > last_seen
        ]
        label = subject.keys.label
        return [
            RightNews(subject.handle, label, change.what, name, roll.name_of(change.by), change.at, is_mine)
            for name, is_mine, change in news
            if change.by != me
        ]

    def _last_seen(self, actor: Actor, subject: Subject) -> int:
        lookup = self._seen_lookup(actor, subject)
        sealed = read_short_cut(self._database, lookup)
        if sealed is None:
            return 0
        try:
            content = decode(open_secret(actor.keyring.derive("rights seen"), sealed, context=lookup))
        except Unavailable:
            raise
        except BlockMRSError:
            return 0  # Reported once more.
        return content[0] if isinstance(content, list) and content and isinstance(content[0], int) else 0

    def _seen_lookup(self, actor: Actor, subject: Subject) -> bytes:
        return actor.keyring.derive("rights seen", subject.keys.keyring.card.id)

    def _say(self, actor: Actor, keys: EntrustedKeys, statement: Statement) -> None:
        batch = self._mailbox.batch()
        self._rolls.add(batch, keys.keyring, actor.keyring, statement)
        batch.commit()

    def _clear(self, keys: EntrustedKeys, card: bytes, before: Roll) -> None:
        """When somebody's part has ended, end what opens without consulting the roll: their codes, used or not."""
        roll = self._rolls.of(keys.keyring)
        now = self._mailbox.now()
        for invitation in before.open_invitations(now):
            if not roll.invitations[invitation.invitation_id].is_open(now):
                self._invitations.end(invitation.invitation_id)
        if card not in roll.coaches or roll.uses(card):
            return
        for item_handle, update_id in self._code_handles(keys, self._codes.running()):
            items = [item for item in self._mailbox.contents(keys.keyring) if item.about == update_id]
            entries = self._mailbox.opened(keys.keyring, items).grants.values()
            if any(entry.author == card and entry.grant.update_id == update_id for entry in entries):
                self._codes.end(item_handle)

    def _holder(self, actor: Actor, roll: Roll, right_id: str) -> Holder:
        for holder in _in_order(roll):
            if _right_id(actor, _kind(holder), holder.card) == right_id:
                return holder
        raise NotFound("no such right")

    def _invitation_with(self, actor: Actor, roll: Roll, right_id: str) -> OpenInvitation | None:
        for invitation in roll.invitations.values():
            if _right_id(actor, b"invitation", invitation.invitation_id) == right_id:
                return invitation
        return None

    def _right(self, actor: Actor, roll: Roll, holder: Holder) -> Right:
        me = actor.keyring.card.id
        alone = not holder.is_family or holder.part is Part.WAITING or holder.card == me
        return Right(
            _right_id(actor, _kind(holder), holder.card),
            holder.name,
            holder.relation,
            holder.part,
            holder.since,
            roll.name_of(holder.invited_by),
            roll.name_of(holder.confirmed_by),
            holder.ended,
            roll.name_of(holder.ended_by),
            holder.card == me,
            roll.may_confirm(me, holder),
            self._rolls.may_end(roll, me, holder),
            not alone and not roll.let_themselves_in(holder),
            tuple(sorted(roll.name_of(card) for card in holder.against)),
        )

    def _invitation(self, actor: Actor, roll: Roll, entry: OpenInvitation) -> InvitationRight:
        may_end = roll.may_close(actor.keyring.card.id, entry, self._mailbox.now())
        right_id = _right_id(actor, b"invitation", entry.invitation_id)
        return InvitationRight(right_id, roll.name_of(entry.made_by), entry.since, entry.until, may_end)

    def _shares(self, actor: Actor, keys: EntrustedKeys, roll: Roll) -> Iterator[ShareRight]:
        """The running shares of reports about the person, newest report first, as each report's page shows them."""
        contents, since = self._mailbox.contents(keys.keyring), to_ms(self._mailbox.present().latest - LONGEST)
        written = _written(contents)
        with_shares = {item.about for item in contents if item.sort is Sort.SHARE and item.at_ms >= since}
        for update_id in sorted(
            with_shares & set(written), key=lambda update_id: written[update_id].at_ms, reverse=True
        ):
            address = report_address(update_id)
            try:
                active = self._sharing.running_shares(actor, address)
            except (NotFound, Ended):
                continue  # Somebody else wrote it, and the viewer may not read it: for a coach, a report from home.
            if not active:
                continue
            place, name = written[update_id], self._sharing.named(actor, address)
            author = actor.display_name if actor.keyring.card.id.startswith(place.by) else roll.name_beginning(place.by)
            for share in active:
                by, at = share.sender if share.from_family else author, from_ms(place.at_ms)
                yield ShareRight(share.party, address, name, at, share.since, share.until, share.share_id, by)

    def _running_codes(
        self, actor: Actor, keys: EntrustedKeys, running: Mapping[bytes, datetime]
    ) -> Iterator[CodeRight]:
        handles = self._code_handles(keys, running)
        written = _written(self._mailbox.contents(keys.keyring)) if handles else {}
        for _, update_id in handles:
            address = report_address(update_id)
            try:
                codes = self._codes.working(actor, address)
            except (NotFound, Ended):
                continue  # As of a share: a coach does not learn of a report from home.
            name, at = self._sharing.named(actor, address), from_ms(written[update_id].at_ms)
            for code in codes:
                yield CodeRight(address, name, at, code.since, code.until, code.is_mine)

    def _code_handles(self, keys: EntrustedKeys, running: Mapping[bytes, datetime]) -> list[tuple[bytes, bytes]]:
        """For every report about the person with a working code: the code's handle, and the update id."""
        if not running:
            return []  # Nearly always; then no line is read.
        reports = {
            item.about for item in self._mailbox.contents(keys.keyring) if item.sort is Sort.REPORT and item.of_reader
        }
        handles = [(self._codes.handle_of(keys, update_id), update_id) for update_id in reports]
        return [(handle, update_id) for handle, update_id in handles if handle in running]


def _written(contents: Sequence[Item]) -> dict[bytes, Item]:
    """Where each report on a line was written, by its update id: what was given or said of it later moves nothing."""
    return {item.about: item for item in reversed(contents) if item.sort is Sort.REPORT}


def _in_order(roll: Roll) -> list[Holder]:
    """Family first, then coaches, each in the order in which they came."""
    return [*roll.family.values(), *roll.coaches.values()]


def _kind(holder: Holder) -> bytes:
    return b"family" if holder.is_family else Relation.COACH.encode("ascii")


def _right_id(actor: Actor, kind: bytes, about: bytes) -> str:
    return actor.keyring.derive("right", kind + about)[:_ID_BYTES].hex()
