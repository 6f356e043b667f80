"""Objects copied from one store into another, and not trusted until they have been read back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from blockmrs.cid import Cid
from blockmrs.errors import ObjectDamaged, ObjectMissing, VerificationFailed
from blockmrs.storage import ObjectStore


@dataclass(frozen=True, slots=True)
class Migration:
    """What a migration did: `failed` names each object that could not be copied, with the reason."""

    copied: int
    present: int
    failed: tuple[tuple[Cid, str], ...]


def place(store: ObjectStore, content: bytes) -> Cid:
    """Put `content` and read it back; a damaged copy in its place is replaced.

    Raises:
        ObjectDamaged: the store returns other bytes even after that.
    """
    cid = store.put(content)
    try:
        store.get(cid)
    except ObjectDamaged:
        # A node that already holds a block under this name keeps it, whether right or wrong.
        store.unpin(cid)
        store.put(content)
        store.get(cid)
    return cid


def migrate_objects(
    source: ObjectStore,
    target: ObjectStore,
    cids: Iterable[Cid],
    progress: Callable[[int], None],
) -> Migration:
    """Copy each of `cids` and check the copy; what `target` already holds intact is left as it is.

    One missing or damaged object does not stop the others. May be run again, and continues where it stopped.

    Args:
        progress: called after each object with how many are done.

    Raises:
        StorageUnavailable: one of the stores went away; nothing that was copied is lost.
    """
    copied = present = 0
    failed: list[tuple[Cid, str]] = []
    for done, cid in enumerate(cids, start=1):
        try:
            if _holds(target, cid):
                present += 1
            else:
                place(target, source.get(cid))
                copied += 1
        except (ObjectMissing, VerificationFailed) as error:
            failed.append((cid, error.message))
        progress(done)
    return Migration(copied, present, tuple(failed))


def _holds(store: ObjectStore, cid: Cid) -> bool:
    try:
        store.get(cid)
    except (ObjectMissing, ObjectDamaged):
        return False
    store.pin(cid)
    return True
