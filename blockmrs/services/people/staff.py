"""The members of organisations: who is in and who left, from rows and from the log, and the ending of a membership.

- The row decides first; it is written before the log, so that a refused end leaves nothing behind.
- An end is stated on the organisation's staff line too, signed by whoever ended it. So a row that was put back as it
  was does not bring anybody back: of row and log, the stricter counts. What the site's administrator ends, who has no
  member's card, is stated by the next member to write anything.
- A statement counts if its signer was a member when it entered the log, or ends their own membership.

    staff.at(card_id, organisation_id, place)   # what somebody was when they signed the entry at `place`
    staff.end(actor, organisation, card_id)     # they are out, even in running sessions
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from blockmrs.chain.transaction import Kind
from blockmrs.crypto.keys import staff_keyring
from blockmrs.domain.staff import (
    Leaving,
    Membership,
    at_place,
    current_of,
    last_of,
    require_leave_to_change,
    require_leave_to_end,
    require_manager,
)
from blockmrs.errors import InvalidInput, NotFound, Unavailable
from blockmrs.model.organisations import IN_ORDER_OF_JOINING, MEMBERSHIPS_OF, STAFF_OF, OrganisationRow, StaffRow

if TYPE_CHECKING:
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.mailbox import Mailbox


class Staff:
    """Keeps and reads memberships. `is_closing` says whether the account of whoever has a card is closing."""

    def __init__(
        self, database: Database, mailbox: Mailbox, is_closing: Callable[[bytes], bool] = lambda _card: False
    ) -> None:
        self._is_closing = is_closing
        self._database = database
        self._mailbox = mailbox

    def of(self, organisation_id: bytes) -> list[Membership]:
        """Every membership of an organisation, in order of joining."""
        with self._database.glance() as rows:
            memberships = [_membership(row) for row in rows.all(STAFF_OF, organisation_id=organisation_id)]
        return self.stricter(organisation_id, memberships)

    def current(self, card_id: bytes, organisation_id: bytes) -> Membership | None:
        """The membership that somebody has now; None if they have none."""
        return current_of(self.of(organisation_id), card_id)

    def at(self, card_id: bytes, organisation_id: bytes, place: int) -> Membership | None:
        """The membership that somebody had when the entry at `place` in the log was written."""
        return at_place(self.of(organisation_id), card_id, place)

    def known(self, card_id: bytes, organisation_id: bytes) -> Membership | None:
        """Somebody's last membership, whether or not it still lasts."""
        return last_of(self.of(organisation_id), card_id)

    def organisations_of(self, card_id: bytes) -> set[bytes]:
        """The organisations of which somebody is a member now."""
        with self._database.glance() as rows:
            mine = rows.all(MEMBERSHIPS_OF, card_id=card_id)
            organisations = {row.organisation_id for row in mine if row.until_place is None}
        return {one for one in organisations if self.current(card_id, one) is not None}

    def join(self, rows: Session, actor: Actor, organisation_id: bytes) -> None:
        """Make the actor a member, within the caller's transaction; the first member manages members."""
        memberships = self._locked(rows, organisation_id)
        if current_of(memberships, actor.keyring.card.id) is None:
            rows.add(
                StaffRow(
                    card_id=actor.keyring.card.id,
                    organisation_id=organisation_id,
                    since_place=self._mailbox.log_size,
                    name=actor.display_name,
                    since=self._mailbox.moment(),
                    manages=not memberships,
                )
            )

    def require_invitation(
        self, organisation_id: bytes, invited_by: bytes | None, place: int, card_id: bytes, rows: Session | None = None
    ) -> None:
        """Return if an invitation that `invited_by` made at `place` in the log still works for this card.

        The site's administrator (None) invites the first member only. A member's works as long as they manage members;
        for somebody who has left, only one made afterwards works.

        Raises:
            NotFound: it no longer works.
        """
        memberships = self.of(organisation_id) if rows is None else self._locked(rows, organisation_id)
        left = [one for one in memberships if one.card_id == card_id and one.until_place is not None]
        works = not memberships
        if invited_by is not None:
            inviter = current_of(memberships, invited_by)
            works = inviter is not None and inviter.manages and inviter.covers(place)
        if not works or any(one.until_place is not None and place < one.until_place for one in left):
            raise NotFound("no invitation opens with this code")

    def end(self, actor: Actor | None, organisation_id: bytes, card_id: bytes) -> Membership:
        """End a membership: by its member, by somebody who manages members, or by the site's administrator (None).

        Raises:
            NotFound, NotAuthorized: they may not; the same for a non-member as for an organisation that does not exist.
            InvalidInput: nobody who manages members would be left; or it has ended already.
        """
        by = None if actor is None else actor.keyring.card.id
        with self._database.write() as rows:
            membership = require_leave_to_end(self._staying(self._locked(rows, organisation_id), card_id), card_id, by)
            row = rows.get_one(StaffRow, (card_id, organisation_id, membership.since_place))
            row.until, row.until_place, row.ended_by = self._mailbox.moment(), self._mailbox.log_size, by
            ended = _membership(row)
        if actor is not None:
            self.state(actor, organisation_id)
        return ended

    def check_end(self, actor: Actor | None, organisation_id: bytes, card_id: bytes) -> Membership:
        """The membership that `end` would end; the same errors, and nothing is written."""
        by = None if actor is None else actor.keyring.card.id
        return require_leave_to_end(self._staying(self.of(organisation_id), card_id), card_id, by)

    def set_manages(self, actor: Actor | None, organisation_id: bytes, card_id: bytes, *, manages: bool) -> None:
        """Let a member manage members, or stop that; the errors are those of `end`."""
        by = None if actor is None else actor.keyring.card.id
        with self._database.write() as rows:
            memberships = self._staying(self._locked(rows, organisation_id), card_id)
            membership = require_leave_to_change(memberships, card_id, by, manages=manages)
            rows.get_one(StaffRow, (card_id, organisation_id, membership.since_place)).manages = manages
        if actor is not None:
            self.state(actor, organisation_id)

    def manages(self, actor: Actor, organisation_id: bytes) -> bool:
        """Whether the actor may manage the members of an organisation."""
        membership = self.current(actor.keyring.card.id, organisation_id)
        return membership is not None and membership.manages

    def require_manager(self, actor: Actor, organisation_id: bytes) -> None:
        """Return if the actor may manage the members of an organisation; raises as `end` does."""
        require_manager(self.of(organisation_id), actor.keyring.card.id)

    def state(self, actor: Actor, organisation_id: bytes) -> None:
        """State in the log which memberships have ended, if that has not been stated yet.

        If a disk or a lock does not answer now, the next one to write states it: the row has it already.
        """
        try:
            self._state(actor, organisation_id)
        except Unavailable:
            return

    def _state(self, actor: Actor, organisation_id: bytes) -> None:
        mine = actor.keyring.card.id
        # From somebody who is not a member, only the end of their own membership counts.
        is_member = self.current(mine, organisation_id) is not None
        with self._database.read() as rows:
            untold = [
                row
                for row in _rows_of(rows, organisation_id)
                if row.until_place is not None and not row.is_stated and (is_member or row.card_id == mine)
            ]
        if not untold:
            return
        line, batch = staff_keyring(organisation_id), self._mailbox.batch()
        for row in untold:
            ends = Leaving(row.card_id, row.until or self._mailbox.moment(), row.since_place)
            batch.add(Kind.REVOKE, ends.to_fields(), author=actor.keyring, recipient=line.card, line_key=line.own_line)
        batch.commit()
        with self._database.write() as rows:
            for row in untold:
                rows.get_one(StaffRow, (row.card_id, organisation_id, row.since_place)).is_stated = True

    def write_own_end(self, batch: Batch, actor: Actor, membership: Membership, organisation_id: bytes) -> None:
        """Add to `batch` that the actor's own membership ends, on the line that readers of clearances read."""
        line = staff_keyring(organisation_id)
        ends = Leaving(membership.card_id, self._mailbox.moment(), membership.since_place)
        batch.add(Kind.REVOKE, ends.to_fields(), author=actor.keyring, recipient=line.card, line_key=line.own_line)

    def _staying(self, memberships: Sequence[Membership], card_id: bytes) -> list[Membership]:
        """Those that an organisation can count on besides `card_id`: not those of whoever closes their account."""
        return [one for one in memberships if one.card_id == card_id or not self._is_closing(one.card_id)]

    def _locked(self, rows: Session, organisation_id: bytes) -> list[Membership]:
        """The memberships, while nobody else changes them."""
        if rows.get(OrganisationRow, organisation_id, with_for_update=True) is None:
            raise NotFound("no such organisation")
        return self.stricter(organisation_id, [_membership(row) for row in _rows_of(rows, organisation_id)])

    def stricter(self, organisation_id: bytes, memberships: Sequence[Membership]) -> list[Membership]:
        """The memberships of the directory, counted as ended even if only the log says so."""
        if not memberships:
            return []
        ended = list(memberships)
        for place, by, leaving in self._leavings(organisation_id):
            # By what the line said before, too: whoever has left ends nobody, though their row was put back.
            if by != leaving.card_id and not any(one.card_id == by and one.covers(place) for one in ended):
                continue
            for number, one in enumerate(ended):
                named = (one.card_id, one.since_place) == (leaving.card_id, leaving.since_place)
                if named and one.covers(place):
                    ended[number] = replace(one, until=leaving.at, until_place=place, ended_by=by)
        return ended

    def _leavings(self, organisation_id: bytes) -> list[tuple[int, bytes, Leaving]]:
        """What the staff line says, in the order of the log: the place in it, who signed, and who left."""
        line = self._mailbox.derived(staff_keyring, organisation_id)
        leavings = []
        for place, message in self._mailbox.messages_on(line.own_line, line):
            try:
                if message.kind is Kind.REVOKE:
                    leavings.append((place, message.author, Leaving.from_fields(message.fields)))
            except InvalidInput:
                continue
        return sorted(leavings, key=lambda entry: entry[0])


def _rows_of(rows: Session, organisation_id: bytes) -> list[StaffRow]:
    query = select(StaffRow).where(StaffRow.organisation_id == organisation_id)
    return list(rows.scalars(query.order_by(*IN_ORDER_OF_JOINING)))


def _membership(row: StaffRow) -> Membership:
    return Membership(
        row.card_id,
        row.name,
        row.since,
        row.since_place,
        row.manages,
        row.until,
        row.until_place,
        row.ended_by,
    )
