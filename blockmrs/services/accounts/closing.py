"""Which accounts are closing, and which have left: what every write and every sign-in is checked against.

Who asked to leave is found by account and, for writes, by card: by a keyed digest, so that no row joins an account with
a card. Who has left is on the list of what was let go, which no restore puts back (storage/let_go.py): a row that comes
back from a backup lets nobody in.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from blockmrs.cid import Cid
from blockmrs.crypto.labels import label
from blockmrs.errors import AccountCloses
from blockmrs.model.leaving import LEAVING_OF, LEAVING_WITH

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from datetime import datetime

    from blockmrs.crypto.wrapping import Wrapper
    from blockmrs.model.database import Database
    from blockmrs.model.glance import Glance


class Closing:
    """Answers for accounts and cards. `gone` is the list of what was let go."""

    def __init__(self, database: Database, wrapper: Wrapper, gone: Container[Cid] = ()) -> None:
        self._database = database
        self._wrapper = wrapper
        self._gone = gone

    @staticmethod
    def closes(rows: Glance, account_id: bytes) -> datetime | None:
        """When the account closes; None unless its holder asked for that."""
        leaving = rows.all(LEAVING_OF, account_id=account_id)
        return leaving[0].closes if leaving else None

    def is_closing(self, card_id: bytes) -> bool:
        """Whether whoever has that card as their own asked to leave."""
        with self._database.glance() as rows:
            return bool(rows.all(LEAVING_WITH, card_lookup=self.lookup(card_id)))

    def check_open(self, cards: Iterable[bytes]) -> None:
        """Raise AccountCloses if the account of one of these cards is closing."""
        if any(self.is_closing(card) for card in cards):
            raise AccountCloses("this account is closing")

    def has_left(self, account_id: bytes) -> bool:
        """Whether the account was closed for good, whatever its row says."""
        return mark_of(account_id) in self._gone

    def lookup(self, card_id: bytes) -> bytes:
        """What stands for a card in the rows."""
        return self._wrapper.lookup("card that leaves", card_id.hex())


def mark_of(account_id: bytes) -> Cid:
    """What stands for an account on the list of what was let go; no object has it as its name."""
    return _mark("account that left", account_id)


def undone_mark(leaving_id: bytes) -> Cid:
    """What stands there for a leaving that was undone."""
    return _mark("leaving undone", leaving_id)


def _mark(what: str, value: bytes) -> Cid:
    return Cid(hashlib.sha256(label(what) + value).digest())
