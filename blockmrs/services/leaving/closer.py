"""Carrying out what somebody asked for when their account was to close, without their keys.

    asked -> begun -> ends written -> rows ended -> objects let go -> keys erased -> receipt

Each step is durable before the next begins, and each can be repeated, by whichever process looks next: a crash anywhere
leaves nothing half done. Nothing is done while the clock cannot be believed. Source: docs/protocol "Leaving".
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import delete, select

from blockmrs.cid import Cid
from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.crypto.releases import opens_release
from blockmrs.errors import InvalidInput, VerificationFailed
from blockmrs.model.accounts import AccountRow, KnownBrowserRow, SessionRow
from blockmrs.model.codes import InvitationRow
from blockmrs.model.leaving import LeavingRow
from blockmrs.model.locks import KeyedLocks
from blockmrs.model.objects import ReleaseRow, ShortCutRow, VisitRow
from blockmrs.model.organisations import StaffRow
from blockmrs.model.questions import OperatorBoxRow, QuestionRow
from blockmrs.moments import from_ms, to_ms
from blockmrs.services.accounts.closing import mark_of, undone_mark
from blockmrs.services.leaving.plan import Plan, Step
from blockmrs.services.leaving.receipt import KEY_NAME, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from blockmrs.chain.ledger import Ledger
    from blockmrs.chain.sealer import Sealer
    from blockmrs.crypto.wrapping import Wrapper
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.closing import Closing
    from blockmrs.services.leaving.plan import GoingObject

log = logging.getLogger(__name__)
_AT_ONCE = 500
LOCK = "leaving"
EVERYBODY = b"everybody"
"""One at a time, whoever it is: who holds what alone depends on who else is leaving."""


class LetsGo(Protocol):
    """What lets objects go, and keeps the list of that: storage/leaving.py."""

    def __contains__(self, cid: Cid) -> bool: ...

    def let_go(self, cids: Iterable[Cid], at: datetime) -> None: ...

    def enter(self, marks: Iterable[Cid], at: datetime) -> None: ...


def no_step(_step: Step) -> None:
    """Let every step pass."""


def plan_key(wrapper: Wrapper, leaving_id: bytes) -> bytes:
    """The key under which the plan of that leaving waits."""
    return wrapper.node_key("leaving plan", leaving_id)


class Closer:
    """Closes accounts whose waiting time is over."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        sealer: Sealer,
        wrapper: Wrapper,
        closing: Closing,
        leaving: LetsGo,
        moment: Callable[[], datetime],
        on_step: Callable[[Step], None] = no_step,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._sealer = sealer
        self._wrapper = wrapper
        self._closing = closing
        self._leaving = leaving
        self._moment = moment
        self._on_step = on_step
        self._has_looked = False
        self._locks = KeyedLocks(database, LOCK)

    def carry_out(self, now: datetime) -> int:
        """Do whatever is due at `now`, by a clock that can be believed; returns how many accounts have closed.

        Raises:
            Unavailable: a disk or lock did not answer. What was done by then stays done; the rest is done next time.
        """
        with self._locks.hold(EVERYBODY):
            self._erase_again()
            with self._database.read() as rows:
                due = list(rows.scalars(select(LeavingRow).where(LeavingRow.sealed_plan.is_not(None))))
            closed = 0
            for row in due:
                if undone_mark(row.leaving_id) in self._leaving:
                    with self._database.write() as rows:
                        rows.delete(rows.get_one(LeavingRow, row.leaving_id))
                elif row.closes <= now:
                    closed += self._close_if_it_opens(row, now)
            return closed

    def _close_if_it_opens(self, row: LeavingRow, now: datetime) -> int:
        try:
            return self._close(row, now)
        except (VerificationFailed, InvalidInput) as error:
            # The operator hears of it; the others do not wait for it.
            log.error("an account cannot be closed, and the others are: %s", error)
            return 0

    def _close(self, row: LeavingRow, now: datetime) -> int:
        leaving_id, step = row.leaving_id, row.step
        plan = Plan.decode(open_secret(plan_key(self._wrapper, leaving_id), row.sealed_plan or b"", context=leaving_id))
        if step == Step.RECEIPT:
            self._let_go_later(leaving_id, plan, now)
            return 0
        steps: Sequence[tuple[Step, Callable[[], object]]] = (
            (Step.BEGUN, lambda: None),
            (Step.ENDED, lambda: self._write_ends(plan)),
            (Step.ROWS_ENDED, lambda: self._end_rows(plan)),
            (Step.LET_GO, lambda: self._let_go(_due(plan.objects, now))),
            (Step.ERASED, lambda: self._erase(row.account_id, plan)),
        )
        for reached, do in steps:
            if step < reached:
                do()
                self._on_step(reached)
                with self._database.write() as rows:
                    rows.get_one(LeavingRow, leaving_id).step = reached
        if step >= Step.LET_GO:
            self._let_go(_due(plan.objects, now))  # More may be due than when it was cut off.
        receipt = self._receipt(plan, now)
        later = [one for one in plan.objects if one not in _due(plan.objects, now)]
        with self._database.write() as rows:
            done = rows.get_one(LeavingRow, leaving_id)
            done.step, done.receipt, done.account_id, done.card_lookup = Step.RECEIPT, receipt, None, None
            done.sealed_plan = self._sealed(leaving_id, Plan.left(later)) if later else None
        self._on_step(Step.RECEIPT)
        return 1

    def _write_ends(self, plan: Plan) -> None:
        # Signed when it was asked for. The same bytes again are found where they are.
        for start in range(0, len(plan.ends), _AT_ONCE):
            self._ledger.submit(plan.ends[start : start + _AT_ONCE])

    def _end_rows(self, plan: Plan) -> None:
        with self._database.write() as rows:
            for part in _parts(plan.invitations):
                rows.execute(delete(InvitationRow).where(InvitationRow.lookup.in_(part)))
            for organisation_id, since_place in plan.memberships:
                row = rows.get(StaffRow, (plan.card, organisation_id, since_place))
                if row is not None and row.until_place is None:
                    row.until, row.until_place, row.ended_by = self._moment(), self._ledger.size, plan.card
                    row.is_stated = True

    def _let_go(self, objects: Sequence[GoingObject]) -> None:
        """Let go those whose secret is the one that was kept with the object."""
        going = []
        for part in _parts([one.digest for one in objects]):
            with self._database.read() as rows:
                secrets = {
                    row.digest: row.secret_digest
                    for row in rows.scalars(select(ReleaseRow).where(ReleaseRow.digest.in_(part)))
                }
            going += [
                Cid(one.digest)
                for one in objects
                if one.digest in secrets and opens_release(one.secret, secrets[one.digest])
            ]
        self._leaving.let_go(going, self._moment())

    def _let_go_later(self, leaving_id: bytes, plan: Plan, now: datetime) -> None:
        """Let go what stayed for a share that has run out."""
        due = _due(plan.objects, now)
        if not due:
            return
        self._let_go(due)
        later = [one for one in plan.objects if one not in due]
        with self._database.write() as rows:
            rows.get_one(LeavingRow, leaving_id).sealed_plan = (
                self._sealed(leaving_id, Plan.left(later)) if later else None
            )

    def _erase(self, account_id: bytes | None, plan: Plan) -> None:
        if account_id is None:
            return
        # Before the row goes: a restore that brings it back lets nobody in.
        self._leaving.enter([mark_of(account_id)], self._moment())
        with self._database.write() as rows:
            _erase_account(rows, account_id)
            for part in _parts(plan.visits):
                rows.execute(delete(VisitRow).where(VisitRow.lookup.in_(part)))
            for part in _parts(plan.short_cuts):
                rows.execute(delete(ShortCutRow).where(ShortCutRow.lookup.in_(part)))

    def _erase_again(self) -> None:
        """Erase the accounts that had left when a restore brought their rows back: none comes while a process runs."""
        if self._has_looked:
            return
        with self._database.read() as rows:
            back = [
                row.account_id for row in rows.scalars(select(AccountRow)) if self._closing.has_left(row.account_id)
            ]
        for account_id in back:
            with self._database.write() as rows:
                _erase_account(rows, account_id)
        self._has_looked = True

    def _receipt(self, plan: Plan, now: datetime) -> str:
        head, due = self._ledger.head(), _due(plan.objects, now)
        later = [one for one in plan.objects if one not in due]
        receipt = Receipt(
            self._ledger.chain_id.hex(),
            head.height,
            self._moment(),
            shares_ended=plan.shares,
            invitations_ended=len(plan.invitations),
            memberships_ended=len(plan.memberships),
            objects_let_go=len(due),
            objects_later=len(later),
            last=from_ms(max(one.until_ms for one in later)) if later else None,
        )
        return self._sealer.sign_note(receipt.text(), KEY_NAME)

    def _sealed(self, leaving_id: bytes, plan: Plan) -> bytes:
        return seal_secret(plan_key(self._wrapper, leaving_id), plan.encode(), context=leaving_id)


def _erase_account(rows: Session, account_id: bytes) -> None:
    rows.execute(delete(SessionRow).where(SessionRow.account_id == account_id))
    rows.execute(delete(KnownBrowserRow).where(KnownBrowserRow.account_id == account_id))
    rows.execute(delete(OperatorBoxRow).where(OperatorBoxRow.account_id == account_id))
    rows.execute(delete(QuestionRow).where(QuestionRow.account_id == account_id))
    rows.execute(delete(AccountRow).where(AccountRow.account_id == account_id))


def _due(objects: Sequence[GoingObject], now: datetime) -> list[GoingObject]:
    return [one for one in objects if one.until_ms <= to_ms(now)]


def _parts(values: Sequence[bytes]) -> Iterable[Sequence[bytes]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
