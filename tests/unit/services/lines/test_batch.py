"""What one use case writes."""

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.cid import Cid
from blockmrs.crypto.envelope import seal_object
from blockmrs.domain.sharing import Pointer, Revocation
from tests.support.lines import Lines


def add(batch, lines: Lines, author, number: int = 1) -> bytes:
    fields = Revocation(bytes([number]) * 32, lines.clock()).to_fields()
    return batch.add(Kind.REVOKE, fields, author=author, recipient=author.card, line_key=author.own_line)


def test_a_batch_takes_the_next_free_places_and_says_which(lines: Lines) -> None:
    sam, batch = lines.person("sam"), lines.mailbox.batch()
    assert batch.next_on(sam.own_line) is None
    first, second = add(batch, lines, sam, 1), add(batch, lines, sam, 2)
    assert batch.positions == {first: 0, second: 1}
    assert batch.next_on(sam.own_line) == 2
    assert batch.next_on(sam.doorbell_line) is None
    batch.commit()
    again = lines.mailbox.batch()
    assert again.positions[add(again, lines, sam, 3)] == 2


def test_all_of_a_batch_stands_in_one_block_and_its_number_is_told(lines: Lines) -> None:
    sam, batch = lines.person("sam"), lines.mailbox.batch()
    before = lines.ledger.head()
    ids = [add(batch, lines, sam, number) for number in range(3)]
    assert batch.commit() == 3
    assert (lines.ledger.head().height, lines.ledger.size) == (before.height + 1, before.tree_size + 3)
    assert [message.id for message in lines.reader.read(sam.own_line, sam, author=sam.card)] == ids


def test_an_empty_batch_makes_no_block(lines: Lines) -> None:
    height = lines.ledger.head().height
    assert lines.mailbox.batch().commit() == 0
    assert lines.ledger.head().height == height


def test_a_line_whose_length_is_known_is_not_searched_from_its_beginning(lines: Lines, monkeypatch) -> None:
    sam = lines.person("sam")
    starts, search = [], lines.ledger.next_free

    def next_free(line_key: bytes, start: int = 0) -> int:
        starts.append((line_key, start))
        return search(line_key, start)

    monkeypatch.setattr(lines.ledger, "next_free", next_free)
    batch = lines.mailbox.batch()
    batch.know_length(sam.doorbell_line, 7)
    batch.know_length(sam.own_line, 0)
    add(batch, lines, sam)
    fields = Revocation(bytes(32), lines.clock()).to_fields()
    made = batch.add(Kind.REVOKE, fields, author=sam, recipient=sam.card, line_key=sam.doorbell_line)
    assert starts == [(sam.own_line, 0), (sam.doorbell_line, 7)]
    assert batch.positions[made] == 7


def test_an_object_is_stored_at_once_where_it_belongs_and_listed_with_its_size(lines: Lines) -> None:
    batch = lines.mailbox.batch()
    report, card = (seal_object(text, chain_id=lines.chain_id) for text in (b"report", b"card" * 2000))
    assert batch.keep(report) == Pointer(report.cid, report.seed)
    assert batch.keep_near(card) == Pointer(card.cid, card.seed)
    assert list(lines.objects.objects) == [report.cid]
    assert list(lines.near.objects) == [card.cid]
    assert batch.sizes == [(report.cid, len(report.content)), (card.cid, len(card.content))]
    assert report.cid == Cid.of(report.content)


@pytest.mark.parametrize(("real", "whole"), [(1, 16), (15, 16), (16, 16), (17, 32), (40, 64)])
def test_a_batch_that_is_covered_has_sixteen_or_twice_as_many_and_so_on(lines, real, whole):
    sam, batch, before = lines.person("sam"), lines.mailbox.batch(), lines.ledger.size
    batch.cover_with(sam)
    for _ in range(real):
        batch.add(Kind.COVER, {}, author=sam, recipient=sam.card, line_key=sam.own_line)
    batch.commit()
    assert lines.ledger.size - before == whole


def test_covers_alone_are_not_written(lines):
    sam, batch, before = lines.person("sam"), lines.mailbox.batch(), lines.ledger.size
    batch.cover_with(sam)
    assert (batch.commit(), lines.ledger.size) == (0, before)


def test_a_cover_stands_at_no_place_of_its_authors_line(lines):
    sam, batch = lines.person("sam"), lines.mailbox.batch()
    batch.cover_with(sam)
    batch.add(Kind.COVER, {}, author=sam, recipient=sam.card, line_key=sam.own_line)
    batch.commit()
    assert lines.mailbox.length(sam.own_line) == 1
