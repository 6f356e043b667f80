"""Pad, seal to a card or to a fresh key, open; and sealing under a shared key.

Source: RFC 9180 (base mode, KEM 0x647a, KDF 0x0001, AEAD 0x0002); C2SP chunked-encryption v1;
docs/protocol.md "Sealing" and "Objects".
"""

import hashlib
import hmac
import zlib
from dataclasses import dataclass, field

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from blockmrs.cid import Cid
from blockmrs.crypto.curves import MLKEM_KEY_BYTES, is_acceptable_sealing_key
from blockmrs.crypto.keys import (
    SEED_BYTES,
    SealingKeys,
    expand_sealing_seed,
    new_seed,
    public_bytes,
    sealing_keys_of,
    sealing_public_key,
)
from blockmrs.crypto.labels import PREFIX, chain_label, label
from blockmrs.errors import CannotOpen, Malformed, ObjectMismatch

SEAL_OVERHEAD_BYTES = 1088 + 32 + 16
"""What HPKE adds: the ML-KEM-768 and X25519 encapsulations and the tag."""

OBJECT_VERSION = 1
OBJECT_MIN_BYTES = 4096
OBJECT_MAX_BYTES = 1024 * 1024
INFLATED_MAX_BYTES = 8 * 1024 * 1024
"""The longest plaintext of an object: real patient summaries stay below 2 MiB; whatever inflates further is a bomb."""

_COMMITMENT_BYTES = 32
_HEADER_BYTES = 1 + _COMMITMENT_BYTES
_LENGTH_BYTES = 4
_OBJECT_SIZES = frozenset(1 << power for power in range(12, 21))
_RAW_DEFLATE = -15

_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class SealedObject:
    """An object's bytes, their name, and the 32-byte seed that opens them (never in `repr`)."""

    content: bytes = field(repr=False)
    seed: bytes = field(repr=False)
    cid: Cid


def seal_object(plaintext: bytes, *, chain_id: bytes) -> SealedObject:
    """`plaintext` (at most 8 MiB) sealed to a fresh key, as bytes whose length is a power of two from 4 KiB to 1 MiB.

    Raises:
        InvalidInput: even compressed it does not fit.
    """
    if len(plaintext) > INFLATED_MAX_BYTES:
        raise Malformed("too large for one object", limit_bytes=INFLATED_MAX_BYTES)
    seed = new_seed()
    public_key = sealing_public_key(seed)
    sealed = _encrypt(_pad(_deflate(plaintext)), public_key, info=chain_label("object", chain_id))
    content = bytes([OBJECT_VERSION]) + _commitment(public_key) + sealed
    return SealedObject(content=content, seed=seed, cid=Cid.of(content))


def open_object(content: bytes, seed: bytes, *, chain_id: bytes) -> bytes:
    """The plaintext of an object's bytes, after steps 2 to 5 of docs/protocol.md "Reading an update", in that order.

    Step 1, that the bytes match their content identifier, is done by the object store.

    Raises:
        ObjectMismatch: the object is committed to a key other than that of `seed`.
        CannotOpen: everything else.
    """
    # 2. The length is one that objects can have, and the version is known.
    if len(content) not in _OBJECT_SIZES:
        raise CannotOpen("the object's length is not one that objects can have")
    if content[0] != OBJECT_VERSION:
        raise CannotOpen("the object's version is not known")
    # 3. The key commitment, before anything is opened: AES-GCM alone would let one object open to two texts under
    #    two keys, so that its author could show two readers two different things.
    keys = expand_sealing_seed(seed)
    if not hmac.compare_digest(content[1:_HEADER_BYTES], _commitment(public_bytes(*keys))):
        raise ObjectMismatch("the object is not committed to this key")
    # 4. HPKE opens.
    padded = _decrypt(content[_HEADER_BYTES:], hpke.MLKEM768X25519PrivateKey(*keys), chain_label("object", chain_id))
    # 5. Padding and DEFLATE are well-formed, and the text is not too long.
    return _inflate(_unpad(padded))


def seal_to_key(payload: bytes, sealing_key: bytes, *, info: bytes) -> bytes:
    """`payload` sealed to an X-Wing public key, 1,136 bytes longer; `info` begins with a chain label."""
    if not is_acceptable_sealing_key(sealing_key):
        raise Malformed("the sealing key is not acceptable")
    return _encrypt(payload, sealing_key, info=info)


def open_with(sealed: bytes, sealing: bytes | SealingKeys, *, info: bytes) -> bytes:
    """What `seal_to_key` sealed; CannotOpen for another key, another `info`, changed or missing bytes alike.

    Args:
        sealing: the private keys, or the 32-byte seed that they are expanded from.
    """
    _check_info(info)
    return _decrypt(sealed, hpke.MLKEM768X25519PrivateKey(*sealing_keys_of(sealing)), info)


def seal_secret(key: bytes, plaintext: bytes, *, context: bytes) -> bytes:
    """`plaintext` sealed under a 32-byte key by Cobblestone-256, which commits to key and `context`."""
    encryptor = Cobblestone256Encryptor(_checked_key(key), context=label("secret") + context)
    return encryptor.update(plaintext) + encryptor.finalize()


def open_secret(key: bytes, sealed: bytes, *, context: bytes) -> bytes:
    """What `seal_secret` sealed; CannotOpen for another key, another context, changed or missing bytes alike."""
    decryptor = Cobblestone256Decryptor(_checked_key(key), context=label("secret") + context)
    try:
        # Nothing of the first part is used before `finalize` has confirmed that the end was there.
        return decryptor.update(sealed) + decryptor.finalize()
    except (InvalidTag, ValueError) as error:
        raise CannotOpen("the sealed bytes do not open") from error


def _encrypt(payload: bytes, sealing_key: bytes, *, info: bytes) -> bytes:
    _check_info(info)
    public_key = hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(sealing_key[:MLKEM_KEY_BYTES]),
        X25519PublicKey.from_public_bytes(sealing_key[MLKEM_KEY_BYTES:]),
    )
    return _SUITE.encrypt(payload, public_key, info=info)


def _decrypt(sealed: bytes, private_key: hpke.MLKEM768X25519PrivateKey, info: bytes) -> bytes:
    try:
        return _SUITE.decrypt(sealed, private_key, info=info)
    except (InvalidTag, ValueError) as error:
        raise CannotOpen("the sealed bytes do not open") from error


def _check_info(info: bytes) -> None:
    if not info.startswith(PREFIX):
        raise Malformed("an HPKE info begins with the protocol's label")


def _checked_key(key: bytes) -> bytes:
    if len(key) != SEED_BYTES:
        raise Malformed("a key to seal under has 32 bytes")
    return key


def _commitment(public_key: bytes) -> bytes:
    return hashlib.sha256(public_key).digest()


def _deflate(plaintext: bytes) -> bytes:
    compressor = zlib.compressobj(level=9, wbits=_RAW_DEFLATE)
    return compressor.compress(plaintext) + compressor.flush()


def _pad(compressed: bytes) -> bytes:
    needed = _HEADER_BYTES + SEAL_OVERHEAD_BYTES + _LENGTH_BYTES + len(compressed)
    size = max(OBJECT_MIN_BYTES, 1 << (needed - 1).bit_length())
    if size > OBJECT_MAX_BYTES:
        raise Malformed("too large for one object", limit_bytes=OBJECT_MAX_BYTES)
    return len(compressed).to_bytes(_LENGTH_BYTES, "big") + compressed + bytes(size - needed)


def _unpad(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
    end = _LENGTH_BYTES + length
    if end > len(padded):
        raise CannotOpen("the object's padding is not well-formed")
    if any(padded[end:]):
        raise CannotOpen("the object's padding is not zero")
    return padded[_LENGTH_BYTES:end]


def _inflate(compressed: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=_RAW_DEFLATE)
    try:
        plaintext = inflater.decompress(compressed, INFLATED_MAX_BYTES + 1)
    except zlib.error as error:
        raise CannotOpen("the object's text is not compressed properly") from error
    if len(plaintext) > INFLATED_MAX_BYTES:
        raise CannotOpen("the object's text is too long")
    if not inflater.eof or inflater.unused_data:
        raise CannotOpen("the object's text does not end where its length says")
    return plaintext
