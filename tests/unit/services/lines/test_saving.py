"""What ends a save: block, rows, and the list of its objects."""

import pytest
from sqlalchemy import select

from blockmrs.crypto.envelope import seal_object
from blockmrs.domain.sharing import Pointer
from blockmrs.errors import Conflict, InvalidInput
from blockmrs.model.objects import HeldObjectRow, ShortCutRow
from blockmrs.services.lines.saving import commit_batch, committed, finish, finished, parse_draft_id
from tests.support.lines import Lines


def listed(lines: Lines) -> dict[bytes, int]:
    with lines.database.read() as rows:
        return {row.digest: row.size_bytes for row in rows.scalars(select(HeldObjectRow))}


def sealed(lines: Lines, text: bytes = b"report"):
    return seal_object(text, chain_id=lines.chain_id)


def short_cuts(lines: Lines) -> int:
    with lines.database.read() as rows:
        return len(rows.scalars(select(ShortCutRow)).all())


def test_a_forms_number_is_sixteen_bytes_and_nothing_else() -> None:
    assert parse_draft_id("ab" * 16) == b"\xab" * 16
    for wrong in ("", "ab" * 15, "ab" * 17, "xy" * 16):
        with pytest.raises(InvalidInput) as refused:
            parse_draft_id(wrong)
        assert refused.value.field == "draft_id"


def test_objects_are_listed_together_with_the_rows_that_find_them(lines: Lines) -> None:
    batch, made = lines.mailbox.batch(), sealed(lines)
    batch.keep(made)
    with committed(lines.database, batch) as rows:
        rows.add(ShortCutRow(lookup=bytes(32), sealed=b"x"))
    assert listed(lines) == {made.cid.digest: len(made.content)}
    assert short_cuts(lines) == 1


def test_rows_that_are_refused_list_nothing_and_the_block_stands(lines: Lines) -> None:
    sam, batch, made = lines.person("sam"), lines.mailbox.batch(), sealed(lines)
    batch.keep(made)
    lines.cards.publish(batch, sam)
    size = lines.ledger.size
    with pytest.raises(Conflict), committed(lines.database, batch) as rows:
        assert lines.ledger.size == size + 1
        rows.add(ShortCutRow(lookup=bytes(32), sealed=b"x"))
        raise Conflict("somebody was quicker")
    assert listed(lines) == {}
    assert short_cuts(lines) == 0


def test_a_batch_without_rows_of_its_own_is_listed_too(lines: Lines) -> None:
    batch, made = lines.mailbox.batch(), sealed(lines)
    batch.keep(made)
    commit_batch(lines.database, batch)
    assert listed(lines) == {made.cid.digest: len(made.content)}


def test_a_save_that_was_cut_off_lists_its_objects_once(lines: Lines) -> None:
    first, second = sealed(lines, b"first"), sealed(lines, b"second" * 2000)
    for made in (first, second):
        lines.objects.put(made.content)
    finish(lines.database, lines.objects, Pointer(first.cid, first.seed))
    pointers = [Pointer(made.cid, made.seed) for made in (first, second)]
    with finished(lines.database, lines.objects, pointers) as rows:
        rows.add(ShortCutRow(lookup=bytes(32), sealed=b"x"))
    assert listed(lines) == {made.cid.digest: len(made.content) for made in (first, second)}
    assert short_cuts(lines) == 1
