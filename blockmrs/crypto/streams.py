"""Files of any length under a passphrase: sealed while they are written, opened while they are read.

The bytes: MAGIC, the length of the wrapped key (two bytes, big-endian), the key wrapped under the passphrase, and
Cobblestone-256 of the rest. No pepper is involved: such a file has to open on a machine that has lost everything else.
"""

import secrets
from typing import BinaryIO

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from blockmrs.crypto.labels import label
from blockmrs.crypto.wrapping import PEPPER_BYTES, WrapCost, Wrapper
from blockmrs.errors import CannotOpen

MAGIC = b"blockmrs sealed file 1\n"
_LENGTH_BYTES = 2
_PART_BYTES = 64 * 1024


class SealingWriter:
    """Writes what it is given to `file`, sealed under `passphrase`; the file is complete only after `finish`."""

    def __init__(self, file: BinaryIO, passphrase: str, *, purpose: str, cost: WrapCost | None = None) -> None:
        key = secrets.token_bytes(32)
        context = label(purpose)
        wrapped = _wrapper(cost).wrap(passphrase, key, context=context)
        file.write(MAGIC + len(wrapped).to_bytes(_LENGTH_BYTES, "big") + wrapped)
        self._file = file
        self._encryptor = Cobblestone256Encryptor(key, context=context)

    def write(self, data: bytes) -> int:
        self._file.write(self._encryptor.update(data))
        return len(data)

    def finish(self) -> None:
        """Write the end, without which the file cannot be opened."""
        self._file.write(self._encryptor.finalize())


class OpeningReader:
    """Reads what a SealingWriter wrote to `file`, which is positioned after MAGIC.

    What `read` returns is authentic, but do not act on it before `finish` has returned: the end may be missing.

    Raises:
        CannotOpen: another passphrase or purpose, or changed or missing bytes.
    """

    def __init__(self, file: BinaryIO, passphrase: str, *, purpose: str) -> None:
        context = label(purpose)
        length = int.from_bytes(file.read(_LENGTH_BYTES), "big")
        key = _wrapper(None).unwrap(passphrase, file.read(length), context=context)
        self._file = file
        self._decryptor = Cobblestone256Decryptor(key, context=context)
        self._opened = bytearray()
        self._is_finished = False

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size` of them; fewer only at the end."""
        while len(self._opened) < size and not self._is_finished:
            self._open_more()
        part = bytes(self._opened[:size])
        del self._opened[:size]
        return part

    def finish(self) -> None:
        """Return once the authentic end has been seen."""
        while not self._is_finished:
            self._open_more()

    def _open_more(self) -> None:
        part = self._file.read(_PART_BYTES)
        try:
            if part:
                self._opened += self._decryptor.update(part)
            else:
                self._is_finished = True
                self._opened += self._decryptor.finalize()
        except (InvalidTag, ValueError) as error:
            raise CannotOpen("the sealed bytes do not open") from error


def _wrapper(cost: WrapCost | None) -> Wrapper:
    return Wrapper(bytes(PEPPER_BYTES), cost or WrapCost())
