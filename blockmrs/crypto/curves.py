"""Which public keys are acceptable: the checks that the library leaves to its caller.

Source: RFC 8032 section 5.1.3; RFC 7748 section 6.1; docs/protocol.md "Cards".
"""

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

SIGNING_KEY_BYTES = 32
MLKEM_KEY_BYTES = 1184
X25519_KEY_BYTES = 32
SEALING_KEY_BYTES = MLKEM_KEY_BYTES + X25519_KEY_BYTES

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
# The y coordinates of the eight points whose order divides 8: y = 1 (order 1), -1 (2), 0 (4), and for order 8 the
# two roots of d*y^4 + 2*y^2 - 1 = 0, which come as y and -y.
_ORDER_8_Y = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})
# Any scalar will do: after clamping it is a multiple of 8, which takes exactly the points of small order to zero.
_PROBE = X25519PrivateKey.from_private_bytes(bytes(range(32)))


def is_acceptable_signing_key(key: bytes) -> bool:
    """Whether `key` is 32 bytes, canonically encoded, and not of small order. It may still not be a point at all."""
    if len(key) != SIGNING_KEY_BYTES:
        return False
    y = int.from_bytes(key, "little") & (2**255 - 1)
    return y < _P and y not in _SMALL_ORDER_Y


# The two checks below cost as much as sealing itself, on keys that are public and keep recurring.
@lru_cache(maxsize=1024)
def is_point(key: bytes) -> bool:
    """Whether the 32 bytes decompress to a point of edwards25519: x^2 = (y^2 - 1) / (d*y^2 + 1) has a root."""
    y = int.from_bytes(key, "little") & (2**255 - 1)
    # The quotient is a square if the product is, which saves the division. The divisor is never zero.
    product = (y * y - 1) * (_D * y * y + 1) % _P
    return pow(product, (_P - 1) // 2, _P) in (0, 1)


@lru_cache(maxsize=1024)
def is_acceptable_sealing_key(key: bytes) -> bool:
    """Whether `key` is an X-Wing public key: ML-KEM-768 (coefficients below q) and X25519 (canonical, full order)."""
    if len(key) != SEALING_KEY_BYTES:
        return False
    x25519 = key[MLKEM_KEY_BYTES:]
    if int.from_bytes(x25519, "little") >= _P:
        return False
    try:
        MLKEM768PublicKey.from_public_bytes(key[:MLKEM_KEY_BYTES])
        _PROBE.exchange(X25519PublicKey.from_public_bytes(x25519))
    except ValueError:
        return False
    return True
