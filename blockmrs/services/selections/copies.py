"""The copies of what was given of a record, on its cards' own lines, as far as they are to be believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from blockmrs.domain.sharing import Grant
from blockmrs.services.grants.ending import ending_of
from blockmrs.services.lines.contents import Sort
from blockmrs.services.sharing.openings import openings

if TYPE_CHECKING:
    from datetime import datetime

    from blockmrs.domain.sharing import BundleGrant
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.mailbox import BundleGrantEntry, EntrustedKeys, Mailbox
    from blockmrs.services.people.organisations import Organisations
    from blockmrs.services.people.persons import Person
    from blockmrs.services.people.rolls import Rolls
    from blockmrs.services.sharing.openings import Opening


@dataclass(frozen=True, slots=True)
class GivenCopy:
    """The copy of one card's grant, on that card's own line, with what ended its original."""

    keys: EntrustedKeys = field(repr=False)
    entry: BundleGrantEntry = field(repr=False)
    stopped: datetime | None


class Copies:
    """Reads them; writes none."""

    def __init__(self, mailbox: Mailbox, rolls: Rolls, organisations: Organisations) -> None:
        self._mailbox = mailbox
        self._rolls = rolls
        self._organisations = organisations

    def of(self, actor: Actor, person: Person) -> Iterator[GivenCopy]:
        """The copies on the person's lines that somebody of the family signed, who is or was in.

        Whoever holds a line's key can write on it that something was given: nobody else's copy counts.
        """
        for keys in person.cards:
            yield from self.on(actor, keys)

    def on(self, actor: Actor, keys: EntrustedKeys) -> Iterator[GivenCopy]:
        """Those on the line of one card."""
        items = [item for item in self._mailbox.contents(keys.keyring) if item.sort is Sort.BUNDLE]
        if not items:
            return
        places = {item.index for item in items}
        line, subject = self._mailbox.opened(keys.keyring, items), keys.keyring.card.id
        roll = self._rolls.of(keys.keyring)
        for entry in line.bundles.values():
            is_mine = subject == actor.keyring.card.id == entry.author
            is_copy = entry.index in places and entry.grant.copy_of is not None and entry.grant.subject == subject
            if is_copy and (is_mine or roll.was_family(entry.author)):
                ending = ending_of(self._mailbox, entry.grant.copy_of or b"", (subject,))
                yield GivenCopy(keys, entry, None if ending is None else ending[1].at)

    def receipts(self, group: Iterable[GivenCopy]) -> list[Opening]:
        """Who opened what these copies tell of, in the order of their openings."""
        receipts: list[Opening] = []
        for copy in group:
            grant = copy.entry.grant
            if grant.return_to_subject is not None:
                came = self._mailbox.return_line(grant.return_to_subject, copy.keys.keyring)
                receipts += openings(self._mailbox, self._organisations.staff, _as_copy(grant), came)
        return sorted(receipts, key=lambda receipt: receipt.at)


def _as_copy(grant: BundleGrant) -> Grant:
    """The copy as that of one update, which a receipt names in the same way."""
    return Grant(
        grant.bundle_id, grant.subject, grant.purpose, grant.not_before, grant.not_after,
        grantee=grant.grantee, copy_of=grant.copy_of, party=grant.party,
    )  # fmt: skip
