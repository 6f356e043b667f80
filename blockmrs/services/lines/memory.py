"""What was read of a line that others write to as well, so that a page opens only what is new and what it shows.

The same short cut as `contents.py`, for a line of which its reader keeps what they like: each message becomes one
value, or nothing. It is kept sealed under the reader's keys. It says how far its writer had read: whatever has been
written since is read afresh, even at earlier places, and so is what did not open. A row that is missing, of another
version, or does not open costs one reading of the whole line; an older one put back makes a reader read more.

    memory.read(line_key, reader, value_of)   # the values of a line, in the order of the log
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.encoding import Value, decode_padded, encode
from blockmrs.errors import BlockMRSError, CannotOpen, Unavailable
from blockmrs.moments import to_ms
from blockmrs.services.lines.reader import LineReader, Message, messages_of
from blockmrs.services.lines.short_cuts import read_short_cut, replace_short_cut

if TYPE_CHECKING:
    from blockmrs.chain.ledger import Ledger
    from blockmrs.crypto.keys import Card, Keyring
    from blockmrs.model.database import Database
    from blockmrs.services.lines.readings import Readings

VERSION = 1
_WORTH_KEEPING = 20
"""How many places are read again at each visit before the row is rewritten."""
_LEAST_BYTES = 1024

ValueOf = Callable[[Message], Value]
"""What to keep of a message; None if nothing of it matters."""


@dataclass(frozen=True, slots=True)
class PlacedValue:
    """What was kept of one message, with its place in the log and the time of its block, which nobody can choose."""

    position: int
    index: int
    at_ms: int
    value: Value


class LineMemory:
    """Reads lines, and keeps what was read."""

    def __init__(self, database: Database, ledger: Ledger, lines: LineReader, readings: Readings) -> None:
        self._database = database
        self._ledger = ledger
        self._lines = lines
        self._readings = readings

    def read(
        self, line_key: bytes, reader: Keyring, value_of: ValueOf, author: Card | None = None
    ) -> list[PlacedValue]:
        """What `value_of` keeps of a line, in the order of the log; each message once.

        Args:
            author: the only one who may have written it; None to check each entry against its author's card.
        """
        if not self._readings.has_begun:
            return self._read(line_key, reader, value_of, author)
        key = "remembered", line_key, reader.card.id, value_of, author.id if author is not None else None
        return self._readings.now().while_log_stands(key, lambda: self._read(line_key, reader, value_of, author))

    def _read(self, line_key: bytes, reader: Keyring, value_of: ValueOf, author: Card | None) -> list[PlacedValue]:
        size, (row_values, unopened, stop, since) = self._ledger.size, self._read_row(line_key, reader)
        again = set(unopened)
        if stop and since < size:
            again.update(self._ledger.came_since(line_key, range(stop), since))
        line_values = [placed for placed in row_values if placed.position not in again]
        places = self._lines.anew(line_key, reader, again, stop, author)
        shut = {position for position, message in places if message is None}
        values = [(message, value_of(message)) for message in messages_of(places)]
        matter = [(message, value) for message, value in values if value is not None]
        times = self._lines.times_of(message.index for message, _ in matter)
        line_values += [
            PlacedValue(message.position, message.index, to_ms(times[message.index]), value)
            for message, value in matter
        ]
        line_values.sort(key=lambda placed: placed.index)
        end = max([stop, *(position + 1 for position, _ in places)])
        if len(again) + end - stop >= _WORTH_KEEPING:
            self._write_row(line_key, reader, line_values, sorted(shut), end, size)
        return line_values

    def _read_row(self, line_key: bytes, reader: Keyring) -> tuple[list[PlacedValue], list[int], int, int]:
        lookup = _lookup(line_key, reader)
        sealed = read_short_cut(self._database, lookup)
        if sealed is None:
            return [], [], 0, 0
        try:
            return _decode(open_secret(_key(reader), sealed, context=lookup))
        except BlockMRSError:
            return [], [], 0, 0

    def _write_row(
        self,
        line_key: bytes,
        reader: Keyring,
        line_values: list[PlacedValue],
        unopened: list[int],
        stop: int,
        size: int,
    ) -> None:
        lookup = _lookup(line_key, reader)
        sealed = seal_secret(_key(reader), _encode(line_values, unopened, stop, size), context=lookup)
        try:
            with self._database.write() as rows:
                replace_short_cut(rows, lookup, sealed)
        except Unavailable:
            return  # A full disk must not keep anybody from reading.


def _encode(line_values: list[PlacedValue], unopened: list[int], stop: int, size: int) -> bytes:
    items = [[placed.position, placed.index, placed.at_ms, placed.value] for placed in line_values]
    text = encode([VERSION, stop, size, unopened, items])
    return text.ljust(max(_LEAST_BYTES, 1 << (len(text) - 1).bit_length()), b"\x00")


def _decode(text: bytes) -> tuple[list[PlacedValue], list[int], int, int]:
    match decode_padded(text):
        case [1, int() as stop, int() as size, [*unopened], [*items]]:
            line_values = []
            for item in items:
                match item:
                    case [int() as position, int() as index, int() as at_ms, value]:
                        line_values.append(PlacedValue(position, index, at_ms, value))
                    case _:
                        raise CannotOpen("these are not contents of a known version")
            return line_values, [position for position in unopened if isinstance(position, int)], stop, size
    raise CannotOpen("these are not contents of a known version")


def _lookup(line_key: bytes, reader: Keyring) -> bytes:
    return reader.derive("line memory", line_key)


def _key(reader: Keyring) -> bytes:
    return reader.derive("line memory key")
