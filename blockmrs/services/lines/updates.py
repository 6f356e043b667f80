"""Writing and reading signed, sealed updates. The numbered steps are those of docs/protocol.md "Reading an update"."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING

from blockmrs.crypto.envelope import open_object, seal_object
from blockmrs.crypto.signatures import sign, verify_signature
from blockmrs.domain.records import Update, decode_update, encode_update, update_id
from blockmrs.errors import InvalidProof, ObjectMismatch

if TYPE_CHECKING:
    from blockmrs.crypto.keys import Keyring
    from blockmrs.domain.sharing import Pointer, UpdatePointer
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.cards import Cards
    from blockmrs.storage import ObjectStore

_PURPOSE = "update"


def sign_update(
    author: Keyring, *, subject: bytes, kind: str, purpose: str, body: bytes, created: datetime, chain_id: bytes
) -> tuple[bytes, bytes]:
    """An update, signed: the plaintext of its objects, and its update id (32 bytes)."""
    update = Update(os.urandom(16), subject, author.card.id, kind, created, purpose, body)
    plaintext = encode_update(update, sign(author.signing_seed, _PURPOSE, chain_id, update.signed_bytes()))
    return plaintext, update_id(plaintext)


def keep_update(batch: Batch, plaintext: bytes, holder: Keyring | None, *, chain_id: bytes) -> Pointer:
    """Seal a signed update under a fresh key and store it; returns where it is. `holder`: as for `write_update`."""
    return batch.keep(seal_object(plaintext, chain_id=chain_id), holder)


def write_update(
    batch: Batch,
    author: Keyring,
    *,
    subject: bytes,
    kind: str,
    purpose: str,
    body: bytes,
    created: datetime,
    chain_id: bytes,
    holder: Keyring | None = None,
    near: bool = False,
) -> tuple[Pointer, bytes]:
    """Sign, seal under a fresh key and store an update; returns where it is and its update id (32 bytes).

    Args:
        holder: the keys of the card on whose behalf the object is kept: they can let it go. None: it stays.
        near: it must be available while the store is away; such a one is never let go.
    """
    plaintext, signed_id = sign_update(
        author, subject=subject, kind=kind, purpose=purpose, body=body, created=created, chain_id=chain_id
    )
    if near:
        return batch.keep_near(seal_object(plaintext, chain_id=chain_id)), signed_id
    return keep_update(batch, plaintext, holder, chain_id=chain_id), signed_id


def seal_anew(
    batch: Batch, objects: ObjectStore, cards: Cards, pointer: UpdatePointer, holder: Keyring, *, chain_id: bytes
) -> Pointer:
    """Seal an update under a fresh key, byte for byte as its author signed it, and store that; returns where it is.

    Raises:
        VerificationFailed: what is there is not that update, so that it would be nothing to hand on.
        ObjectMissing: it is not here.
    """
    open_update(objects, cards, pointer, chain_id=chain_id)
    plaintext = open_object(objects.get(pointer.object.cid), pointer.object.seed, chain_id=chain_id)
    return keep_update(batch, plaintext, holder, chain_id=chain_id)


def read_update(
    objects: ObjectStore, cards: Cards, pointer: UpdatePointer, grantor: bytes, *, chain_id: bytes
) -> Update:
    """The update at `pointer`, as given by the card `grantor`, after every check of the protocol.

    Raises:
        VerificationFailed: the bytes, the key, the signature, the update id or the grantor is not what it has to be.
    """
    return check_grantor(open_update(objects, cards, pointer, chain_id=chain_id), grantor)


def check_grantor(update: Update, grantor: bytes) -> Update:
    """The same update, if the card `grantor` may grant it; else InvalidProof."""
    if grantor not in (update.author, update.subject):  # step 10
        raise InvalidProof("whoever granted this update may not grant it")
    return update


def open_update(objects: ObjectStore, cards: Cards, pointer: UpdatePointer, *, chain_id: bytes) -> Update:
    """The update at `pointer`, whoever granted it: steps 1 to 9, and the subject of step 10.

    Use this to ask who wrote it; to read what it says, use `read_update`.
    """
    content = objects.get(pointer.object.cid)  # step 1: the store checks the bytes against the CID
    plaintext = open_object(content, pointer.object.seed, chain_id=chain_id)  # steps 2 to 5
    update, signature = decode_update(plaintext)  # step 6: the one encoding
    author = cards.find(update.author)
    # steps 7 and 8: the chain id is part of what is signed
    verify_signature(author.signing_key, _PURPOSE, chain_id, update.signed_bytes(), signature)
    if update_id(plaintext) != pointer.update_id:  # step 9
        raise ObjectMismatch("the object holds an update other than the one granted")
    if update.subject != pointer.subject:
        raise InvalidProof("the update is about somebody other than the one named in the grant")
    return update
