"""One ciphertext that opens under two keys, to two texts: what AES-GCM allows to whoever knows both keys.

GCM's tag is a polynomial in a value that each key determines, plus a mask. With both keys known, one free block of
the ciphertext can be solved so that both keys give the same tag.
"""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from tests.reference.hpke import key_schedule, xwing_decapsulate

BLOCK = 16
_REDUCTION = 0xE1 << 120


def _multiply(x: int, y: int) -> int:
    """The product in GF(2^128), bits in GCM's order. Source: NIST SP 800-38D section 6.3."""
    product = 0
    for bit in range(127, -1, -1):
        if (y >> bit) & 1:
            product ^= x
        x = (x >> 1) ^ (_REDUCTION if x & 1 else 0)
    return product


def _power(x: int, exponent: int) -> int:
    result = 1 << 127
    while exponent:
        if exponent & 1:
            result = _multiply(result, x)
        x = _multiply(x, x)
        exponent >>= 1
    return result


def _encrypt_block(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(AES(key), ECB()).encryptor()  # noqa: S305 - one block of GCM's inside, by hand
    return encryptor.update(block) + encryptor.finalize()


def _keystream(key: bytes, nonce: bytes, length: int) -> bytes:
    blocks = -(-length // BLOCK)
    return b"".join(_encrypt_block(key, nonce + (2 + n).to_bytes(4, "big")) for n in range(blocks))[:length]


def _tag(key: bytes, nonce: bytes, ciphertext: bytes) -> tuple[int, int]:
    """GHASH's key and the tag, as integers, of a ciphertext without further data."""
    hash_key = int.from_bytes(_encrypt_block(key, bytes(BLOCK)), "big")
    total = 0
    for at in range(0, len(ciphertext), BLOCK):
        block = int.from_bytes(ciphertext[at : at + BLOCK].ljust(BLOCK, b"\x00"), "big")
        total = _multiply(total ^ block, hash_key)
    total = _multiply(total ^ len(ciphertext) * 8, hash_key)
    mask = int.from_bytes(_encrypt_block(key, nonce + b"\x00\x00\x00\x01"), "big")
    return hash_key, total ^ mask


def forge(texts: tuple[bytes, bytes], length: int, first: tuple[bytes, bytes], second: tuple[bytes, bytes]) -> bytes:
    """A ciphertext of `length` and its tag: `first` (key, nonce) reads the first text, then noise; `second` reads
    noise as long as that, then the second text, then noise. Both texts are whole blocks."""
    place = len(texts[0]) + len(texts[1])
    streams = [_keystream(*keys, length) for keys in (first, second)]
    stream = streams[0][: len(texts[0])] + streams[1][len(texts[0]) :]
    text = (texts[0] + texts[1]).ljust(length, b"\x00")
    ciphertext = bytearray(a ^ b for a, b in zip(text, stream, strict=True))
    ciphertext[place : place + BLOCK] = bytes(BLOCK)
    # The free block counts with the power of the hash key that its place has: x * (h1^n + h2^n) = tag1 + tag2.
    power = -(-(length - place) // BLOCK) + 1
    hash_first, tag_first = _tag(*first, bytes(ciphertext))
    hash_second, tag_second = _tag(*second, bytes(ciphertext))
    factor = _power(hash_first, power) ^ _power(hash_second, power)
    free = _multiply(tag_first ^ tag_second, _power(factor, 2**128 - 2))
    ciphertext[place : place + BLOCK] = free.to_bytes(BLOCK, "big")
    return bytes(ciphertext) + _tag(*first, bytes(ciphertext))[1].to_bytes(BLOCK, "big")


def forge_sealed(texts: tuple[bytes, bytes], length: int, enc: bytes, seeds: tuple[bytes, bytes], info: bytes) -> bytes:
    """One HPKE message of `length` bytes of text, with the encapsulation `enc`, that opens under both seeds."""
    first, second = (key_schedule(xwing_decapsulate(seed, enc), info) for seed in seeds)
    return enc + forge(texts, length, first, second)
