"""Secrets that live in a file of their own, outside the database: the pepper, a sealer's key."""

import os
import secrets
import stat
from pathlib import Path

from blockmrs.durable import create
from blockmrs.errors import VerificationFailed

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_or_create_secret_file(path: Path, size_bytes: int = 32) -> bytes:
    """The secret in `path`; made from fresh random bytes, durably and readable only by its owner, if there is none.

    Several processes that start at once all get the same secret.

    Raises:
        VerificationFailed: the file is not an ordinary file, has the wrong size, or is open to others than its owner.
    """
    try:
        return _read(path, size_bytes)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create(path, secrets.token_bytes(size_bytes))
    return _read(path, size_bytes)


def _read(path: Path, size_bytes: int) -> bytes:
    try:
        # Not following a link, and not waiting for a writer should it be a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise VerificationFailed("the secret file cannot be read", path=path) from error
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise VerificationFailed("the secret file is not an ordinary file", path=path)
        if mode & _OTHERS:
            raise VerificationFailed("the secret file can be used by others than its owner: chmod 600 it", path=path)
        content = os.read(descriptor, size_bytes + 1)
    finally:
        os.close(descriptor)
    if len(content) != size_bytes:
        raise VerificationFailed("the secret file has the wrong size", path=path, size_bytes=size_bytes)
    return content
