"""Writes docs/vectors/bundle.json; `--check` only says whether it is what this program makes.

Run from the repository: `python -m tools.make_bundle_vectors`.
"""

import json
from pathlib import Path
from typing import Any, cast

from blockmrs.cid import Cid
from blockmrs.domain.bundles import (
    MOST_ENTRIES,
    MOST_SUB_BUNDLES,
    Bundle,
    BundleEntry,
    BundleTerms,
    EntriesPointer,
    encode_bundle,
    encode_sub_bundle,
)
from blockmrs.domain.sharing import Pointer
from blockmrs.encoding import Value, decode, encode
from tests.vectors.kinds_bundle import run_bundle
from tools.vector_files import write_or_check

FILE = Path(__file__).parents[1] / "docs" / "vectors" / "bundle.json"
SUBJECT, AUTHOR = bytes([0x50]) * 32, bytes([0xA1]) * 32
ENTRY = BundleEntry(Pointer(Cid(bytes([0x0B]) * 32), bytes([0x5E]) * 32), bytes([0x1D]) * 32, AUTHOR, "report", 7)
OTHER = BundleEntry(Pointer(Cid(bytes([0x0C]) * 32), bytes([0x5F]) * 32), bytes([0x1E]) * 32, SUBJECT, "facts", 9)
WHOLE = Bundle(SUBJECT, BundleTerms(name="Sam"), (ENTRY, OTHER))
PARTS = Bundle(
    SUBJECT,
    BundleTerms(kinds=("report",)),
    sub_bundles=(EntriesPointer(Pointer(Cid(bytes([0x0D]) * 32), bytes([0x60]) * 32), bytes([0x2D]) * 32, 2),),
)

Case = dict[str, Any]


def right(name: str, text: bytes, **more: object) -> Case:
    """A right one: what it reads as is worked out by the runner."""
    case: Case = {"name": name, "text": text.hex(), **more}
    return {**case, "expect": run_bundle(case)}


def wrong(name: str, text: bytes, **more: object) -> Case:
    """A wrong one."""
    return {"name": name, "text": text.hex(), **more, "error": "InvalidInput"}


def changed(text: bytes, fields: dict[int, Value], without: tuple[int, ...] = ()) -> bytes:
    """The text with other fields."""
    value = cast(dict[int, Value], decode(text))
    return encode({key: one for key, one in {**value, **fields}.items() if key not in without})


def cases() -> list[Case]:
    """All of them."""
    whole, parts = encode_bundle(WHOLE), encode_bundle(PARTS)
    sub = encode_sub_bundle(SUBJECT, (ENTRY, OTHER))
    of = {"subject": SUBJECT.hex(), "count": 2}
    row: list[Value] = [bytes([0x0B]) * 32, bytes([0x5E]) * 32, bytes([0x1D]) * 32, 0, 0, 7]
    named: list[Value] = [bytes([0x0D]) * 32, bytes([0x60]) * 32, bytes([0x2D]) * 32, 2]
    many: list[Value] = [[*named[:2], number.to_bytes(32, "big"), 1] for number in range(MOST_SUB_BUNDLES + 1)]
    return [
        right("two-updates", whole),
        right("terms-alone", encode_bundle(Bundle(SUBJECT, BundleTerms(True, ("facts",))))),
        right("terms-with-what-is-private", encode_bundle(Bundle(SUBJECT, BundleTerms(kinds=("report", "private"))))),
        right("sub-bundles", parts),
        right("a-sub-bundle", sub, sub_bundle=of),
        wrong("version-2", changed(whole, {0: 2})),
        wrong("without-terms", changed(whole, {}, (2,))),
        wrong("field-unknown", changed(whole, {8: 1})),
        wrong("terms-false", changed(whole, {2: {0: False}})),
        wrong("an-update-twice", changed(whole, {3: [row, row]})),
        wrong("author-not-in-the-list", changed(whole, {3: [[*row[:3], 2, 0, 7]]})),
        wrong("entries-without-authors", changed(whole, {}, (5,))),
        wrong("no-entries", changed(whole, {3: []})),
        wrong("entries-and-sub-bundles", changed(whole, {4: [named]})),
        wrong("a-sub-bundle-twice", changed(parts, {4: [named, named]})),
        wrong("too-many-sub-bundles", changed(parts, {4: many})),
        wrong("too-many-entries", changed(parts, {4: [[*named[:3], MOST_ENTRIES + 1]]})),
        wrong("sub-bundle-below-a-sub-bundle", parts, sub_bundle=of),
        wrong("sub-bundle-with-terms", whole, sub_bundle=of),
        wrong("sub-bundle-of-another-record", sub, sub_bundle={**of, "subject": AUTHOR.hex()}),
        wrong("sub-bundle-with-another-number", sub, sub_bundle={**of, "count": 3}),
        wrong("bytes-after-it", whole + b"\x00"),
    ]


def make_file() -> str:
    """The text of docs/vectors/bundle.json."""
    description = (
        "Texts of bundles, and of the sub-bundles that a bundle of `subject` lists with `count` entries; what they read"
        " as, and their bundle id."
    )
    return json.dumps({"description": description, "kind": "bundle", "cases": cases()}, indent=1) + "\n"


if __name__ == "__main__":
    write_or_check(FILE, make_file())
