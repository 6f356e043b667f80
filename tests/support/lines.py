"""Lines in memory: people with cards in a log, and what they write to each other, with nothing on a disk but rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from blockmrs.chain.ledger import Ledger
from blockmrs.chain.lines import one_time_seed_at, slot_at
from blockmrs.chain.sealer import Sealer
from blockmrs.chain.store import MemoryLedgerStore
from blockmrs.chain.transaction import Kind
from blockmrs.cid import Cid
from blockmrs.crypto.keys import Card, Keyring
from blockmrs.domain.sharing import Appointment, BundleGrant, Grant, Pointer, Receipt, Revocation
from blockmrs.model.base import Base
from blockmrs.model.database import Database, create_engine
from blockmrs.services.lines.batch import Batch
from blockmrs.services.lines.cards import Cards
from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox
from blockmrs.services.lines.reader import LineReader
from tests.unit.storage.fakes import MemoryStore


@dataclass
class Lines:
    """A log, two object stores and everything that reads them."""

    folder: Path
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        self.store = MemoryLedgerStore()
        sealer = Sealer(self.folder / "sealer.key", self.folder / "head")
        self.ledger = Ledger(self.store, sealer, self.clock)
        self.objects, self.near = MemoryStore(), MemoryStore()
        self.engine = create_engine(f"sqlite:///{self.folder / 'rows.db'}")
        Base.metadata.create_all(self.engine)
        self.database = Database(self.engine, bytes(32))
        self.cards = Cards(self.ledger, self.near)
        self.mailbox = Mailbox(self.database, self.ledger, self.objects, self.near, self.cards, self.clock)
        self.reader = LineReader(self.ledger, self.cards, self.mailbox.readings)

    @property
    def chain_id(self) -> bytes:
        return self.ledger.chain_id

    def mailbox_of(self) -> Mailbox:
        """Another mailbox on the same log and stores, which remembers no card yet."""
        cards = Cards(self.ledger, self.near)
        return Mailbox(self.database, self.ledger, self.objects, self.near, cards, self.clock)

    def person(self, name: str) -> Keyring:
        """Somebody whose card is in the log; the same keys for the same name."""
        keyring = Keyring.from_seed(seed_of(name))
        batch = self.mailbox.batch()
        self.cards.publish(batch, keyring)
        batch.commit()
        return keyring

    def unasked(self) -> Batch:
        """What a program of somebody's own writes with: it asks nobody who may sign."""
        return Batch(self.ledger, self.objects, self.near)

    def write(
        self,
        value: Grant | BundleGrant | Revocation | Receipt | Appointment,
        author: Keyring,
        to: Card,
        line_key: bytes,
    ) -> bytes:
        """Somebody writes to the next free place of a line; returns the payload id."""
        kinds = {
            Grant: Kind.GRANT,
            BundleGrant: Kind.GRANT,
            Revocation: Kind.REVOKE,
            Receipt: Kind.RECEIPT,
            Appointment: Kind.APPOINT,
        }
        batch = self.unasked()
        payload_id = batch.add(kinds[type(value)], value.to_fields(), author=author, recipient=to, line_key=line_key)
        batch.commit()
        return payload_id

    def own(self, value: Grant | BundleGrant | Revocation | Receipt | Appointment, keyring: Keyring) -> bytes:
        """Somebody writes to their own line."""
        return self.write(value, keyring, keyring.card, keyring.own_line)

    def grant(self, of: Keyring, number: int, **changes: object) -> Grant:
        """A grant of a made-up update about the card of `of`."""
        fields: dict[str, object] = {
            "update_id": update(number),
            "subject": of.card.id,
            "purpose": "report",
            "not_before": self.clock(),
            "object": Pointer(Cid.of(b"%d" % number), bytes(32)),
        }
        return Grant(**(fields | changes))


def seed_of(name: str) -> bytes:
    return sha256(name.encode()).digest()


def update(number: int) -> bytes:
    """An update id that is easily told from others."""
    return bytes([number]) * 32


def held(keyring: Keyring, label: str = "Sam Rivers", relation: str = "guardian", seed: bytes = b"") -> EntrustedKeys:
    return EntrustedKeys(keyring, relation, label, seed)


def put_at(lines: Lines, value: Grant | Revocation, number: int, author: object, to: Keyring, line_key: bytes) -> bytes:
    """Write at a place of one's own choice; `author` may be anything with a card and a signing seed."""
    batch = lines.unasked()
    kind = Kind.GRANT if isinstance(value, Grant) else Kind.REVOKE
    payload_id = batch.add_at(
        kind, value.to_fields(), author=author, recipient_id=to.card.id, recipient_key=to.card.sealing_key,
        slot=slot_at(line_key, number), one_time_seed=one_time_seed_at(line_key, number),
    )  # fmt: skip
    batch.commit()
    return payload_id
