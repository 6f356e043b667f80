"""Leaving, as its holder asks for it and undoes it: what goes and what stays, the waiting time, and the receipt.

Until an account has begun to close, its holder reads, and undoes it. Carrying it out is closer.py.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from blockmrs.crypto.envelope import seal_secret
from blockmrs.errors import Conflict, NotFound
from blockmrs.model.leaving import LEAVING_OF, LeavingRow
from blockmrs.model.locks import KeyedLocks
from blockmrs.services.accounts.closing import undone_mark
from blockmrs.services.leaving.closer import EVERYBODY, LOCK, plan_key
from blockmrs.services.leaving.plan import Step
from blockmrs.services.leaving.receipt import check_receipt

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from blockmrs.crypto.wrapping import Wrapper
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.closing import Closing
    from blockmrs.services.accounts.identity import Identity
    from blockmrs.services.leaving.closer import LetsGo
    from blockmrs.services.leaving.receipt import Receipt
    from blockmrs.services.leaving.survey import Survey, Surveyor
    from blockmrs.services.lines.mailbox import Mailbox

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Status:
    """How far a leaving is, for whoever has its address: `receipt` is empty until it is done."""

    number: str
    closes: datetime
    has_begun: bool
    receipt: str


class Departures:
    """Accounts that close. `node_key`: the public key with which this node signs receipts."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        node_key: bytes,
        wrapper: Wrapper,
        identity: Identity,
        closing: Closing,
        surveyor: Surveyor,
        leaving: LetsGo,
        wait: timedelta,
    ) -> None:
        self._database = database
        self._mailbox = mailbox
        self._node_key = node_key
        self._wrapper = wrapper
        self._identity = identity
        self._closing = closing
        self._surveyor = surveyor
        self._leaving = leaving
        self.wait = wait
        self._locks = KeyedLocks(database, LOCK)
        # The lock under which somebody's part is ended: nobody may leave a record that nobody else would hold.
        self._rights_locks = KeyedLocks(database, "rights")

    def survey(self, actor: Actor) -> Survey:
        """What would go, what would stay, and what must be handed over first; writes nothing."""
        return self._surveyor.of(actor)

    def ask(self, actor: Actor, password: str, *, address: str = "", browser: str = "") -> Status:
        """Let the account close once the waiting time is over; asking again changes nothing.

        Raises:
            InvalidInput: that is not their password.
            Conflict: there is something that they have to hand over first.
        """
        self._identity.check_password(actor, password, address=address, browser=browser)
        with self._locks.hold(EVERYBODY), ExitStack() as locks:
            for line in sorted({card.own_line for card in self._surveyor.guarded(actor)}):
                locks.enter_context(self._rights_locks.hold(line))
            self._mailbox.settle()
            if (status := self.of(actor)) is not None:
                return status
            survey = self._surveyor.of(actor)
            leaving_id, closes = os.urandom(_ID_BYTES), self._mailbox.moment() + self.wait
            sealed = seal_secret(plan_key(self._wrapper, leaving_id), survey.plan.encode(), context=leaving_id)
            with self._database.write() as rows:
                # Once more, now that nobody else writes: another who manages members may have left meanwhile.
                if survey.hand_over or self._surveyor.organisations_alone(actor):
                    raise Conflict("something has to be handed over first")
                rows.add(
                    LeavingRow(
                        leaving_id=leaving_id,
                        account_id=actor.account_id,
                        card_lookup=self._closing.lookup(actor.keyring.card.id),
                        closes=closes,
                        sealed_plan=sealed,
                    )
                )
        return Status(leaving_id.hex(), closes, False, "")

    def undo(self, actor: Actor) -> None:
        """Keep the account; without an effect if it is not closing.

        Raises:
            Conflict: it has begun to close.
        """
        with self._locks.hold(EVERYBODY):
            with self._database.read() as rows:
                row = rows.scalar(select(LeavingRow).where(LeavingRow.account_id == actor.account_id))
            if row is None:
                return
            if row.step != Step.ASKED:
                raise Conflict("it has begun already")
            # First of all, so that a restore that brings the row back does not close the account.
            self._leaving.enter([undone_mark(row.leaving_id)], self._mailbox.moment())
            with self._database.write() as rows:
                rows.delete(rows.get_one(LeavingRow, row.leaving_id))

    def of(self, actor: Actor) -> Status | None:
        """How far the actor's own leaving is; None if they did not ask."""
        with self._database.glance() as rows:
            leavings = rows.all(LEAVING_OF, account_id=actor.account_id)
        return _status(leavings[0]) if leavings else None

    def find(self, number: str) -> Status:
        """The leaving with that number, which its holder was shown; needs no account. NotFound if there is none."""
        try:
            leaving_id = bytes.fromhex(number)
        except ValueError:
            leaving_id = b""
        if len(leaving_id) == _ID_BYTES:
            with self._database.glance() as rows:
                row = rows.get(LeavingRow, leaving_id)
            if row is not None:
                return _status(row)
        raise NotFound("there is no such receipt")

    def check(self, note: str) -> Receipt:
        """What a receipt of this node says; errors as in `check_receipt`."""
        return check_receipt(note, self._node_key, self._mailbox.chain_id)


def _status(row: LeavingRow) -> Status:
    return Status(row.leaving_id.hex(), row.closes, row.step != Step.ASKED, row.receipt)
