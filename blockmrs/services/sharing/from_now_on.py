"""Everything from now on: begun, shown, given and ended by whoever acts for a record.

What waits to be given, and to whom, is shown to those who act for the record and to nobody else. A person's record may
have several cards, one of their own and those that coaches made: a choice means all of them, each by a grant of its
own, and one press ends all. Source: docs/protocol "Everything from now on".
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from blockmrs.domain.access_log import Event, LogEntry
from blockmrs.domain.bundles import BundleTerms
from blockmrs.domain.standing import CHOICES, check_choices, check_purpose
from blockmrs.errors import BlockMRSError, InvalidInput, NotAuthorized, NotFound
from blockmrs.model.locks import KeyedLocks
from blockmrs.services.grants.granting import LineTo
from blockmrs.services.grants.standing_readers import MOST_READERS, Given
from blockmrs.services.lines.contents import KEY_BYTES, Sort
from blockmrs.services.lines.saving import commit_batch, finish
from blockmrs.services.reports.access import parse_report_address, report_address
from blockmrs.services.sharing.books import LONGEST
from blockmrs.services.sharing.everyone import Form, RightRow
from blockmrs.services.sharing.openings import Opening, by_members

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.throttle import Throttle
    from blockmrs.services.grants.standing import StandingGrants
    from blockmrs.services.grants.standing_readers import StandingReader
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Mailbox
    from blockmrs.services.people.organisations import Organisation, Organisations
    from blockmrs.services.people.persons import People, Person
    from blockmrs.services.people.rolls import Rolls
    from blockmrs.services.sharing.rights import RightsPage
    from blockmrs.storage import ObjectStore

BEGUN_AN_HOUR = 10
"""How often one account may begin such a share with one organisation."""


@dataclass(frozen=True, slots=True)
class StandingShare:
    """Somebody who gets everything from now on, of one person. `choices` are of `domain.standing.CHOICES`.

    `share_id` is used in forms. `by` is who gave it, as far as the roll names them. `is_readable` is False where what
    was chosen cannot be read here now: until it can nothing is given. `waits`: how many updates wait to be given.
    """

    share_id: str
    party: str
    purpose: str
    choices: tuple[str, ...]
    since: datetime
    until: datetime | None
    by: str
    is_readable: bool = True
    waits: int = 0


@dataclass(frozen=True, slots=True)
class StandingOpening:
    """An opening of something that was given from now on: the report at `report`; health facts where that is empty."""

    opening: Opening
    report: str


@dataclass(frozen=True, slots=True)
class WaitingFor:
    """How many updates about one person wait to be given, and the names of those whom they are for."""

    handle: str
    label: str
    is_me: bool
    number: int
    parties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaitingUpdate:
    """One update that waits to be given, as its author calls it. `entry_id` is used in addresses."""

    entry_id: str
    kind: str
    grant: GrantEntry
    at: datetime
    lost: bool = False

    @property
    def level(self) -> int | None:
        """What the advice of a report was, 1 to 4."""
        return self.grant.grant.level

    @property
    def concerns(self) -> tuple[str, ...]:
        """What a report is about."""
        return self.grant.grant.concerns


class FromNowOn:
    """Begins, lists, gives and ends."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        cards: Cards,
        people: People,
        organisations: Organisations,
        rolls: Rolls,
        standing: StandingGrants,
        throttle: Throttle,
        objects: ObjectStore,
    ) -> None:
        self._objects = objects
        self._database = database
        self._mailbox = mailbox
        self._cards = cards
        self._people = people
        self._organisations = organisations
        self._rolls = rolls
        self._standing = standing
        self._throttle = throttle
        self._locks = KeyedLocks(database, "from now on")

    def begin(
        self,
        actor: Actor,
        handle: str,
        organisation_id: bytes,
        purpose: str,
        until: datetime,
        choices: Sequence[str],
        draft_id: str = "",
    ) -> None:
        """Let an organisation read what comes to a person's record from now on; a repeated call changes nothing.

        Args:
            draft_id: of the form, 32 hexadecimal digits, by which a repeated press is known whenever it comes; without
                it one is that asks for the same until the same moment.

        Raises:
            NotFound: the actor does not act for that person.
            NotAuthorized: a coach who let themselves in while another of the family is in.
            InvalidInput: a field is wrong, or they get something from now on already.
        """
        person, organisation = self._giving(actor, handle), self._organisations.find(organisation_id)
        chosen = check_choices(choices)
        mark = actor.draft_mark(draft_id) if draft_id else None
        self._check(organisation, purpose, until)
        with self.one_at_a_time(person.cards):
            runs = [reader for _, reader in self._running(person) if reader.grantee == organisation_id]
            begun = self._begun(actor, person, mark)
            if not begun and all(_choices(one) == chosen and one.copy.grant.not_after == until for one in runs):
                begun = runs
            if begun:
                for reader in begun:
                    finish(self._database, self._objects, reader.copy.grant.object)
                return
            if runs:
                raise InvalidInput("They get something from now on already. End that first", field="organisation")
            if len({reader.grantee for _, reader in self._running(person)}) >= MOST_READERS:
                raise InvalidInput("Too many get everything from now on. End one first", field="organisation")
            who = (actor.account_id + organisation_id).hex()
            self._throttle.count("from now on", who, limit=BEGUN_AN_HOUR, window=timedelta(hours=1))
            self._begin(actor, person, organisation, purpose, until, chosen, mark)

    def _begun(self, actor: Actor, person: Person, mark: bytes | None) -> list[StandingReader]:
        """What an earlier press of the same button began, whatever became of it since."""
        readers = [reader for keys in person.cards for reader in self._standing.of(keys)] if mark else []
        me = actor.keyring.card.id
        return [one for one in readers if one.copy.grant.draft_mark == mark and one.copy.author == me]

    def of(self, actor: Actor, handle: str) -> list[StandingShare]:
        """Everybody who gets something of that person from now on; NotFound for whoever does not act for them."""
        person = self._people.find(actor, handle)
        waits = self._waits(person)
        shares = self.running(actor, person)
        return [replace(share, waits=len(waits.get(bytes.fromhex(share.share_id), ()))) for share in shares]

    def running(self, actor: Actor, person: Person) -> list[StandingShare]:
        """The same of one of those from `services.people`, without counting what waits to be given."""
        shares: dict[bytes, StandingShare] = {}
        for keys, reader in self._running(person):
            if reader.grantee not in shares:
                shares[reader.grantee] = self._share(actor, keys, reader)
        return list(shares.values())

    def parties(self, actor: Actor, person: Person, choice: str) -> tuple[str, ...]:
        """The names of those who get what is saved now, as far as it is of that choice (`domain.standing.CHOICES`).

        Args:
            person: one of those from `services.people`.
        """
        if not any(self._rolls.decides(actor, keys.keyring) for keys in person.cards):
            return ()  # What they save waits, as what others wrote.
        return tuple(share.party for share in self.of(actor, person.handle) if choice in share.choices)

    def share(self, actor: Actor, handle: str, share_id: str) -> StandingShare:
        """One of them; NotFound if there is none with that id."""
        for share in self.of(actor, handle):
            if share.share_id == share_id:
                return share
        raise NotFound("no such share")

    def opened(self, actor: Actor, handle: str, share_id: str) -> list[StandingOpening]:
        """Who opened what of it, newest first."""
        person, opened = self._people.find(actor, handle), []
        for keys, reader in self._running(person):
            if reader.grantee.hex() == share_id:
                opened += list(self._openings(keys, reader))
        return sorted(opened, key=lambda one: one.opening.at, reverse=True)

    def log(self, actor: Actor, person: Person) -> Iterator[LogEntry]:
        """What was so given of the person's record, ended and opened, for the list of who looked."""
        for group in self._presses(person):
            keys, first = group[0]
            grant, is_me = first.copy.grant, first.copy.author == actor.keyring.card.id
            begun = LogEntry(
                Event.SHARED_FROM_NOW_ON, self._mailbox.time_at(first.copy.index), person.label,
                self._name(actor, keys, first.copy.author), party=grant.party, purpose=grant.purpose,
                until=grant.not_after, is_me=is_me, who_card=first.copy.author[:KEY_BYTES],
            )  # fmt: skip
            yield begun
            ends = [reader.ended[1].at for _, reader in group if reader.ended is not None]
            if len(ends) == len(group):
                ended = replace(begun, event=Event.STOPPED_FROM_NOW_ON, at=max(ends), who="", is_me=False)
                yield replace(ended, who_card=b"")
            for one in (one for keys, reader in group for one in self._openings(keys, reader)):
                opening = one.opening
                yield LogEntry(
                    Event.OPENED_REPORT if one.report else Event.OPENED_FACTS, opening.at, person.label,
                    opening.reader, opening.organisation, purpose=opening.purpose, report=one.report,
                    left=opening.left, who_card=opening.card[:KEY_BYTES],
                )  # fmt: skip

    def _presses(self, person: Person) -> list[list[tuple[EntrustedKeys, StandingReader]]]:
        """Every standing grant that there ever was; those of the person's cards that one press began, together."""
        presses: dict[tuple[bytes, bytes, datetime], list[tuple[EntrustedKeys, StandingReader]]] = {}
        for keys in person.cards:
            for reader in self._standing.of(keys):
                # One press is one block, and so one time.
                press = reader.grantee, reader.copy.author, self._mailbox.time_at(reader.copy.index)
                presses.setdefault(press, []).append((keys, reader))
        return list(presses.values())

    def _name(self, actor: Actor, keys: EntrustedKeys, card: bytes) -> str:
        if card == actor.keyring.card.id:
            return actor.display_name
        return self._rolls.of(keys.keyring).name_of(card)

    def rows(self, actor: Actor, page: RightsPage) -> Iterator[RightRow]:
        """Those who get everything from now on, as rights over what is about one person; for whoever acts for them."""
        if page.is_coach:
            return  # What the family gives is shown to the family.
        try:
            shares, cards = self.of(actor, page.handle), self._people.find(actor, page.handle).cards
        except NotFound:
            return  # A card that a coach made for the actor: it stands with their own.
        ends = any(self._rolls.decides(actor, keys.keyring) for keys in cards)
        for share in shares:
            here, end = f"/record/from-now-on/{page.handle}", ""
            if ends:
                end = f"{here}/end/{share.share_id}"
            yield RightRow(
                Form.STANDING, page.handle, page.label, share.party, share.since, share.by, share.until,
                end=end, see=f"{here}/see/{share.share_id}",
            )  # fmt: skip

    def stop(self, actor: Actor, handle: str, share_id: str) -> None:
        """End it, and so all that was given under it; a repeated call changes nothing. Errors as in `begin`."""
        person = self._giving(actor, handle)
        with self.one_at_a_time(person.cards):
            batch = self._mailbox.batch()
            for keys, reader in self._running(person):
                if reader.grantee.hex() == share_id:
                    self._standing.end(batch, actor.keyring, keys, reader)
            batch.commit()

    def waiting(self, actor: Actor, gaps: list[str] | None = None) -> list[WaitingFor]:
        """What waits to be given, for each person of whom the actor gives; `gaps` as in `People.of`."""
        waiting = []
        for acted_for in self._people.of(actor, gaps):
            try:
                person = self._people.giving(actor, acted_for, self._rolls)
                waits = {grantee: updates for grantee, updates in self._waits(person).items() if updates}
            except NotAuthorized:
                continue
            except BlockMRSError:
                if gaps is None:
                    raise
                gaps.append("waiting")
                continue
            if waits:
                names = {reader.grantee: reader.copy.grant.party for _, reader in self._running(person)}
                number = len(set().union(*waits.values()))
                parties = tuple(sorted(names[grantee] for grantee in waits))
                waiting.append(WaitingFor(person.handle, person.label, person.is_me, number, parties))
        return waiting

    def give(self, actor: Actor, handle: str) -> Given:
        """Give all that waits.

        Raises:
            NotFound, NotAuthorized: as in `begin`.
            StorageUnavailable: a text cannot be fetched now; what was given before it stays given.
        """
        person = self._giving(actor, handle)
        with self.one_at_a_time(person.cards):
            given = [self._standing.give_waiting(keys, actor.keyring) for keys in person.cards]
        return Given(sum(one.given for one in given), sum(one.lost for one in given), sum(one.private for one in given))

    def waiting_for(self, actor: Actor, handle: str, share_id: str) -> list[WaitingUpdate]:
        """What waits to be given to one of them, newest first; NotFound for whoever does not act for the person."""
        person, waits = self._people.find(actor, handle), list[WaitingUpdate]()
        for keys in person.cards:
            for waiting in self._standing.waiting(keys):
                if waiting.reader.grantee.hex() == share_id:
                    waits += [
                        WaitingUpdate(
                            report_address(entry.grant.update_id), entry.grant.purpose, entry,
                            self._mailbox.written_at(entry),
                        )
                        for entry in waiting.entries
                    ]  # fmt: skip
        return sorted(waits, key=lambda one: one.grant.index, reverse=True)

    def keep_out(self, actor: Actor, handle: str, entry_id: str) -> None:
        """Keep something that waits out of all that is given from now on; a repeated call changes nothing.

        Raises:
            NotFound: nothing with that id waits. NotAuthorized: as in `begin`.
        """
        person, prefix = self._giving(actor, handle), parse_report_address(entry_id)
        with self.one_at_a_time(person.cards):
            for keys in person.cards:
                if any(update_id.startswith(prefix) for update_id in self._standing.kept_out.of(keys)):
                    return
                for entry in (entry for waiting in self._standing.waiting(keys) for entry in waiting.entries):
                    if entry.grant.update_id.startswith(prefix):
                        batch = self._mailbox.batch()
                        self._standing.kept_out.add(batch, actor.keyring, keys, entry.grant.update_id)
                        batch.cover_with(actor.keyring)
                        batch.commit()
                        return
        raise NotFound("nothing with that id waits")

    def _giving(self, actor: Actor, handle: str) -> Person:
        return self._people.giving(actor, self._people.find(actor, handle), self._rolls)

    def _begin(
        self,
        actor: Actor,
        person: Person,
        organisation: Organisation,
        purpose: str,
        until: datetime,
        choices: tuple[str, ...],
        mark: bytes | None,
    ) -> None:
        batch, card = self._mailbox.batch(), self._cards.find(organisation.card_id)
        kinds = tuple(str(kind) for choice in choices for kind in CHOICES[choice])
        for keys in person.cards:
            line_key = self._organisations.introduce(batch, keys.keyring, keys.label, organisation)
            self._standing.begin(
                batch,
                actor.keyring,
                keys,
                LineTo(card, line_key),
                BundleTerms(kinds=kinds, name=keys.label),
                purpose=purpose,
                until=until,
                name=organisation.name,
                party=actor.display_name,
                mark=mark,
            )
        commit_batch(self._database, batch)

    def _openings(self, keys: EntrustedKeys, reader: StandingReader) -> Iterator[StandingOpening]:
        grant, reports = reader.copy.grant, self._reports_on(keys)
        if grant.return_to_subject is None:
            return
        receipts = self._mailbox.return_line(grant.return_to_subject, keys.keyring)
        for opening, receipt in by_members(
            self._mailbox, self._organisations.staff, reader.grantee, grant.party, receipts
        ):
            address = report_address(receipt.update_id)
            yield StandingOpening(opening, address if receipt.update_id in reports else "")

    def _reports_on(self, keys: EntrustedKeys) -> set[bytes]:
        return {item.about for item in self._mailbox.contents(keys.keyring) if item.sort is Sort.REPORT}

    def _check(self, organisation: Organisation, purpose: str, until: datetime) -> None:
        now = self._mailbox.now()
        if not organisation.staff:
            raise InvalidInput("Nobody there has joined yet. Choose another", field="organisation")
        check_purpose(purpose)
        if not now < until <= now + LONGEST:
            raise InvalidInput("Choose an end date within the next year", field="until")

    def _running(self, person: Person) -> list[tuple[EntrustedKeys, StandingReader]]:
        return [(keys, reader) for keys in person.cards for reader in self._standing.running(keys)]

    def _waits(self, person: Person) -> dict[bytes, set[bytes]]:
        """By reader's card id, the ids of the updates that wait to be given to them."""
        waits: dict[bytes, set[bytes]] = {}
        for keys in person.cards:
            for waiting in self._standing.waiting(keys):
                updates = {entry.grant.update_id for entry in waiting.entries}
                waits.setdefault(waiting.reader.grantee, set()).update(updates)
        return waits

    def _share(self, actor: Actor, keys: EntrustedKeys, reader: StandingReader) -> StandingShare:
        grant = reader.copy.grant
        return StandingShare(
            reader.grantee.hex(),
            grant.party,
            grant.purpose,
            _choices(reader),
            self._mailbox.time_at(reader.copy.index),
            grant.not_after,
            self._name(actor, keys, reader.copy.author),
            reader.terms is not None,
        )

    @contextmanager
    def one_at_a_time(self, cards: Sequence[EntrustedKeys]) -> Iterator[None]:
        """Hold what is given of these cards from now on, with all that ever took effect in sight."""
        with ExitStack() as locks:
            for line_key in sorted(keys.keyring.own_line for keys in cards):
                locks.enter_context(self._locks.hold(line_key))
            self._mailbox.settle()
            yield


def _choices(reader: StandingReader) -> tuple[str, ...]:
    kinds = reader.terms.kinds if reader.terms is not None else ()
    return tuple(choice for choice, named in CHOICES.items() if set(named) <= set(kinds))
