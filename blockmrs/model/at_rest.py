"""The SQLite file while nobody uses it: one MAC over all its bytes, including those that hold nothing.

What the tables hold is checked row by row. In between, a SQLite file has bytes that mean nothing, and that no check of
content can vouch for; while the file is closed, this does. Source: docs/adr/0013.
"""

import hmac
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from blockmrs import durable
from blockmrs.encoding import decode, encode
from blockmrs.errors import InvalidInput, Unavailable, VerificationFailed
from blockmrs.model import file_mac

log = logging.getLogger(__name__)
SUFFIX = ".at-rest"
VERSION = 1
MAC_BYTES = 32
CHANGED = "the database file is not as it was when it was last closed"
MISSING = "the seal of the database file is missing"
FORGED = "the seal of the database file was not made here"
UNREAD = "the database file could not be compared with its seal"
_PURPOSE = b"file at rest\x00"
_SEAL_PURPOSE = b"seal of a file\x00"


@dataclass(frozen=True, slots=True)
class _Seal:
    """What the seal says: the file's MAC and its size when it was closed, None and 0 while it is open.

    `doubt`: what was found wrong when the file was opened, and when; kept until somebody accepts the file.
    """

    mac: bytes | None = None
    size_bytes: int = 0
    doubt: str = ""


class RestSeal:
    """The seal of one database file, in a file beside it that is always there: open, or closed with a MAC.

    The file's last user closes it; the first write by any process opens it, durably, before anything is written.
    A process that is killed leaves it open, and then nothing is claimed about the file.

    Args:
        is_new: whether the database is of a version that did not keep a seal; asked only if the seal is missing.
    """

    def __init__(self, database_file: Path, key: bytes, is_new: Callable[[], bool]) -> None:
        self._database = database_file
        self._file = database_file.with_name(database_file.name + SUFFIX)
        self._key = key
        self._is_new = is_new
        self._lock = threading.Lock()
        self._is_open = False

    def open(self) -> None:
        """Record in the seal, durably, that the file may change from now on; before this process's first write.

        Raises:
            Unavailable: the disk did not keep it.
        """
        with self._lock:
            if self._is_open:
                return
            with self._alone():
                present, opened = self._to_open()
                if present != opened:
                    self._write(opened)
            self._is_open = True

    def close(self) -> bool:
        """Seal the file as it is; False if somebody may still write, or if it is sealed already.

        The caller has closed every connection, and nobody else is using the folder.
        """
        with self._lock, self._alone():
            try:
                seal = self._read()
            except (FileNotFoundError, VerificationFailed):
                return False  # Left as it is, so that it will be noticed.
            if seal.mac is not None or self._has_log():
                return False
            try:
                mac_and_size = self._compute()
            except Unavailable as error:
                log.warning("the database file is not sealed: %s", error)
                return False
            if mac_and_size is None:
                return False
            self._write(_Seal(*mac_and_size, seal.doubt))
            self._is_open = False
            return True

    def accept(self) -> None:
        """Accept the file as it is now, whatever was found wrong with it; the next close seals it."""
        with self._lock, self._alone():
            self._write(_Seal())
            self._is_open = True

    def check(self) -> int:
        """How many bytes of the file are as they were when it was closed; 0 while it is open, or after a crash.

        Raises:
            VerificationFailed: at least one has changed, or had before the file was opened; or the seal is gone.
            Unavailable: the file cannot be read.
        """
        try:
            seal = self._read()
        except FileNotFoundError:
            if self._is_new():
                return 0
            raise _wrong(MISSING) from None
        if seal.doubt:
            raise _wrong(seal.doubt)
        if seal.mac is None:
            return 0
        size_bytes = self._matching(seal.mac)
        if size_bytes is not None:
            return size_bytes
        # Whoever writes opens the seal first: if it is still closed, none of our processes has written.
        if self._read().mac is None:
            return 0
        raise _wrong(CHANGED)

    def _matching(self, mac: bytes) -> int | None:
        """The file's size in bytes if `mac` is its MAC, else None."""
        if self._has_log():
            # SQLite would merge it into the file. Ours was there, and empty, when the file was closed.
            return None
        mac_and_size = self._compute()
        return mac_and_size[1] if mac_and_size is not None and hmac.compare_digest(mac, mac_and_size[0]) else None

    def _has_log(self) -> bool:
        """Whether there is a write-ahead log with anything in it beside the file."""
        try:
            return self._database.with_name(self._database.name + "-wal").stat().st_size > 0
        except FileNotFoundError:
            return False

    def _compute(self) -> tuple[bytes, int] | None:
        """The file's MAC and its size in bytes, None without a file; computed by a process with no lock to lose."""
        script = str(Path(file_mac.__file__))
        try:
            # Isolated, and in a session of its own: neither the current directory nor Ctrl-C affects it.
            done = subprocess.run(  # noqa: S603 - our own script, by this interpreter
                [sys.executable, "-I", "-S", script, str(self._database)],
                input=self._key + _PURPOSE,
                capture_output=True,
                start_new_session=True,
                check=False,
            )
        except OSError as error:
            raise Unavailable("the database file cannot be read", reason=error.strerror) from error
        if done.returncode == file_mac.NO_FILE:
            return None
        if done.returncode or len(done.stdout) != MAC_BYTES + 8:
            raise Unavailable("the database file cannot be read", status=done.returncode)
        return done.stdout[:MAC_BYTES], int.from_bytes(done.stdout[MAC_BYTES:], "big")

    def _to_open(self) -> tuple[_Seal | None, _Seal]:
        """The present seal, and the open one that follows it, with the doubts of both."""
        try:
            present = self._read()
        except FileNotFoundError:
            return None, _Seal() if self._is_new() else _Seal(doubt=_noticed(MISSING))
        except VerificationFailed:
            return None, _Seal(doubt=_noticed(FORGED))
        if present.doubt or present.mac is None:
            return present, _Seal(doubt=present.doubt)
        try:
            return present, _Seal(doubt=_noticed(CHANGED) if self._matching(present.mac) is None else "")
        except Unavailable:
            return present, _Seal(doubt=_noticed(UNREAD))

    def _read(self) -> _Seal:
        content = self._file.read_bytes()
        if len(content) == MAC_BYTES and self._is_new():
            # The first version's: the MAC alone, and no file while the database was open.
            return _Seal(content)
        body, mac = content[:-MAC_BYTES], content[-MAC_BYTES:]
        try:
            if not hmac.compare_digest(mac, self._mac_of(body)):
                raise _wrong(FORGED)
            match decode(body):
                case [int() as version, (bytes() | None) as of_file, int() as size, str() as doubt] if (
                    version == VERSION
                ):
                    return _Seal(of_file, size, doubt)
        except InvalidInput:
            pass
        raise _wrong(FORGED)

    def _write(self, seal: _Seal) -> None:
        body = encode([VERSION, seal.mac, seal.size_bytes, seal.doubt])
        try:
            durable.replace(self._file, body + self._mac_of(body))
        except OSError as error:
            raise Unavailable("the seal of the database file cannot be written", reason=error.strerror) from error

    def _mac_of(self, body: bytes) -> bytes:
        return hmac.digest(self._key, _SEAL_PURPOSE + body, "sha256")

    def _alone(self) -> AbstractContextManager[bool]:
        return durable.hold(self._file.with_name(self._file.name + ".lock"))


def _wrong(what: str) -> VerificationFailed:
    return VerificationFailed(f"{what}. If you know why, `blockmrs verify --accept-file` takes the file as it is")


def _noticed(what: str) -> str:
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    log.warning("%s: it was changed while nobody was using it; run `blockmrs verify`", what)
    return f"{what}; noticed at {moment}"
