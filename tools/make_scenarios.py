"""Writes docs/vectors/scenarios/*.json: what stands in a log, and what a reader makes of it.

Sealing is random, so that each run writes other bytes that say the same; `tests/vectors/test_scenarios.py` reads what
is there. Run from the repository: `python -m tools.make_scenarios`.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from blockmrs.chain.lines import one_time_seed_at, slot_at, successor_slot
from blockmrs.chain.transaction import Kind, seal_transaction
from blockmrs.cid import Cid
from blockmrs.crypto.keys import Keyring, card_entry_seed, sealing_public_key
from blockmrs.domain.sharing import Pointer, Revocation
from blockmrs.domain.succession import Successor

FOLDER = Path(__file__).parents[1] / "docs" / "vectors" / "scenarios"
CHAIN = bytes(range(0xC0, 0xE0))
NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
OBJECT = Pointer(Cid(bytes([0x0B]) * 32), bytes([0x5E]) * 32)
SEEDS = {
    name: bytes([number]) * 32 for name, number in (("old", 0x50), ("new", 0x51), ("other", 0x52), ("coach", 0xC0))
}
KEYS = {name: Keyring.from_seed(seed) for name, seed in SEEDS.items()}

Entry = dict[str, Any]


def names(new: str, what: str, *, author: str = "old", key: str = "old", decides: bool = False) -> Entry:
    """A word that a card follows the old one."""
    old = KEYS["old"].card
    sealed = seal_transaction(
        Kind.CARD, Successor(KEYS[new].card.id, OBJECT).to_fields(), author=KEYS[author].card.id,
        signing_seed=KEYS[author].signing_seed, recipient=old.id,
        recipient_key=sealing_public_key(card_entry_seed(old.id)), slot=successor_slot(old.id),
        one_time_seed=KEYS[key].signing_seed, chain_id=CHAIN,
    )  # fmt: skip
    return entry(what, sealed.transaction, decides)


def writes(author: str, number: int, what: str, at: datetime = NOW) -> Entry:
    """Something on the own line of the old card."""
    old = KEYS["old"]
    sealed = seal_transaction(
        Kind.REVOKE, Revocation(bytes([number]) * 32, at).to_fields(), author=KEYS[author].card.id,
        signing_seed=KEYS[author].signing_seed, recipient=old.card.id, recipient_key=old.card.sealing_key,
        slot=slot_at(old.own_line, number), one_time_seed=one_time_seed_at(old.own_line, number), chain_id=CHAIN,
    )  # fmt: skip
    return entry(what, sealed.transaction, decides=False)


def entry(what: str, transaction: bytes, decides: bool) -> Entry:
    """One transaction of the log; `decides` marks that without which the answer would be another."""
    return {"what": what, "transaction": transaction.hex()} | ({"decides": True} if decides else {})


def scenario(description: str, log: list[Entry], asks: dict[str, str], expect: object) -> str:
    """The text of one file."""
    cards = {name: keyring.card.encode().hex() for name, keyring in KEYS.items()}
    content = {"description": description, "chain_id": CHAIN.hex(), "cards": cards, "log": log, "asks": asks}
    return json.dumps(content | {"expect": expect}, indent=1) + "\n"


def two_successors() -> str:
    """Of several that are named the first counts that the old card itself named."""
    log = [
        names("coach", "under another one-time key", key="coach"),
        names("coach", "under the right one-time key, signed by somebody else", author="coach"),
        names("old", "the card itself"),
        names("new", "the first that counts", decides=True),
        names("other", "a second"),
    ]
    expect = {"card_id": KEYS["new"].card.id.hex(), "place": 3}
    return scenario(
        "Two successors of one card, and what is none: the first that the card named counts.",
        log, {"successor_of": KEYS["old"].card.id.hex()}, expect,
    )  # fmt: skip


def late_signature() -> str:
    """What the old card signs at a later place counts for nothing; what others write there does."""
    log = [
        writes("old", 0, "by the old card, before"),
        writes("coach", 1, "by somebody else, before"),
        names("new", "the successor", decides=True),
        writes("old", 2, "by the old card, after; it says that it is a year old", NOW - timedelta(days=365)),
        writes("old", 0, "by the old card, after, at an earlier number of the line"),
        writes("coach", 3, "by somebody else, after"),
    ]
    return scenario(
        "A late signature of a card that has a successor: places in the log count, not times and not numbers.",
        log, {"own_line_of": SEEDS["old"].hex()}, [0, 1, 5],
    )  # fmt: skip


def main() -> None:
    """Write the files anew."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "two-successors.json").write_text(two_successors(), "utf-8")
    (FOLDER / "late-signature.json").write_text(late_signature(), "utf-8")


if __name__ == "__main__":
    main()
