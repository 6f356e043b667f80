"""Blocks as rows: which one follows, and what a published one is checked for before it is repeated."""

from dataclasses import replace

import pytest

from blockmrs.chain.blocks import is_next_block, rebuild_block
from blockmrs.chain.header import Header, SealerSet, next_header
from blockmrs.chain.sealer import SignedBlock
from blockmrs.chain.store import HeaderRow, MemoryLedgerStore
from blockmrs.crypto.keys import signing_public_key
from blockmrs.errors import VerificationFailed
from tests.unit.chain.support import WRITER, open_ledger

SEED = b"s" * 32


@pytest.fixture
def store() -> MemoryLedgerStore:
    return MemoryLedgerStore()


@pytest.fixture
def ledger(tmp_path, store: MemoryLedgerStore):
    (tmp_path / "sealer.key").write_bytes(SEED)
    (tmp_path / "sealer.key").chmod(0o600)
    ledger = open_ledger(tmp_path, store)
    for number in range(3):
        ledger.submit([WRITER.write(number, chain_id=ledger.chain_id)])
    return ledger


def newest(store: MemoryLedgerStore) -> HeaderRow:
    return store._content.header_rows[-1]


def following(ledger, **changes: object) -> Header:
    """An empty block's header after the newest, signed."""
    head = ledger.head()
    plain = next_header(
        head, ledger.chain_id, sealer=signing_public_key(SEED), time_ms=head.time_ms, tree_size=head.tree_size,
        root=head.root,
    )  # fmt: skip
    return replace(plain, **changes).signed_by(SEED)


def test_the_next_block_has_the_next_height_and_names_this_predecessor(ledger, store) -> None:
    def follows(**changes: object) -> bool:
        return is_next_block(newest(store), SignedBlock(following(ledger, **changes), ()))

    assert follows()
    assert not follows(previous=bytes(32))
    assert not follows(height=ledger.head().height)
    assert not follows(height=ledger.head().height + 2)


def test_into_an_empty_store_only_a_first_block_goes(ledger) -> None:
    assert is_next_block(None, SignedBlock(ledger.header(0), ()))
    assert not is_next_block(None, SignedBlock(ledger.header(1), ()))


def test_a_block_that_names_other_sealers_is_repeated_with_their_set(ledger, store) -> None:
    others = SealerSet.of([signing_public_key(SEED), signing_public_key(b"o" * 32)])
    header = following(ledger, next_sealers=others.digest)
    with store.read() as view:
        block = rebuild_block(view, newest(store), SignedBlock(header, (), others.encode()))
        plain = rebuild_block(view, newest(store), SignedBlock(following(ledger), ()))
    assert (block.header.sealers, block.header.content) == (others.encode(), header.encode())
    assert (block.header.height, block.header.tree_size) == (header.height, header.tree_size)
    assert plain.header.sealers is None


def test_a_block_that_does_not_lead_to_its_own_root_is_not_repeated(ledger, store) -> None:
    another = WRITER.write(9, chain_id=ledger.chain_id)
    with store.read() as view, pytest.raises(VerificationFailed, match="root"):
        rebuild_block(view, newest(store), SignedBlock(following(ledger), (another,)))


def test_the_newest_of_several_headers_is_checked_at_the_start(ledger, store, tmp_path) -> None:
    row = newest(store)
    store._content.header_rows[-1] = replace(row, content=row.content[:-1] + bytes([row.content[-1] ^ 1]))
    with pytest.raises(VerificationFailed, match="signature"):
        open_ledger(tmp_path, store)
