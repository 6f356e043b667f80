"""The rooms stay rooms: few arrows between them, none too large, no circles; docs/architecture.md shows the figures."""

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SERVICES, CONTROLLERS = "blockmrs.services", "blockmrs.controllers"


@pytest.fixture(scope="module")
def rooms() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rooms", ROOT / "tools" / "rooms.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_imports_in_a_circle(rooms: ModuleType) -> None:
    house = rooms.House()
    assert house.module_cycles() == []
    assert [rooms.cycles(house.arrows(package)) for package in (SERVICES, CONTROLLERS)] == [[], []]


def test_a_circle_is_found(rooms: ModuleType) -> None:
    assert rooms.cycles([("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")]) == [{"b", "c"}]


@pytest.mark.parametrize(("package", "most_arrows"), [(SERVICES, 60), (CONTROLLERS, 40)])
def test_rooms_are_small_and_know_few_others(rooms: ModuleType, package: str, most_arrows: int) -> None:
    house = rooms.House()
    there = house.rooms(package)
    assert len(there) >= 12
    assert max(there.values()) <= rooms.MOST_MODULES, there
    assert len(house.arrows(package)) < most_arrows


@pytest.mark.parametrize(("package", "most"), [("blockmrs", 5.5), (SERVICES, 6.5), (CONTROLLERS, 5.5)])
def test_a_module_needs_few_others_when_it_runs(rooms: ModuleType, package: str, most: float) -> None:
    assert rooms.House().imports_each(package) < most


def test_what_only_annotations_need_is_not_loaded_as_well() -> None:
    modules = sorted((ROOT / "blockmrs").rglob("*.py"))
    twice = {str(path.relative_to(ROOT)): names for path in modules if (names := _imported_twice(path))}
    assert len(modules) > 200
    assert twice == {}


def _imported_twice(path: Path) -> set[str]:
    """The names that a module imports for annotations, and imports when it runs, too."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    blocks = [node.body for node in body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return _imported(body) & {name for block in blocks for name in _imported(block)}


def _imported(body: list[ast.stmt]) -> set[str]:
    """Each as module and name."""
    found = [node for node in body if isinstance(node, ast.ImportFrom)]
    return {f"{node.module}.{alias.name}" for node in found for alias in node.names}


def test_the_document_shows_the_figures(rooms: ModuleType) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert text.split(rooms.BEGIN)[1].split(rooms.END)[0].strip() == rooms.report()
