"""What a request reads is fetched once, is never older than the log, and is gone when the request is."""

import threading
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from blockmrs.chain.ledger import Ledger
from blockmrs.errors import Unavailable
from blockmrs.services.lines.readings import Reading, Readings
from tests.unit.chain.support import LINE, NOON, WRITER, open_ledger, sql_store

OTHER_LINE = b"M" * 32


@pytest.fixture(params=["memory", "sql"])
def ledger(request, tmp_path) -> Ledger:
    return open_ledger(tmp_path, None if request.param == "memory" else sql_store(tmp_path))


@pytest.fixture
def fetched(ledger, monkeypatch) -> list[Any]:
    """The numbers that were asked of the ledger, one list each time."""
    asked: list[Any] = []
    real = ledger.at_numbers
    monkeypatch.setattr(ledger, "at_numbers", lambda line, numbers: asked.append(list(numbers)) or real(line, numbers))
    return asked


@pytest.fixture
def write(ledger) -> Callable[..., Any]:
    return lambda number, **others: ledger.submit([WRITER.write(number, chain_id=ledger.chain_id, **others)])


def places(line) -> list[tuple[int, int]]:
    return [(number, index) for number, index, _ in line.at_numbers(range(5))]


def test_each_place_of_a_line_is_fetched_once(ledger, fetched, write) -> None:
    write(0)
    reading = Reading(ledger)
    assert places(reading.line(LINE)) == places(reading.line(LINE)) == [(0, 0)]
    assert reading.line(LINE).at_numbers([3, 6]) == []
    assert fetched == [[0, 1, 2, 3, 4], [6]]


def test_what_comes_to_a_place_that_was_read_is_seen_whether_it_was_empty_or_not(ledger, fetched, write) -> None:
    write(0)
    line = Reading(ledger).line(LINE)
    places(line)
    write(2)
    write(0, one_time_seed=None, kind=2)
    assert places(line) == [(0, 0), (0, 2), (2, 1)] == places(line)
    assert fetched[1:] == [[0, 2]]


def test_what_another_process_writes_is_seen(tmp_path, write_elsewhere) -> None:
    ledger, write = write_elsewhere
    line = Reading(ledger).line(LINE)
    assert places(line) == []
    write(1)
    assert places(line) == [(1, 0)]


@pytest.fixture
def write_elsewhere(tmp_path) -> tuple[Ledger, Callable[..., Any]]:
    """A ledger, and what writes to the same chain through another one, as another process would."""
    here, there = open_ledger(tmp_path, sql_store(tmp_path)), open_ledger(tmp_path, sql_store(tmp_path))
    return here, lambda number: there.submit([WRITER.write(number, chain_id=there.chain_id)])


def test_a_line_to_which_nothing_came_is_not_fetched_again_however_the_log_grows(ledger, fetched, write) -> None:
    write(0)
    line = Reading(ledger).line(LINE)
    places(line)
    write(0, line_key=OTHER_LINE)
    assert places(line) == [(0, 0)]
    assert len(fetched) == 1


def test_a_place_that_could_not_be_read_is_tried_again(ledger, write, monkeypatch) -> None:
    write(0)
    line = Reading(ledger).line(LINE)
    with monkeypatch.context() as away, pytest.raises(Unavailable):
        away.setattr(ledger, "at_numbers", lambda *_: (_ for _ in ()).throw(Unavailable("the disk did not answer")))
        places(line)
    assert places(line) == [(0, 0)]


def test_of_a_log_that_became_shorter_nothing_is_remembered(ledger, fetched, write, monkeypatch) -> None:
    write(0)
    line = Reading(ledger).line(LINE)
    places(line)
    monkeypatch.setattr(Ledger, "size", 0)
    places(line)
    assert len(fetched) == 2


def test_what_was_read_of_the_log_is_read_again_once_it_has_grown_and_not_before(ledger, write) -> None:
    reading, made = Reading(ledger), []

    def size() -> int:
        made.append(reading.while_log_stands("size", lambda: ledger.size))
        return made[-1]

    assert (size(), size()) == (0, 0)
    write(0)
    assert (size(), size()) == (1, 1)


def test_what_came_while_something_was_read_makes_it_be_read_again(ledger, write) -> None:
    reading = Reading(ledger)

    def read_slowly() -> int:
        size = ledger.size
        write(size)
        return size

    assert [reading.while_log_stands("slow", read_slowly) for _ in range(2)] == [0, 1]


def test_what_bytes_say_is_found_out_once_and_an_error_is_no_answer(ledger) -> None:
    reading, asked = Reading(ledger), []

    def ask() -> int:
        asked.append(1)
        if len(asked) == 1:
            raise Unavailable("the disk did not answer")
        return len(asked)

    with pytest.raises(Unavailable):
        reading.once("key", ask)
    assert [reading.once("key", ask), reading.once("key", ask), reading.once("another", ask)] == [2, 2, 3]


def test_the_time_of_an_entry_is_asked_for_once(ledger, write, monkeypatch) -> None:
    write(0)
    reading, asked, real = Reading(ledger), [], ledger.times_of
    monkeypatch.setattr(ledger, "times_of", lambda indexes: asked.append(set(indexes)) or real(asked[-1]))
    assert reading.times_of([0]) == reading.times_of([0, 0]) == {0: NOON}
    assert asked == [{0}]


def test_a_request_hands_on_what_it_read_until_it_ends_however_it_ends(ledger) -> None:
    readings = Readings(ledger)
    with readings.one():
        first = readings.now()
        with readings.one():
            assert readings.now() is first
        assert readings.now() is first
    with pytest.raises(Unavailable), readings.one():
        assert readings.now() is not first
        raise Unavailable("the disk did not answer")
    assert not readings.has_begun
    assert readings.now() is not readings.now()


def test_what_one_thread_reads_no_other_is_handed(ledger) -> None:
    readings, elsewhere = Readings(ledger), []
    with readings.one():
        thread = threading.Thread(target=lambda: elsewhere.append(readings.has_begun))
        thread.start()
        thread.join()
    assert elsewhere == [False]


def test_what_is_handed_along_is_taken_once_and_only_as_far_as_somebody_asks(ledger) -> None:
    reading, taken = Reading(ledger), []

    def begin() -> Iterator[int]:
        for number in range(4):
            taken.append(number)
            yield number

    assert next(reading.handed_along("key", begin)) == 0
    assert taken == [0]
    assert list(islice(reading.handed_along("key", begin), 2)) == [0, 1]
    assert list(reading.handed_along("key", begin)) == list(reading.handed_along("key", begin)) == [0, 1, 2, 3]
    assert taken == [0, 1, 2, 3]
    assert list(reading.handed_along("another", begin)) == [0, 1, 2, 3]
    assert taken == 2 * [0, 1, 2, 3]


def test_two_who_read_side_by_side_are_handed_the_same(ledger) -> None:
    reading, begun = Reading(ledger), []

    def begin() -> Iterator[int]:
        begun.append(1)
        return iter(range(3))

    one, other = (reading.handed_along("key", begin) for _ in range(2))
    assert [next(one), next(other), next(other), next(one), *other, *one] == [0, 0, 1, 1, 2, 2]
    assert len(begun) == 1


def test_an_error_is_handed_along_to_nobody_and_what_came_before_it_is(ledger) -> None:
    reading, is_away = Reading(ledger), [True]

    def begin() -> Iterator[int]:
        yield 0
        if is_away[0]:
            raise Unavailable("the disk did not answer")
        yield 1

    for _ in range(2):
        with pytest.raises(Unavailable):
            list(reading.handed_along("key", begin))
        # Whoever needs no more than what is there gets it.
        assert next(reading.handed_along("key", begin)) == 0
    is_away[0] = False
    assert list(reading.handed_along("key", begin)) == [0, 1]


def test_who_asks_for_the_same_while_it_is_being_read_reads_it_for_themselves(ledger) -> None:
    reading, inner = Reading(ledger), []

    def begin() -> Iterator[int]:
        yield 0
        if not inner:
            inner.append([])
            inner[:] = [list(reading.handed_along("key", begin))]
        yield 1

    assert list(reading.handed_along("key", begin)) == [0, 1]
    assert inner == [[0, 1]]


def test_what_was_handed_along_is_begun_again_once_the_log_has_grown(ledger, write) -> None:
    reading = Reading(ledger)

    def begin() -> Iterator[int]:
        return iter([ledger.size])

    assert [*reading.handed_along("key", begin), *reading.handed_along("key", begin)] == [0, 0]
    write(0)
    assert list(reading.handed_along("key", begin)) == [1]
