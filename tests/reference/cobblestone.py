"""A second implementation of Cobblestone-256 (C2SP chunked-encryption v1), where the salt can be chosen."""

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

CHUNK_BYTES = 16384
LABEL = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"


def seal(key: bytes, plaintext: bytes, *, context: bytes, salt: bytes) -> bytes:
    expanded = HKDFExpand(algorithm=SHA512(), length=76, info=LABEL + salt + context).derive(key)
    chunk_key, base_nonce, commitment = AESGCM(expanded[:32]), expanded[32:44], expanded[44:]
    sealed = salt + commitment
    # The last chunk is always shorter than the others, if need be empty.
    for number in range(len(plaintext) // CHUNK_BYTES + 1):
        nonce = (int.from_bytes(base_nonce, "big") ^ number).to_bytes(12, "big")
        chunk = plaintext[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
        sealed += chunk_key.encrypt(nonce, chunk, None)
    return sealed
