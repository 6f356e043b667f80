"""How a link reaches somebody else's phone: as a QR code that the page itself draws, or in a text message."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import segno

_QUIET = 4


@dataclass(frozen=True, slots=True)
class QrDrawing:
    """The parts of an inline SVG, so that the secret inside has no address of its own.

    The side of the drawing is in modules, including its quiet zone; the path is that of all dark modules.
    """

    side: int
    path: str

    def __repr__(self) -> str:
        return f"QrDrawing({self.side})"


def draw_qr(text: str) -> QrDrawing:
    """`text` as a QR code that can still be read with a seventh of it covered."""
    code = segno.make_qr(text, error="m", boost_error=True)
    steps = []
    for y, row in enumerate(code.matrix):
        x, width = 0, len(row)
        while x < width:
            if not row[x]:
                x += 1
                continue
            start = x
            while x < width and row[x]:
                x += 1
            steps.append(f"M{start + _QUIET} {y + _QUIET}h{x - start}v1h-{x - start}z")
    return QrDrawing(len(code.matrix) + 2 * _QUIET, "".join(steps))


def text_message(words: str) -> str:
    """A link that opens the phone's own messages with these words, addressed to nobody yet."""
    return "sms:?&body=" + quote(words, safe="")
