"""Writes the chain's docs/vectors/*.json; `--check` only says whether they are what this program makes.

Nothing here is random, as in `tools.make_vectors`. Run from the repository: `python -m tools.make_chain_vectors`.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from blockmrs import encoding
from blockmrs.chain import merkle
from blockmrs.chain.checkpoint import Checkpoint, NoteKey, sign_note
from blockmrs.chain.header import Header, SealerSet, genesis_header, next_header
from blockmrs.chain.lines import one_time_key_at, one_time_seed_at, slot_at
from blockmrs.chain.transaction import MAX_PAYLOAD, Transaction, envelope_info
from blockmrs.crypto.keys import Card, Keyring, sealing_public_key, signing_public_key
from blockmrs.crypto.signatures import sign
from tests.reference import xwing_draft
from tests.reference.hpke import seal_to_seed
from tests.vectors import kinds_chain

FOLDER = Path(__file__).parents[1] / "docs" / "vectors"
CHAIN, OTHER_CHAIN = bytes(range(0xC0, 0xE0)), bytes(32)
LINE = bytes([0x11]) * 32
ALICE = Keyring.from_seed(bytes([0xA1]) * 32)
MALLORY = Keyring.from_seed(bytes([0xEE]) * 32)
# The recipient's sealing seed is the X-Wing draft's, for which the draft gives an encapsulation.
BOB_SEED = xwing_draft.SEED
BOB = Card(Keyring.from_seed(bytes([0xB0]) * 32).card.signing_key, sealing_public_key(BOB_SEED))
SLOT, KEY, KEY_SEED = slot_at(LINE, 0), one_time_key_at(LINE, 0), one_time_seed_at(LINE, 0)
SEALER, SECOND_SEALER = bytes([0x5E]) * 32, bytes([0x5F]) * 32
ZERO = bytes(32)

Case = dict[str, Any]


def refused(name: str, error: str, **inputs: Any) -> Case:
    return {"name": name, **inputs, "error": error}


def promised(kind: str, name: str, **inputs: Any) -> Case:
    """A case whose result is computed now, and held for ever after."""
    return {"name": name, **inputs, "expect": kinds_chain.RUNNERS[kind](inputs)}


BODY: dict[int, encoding.Value] = {0: 9, 1: CHAIN, 2: ALICE.card.id, 3: BOB.id, 4: SLOT, 5: KEY}


def signed(body: bytes, *, seed: bytes = ALICE.signing_seed) -> bytes:
    return encoding.encode([body, sign(seed, "payload", CHAIN, body)])


def built(content: bytes, *, slot: bytes = SLOT, chain_id: bytes = CHAIN, last: int = 0) -> Transaction:
    """A transaction with a good outer signature around whatever `content` is."""
    padded = content.ljust(MAX_PAYLOAD - 1, b"\x00") + bytes([last])
    envelope = seal_to_seed(padded, xwing_draft.ENC, BOB_SEED, envelope_info(chain_id, slot, KEY))
    return outer(Transaction(slot, KEY, envelope, bytes(64)), chain_id)


def outer(transaction: Transaction, chain_id: bytes = CHAIN) -> Transaction:
    return replace(transaction, signature=sign(KEY_SEED, "transaction", chain_id, transaction.unsigned()))


def transaction() -> list[Case]:
    good = built(signed(encoding.encode(BODY | {6: b"fields of the kind", 7: 3})))
    content = good.encode()
    outside: Case = {"chain_id": CHAIN.hex()}
    inside: Case = outside | {
        "sealing_seed": BOB_SEED.hex(),
        "recipient": BOB.id.hex(),
        "author_key": ALICE.card.signing_key.hex(),
    }
    flipped = {
        "slot-changed": 1,
        "one-time-key-changed": 33,
        "envelope-changed": 65,
        "envelope-end-changed": 1983,
        "signature-changed": 2047,
    }
    small = replace(good, one_time_key=b"\x01" + bytes(31), signature=b"\x01" + bytes(63))
    moved = outer(replace(good, slot=slot_at(LINE, 1)))
    bodies: dict[str, bytes] = {
        "no-array": encoding.encode(b"bytes"),
        "signature-short": encoding.encode([encoding.encode(BODY), bytes(63)]),
        "body-not-canonical": signed(b"\xb8\x06" + encoding.encode(BODY)[1:]),
        "body-without-recipient": signed(encoding.encode({key: BODY[key] for key in (0, 1, 2, 4, 5)})),
        "kind-unknown": signed(encoding.encode(BODY | {0: 10})),
        "reserved-field": signed(encoding.encode(BODY | {23: 0})),
        "chain-inside-differs": signed(encoding.encode(BODY | {1: OTHER_CHAIN})),
        "slot-inside-differs": signed(encoding.encode(BODY | {4: slot_at(LINE, 1)})),
        "one-time-key-inside-differs": signed(encoding.encode(BODY | {5: one_time_key_at(LINE, 1)})),
        "recipient-inside-differs": signed(encoding.encode(BODY | {3: ALICE.card.id})),
    }
    return [
        promised("transaction", "cover", transaction=content.hex(), **outside),
        promised("transaction", "cover-opened", transaction=content.hex(), **inside),
        refused("truncated", "InvalidInput", transaction=content[:-1].hex(), **outside),
        refused("one-byte-more", "InvalidInput", transaction=(content + b"\x00").hex(), **outside),
        refused("version-2", "InvalidInput", transaction=(b"\x02" + content[1:]).hex(), **outside),
        *[
            refused(
                name,
                "InvalidSignature",
                transaction=(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]).hex(),
                **outside,
            )
            for name, at in flipped.items()
        ],
        refused("small-order-key", "InvalidSignature", transaction=small.encode().hex(), **outside),
        refused("another-chain", "InvalidSignature", transaction=content.hex(), chain_id=OTHER_CHAIN.hex()),
        refused("moved-to-another-slot", "CannotOpen", transaction=moved.encode().hex(), **inside),
        refused("opened-by-another", "CannotOpen", transaction=content.hex(), **inside | {"sealing_seed": ZERO.hex()}),
        refused(
            "padding-not-zero",
            "InvalidInput",
            transaction=built(signed(encoding.encode(BODY)), last=1).encode().hex(),
            **inside,
        ),
        *[
            refused(name, "InvalidInput", transaction=built(body).encode().hex(), **inside)
            for name, body in bodies.items()
        ],
        refused(
            "author-forged",
            "InvalidSignature",
            transaction=built(signed(encoding.encode(BODY), seed=MALLORY.signing_seed)).encode().hex(),
            **inside,
        ),
    ]


def lines() -> list[Case]:
    return [
        promised("lines", "number-0", line_key=LINE.hex(), number=0),
        promised("lines", "number-1", line_key=LINE.hex(), number=1),
        promised("lines", "number-300", line_key=LINE.hex(), number=300),
        promised("lines", "card", card_id=ALICE.card.id.hex()),
        promised("lines", "successor-of-a-card", followed=ALICE.card.id.hex()),
        promised("lines", "ending-of-a-grant", grant_id=("67" * 32)),
        refused("ending-of-a-truncated-grant-id", "InvalidInput", grant_id=("67" * 31)),
        refused("negative-number", "InvalidInput", line_key=LINE.hex(), number=-1),
        refused("key-truncated", "InvalidInput", line_key=LINE[1:].hex(), number=0),
        refused("successor-of-a-truncated-card-id", "InvalidInput", followed=LINE[1:].hex()),
        refused("card-id-truncated", "InvalidInput", card_id=LINE[1:].hex()),
    ]


# The entries of the public RFC 6962 test tree.
ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]


def merkle_log() -> list[Case]:
    log, nodes, roots = merkle.Frontier(), {}, [merkle.EMPTY_ROOT]
    for entry in ENTRIES:
        nodes.update({(level, at): node for level, at, node in log.append(merkle.hash_leaf(bytes.fromhex(entry)))})
        roots.append(log.root())

    def read(wanted: Any) -> dict[merkle.Coordinates, bytes]:
        return {node: nodes[node] for node in wanted}

    def included(index: int, size: int) -> Case:
        proof = merkle.prove_inclusion(index, size, read)
        leaf, root = nodes[0, index].hex(), roots[size].hex()
        return {"index": index, "size": size, "leaf": leaf, "root": root, "digests": hexes(proof.siblings)}

    def consistent(old: int, new: int) -> Case:
        digests = hexes(merkle.prove_consistency(old, new, read).digests)
        sizes: Case = {"old_size": old, "new_size": new, "old_root": roots[old].hex(), "new_root": roots[new].hex()}
        return sizes | {"digests": digests}

    one, two = included(5, 8), consistent(6, 8)
    zero = ZERO.hex()
    return [
        *[promised("merkle", f"root-of-{size}", entries=ENTRIES[:size]) for size in range(9)],
        *[promised("merkle", f"entry-{at}-of-{size}", **included(at, size)) for at, size in ((0, 1), (0, 8), (5, 8))],
        *[promised("merkle", f"entry-{at}-of-{size}", **included(at, size)) for at, size in ((2, 3), (1, 5))],
        *[promised("merkle", f"from-{a}-to-{b}", **consistent(a, b)) for a, b in ((1, 8), (6, 8), (2, 5), (4, 4))],
        refused("inclusion-truncated", "InvalidProof", **one | {"digests": one["digests"][:-1]}),
        refused("inclusion-one-more", "InvalidProof", **one | {"digests": [*one["digests"], zero]}),
        refused("inclusion-swapped-siblings", "InvalidProof", **one | {"digests": one["digests"][::-1]}),
        refused(
            "inclusion-short-digest", "InvalidProof", **one | {"digests": [one["digests"][0][:-2], *one["digests"][1:]]}
        ),
        refused("inclusion-another-root", "InvalidProof", **one | {"root": zero}),
        refused("inclusion-another-leaf", "InvalidProof", **one | {"leaf": zero}),
        refused("inclusion-index-beyond-size", "InvalidProof", **one | {"index": 8}),
        refused("inclusion-empty-leaf-and-root", "InvalidProof", index=0, size=1, leaf="", root="", digests=[]),
        refused("inclusion-in-nothing", "InvalidProof", **one | {"index": 0, "size": 0, "digests": []}),
        refused("consistency-truncated", "InvalidProof", **two | {"digests": two["digests"][:-1]}),
        refused("consistency-empty", "InvalidProof", **two | {"digests": []}),
        refused("consistency-empty-from-4", "InvalidProof", **consistent(4, 8) | {"digests": []}),
        refused("consistency-one-more", "InvalidProof", **two | {"digests": [*two["digests"], zero]}),
        refused("consistency-short-digest", "InvalidProof", **two | {"digests": ["00", *two["digests"][1:]]}),
        refused(
            "consistency-swapped-roots",
            "InvalidProof",
            **two | {"old_root": two["new_root"], "new_root": two["old_root"]},
        ),
        refused("consistency-backwards", "InvalidProof", **two | {"old_size": 8, "new_size": 6}),
        refused("consistency-from-nothing", "InvalidProof", **two | {"old_size": 0, "digests": []}),
        refused("consistency-same-size-other-root", "InvalidProof", **consistent(4, 4) | {"new_root": zero}),
        refused("consistency-same-size-with-proof", "InvalidProof", **consistent(4, 4) | {"digests": [zero]}),
    ]


def hexes(digests: tuple[bytes, ...]) -> list[str]:
    return [digest.hex() for digest in digests]


def header() -> list[Case]:
    key = signing_public_key(SEALER)
    sealers = SealerSet.of([key])
    both = SealerSet.of([key, signing_public_key(SECOND_SEALER)])
    genesis = genesis_header(random=bytes(range(32)), time_ms=1_773_490_000_000, sealers=sealers, sealer=key)
    genesis = genesis.signed_by(SEALER)

    def following(before: Header, *, seed: bytes = SEALER, **changes: Any) -> Header:
        plain = next_header(
            before,
            genesis.digest,
            sealer=signing_public_key(seed),
            time_ms=before.time_ms + 1500,
            tree_size=before.tree_size + 2,
            root=merkle.hash_leaf(before.tree_size.to_bytes(8, "big")),
        )
        return replace(plain, **changes).signed_by(seed)

    first = following(genesis)
    second = following(first)
    start: Case = {"sealers": sealers.encode().hex()}
    after: Case = start | {"predecessor": first.encode().hex()}
    wrong: dict[str, Header] = {
        "another-chain": following(first, chain_id=OTHER_CHAIN),
        "height-skipped": following(first, height=3),
        "another-predecessor": following(first, previous=genesis.digest),
        "time-runs-backwards": following(first, time_ms=first.time_ms - 1),
        "log-shrinks": following(first, tree_size=1),
        "two-roots-for-one-size": following(first, tree_size=2),
        "sealer-not-in-the-set": following(first, seed=SECOND_SEALER),
    }
    content = second.encode()
    unsigned = replace(second, signature=first.signature).encode().hex()
    not_genesis = replace(genesis, tree_size=1).signed_by(SEALER).encode().hex()
    return [
        promised("header", "genesis", header=genesis.encode().hex(), **start),
        promised("header", "first", header=first.encode().hex(), **start | {"predecessor": genesis.encode().hex()}),
        promised("header", "second", header=content.hex(), **after),
        refused("truncated", "InvalidInput", header=content[:-1].hex(), **after),
        refused("version-2", "InvalidInput", header=(b"\x02" + content[1:]).hex(), **after),
        refused("sealers-empty", "InvalidInput", header=content.hex(), **after | {"sealers": "00"}),
        refused("sealers-unsorted", "InvalidInput", header=content.hex(), **after | {"sealers": unsorted(both).hex()}),
        refused("genesis-over-a-log", "VerificationFailed", header=not_genesis, **start),
        refused("genesis-of-others", "VerificationFailed", header=genesis.encode().hex(), sealers=both.encode().hex()),
        *[refused(name, "VerificationFailed", header=made.encode().hex(), **after) for name, made in wrong.items()],
        refused(
            "set-not-named", "VerificationFailed", header=content.hex(), **after | {"sealers": both.encode().hex()}
        ),
        refused("signature-of-another-header", "InvalidSignature", header=unsigned, **after),
    ]


def unsorted(sealers: SealerSet) -> bytes:
    return bytes([len(sealers.keys)]) + b"".join(reversed(sealers.keys))


def checkpoint() -> list[Case]:
    log = merkle.Frontier()
    for number in range(7):
        log.append(merkle.hash_leaf(f"e{number}".encode()))
    origin, seed = "log.example/blockmrs", bytes([7]) * 32
    note = sign_note(Checkpoint(origin, log.size, log.root()).format(), origin, seed)
    keys = [NoteKey(origin, signing_public_key(seed)).format()]
    stranger = [NoteKey("other.example/log", signing_public_key(SEALER)).format()]
    other = sign_note("other\n", "other.example/log", SEALER).split("\n\n")[1]
    return [
        promised("checkpoint", "seven-entries", note=note, keys=keys),
        promised("checkpoint", "unknown-signature-beside", note=note + other, keys=keys),
        refused("no-known-key", "InvalidSignature", note=note, keys=stranger),
        refused("size-changed", "InvalidSignature", note=note.replace("\n7\n", "\n8\n"), keys=keys),
        refused("known-signature-wrong", "InvalidSignature", note=note + other, keys=keys + stranger),
        refused("no-signature", "InvalidInput", note=note.split("\n\n")[0] + "\n", keys=keys),
        refused("truncated", "InvalidInput", note=note[:-1], keys=keys),
        refused("hyphen-for-dash", "InvalidInput", note=note.replace("— ", "- "), keys=keys),
        refused(
            "size-with-zero", "InvalidInput", note=sign_note(f"{origin}\n07\n{'A' * 43}=\n", origin, seed), keys=keys
        ),
        refused("root-truncated", "InvalidInput", note=sign_note(f"{origin}\n7\nAAAA\n", origin, seed), keys=keys),
    ]


DESCRIPTIONS = {
    "transaction": "Transactions. Without `sealing_seed`: who may add it. With it: opened by the recipient.",
    "lines": "The place and key of a line's transaction `number`; with `card_id`, the slot of a card's own entry;"
    " with `followed`, a card id, the slot of its successor;"
    " with `grant_id`, the line on which a grant's end stands, and the card that it is sealed to.",
    "merkle": "Roots of `entries`; inclusion proofs of a `leaf` digest; consistency proofs between two sizes.",
    "header": "Headers, with the encoded set of `sealers` that the predecessor (or the genesis header itself) names.",
    "checkpoint": "Signed notes whose text is a checkpoint, with the `keys` that the reader knows.",
}
MAKERS = {
    "transaction": transaction,
    "lines": lines,
    "merkle": merkle_log,
    "header": header,
    "checkpoint": checkpoint,
}


def make_file(kind: str) -> str:
    """The text of docs/vectors/<kind>.json."""
    content = {"description": DESCRIPTIONS[kind], "kind": kind, "cases": MAKERS[kind]()}
    return json.dumps(content, indent=1, ensure_ascii=True) + "\n"


def main() -> None:
    """Write the files, or with `--check` end with status 1 if any differs."""
    different = []
    for kind in MAKERS:
        path, text = FOLDER / f"{kind}.json", make_file(kind)
        if not path.exists() or path.read_text("utf-8") != text:
            different.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(text, "utf-8")
    print("different:" if different else "all as made", *different)
    if different and "--check" in sys.argv:
        sys.exit(1)


if __name__ == "__main__":
    main()
