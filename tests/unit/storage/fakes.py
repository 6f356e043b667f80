"""Stores that misbehave on purpose, in memory."""

from blockmrs.cid import Cid
from blockmrs.errors import InvalidInput, ObjectMissing, StorageUnavailable
from blockmrs.storage import Health, check_held


class MemoryStore:
    """An object store in a dictionary, which can be switched off, refuse some objects, or lie about others."""

    def __init__(self) -> None:
        self.objects: dict[Cid, bytes] = {}
        self.away = False
        self.refuses: set[Cid] = set()
        self.rejects: set[Cid] = set()
        self.puts = 0

    def put(self, content: bytes) -> Cid:
        cid = Cid.of(content)
        self._answer(cid)
        if cid in self.rejects:
            raise InvalidInput("not this one")
        self.puts += 1
        # As Kubo does: what is there already stays, right or wrong.
        self.objects.setdefault(cid, content)
        return cid

    def get(self, cid: Cid) -> bytes:
        self._answer(cid)
        if cid not in self.objects:
            raise ObjectMissing("no such object", cid=cid)
        return check_held(cid, self.objects[cid])

    def has(self, cid: Cid) -> bool:
        self._answer(cid)
        return cid in self.objects

    def pin(self, cid: Cid) -> None:
        self.get(cid)

    def unpin(self, cid: Cid) -> None:
        self._answer(cid)
        self.objects.pop(cid, None)

    def health(self) -> Health:
        return Health(ok=not self.away, detail="away" if self.away else "in memory", objects=len(self.objects))

    def _answer(self, cid: Cid) -> None:
        if self.away or cid in self.refuses:
            raise StorageUnavailable("away", cid=cid)


class AwayStore(MemoryStore):
    """A store that never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.away = True
