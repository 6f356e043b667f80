"""The embedded block store: a sharded folder on this machine's disk, the default."""

from collections.abc import Iterator
from pathlib import Path

from blockmrs.cid import Cid
from blockmrs.errors import ObjectMissing, StorageUnavailable
from blockmrs.storage import MAX_OBJECT_BYTES, Health, check_size
from blockmrs.storage.folder import BlockFolder

_SHARDS = tuple(f"{number:02x}" for number in range(256))
# Below this the store still takes objects, but warns that it soon cannot.
LOW_SPACE_BYTES = 64 * MAX_OBJECT_BYTES


class EmbeddedStore:
    """An ObjectStore in `folder`, which is made if missing. Safe for many threads and processes at once."""

    def __init__(self, folder: Path, max_bytes: int = MAX_OBJECT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._blocks = BlockFolder(folder, _SHARDS, max_bytes)

    def put(self, content: bytes) -> Cid:
        check_size(content, self._max_bytes)
        cid = Cid.of(content)
        self._blocks.write(cid, content)
        return cid

    def get(self, cid: Cid) -> bytes:
        return self._blocks.read(cid)

    def has(self, cid: Cid) -> bool:
        return self._blocks.has(cid)

    def pin(self, cid: Cid) -> None:
        """Only check that it is there: this store collects no garbage."""
        if not self._blocks.has(cid):
            raise ObjectMissing("no such object", cid=cid)

    def unpin(self, cid: Cid) -> None:
        self._blocks.remove(cid)

    def health(self) -> Health:
        try:
            objects = sum(1 for _ in self._blocks.iter_cids())
            free = self._blocks.free_bytes()
        except StorageUnavailable as error:
            return Health(ok=False, detail=str(error))
        if free < LOW_SPACE_BYTES:
            return Health(ok=False, detail=f"only {free // 1024} KiB are left on the disk", objects=objects)
        return Health(ok=True, detail="in a folder on this machine", objects=objects)

    def iter_cids(self) -> Iterator[Cid]:
        """Every identifier that names an object here; only `get` can tell whose bytes are right."""
        return self._blocks.iter_cids()
