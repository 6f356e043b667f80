"""How the vectors of transactions, lines, the Merkle log, headers and checkpoints are run."""

from collections.abc import Callable, Mapping
from typing import Any

from blockmrs.chain import merkle
from blockmrs.chain.checkpoint import Checkpoint, NoteKey, open_note
from blockmrs.chain.header import Header, SealerSet, verify_genesis, verify_header
from blockmrs.chain.lines import card_slot, one_time_key_at, one_time_seed_at, slot_at, successor_slot
from blockmrs.chain.transaction import Transaction, open_transaction, verify_transaction
from blockmrs.crypto.keys import ending_keyring
from tests.vectors.kinds_core import hexed, value_to_json

Case = Mapping[str, Any]


def run_transaction(case: Case) -> object:
    transaction = Transaction.decode(hexed(case, "transaction"))
    verify_transaction(transaction, hexed(case, "chain_id"))
    if "sealing_seed" not in case:
        return {
            "slot": transaction.slot.hex(),
            "one_time_key": transaction.one_time_key.hex(),
            "digest": transaction.digest.hex(),
        }
    opened = open_transaction(
        transaction, hexed(case, "sealing_seed"), chain_id=hexed(case, "chain_id"), recipient=hexed(case, "recipient")
    )
    opened.verify_author(hexed(case, "author_key"))
    return {
        "id": opened.id.hex(),
        "kind": int(opened.payload.kind),
        "author": opened.payload.author.hex(),
        "fields": value_to_json(dict(opened.payload.fields)),
    }


def run_lines(case: Case) -> object:
    if "card_id" in case:
        return card_slot(hexed(case, "card_id")).hex()
    if "followed" in case:
        return successor_slot(hexed(case, "followed")).hex()
    if "grant_id" in case:
        common = ending_keyring(hexed(case, "grant_id"))
        return {
            "line_key": common.own_line.hex(),
            "card_id": common.card.id.hex(),
            "slot": slot_at(common.own_line, 0).hex(),
        }
    line_key, number = hexed(case, "line_key"), case["number"]
    return {
        "slot": slot_at(line_key, number).hex(),
        "one_time_seed": one_time_seed_at(line_key, number).hex(),
        "one_time_key": one_time_key_at(line_key, number).hex(),
    }


def run_merkle(case: Case) -> object:
    if "entries" in case:
        log = merkle.Frontier()
        for entry in case["entries"]:
            log.append(merkle.hash_leaf(bytes.fromhex(entry)))
        return log.root().hex()
    digests = tuple(bytes.fromhex(digest) for digest in case["digests"])
    if "index" in case:
        proof = merkle.InclusionProof(case["index"], case["size"], digests)
        merkle.verify_leaf(hexed(case, "leaf"), proof, hexed(case, "root"))
    else:
        consistency = merkle.ConsistencyProof(case["old_size"], case["new_size"], digests)
        merkle.verify_consistency(consistency, hexed(case, "old_root"), hexed(case, "new_root"))
    return "verifies"


def run_header(case: Case) -> object:
    header, sealers = Header.decode(hexed(case, "header")), SealerSet.decode(hexed(case, "sealers"))
    if "predecessor" not in case:
        return {"chain_id": verify_genesis(header, sealers).hex()}
    verify_header(header, Header.decode(hexed(case, "predecessor")), sealers)
    return {
        "height": header.height,
        "time_ms": header.time_ms,
        "tree_size": header.tree_size,
        "root": header.root.hex(),
        "digest": header.digest.hex(),
    }


def run_checkpoint(case: Case) -> object:
    text, signers = open_note(case["note"], [NoteKey.parse(key) for key in case["keys"]])
    checkpoint = Checkpoint.parse(text)
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "signers": [key.name for key in signers],
    }


RUNNERS: Mapping[str, Callable[[Case], object]] = {
    "transaction": run_transaction,
    "lines": run_lines,
    "merkle": run_merkle,
    "header": run_header,
    "checkpoint": run_checkpoint,
}
