"""What was let go is served to nobody from then on, whatever is cut off, and comes back with no restore."""

import os
from itertools import pairwise
from pathlib import Path

import pytest

from blockmrs.cid import Cid
from blockmrs.errors import ObjectMissing, StorageUnavailable, VerificationFailed
from blockmrs.moments import from_ms
from blockmrs.storage.leaving import ERASED_AFTER_MS, Leaving
from blockmrs.storage.let_go import LetGo, joined, read_let_go
from blockmrs.storage.outbox import OutboxStore
from tests.unit.storage.fakes import MemoryStore

NOW_MS = 1_773_500_000_000


class Node:
    """A store with a list of what was let go, as one process sees it."""

    def __init__(self, folder: Path, inner: MemoryStore, stop_at: str = "") -> None:
        def step(done: str) -> None:
            if done == stop_at:
                raise KeyboardInterrupt(done)

        self.inner = inner
        self.let_go = LetGo(folder / "let-go")
        self.store = OutboxStore(inner, folder / "outbox", let_go=self.let_go)
        self.leaving = Leaving(self.store, folder / "outbox", self.let_go, on_step=step)

    def aside(self, where: str) -> list[Cid]:
        folder = self.leaving._left if where == "left" else self.leaving._leaving
        return list(folder.iter_cids())


@pytest.fixture
def inner() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def node(inner: MemoryStore, tmp_path: Path) -> Node:
    return Node(tmp_path, inner)


def is_served(node: Node, cid: Cid) -> bool:
    try:
        node.store.get(cid)
    except ObjectMissing:
        assert not node.store.has(cid)
        return False
    return True


def test_what_was_let_go_is_served_to_nobody_and_the_ipfs_node_has_it_no_more(node: Node) -> None:
    one, other = node.store.put(b"one"), node.store.put(b"other")
    node.leaving.let_go([one], from_ms(NOW_MS))
    assert (is_served(node, one), is_served(node, other)) == (False, True)
    assert (node.inner.has(one), node.aside("left")) == (False, [one])
    with pytest.raises(ObjectMissing):
        node.store.pin(one)


def test_another_process_serves_it_no_more_either(node: Node, inner: MemoryStore, tmp_path: Path) -> None:
    other = Node(tmp_path, inner)
    cid = node.store.put(b"one")
    assert is_served(other, cid)
    node.leaving.let_go([cid], from_ms(NOW_MS))
    assert not is_served(other, cid)


def test_it_is_erased_after_thirty_days_and_not_before(node: Node) -> None:
    cid = node.store.put(b"one")
    node.leaving.let_go([cid], from_ms(NOW_MS))
    assert node.leaving.sweep(NOW_MS + ERASED_AFTER_MS - 1) == 0
    assert node.aside("left") == [cid]
    assert node.leaving.sweep(NOW_MS + ERASED_AFTER_MS) == 1
    assert (node.aside("left"), is_served(node, cid)) == ([], False)


def test_the_same_bytes_put_again_do_not_come_back(node: Node) -> None:
    cid = node.store.put(b"one")
    node.leaving.let_go([cid], from_ms(NOW_MS))
    node.store.put(b"one")
    assert not is_served(node, cid)


def test_what_still_waits_for_a_node_that_is_away_does_not_reach_it(node: Node) -> None:
    node.inner.away = True
    cid = node.store.put(b"one")
    node.leaving.let_go([cid], from_ms(NOW_MS))
    assert not is_served(node, cid)
    node.inner.away = False
    node.store.flush()
    assert not node.inner.has(cid)
    node.leaving.sweep(NOW_MS)
    assert (node.store.pending(), node.aside("leaving"), node.aside("left")) == (0, [], [cid])


def test_a_node_that_is_away_drops_it_when_it_answers_again(node: Node) -> None:
    cid = node.store.put(b"one")
    node.leaving._put_aside(cid)
    node.let_go.add([cid], NOW_MS)
    node.inner.away = True
    node.leaving.sweep(NOW_MS)
    assert not is_served(node, cid)
    node.inner.away = False
    node.leaving.sweep(NOW_MS)
    assert not node.inner.has(cid)


def test_without_the_bytes_of_what_is_away_nothing_is_let_go(node: Node) -> None:
    cid = node.store.put(b"one")
    node.inner.away = True
    with pytest.raises(StorageUnavailable):
        node.leaving.let_go([cid], from_ms(NOW_MS))
    node.inner.away = False
    assert is_served(node, cid)


@pytest.mark.parametrize("step", ["put aside", "on the list", "dropped"])
def test_cut_off_at_any_step_it_is_there_whole_or_let_go_and_again_is_the_same(
    inner: MemoryStore, tmp_path: Path, step: str
) -> None:
    cid = Node(tmp_path, inner).store.put(b"one")
    with pytest.raises(KeyboardInterrupt):
        Node(tmp_path, inner, step).leaving.let_go([cid], from_ms(NOW_MS))
    node = Node(tmp_path, inner)
    assert is_served(node, cid) is (step == "put aside")
    node.leaving.sweep(NOW_MS)
    node.leaving.let_go([cid], from_ms(NOW_MS + 1))
    assert (is_served(node, cid), inner.has(cid), node.aside("left")) == (False, False, [cid])
    assert node.let_go.at_ms(cid) == (NOW_MS + 1 if step == "put aside" else NOW_MS)


def test_an_entry_that_a_power_cut_left_half_written_is_none(node: Node, tmp_path: Path) -> None:
    first, second = node.store.put(b"one"), node.store.put(b"two")
    node.leaving.let_go([first], from_ms(NOW_MS))
    path = tmp_path / "let-go"
    path.write_bytes(path.read_bytes() + second.digest + bytes(5))
    assert (is_served(node, first), is_served(node, second)) == (False, True)
    node.leaving.let_go([second], from_ms(NOW_MS))
    assert set(read_let_go(path)) == {first.digest, second.digest}


def test_a_list_that_is_damaged_before_its_end_serves_nothing(node: Node, tmp_path: Path) -> None:
    cids = [node.store.put(b"%d" % number) for number in range(3)]
    node.leaving.let_go(cids[:2], from_ms(NOW_MS))
    path = tmp_path / "let-go"
    path.write_bytes(b"x" + path.read_bytes()[1:])
    for act in (lambda: node.store.get(cids[2]), lambda: node.let_go.add([cids[2]], NOW_MS)):
        with pytest.raises(VerificationFailed):
            act()


def test_joined_lists_hold_everything_since_the_first_time_that_it_was_let_go(tmp_path: Path) -> None:
    older, newer = {b"a" * 32: 5, b"b" * 32: 7}, {b"a" * 32: 6, b"c" * 32: 1}
    (tmp_path / "both").write_bytes(joined([older, newer]))
    assert read_let_go(tmp_path / "both") == {b"a" * 32: 5, b"b" * 32: 7, b"c" * 32: 1}
    assert read_let_go(tmp_path / "none") == {}


def test_a_power_cut_while_several_are_let_go_leaves_a_list_that_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk may have taken note of the new length, and of any part of what was written since it last answered."""
    path, real, kept = tmp_path / "let-go", os.fsync, [b""]

    def answered(file: int) -> None:
        real(file)
        kept.append(path.read_bytes())

    every = [Cid.of(bytes([number])) for number in range(5)]
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", answered)
        LetGo(path).add([*every, every[0]], NOW_MS)
    assert len(read_let_go(path)) == len(every)
    for before, after in pairwise(kept):
        new = len(after) - len(before)
        for part in (bytes(new), after[len(before) :][: new // 2] + bytes(new - new // 2)):
            path.write_bytes(before + part)
            there = read_let_go(path)
            assert len(there) == len(before) // 48
            LetGo(path).add(every, NOW_MS)
            assert len(read_let_go(path)) == len(every)
