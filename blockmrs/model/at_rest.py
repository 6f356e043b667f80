"""The SQLite file while nobody uses it: one MAC over all its bytes, with those in which nothing is kept.

What the tables hold is checked where it is kept. Between it a SQLite file has bytes that mean nothing, and that no
check of content can vouch for; while the file is closed, this does.
"""

import hmac
import logging
import os
import threading
from pathlib import Path

from blockmrs.errors import VerificationFailed

log = logging.getLogger(__name__)
SUFFIX = ".at-rest"
_CHUNK_BYTES = 1 << 20


class RestSeal:
    """The seal of one database file, in a file beside it: set when the last user closes it, broken before any write.

    A process that was killed leaves none, and then nothing is claimed.
    """

    def __init__(self, database_file: Path, key: bytes) -> None:
        self._database = database_file
        self._seal = database_file.with_name(database_file.name + SUFFIX)
        self._key = key
        self._lock = threading.Lock()
        self._writing = False

    def break_before_writing(self) -> None:
        """From now on the file may change: the seal is gone, durably, before the first write of this process."""
        with self._lock:
            if self._writing:
                return
            try:
                self.check()
            except VerificationFailed:
                log.warning("the database file was changed while nobody used it: run `blockmrs verify`")
            try:
                self._seal.unlink()
            except FileNotFoundError:
                pass
            else:
                self._sync_folder()
            self._writing = True

    def set(self) -> bool:
        """Seal the file as it is; False if somebody may still write, or the seal is there already.

        The caller has closed every connection, and nobody else uses the folder.
        """
        wal = self._database.with_name(self._database.name + "-wal")
        with self._lock:
            if self._seal.exists() or not self._database.exists() or (wal.exists() and wal.stat().st_size):
                return False
            beside = self._seal.with_name(self._seal.name + ".new")
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._mac()[0])
                file.flush()
                os.fsync(file.fileno())
            os.rename(beside, self._seal)
            self._sync_folder()
            self._writing = False
            return True

    def check(self) -> int:
        """How many bytes of the file are as they were when it was closed; 0 if it is in use, or was never closed.

        Raises:
            VerificationFailed: at least one of them changed.
        """
        try:
            sealed = self._seal.read_bytes()
            mac, size_bytes = self._mac()
        except FileNotFoundError:
            return 0
        if hmac.compare_digest(sealed, mac):
            return size_bytes
        # Whoever writes breaks the seal first: if it still stands, nobody of ours wrote.
        if not self._seal.exists():
            return 0
        raise VerificationFailed("the database file is not as it was when it was last closed")

    def _mac(self) -> tuple[bytes, int]:
        found, size_bytes = hmac.new(self._key, b"file at rest\x00", "sha256"), 0
        with self._database.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                found.update(chunk)
                size_bytes += len(chunk)
        return found.digest(), size_bytes

    def _sync_folder(self) -> None:
        descriptor = os.open(self._seal.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
