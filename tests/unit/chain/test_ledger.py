import itertools
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.chain.blocks import verify_newest
from blockmrs.chain.header import SealerSet
from blockmrs.chain.ledger import MAX_BLOCK_TRANSACTIONS, Ledger, Place, _Submission
from blockmrs.chain.lines import slot_at
from blockmrs.chain.merkle import verify_consistency, verify_inclusion
from blockmrs.chain.sealer import Sealer
from blockmrs.chain.store import MemoryLedgerStore
from blockmrs.chain.transaction import Transaction
from blockmrs.crypto.keys import signing_public_key
from blockmrs.errors import BlockMRSError, InvalidInput, InvalidSignature, NotFound, Unavailable, VerificationFailed
from tests.unit.chain.support import LINE, NOON, WRITER, open_ledger, sql_store


@pytest.fixture(params=["memory", "sql"])
def store(request, tmp_path):
    return MemoryLedgerStore() if request.param == "memory" else sql_store(tmp_path)


@pytest.fixture
def ledger(tmp_path, store):
    return open_ledger(tmp_path, store)


@pytest.fixture
def write(ledger):
    return lambda number, **others: WRITER.write(number, chain_id=ledger.chain_id, **others)


def test_a_new_ledger_begins_a_chain_of_its_own(ledger, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    assert (ledger.size, ledger.head().height, ledger.head().time) == (0, 0, NOON)
    assert ledger.chain_id != open_ledger(other).chain_id


def test_a_submission_stands_in_one_block_in_its_order(ledger, write):
    assert ledger.submit([write(0), write(1)]) == [Place(0, 1), Place(1, 1)]
    assert ledger.submit([write(2)]) == [Place(2, 2)]
    assert (ledger.size, ledger.head().height) == (3, 2)


def test_a_repeated_submission_is_answered_with_its_place_and_makes_no_block(ledger, write):
    content = write(0)
    ledger.submit([content, write(1)])
    assert ledger.submit([content]) == [Place(0, 1)]
    assert ledger.submit([content, write(2), content]) == [Place(0, 1), Place(2, 2), Place(0, 1)]
    assert ledger.head().height == 2


def test_nothing_submitted_makes_no_block(ledger):
    assert ledger.submit([]) == []
    assert ledger.head().height == 0


def test_one_wrong_transaction_refuses_its_whole_submission(ledger, write):
    forged = bytearray(write(1))
    forged[-1] ^= 1
    for wrong, error in ((bytes(forged), InvalidSignature), (b"short", InvalidInput)):
        with pytest.raises(error):
            ledger.submit([write(0), wrong])
    assert ledger.size == 0


def test_a_transaction_of_another_chain_is_refused(ledger):
    with pytest.raises(InvalidSignature):
        ledger.submit([WRITER.write(0, chain_id=b"D" * 32)])


def test_more_than_a_block_holds_is_refused(ledger):
    with pytest.raises(InvalidInput, match="too many"):
        ledger.submit([b""] * (MAX_BLOCK_TRANSACTIONS + 1))
    assert MAX_BLOCK_TRANSACTIONS == 1024


def test_what_was_submitted_is_found_by_index_digest_and_slot(ledger, write):
    contents = [write(number) for number in range(3)]
    ledger.submit(contents)
    sent = [Transaction.decode(content) for content in contents]
    assert [ledger.transaction(index) for index in range(3)] == sent
    assert [ledger.place_of(transaction.digest) for transaction in sent] == [Place(index, 1) for index in range(3)]
    assert ledger.at_slots([slot_at(LINE, 1), b"n" * 32, slot_at(LINE, 1)]) == {slot_at(LINE, 1): [sent[1]]}


def test_what_is_not_there_is_not_found(ledger):
    for ask in (
        lambda: ledger.transaction(0),
        lambda: ledger.transaction(-1),
        lambda: ledger.header(1),
        lambda: ledger.header(-1),
        lambda: ledger.place_of(b"d" * 32),
    ):
        with pytest.raises(NotFound):
            ask()


def test_every_past_size_has_proofs_that_verify_against_its_header(ledger, write):
    contents = [write(number) for number in range(7)]
    for start, end in ((0, 1), (1, 3), (3, 7)):
        ledger.submit(contents[start:end])
    headers = [ledger.header(height) for height in range(4)]
    for header in headers:
        assert ledger.root_at(header.tree_size) == header.root
        for index in range(header.tree_size):
            verify_inclusion(contents[index], ledger.prove_inclusion(index, header.tree_size), header.root)
    for old, new in itertools.combinations(headers[1:], 2):
        verify_consistency(ledger.prove_consistency(old.tree_size, new.tree_size), old.root, new.root)


def test_no_proof_reaches_beyond_the_log(ledger, write):
    ledger.submit([write(0)])
    for ask in (
        lambda: ledger.prove_inclusion(0, 2),
        lambda: ledger.prove_inclusion(1, 1),
        lambda: ledger.prove_consistency(1, 2),
        lambda: ledger.prove_consistency(0, 1),
        lambda: ledger.root_at(2),
        lambda: ledger.root_at(-1),
    ):
        with pytest.raises(InvalidInput):
            ask()


def test_time_never_runs_backwards_whatever_the_clock_says(tmp_path, store, clock):
    ledger = Ledger(store, Sealer(tmp_path / "key", tmp_path / "head"), clock)
    ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    clock.advance(timedelta(hours=-1))
    ledger.submit([WRITER.write(1, chain_id=ledger.chain_id)])
    assert ledger.header(2).time == ledger.header(1).time


# Lines


def test_a_line_reads_back_in_its_order_from_wherever_one_starts(ledger, write):
    ledger.submit([write(number) for number in range(45)])
    assert [number for number, _ in ledger.read_line(LINE)] == list(range(45))
    assert [number for number, _ in ledger.read_line(LINE, start=40)] == list(range(40, 45))


@pytest.mark.parametrize("used", [0, 1, 2, 3, 7, 8, 9, 20, 21, 33, 64])
def test_the_next_free_number_follows_the_last_used_one(ledger, write, used):
    ledger.submit([write(number) for number in range(used)])
    assert ledger.next_free(LINE) == used
    assert ledger.next_free(LINE, start=used // 2) == used


def test_a_reader_looks_a_window_past_the_last_one_found(ledger, write):
    ledger.submit([write(0), write(20), write(41)])
    assert [number for number, _ in ledger.read_line(LINE)] == [0, 20]


def test_nobody_without_the_line_key_can_occupy_or_flood_a_slot(ledger, write):
    foreign = [write(0, one_time_seed=bytes([seed]) * 32) for seed in range(5)]
    ledger.submit(foreign)
    assert ledger.next_free(LINE) == 0
    real = write(0)
    ledger.submit([real])
    assert [(number, transaction.encode()) for number, transaction in ledger.read_line(LINE)] == [(0, real)]
    assert len(ledger.at_slots([slot_at(LINE, 0)])[slot_at(LINE, 0)]) == 6


def test_several_transactions_may_stand_at_one_number(ledger, write):
    both = [write(0), write(0)]
    ledger.submit(both)
    assert [transaction.encode() for _, transaction in ledger.read_line(LINE)] == both


@pytest.mark.parametrize("used", [5, 33, 40])
def test_somebody_who_writes_beyond_the_window_cannot_lead_the_writer_out_of_the_readers_sight(ledger, write, used):
    # Far ahead, exactly where doubling looks.
    ledger.submit([write(number) for number in range(used)] + [write(63), write(127), write(255)])
    free = ledger.next_free(LINE)
    ledger.submit([write(free)])
    assert free in [number for number, _ in ledger.read_line(LINE)]


def asked(store, monkeypatch):
    """How many slots each look-up asks for, from now on."""
    numbers = []
    real = type(store._content).occupied
    monkeypatch.setattr(type(store._content), "occupied", lambda *given: numbers.append(len(given[1])) or real(*given))
    return numbers


@pytest.mark.parametrize(
    ("used", "look_ups"),
    # First a window of 20 and 15 numbers by doubling; then what is left, in steps.
    [(0, [35]), (1, [35]), (19, [35]), (20, [35, 11]), (31, [35, 11]), (32, [35, 15, 1]), (200, [35, 18, 6])],
)
def test_the_next_free_number_costs_few_look_ups_however_long_the_line(tmp_path, monkeypatch, used, look_ups):
    store = MemoryLedgerStore()
    ledger = open_ledger(tmp_path, store)
    ledger.submit([WRITER.write(number, chain_id=ledger.chain_id) for number in range(used)])
    numbers = asked(store, monkeypatch)
    opened = []
    real = type(store._content).at_places
    monkeypatch.setattr(type(store._content), "at_places", lambda *given: opened.append(1) or real(*given))
    assert ledger.next_free(LINE) == used
    # What is there is looked into once, at the end.
    assert (numbers, len(opened)) == (look_ups, 1)
    numbers.clear()
    assert ledger.next_free(LINE, start=used) == used
    assert numbers == [35]


def test_what_strangers_put_at_a_lines_slots_does_not_make_anybody_walk_the_line(ledger, write, monkeypatch):
    monkeypatch.setattr(ledger, "read_line", lambda *_: pytest.fail("walked"))
    ledger.submit([write(number) for number in range(7)])
    for place in (7, 8, 3, 12):
        ledger.submit([write(place, one_time_seed=bytes([place]) * 32)])
        assert ledger.next_free(LINE) == 7
        assert ledger.next_free(LINE, start=5) == 7


# Group commit


def in_threads(count, act):
    errors, barrier = [], threading.Barrier(count)

    def run(number):
        barrier.wait()
        try:
            act(number)
        except BlockMRSError as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return errors


def test_eight_threads_lose_nothing_and_each_list_stays_in_one_block(ledger, write):
    lists = {
        (thread, turn): [write(number, line_key=bytes([thread]) * 32) for number in (2 * turn, 2 * turn + 1)]
        for thread in range(8)
        for turn in range(4)
    }
    answers = {}

    def act(thread):
        for turn in range(4):
            answers[thread, turn] = ledger.submit(lists[thread, turn])

    assert in_threads(8, act) == []
    assert all(len({place.height for place in places}) == 1 for places in answers.values())
    assert sorted(place.index for places in answers.values() for place in places) == list(range(64))
    for key, places in answers.items():
        assert [ledger.transaction(place.index).encode() for place in places] == lists[key]
    assert ledger.check_everything().transactions == 64


def held_back(tmp_path, store, begun, released):
    """A ledger whose first block says `begun` once it is signed, and waits for `released`."""
    waits = iter([released])

    def hold(step):
        if step == "signed" and (event := next(waits, None)) is not None:
            begun.set()
            event.wait(10)

    return Ledger(store, Sealer(tmp_path / "sealer.key", tmp_path / "head"), lambda: NOON, on_step=hold)


def submit_while_one_is_held(tmp_path, store, submissions):
    """Start one block, let `submissions` queue up behind it, and give their places or errors."""
    chain_id = open_ledger(tmp_path, store).chain_id
    begun, released = threading.Event(), threading.Event()
    ledger = held_back(tmp_path, store, begun, released)
    answers = {}

    def submit(name, contents):
        try:
            answers[name] = ledger.submit(contents)
        except BlockMRSError as error:
            answers[name] = error

    threads = [threading.Thread(target=submit, args=("first", [WRITER.write(0, chain_id=chain_id)]))]
    threads[0].start()
    assert begun.wait(30)
    for name, make in submissions.items():
        threads.append(threading.Thread(target=submit, args=(name, make(chain_id))))
        threads[-1].start()
    while len(ledger._waiting) + len(answers) < len(submissions):
        threading.Event().wait(0.001)
    released.set()
    for thread in threads:
        thread.join(30)
    return ledger, answers


def test_all_that_waits_goes_into_one_block(tmp_path, store):
    submissions = {
        number: lambda chain_id, number=number: [WRITER.write(number, chain_id=chain_id)] for number in (1, 2, 3)
    }
    ledger, answers = submit_while_one_is_held(tmp_path, store, submissions)
    assert ledger.head().height == 2
    assert {answers[number][0].height for number in (1, 2, 3)} == {2}


def test_a_refused_submission_fails_nobody_elses(tmp_path, store):
    submissions = {
        "good": lambda chain_id: [WRITER.write(1, chain_id=chain_id)],
        "refused": lambda chain_id: [WRITER.write(2, chain_id=chain_id), b"short"],
    }
    _, answers = submit_while_one_is_held(tmp_path, store, submissions)
    assert answers["good"] == [Place(1, 2)]
    assert isinstance(answers["refused"], InvalidInput)


def test_what_does_not_fit_one_block_waits_for_the_next(tmp_path, store, monkeypatch):
    monkeypatch.setattr("blockmrs.chain.ledger.MAX_BLOCK_TRANSACTIONS", 2)
    submissions = {
        name: lambda chain_id, numbers=numbers: [WRITER.write(number, chain_id=chain_id) for number in numbers]
        for name, numbers in (("a", (1, 2)), ("b", (3, 4)))
    }
    ledger, answers = submit_while_one_is_held(tmp_path, store, submissions)
    assert {answers["a"][0].height, answers["b"][0].height} == {2, 3}
    assert ledger.size == 5


def test_a_block_that_fails_is_told_to_everybody_who_was_in_it(tmp_path, store):
    ledger = open_ledger(tmp_path, store)
    (tmp_path / "head").unlink()
    submissions = [[WRITER.write(number, chain_id=ledger.chain_id)] for number in range(3)]
    errors = in_threads(3, lambda number: ledger.submit(submissions[number]))
    assert [type(error) for error in errors] == [Unavailable] * 3
    assert all("head file" in str(error) for error in errors)


def test_an_unforeseen_failure_leaves_nobody_waiting(tmp_path, store):
    class Surprise(BaseException):
        pass

    def surprise(step):
        if step == "signed" and armed:
            raise Surprise

    armed = []
    ledger = open_ledger(tmp_path, store, on_step=surprise)
    armed.append(True)
    with pytest.raises(Surprise):
        ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    armed.clear()
    assert ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)]) == [Place(0, 1)]


def test_a_submission_caught_in_an_unforeseen_failure_is_told_so(tmp_path, store, monkeypatch):
    ledger = open_ledger(tmp_path, store)
    submission = ledger_submission(ledger)
    monkeypatch.setattr(ledger, "_seal", lambda entries: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        ledger._seal_for([submission])
    with pytest.raises(Unavailable):
        submission.result()


def ledger_submission(ledger):
    return _Submission([Transaction.decode(WRITER.write(0, chain_id=ledger.chain_id))])


# Damage noticed before anything is signed


def test_nothing_is_signed_on_top_of_a_damaged_tree(tmp_path):
    store = MemoryLedgerStore()
    ledger = open_ledger(tmp_path, store)
    ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    store._content.digests[0, 0] = b"x" * 32
    with pytest.raises(VerificationFailed, match="do not lead to the root"):
        ledger.submit([WRITER.write(1, chain_id=ledger.chain_id)])
    del store._content.digests[0, 0]
    with pytest.raises(VerificationFailed, match="do not lead to the root"):
        open_ledger(tmp_path, store)


def test_a_stored_transaction_that_was_cut_is_our_failure_and_not_the_callers(tmp_path):
    store = MemoryLedgerStore()
    ledger = open_ledger(tmp_path, store)
    ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    row = store._content.transaction_rows[0]
    store._content.transaction_rows[0] = replace(row, content=row.content[:-1])
    with pytest.raises(VerificationFailed, match="cannot be decoded"):
        ledger.transaction(0)


def test_a_transaction_beyond_the_newest_header_is_not_given_a_place(tmp_path):
    store = MemoryLedgerStore()
    ledger = open_ledger(tmp_path, store)
    store._content.by_digest[b"d" * 32] = 7
    with pytest.raises(VerificationFailed, match="beyond the newest header"):
        ledger.place_of(b"d" * 32)


def test_a_store_that_was_emptied_is_unavailable(tmp_path):
    store = MemoryLedgerStore()
    ledger = open_ledger(tmp_path, store)
    store._content.header_rows.clear()
    with pytest.raises(Unavailable, match="no chain any more"):
        ledger.head()


def test_a_newest_header_that_was_changed_stops_the_start(tmp_path):
    store = MemoryLedgerStore()
    ledger = open_ledger(tmp_path, store)
    ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    row = store._content.header_rows[-1]
    for content, reason in (
        (row.content[:-1] + bytes([row.content[-1] ^ 1]), "signature"),
        (row.content[:-1], "cannot be decoded"),
    ):
        store._content.header_rows[-1] = replace(row, content=content)
        with pytest.raises(VerificationFailed, match=reason):
            Ledger(store, Sealer(tmp_path / "sealer.key", tmp_path / "head"), lambda: NOON)


def test_sealers_that_are_not_stored_stop_the_start(tmp_path):
    store = MemoryLedgerStore()
    ledger = open_ledger(tmp_path, store)
    ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    row = store._content.header_rows[0]
    stranger = SealerSet.of([signing_public_key(b"o" * 32)]).encode()
    for sealers, reason in ((b"nonsense", "cannot be decoded"), (stranger, "not stored"), (None, "not stored")):
        store._content.header_rows[0] = replace(row, sealers=sealers)
        with pytest.raises(VerificationFailed, match=reason):
            open_ledger(tmp_path, store)


def test_a_store_without_headers_has_no_newest_one():
    with MemoryLedgerStore().read() as view, pytest.raises(VerificationFailed, match="holds no chain"):
        verify_newest(view)


def test_a_store_without_a_chain_has_no_size(ledger):
    ledger._store = MemoryLedgerStore()
    with pytest.raises(Unavailable):
        _ = ledger.size


def test_asking_whether_it_may_sign_makes_no_block(ledger, write):
    ledger.submit([write(0), write(1)])
    assert [(number, index) for number, index, _ in ledger.at_numbers(LINE, [1, 5])] == [(1, 1)]
    before = ledger.head()
    ledger.check_may_sign()
    assert ledger.head() == before


def test_a_node_whose_head_file_is_gone_may_not_sign(ledger, write, tmp_path):
    ledger.submit([write(0)])
    (tmp_path / "head").unlink()
    with pytest.raises(Unavailable):
        ledger.check_may_sign()


def test_what_came_to_a_line_since_a_size_is_told_by_number(ledger, write):
    ledger.submit([write(0), write(1)])
    size = ledger.size
    ledger.submit([write(3), write(2)])
    assert ledger.came_since(LINE, range(5), size) == [2, 3]
    assert ledger.came_since(LINE, range(5), 0) == [0, 1, 2, 3]
    assert ledger.came_since(LINE, [4], 0) == []


def test_whether_anything_came_to_one_of_several_lines_since_a_size_is_told(ledger, write):
    ledger.submit([write(0), write(1)])
    size, other = ledger.size, b"M" * 32
    ledger.submit([write(3)])
    assert ledger.came_to({other: 20, LINE: 4}, size)
    assert not ledger.came_to({other: 20, LINE: 3}, size)
    assert ledger.came_to({LINE: 1}, 0)
    assert not ledger.came_to({LINE: 20}, ledger.size)


def test_the_empty_places_of_a_line_are_those_that_nobody_wrote_to(ledger, write):
    ledger.submit([write(0), write(2)])
    assert ledger.empty_of(LINE, range(4)) == {1, 3}


def test_a_transaction_is_as_old_as_its_block(ledger, write):
    ledger.submit([write(0), write(1)])
    ledger.submit([write(2)])
    assert ledger.times_of([0, 2, 1, 0]) == {0: NOON, 1: NOON, 2: ledger.head().time}
    assert ledger.times_of([]) == {}


@pytest.mark.parametrize("index", [-1, 1])
def test_what_is_not_in_the_log_has_no_time(ledger, write, index):
    ledger.submit([write(0)])
    with pytest.raises(NotFound):
        ledger.times_of([0, index])
