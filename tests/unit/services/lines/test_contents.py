"""The contents of a line: what each entry is, what is kept of it, and whether something is gone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.crypto.envelope import open_secret
from blockmrs.crypto.keys import Keyring
from blockmrs.domain.sharing import Appointment, Grant, Pointer, Revocation
from blockmrs.errors import CannotOpen, NotFound, Unavailable
from blockmrs.model.database import Database
from blockmrs.moments import to_ms
from blockmrs.services.lines import reader as reading
from blockmrs.services.lines.contents import (
    Contents,
    Item,
    ListPlace,
    Sort,
    by_log,
    decode_contents,
    encode_contents,
    item_of,
    page_of,
)
from blockmrs.services.lines.reader import Message
from blockmrs.services.lines.short_cuts import read_short_cut, replace_short_cut
from tests.conftest import StillClock
from tests.support.lines import Lines, put_at, update

ID, AUTHOR = bytes(range(32)), bytes(range(100, 132))


@pytest.fixture
def contents(lines: Lines) -> Contents:
    return Contents(lines.database, lines.ledger, lines.reader, lines.mailbox.readings)


def item(lines: Lines, sam: Keyring, value: Grant | Revocation | Appointment, kind: Kind) -> Item | None:
    return item_of(Message(kind, ID, AUTHOR, value.to_fields(), 7, 90), sam.card.id)


def of_grant(lines: Lines, sam: Keyring, **changes: object) -> Item | None:
    return item(lines, sam, lines.grant(sam, 1, **changes), Kind.GRANT)


# What an entry is.


@pytest.mark.parametrize("private", [None, False, True])
def test_what_the_owners_grant_says_of_being_private_is_kept(lines: Lines, sam: Keyring, private: bool | None) -> None:
    item = of_grant(lines, sam, purpose="report", private=private)
    assert item is not None
    assert item.is_private is private
    assert decode_contents(encode_contents([item], 8, 91))[0] == [item]
    facts = of_grant(lines, sam, purpose="facts", private=private)
    assert facts is not None
    assert facts.is_private is None


def test_a_check_of_the_owners_is_told_from_what_else_follows_a_report(lines: Lines, sam: Keyring) -> None:
    check, clearance, another = (
        of_grant(lines, sam, about=update(2), **changes)
        for changes in (
            {"purpose": "symptom-check"},
            {"purpose": "clearance"},
            {"purpose": "symptom-check", "grantee": update(3)},
        )
    )
    assert [item is not None and item.is_check for item in (check, clearance, another)] == [True, False, False]
    assert check is not None
    assert decode_contents(encode_contents([check], 8, 91))[0] == [check]


@pytest.mark.parametrize(("purpose", "sort"), [("report", Sort.REPORT), ("facts", Sort.FACTS), ("roster", Sort.ROSTER)])
def test_a_grant_to_the_owner_is_what_its_purpose_says(lines: Lines, sam: Keyring, purpose: str, sort: Sort) -> None:
    assert of_grant(lines, sam, purpose=purpose) == Item(
        7, sort, update(1), bytes([1]) * 16, 0, True, True, 90, AUTHOR[:16], bytes(16)
    )


def test_the_numbers_of_the_sorts_are_those_that_are_kept() -> None:
    assert [(sort.name, sort.value) for sort in Sort] == [
        ("UNOPENED", 1), ("REPORT", 2), ("FACTS", 3), ("FOLLOWING", 4), ("SHARE", 5), ("REVOCATION", 6),
        ("APPOINTMENT", 7), ("ROSTER", 8), ("BUNDLE", 9), ("STANDING", 10), ("RENEWAL", 11),
        ("CHECKPOINT", 12),
    ]  # fmt: skip


def test_a_report_keeps_its_draft_the_update_before_and_whose_and_what_it_may_be(lines: Lines, sam: Keyring) -> None:
    other = Keyring.from_seed(b"m" * 32)
    found = of_grant(
        lines, sam, draft_mark=bytes([3]) * 16, previous=update(9), subject=other.card.id, head=False
    )  # fmt: skip
    assert found is not None
    assert (found.key, found.previous) == (bytes([3]) * 16, bytes([9]) * 16)
    assert (found.of_reader, found.may_be_head) == (False, False)
    assert found.update == bytes([1]) * 16
    heads = [of_grant(lines, sam, head=head) for head in (True, None)]
    assert [head is not None and head.may_be_head for head in heads] == [True, True]


def test_what_follows_a_report_is_about_that_one(lines: Lines, sam: Keyring) -> None:
    found = of_grant(lines, sam, purpose="check", about=update(5), previous=update(9), grantee=update(6))
    assert found == Item(
        7, Sort.FOLLOWING, update(5), bytes([1]) * 16, 0, False, False, 90, AUTHOR[:16], bytes([9]) * 16
    )
    assert found.update == bytes([1]) * 16


def test_the_copy_of_a_share_is_about_its_report_and_named_by_its_id(lines: Lines, sam: Keyring) -> None:
    found = of_grant(lines, sam, copy_of=update(8), about=update(5), previous=update(9))
    assert found == Item(7, Sort.SHARE, update(1), ID[:16], 0, False, False, 90, AUTHOR[:16], bytes(16))
    assert found.update == bytes([1]) * 16


@pytest.mark.parametrize("changes", [{"purpose": "care"}, {"object": None}, {"grantee": bytes(32)}])
def test_other_grants_have_no_place_in_the_contents(lines: Lines, sam: Keyring, changes: dict[str, object]) -> None:
    assert of_grant(lines, sam, **changes) is None


def test_revocations_and_appointments_are_found_by_what_they_end_and_whom_they_are_for(
    lines: Lines, sam: Keyring
) -> None:
    ends = item(lines, sam, Revocation(update(4), lines.clock()), Kind.REVOKE)
    assert ends == Item(7, Sort.REVOCATION, key=bytes([4]) * 16, index=90, by=AUTHOR[:16])
    pointer = lines.grant(sam, 1).object
    assert isinstance(pointer, Pointer)
    appoints = item(lines, sam, Appointment(update(2), pointer, "guardian", lines.clock()), Kind.APPOINT)
    assert appoints == Item(7, Sort.APPOINTMENT, update(2), index=90, by=AUTHOR[:16])


def test_other_kinds_and_what_is_no_value_of_its_kind_have_no_place(lines: Lines, sam: Keyring) -> None:
    assert item(lines, sam, lines.grant(sam, 1), Kind.COVER) is None
    for kind in (Kind.GRANT, Kind.REVOKE, Kind.APPOINT):
        assert item_of(Message(kind, ID, AUTHOR, {6: b"short"}, 7, 90), sam.card.id) is None


# What is kept.


def test_contents_are_kept_field_by_field() -> None:
    items = [
        Item(
            2**40, Sort.FACTS, update(1), bytes([2]) * 16, 2**41, False, True, 2**42, bytes([3]) * 16, bytes([4]) * 16
        ),
        Item(0, Sort.REPORT, update(5), bytes([6]) * 16, 7, True, False, 8, bytes([9]) * 16, bytes([10]) * 16),
        Item(1, Sort.UNOPENED),
    ]
    text = encode_contents(items, 2**40 + 1, 99)
    assert decode_contents(text) == (items, 2**40 + 1, 99)
    assert text[0] == 2


@pytest.mark.parametrize(("count", "size"), [(0, 1024), (9, 1024), (10, 2048), (19, 2048), (20, 4096)])
def test_the_text_has_106_bytes_for_each_item_and_fills_a_power_of_two(count: int, size: int) -> None:
    assert len(encode_contents([Item(0, Sort.REPORT)] * count, 0, 0)) == size


def test_a_text_that_is_full_to_its_last_byte_is_read_to_its_end(lines: Lines) -> None:
    for count in (9, 19):
        items = [Item(number, Sort.REPORT, index=number) for number in range(count)]
        assert decode_contents(encode_contents(items, count, count))[0] == items


@pytest.mark.parametrize(
    "text",
    [b"", bytes(1024), b"\x01" + bytes(1023), b"\x02" + bytes(1022), b"\x02" + bytes(16 + 8) + b"\x0d" + bytes(1000)],
    ids=["nothing", "version 0", "version 1", "short", "an unknown sort"],
)
def test_a_text_of_another_kind_is_refused(text: bytes) -> None:
    with pytest.raises(CannotOpen):
        decode_contents(text)


# Pages of a list.


def test_a_page_has_twenty_rows_the_last_place_first_and_says_where_the_next_begins() -> None:
    places = [ListPlace(number, 0, bytes(16)) for number in range(45)]
    first, before = page_of(places, None, lambda place: place)
    assert first == places[:24:-1]
    assert before == places[25]
    second, before = page_of(places, before, lambda place: place)
    assert second == places[24:4:-1]
    last, end = page_of(places, before, lambda place: place)
    assert (last, end) == (places[4::-1], None)


def test_exactly_twenty_rows_are_one_page() -> None:
    places = [ListPlace(number, 0, bytes(16)) for number in range(20)]
    assert page_of(places, None, lambda place: place)[1] is None


def test_a_place_stands_in_an_address_and_comes_back_from_it() -> None:
    place = ListPlace(123456789012345, 7, bytes(range(16)))
    assert str(place) == "123456789012345-7-000102030405060708090a0b0c0d0e0f"
    assert ListPlace.parse(str(place)) == place
    tie = "0" * 32
    wrongs = ["", "1-2", f"1-2-{tie}0", f"1-2-{tie[1:]}", f"1-2-{tie[1:]}G", f"1-2-{tie[1:]}A", f"1-2-{tie}\n"]
    wrongs += [f"-1-2-{tie}", f"1234567890123456-2-{tie}", f"1-1234567890123456-{tie}", f"\u0661-2-{tie}"]
    for wrong in wrongs:
        with pytest.raises(NotFound):
            ListPlace.parse(wrong)


def test_places_are_ordered_by_log_then_line_then_what_they_are_about() -> None:
    one = Item(3, Sort.REPORT, update(7), index=9)
    assert by_log(one) == ListPlace(9, 3, bytes([7]) * 16)
    assert ListPlace(1, 9, b"z") < ListPlace(2, 0, b"a") < ListPlace(2, 1, b"a") < ListPlace(2, 1, b"b")


# Reading a line.


def fill(lines: Lines, sam: Keyring, numbers: range, **changes: object) -> None:
    for number in numbers:
        put_at(lines, lines.grant(sam, number, **changes), number, sam, sam, sam.own_line)


def abouts(contents: Contents, sam: Keyring) -> list[int]:
    return [found.about[0] for found in contents.of(sam)]


def row(lines: Lines, sam: Keyring, name: str = "contents") -> bytes | None:
    sealed = read_short_cut(lines.database, sam.derive(name))
    return None if sealed is None else open_secret(sam.derive("contents key"), sealed, context=sam.derive(name))


def test_items_stand_in_the_order_of_the_log_with_the_times_of_their_blocks(
    lines: Lines, sam: Keyring, contents: Contents, clock: StillClock
) -> None:
    put_at(lines, lines.grant(sam, 1), 3, sam, sam, sam.own_line)
    clock.advance(timedelta(hours=1))
    put_at(lines, lines.grant(sam, 2), 0, sam, sam, sam.own_line)
    put_at(lines, lines.grant(sam, 3, purpose="other"), 1, sam, sam, sam.own_line)
    found = contents.of(sam)
    late = to_ms(clock())
    assert [(i.about, i.position, i.at_ms) for i in found] == [(update(1), 3, late - 3_600_000), (update(2), 0, late)]
    assert (found.is_whole, found.facts_gone) == (True, False)


def test_from_eight_places_on_the_row_is_written_and_what_it_lists_is_not_opened_again(
    lines: Lines, sam: Keyring, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(lines, sam, range(7))
    assert abouts(contents, sam) == list(range(7))
    assert row(lines, sam) is None
    fill(lines, sam, range(7, 8))
    assert abouts(contents, sam) == list(range(8))
    text = row(lines, sam)
    assert text is not None
    assert decode_contents(text)[1:] == (8, lines.ledger.size)
    count: list[int] = []
    real = reading.open_transaction
    monkeypatch.setattr(reading, "open_transaction", lambda *a, **k: count.append(1) or real(*a, **k))
    assert abouts(contents, sam) == list(range(8))
    assert count == []
    fill(lines, sam, range(8, 10))
    assert abouts(contents, sam) == list(range(10))
    assert len(count) == 2


def test_what_comes_later_to_a_place_that_was_read_is_found(lines: Lines, sam: Keyring, contents: Contents) -> None:
    fill(lines, sam, range(20))
    abouts(contents, sam)
    put_at(lines, lines.grant(sam, 50), 5, sam, sam, sam.own_line)
    found = contents.of(sam)
    assert [i.about[0] for i in found] == [*range(20), 50]
    assert [i.about[0] for i in found if i.position == 5] == [5, 50]


def test_what_did_not_open_stands_as_such_and_is_tried_again(lines: Lines, sam: Keyring, contents: Contents) -> None:
    stranger = Keyring.from_seed(b"x" * 32)
    put_at(lines, lines.grant(sam, 60), 0, stranger, sam, sam.own_line)
    fill(lines, sam, range(1, 21))
    assert next(iter(contents.of(sam))).sort is Sort.UNOPENED
    text = row(lines, sam)
    assert text is not None
    assert decode_contents(text)[0][0] == Item(0, Sort.UNOPENED)
    batch = lines.mailbox.batch()
    lines.cards.publish(batch, stranger)
    batch.commit()
    assert abouts(contents, sam) == [60, *range(1, 21)]


def drop(lines: Lines, index: int) -> None:
    """Take a transaction out of the log's store, as somebody could who holds its file."""
    kept = lines.store._content
    taken = kept.transaction_rows[index]
    kept.by_slot[taken.slot] = [other for other in kept.by_slot[taken.slot] if other != index]
    if not kept.by_slot[taken.slot]:
        del kept.by_slot[taken.slot]


def test_an_entry_that_is_gone_from_the_middle_or_the_end_is_missed(
    lines: Lines, sam: Keyring, contents: Contents
) -> None:
    fill(lines, sam, range(20))
    whole = contents.of(sam)
    assert whole.is_whole
    drop(lines, whole[5].index)
    found = contents.of(sam)
    assert (found.is_whole, len(found)) == (False, 19)
    # Not written anew: the next visit misses it as well.
    assert not contents.of(sam).is_whole


def test_the_last_entry_is_missed_though_no_contents_are_kept_yet(
    lines: Lines, sam: Keyring, contents: Contents
) -> None:
    fill(lines, sam, range(3))
    last = contents.of(sam)[-1]
    assert row(lines, sam) is None
    drop(lines, last.index)
    found = contents.of(sam)
    assert (found.is_whole, found.facts_gone) == (False, False)


def test_an_entry_of_the_middle_is_missed_by_how_many_there_were(
    lines: Lines, sam: Keyring, contents: Contents
) -> None:
    fill(lines, sam, range(3))
    drop(lines, contents.of(sam)[1].index)
    assert not contents.of(sam).is_whole


def test_an_update_that_a_later_one_names_as_the_one_before_is_missed(
    lines: Lines, sam: Keyring, contents: Contents
) -> None:
    put_at(lines, lines.grant(sam, 2, previous=update(1)), 0, sam, sam, sam.own_line)
    assert not contents.of(sam).is_whole
    put_at(lines, lines.grant(sam, 1), 1, sam, sam, sam.own_line)
    assert contents.of(sam).is_whole


def test_the_newest_facts_that_were_seen_are_missed_as_such(lines: Lines, sam: Keyring, contents: Contents) -> None:
    other = Keyring.from_seed(b"m" * 32)
    put_at(lines, lines.grant(sam, 1, purpose="facts"), 0, sam, sam, sam.own_line)
    put_at(lines, lines.grant(sam, 2, purpose="facts"), 1, sam, sam, sam.own_line)
    put_at(lines, lines.grant(other, 3, purpose="facts"), 2, sam, sam, sam.own_line)
    first, second, others = contents.of(sam)
    drop(lines, others.index)
    assert not contents.of(sam).facts_gone
    drop(lines, first.index)
    assert not contents.of(sam).facts_gone
    drop(lines, second.index)
    found = contents.of(sam)
    assert (found.is_whole, found.facts_gone) == (False, True)


def test_what_was_seen_is_noted_only_when_it_grew(
    lines: Lines, sam: Keyring, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(lines, sam, range(2))
    contents.of(sam)
    text = row(lines, sam, "contents seen")
    assert text is not None
    assert len(text) == 1024
    monkeypatch.setattr(Database, "write", lambda _: pytest.fail("written again"))
    assert contents.of(sam).is_whole


@pytest.mark.parametrize("damage", [b"", bytes(2000)])
@pytest.mark.parametrize("name", ["contents", "contents seen"])
def test_a_row_that_does_not_open_costs_one_reading_and_is_written_anew(
    lines: Lines, sam: Keyring, contents: Contents, damage: bytes, name: str
) -> None:
    fill(lines, sam, range(20))
    contents.of(sam)
    good = row(lines, sam, name)
    with lines.database.write() as rows:
        replace_short_cut(rows, sam.derive(name), damage)
    found = contents.of(sam)
    assert ([i.about[0] for i in found], found.is_whole) == (list(range(20)), True)
    assert row(lines, sam, name) == good


def test_a_full_disk_keeps_nobody_from_reading(
    lines: Lines, sam: Keyring, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(lines, sam, range(20))

    def full(database: Database) -> None:
        raise Unavailable("the database did not answer")

    monkeypatch.setattr(Database, "write", full)
    assert abouts(contents, sam) == list(range(20))


def test_an_item_is_a_value(lines: Lines, sam: Keyring) -> None:
    found = of_grant(lines, sam)
    assert found is not None
    assert replace(found, position=8) != found
