"""The least that a save can cost: its own cryptographic calls and durable writes, in order, and nothing else.

`cryptography` is called as bare as it can be, and the disk by `os.write`, `os.fsync` and `os.fdatasync`. No encoding,
no checks, no SQL, no padding or compression, no digest but those inside the library's calls.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from benchmarks.counting import FRAME_HEADER_BYTES, Step

EARLIER_REPORTS = 10
"""What each coach of the measurement has saved before: how much is looked up depends a little on it."""

_PLACE = ["derive", "signing key"]  # the one-time key of one place of a line
_OPENED = ["open", "verify"]  # one transaction of one's own; its private key was expanded when it was first used
_ENTRY = [*_PLACE, *_OPENED]
_CARD = ["signing key", "expand", "public bytes"]
_TRANSACTION = [*_PLACE, "sign", "seal", "sign"]
_OBJECT = ["expand", "public bytes", "seal", "object", "derive"]  # the last is what lets it go

STEPS: list[str] = [
    *("derive", "derive"),  # the mark of this pressing of Save, and the row that it would have left
    # Where the coach's line ends this process knows from the saves before.
    *(*_PLACE * 3, *_OPENED * 3),  # no save that was cut off stands at its end
    *("expand", "public bytes", "open", *["derive"] * 6, *_CARD),  # the player's provisional card
    "derive",  # the line of the player's roll, on which nobody stands yet
    "sign",  # the update
    *_OBJECT,  # the coach's own
    *_TRANSACTION,  # its grant to the coach
    *_OBJECT,  # the player's
    *_ENTRY,  # the update before this one
    *_TRANSACTION,  # the grant to the player
    *("verify", "verify", "sign", "head", "ledger"),  # one block
    *("derive", "derive", "derive", "seal secret", "seal secret", "rows"),  # the rows that find it again
]
"""What a save does, call by call. It is counted anew at every run; this list only has to say the same."""

_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_INFO = b"blockmrs/1 benchmark\x00" + bytes(32)
_WAL_WRAPS_AT = 1000  # frames: where SQLite starts its log again from the beginning
_SECRET_OVERHEAD = 72  # what sealing under a symmetric key adds, about
_FRAME_BYTES = 4096 + FRAME_HEADER_BYTES


class Floor:
    """One save's bare work, ready to run any number of times in `folder`, whose layout is that of an installation."""

    def __init__(self, folder: Path, steps: Sequence[Step]) -> None:
        self._folder = folder
        for name in ("objects/incoming", "objects/00", "secrets"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._wal = os.open(folder / "blockmrs.db-wal", os.O_RDWR | os.O_CREAT, 0o600)
        self._wal_offset = 0
        self._calls = [self._call(step) for step in steps]

    def run(self) -> None:
        """Do it all once."""
        for call in self._calls:
            call()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._wal)

    def _call(self, step: Step) -> Callable[[], object]:
        content = secrets.token_bytes(step.size_bytes)
        match step.name:
            case "object":
                return lambda: self._write_object(content)
            case "head":
                return lambda: self._write_head(content)
            case "ledger" | "rows":
                return lambda: self._commit(content)
            case _:
                return _crypto_call(step)

    def _write_object(self, content: bytes) -> None:
        name = secrets.token_hex(16)
        incoming, shard = self._folder / "objects" / "incoming" / name, self._folder / "objects" / "00"
        _write_durably(incoming, content)
        os.rename(incoming, shard / name)
        _sync_folder(shard)

    def _write_head(self, content: bytes) -> None:
        beside = self._folder / "secrets" / "sealer.head.new"
        _write_durably(beside, content)
        os.rename(beside, self._folder / "secrets" / "sealer.head")
        _sync_folder(self._folder / "secrets")

    def _commit(self, content: bytes) -> None:
        if self._wal_offset + len(content) > _WAL_WRAPS_AT * _FRAME_BYTES:
            self._wal_offset = 0
        os.lseek(self._wal, self._wal_offset, os.SEEK_SET)
        self._wal_offset += os.write(self._wal, content)
        os.fdatasync(self._wal)


def check_list(counted: Sequence[Step]) -> str:
    """Empty if the floor's list is what a save does; else where they part, for whoever changed one of them."""
    names = [step.name for step in counted]
    if names == STEPS:
        return ""
    place = next((n for n, pair in enumerate(zip(names, STEPS, strict=False)) if pair[0] != pair[1]), len(STEPS))
    return (
        f"The floor's list of {len(STEPS)} steps is no longer what a save does ({len(names)} steps): from number"
        f" {place} on a save does {names[place : place + 8]}, the list says {STEPS[place : place + 8]}."
    )


def _crypto_call(step: Step) -> Callable[[], object]:
    secret, message = secrets.token_bytes(32), secrets.token_bytes(step.size_bytes)
    signing = Ed25519PrivateKey.from_private_bytes(secret)
    mlkem, x25519 = _expand(secret)
    public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
    match step.name:
        case "derive":
            return lambda: HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO).derive(secret)
        case "expand":
            return lambda: _expand(secret)
        case "public bytes":
            return lambda: mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        case "signing key":
            return lambda: Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
        case "sign":
            return lambda: Ed25519PrivateKey.from_private_bytes(secret).sign(message)
        case "verify":
            signer, signature = signing.public_key().public_bytes_raw(), signing.sign(message)
            return lambda: Ed25519PublicKey.from_public_bytes(signer).verify(signature, message)
        case "seal":
            return lambda: _SUITE.encrypt(message, _public_key(public), info=_INFO)
        case "open":
            overhead = 1088 + 32 + 16
            sealed = _SUITE.encrypt(message[overhead:], _public_key(public), info=_INFO)
            return lambda: _SUITE.decrypt(sealed, hpke.MLKEM768X25519PrivateKey(mlkem, x25519), info=_INFO)
        case "seal secret":
            return lambda: _seal_secret(secret, message)
        case "open secret":
            secret_text = _seal_secret(secret, bytes(max(0, step.size_bytes - _SECRET_OVERHEAD)))
            return lambda: _open_secret(secret, secret_text)
        case other:
            raise ValueError(f"the floor knows no bare form of {other!r}")


def _expand(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    expanded = hashlib.shake_256(seed).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])


def _public_key(public: bytes) -> hpke.MLKEM768X25519PublicKey:
    return hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:1184]), X25519PublicKey.from_public_bytes(public[1184:])
    )


def _seal_secret(key: bytes, message: bytes) -> bytes:
    encryptor = Cobblestone256Encryptor(key, context=_INFO)
    return encryptor.update(message) + encryptor.finalize()


def _open_secret(key: bytes, sealed: bytes) -> bytes:
    decryptor = Cobblestone256Decryptor(key, context=_INFO)
    return decryptor.update(sealed) + decryptor.finalize()


def _write_durably(path: Path, content: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.write(file, content)
    os.fsync(file)
    os.close(file)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(folder)
    os.close(folder)
