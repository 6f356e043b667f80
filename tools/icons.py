"""Draw the icons of a phone's home screen from `public/favicon.svg`, and name them in the manifest.

    python tools/icons.py

A home screen takes no SVG everywhere, and cuts its own corners: so the ground fills the whole square, and what the sign
shows stays inside the middle that no phone cuts away ("maskable" in the web app manifest). The manifest names each file
by its content, as every page does, so that it may be kept for good.
"""

import json
import re
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

from blockmrs.controllers.site.assets import Assets

PUBLIC = Path(__file__).resolve().parent.parent / "blockmrs" / "public"
SIZES = (192, 512)
"""Sides in pixels: what browsers ask for to install a page (web app manifest, "icons")."""
UNITS = 32
"""The side of the SVG's view box. Both sizes are whole multiples, so that every edge falls between two pixels."""
_STEP = re.compile(r"([A-Za-z])([-\d. ]*)")


def corners(path: str) -> Iterator[tuple[float, float]]:
    """The corners of an outline of straight lines along the axes, as `M`, `h`, `v`, `H`, `V` and `z` say it."""
    x = y = 0.0
    for letter, numbers in _STEP.findall(path):
        match letter, [float(number) for number in numbers.split()]:
            case "M", [x, y]:
                pass
            case "h", [step]:
                x += step
            case "v", [step]:
                y += step
            case "H", [x]:
                pass
            case "V", [y]:
                pass
            case "z", []:
                return
            case _:
                message = f"{letter}{numbers} is not a line along an axis"
                raise ValueError(message)
        yield x, y


def is_inside(outline: list[tuple[float, float]], x: float, y: float) -> bool:
    """Whether a point lies inside: a ray to its left crosses the outline an odd number of times."""
    ends = zip(outline, [*outline[1:], outline[0]], strict=True)
    return sum(a < x and min(b, d) < y < max(b, d) for (a, b), (_c, d) in ends) % 2 == 1


def rows(svg: str, side: int) -> bytes:
    """The picture, one bit a pixel: each row begins with its filter (none), as PNG has it before it is compressed."""
    found = re.search(r'<path d="([^"]+)"', svg)
    if found is None or side % UNITS:
        message = "no outline, or a side that is no multiple of the view box"
        raise ValueError(message)
    outline, scale = list(corners(found[1])), side // UNITS
    drawn = b""
    for row in range(UNITS):
        bits = "".join(str(int(is_inside(outline, column + 0.5, row + 0.5))) * scale for column in range(UNITS))
        drawn += (b"\0" + int(bits, 2).to_bytes(side // 8, "big")) * scale
    return drawn


def picture(svg: str, side: int) -> bytes:
    """The PNG: the colours of the SVG's two shapes as its palette (PNG, third edition, colour type 3)."""
    palette = b"".join(
        bytes.fromhex(colour[1:] if len(colour) > 4 else "".join(digit * 2 for digit in colour[1:]))
        for colour in re.findall(r'fill="(#[0-9a-f]+)"', svg)
    )
    head = struct.pack(">IIBBBBB", side, side, 1, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(rows(svg, side), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )


def main() -> int:
    """Write the files, then their addresses into the manifest."""
    svg = (PUBLIC / "favicon.svg").read_text(encoding="utf-8")
    for side in SIZES:
        (PUBLIC / f"icon-{side}.png").write_bytes(picture(svg, side))
    path, assets = PUBLIC / "manifest.webmanifest", Assets(PUBLIC)
    manifest = json.loads(path.read_text(encoding="utf-8"))
    drawn = [
        {"src": assets.address(f"/icon-{side}.png"), "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
        for purpose in ("any", "maskable")
        for side in SIZES
    ]
    sign = {"src": assets.address("/favicon.svg"), "sizes": "any", "type": "image/svg+xml"}
    manifest["icons"] = [*drawn, sign]
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
