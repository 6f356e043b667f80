"""The key that signs headers, and beside it the file with the last block that it signed.

The file is what keeps a restored database from forking the chain, and a crash from losing or repeating a header. A
block is written here, durably, *before* the database commits it, and nobody sees a header before the database has it:

- Killed before the file is in place: nobody ever saw the header, and it is gone for good.
- Killed after that, before the database has committed: the file is one block ahead. The very same block, already
  signed, is put into the database as soon as may be. Signing another header for that height would be a fork, had the
  database in truth committed and been restored from an older copy since: the two cannot be told apart, and need not be.
- The database is further behind, or differs: it is an old copy, and the sealer refuses to sign.

Source: docs/protocol.md "The head file".
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from blockmrs import durable, encoding
from blockmrs.chain.checkpoint import sign_note
from blockmrs.chain.header import Header
from blockmrs.crypto.keys import signing_public_key
from blockmrs.crypto.secret_files import read_or_create_secret_file
from blockmrs.errors import InvalidInput, Malformed, Unavailable

OnStep = Callable[[str], None]
"""Called with the name of each step just done, in the order of effects; tests stop the process there."""

_DIGEST_BYTES = 32


def no_step(_step: str) -> None:
    """Let every step pass."""


@dataclass(frozen=True, slots=True)
class SignedBlock:
    """What is needed to repeat a block: its header, its transactions' bytes, and the encoded sealers it names anew."""

    header: Header
    transactions: tuple[bytes, ...]
    sealers: bytes | None = None

    def encode(self) -> bytes:
        """CBOR of a map: 0 header, 1 sealers or null, 2 transactions; then SHA-256 of that."""
        content = encoding.encode({0: self.header.encode(), 1: self.sealers, 2: self.transactions})
        return content + hashlib.sha256(content).digest()

    @classmethod
    def decode(cls, data: bytes) -> "SignedBlock":
        """The block that `data` encodes, else InvalidInput."""
        content, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
        if hashlib.sha256(content).digest() != digest:
            raise Malformed("its digest is wrong")
        match encoding.decode(content):
            case {0: bytes() as header, 1: (bytes() | None) as sealers, 2: list() as transactions}:
                if not all(isinstance(item, bytes) for item in transactions):
                    raise Malformed("one of its transactions is not bytes")
                return cls(Header.decode(header), tuple(transactions), sealers)
            case _:
                raise Malformed("it holds no block")


class Sealer:
    """Signs headers with the key in `key_file` (0600, made if missing) and keeps `head_file` ahead of everything else.

    Neither file belongs in a database, nor is `head_file` ever replaced by an older one.
    """

    def __init__(
        self, key_file: Path, head_file: Path, *, lock_wait_s: float = 30.0, on_step: OnStep = no_step
    ) -> None:
        self._key_file = key_file
        self._head_file = head_file
        self._lock_wait_s = lock_wait_s
        self._on_step = on_step
        self._seed = read_or_create_secret_file(key_file)
        self.public_key = signing_public_key(self._seed)

    def __repr__(self) -> str:
        return f"Sealer({self.public_key.hex()})"

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the key exclusively among all threads and processes of this machine, whatever database they use.

        Raises:
            Unavailable: somebody else held it for longer than we were willing to wait.
        """
        try:
            file = self._key_file.open("rb")
        except OSError as error:
            raise Unavailable("the sealer's key file cannot be read", reason=error.strerror) from error
        with file:
            # Freed when the file is closed, even by a process that is killed.
            if not durable.lock_within(file.fileno(), self._lock_wait_s):
                raise Unavailable("another process holds the sealer's key")
            yield

    def sign(self, header: Header) -> Header:
        """The header, signed. Call only inside `exclusive`, for the one header that may follow the published head."""
        return header.signed_by(self._seed)

    def sign_note(self, text: str, name: str) -> str:
        """The signed note of `text`, under this key and `name`: what a node states to people, never a header."""
        return sign_note(text, name, self._seed)

    def read_head(self) -> SignedBlock | None:
        """The last block published here; None if there never was one.

        Raises:
            Unavailable: the file is there but cannot be used, so nobody can say what was published.
        """
        try:
            return SignedBlock.decode(self._head_file.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable("the head file cannot be read", reason=error.strerror) from error
        except InvalidInput as error:
            raise Unavailable(
                "the head file beside the sealer's key is damaged, so this node cannot know what it published and"
                " signs nothing",
                reason=error.message,
            ) from error

    def publish(self, block: SignedBlock) -> None:
        """Make `block` the last one published, durably; the old file stays until the new one is whole.

        Raises:
            Unavailable: the disk did not keep it.
        """
        try:
            durable.replace(self._head_file, block.encode(), lambda step: self._on_step(f"head {step}"))
        except OSError as error:
            raise Unavailable("the head file cannot be written", reason=error.strerror) from error
