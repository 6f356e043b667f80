"""What one save really does: every call of our cryptography and every durable write, in order, counted for real."""

import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from blockmrs.chain.sealer import Sealer, SignedBlock
from blockmrs.crypto import curves, envelope, keys, signatures
from blockmrs.model.chain import SqlLedgerStore
from blockmrs.model.database import Database
from blockmrs.storage.folder import BlockFolder

WAL_HEADER_BYTES, FRAME_HEADER_BYTES = 32, 24

# Each reaches into the library by itself and calls none of the others. The number is which argument's length matters.
_CRYPTO: tuple[tuple[str, Any, str, int | None], ...] = (
    ("derive", keys, "derive_key", None),
    ("expand", keys, "expand_sealing_seed", None),
    ("public bytes", keys, "public_bytes", None),
    ("signing key", keys, "signing_public_key", None),
    ("sign", signatures, "sign", 3),
    ("verify", signatures, "verify_signature", 3),
    ("seal", envelope, "_encrypt", 0),
    ("open", envelope, "_decrypt", 0),
    ("seal secret", envelope, "seal_secret", 1),
    ("open secret", envelope, "open_secret", 1),
)
# Remembered by key: only what was not remembered costs anything.
_REMEMBERED = (("check point", curves, "is_point"), ("check sealing key", curves, "is_acceptable_sealing_key"))


@dataclass(frozen=True, slots=True)
class Step:
    """One call or one durable write. `size_bytes`: of the message, the sealed bytes or the file; 0 if it is fixed."""

    name: str
    size_bytes: int = 0


class _OwnSteps(list[Step]):
    """A list that hears only the thread that made it."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def append(self, step: Step) -> None:
        if threading.get_ident() == self._thread:
            super().append(step)


@contextmanager
def counted_steps(database_file: Path | None = None) -> Iterator[list[Step]]:
    """Collects the steps of whatever this thread does within the block; slows it down, so nothing is timed here.

    What runs beside it, such as housekeeping, is no part of a save.
    """
    steps = _OwnSteps()
    undo: list[Callable[[], None]] = []
    for name, module, function, sized in _CRYPTO:
        original = getattr(module, function)
        undo += _replace_everywhere(original, _noting(steps, name, original, sized))
    for name, module, function in _REMEMBERED:
        original = getattr(module, function)
        undo += _replace_everywhere(original, _noting_misses(steps, name, original))
    undo += _watch_writes(steps, database_file)
    try:
        yield steps
    finally:
        for put_back in undo:
            put_back()


def wal_commits(database_file: Path, since_bytes: int) -> list[int]:
    """The sizes in bytes of the commits in SQLite's write-ahead log after its first `since_bytes`.

    Source: SQLite file format, "WAL Frame Header": a frame that ends a commit names the database's size in pages.
    """
    content = wal_file(database_file).read_bytes()
    page_bytes = int.from_bytes(content[8:12], "big")
    commits, start = [], max(since_bytes, WAL_HEADER_BYTES)
    for frame in range(start, len(content), FRAME_HEADER_BYTES + page_bytes):
        _, pages_after_commit = struct.unpack(">II", content[frame : frame + 8])
        if pages_after_commit:
            end = frame + FRAME_HEADER_BYTES + page_bytes
            commits.append(end - start)
            start = end
    return commits


def wal_file(database_file: Path) -> Path:
    """SQLite's write-ahead log beside the database."""
    return database_file.with_name(database_file.name + "-wal")


def _noting(steps: list[Step], name: str, original: Callable[..., Any], sized: int | None) -> Callable[..., Any]:
    def noting(*arguments: Any, **more: Any) -> Any:
        steps.append(Step(name, 0 if sized is None else len(arguments[sized])))
        return original(*arguments, **more)

    return noting


def _noting_misses(steps: list[Step], name: str, original: Any) -> Callable[..., Any]:
    def noting(key: bytes) -> Any:
        before = original.cache_info().misses
        answer = original(key)
        if original.cache_info().misses > before:
            steps.append(Step(name))
        return answer

    return noting


def _replace_everywhere(original: Any, replacement: Any) -> list[Callable[[], None]]:
    """Put `replacement` wherever one of our modules holds `original`; returns what undoes it."""
    undo: list[Callable[[], None]] = []
    for module in [module for name, module in sys.modules.items() if name.partition(".")[0] == "blockmrs"]:
        for name in [name for name, value in vars(module).items() if value is original]:
            setattr(module, name, replacement)
            undo.append(partial(setattr, module, name, original))
    return undo


def _watch_writes(steps: list[Step], database_file: Path | None) -> list[Callable[[], None]]:
    def object_written(self: BlockFolder, cid: Any, content: bytes) -> None:
        write_object(self, cid, content)
        steps.append(Step("object", len(content)))

    def head_written(self: Sealer, block: SignedBlock) -> None:
        publish(self, block)
        steps.append(Step("head", len(block.encode())))

    def committed(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @contextmanager
        def write(self: Any) -> Iterator[Any]:
            before = 0 if database_file is None else wal_file(database_file).stat().st_size
            with original(self) as inside:
                yield inside
            if database_file is None:
                steps.append(Step(name))
            elif size_bytes := wal_file(database_file).stat().st_size - before:
                steps.append(Step(name, size_bytes))

        return write

    write_object, publish = BlockFolder.write, Sealer.publish
    replaced: list[tuple[Any, str, Any]] = [
        (BlockFolder, "write", object_written),
        (Sealer, "publish", head_written),
        (SqlLedgerStore, "write", committed("ledger", SqlLedgerStore.write)),
        (Database, "write", committed("rows", Database.write)),
    ]
    undo: list[Callable[[], None]] = []
    for owner, name, replacement in replaced:
        original = getattr(owner, name)
        setattr(owner, name, replacement)
        undo.append(partial(setattr, owner, name, original))
    return undo
