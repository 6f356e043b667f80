"""The icons of a phone's home screen are drawn from our own SVG, and the manifest names them as they are now."""

import json
import struct
import zlib

import pytest

from blockmrs.controllers.site.assets import Assets
from tools.icons import PUBLIC, SIZES, UNITS, corners, rows

RUN = "run python tools/icons.py"
SVG = (PUBLIC / "favicon.svg").read_text(encoding="utf-8")
MANIFEST = json.loads((PUBLIC / "manifest.webmanifest").read_text(encoding="utf-8"))


@pytest.mark.parametrize("side", SIZES)
def test_an_icon_is_what_the_svg_shows(side: int) -> None:
    png = (PUBLIC / f"icon-{side}.png").read_bytes()
    assert struct.unpack(">II", png[16:24]) == (side, side)
    assert bytes.fromhex("a8000f ffffff") in png
    start = png.index(b"IDAT") + 4
    length = int.from_bytes(png[start - 8 : start - 4], "big")
    assert zlib.decompress(png[start : start + length]) == rows(SVG, side), RUN
    assert len(png) < 1024


def test_the_manifest_has_the_sizes_that_phones_ask_for_each_under_its_content() -> None:
    assets = Assets(PUBLIC)
    addresses = {icon["src"].partition("?")[::2] for icon in MANIFEST["icons"]}
    assert all(assets.is_current(path, query) for path, query in addresses), RUN
    for purpose in ("any", "maskable"):
        assert {icon["sizes"] for icon in MANIFEST["icons"] if icon.get("purpose") == purpose} == {"192x192", "512x512"}


def test_no_phone_cuts_the_sign_away() -> None:
    """A maskable icon may lose what is more than two fifths of its side away from the middle."""
    outline = corners(SVG.split(' d="')[1].split('"')[0])
    assert max(abs(complex(x, y) - complex(UNITS / 2, UNITS / 2)) for x, y in outline) <= 0.4 * UNITS


@pytest.mark.parametrize("path", ["M1 1l2 2z", "M1 1h2 3z"])
def test_an_outline_that_is_not_along_the_axes_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not a line along an axis"):
        list(corners(path))
