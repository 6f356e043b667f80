"""Sign and verify with Ed25519; every signed text begins with its purpose and its chain.

Source: RFC 8032; docs/protocol.md "Signatures".
"""

import hashlib
from threading import Lock

from cryptography import exceptions
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from blockmrs.crypto.curves import is_acceptable_signing_key
from blockmrs.crypto.labels import chain_label
from blockmrs.errors import InvalidSignature, Malformed

SIGNATURE_BYTES = 64
SIGNING_SEED_BYTES = 32

_REMEMBERED = 16_384
_verified: dict[bytes, None] = {}
_adding = Lock()
"""Digests of what this process verified last, the oldest first. They say nothing of key or message (ADR 42)."""


def sign(signing_seed: bytes, purpose: str, chain_id: bytes, message: bytes) -> bytes:
    """The 64-byte signature of `message` for `purpose` on `chain_id`; `signing_seed` has 32 bytes."""
    if len(signing_seed) != SIGNING_SEED_BYTES:
        raise Malformed("a signing seed has 32 bytes")
    return Ed25519PrivateKey.from_private_bytes(signing_seed).sign(chain_label(purpose, chain_id) + message)


def verify_signature(public_key: bytes, purpose: str, chain_id: bytes, message: bytes, signature: bytes) -> None:
    """Check that the holder of `public_key` (32 bytes) signed `message` for `purpose` on `chain_id`.

    Raises:
        InvalidSignature: another key, purpose, chain or message; or a public key of small order, under which one
            signature would fit every message (the library itself lets it pass).
    """
    if not is_acceptable_signing_key(public_key):
        raise InvalidSignature("the signing key is not acceptable")
    signed = chain_label(purpose, chain_id) + message
    if len(signature) != SIGNATURE_BYTES:
        raise InvalidSignature("a signature has 64 bytes")
    # Key and signature have one length each: nothing else has the same bytes in a row.
    digest = hashlib.sha256(public_key + signature + signed).digest()
    if digest in _verified:
        return
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed)
    except (exceptions.InvalidSignature, ValueError) as error:
        raise InvalidSignature("the signature does not verify", purpose=purpose) from error
    with _adding:
        _verified[digest] = None
        if len(_verified) > _REMEMBERED:
            del _verified[next(iter(_verified))]
