"""Objects waiting for a node that is away: nothing that was reported as saved is ever lost."""

import logging
import threading
from collections.abc import Container, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from blockmrs.cid import Cid
from blockmrs.durable import locked
from blockmrs.errors import BlockMRSError, ObjectMissing, StorageUnavailable, VerificationFailed
from blockmrs.storage import MAX_OBJECT_BYTES, Health, ObjectStore, check_size
from blockmrs.storage.copies import COPIES, CopyingStore
from blockmrs.storage.folder import BlockFolder
from blockmrs.storage.transfer import place

log = logging.getLogger(__name__)


class OutboxStore:
    """An ObjectStore that puts into `inner`, or durably into `folder` while `inner` cannot take it.

    `near` keeps a copy of what passes through it, for as long as the object lives: things nobody here can do without.

    Several threads and processes may share the folder; a lock file in it keeps one push from undoing another's unpin.

    Args:
        settle_s: if above 0, a durable copy of each object stays here for this long after the inner store has taken it,
            and until that store has returned the bytes once more. For stores that may answer before the bytes are on
            their disk, as a Kubo node does by default: a power cut there then loses nothing.
        let_go: what is on this list is as if it were not here, wherever its bytes still are.
    """

    def __init__(
        self, inner: ObjectStore, folder: Path, settle_s: float = 0.0, let_go: Container[Cid] = frozenset()
    ) -> None:
        self.inner = inner
        self._let_go = let_go
        self._settle_s = settle_s
        self._waiting = BlockFolder(folder, ("waiting",), MAX_OBJECT_BYTES)
        self._settling = BlockFolder(folder, ("settling",), MAX_OBJECT_BYTES)
        self._copies = BlockFolder(folder, (COPIES,), MAX_OBJECT_BYTES)
        self._lock_file = folder / "lock"

    def put(self, content: bytes) -> Cid:
        """Keep `content` in the inner store, or else in the outbox; StorageUnavailable only if neither can."""
        check_size(content)
        try:
            if self._settle_s > 0:
                # First, and fatal if it fails: what follows must never be the only copy.
                self._settling.write(Cid.of(content), content)
            return self.inner.put(content)
        except StorageUnavailable as error:
            log.warning("an object went to the outbox: %s", error)
            return self.keep(content)

    def keep(self, content: bytes) -> Cid:
        """Keep `content` durably in the outbox itself, for the next flush; StorageUnavailable if the disk refuses."""
        cid = Cid.of(content)
        self._waiting.write(cid, content)
        return cid

    def get(self, cid: Cid) -> bytes:
        if cid in self._let_go:
            raise ObjectMissing("this object was let go", cid=cid)
        try:
            return self._waiting.read(cid)
        except ObjectMissing:
            return self._get_from_inner(cid)
        except (VerificationFailed, StorageUnavailable) as error:
            log.warning("an object in the outbox cannot be read: %s", error)
            try:
                return self._get_from_inner(cid)
            except ObjectMissing:
                raise error from None

    def has(self, cid: Cid) -> bool:
        if cid in self._let_go:
            return False
        return any(folder.has(cid) for folder in (self._waiting, self._settling, self._copies)) or self.inner.has(cid)

    def lacking(self, cids: Iterable[Cid]) -> frozenset[Cid]:
        """Those of `cids` that are not here at all; once the inner store stops answering, no more are listed."""
        missing: set[Cid] = set()
        for cid in cids:
            try:
                if not self.has(cid):
                    missing.add(cid)
            except StorageUnavailable:
                break
        return frozenset(missing)

    def near(self) -> CopyingStore:
        """This store, for what must be available even while the inner store is away or lacks what it should hold."""
        return CopyingStore(self, self._copies)

    def pin(self, cid: Cid) -> None:
        if cid in self._let_go:
            raise ObjectMissing("this object was let go", cid=cid)
        if not self._waiting.has(cid):
            self.inner.pin(cid)

    def unpin(self, cid: Cid) -> None:
        with self._locked():
            self.inner.unpin(cid)
            self._waiting.remove(cid)
            self._settling.remove(cid)
            self._copies.remove(cid)

    def health(self) -> Health:
        inner = self.inner.health()
        try:
            pending = self.pending()
        except StorageUnavailable as error:
            return Health(ok=False, detail=f"{inner.detail}; outbox: {error}", objects=inner.objects)
        if not pending:
            return inner
        return Health(ok=inner.ok, detail=f"{inner.detail}; waiting in the outbox: {pending}", objects=inner.objects)

    def waiting(self, cid: Cid) -> bool:
        """Whether the object is saved here but has not reached the inner store yet."""
        return self._waiting.has(cid)

    def pending(self) -> int:
        """How many objects are waiting."""
        return sum(1 for _ in self._waiting.iter_cids())

    def iter_waiting(self) -> Iterator[Cid]:
        """The identifiers of the waiting objects."""
        return self._waiting.iter_cids()

    def flush(self) -> int:
        """Push what is waiting, and return how many objects reached the inner store and left the outbox.

        An object leaves only after the inner store has returned its bytes. A bad object stays, is named in the log,
        and holds up no other. If the inner store is away, the rest wait for the next time; that raises nothing.
        """
        moved = self._push_all(self._waiting, self._waiting.iter_cids())
        self._push_all(self._settling, self._settling.iter_older(self._settle_s))
        return moved

    def _push_all(self, folder: BlockFolder, cids: Iterable[Cid]) -> int:
        moved = 0
        for cid in sorted(cids):
            try:
                with self._locked():
                    moved += self._push(folder, cid)
            except StorageUnavailable as error:
                log.warning("an object stays in the outbox: %s", error)
                if not self.inner.health().ok:
                    break
            except BlockMRSError:
                log.exception("an object cannot leave the outbox")
        return moved

    def _push(self, folder: BlockFolder, cid: Cid) -> bool:
        try:
            content = folder.read(cid)
        except ObjectMissing:
            return False  # Another process pushed it first, or it was unpinned.
        if cid in self._let_go:
            return False  # It is dropped once the node answers (storage/leaving.py), and must not get there before.
        place(self.inner, content)
        if folder is self._waiting and self._settle_s > 0:
            self._settling.write(cid, content)
        folder.remove(cid)
        return True

    def _get_from_inner(self, cid: Cid) -> bytes:
        try:
            return self.inner.get(cid)
        except (ObjectMissing, VerificationFailed, StorageUnavailable):
            for folder in (self._settling, self._copies):
                with suppress(ObjectMissing, VerificationFailed, StorageUnavailable):
                    return folder.read(cid)
            raise

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self._lock_file))
            except OSError as error:
                raise StorageUnavailable(f"the outbox cannot be locked: {error.strerror}") from error
            yield


class Flusher:
    """A thread that flushes `outbox` every `interval_s`, from `start` (call it after any fork) until `stop`."""

    def __init__(self, outbox: OutboxStore, interval_s: float) -> None:
        self._outbox = outbox
        self._interval_s = interval_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox-flusher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Stop after the object that is under way, at most `timeout_s` from now; safe to call twice."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopping.wait(self._interval_s):
            try:
                self._outbox.flush()
            except Exception:
                log.exception("flushing the outbox failed; it will be retried")
