"""The way of the design that this one replaces: an RSA-4096 key pair for every update, and nothing stored."""

import secrets

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

LONGEST_RECORD_BYTES = 470
"""All that RSA-4096 with OAEP-SHA1 takes: no report fits, so the comparison flatters it."""


def write_update() -> None:
    """Key pair, its PEM under a password, OAEP, PSS."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=4096)
    key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"marble kettle sunrise otter"))
    oaep = padding.OAEP(mgf=padding.MGF1(SHA1()), algorithm=SHA1(), label=None)  # noqa: S303 - as it was
    sealed = key.public_key().encrypt(secrets.token_bytes(LONGEST_RECORD_BYTES), oaep)
    key.sign(sealed, padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=padding.PSS.MAX_LENGTH), SHA256())
