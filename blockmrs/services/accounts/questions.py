"""Whether something is right: somebody asks the people who run the site about one entry of who looked.

What is asked holds who asks, and who did what and when: no report, no health fact, and not the name of whom it is
about. It is sealed to a box of each administrator, whose key comes from the administrator's own and is made when they
sign in. Whoever has the database reads neither the question nor who asked it. Nobody is asked about what they did
themselves, or what is about them, and the name of whom it is about is left out where they did it. What nobody answers
goes after 90 days (model/expired.py).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from blockmrs.crypto.envelope import open_with, seal_to_key
from blockmrs.crypto.keys import Keyring
from blockmrs.crypto.labels import chain_label
from blockmrs.domain.access_log import Event, LogEntry
from blockmrs.encoding import decode, encode
from blockmrs.errors import BlockMRSError, NotAuthorized, NotFound, Unavailable
from blockmrs.model.questions import OperatorBoxRow, QuestionRow
from blockmrs.moments import from_ms, to_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.throttle import Throttle

ASKED_A_DAY = 10
"""How many questions one account may ask in a day."""
MOST_OPEN = 500
"""How many wait for one administrator at most; then nobody can ask before some are answered."""
_TEXT_BYTES, _NAME_BYTES = 1024, 200
"""Every question has one size: each of its four names is cut to so many bytes, so that it fits."""
_CARD, _CARD_BYTES = "operator card", 16


@dataclass(frozen=True, slots=True)
class Question:
    """What an administrator reads. `entry.about` is empty: whom it is about is not told. `number` is used in forms."""

    number: str
    asked_by: str
    asked: datetime
    entry: LogEntry


class Questions:
    """Opens boxes, takes questions and shows them."""

    def __init__(
        self,
        database: Database,
        throttle: Throttle,
        chain_id: bytes,
        clock: Callable[[], datetime],
        lookup: Callable[[str, str], bytes],
    ) -> None:
        self._lookup = lookup
        self._database = database
        self._throttle = throttle
        self._info = chain_label("question", chain_id)
        self._clock = clock

    def open_box(self, account_id: bytes, keyring: Keyring) -> None:
        """Let questions be sealed to this administrator from now on; called when they sign in."""
        key = _box(keyring).card.sealing_key
        with self._database.write() as rows:
            row = rows.get(OperatorBoxRow, account_id)
            if row is None:
                card = self._lookup(_CARD, keyring.card.id[:_CARD_BYTES].hex())
                rows.add(OperatorBoxRow(account_id=account_id, sealing_key=key, card_lookup=card))

    def is_open(self) -> bool:
        """Whether there is anybody to ask."""
        with self._database.read() as rows:
            return rows.scalar(select(OperatorBoxRow).limit(1)) is not None

    def ask(self, actor: Actor, entry: LogEntry) -> None:
        """Seal a question about the entry to every administrator but those who did it, or whom it is about.

        Raises:
            TooManyAttempts: this account has asked too often today.
            Unavailable: there is nobody to ask, or too many questions wait.
        """
        involved = {self._lookup(_CARD, card.hex()) for card in entry.involved}
        with self._database.read() as rows:
            boxes = {
                row.account_id: row.sealing_key
                for row in rows.scalars(select(OperatorBoxRow))
                if row.card_lookup not in involved and row.account_id != actor.account_id
            }
        if not boxes:
            raise Unavailable("nobody who runs this site can be asked about this here")
        self._throttle.count("question", actor.account_id.hex(), limit=ASKED_A_DAY, window=timedelta(days=1))
        text = encode(
            [
                _cut(actor.display_name),
                entry.event.value,
                to_ms(entry.at),
                _cut("" if entry.who_card in entry.subjects else entry.who),
                _cut(entry.organisation),
                _cut("" if entry.party_card in entry.subjects else entry.party),
                entry.purpose,
                entry.count,
                int(entry.proven),
            ]
        )
        # One size for all, so that it tells nothing.
        padded = (len(text).to_bytes(2, "big") + text).ljust(_TEXT_BYTES, b"\x00")
        question_id, now = os.urandom(16), self._clock()
        sealed = {account_id: seal_to_key(padded, key, info=self._info + question_id)
                  for account_id, key in boxes.items()}  # fmt: skip
        with self._database.write() as rows:
            # Counted where they are written: no two at once are more than there may be.
            if (rows.scalar(select(func.count()).select_from(QuestionRow)) or 0) >= MOST_OPEN * len(boxes):
                raise Unavailable("too many questions wait")
            for account_id, content in sealed.items():
                rows.add(QuestionRow(question_id=question_id, account_id=account_id, sealed=content, asked=now))

    def of(self, actor: Actor) -> list[Question]:
        """The questions that wait for this administrator, oldest first; what does not open is passed over."""
        _require(actor)
        with self._database.read() as rows:
            waiting = select(QuestionRow).where(QuestionRow.account_id == actor.account_id)
            matches = [(row.question_id, row.sealed, row.asked) for row in rows.scalars(waiting)]
        box = _box(actor.keyring)
        questions = []
        for question_id, sealed, asked in sorted(matches, key=lambda match: match[2]):
            try:
                padded = open_with(sealed, box.sealing_keys, info=self._info + question_id)
                questions.append(_read(question_id, asked, padded))
            except BlockMRSError:
                continue
        return questions

    def answered(self, actor: Actor, number: str) -> None:
        """Take a question away, for all administrators; one that is gone already is no error."""
        _require(actor)
        try:
            question_id = bytes.fromhex(number)
        except ValueError as error:
            raise NotFound("no such question") from error
        with self._database.write() as rows:
            rows.execute(delete(QuestionRow).where(QuestionRow.question_id == question_id))


def _require(actor: Actor) -> None:
    if not actor.is_admin:
        raise NotAuthorized("only those who run this site")


def _cut(name: str) -> str:
    return name.encode()[:_NAME_BYTES].decode(errors="ignore")


def _box(keyring: Keyring) -> Keyring:
    return Keyring.from_seed(keyring.derive("operator box"))


def _read(question_id: bytes, asked: datetime, padded: bytes) -> Question:
    length = int.from_bytes(padded[:2], "big")
    match decode(padded[2 : 2 + length]):
        case [
            str() as asked_by, str() as event, int() as at_ms, str() as who, str() as organisation, str() as party,
            str() as purpose, int() as count, int() as proven,
        ] if event in set(Event):  # fmt: skip
            entry = LogEntry(
                Event(event), from_ms(at_ms), "", who, organisation, party, purpose, count=count, proven=bool(proven)
            )
            return Question(question_id.hex(), asked_by, asked, entry)
    raise NotFound("no such question")
