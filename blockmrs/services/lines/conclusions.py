"""What was concluded from lines, remembered sealed for as long as nothing comes to any place that was looked at.

For what every page asks again, such as whether there is news about somebody's family: to read and check those lines
anew takes longer than the rest of a small page. The row says at which size of the log it was concluded, and which
places of which lines were looked at, the empty ones too; before it is believed, the log is asked whether anything has
come to stand at one of them since. So whatever anybody writes there counts at once, an end above all. What does not
stand in the log has to be said: a time after which the conclusion no longer holds, and `changed`.

It is sealed under the reader's keys, and only saves time: a row that is missing, of another version, or does not open
costs one reading. An older one put back is held against all that the log got since. Nothing that decides who may do
something is remembered here: that is read each time (ADR 38).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.encoding import Value, decode_padded, encode
from blockmrs.errors import BlockMRSError, Unavailable
from blockmrs.moments import to_ms
from blockmrs.services.lines.short_cuts import read_short_cuts, replace_short_cut

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from blockmrs.chain.ledger import Ledger
    from blockmrs.crypto.keys import Keyring
    from blockmrs.model.database import Database
    from blockmrs.services.lines.readings import Readings

VERSION = 1
LEAST_LINES, MOST_PLACES = 2, 400
"""One line is as soon read as asked about. To ask for more places than that would cost as much as to read them."""
_LEAST_BYTES = 1024

Conclude = Callable[[], tuple[Value, datetime]]
"""The conclusion, and the time from which on it may be another though nothing was written."""


class Conclusions:
    """Concludes, and remembers what was concluded."""

    def __init__(self, database: Database, ledger: Ledger, readings: Readings, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._ledger = ledger
        self._readings = readings
        self._now = clock

    def of(self, reader: Keyring, what: str, conclude: Conclude) -> Value:
        """What `conclude` returns, or returned when what it looked at was the same; it must depend on nothing else.

        Args:
            what: tells the reader's conclusions from each other.
        """
        lookup, mark_lookup = _lookup(reader, what), _mark_lookup(reader, what)
        # All of it before anything is read: what comes meanwhile is noticed at the next use.
        rows = read_short_cuts(self._database, [lookup, mark_lookup])
        size, now_ms, mark = self._ledger.size, to_ms(self._now()), rows.get(mark_lookup, b"")
        if lookup in rows:
            try:
                match decode_padded(open_secret(_key(reader), rows[lookup], context=lookup)):
                    case [1, bytes() as marked, int() as read, int() as since_ms, int() as until_ms, [*places], value]:
                        is_current = marked == mark and read <= size and since_ms <= now_ms < until_ms
                        if is_current and (read == size or not self._ledger.came_to(_places(places), read)):
                            return value
            except Unavailable:
                raise
            except BlockMRSError:
                pass
        with self._readings.one(), self._readings.now().noting() as noted:
            value, until = conclude()
        if len(noted) >= LEAST_LINES and sum(noted.values()) <= MOST_PLACES:
            lines: list[Value] = [[line_key, stop] for line_key, stop in noted.items()]
            self._write(reader, lookup, [VERSION, mark, size, now_ms, to_ms(until), lines, value])
        return value

    def changed(self, rows: Session, reader: Keyring, what: str) -> None:
        """Note, within a transaction, that what the log does not say has changed: it is concluded anew."""
        lookup = _mark_lookup(reader, what)
        # The seal is another each time.
        replace_short_cut(rows, lookup, seal_secret(_key(reader), b"", context=lookup))

    def _write(self, reader: Keyring, lookup: bytes, content: Value) -> None:
        text = encode(content)
        padded = text.ljust(max(_LEAST_BYTES, 1 << (len(text) - 1).bit_length()), b"\x00")
        try:
            with self._database.write() as rows:
                replace_short_cut(rows, lookup, seal_secret(_key(reader), padded, context=lookup))
        except Unavailable:
            return  # A full disk must not keep anybody from reading.


def _places(content: list[Value]) -> dict[bytes, int]:
    places = {}
    for line in content:
        match line:
            case [bytes() as line_key, int() as stop]:
                places[line_key] = stop
    return places


def _lookup(reader: Keyring, what: str) -> bytes:
    return reader.derive("conclusion", what.encode())


def _mark_lookup(reader: Keyring, what: str) -> bytes:
    return reader.derive("conclusion changed", what.encode())


def _key(reader: Keyring) -> bytes:
    return reader.derive("conclusion key")
