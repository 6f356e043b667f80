"""Prints how the modules of blockmrs hang together, as docs/architecture.md shows it: what is imported at run time.

An arrow goes from a room to each other room that it imports from; every module of a package that lies in no folder of
it is a room of its own. Imports that only annotations need do not count: nothing is loaded for them. Run by hand, after
modules moved: `.venv/bin/python tools/rooms.py`; with --write the document's figures are written anew.
"""

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: begin -->", "<!-- rooms: end -->"
MOST_MODULES = 12
PACKAGES = ("blockmrs.services", "blockmrs.controllers")


class House:
    """The modules with their imports. `imports`: of each module, the modules that it imports."""

    def __init__(self) -> None:
        graph = grimp.build_graph("blockmrs", exclude_type_checking_imports=True, cache_dir=None)
        packages = {name for name in graph.modules if graph.find_children(name)}
        self.modules = graph.modules - packages
        self.imports = {
            name: {other for other in graph.find_modules_directly_imported_by(name) if other in self.modules}
            for name in self.modules
        }

    def rooms(self, package: str) -> Counter[str]:
        """The rooms of a package, each with the number of its modules; a folder inside a room counts for itself."""
        return Counter(_room(name, package) for name in self.modules if name.startswith(f"{package}."))

    def arrows(self, package: str) -> set[tuple[str, str]]:
        """The pairs of rooms of a package of which the first imports from the second."""
        pairs = {
            (_room(name, package), _room(other, package))
            for name, others in self.imports.items()
            for other in others
            if name.startswith(f"{package}.") and other.startswith(f"{package}.")
        }
        return {(one, other) for one, other in pairs if one != other}

    def imports_each(self, package: str) -> float:
        """How many modules of blockmrs a module of the package imports, of those that import any."""
        counts = [len(others) for name, others in self.imports.items() if name.startswith(f"{package}.") and others]
        return sum(counts) / len(counts)

    def module_cycles(self) -> list[set[str]]:
        """Sets of modules that import each other in a circle."""
        return cycles((name, other) for name, others in self.imports.items() for other in others)


def cycles(arrows: Iterable[tuple[str, str]]) -> list[set[str]]:
    """The sets of two or more that reach each other."""
    after: dict[str, set[str]] = {}
    for one, other in arrows:
        after.setdefault(one, set()).add(other)
        after.setdefault(other, set())

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        todo = [*after[start]]
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += after[name]
        return seen

    reached = {name: reach(name) for name in after}
    found = {frozenset(other for other in reached[name] if name in reached[other]) for name in after}
    return [set(circle) for circle in found if circle]


def report() -> str:
    """What the document shows."""
    house = House()
    lines = [
        "| package | rooms | arrows between rooms | largest room | internal imports of a module | circles |",
        "|---|---|---|---|---|---|",
    ]
    for package in PACKAGES:
        rooms, arrows = house.rooms(package), house.arrows(package)
        largest, modules = max(sorted(rooms.items()), key=lambda room: room[1])
        lines.append(
            f"| `{package}` | {len(rooms)} | {len(arrows)} | `{largest}`, {modules} modules"
            f" | {house.imports_each(package):.2f} | {len(cycles(arrows))} |"
        )
    lines.append(
        f"| `blockmrs` | | | | {house.imports_each('blockmrs'):.2f} | {len(house.module_cycles())} among modules |"
    )
    return "\n".join(lines)


def _room(name: str, package: str) -> str:
    return name.removeprefix(f"{package}.").rpartition(".")[0] or name.removeprefix(f"{package}.")


def main() -> None:
    """Print the figures; with --write put them into the document."""
    text = report()
    print(text)
    if "--write" in sys.argv:
        document = DOCUMENT.read_text(encoding="utf-8")
        before, rest = document.split(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
