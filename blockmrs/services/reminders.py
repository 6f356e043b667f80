"""What goes on around the records that somebody keeps, and could be forgotten.

A stop after which something is still to be locked anew; shares that end soon; and who gets everything from now on. Each
is read from the lines as they are now, and only for who acts for a record; nothing is kept here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from blockmrs.errors import BlockMRSError, Ended, NotFound
from blockmrs.services.lines.contents import Sort
from blockmrs.services.reports.access import report_address

if TYPE_CHECKING:
    from datetime import datetime

    from blockmrs.domain.sharing import Now
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox
    from blockmrs.services.people.persons import People, Person
    from blockmrs.services.selections.record_shares import RecordSharing
    from blockmrs.services.sharing.from_now_on import FromNowOn
    from blockmrs.services.sharing.shares import Sharing
    from blockmrs.services.stopping.sealing_anew import SealingAnew

SOON = timedelta(days=7)
"""How long before its end a share is said to end."""
LOOKED_AT = 60
"""How many of the newest shares of a card are looked at: each has to be opened, and this is asked on every visit."""
_AT_SIGN_IN = 20
"""How many updates one sign-in seals anew, so that nobody waits for the rest."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Something was stopped about this person, and `done` of `total` updates are locked anew. `handle`: of `People`.

    `for_clock`: the rest waits for a clock that can be believed.
    """

    handle: str
    label: str
    is_me: bool
    done: int
    total: int
    for_clock: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """A share that ends within a week. `is_record`: of more than one report. `see` is its page."""

    label: str
    is_me: bool
    party: str
    until: datetime
    see: str
    is_record: bool = False


@dataclass(frozen=True, slots=True)
class Gets:
    """Somebody who gets what is saved about this person from now on. `ends_soon`: within a week. `see` is its page."""

    label: str
    is_me: bool
    party: str
    until: datetime | None
    ends_soon: bool
    see: str


@dataclass(frozen=True, slots=True)
class RemindersNow:
    """All of it, person by person; what ends soon by its end."""

    unfinished: tuple[Unfinished, ...] = ()
    ending: tuple[Ending, ...] = ()
    gets: tuple[Gets, ...] = ()


class Reminders:
    """Collects them, and goes on with what is unfinished."""

    def __init__(
        self,
        mailbox: Mailbox,
        people: People,
        sharing: Sharing,
        from_now_on: FromNowOn,
        record_sharing: RecordSharing,
        sealing_anew: SealingAnew,
    ) -> None:
        self._mailbox = mailbox
        self._people = people
        self._sharing = sharing
        self._from_now_on = from_now_on
        self._record_sharing = record_sharing
        self._sealing_anew = sealing_anew

    def now(self, actor: Actor, gaps: list[str]) -> RemindersNow:
        """What there is to say; `gaps` as in `People.of`, and for whoever something of is not here."""
        unfinished: list[Unfinished] = []
        ending: list[Ending] = []
        gets: list[Gets] = []
        for person in self._people.of(actor, gaps):
            try:
                unfinished += self._unfinished(actor, person)
                ending += self._ending(actor, person)
                gets += self._gets(actor, person)
            except BlockMRSError:
                gaps.append(person.label)  # What cannot be read of one person hides nothing about the others.
        return RemindersNow(tuple(unfinished), tuple(sorted(ending, key=lambda one: one.until)), tuple(gets))

    def go_on(self, actor: Actor, handle: str) -> None:
        """Seal the next part of one person's record anew.

        Raises:
            NotFound: the actor acts for nobody with that handle.
            Unavailable: the store or the ledger did not answer; what was done by then stays done.
        """
        self._sealing_anew.go_on_about(actor, self._people.find(actor, handle).cards)

    def go_on_at_sign_in(self, actor: Actor) -> None:
        """Seal a small part of what is unfinished anew: nearly always there is nothing. Errors as in `go_on`."""
        cards = [keys for person in self._people.of(actor, []) for keys in person.cards]
        self._sealing_anew.go_on_about(actor, cards, most=_AT_SIGN_IN)

    def _unfinished(self, actor: Actor, person: Person) -> Iterator[Unfinished]:
        progress = self._sealing_anew.progress_about(actor, person.cards)
        if not progress.is_finished:
            yield Unfinished(
                person.handle, person.label, person.is_me, progress.done, progress.total, progress.for_clock
            )

    def _ending(self, actor: Actor, person: Person) -> Iterator[Ending]:
        now = self._mailbox.present()
        addresses: dict[str, None] = {}
        for keys in person.cards:
            addresses |= dict.fromkeys(self._reports_of_which_a_share_ends(keys, now))
        for address in addresses:
            with suppress(NotFound, Ended):
                for share in self._sharing.shares(actor, address):
                    if share.active and _is_soon(share.until, now):
                        see = f"/field/report/{address}/share/{share.share_id}"
                        yield Ending(person.label, person.is_me, share.party, share.until or now.latest, see)
        if any(item.sort is Sort.BUNDLE for keys in person.cards for item in self._mailbox.contents(keys.keyring)):
            for given in self._record_sharing.shares(actor, person.handle):
                if given.active and _is_soon(given.until, now):
                    see, until = f"/share/{person.handle}/sent/{given.share_id}", given.until or now.latest
                    yield Ending(person.label, person.is_me, given.party, until, see, is_record=True)

    def _reports_of_which_a_share_ends(self, keys: EntrustedKeys, now: Now) -> Iterable[str]:
        """The addresses of the reports of which a share may end soon, as far as the card's own line tells."""
        contents = self._mailbox.contents(keys.keyring)
        ended = {item.key for item in contents if item.sort is Sort.REVOCATION}
        shares = [item for item in contents if item.sort is Sort.SHARE and item.key not in ended][-LOOKED_AT:]
        copies = self._mailbox.opened(keys.keyring, shares).grants.values() if shares else ()
        return [report_address(copy.grant.update_id) for copy in copies if _is_soon(copy.grant.not_after, now)]

    def _gets(self, actor: Actor, person: Person) -> Iterator[Gets]:
        now = self._mailbox.present()
        for share in self._from_now_on.running(actor, person):
            see = f"/record/from-now-on/{person.handle}/see/{share.share_id}"
            soon = _is_soon(share.until, now)
            yield Gets(person.label, person.is_me, share.party, share.until, soon, see)


def _is_soon(until: datetime | None, now: Now) -> bool:
    return until is not None and now.latest < until <= now.latest + SOON
