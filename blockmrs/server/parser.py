"""Reads a request within limits, in time that grows with its length, and keeps its body in memory only.

Waitress's own patterns take time that grows with the square of a line; a first line of 200 kB held its one loop for an
hour. Here a line is checked for its shape before they see it, and on such lines they never backtrack.
"""

import re
from typing import Any

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import RequestEntityTooLarge, RequestHeaderFieldsTooLarge

from blockmrs.server.limits import MOST_HEADERS, OVERHEAD_BYTES

_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")
_VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Parser(HTTPRequestParser):  # type: ignore[misc] # waitress ships no types
    """One request as it comes in. Of a body longer than `adj.inbuf_overflow` only the length is kept."""

    body_rcv: Any = None

    @property
    def size_bytes(self) -> int:
        """How much memory this request takes."""
        return len(self.header_plus) + (self.body_rcv.in_memory_bytes if isinstance(self.body_rcv, _Body) else 0)

    def parse_header(self, header_plus: bytes) -> None:
        """Read the first line and the headers; ParsingError for anything that no browser or proxy sends."""
        start, _, rest = header_plus.partition(b"\r\n")
        lines = rest.split(b"\r\n")
        if len(lines) > MOST_HEADERS + 2:
            # Answered like those that are too long.
            self.error = RequestHeaderFieldsTooLarge("too many headers")
            lines, self.connection_close = [], True
        _check_start(start.rstrip())
        super().parse_header(b"\r\n".join([start, *(_checked(line) for line in lines), b""]))
        if self.body_rcv is not None:
            self.body_rcv = _Body(self.body_rcv, self.adj.inbuf_overflow)

    def received(self, data: bytes) -> int:
        """Take in some bytes; return how many of them belong to this request."""
        consumed = int(super().received(data))
        body = self.body_rcv
        if isinstance(body, _Body) and body.overhead_bytes > OVERHEAD_BYTES:
            self.error = RequestEntityTooLarge("more between the pieces of a body than anybody sends")
            self.completed = True
        if self.completed and self.error is not None:
            self.connection_close = True
        return consumed


class _Body:
    """A receiver that holds content in memory up to a size; beyond that it discards the content and counts the length.

    The application is told the length, and refuses it unread.
    """

    def __init__(self, receiver: Any, most_bytes: int) -> None:
        self._receiver = receiver
        self._most_bytes = most_bytes
        self._dropped_bytes = 0
        self._taken_bytes = 0
        # Not even content longer than this is ever written to a file.
        receiver.buf.overflow = float("inf")
        self._empty = type(receiver.buf)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._receiver, name)

    def __len__(self) -> int:
        return len(self._receiver) + self._dropped_bytes

    @property
    def in_memory_bytes(self) -> int:
        """What is in memory."""
        return len(self._receiver)

    @property
    def overhead_bytes(self) -> int:
        """What arrived beside the content: the sizes of a body's chunks, each of which takes its time."""
        return self._taken_bytes - len(self)

    def received(self, data: bytes) -> int:
        """Take in some bytes; return how many of them belong to the body."""
        consumed = int(self._receiver.received(data))
        self._taken_bytes += consumed
        in_memory_bytes = len(self._receiver)
        if self._dropped_bytes or in_memory_bytes > self._most_bytes:
            self._dropped_bytes += in_memory_bytes
            self._receiver.buf.close()
            self._receiver.buf = self._empty(float("inf"))
        return consumed


def _check_start(line: bytes) -> None:
    parts = line.split(b" ")
    well_made = (
        len(parts) in (2, 3)
        and _METHOD.fullmatch(parts[0])
        and parts[1]
        and (len(parts) == 2 or _VERSION.fullmatch(parts[2]))
    )
    if not well_made or _CONTROL.search(line) or b"\t" in line:
        raise ParsingError("Start line is invalid")


def _checked(line: bytes) -> bytes:
    """A header line without blanks around its value; an empty one unchanged."""
    if not line:
        return line
    name, colon, value = line.partition(b":")
    if not colon or not _NAME.fullmatch(name) or _CONTROL.search(value):
        raise ParsingError("Invalid header")
    return name + b":" + value.strip(b" \t")
