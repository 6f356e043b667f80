"""What every object store promises, told once and run on each of them."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from blockmrs.cid import Cid
from blockmrs.errors import InvalidInput, ObjectMismatch, ObjectMissing
from blockmrs.storage import MAX_OBJECT_BYTES, ObjectStore
from tests.contract.conftest import Subject

KNOWN = {
    b"": "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    b"hello world\n": "bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4",
}


def fresh(size_bytes: int = 4096) -> bytes:
    return os.urandom(size_bytes)


@pytest.mark.parametrize("content", KNOWN)
def test_an_object_has_the_same_identifier_in_every_store(store: ObjectStore, content: bytes) -> None:
    assert str(store.put(content)) == KNOWN[content]


@pytest.mark.parametrize("size_bytes", [0, 1, 4096, 262_145, MAX_OBJECT_BYTES])
def test_what_was_put_is_what_is_got(store: ObjectStore, size_bytes: int) -> None:
    content = fresh(size_bytes)
    assert store.get(store.put(content)) == content


def test_an_object_over_the_limit_is_refused(store: ObjectStore) -> None:
    content = fresh(MAX_OBJECT_BYTES + 1)
    with pytest.raises(InvalidInput, match="1024 KiB"):
        store.put(content)
    assert not store.has(Cid.of(content))


def test_putting_the_same_bytes_again_changes_nothing(store: ObjectStore) -> None:
    content = fresh()
    assert store.put(content) == store.put(content)
    assert store.get(Cid.of(content)) == content


def test_an_object_never_put_is_not_found(store: ObjectStore) -> None:
    missing = Cid.of(fresh())
    assert not store.has(missing)
    with pytest.raises(ObjectMissing):
        store.get(missing)
    with pytest.raises(ObjectMissing):
        store.pin(missing)


def test_a_held_object_can_be_pinned_twice(store: ObjectStore) -> None:
    cid = store.put(fresh())
    store.pin(cid)
    store.pin(cid)
    assert store.has(cid)


def test_an_unpinned_object_is_no_longer_held(store: ObjectStore) -> None:
    cid = store.put(fresh())
    store.unpin(cid)
    assert not store.has(cid)
    with pytest.raises(ObjectMissing):
        store.get(cid)


def test_unpinning_what_is_not_held_is_no_error(store: ObjectStore) -> None:
    store.unpin(Cid.of(fresh()))


def test_an_unpinned_object_can_be_put_again(store: ObjectStore) -> None:
    content = fresh()
    store.unpin(store.put(content))
    assert store.get(store.put(content)) == content


@pytest.mark.parametrize("size_bytes", [0, 1, 4095])
def test_a_truncated_object_is_never_given_out(subject: Subject, size_bytes: int) -> None:
    content = fresh()
    cid = subject.store.put(content)
    os.truncate(subject.file_of(content), size_bytes)
    with pytest.raises(ObjectMismatch):
        subject.store.get(cid)


def test_one_changed_bit_is_noticed(subject: Subject) -> None:
    content = fresh()
    cid = subject.store.put(content)
    subject.file_of(content).write_bytes(bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(ObjectMismatch):
        subject.store.get(cid)


def test_two_swapped_objects_are_both_refused(subject: Subject) -> None:
    one, other = fresh(), fresh()
    cids = subject.store.put(one), subject.store.put(other)
    files = subject.file_of(one), subject.file_of(other)
    files[0].write_bytes(other)
    files[1].write_bytes(one)
    for cid in cids:
        with pytest.raises(ObjectMismatch):
            subject.store.get(cid)


def test_bytes_beyond_the_limit_are_not_read_into_memory_as_an_object(subject: Subject) -> None:
    content = fresh()
    cid = subject.store.put(content)
    with subject.file_of(content).open("ab") as file:
        file.truncate(MAX_OBJECT_BYTES + 1)
    with pytest.raises(ObjectMismatch):
        subject.store.get(cid)


def test_a_missing_block_file_is_not_found(subject: Subject) -> None:
    content = fresh()
    cid = subject.store.put(content)
    subject.file_of(content).unlink()
    assert not subject.store.has(cid)
    with pytest.raises(ObjectMissing):
        subject.store.get(cid)


def test_many_threads_may_put_the_same_and_different_objects(store: ObjectStore) -> None:
    contents = [fresh() for _ in range(12)] * 3
    with ThreadPoolExecutor(8) as threads:
        cids = list(threads.map(store.put, contents))
    assert [store.get(cid) for cid in cids] == contents


def test_a_working_store_says_that_it_is_well(store: ObjectStore) -> None:
    assert store.health().ok
