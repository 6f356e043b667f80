"""What was read of a line is kept, and says what a whole reading would."""

from datetime import timedelta

import pytest

from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.crypto.keys import Keyring
from blockmrs.encoding import Value, encode
from blockmrs.errors import Unavailable
from blockmrs.model.database import Database
from blockmrs.moments import to_ms
from blockmrs.services.lines import reader as reading
from blockmrs.services.lines.memory import LineMemory, PlacedValue
from blockmrs.services.lines.reader import Message
from blockmrs.services.lines.short_cuts import read_short_cut, replace_short_cut
from tests.conftest import StillClock
from tests.support.lines import Lines, put_at


@pytest.fixture
def memory(lines: Lines) -> LineMemory:
    return LineMemory(lines.database, lines.ledger, lines.reader, lines.mailbox.readings)


def number_of(message: Message) -> Value:
    """The number that a grant of the tests gives; nothing for even ones beyond 100."""
    update_id = message.fields[9]
    assert isinstance(update_id, bytes)
    return None if update_id[0] > 100 else update_id[0]


def fill(lines: Lines, sam: Keyring, numbers: range) -> None:
    for number in numbers:
        put_at(lines, lines.grant(sam, number), number, sam, sam, sam.own_line)


def values(memory: LineMemory, sam: Keyring) -> list[Value]:
    return [placed.value for placed in memory.read(sam.own_line, sam, number_of)]


def row(lines: Lines, sam: Keyring) -> bytes | None:
    return read_short_cut(lines.database, sam.derive("line memory", sam.own_line))


def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each transaction that is opened."""
    count: list[int] = []
    real = reading.open_transaction
    monkeypatch.setattr(reading, "open_transaction", lambda *a, **k: count.append(1) or real(*a, **k))
    return count


def test_each_message_becomes_one_value_with_its_places_and_its_blocks_time(
    lines: Lines, sam: Keyring, memory: LineMemory, clock: StillClock
) -> None:
    grant = lines.grant(sam, 1)
    put_at(lines, grant, 3, sam, sam, sam.own_line)
    clock.advance(timedelta(hours=1))
    put_at(lines, lines.grant(sam, 2), 0, sam, sam, sam.own_line)
    # The first payload once more, and one of which nothing is kept.
    put_at(lines, grant, 3, sam, sam, sam.own_line)
    put_at(lines, lines.grant(sam, 101), 6, sam, sam, sam.own_line)
    size, late = lines.ledger.size, to_ms(clock())
    found = memory.read(sam.own_line, sam, number_of)
    assert found == [PlacedValue(3, size - 4, late - 3_600_000, 1), PlacedValue(0, size - 3, late, 2)]


def test_nineteen_places_are_read_again_and_from_twenty_on_they_are_kept(
    lines: Lines, sam: Keyring, memory: LineMemory, monkeypatch
) -> None:
    fill(lines, sam, range(19))
    assert values(memory, sam) == list(range(19))
    assert row(lines, sam) is None
    fill(lines, sam, range(19, 20))
    assert values(memory, sam) == list(range(20))
    assert row(lines, sam) is not None
    count = opened(monkeypatch)
    assert values(memory, sam) == list(range(20))
    assert count == []
    fill(lines, sam, range(20, 22))
    assert values(memory, sam) == list(range(22))
    assert len(count) == 2


def test_what_comes_later_to_a_place_before_is_found_in_the_order_of_the_log(
    lines: Lines, sam: Keyring, memory: LineMemory
) -> None:
    fill(lines, sam, range(20))
    values(memory, sam)
    put_at(lines, lines.grant(sam, 50), 5, sam, sam, sam.own_line)
    assert values(memory, sam) == [*range(20), 50]
    assert values(memory, sam) == [*range(20), 50]


def test_what_did_not_open_is_tried_again(lines: Lines, sam: Keyring, memory: LineMemory) -> None:
    stranger = Keyring.from_seed(b"x" * 32)
    put_at(lines, lines.grant(sam, 60), 0, stranger, sam, sam.own_line)
    fill(lines, sam, range(1, 21))
    assert values(memory, sam) == list(range(1, 21))
    batch = lines.mailbox.batch()
    lines.cards.publish(batch, stranger)
    batch.commit()
    assert values(memory, sam) == [60, *range(1, 21)]


def test_only_the_author_who_may_write_is_remembered(lines: Lines, sam: Keyring, memory: LineMemory) -> None:
    carol = lines.person("carol")
    put_at(lines, lines.grant(sam, 1), 0, sam, sam, sam.own_line)
    put_at(lines, lines.grant(sam, 2), 1, carol, sam, sam.own_line)
    found = memory.read(sam.own_line, sam, number_of, carol.card)
    assert [placed.value for placed in found] == [2]


@pytest.mark.parametrize("damage", [b"", b"\x00" * 2000])
def test_a_row_that_does_not_open_costs_one_reading_and_is_written_anew(
    lines: Lines, sam: Keyring, memory: LineMemory, damage: bytes
) -> None:
    fill(lines, sam, range(20))
    values(memory, sam)
    good, lookup = row(lines, sam), sam.derive("line memory", sam.own_line)
    with lines.database.write() as rows:
        replace_short_cut(rows, lookup, damage)
    assert values(memory, sam) == list(range(20))
    assert row(lines, sam) not in (good, damage)


@pytest.mark.parametrize(
    "content",
    [[2, 20, 20, [], []], [1, 20, 20, [], [[0, 0, "noon", 1]]], [1, 20, 20, [], [7]], [1, 20, 20]],
    ids=["a later version", "a time that is none", "no item", "too short"],
)
def test_a_row_of_another_shape_is_no_memory_whoever_sealed_it(
    lines: Lines, sam: Keyring, memory: LineMemory, content: Value
) -> None:
    fill(lines, sam, range(20))
    values(memory, sam)
    lookup = sam.derive("line memory", sam.own_line)
    sealed = seal_secret(sam.derive("line memory key"), encode(content).ljust(1024, b"\x00"), context=lookup)
    with lines.database.write() as rows:
        replace_short_cut(rows, lookup, sealed)
    assert values(memory, sam) == list(range(20))
    assert row(lines, sam) != sealed


def test_the_row_is_sealed_for_its_line_and_its_size_tells_only_a_power_of_two(
    lines: Lines, sam: Keyring, memory: LineMemory
) -> None:
    fill(lines, sam, range(20))
    values(memory, sam)
    sealed, lookup = row(lines, sam), sam.derive("line memory", sam.own_line)
    assert sealed is not None
    text = open_secret(sam.derive("line memory key"), sealed, context=lookup)
    assert len(text) == 1024
    fill(lines, sam, range(20, 100))
    values(memory, sam)
    sealed = row(lines, sam)
    assert sealed is not None
    assert len(open_secret(sam.derive("line memory key"), sealed, context=lookup)) == 2048


def test_one_line_is_not_remembered_as_another(lines: Lines, sam: Keyring, memory: LineMemory) -> None:
    fill(lines, sam, range(20))
    values(memory, sam)
    assert memory.read(sam.doorbell_line, sam, number_of) == []


def test_a_full_disk_keeps_nobody_from_reading(lines: Lines, sam: Keyring, memory: LineMemory, monkeypatch) -> None:
    fill(lines, sam, range(20))

    def full(database: Database) -> None:
        raise Unavailable("the database did not answer")

    monkeypatch.setattr(Database, "write", full)
    assert values(memory, sam) == list(range(20))
