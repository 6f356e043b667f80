"""Writes docs/vectors/scenarios/*.json: what stands in a log, and what a reader makes of it.

Sealing is random, so that each run writes other bytes that say the same; `tests/vectors/test_scenarios.py` reads what
is there. Run from the repository: `python -m tools.make_scenarios`.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from blockmrs.chain.lines import one_time_seed_at, slot_at, successor_slot
from blockmrs.chain.transaction import Kind, Transaction, open_transaction, seal_transaction
from blockmrs.cid import Cid
from blockmrs.crypto.keys import Keyring, card_entry_seed, sealing_public_key, staff_keyring
from blockmrs.domain.kinds import Content
from blockmrs.domain.renewal import Renewal
from blockmrs.domain.sharing import Grant, Pointer, Revocation
from blockmrs.domain.staff import Leaving
from blockmrs.domain.succession import Successor
from blockmrs.encoding import Value

FOLDER = Path(__file__).parents[1] / "docs" / "vectors" / "scenarios"
CHAIN = bytes(range(0xC0, 0xE0))
NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
OBJECT = Pointer(Cid(bytes([0x0B]) * 32), bytes([0x5E]) * 32)
NUMBERS = {
    "old": 0x50, "new": 0x51, "other": 0x52, "coach": 0xC0, "hospital": 0xD0, "leaver": 0xD1, "colleague": 0xD2,
}  # fmt: skip
SEEDS = {name: bytes([number]) * 32 for name, number in NUMBERS.items()}
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


def scenario(description: str, log: list[Entry], asks: dict[str, Any], expect: object) -> str:
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


def gives(what: str, *, number: int, update: int = 1, from_family: bool = False, withheld: bool = False) -> Entry:
    """A grant to the hospital of an update about the old card, on the line of whoever gives it."""
    author = KEYS["old" if from_family else "coach"]
    grant = Grant(
        bytes([update]) * 32, KEYS["old"].card.id, "care", NOW, object=OBJECT,
        return_to_author=bytes([0xAA]) * 32, return_to_subject=None if withheld else bytes([0xBB]) * 32,
    )  # fmt: skip
    return to_hospital(what, author, number, Kind.GRANT, grant.to_fields())


def to_hospital(
    what: str, author: Keyring, number: int, kind: Kind, fields: dict[int, Value], *, decides: bool = False
) -> Entry:
    """Something on the line from somebody to the hospital."""
    hospital = KEYS["hospital"].card
    line = author.line_to(hospital.id)
    sealed = seal_transaction(
        kind, fields, author=author.card.id, signing_seed=author.signing_seed, recipient=hospital.id,
        recipient_key=hospital.sealing_key, slot=slot_at(line, number), one_time_seed=one_time_seed_at(line, number),
        chain_id=CHAIN,
    )  # fmt: skip
    return entry(what, sealed.transaction, decides)


def subject_stops() -> str:
    """The card that an update is about ends a grant that its author gave, for good; and no withheld one."""
    log = [
        gives("the coach gives a report", number=0),
        gives("the coach gives another report", number=1, update=2),
        gives("the coach gives a report that is kept from the family", number=2, update=3, withheld=True),
    ]
    first, withheld = ids(log, 0), ids(log, 2)
    old = KEYS["old"]
    log += [
        to_hospital(
            "the subject's card ends the first", old, 0, Kind.REVOKE, Revocation(first, NOW).to_fields(), decides=True
        ),
        gives("the coach gives the first report again", number=3),
        to_hospital(
            "the subject's card names the withheld one", old, 1, Kind.REVOKE, Revocation(withheld, NOW).to_fields()
        ),
        gives("the subject's card gives the first report itself", number=2, from_family=True),
    ]
    lines = {name: KEYS[name].line_to(KEYS["hospital"].card.id).hex() for name in ("coach", "old")}
    return scenario(
        "A subject's stop: it counts on the subject's own line to the recipient, ends what somebody else gave,"
        " bars them from giving it again, and touches nothing that is withheld.",
        log, {"given_to": SEEDS["hospital"].hex(), "lines": lines}, [1, 2, 6],
    )  # fmt: skip


def on_line(what: str, author: str, of: Keyring, line: bytes, number: int, kind: Kind, fields: dict[int, Value],
            *, decides: bool = False) -> Entry:  # fmt: skip
    """Something on a line that several write to, sealed to the card of `of`."""
    writer = KEYS[author]
    sealed = seal_transaction(
        kind, fields, author=writer.card.id, signing_seed=writer.signing_seed, recipient=of.card.id,
        recipient_key=of.card.sealing_key, slot=slot_at(line, number), one_time_seed=one_time_seed_at(line, number),
        chain_id=CHAIN,
    )  # fmt: skip
    return entry(what, sealed.transaction, decides)


def leavers_withdrawal() -> str:
    """A doctor takes a clearance back, leaves, and says another thing: what they signed as a member stands."""
    organisation, report = KEYS["hospital"], bytes([1]) * 32
    clearances, staff = organisation.derive("clearances", report), staff_keyring(organisation.card.id)

    def states(what: str, author: str, number: int) -> Entry:
        grant = Grant(
            bytes([0x70 + number]) * 32, KEYS["old"].card.id, Content.CLEARANCE, NOW, object=OBJECT, about=report
        )
        return on_line(what, author, organisation, clearances, number, Kind.GRANT, grant.to_fields())

    def ends(what: str, author: str, number: int, member: str, *, decides: bool = False) -> Entry:
        fields = Leaving(KEYS[member].card.id, NOW, 0).to_fields()
        return on_line(what, author, staff, staff.own_line, number, Kind.REVOKE, fields, decides=decides)

    log = [
        states("the doctor clears a player", "leaver", 0),
        states("the doctor takes it back", "leaver", 1),
        ends("a stranger says that the doctor left", "coach", 0, "leaver"),
        ends("a colleague says so, who manages members", "colleague", 1, "leaver", decides=True),
        states("the doctor, who has left, clears the player again", "leaver", 2),
        ends("the doctor, who has left, says that the colleague left", "leaver", 2, "colleague"),
        states("the colleague states something", "colleague", 3),
    ]
    return scenario(
        "A leaver's withdrawal: what a member signed counts on, the withdrawal too; what they sign later does not.",
        log,
        {
            "stated_at": SEEDS["hospital"].hex(),
            "report": report.hex(),
            "members": {name: KEYS[name].card.id.hex() for name in ("leaver", "colleague")},
        },
        [0, 1, 6],
    )  # fmt: skip


def resealed_older_facts() -> str:
    """An older version that is given again, and sealed anew, does not become the newest."""
    old = KEYS["old"]

    def facts(what: str, author: str, number: int, version: int, days: int = 0, *, decides: bool = False) -> Entry:
        grant = Grant(
            bytes([version]) * 32, old.card.id, Content.FACTS, NOW + timedelta(days=days), object=OBJECT, number=number,
        )  # fmt: skip
        return on_line(what, author, old, old.own_line, number, Kind.GRANT, grant.to_fields(), decides=decides)

    renewal = Renewal(bytes([1]) * 32, old.card.id, OBJECT).to_fields()
    log = [
        facts("the first version, by the card itself", "old", 0, 1),
        facts("the second version", "old", 1, 2, decides=True),
        facts("the first version once more, a year later as it says", "old", 2, 1, 365),
        facts("the first version, given by somebody else", "coach", 3, 1, 365),
        on_line("the first version, sealed anew", "old", old, old.own_line, 4, Kind.GRANT, renewal),
    ]
    return scenario(
        "Re-sealed older facts: giving an update again, and sealing it anew, gives reading, never a place.",
        log, {"facts_of": SEEDS["old"].hex()}, (bytes([2]) * 32).hex(),
    )  # fmt: skip


def ids(log: list[Entry], number: int) -> bytes:
    """The payload id of an entry for the hospital."""
    transaction = Transaction.decode(bytes.fromhex(log[number]["transaction"]))
    return open_transaction(transaction, KEYS["hospital"].sealing_seed, chain_id=CHAIN).id


def main() -> None:
    """Write the files anew."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "leavers-withdrawal.json").write_text(leavers_withdrawal(), "utf-8")
    (FOLDER / "re-sealed-older-facts.json").write_text(resealed_older_facts(), "utf-8")
    (FOLDER / "two-successors.json").write_text(two_successors(), "utf-8")
    (FOLDER / "late-signature.json").write_text(late_signature(), "utf-8")
    (FOLDER / "subject-stops-an-authors-grant.json").write_text(subject_stops(), "utf-8")


if __name__ == "__main__":
    main()
