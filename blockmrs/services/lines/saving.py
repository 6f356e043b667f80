"""How a save ends: its block, then the rows that find it, and those that list its objects so that none gets lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from blockmrs.crypto.releases import release_digest
from blockmrs.errors import InvalidInput
from blockmrs.model.objects import HeldObjectRow, ReleaseRow

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Keyring
    from blockmrs.domain.sharing import Pointer
    from blockmrs.model.database import Database
    from blockmrs.services.lines.batch import Batch
    from blockmrs.storage import ObjectStore

DRAFT_BYTES = 16
_Result = TypeVar("_Result")


def parse_draft_id(text: str) -> bytes:
    """The 16 bytes of a form's own number; InvalidInput if it is not one."""
    try:
        draft = bytes.fromhex(text)
    except ValueError:
        draft = b""
    if len(draft) != DRAFT_BYTES:
        raise InvalidInput("Open the form again: its number is missing", field="draft_id")
    return draft


@contextmanager
def committed(database: Database, batch: Batch) -> Iterator[Session]:
    """Put the batch into one block, then take further rows, kept together with those that list its objects."""
    batch.commit()
    with database.write() as rows:
        yield rows
        remember_objects(rows, batch)


def commit_batch(database: Database, batch: Batch) -> None:
    """Put the batch into one block, then keep the rows that list its objects."""
    with committed(database, batch):
        pass


@contextmanager
def finished(
    database: Database,
    objects: ObjectStore,
    pointers: Iterable[Pointer],
    releasable: Sequence[tuple[Pointer, Keyring]] = (),
) -> Iterator[Session]:
    """Take the rows of a save that was interrupted after its block, and list its objects if they are not listed yet.

    Args:
        releasable: objects that can be let go, each with the keys of the card on whose behalf it was kept.
    """
    releases = {pointer.cid.digest: release_digest(holder, pointer.cid) for pointer, holder in releasable}
    every = [*pointers, *(pointer for pointer, _ in releasable)]
    sizes = [(pointer.cid.digest, len(objects.get(pointer.cid))) for pointer in every]
    with database.write() as rows:
        yield rows
        for digest, size_bytes in sizes:
            if rows.get(HeldObjectRow, digest) is None:
                rows.add(HeldObjectRow(digest=digest, size_bytes=size_bytes))
                if digest in releases:
                    rows.add(ReleaseRow(digest=digest, secret_digest=releases[digest]))


def finish(database: Database, objects: ObjectStore, pointer: Pointer, holder: Keyring | None = None) -> None:
    """List the object of a save that was interrupted after its block, and that was kept on behalf of that card."""
    with finished(database, objects, [] if holder else [pointer], [(pointer, holder)] if holder else []):
        pass


def finish_unlisted(database: Database, objects: ObjectStore, pointers: Iterable[Pointer], holder: Keyring) -> None:
    """As `finish`, for those of these objects that are not listed yet; the others are not read."""
    every = {pointer.cid.digest: pointer for pointer in pointers}
    with database.read() as rows:
        listed = {row.digest for row in rows.scalars(select(HeldObjectRow).where(HeldObjectRow.digest.in_(every)))}
    for digest, pointer in every.items():
        if digest not in listed:
            finish(database, objects, pointer, holder)


def remember_objects(rows: Session, batch: Batch) -> None:
    """Record every object that `batch` kept; the caller's transaction makes that durable."""
    # Each was sealed to a key of its own, so none can have been recorded before.
    rows.add_all(HeldObjectRow(digest=cid.digest, size_bytes=size_bytes) for cid, size_bytes in batch.sizes)
    rows.add_all(
        ReleaseRow(digest=digest, secret_digest=secret_digest) for digest, secret_digest in batch.releases.items()
    )


def save_once(
    settle: Callable[[], None],
    lock: AbstractContextManager[bool],
    done: Callable[[bool], _Result | None],
    write: Callable[[], _Result],
) -> _Result:
    """What an earlier pressing of the same button saved, else what `write` saves now: one at a time.

    Args:
        settle: makes every line show all that ever took effect (`Mailbox.settle`).
        lock: held meanwhile; says whether an earlier holder was cut off.
        done: what was saved already, finished if it was cut off before its rows; is told whether that may be.
    """
    with lock as was_cut_off:
        settle()
        earlier = done(was_cut_off)
        return write() if earlier is None else earlier
