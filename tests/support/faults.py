"""An `os` module that fails, or dies, at the k-th call: how a full disk and a power cut are tried at every step."""

import errno
import os
import signal
from typing import Any

# What a write of the block store asks of the system.
CALLS = ("open", "mkdir", "write", "fsync", "rename", "unlink", "close", "read", "stat", "fstat", "listdir", "statvfs")


class FaultyOs:
    """Behaves as `os`; the call number `fail_at` (from 1) among CALLS raises OSError(`code`), or kills the process."""

    def __init__(self, fail_at: int, code: int = errno.ENOSPC, *, kill: bool = False, lasting: bool = False) -> None:
        self.fail_at = fail_at
        self.code = code
        self.kill = kill
        self.lasting = lasting
        self.calls: list[str] = []

    @property
    def failed(self) -> bool:
        return len(self.calls) >= self.fail_at

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CALLS:
            return real

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            now = len(self.calls)
            if now == self.fail_at or (self.lasting and now > self.fail_at and name not in ("close", "unlink")):
                if self.kill:
                    os.kill(os.getpid(), signal.SIGKILL)
                if name == "close":
                    real(*args, **kwargs)  # Linux closes the descriptor even when it reports an error.
                raise OSError(self.code, os.strerror(self.code))
            return real(*args, **kwargs)

        return call
