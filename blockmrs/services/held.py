"""Which objects somebody was told are saved, so that a missing one is noticed."""

from sqlalchemy.orm import Session

from blockmrs.cid import Cid
from blockmrs.model.accounts import HeldObjectRow
from blockmrs.services.batch import Batch


def remember_objects(rows: Session, batch: Batch) -> None:
    """Note every object that `batch` kept; the caller's transaction makes it durable."""
    # Each was sealed to a key of its own, so that none can have been noted before.
    rows.add_all(HeldObjectRow(digest=cid.digest, size_bytes=size_bytes) for cid, size_bytes in batch.kept)


def remember_object(rows: Session, cid: Cid, size_bytes: int) -> None:
    """Note one object that may have been noted before; the caller's transaction makes it durable."""
    if rows.get(HeldObjectRow, cid.digest) is None:
        rows.add(HeldObjectRow(digest=cid.digest, size_bytes=size_bytes))
