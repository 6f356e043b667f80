"""The release secret of an object: what lets a node forget it, which no recipient of the object has.

It is derived from the keyring on whose behalf the object was saved, and so is held by all who act for that card. The
node keeps its digest from the saving on, and cannot derive it. Source: docs/protocol "Letting an object go".
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blockmrs.cid import Cid
    from blockmrs.crypto.keys import Keyring


def release_secret(holder: Keyring, cid: Cid) -> bytes:
    """The 32 bytes that let the object `cid` go, which was saved on behalf of that card."""
    return holder.derive("release", cid.digest)


def release_digest(holder: Keyring, cid: Cid) -> bytes:
    """What a node keeps of it (32 bytes)."""
    return hashlib.sha256(release_secret(holder, cid)).digest()


def opens_release(secret: bytes, digest: bytes) -> bool:
    """Whether `secret` is the one of which `digest` was kept."""
    return hmac.compare_digest(hashlib.sha256(secret).digest(), digest)
