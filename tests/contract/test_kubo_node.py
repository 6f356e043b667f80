"""A real node that goes away, hangs, comes back, refuses us, or holds wrong bytes."""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import ipfshttpclient
import pytest

from blockmrs.cid import Cid
from blockmrs.errors import ObjectMismatch, ObjectMissing, StorageUnavailable
from blockmrs.storage.embedded import EmbeddedStore
from blockmrs.storage.kubo import KuboStore
from blockmrs.storage.outbox import Flusher, OutboxStore
from blockmrs.storage.transfer import migrate_objects
from tests.contract.kubo import KuboNode

pytestmark = pytest.mark.kubo


@pytest.fixture
def kubo(kubo_node: KuboNode) -> Iterator[KuboStore]:
    with kubo_node.store() as store:
        yield store


@pytest.fixture
def stopped(kubo_node: KuboNode) -> Iterator[KuboNode]:
    """The node, switched off; it runs again afterwards."""
    kubo_node.stop()
    yield kubo_node
    if not kubo_node.is_running:
        kubo_node.start()


@pytest.fixture
def frozen(kubo_node: KuboNode) -> Iterator[KuboNode]:
    kubo_node.freeze()
    yield kubo_node
    kubo_node.thaw()


def test_a_save_while_the_node_is_down_reaches_it_when_it_is_back(
    stopped: KuboNode, kubo: KuboStore, tmp_path: Path
) -> None:
    outbox = OutboxStore(kubo, tmp_path)
    content = os.urandom(4096)
    cid = outbox.put(content)
    assert outbox.waiting(cid)
    assert outbox.get(cid) == content
    assert outbox.flush() == 0
    stopped.start()
    assert outbox.flush() == 1
    assert not outbox.waiting(cid)
    assert kubo.get(cid) == content


def test_the_flusher_empties_the_outbox_once_the_node_is_back(
    stopped: KuboNode, kubo: KuboStore, tmp_path: Path
) -> None:
    outbox = OutboxStore(kubo, tmp_path)
    cids = [outbox.put(os.urandom(4096)) for _ in range(5)]
    flusher = Flusher(outbox, interval_s=0.05)
    flusher.start()
    stopped.start()
    deadline = time.monotonic() + 20
    while outbox.pending() and time.monotonic() < deadline:
        time.sleep(0.05)
    flusher.stop()
    assert all(kubo.has(cid) for cid in cids)


def test_an_open_connection_survives_a_restart_of_the_node(kubo_node: KuboNode, kubo: KuboStore) -> None:
    cid = kubo.put(b"before")
    kubo_node.stop()
    kubo_node.start()
    assert kubo.get(cid) == b"before"


def test_objects_and_pins_survive_a_crash_of_the_node(kubo_node: KuboNode, kubo: KuboStore) -> None:
    content = os.urandom(4096)
    cid = kubo.put(content)
    kubo_node.kill()
    kubo_node.start()
    assert kubo.get(cid) == content
    assert str(cid) in kubo_node.pins()


def test_a_put_object_is_pinned_and_an_unpinned_one_is_not(kubo_node: KuboNode, kubo: KuboStore) -> None:
    cid = kubo.put(os.urandom(64))
    assert str(cid) in kubo_node.pins()
    kubo.unpin(cid)
    assert str(cid) not in kubo_node.pins()


def test_letting_go_walks_no_pins_since_none_is_recursive(kubo_node: KuboNode, kubo: KuboStore) -> None:
    # For each block that it removes, a node walks everything that is pinned recursively; direct pins it looks up.
    before = kubo_node.pins("recursive")
    cids = [kubo.put(os.urandom(64)) for _ in range(3)]
    kubo.pin(cids[0])
    assert kubo_node.pins("recursive") == before
    assert {str(cid) for cid in cids} <= kubo_node.pins("direct")


def test_an_object_that_an_earlier_version_pinned_recursively_is_let_go_like_any_other(
    kubo_node: KuboNode, kubo: KuboStore
) -> None:
    content = os.urandom(64)
    cid = kubo.put(content)
    client = kubo._connected()
    client.pin.rm(str(cid))
    client.pin.add(str(cid))
    assert str(cid) in kubo_node.pins("recursive")
    kubo.pin(cid)
    assert kubo.put(content) == cid
    kubo.unpin(cid)
    assert str(cid) not in kubo_node.pins()
    assert not kubo.has(cid)


def test_a_node_that_hangs_costs_no_more_than_the_timeout(frozen: KuboNode) -> None:
    # Whoever waited much longer than the timeout would get an answer after all.
    thaw = threading.Timer(20, frozen.thaw)
    thaw.start()
    with frozen.store(timeout_s=0.5) as kubo:
        with pytest.raises(StorageUnavailable):
            kubo.put(b"never answered")
        with pytest.raises(StorageUnavailable):
            kubo.get(Cid.of(b"never answered"))
        assert not kubo.health().ok
    thaw.cancel()


def test_a_missing_object_is_answered_at_once_by_a_node_with_a_network(stopped: KuboNode, kubo: KuboStore) -> None:
    stopped.start("--routing=none")
    # Were it asked for from others, the answer would be that the node is too slow.
    with pytest.raises(ObjectMissing):
        kubo.get(Cid.of(os.urandom(16)))
    stopped.stop()


@pytest.mark.parametrize("token", [None, "wrong"])
def test_a_node_that_does_not_know_us_is_unavailable(kubo_node: KuboNode, token: str | None) -> None:
    with KuboStore(kubo_node.address, 5.0, token) as stranger:
        with pytest.raises(StorageUnavailable, match="does not let us in"):
            stranger.put(b"x")
        assert not stranger.health().ok


@pytest.mark.parametrize("call", ["/id", "/config/show", "/add", "/cat", "/repo/gc", "/key/list", "/shutdown"])
def test_our_secret_opens_nothing_but_blocks_and_pins(kubo_node: KuboNode, kubo: KuboStore, call: str) -> None:
    client = kubo._connected()
    with pytest.raises(ipfshttpclient.exceptions.StatusError, match="403"):
        client._client.request(call)


def test_each_process_opens_its_own_connections(kubo: KuboStore) -> None:
    cid = kubo.put(b"before the fork")
    mine = kubo._connected()
    ours, theirs = multiprocessing.Pipe()

    def child() -> None:
        theirs.send((kubo._connected() is mine, kubo.get(cid)))
        kubo.close()

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(20)
    assert ours.recv() == (False, b"before the fork")
    assert kubo.get(cid) == b"before the fork"


def test_migration_to_the_node_and_back_keeps_every_name_and_byte(kubo: KuboStore, tmp_path: Path) -> None:
    source, back = EmbeddedStore(tmp_path / "source"), EmbeddedStore(tmp_path / "back")
    cids = [source.put(os.urandom(4096)) for _ in range(20)]
    assert migrate_objects(source, kubo, cids, lambda done: None).copied == 20
    assert migrate_objects(kubo, back, cids, lambda done: None).copied == 20
    assert all(back.get(cid) == source.get(cid) for cid in cids)


def test_a_block_that_changed_on_the_node_is_put_right_from_the_outbox(
    kubo_node: KuboNode, kubo: KuboStore, tmp_path: Path
) -> None:
    content = os.urandom(4096)
    cid = kubo.put(content)
    kubo_node.block_file(content).write_bytes(b"something else")
    with pytest.raises(ObjectMismatch):
        kubo.get(cid)
    outbox = OutboxStore(kubo, tmp_path)
    outbox.keep(content)
    assert outbox.flush() == 1
    assert kubo.get(cid) == content


def test_a_block_that_a_power_cut_took_from_the_node_comes_back(
    kubo_node: KuboNode, kubo: KuboStore, tmp_path: Path
) -> None:
    outbox = OutboxStore(kubo, tmp_path, settle_s=0.01)
    content = os.urandom(4096)
    cid = outbox.put(content)
    # What is left of a file that was renamed into place but never written back.
    os.truncate(kubo_node.block_file(content), 0)
    assert outbox.get(cid) == content
    time.sleep(0.02)
    outbox.flush()
    assert kubo.get(cid) == content
    assert str(cid) in kubo_node.pins()
