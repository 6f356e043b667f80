"""What was concluded from lines is remembered until something comes to a place that was looked at, and no longer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.crypto.keys import Keyring
from blockmrs.encoding import decode_padded, encode
from blockmrs.errors import ObjectMissing, Unavailable
from blockmrs.model.database import Database
from blockmrs.services.lines import conclusions
from blockmrs.services.lines.short_cuts import read_short_cut, replace_short_cut
from tests.conftest import StillClock
from tests.support.lines import Lines, put_at

HOUR = timedelta(hours=1)


@dataclass
class Count:
    """Concludes how many entries Sam's own line has, and others of Sam's; `times` says how often it was asked."""

    lines: Lines
    sam: Keyring
    times: int = 0
    others: list[str] = field(default_factory=lambda: ["another line"])

    def __call__(self) -> int:
        def conclude():
            self.times += 1
            keys = [self.sam.own_line, *map(self.sam.derive, self.others)]
            entries = [list(self.lines.reader.read(key, self.sam, author=None)) for key in keys]
            return sum(map(len, entries)), self.lines.clock() + HOUR

        value = self.lines.mailbox.conclusions.of(self.sam, "count", conclude)
        assert isinstance(value, int)
        return value

    def row(self) -> bytes | None:
        return read_short_cut(self.lines.database, self.sam.derive("conclusion", b"count"))

    def replace_row(self, change: Callable[[list], object]) -> None:
        """The row with another content, under the right seal."""
        lookup, key = self.sam.derive("conclusion", b"count"), self.sam.derive("conclusion key")
        content = decode_padded(open_secret(key, self.row() or b"", context=lookup))
        assert isinstance(content, list)
        changed = change(content) or content
        with self.lines.database.write() as rows:
            replace_short_cut(rows, lookup, seal_secret(key, encode(changed), context=lookup))


def read_two(lines: Lines, value: str) -> str:
    """The value, after two empty lines were looked at."""
    for line in (b"1" * 32, b"2" * 32):
        lines.mailbox.readings.now().line(line).at_numbers(range(20))
    return value


@pytest.fixture
def count(lines: Lines, sam: Keyring) -> Count:
    put_at(lines, lines.grant(sam, 1), 0, sam, sam, sam.own_line)
    return Count(lines, sam)


def test_it_is_concluded_once_while_nothing_comes(count: Count) -> None:
    assert [count(), count(), count()] == [1, 1, 1]
    assert count.times == 1


@pytest.mark.parametrize("place", [0, 1, 7, 20])
def test_what_comes_to_any_place_that_was_looked_at_counts_at_once(
    count: Count, lines: Lines, sam: Keyring, place: int
) -> None:
    count()
    put_at(lines, lines.grant(sam, 2), place, sam, sam, sam.own_line)
    assert [count(), count()] == [2, 2]
    assert count.times == 2


def test_what_does_not_open_there_makes_it_concluded_anew_too(
    count: Count, lines: Lines, sam: Keyring, carol: Keyring
) -> None:
    count()
    put_at(lines, lines.grant(carol, 2), 1, carol, carol, sam.own_line)
    assert [count(), count.times] == [1, 2]


def test_every_line_that_was_read_counts(count: Count, lines: Lines, sam: Keyring) -> None:
    assert count() == 1
    put_at(lines, lines.grant(sam, 2), 0, sam, sam, sam.derive("another line"))
    assert count() == 2


def test_what_comes_elsewhere_changes_nothing(count: Count, lines: Lines, sam: Keyring, carol: Keyring) -> None:
    count()
    put_at(lines, lines.grant(carol, 2), 0, carol, carol, carol.own_line)
    put_at(lines, lines.grant(sam, 2), 500, sam, sam, sam.own_line)
    assert [count(), count.times] == [1, 1]


def test_what_another_process_concluded_or_wrote_counts_as_well(
    count: Count, lines: Lines, sam: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    count()
    monkeypatch.setattr(lines, "mailbox", lines.mailbox_of())
    assert [count(), count.times] == [1, 1]
    put_at(lines, lines.grant(sam, 2), 1, sam, sam, sam.own_line)
    assert [count(), count.times] == [2, 2]


def test_what_comes_while_it_is_being_concluded_is_noticed_at_the_next_use(
    count: Count, lines: Lines, sam: Keyring
) -> None:
    def conclude():
        numbers = [len(list(lines.reader.read(key, sam, author=None))) for key in (sam.own_line, sam.derive("2"))]
        put_at(lines, lines.grant(sam, 2), 1, sam, sam, sam.own_line)
        return sum(numbers), lines.clock() + HOUR

    assert lines.mailbox.conclusions.of(sam, "count", conclude) == 1
    assert [count(), count(), count.times] == [2, 2, 1]


def test_it_holds_until_the_time_that_it_names_and_not_before_it_was_made(count: Count, clock: StillClock) -> None:
    count()
    clock.advance(HOUR - timedelta(milliseconds=1))
    assert [count(), count.times] == [1, 1]
    clock.advance(timedelta(milliseconds=1))
    assert [count(), count.times] == [1, 2]
    clock.advance(-HOUR)
    assert [count(), count.times] == [1, 3], "the clock was set back"


def test_what_the_log_does_not_say_can_be_noted_as_changed(count: Count, lines: Lines, sam: Keyring) -> None:
    count()
    for _ in range(2):
        with lines.database.write() as rows:
            lines.mailbox.conclusions.changed(rows, sam, "count")
    assert [count(), count(), count.times] == [1, 1, 2]
    with lines.database.write() as rows:
        lines.mailbox.conclusions.changed(rows, sam, "something else")
    assert [count(), count.times] == [1, 2]


def test_a_change_that_is_noted_while_it_is_being_concluded_is_not_lost(
    count: Count, lines: Lines, sam: Keyring
) -> None:
    def conclude():
        for key in (sam.own_line, sam.derive("another line")):
            list(lines.reader.read(key, sam, author=None))
        with lines.database.write() as rows:
            lines.mailbox.conclusions.changed(rows, sam, "count")
        return 7, lines.clock() + HOUR

    assert lines.mailbox.conclusions.of(sam, "count", conclude) == 7
    assert [count(), count(), count.times] == [1, 1, 1]


def test_each_reader_and_each_question_has_its_own(lines: Lines, sam: Keyring, carol: Keyring) -> None:
    def of(reader: Keyring, what: str, value: str) -> object:
        return lines.mailbox.conclusions.of(reader, what, lambda: (read_two(lines, value), lines.clock() + HOUR))

    assert [of(sam, "one", "a"), of(sam, "other", "b"), of(carol, "one", "c")] == ["a", "b", "c"]
    assert of(sam, "one", "d") == "a"


def test_what_was_drawn_from_one_line_is_read_again(count: Count) -> None:
    count.others.clear()
    assert [count(), count(), count.times] == [1, 1, 2]
    assert count.row() is None


def test_an_error_is_nobodys_conclusion(count: Count, lines: Lines, sam: Keyring) -> None:
    def conclude():
        raise ObjectMissing("the keys are not here")

    for _ in range(2):
        with pytest.raises(ObjectMissing):
            lines.mailbox.conclusions.of(sam, "count", conclude)
    assert count() == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda content: [2, *content[1:]],
        lambda content: content[:-1],
        lambda content: content.__setitem__(2, content[2] + 1000),
        lambda content: {0: 1},
    ],
    ids=["another version", "too short", "a longer log than ours", "no list"],
)
def test_a_row_that_says_nothing_usable_costs_one_reading(count: Count, change: Callable[[list], object]) -> None:
    count()
    count.replace_row(change)
    assert [count(), count(), count.times] == [1, 1, 2]


def test_a_row_that_does_not_open_costs_one_reading(count: Count, lines: Lines, sam: Keyring) -> None:
    count()
    with lines.database.write() as rows:
        replace_short_cut(rows, sam.derive("conclusion", b"count"), b"nothing of ours")
    assert [count(), count(), count.times] == [1, 1, 2]


def test_a_row_is_padded_so_that_its_size_says_little(count: Count, lines: Lines, sam: Keyring) -> None:
    until = lines.clock() + HOUR
    sizes = []
    for text in ("", "x" * 500, "x" * 1100):
        lines.mailbox.conclusions.of(sam, text, lambda text=text: (read_two(lines, text), until))
        row = read_short_cut(lines.database, sam.derive("conclusion", text.encode()))
        assert row is not None
        sizes.append(len(row))
    assert sizes[0] == sizes[1]
    assert sizes[2] - sizes[1] == 1024


def test_where_very_much_was_looked_at_nothing_is_remembered(count: Count, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conclusions, "MOST_PLACES", 80)
    count()
    assert count.row() is not None
    count.others.append("a third line")
    with count.lines.database.write() as rows:
        count.lines.mailbox.conclusions.changed(rows, count.sam, "count")
    before = count.row()
    assert [count(), count(), count.times] == [1, 1, 3]
    assert count.row() == before


def test_a_full_disk_keeps_nobody_from_reading(count: Count, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(database: Database) -> None:
        raise Unavailable("the database did not answer")

    monkeypatch.setattr(Database, "write", full)
    assert [count(), count(), count.times] == [1, 1, 2]


def test_a_database_that_does_not_answer_is_said(count: Count, monkeypatch: pytest.MonkeyPatch) -> None:
    count()

    def away(*_: object, **__: object) -> None:
        raise Unavailable("the database did not answer")

    monkeypatch.setattr(count.lines.ledger, "came_to", away)
    put_at(count.lines, count.lines.grant(count.sam, 2), 300, count.sam, count.sam, count.sam.own_line)
    with pytest.raises(Unavailable):
        count()


def test_within_a_request_that_read_the_line_before_all_that_was_looked_at_counts(
    count: Count, lines: Lines, sam: Keyring
) -> None:
    with lines.mailbox.readings.one():
        list(lines.reader.read(sam.own_line, sam, author=None))
        count()
    put_at(lines, lines.grant(sam, 2), 20, sam, sam, sam.own_line)
    assert count() == 2


def test_a_line_that_was_handed_along_opened_counts_like_one_that_was_fetched(
    count: Count, lines: Lines, sam: Keyring
) -> None:
    count.others.append("a third line")
    with lines.mailbox.readings.one():
        list(lines.reader.read(sam.own_line, sam, author=None))
        assert count() == 1
    put_at(lines, lines.grant(sam, 2), 1, sam, sam, sam.own_line)
    assert count() == 2


def test_a_conclusion_is_not_drawn_from_another_whose_lines_it_would_miss(count: Count, lines: Lines) -> None:
    with lines.mailbox.readings.one():
        for _ in range(2):
            with pytest.raises(RuntimeError):
                lines.mailbox.conclusions.of(count.sam, "outer", lambda: (count(), lines.clock() + HOUR))
        assert count() == 1
