"""The oldest browsers that are supported, and the names that one of them does not know yet.

    python -m tools.browsers.floor data.json    writes too_new.txt anew from browser-compat-data

`data.json` is that of the package @mdn/browser-compat-data (CC0), which its maintainers release every week. Of a name
that stands for several things (`at` of arrays, of texts, ...) the oldest one counts: what is named here is too new
whatever it is read from. docs/browsers.md says what follows for a script.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OLDEST = {"safari": (14, 0), "safari_ios": (14, 0), "chrome": (90, 0), "chrome_android": (90, 0), "firefox": (90, 0)}
LIST = Path(__file__).with_name("too_new.txt")
PARTS = {"name": ("api", "javascript.builtins"), "property": ("css.properties",), "selector": ("css.selectors",),
         "rule": ("css.at-rules",)}  # fmt: skip
_NAME = {"name": re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*"), "property": re.compile(r"[a-z][a-z-]*")}
_DEPTH = {"api": 2, "javascript.builtins": 3}


def too_new() -> dict[str, frozenset[str]]:
    """By kind ("name", "property", "selector", "rule"), what one of the oldest browsers does not know."""
    found: dict[str, set[str]] = {kind: set() for kind in PARTS}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        kind, _, names = line.partition(": ")
        if kind in found:
            found[kind].update(names.split())
    return {kind: frozenset(names) for kind, names in found.items()}


def _entries(node: dict[str, Any], depth: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, below in node.items():
        if name == "__compat" or not isinstance(below, dict):
            continue
        if "__compat" in below:
            yield name, below["__compat"]["support"]
        if depth > 1:
            yield from _entries(below, depth - 1)


def _is_known(support: dict[str, Any]) -> bool:
    """Whether every one of the oldest browsers has it, as it is today."""
    return all((since := _since(support.get(browser))) is not None and since <= version
               for browser, version in OLDEST.items())  # fmt: skip


def _since(told: Any) -> tuple[int, int] | None:
    """The first version that has it under its own name and without a switch, in part at least."""
    found = []
    for entry in told if isinstance(told, list) else [told]:
        if not isinstance(entry, dict) or any(word in entry for word in ("flags", "prefix", "alternative_name")):
            continue
        number = re.match(r"≤?(\d+)(?:\.(\d+))?", str(entry.get("version_added")))
        # "Removed" is also what a part is when the whole came after it.
        if number is not None and ("version_removed" not in entry or "partial_implementation" in entry):
            found.append((int(number[1]), int(number[2] or 0)))
    return min(found, default=None)


def _collect(data: dict[str, Any], kind: str) -> list[str]:
    known: dict[str, bool] = {}
    for part in PARTS[kind]:
        node = data
        for step in part.split("."):
            node = node[step]
        for full, support in _entries(node, _DEPTH.get(part, 1)):
            name = full.removesuffix("_static")
            if _NAME.get(kind, _NAME["property"]).fullmatch(name):
                known[name] = known.get(name, False) or _is_known(support)
    return sorted(name for name, is_known in known.items() if not is_known)


def main(source: str) -> None:
    data = json.loads(Path(source).read_text(encoding="utf-8"))
    lines = [f"Made by tools/browsers/floor.py from browser-compat-data {data['__meta']['version']}."]
    for kind in PARTS:
        line = f"{kind}:"
        for name in _collect(data, kind):
            if len(line) + len(name) >= 120:
                lines.append(line)
                line = f"{kind}:"
            line += f" {name}"
        lines.append(line)
    LIST.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
