"""Sealing anew, in slices, what somebody could read who was stopped.

For each update: its text, with its author's signature as it is, is sealed under a fresh key and stored. One block takes
a renewal on the holder's own line, which the person signs, and one to each who may still read it. Then the old object
is let go. Whatever is cut off in between, the lines show what is left, and the next slice does it: it is a matter of
pressing a button again, by whoever acts for the card and has its keys in a session.
Source: docs/protocol "Sealing anew".
"""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from blockmrs.domain.permission import Action, Standing
from blockmrs.domain.renewal import Renewal
from blockmrs.errors import NOT_HERE, BlockMRSError, Unavailable
from blockmrs.services.grants.granting import LineTo, write_renewal
from blockmrs.services.lines.saving import commit_batch, finish_unlisted
from blockmrs.services.reports.access import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from blockmrs.cid import Cid
    from blockmrs.crypto.keys import Keyring
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import EntrustedKeys, GrantEntry, Mailbox
    from blockmrs.services.people.teams import Teams
    from blockmrs.services.reports.access import AccessFinder
    from blockmrs.services.sharing.books import Books
    from blockmrs.services.sharing.from_now_on import FromNowOn
    from blockmrs.services.sharing.shares import Sharing
    from blockmrs.services.stopping.left_to_do import LeftToDo, Stopped
    from blockmrs.services.stopping.releases import Releases
    from blockmrs.storage import ObjectStore

log = logging.getLogger(__name__)
SLICE = 100
"""How many updates one press seals anew."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is, in updates: `done` of `total`.

    `for_crew`: of how many of those that are done the older object waits for the end of a crew's code. `lost`: how many
    cannot be sealed anew because their text is not here. `of_before`: of how many the older object stays, because it
    was kept before there was anything that lets it go. `by_author`: the family stopped what the report's author shared,
    which only they can seal anew. `for_clock`: what is left waits for a clock that can be believed.
    """

    done: int = 0
    total: int = 0
    for_crew: int = 0
    lost: int = 0
    of_before: int = 0
    by_author: bool = False
    for_clock: bool = False

    @property
    def is_finished(self) -> bool:
        """Whether there is nothing left that could be done now."""
        return self.done >= self.total

    def with_other(self, other: Progress) -> Progress:
        """Both together."""
        return Progress(
            self.done + other.done,
            self.total + other.total,
            self.for_crew + other.for_crew,
            self.lost + other.lost,
            self.of_before + other.of_before,
            self.by_author or other.by_author,
            self.for_clock or other.for_clock,
        )


@dataclass(frozen=True, slots=True)
class _Side:
    """Whose objects they are: `holder` keeps them and gives leave, `person` signs, `subject` is who they are about.

    `find` says what was stopped; `readers`, who may still read it by a grant of the holder's, as card ids.
    """

    holder: Keyring
    person: Keyring
    subject: EntrustedKeys
    find: Callable[[], list[Stopped]]
    readers: Callable[[Stopped], set[bytes]]


class SealingAnew:
    """Goes on with what is left, and says how far it is."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        cards: Cards,
        teams: Teams,
        access: AccessFinder,
        books: Books,
        sharing: Sharing,
        from_now_on: FromNowOn,
        left_to_do: LeftToDo,
        releases: Releases,
        lacking: Callable[[Iterable[Cid]], frozenset[Cid]],
        objects: ObjectStore,
        may_erase: Callable[[], bool],
        more_readers: Callable[[Actor, EntrustedKeys, bytes], set[bytes]] = lambda _actor, _keys, _update_id: set(),
    ) -> None:
        self._more_readers = more_readers
        self._database = database
        self._mailbox = mailbox
        self._cards = cards
        self._teams = teams
        self._access = access
        self._books = books
        self._sharing = sharing
        self._from_now_on = from_now_on
        self._left_to_do = left_to_do
        self._releases = releases
        self._lacking = lacking
        self._objects = objects
        self._may_erase = may_erase

    def progress(self, actor: Actor, address: str) -> Progress:
        """How far it is for the card that the report at `address` is about, as far as the actor can do something."""
        access = self._access.allow(actor, address, Action.STOP_SHARE)
        sides = self._sides(actor, access)
        if not any(self._left_to_do.may_be(side.subject.keyring) for side in sides):
            return Progress()  # Nearly always.
        progress = Progress(by_author=self._waits_for_author(actor, access))
        for side in sides:
            progress = progress.with_other(self._progress(side))
        return replace(progress, for_clock=not progress.is_finished and not self._may_erase())

    def go_on(self, actor: Actor, address: str) -> Progress:
        """Do the next slice for that card, and say how far it is then.

        Raises:
            Unavailable: the store or the ledger did not answer; what was done by then stays done.
        """
        access = self._access.allow(actor, address, Action.STOP_SHARE)
        self._go_on(actor, self._sides(actor, access))
        return self.progress(actor, address)

    def progress_about(self, actor: Actor, cards: Iterable[EntrustedKeys]) -> Progress:
        """How far it is for cards that the actor acts for, by `People`."""
        progress = Progress()
        for side in self._both_sides(actor, cards):
            progress = progress.with_other(self._progress(side))
        return replace(progress, for_clock=not progress.is_finished and not self._may_erase())

    def go_on_about(self, actor: Actor, cards: Iterable[EntrustedKeys], most: int = SLICE) -> None:
        """Do the next slice for those cards; what is left goes on at a later visit.

        Raises:
            Unavailable: as in `go_on`.
        """
        self._go_on(actor, self._both_sides(actor, cards), most)

    def _both_sides(self, actor: Actor, cards: Iterable[EntrustedKeys]) -> list[_Side]:
        """What was given of these cards, by the actor as a report's author too; nearly always nothing ever ended."""
        ended = [keys for keys in cards if self._left_to_do.may_be(keys.keyring)]
        return [side for keys in ended for side in (self._authors(actor, keys), self._owners(actor, keys))]

    def _go_on(self, actor: Actor, sides: Iterable[_Side], most: int = SLICE) -> None:
        # By a wrong clock a grant that runs looks over, and its reader would be left with an object that is let go.
        if not self._may_erase():
            return
        room = most
        for side in sides:
            room -= self._slice(actor, side, room)
            self._let_go(actor, side)

    def _sides(self, actor: Actor, access: Access) -> list[_Side]:
        """Those of the two sides that the actor can do: as the report's author, and as one who acts for the card."""
        if access.standing is Standing.SUBJECT and access.keys is not None:
            return [self._owners(actor, access.keys)]
        subject = self._books.subject(actor, access)
        acts_for = {keys.keyring.card.id for keys in self._teams.acting_for(actor)} | {actor.keyring.card.id}
        owners = [self._owners(actor, subject)] if subject.keyring.card.id in acts_for else []
        return [self._authors(actor, subject), *owners]

    def _authors(self, actor: Actor, subject: EntrustedKeys) -> _Side:
        me = actor.keyring

        def readers(stopped: Stopped) -> set[bytes]:
            if me.card.id == subject.keyring.card.id:
                return self._readers_of_own(actor, subject, stopped)
            return self._running(self._books.authors(actor, Access(Standing.AUTHOR, stopped.report, me)))

        return _Side(me, me, subject, lambda: self._left_to_do.of_author(me, subject.keyring), readers)

    def _owners(self, actor: Actor, keys: EntrustedKeys) -> _Side:
        card = keys.keyring

        def readers(stopped: Stopped) -> set[bytes]:
            access = Access(Standing.SUBJECT, stopped.report, card, keys)
            if card.card.id == actor.keyring.card.id:
                return self._readers_of_own(actor, keys, stopped)
            copies = self._books.shown(actor, access)
            if stopped.entry.id == stopped.report.id:
                # The author gives the author's own object; what follows the report the card gives, whoever shared it.
                copies = [copy for copy in copies if not self._books.is_authors(access, copy)]
            from_now_on = self._left_to_do.readers_from_now_on(keys, stopped.entry)
            return self._running(copies) | from_now_on | self._more_readers(actor, keys, stopped.update_id)

        return _Side(card, actor.keyring, keys, lambda: self._left_to_do.of_owner(keys), readers)

    def _readers_of_own(self, actor: Actor, keys: EntrustedKeys, stopped: Stopped) -> set[bytes]:
        """Who may read what is about the actor's own card: it has one object for author and owner, so all of both."""
        card = keys.keyring
        authors = self._books.authors(actor, Access(Standing.AUTHOR, stopped.report, card))
        shown = self._books.shown(actor, Access(Standing.SUBJECT, stopped.report, card, keys))
        from_now_on = self._left_to_do.readers_from_now_on(keys, stopped.entry)
        more = self._more_readers(actor, keys, stopped.update_id)
        return self._running([*authors, *shown]) | from_now_on | more

    def _running(self, copies: Iterable[GrantEntry]) -> set[bytes]:
        return {copy.grant.grantee for copy in copies if copy.grant.grantee and self._books.is_running(copy)}

    def _progress(self, side: _Side) -> Progress:
        every = self._found_by(side)
        lost = self._lost(every)
        goes, waits, stays = self._older(side, every)
        left = goes | {one.update_id for one in every if not one.is_sealed_anew and one.update_id not in lost}
        counted = _counted(every, left) - lost
        return Progress(len(counted - left), len(counted), len(waits), len(lost), len(stays))

    def _found_by(self, side: _Side) -> list[Stopped]:
        return side.find() if self._left_to_do.may_be(side.subject.keyring) else []

    def _older(self, side: _Side, every: Sequence[Stopped]) -> tuple[set[bytes], set[bytes], set[bytes]]:
        """Of those sealed anew whose older objects are served: which can go now, wait for a code, and stay."""
        served = {one.update_id: self._releases.served(one) for one in every if one.is_sealed_anew}
        releasable = set(self._releases.held_for(side.holder, [cid for cids in served.values() for cid in cids]))
        can_go = {update_id for update_id, cids in served.items() if releasable.intersection(cids)}
        open_now = self._releases.open_to_crew(side.subject, [one for one in every if one.update_id in can_go])
        stays = {update_id for update_id, cids in served.items() if cids} - can_go
        return can_go - open_now, open_now, stays

    def _lost(self, every: Sequence[Stopped]) -> set[bytes]:
        """The ids of those that would have to be sealed anew, and are not here."""
        objects = {one.update_id: one.entry.grant.gives.object.cid for one in every if not one.is_sealed_anew}
        lacking = self._lacking(objects.values())
        return {update_id for update_id, cid in objects.items() if cid in lacking}

    def _waits_for_author(self, actor: Actor, access: Access) -> bool:
        if access.standing is not Standing.SUBJECT:
            return False
        shown = self._books.shown(actor, access)
        return any(copy.revoked is not None and self._books.is_authors(access, copy) for copy in shown)

    def _slice(self, actor: Actor, side: _Side, most: int) -> int:
        """Seal at most so many anew; returns how many were."""
        every = self._found_by(side)
        lost = self._lost(every)
        wanted = [one for one in every if not one.is_sealed_anew and one.update_id not in lost][:most]
        if not wanted:
            return 0
        ids = {one.update_id for one in wanted}
        with self._one_at_a_time(side, wanted):
            self._seal(actor, side, [one for one in side.find() if not one.is_sealed_anew and one.update_id in ids])
        return len(wanted)

    def _let_go(self, actor: Actor, side: _Side) -> None:
        """Let go what these had before they were sealed anew, at most so much as one press seals.

        None goes before the newest object of its update has been opened, by the very entry that leads readers to it,
        and is listed as any other: a renewal may lead nowhere, and a crash may have come right after its block.
        """
        done = [one for one in self._found_by(side) if one.is_sealed_anew and self._releases.served(one)][:SLICE]
        if not done:
            return
        ids = {one.update_id for one in done}
        with self._one_at_a_time(side, done):
            every = [one for one in side.find() if one.is_sealed_anew and one.update_id in ids]
            still = [one for one in every if self._opens_newest(one)]
            newest = [one.entry.grant.gives.object for one in still]
            # Nobody else saves these now: what is not listed was cut off before it was.
            finish_unlisted(self._database, self._objects, newest, side.holder)
            self._releases.let_go(actor, side.holder, side.subject, still)

    def _opens_newest(self, stopped: Stopped) -> bool:
        """Whether the update's newest object is here, and opens; Unavailable if the store does not answer."""
        try:
            self._mailbox.update(stopped.entry.grant)
        except NOT_HERE as error:
            log.warning("an older object stays, for the newest one is not here: %s", error)
        except Unavailable:
            raise
        except BlockMRSError as error:
            log.warning("an older object stays, for the newest one does not open: %s", error)
        else:
            return True
        return False

    @contextmanager
    def _one_at_a_time(self, side: _Side, every: Iterable[Stopped]) -> Iterator[None]:
        """Nobody is given an old object of these meanwhile; and two who do the same take turns."""
        with ExitStack() as locks:
            for report in sorted({one.report.grant.update_id for one in every}):
                locks.enter_context(self._sharing.one_at_a_time(report))
            locks.enter_context(self._from_now_on.one_at_a_time([side.subject]))
            yield

    def _seal(self, actor: Actor, side: _Side, every: Sequence[Stopped]) -> None:
        batch = self._mailbox.batch()
        for stopped in every:
            # Where nothing was ever written there is nothing to renew.
            readers = [
                card for card in sorted(side.readers(stopped)) if self._mailbox.length(side.holder.line_to(card))
            ]
            if batch.room <= len(readers):
                batch = self._begun_anew(side, batch)
            # The short cut names the grant alone; without it the line is asked, which has the renewal too.
            self._access.forget_place(actor, stopped.update_id)
            try:
                pointer = self._mailbox.seal_anew(batch, stopped.entry.grant.gives, side.holder)
            except NOT_HERE:
                continue
            except Unavailable:
                raise
            except BlockMRSError as error:
                log.warning("an update cannot be sealed anew, and the others are: %s", error)
                continue
            renewal = Renewal(stopped.update_id, stopped.entry.grant.subject, pointer)
            for reader in readers:
                if batch.room <= 1:
                    batch = self._begun_anew(side, batch)
                to = LineTo(self._cards.find(reader), side.holder.line_to(reader))
                write_renewal(batch, renewal, side.holder, to)
            # Last: until it stands, the update is left to do, and all of this is done again.
            write_renewal(batch, renewal, side.person, LineTo.own(side.holder))
        self._commit(side, batch)

    def _begun_anew(self, side: _Side, batch: Batch) -> Batch:
        self._commit(side, batch)
        return self._mailbox.batch()

    def _commit(self, side: _Side, batch: Batch) -> None:
        if self._left_to_do.hides_readers(side.subject.keyring):
            batch.cover_with(side.person)
        commit_batch(self._database, batch)


def _counted(every: Sequence[Stopped], left: set[bytes]) -> set[bytes]:
    """What is counted while these are left: all that was stopped, or sealed anew, since the oldest end among theirs."""
    since = min((one.ended for one in every if one.update_id in left), default=None)
    return {one.update_id for one in every if since is not None and max(one.ended, one.entry.renewed) >= since}
