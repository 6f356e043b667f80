"""Runs docs/vectors/scenarios/: a log, read as whoever has the named keys reads it, says what the file promises.

A file is `{"description", "chain_id", "cards", "log", "asks", "expect"}`. `log` holds transactions in their order, each
with a word of what it is. `cards` are encoded. `asks` is one of these:
- `successor_of` (a card id): the card that follows, and its place;
- `own_line_of` (a seed): the places of what counts on that own line;
- `facts_of` (a seed): the update id of the newest health facts on that own line;
- `stated_at` (an organisation's seed) about a `report`, by `members` who all joined at place 0 and whom the directory
  says to be members still: the places of what counts of their statements;
- `given_to` (a seed) on `lines` (a key for each card, by name, that writes there): the places of the grants that run.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from blockmrs.chain.lines import one_time_key_at, slot_at
from blockmrs.chain.transaction import Transaction, verify_transaction
from blockmrs.crypto.keys import Card, Keyring
from blockmrs.domain.staff import Membership, at_place
from blockmrs.services.grants.subject_ends import with_subjects_ends
from blockmrs.services.lines.cards import Cards
from blockmrs.services.lines.contents import KEY_BYTES, Sort, first_grants, item_of
from blockmrs.services.lines.reader import LineReader, Message, sort_messages
from blockmrs.services.lines.readings import Readings
from blockmrs.services.people.staff import Staff

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
    if "facts_of" in asks:
        return newest_facts(line_reader, Keyring.from_seed(bytes.fromhex(asks["facts_of"])))
    if "stated_at" in asks:
        return statements(line_reader, asks)
    reader = Keyring.from_seed(bytes.fromhex(asks["given_to"]))
    lines = []
    for name, line_key in asks["lines"].items():
        author = Card.decode(bytes.fromhex(scenario["cards"][name]))
        lines.append((author, sort_messages(line_reader.read(bytes.fromhex(line_key), reader, author=author))))
    entries = [entry for _, line in with_subjects_ends(lines) for entry in line.grants.values()]
    return sorted(entry.index for entry in entries if entry.revoked is None)


def newest_facts(line_reader: LineReader, reader: Keyring) -> str:
    messages = line_reader.read(reader.own_line, reader, author=None)
    items = [item_of(message, reader.card.id) for message in sorted(messages, key=lambda message: message.index)]
    own = [item for item in items if item is not None and item.by == reader.card.id[:KEY_BYTES]]
    return [item for item in first_grants(own) if item.sort is Sort.FACTS][-1].about.hex()


class Mail:
    """What the members of an organisation are read from."""

    def __init__(self, line_reader: LineReader) -> None:
        self._lines = line_reader

    def derived(self, derive: Callable[[bytes], Keyring], of: bytes) -> Keyring:
        return derive(of)

    def messages_on(self, line_key: bytes, reader: Keyring) -> Iterator[tuple[int, Message]]:
        for message in self._lines.read(line_key, reader, author=None):
            yield message.index, message


def statements(line_reader: LineReader, asks: Mapping[str, Any]) -> list[int]:
    mail: Any = Mail(line_reader)
    organisation, database = Keyring.from_seed(bytes.fromhex(asks["stated_at"])), cast(Any, None)
    listed = [Membership(bytes.fromhex(card), name, None, 0, manages=True) for name, card in asks["members"].items()]
    members = Staff(database, mail).stricter(organisation.card.id, listed)
    line = organisation.derive("clearances", bytes.fromhex(asks["report"]))
    return sorted(
        place
        for place, message in mail.messages_on(line, organisation)
        if at_place(members, message.author, place) is not None
    )


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
    assert set(SCENARIOS) >= {
        "two-successors",
        "late-signature",
        "subject-stops-an-authors-grant",
        "leavers-withdrawal",
        "re-sealed-older-facts",
    }
