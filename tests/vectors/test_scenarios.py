"""Runs docs/vectors/scenarios/: a log, read as whoever has the named keys reads it, says what the file promises.

A file is `{"description", "chain_id", "cards", "log", "asks", "expect"}`. `log` holds transactions in their order, each
with a word of what it is. `cards` are encoded. `asks` is one of these:
- `successor_of` (a card id): the card that follows, and its place;
- `own_line_of` (a seed): the places of what counts on that own line;
- `given_to` (a seed) on `lines` (a key for each card, by name, that writes there): the places of the grants that run.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from blockmrs.chain.lines import one_time_key_at, slot_at
from blockmrs.chain.transaction import Transaction, verify_transaction
from blockmrs.crypto.keys import Card, Keyring
from blockmrs.services.grants.subject_ends import with_subjects_ends
from blockmrs.services.lines.cards import Cards
from blockmrs.services.lines.reader import LineReader, sort_messages
from blockmrs.services.lines.readings import Readings

FOLDER = Path(__file__).parents[2] / "docs" / "vectors" / "scenarios"
SCENARIOS = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}


class Log:
    """What a reader asks of a ledger, for a list of transactions."""

    def __init__(self, chain_id: bytes, transactions: Sequence[Transaction]) -> None:
        self.chain_id, self._all = chain_id, transactions
        self.size = len(transactions)

    def at_place(self, slot: bytes, one_time_key: bytes) -> list[tuple[int, Transaction]]:
        return [(at, one) for at, one in enumerate(self._all) if (one.slot, one.one_time_key) == (slot, one_time_key)]

    def at_numbers(self, line_key: bytes, numbers: Sequence[int]) -> list[tuple[int, int, Transaction]]:
        return [
            (number, index, transaction)
            for number in numbers
            for index, transaction in self.at_place(slot_at(line_key, number), one_time_key_at(line_key, number))
        ]


def answer(scenario: Mapping[str, Any]) -> object:
    chain_id = bytes.fromhex(scenario["chain_id"])
    transactions = [Transaction.decode(bytes.fromhex(entry["transaction"])) for entry in scenario["log"]]
    for transaction in transactions:
        verify_transaction(transaction, chain_id)
    log: Any = Log(chain_id, transactions)
    cards = Cards(log, Any)
    for encoded in scenario["cards"].values():
        cards.remember(Card.decode(bytes.fromhex(encoded)))
    asks = scenario["asks"]
    if "successor_of" in asks:
        following = cards.successor(cards.find(bytes.fromhex(asks["successor_of"])))
        return None if following is None else {"card_id": following.card_id.hex(), "place": following.index}
    line_reader = LineReader(log, cards, Readings(log))
    if "own_line_of" in asks:
        reader = Keyring.from_seed(bytes.fromhex(asks["own_line_of"]))
        return sorted(message.index for message in line_reader.read(reader.own_line, reader, author=None))
    reader = Keyring.from_seed(bytes.fromhex(asks["given_to"]))
    lines = []
    for name, line_key in asks["lines"].items():
        author = Card.decode(bytes.fromhex(scenario["cards"][name]))
        lines.append((author, sort_messages(line_reader.read(bytes.fromhex(line_key), reader, author=author))))
    entries = [entry for _, line in with_subjects_ends(lines) for entry in line.grants.values()]
    return sorted(entry.index for entry in entries if entry.revoked is None)


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_a_log_says_what_the_scenario_promises(scenario: Mapping[str, Any]) -> None:
    assert set(scenario) == {"description", "chain_id", "cards", "log", "asks", "expect"}
    assert answer(scenario) == scenario["expect"]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_without_the_entry_that_decides_it_the_answer_is_another(scenario: Mapping[str, Any]) -> None:
    """Or the scenario would show nothing."""
    (decides,) = (number for number, entry in enumerate(scenario["log"]) if entry.get("decides"))
    without = [entry for number, entry in enumerate(scenario["log"]) if number != decides]
    assert answer({**scenario, "log": without}) != scenario["expect"]


def test_there_are_scenarios() -> None:
    assert set(SCENARIOS) >= {"two-successors", "late-signature", "subject-stops-an-authors-grant"}
