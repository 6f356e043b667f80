"""What somebody is to a report, found out with their own keys; `domain.permission` says what follows from it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import delete

from blockmrs.chain.transaction import Kind
from blockmrs.cid import Cid
from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.domain.kinds import Content, Relation
from blockmrs.domain.permission import Action, Standing, require
from blockmrs.domain.sharing import Grant, Introduction, Pointer
from blockmrs.domain.standing import covers
from blockmrs.encoding import decode, encode
from blockmrs.errors import (
    UNKNOWN,
    BlockMRSError,
    Ended,
    InvalidInput,
    InvalidProof,
    NotAuthorized,
    NotFound,
    ObjectMissing,
)
from blockmrs.model.objects import ShortCutRow
from blockmrs.services.grants.ending import ending_of, who_may_end
from blockmrs.services.grants.given import GivenReader
from blockmrs.services.grants.subject_ends import with_subjects_ends
from blockmrs.services.lines.contents import Item, Sort
from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Line, Mailbox, Message
from blockmrs.services.lines.short_cuts import read_short_cut
from blockmrs.services.people.persons import own_card
from blockmrs.services.people.senders import Senders
from blockmrs.services.reports.arrivals import (
    Arrival,
    BundleArrival,
    SenderLine,
    StandingArrival,
    read_line,
    value_of,
)
from blockmrs.services.reports.arrivals import with_subjects_ends as arrivals_with_ends

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Card, Keyring
    from blockmrs.domain.records import Update
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.reader import BundleGrantEntry
    from blockmrs.services.people.organisations import Organisations
    from blockmrs.services.people.teams import Teams
    from blockmrs.storage import ObjectStore

# Reports are addressed by the first 16 bytes of their update id, in hexadecimal.
ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class ReportPlace:
    """Where the author's own grant of a report is, and the player's provisional card, if the author made it."""

    update_id: bytes
    position: int
    subject: bytes
    secret: Pointer | None


@dataclass(frozen=True, slots=True)
class Access:
    """What the actor is to one report. `reader` holds the keys that opened `entry`.

    `under`: the standing grant under which it was given, if it was.
    """

    standing: Standing
    entry: GrantEntry
    reader: Keyring = field(repr=False)
    keys: EntrustedKeys | None = None
    author_card: Card | None = None
    place: ReportPlace | None = None
    under: BundleGrantEntry | None = None

    @property
    def grant(self) -> Grant:
        """The grant by which the actor reads."""
        return self.entry.grant

    @property
    def purpose(self) -> str:
        """Why it was given; what is given from now on has its reason in the standing grant."""
        return self.grant.purpose if self.under is None else self.under.grant.purpose


@dataclass(frozen=True, slots=True)
class ReportName:
    """What a report is called in lists: whom it is about, and what (domain/concerns.py); empty if that is not known."""

    title: str = ""
    concerns: tuple[str, ...] = ()


NAMELESS = ReportName()


def report_address(update_id: bytes) -> str:
    """The report's id in addresses; it means nothing to anybody without a grant."""
    return update_id[:ID_BYTES].hex()


def parse_report_address(text: str) -> bytes:
    """The first bytes of the update id; NotFound if the text is not such an address."""
    try:
        prefix = bytes.fromhex(text)
    except ValueError as error:
        raise NotFound("no such report") from error
    if len(prefix) != ID_BYTES or text != prefix.hex():
        raise NotFound("no such report")
    return prefix


def book_key(author: Keyring, update_id: bytes) -> bytes:
    """The line on which the author keeps the book of one report: who got it, and until when."""
    return author.derive("book", update_id)


class AccessFinder:
    """Finds reports for an actor: as author, for those they act for, and as member of an organisation.

    `senders` says what those who share with an organisation are to it.
    """

    def __init__(
        self, database: Database, mailbox: Mailbox, objects: ObjectStore, teams: Teams, organisations: Organisations
    ) -> None:
        self._database = database
        self._mailbox = mailbox
        self._teams = teams
        self._organisations = organisations
        self._given = GivenReader(mailbox, objects)
        self.senders = Senders(mailbox, organisations)

    def allow(self, actor: Actor, address: str, action: Action) -> Access:
        """The actor's access to the report at `address`, if they may do `action` with it; else an error."""
        access = self.find(actor, parse_report_address(address))
        require(action, access.standing if access is not None else Standing.STRANGER)
        assert access is not None, "a stranger was refused"  # noqa: S101 - tells the type checker what require() did
        return access

    def named(self, actor: Actor, address: str) -> ReportName:
        """What the report at `address` is called, for whoever may read it now; for anybody else an empty name."""
        try:
            grant = self.allow(actor, address, Action.READ).grant
        except (NotFound, Ended, NotAuthorized, ObjectMissing):
            return NAMELESS
        return ReportName(grant.title, grant.concerns)

    def find(self, actor: Actor, prefix: bytes) -> Access | None:
        """The strongest standing that the actor has towards the report; None for a stranger.

        Raises:
            ObjectMissing: they have none with the keys that are here, but some of their keys are not.
        """
        gaps: list[str] = []
        access = (
            self._as_author(actor, prefix)
            or self._as_subject(actor, prefix, gaps)
            or self._as_recipient(actor, prefix, gaps)
        )
        if gaps and (access is None or access.standing is Standing.FORMER_RECIPIENT):
            raise ObjectMissing("some of the keys with which this person reads are not here")
        return access

    def save_rows(self, actor: Actor, draft_id: bytes, place: ReportPlace) -> list[ShortCutRow]:
        """The rows that find a saved report by its form's number and by its address."""
        content = encode(
            [
                place.update_id,
                place.position,
                place.subject,
                place.secret.cid.digest if place.secret else None,
                place.secret.seed if place.secret else None,
            ]
        )
        key = actor.keyring.derive("saved")
        return [
            ShortCutRow(lookup=lookup, sealed=seal_secret(key, content, context=lookup))
            for lookup in (
                actor.keyring.derive("saved draft", draft_id),
                actor.keyring.derive("saved report", place.update_id[:ID_BYTES]),
            )
        ]

    def forget_place(self, actor: Actor, update_id: bytes) -> None:
        """Remove the row that finds a report by its address: its line is read instead, with all that came there."""
        lookup = actor.keyring.derive("saved report", update_id[:ID_BYTES])
        with self._database.write() as rows:
            rows.execute(delete(ShortCutRow).where(ShortCutRow.lookup == lookup))

    def saved_by_draft(self, actor: Actor, draft_id: bytes) -> ReportPlace | None:
        """The report that this press of Save made, if it is done."""
        return self._place(actor, actor.keyring.derive("saved draft", draft_id))

    def subject_keys(self, actor: Actor, place: ReportPlace) -> EntrustedKeys | None:
        """The card that the report is about, if the actor holds it: their own, one they act for, or a player's."""
        if place.secret is not None:
            return self._mailbox.keys_at(place.secret, place.subject, Relation.HOLDER)
        if place.subject == actor.keyring.card.id:
            return own_card(actor)
        keyring = actor.keyring
        items = [item for item in self._mailbox.contents(keyring) if item.sort is Sort.APPOINTMENT]
        items = [item for item in items if item.about == place.subject]
        for dependent, appointment in self._mailbox.opened(keyring, items, author=keyring.card).appointments:
            if dependent == place.subject:
                return self._mailbox.keys_of(appointment)
        gaps: list[str] = []
        keys = next((h for h in self._teams.acting_for(actor, gaps) if h.keyring.card.id == place.subject), None)
        if keys is None and gaps:
            raise ObjectMissing("some of the keys with which this person reads are not here")
        return keys

    def arrivals(
        self, actor: Actor, gaps: list[str] | None = None, memberships: Sequence[EntrustedKeys] | None = None
    ) -> list[Arrival]:
        """Every report that was ever shared with an organisation of the actor, as seen from outside. Opens none.

        `gaps` receives a word for each organisation or sender whose keys or card are not here; without it,
        ObjectMissing is raised.

        Args:
            memberships: those of the actor, if the caller has just read them.
        """
        everything: list[Arrival] = []
        for organisation in self._organisations.memberships(actor, gaps) if memberships is None else memberships:
            everything += arrivals_with_ends(self.sender_lines(organisation, gaps))
        return everything

    def sender_lines(self, organisation: EntrustedKeys, gaps: list[str] | None = None) -> list[tuple[Card, SenderLine]]:
        """What each sender wrote to an organisation, as seen from outside; `gaps` as above."""
        lines = []
        for card, line_key in self._introduced(organisation, None, gaps):
            line_values = self._mailbox.remembered(line_key, organisation.keyring, value_of, card)
            lines.append((card, read_line(organisation, card, line_key, line_values)))
        return lines

    def bundles(self, actor: Actor, gaps: list[str] | None = None) -> list[BundleArrival]:
        """Every bundle that was ever given to an organisation of the actor, as `arrivals`."""
        return [
            bundle
            for organisation in self._organisations.memberships(actor, gaps)
            for _, line in self.sender_lines(organisation, gaps)
            for bundle in line.bundles
        ]

    def access_to(self, arrival: Arrival) -> Access | None:
        """What the actor is to a report that arrived, opened from its line with all checks; None if it is not there."""
        keys, card = arrival.keys, arrival.sender
        places = (arrival.position, *arrival.renewals)
        line = self._mailbox.opened_on(arrival.line_key, keys.keyring, places, card)
        entry = line.grants.get(arrival.grant_id)
        if entry is None:
            return None
        entry = self._with_endings(Line({entry.id: replace(entry, revoked=arrival.ends)})).grants[entry.id]
        active = entry.revoked is None and entry.grant.covers(self._mailbox.present())
        under = None
        if arrival.standing is not None:
            under = self.standing_at(arrival.standing)
            active = active and under is not None
        standing = Standing.RECIPIENT if active else Standing.FORMER_RECIPIENT
        return Access(standing, entry, keys.keyring, keys, card, under=under)

    def standing_at(self, arrival: StandingArrival) -> BundleGrantEntry | None:
        """The standing grant that arrived there, opened with all checks; None if it does not run now."""
        line = self._mailbox.opened_on(arrival.line_key, arrival.keys.keyring, [arrival.position], arrival.sender)
        entry = line.bundles.get(arrival.standing_id)
        return entry if entry is not None and arrival.ends is None and self._given.runs(entry) else None

    def check_given(self, access: Access, update: Update) -> None:
        """InvalidProof if it was given under a standing grant that does not name what it turns out to be.

        Raises:
            Unavailable: what was chosen cannot be read here now.
        """
        if access.under is not None and not covers(
            self._given.terms(access.under), update.kind, access.grant.update_id
        ):
            raise InvalidProof("what was given is not among what was chosen")

    def received(self, actor: Actor, prefix: bytes, gaps: list[str] | None = None) -> Iterator[Access]:
        """What the actor is to the reports with that address that reached their organisations; `gaps` as above."""
        for arrival in self.arrivals(actor, gaps):
            if arrival.update_id.startswith(prefix):
                access = self.access_to(arrival)
                if access is not None:
                    yield access

    def lines_to(
        self, organisation: EntrustedKeys, senders: Container[bytes] | None = None, gaps: list[str] | None = None
    ) -> list[tuple[Card, Line]]:
        """What each party that introduced itself wrote to an organisation; only that of `senders` (card ids), if given.

        What a subject's card ended is shown as ended, whoever gave it; `senders` must then include that card. `gaps`
        receives a word for each of them whose card is not here; without it, ObjectMissing is raised.
        """
        read = [
            (card, self._given.as_it_runs(self._mailbox.line_from(line_key, organisation.keyring, card)))
            for card, line_key in self._introduced(organisation, senders, gaps)
        ]
        lines = with_subjects_ends(read)
        return [(card, self._with_endings(line)) for card, line in lines]

    def _with_endings(self, line: Line) -> Line:
        """The line, with grants of reports that run by it, but have ended on their own lines, shown as ended."""
        now = self._mailbox.present()
        for entry in list(line.grants.values()):
            if entry.revoked is None and entry.grant.about is None and entry.grant.covers(now):
                ending = ending_of(self._mailbox, entry.id, who_may_end(entry.grant, entry.author))
                if ending is not None:
                    line.grants[entry.id] = replace(entry, revoked_by=ending[0], revoked=ending[1])
        return line

    def _introduced(
        self, organisation: EntrustedKeys, senders: Container[bytes] | None, gaps: list[str] | None
    ) -> Iterator[tuple[Card, bytes]]:
        """Each party that introduced itself to an organisation, with the key of its line."""
        issued = self._organisations.doorbell_issued(organisation.keyring.card.id)
        unproven: list[Message] = []
        doorbell = list(self._mailbox.doorbell(organisation.keyring, issued, unproven))
        for message in unproven:
            if message.kind is Kind.INTRODUCE and (senders is None or message.author in senders):
                if gaps is None:
                    raise ObjectMissing("the card of a sender is not here")
                gaps.append("sender")
        introduced: set[tuple[bytes, bytes]] = set()
        for card, message in doorbell:
            if message.kind is not Kind.INTRODUCE or (senders is not None and card.id not in senders):
                continue
            try:
                introduction = Introduction.from_fields(message.fields)
            except InvalidInput:
                continue
            # Somebody may have introduced one line several times.
            if introduction.line_key is not None and (card.id, introduction.line_key) not in introduced:
                introduced.add((card.id, introduction.line_key))
                yield card, introduction.line_key

    def _as_author(self, actor: Actor, prefix: bytes) -> Access | None:
        keyring = actor.keyring
        row_place = self._place(actor, keyring.derive("saved report", prefix))
        if row_place is not None:
            entries = self._mailbox.own_page(keyring, row_place.position, row_place.position + 1).grants
        else:
            # Without the row (in a recovered account) the own line says the same.
            entries = self._mailbox.opened(keyring, self._reports(keyring, prefix), author=keyring.card).grants
        for entry in entries.values():
            grant = entry.grant
            if grant.purpose == Content.REPORT and grant.update_id.startswith(prefix) and grant.object is not None:
                place = row_place or ReportPlace(grant.update_id, 0, grant.subject, None)
                standing = Standing.AUTHOR if self._may_act(actor, grant, place) else Standing.FORMER_AUTHOR
                return Access(standing, entry, keyring, place=place)
        return None

    def _may_act(self, actor: Actor, grant: Grant, place: ReportPlace) -> bool:
        """Whether the author of a report may do more with it than read what they wrote.

        What they keep from the family stays theirs, whatever the family ended, so that a child who needs help gets it.
        """
        if grant.subject == actor.keyring.card.id or self.is_withheld(actor.keyring, grant):
            return True
        keys = self.subject_keys(actor, place)
        return keys is not None and self._teams.may_use(actor, keys)

    def is_withheld(self, author: Keyring, grant: Grant) -> bool:
        """Whether the author of a report still keeps it from the family; if not, their book of it says so."""
        if not grant.withheld:
            return False
        book = self._mailbox.private_line(book_key(author, grant.update_id), author)
        return not any(entry.grant.grantee == grant.subject for entry in book.grants.values())

    def _as_subject(self, actor: Actor, prefix: bytes, gaps: list[str]) -> Access | None:
        for keys in self._teams.acting_for(actor, gaps):
            line = self._mailbox.opened(keys.keyring, self._reports(keys.keyring, prefix))
            grants = [
                entry
                for entry in line.grants.values()
                if entry.grant.purpose == Content.REPORT
                and entry.grant.grantee is None
                and entry.grant.object is not None
                if entry.grant.update_id.startswith(prefix)
            ]
            # Others may have granted it again: what its own author granted first says what it is.
            for entry in self._mailbox.placed(grants):
                return Access(Standing.SUBJECT, entry, keys.keyring, keys)
        return None

    def _reports(self, keyring: Keyring, prefix: bytes) -> list[Item]:
        """Where the report with this address is on an own line."""
        return [
            item
            for item in self._mailbox.contents(keyring)
            if item.sort is Sort.REPORT and item.about.startswith(prefix)
        ]

    def _as_recipient(self, actor: Actor, prefix: bytes, gaps: list[str]) -> Access | None:
        former = None
        for access in self.received(actor, prefix, gaps):
            if access.standing is Standing.RECIPIENT:
                return access
            former = access
        return former

    def _place(self, actor: Actor, lookup: bytes) -> ReportPlace | None:
        sealed = read_short_cut(self._database, lookup)
        if sealed is None:
            return None
        try:
            content = decode(open_secret(actor.keyring.derive("saved"), sealed, context=lookup))
        except UNKNOWN:
            raise
        except BlockMRSError:
            return None  # The row is only a short cut; the own line holds the same.
        match content:
            case [bytes() as update_id, int() as position, bytes() as subject, digest, seed]:
                if isinstance(digest, bytes) and isinstance(seed, bytes):
                    return ReportPlace(update_id, position, subject, Pointer(Cid(digest), seed))
                return ReportPlace(update_id, position, subject, None)
        return None
