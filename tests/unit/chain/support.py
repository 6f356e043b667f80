"""What the chain's tests share: writers who fill lines, and ledgers on either store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from blockmrs.chain.ledger import Ledger
from blockmrs.chain.lines import one_time_seed_at, slot_at
from blockmrs.chain.sealer import OnStep, Sealer, no_step
from blockmrs.chain.store import LedgerStore, MemoryLedgerStore
from blockmrs.chain.transaction import Kind, seal_transaction
from blockmrs.crypto.keys import Keyring
from blockmrs.encoding import Value
from blockmrs.model.base import Base
from blockmrs.model.chain import SqlLedgerStore
from blockmrs.model.database import create_engine

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
CHAIN = b"C" * 32
LINE = b"L" * 32


@dataclass(frozen=True)
class Writer:
    """Somebody with keys who writes to a reader (to themselves, unless another is named)."""

    keyring: Keyring = field(default_factory=lambda: Keyring.from_seed(b"w" * 32))

    def write(
        self,
        number: int,
        *,
        chain_id: bytes = CHAIN,
        line_key: bytes = LINE,
        kind: Kind = Kind.COVER,
        fields: Mapping[int, Value] | None = None,
        to: Keyring | None = None,
        one_time_seed: bytes | None = None,
        slot: bytes | None = None,
    ) -> bytes:
        reader = to or self.keyring
        return seal_transaction(
            kind,
            fields or {},
            author=self.keyring.card.id,
            signing_seed=self.keyring.signing_seed,
            recipient=reader.card.id,
            recipient_key=reader.card.sealing_key,
            slot=slot or slot_at(line_key, number),
            one_time_seed=one_time_seed or one_time_seed_at(line_key, number),
            chain_id=chain_id,
        ).transaction


WRITER = Writer()


def sql_store(folder: Path) -> SqlLedgerStore:
    engine = create_engine(f"sqlite:///{folder / 'chain.db'}")
    Base.metadata.create_all(engine)
    return SqlLedgerStore(engine)


def open_ledger(folder: Path, store: LedgerStore | None = None, *, on_step: OnStep = no_step) -> Ledger:
    sealer = Sealer(folder / "sealer.key", folder / "head", on_step=on_step)
    return Ledger(store or MemoryLedgerStore(), sealer, lambda: NOON, on_step=on_step)
