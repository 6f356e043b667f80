import pytest

from blockmrs.cid import Cid
from blockmrs.errors import ObjectMismatch, StorageUnavailable
from blockmrs.storage.transfer import migrate_objects, place
from tests.unit.storage.fakes import MemoryStore


@pytest.fixture
def source() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def target() -> MemoryStore:
    return MemoryStore()


def silent(done: int) -> None:
    """A progress bar that shows nothing."""


def test_every_object_is_copied_and_progress_is_told(source: MemoryStore, target: MemoryStore) -> None:
    cids = [source.put(b"object %d" % number) for number in range(5)]
    told: list[int] = []
    result = migrate_objects(source, target, cids, told.append)
    assert (result.copied, result.present, result.failed) == (5, 0, ())
    assert told == [1, 2, 3, 4, 5]
    assert target.objects == source.objects


def test_a_second_run_goes_on_where_the_first_stopped(source: MemoryStore, target: MemoryStore) -> None:
    cids = [source.put(b"object %d" % number) for number in range(5)]
    migrate_objects(source, target, cids[:3], silent)
    result = migrate_objects(source, target, cids, silent)
    assert (result.copied, result.present) == (2, 3)


def test_a_damaged_copy_in_the_target_is_replaced(source: MemoryStore, target: MemoryStore) -> None:
    cid = source.put(b"object")
    target.objects[cid] = b"something else"
    assert migrate_objects(source, target, [cid], silent).copied == 1
    assert target.get(cid) == b"object"


def test_missing_and_damaged_objects_are_named_and_stop_no_other(source: MemoryStore, target: MemoryStore) -> None:
    damaged, whole, missing = source.put(b"one"), source.put(b"two"), Cid.of(b"three")
    source.objects[damaged] = b"something else"
    result = migrate_objects(source, target, [damaged, missing, whole], silent)
    assert [cid for cid, _ in result.failed] == [damaged, missing]
    assert result.copied == 1
    assert list(target.objects) == [whole]


def test_a_store_that_goes_away_stops_the_migration(source: MemoryStore, target: MemoryStore) -> None:
    cid = source.put(b"one")
    target.away = True
    with pytest.raises(StorageUnavailable):
        migrate_objects(source, target, [cid], silent)


def test_a_store_that_keeps_giving_other_bytes_is_not_believed(target: MemoryStore) -> None:
    cid = Cid.of(b"one")
    target.objects[cid] = b"something else"
    target.unpin = lambda cid: None  # does nothing
    with pytest.raises(ObjectMismatch):
        place(target, b"one")
