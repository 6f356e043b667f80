"""`check_everything` names the first thing that is wrong, for every single thing that can be wrong."""

from dataclasses import replace

import pytest

from blockmrs.chain.header import Header, SealerSet
from blockmrs.chain.store import HeaderRow, MemoryLedgerStore
from blockmrs.crypto.keys import signing_public_key
from blockmrs.errors import InvalidSignature, VerificationFailed
from tests.unit.chain.support import WRITER, open_ledger


@pytest.fixture
def store():
    return MemoryLedgerStore()


@pytest.fixture
def ledger(tmp_path, store):
    ledger = open_ledger(tmp_path, store)
    for first, last in ((0, 3), (3, 4), (4, 7)):
        ledger.submit([WRITER.write(number, chain_id=ledger.chain_id) for number in range(first, last)])
    return ledger


def changed(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def wrong(ledger, reason, error=VerificationFailed):
    with pytest.raises(error, match=reason) as caught:
        ledger.check_everything()
    return caught.value.context


def test_a_whole_chain_is_counted_and_its_progress_told(ledger):
    told = []
    checked = ledger.check_everything(lambda *progress: told.append(progress))
    assert (checked.headers, checked.transactions, checked.nodes) == (4, 7, 7 + 3 + 1)
    assert told == [("transactions", 0, 7), ("transactions", 7, 7)]


def test_progress_is_told_on_the_way(tmp_path, store, monkeypatch):
    ledger = open_ledger(tmp_path, store)
    one = WRITER.write(0, chain_id=ledger.chain_id)
    ledger.submit([one])
    told = []
    monkeypatch.setattr("blockmrs.chain.check._ROWS_AT_ONCE", 1)
    ledger.check_everything(lambda *progress: told.append(progress))
    assert told == [("transactions", 0, 1), ("transactions", 1, 1), ("transactions", 1, 1)]


@pytest.mark.parametrize("at", [1, 40, 70, 1000, 1990, 2047])
def test_a_changed_byte_of_a_transaction_is_named(ledger, store, at):
    row = store._content.transaction_rows[4]
    store._content.transaction_rows[4] = replace(row, content=changed(row.content, at))
    assert wrong(ledger, "it or a transaction was changed") == {"kind": "node", "level": 0, "index": 4}


def test_a_changed_version_of_a_transaction_is_named(ledger, store):
    row = store._content.transaction_rows[4]
    store._content.transaction_rows[4] = replace(row, content=changed(row.content, 0))
    assert wrong(ledger, "transaction cannot be decoded") == {"kind": "transaction", "index": 4}


@pytest.mark.parametrize("column", ["slot", "one_time_key", "digest"])
def test_a_column_that_differs_from_the_bytes_is_named(ledger, store, column):
    store._content.transaction_rows[5] = replace(store._content.transaction_rows[5], **{column: b"x" * 32})
    assert wrong(ledger, "columns differ") == {"kind": "transaction", "index": 5}


def test_a_missing_transaction_is_named(ledger, store):
    del store._content.transaction_rows[2]
    assert wrong(ledger, "a transaction is missing") == {"kind": "transaction", "index": 2}


def test_a_missing_last_transaction_is_named(ledger, store):
    del store._content.transaction_rows[6]
    assert wrong(ledger, "a transaction is missing") == {"kind": "transaction", "index": 6}


def test_two_transactions_that_changed_places_are_named(ledger, store):
    rows = store._content.transaction_rows
    rows[1], rows[2] = replace(rows[2], index=1), replace(rows[1], index=2)
    assert wrong(ledger, "Merkle tree")["index"] == 1


@pytest.mark.parametrize("node", [(0, 6), (1, 0), (2, 0)])
def test_a_changed_or_missing_node_is_named(ledger, store, node):
    where = {"kind": "node", "level": node[0], "index": node[1]}
    digest = store._content.digests[node]
    store._content.digests[node] = changed(digest, 31)
    assert wrong(ledger, "not the digest of what is below") == where
    del store._content.digests[node]
    assert wrong(ledger, "node of the Merkle tree is missing") == where


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (0, "cannot be decoded"),
        (40, "columns differ"),
        (88, "columns differ"),
        (90, "signature"),
        (50, "another predece"),
    ],
)
def test_a_changed_header_is_named(ledger, store, at, reason):
    row = store._content.header_rows[2]
    store._content.header_rows[2] = replace(row, content=changed(row.content, at))
    assert wrong(ledger, reason)["height"] == 2


def test_a_changed_signature_of_the_newest_header_is_named(ledger, store):
    row = store._content.header_rows[3]
    store._content.header_rows[3] = replace(row, content=changed(row.content, 248))
    assert wrong(ledger, "signature", InvalidSignature)["height"] == 3


def test_a_missing_header_is_named(ledger, store):
    del store._content.header_rows[1]
    assert wrong(ledger, "a header is missing") == {"height": 1}


def test_a_chain_without_headers_is_none(ledger, store):
    store._content.header_rows.clear()
    wrong(ledger, "holds no chain")


@pytest.mark.parametrize("sealers", [None, b"nonsense"])
def test_the_genesis_headers_sealers_must_be_stored(ledger, store, sealers):
    store._content.header_rows[0] = replace(store._content.header_rows[0], sealers=sealers)
    assert wrong(ledger, "sealers|decoded")["height"] == 0


def test_sealers_that_a_header_does_not_name_are_refused(ledger, store):
    other = SealerSet.of([signing_public_key(b"o" * 32)]).encode()
    store._content.header_rows[2] = replace(store._content.header_rows[2], sealers=other)
    assert wrong(ledger, "not those named")["height"] == 2


def test_sealers_repeated_where_they_did_not_change_do_no_harm(ledger, store):
    rows = store._content.header_rows
    rows[2] = replace(rows[2], sealers=rows[0].sealers)
    assert ledger.check_everything().headers == 4


def test_rows_that_no_header_covers_are_noticed(ledger, store):
    store._content.digests[7, 0] = b"x" * 32
    wrong(ledger, "no header covers")


def test_a_value_of_another_type_is_noticed(ledger, store):
    store._content.transaction_rows[3] = replace(store._content.transaction_rows[3], content=7)
    wrong(ledger, "wrong type")


def resign(ledger, row, **changes):
    """The row with its header changed and signed anew by the true sealer: what only a thief of the key could do."""
    header = ledger._sealer.sign(replace(Header.decode(row.content), **changes))
    return HeaderRow(header.height, header.tree_size, header.encode(), row.sealers)


def test_a_root_that_is_not_the_logs_is_named_even_if_well_signed(ledger, store):
    store._content.header_rows[3] = resign(ledger, store._content.header_rows[3], root=b"x" * 32)
    assert wrong(ledger, "root is not that of the log") == {"kind": "header", "height": 3}


def test_a_transaction_signed_for_another_chain_is_named_even_if_the_tree_was_built_on_it(tmp_path, store, monkeypatch):
    ledger = open_ledger(tmp_path, store)
    monkeypatch.setattr("blockmrs.chain.ledger.verify_transaction", lambda transaction, chain_id: None)
    ledger.submit([WRITER.write(0, chain_id=ledger.chain_id), WRITER.write(1, chain_id=b"D" * 32)])
    assert wrong(ledger, "transaction's signature", InvalidSignature) == {"kind": "transaction", "index": 1}


def test_a_head_file_that_is_exactly_one_block_ahead_is_no_damage(tmp_path, store, ledger):
    for node in [node for node in store._content.digests if node not in kept_nodes(4)]:
        del store._content.digests[node]
    del store._content.header_rows[3], store._content.transaction_rows[4:]
    assert ledger.check_everything().transactions == 4


@pytest.mark.parametrize(
    "ahead",
    [
        pytest.param({"height": 4, "previous": b"x" * 32}, id="after another block"),
        pytest.param({"height": 5}, id="two blocks ahead"),
    ],
)
def test_a_head_file_that_does_not_follow_on_the_newest_block_is_damage(ledger, store, monkeypatch, ahead):
    newest, published = Header.decode(store._content.header_rows[3].content), ledger._sealer.read_head()
    header = replace(newest, **({"previous": newest.digest} | ahead))
    monkeypatch.setattr(ledger._sealer, "read_head", lambda: replace(published, header=header))
    assert wrong(ledger, "older than the head") == {"kind": "head file", "height": ahead["height"]}
    follows = replace(newest, height=4, previous=newest.digest)
    monkeypatch.setattr(ledger._sealer, "read_head", lambda: replace(published, header=follows))
    assert ledger.check_everything().headers == 4


def kept_nodes(size):
    return {(level, index) for level in range(8) for index in range(size >> level)}


@pytest.mark.parametrize("at_once", [1, 2, 3, 4, 7])
def test_a_chain_is_checked_whole_however_many_rows_are_read_at_once(ledger, monkeypatch, at_once) -> None:
    monkeypatch.setattr("blockmrs.chain.check._ROWS_AT_ONCE", at_once)
    checked = ledger.check_everything()
    assert (checked.headers, checked.transactions, checked.nodes) == (4, 7, 7 + 3 + 1)
