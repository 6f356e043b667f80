"""A second implementation of what `blockmrs.crypto.envelope` uses of HPKE, from the primitives up.

It shares with the first only ML-KEM, X25519, HMAC and AES themselves, so that the two check each other. It also
gives what the first rightly hides: the content key and nonce, which the forgery in `tests.reference.forgery` needs.

Source: RFC 9180 sections 4 and 5.1; draft-connolly-cfrg-xwing-kem section 5.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ENC_BYTES = 1088 + 32
XWING_LABEL = b"\\.//^\\"
SUITE_ID = b"HPKE" + bytes.fromhex("647a00010002")


def xwing_decapsulate(seed: bytes, enc: bytes) -> bytes:
    expanded = hashlib.shake_256(seed).digest(96)
    mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
    shared_m = mlkem.decapsulate(enc[:1088])
    shared_x = x25519.exchange(X25519PublicKey.from_public_bytes(enc[1088:]))
    own_x = x25519.public_key().public_bytes_raw()
    return hashlib.sha3_256(shared_m + shared_x + enc[1088:] + own_x + XWING_LABEL).digest()


def _extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + SUITE_ID + label + secret, "sha256")


def _expand(key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + SUITE_ID + label + info
    # One block of HMAC-SHA256 is enough for 32 bytes and less.
    return hmac.digest(key, labelled + b"\x01", "sha256")[:length]


def key_schedule(shared_secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    """The AES-256 key and the 12-byte nonce of a base mode context."""
    context = b"\x00" + _extract(b"", b"psk_id_hash", b"") + _extract(b"", b"info_hash", info)
    secret = _extract(shared_secret, b"secret", b"")
    return _expand(secret, b"key", context, 32), _expand(secret, b"base_nonce", context, 12)


def open_sealed(sealed: bytes, seed: bytes, info: bytes) -> bytes:
    key, nonce = key_schedule(xwing_decapsulate(seed, sealed[:ENC_BYTES]), info)
    return AESGCM(key).decrypt(nonce, sealed[ENC_BYTES:], None)


def seal_to_seed(plaintext: bytes, enc: bytes, seed: bytes, info: bytes) -> bytes:
    """Seal with a given encapsulation, by one who holds the recipient's seed: for tests that need a chosen inside."""
    key, nonce = key_schedule(xwing_decapsulate(seed, enc), info)
    return enc + AESGCM(key).encrypt(nonce, plaintext, None)
