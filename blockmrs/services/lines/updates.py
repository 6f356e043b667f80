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
    near: bool = False,
) -> tuple[Pointer, bytes]:
    """Sign, seal under a fresh key and store an update; returns where it is and its update id (32 bytes).

    `near`: it must be available while the store is away.
    """
    update = Update(os.urandom(16), subject, author.card.id, kind, created, purpose, body)
    signature = sign(author.signing_seed, _PURPOSE, chain_id, update.signed_bytes())
    plaintext = encode_update(update, signature)
    sealed = seal_object(plaintext, chain_id=chain_id)
    return (batch.keep_near(sealed) if near else batch.keep(sealed)), update_id(plaintext)


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
