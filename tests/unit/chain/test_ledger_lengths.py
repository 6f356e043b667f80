"""Where a line was in use is remembered, so that the next search begins there; what came since is found as before."""

from blockmrs.chain import ends
from blockmrs.chain.store import MemoryLedgerStore
from tests.unit.chain.support import LINE, WRITER, open_ledger
from tests.unit.chain.test_ledger import asked, ledger, store, write

__all__ = ["ledger", "store", "write"]


def test_the_next_search_begins_where_the_line_was_in_use_and_finds_what_came_since(tmp_path, monkeypatch):
    content = MemoryLedgerStore()
    chain = open_ledger(tmp_path, content)
    chain.submit([WRITER.write(number, chain_id=chain.chain_id) for number in range(200)])
    assert chain.next_free(LINE) == 200
    numbers = asked(content, monkeypatch)
    assert chain.next_free(LINE) == 200
    assert numbers == [35]
    chain.submit([WRITER.write(number, chain_id=chain.chain_id) for number in (200, 201)])
    numbers.clear()
    other = bytes([9]) * 32
    assert chain.next_free_of([LINE, other, LINE]) == {LINE: 202, other: 0}
    numbers.clear()
    assert chain.next_free_of([LINE, other]) == {LINE: 202, other: 0}
    assert numbers == [2], "both at once, and only the places that were free"
    chain.know_lengths({other: 5})
    assert chain.next_free(other) == 5


def test_somebody_elses_entry_at_a_remembered_place_takes_it_from_nobody(ledger, write):
    ledger.submit([write(0)])
    assert ledger.next_free_of([LINE]) == {LINE: 1}
    ledger.submit([write(1, one_time_seed=bytes([7]) * 32)])
    assert ledger.next_free_of([LINE]) == {LINE: 1}


def test_of_more_lines_than_it_remembers_the_longest_unused_is_searched_anew(ledger, write, monkeypatch):
    monkeypatch.setattr(ends, "_REMEMBERED", 1)
    ledger.submit([write(0)])
    ledger.know_lengths({LINE: 1, bytes([9]) * 32: 4})
    assert (ledger._lengths.of(LINE), ledger.next_free(LINE)) == (None, 1)
