"""Folders, imports and dependencies are what they say they are."""

import ast
import re
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "blockmrs"
DATA_FOLDERS = {"public", "__pycache__"}
WEB = {"tg", "webob"}


def imports_of(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def test_imports_follow_the_arrows() -> None:
    lint_imports = Path(sysconfig.get_path("scripts")) / "lint-imports"
    result = subprocess.run([lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_every_folder_and_module_has_its_layer() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layered = {name.strip() for layer in contracts[0]["layers"] for name in layer.split("|")}
    there = {path.stem for path in PACKAGE.iterdir() if path.name not in DATA_FOLDERS and path.stem != "__init__"}
    assert there == layered


def test_http_stops_at_the_controllers() -> None:
    allowed = {PACKAGE / "controllers", PACKAGE / "config"}
    outside = [
        path
        for path in PACKAGE.rglob("*.py")
        if not allowed & set(path.parents) and WEB & {name.partition(".")[0] for name in imports_of(path)}
    ]
    assert outside == []


def test_everything_that_is_imported_is_declared() -> None:
    declared = {
        re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0].lower().replace("_", "-")
        for text in requires("blockmrs") or []
        if "extra ==" not in text
    }
    own = packages_distributions()
    undeclared = {
        top
        for path in PACKAGE.rglob("*.py")
        for top in {name.partition(".")[0] for name in imports_of(path)}
        if top not in sys.stdlib_module_names
        and top != "blockmrs"
        and not {name.lower().replace("_", "-") for name in own.get(top, [])} & declared
    }
    assert undeclared == set()


def test_every_dependency_is_explained() -> None:
    explained = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    declared = [re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0] for text in requires("blockmrs") or []]
    assert [name for name in declared if f"`{name.lower()}`" not in explained] == []


def test_no_template_turns_escaping_off() -> None:
    unescaped = re.compile(r"\bliteral\(|\bMarkup\(|<script(?![^>]*\bsrc=)[^>]*>|\son[a-z]+=|\sstyle=")
    found = [path.name for path in PACKAGE.rglob("*.xhtml") if unescaped.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_no_file_is_too_long_to_read() -> None:
    folders = (PACKAGE, ROOT / "tests", ROOT / "tools")
    long = [
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in folder.rglob("*.py")
        if len(path.read_text(encoding="utf-8").splitlines()) > 500
    ]
    assert long == []


def writers_of(kind: str) -> set[str]:
    """The modules that add a transaction of that kind to a batch."""
    writers = set()
    for path in (PACKAGE / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"add", "add_at"}
            ) and any(ast.unparse(argument) == f"Kind.{kind}" for argument in node.args):
                writers.add(path.relative_to(PACKAGE / "services").as_posix())
    return writers


def test_grants_are_written_and_ended_in_one_room() -> None:
    assert writers_of("GRANT") == {"grants/granting.py"}
    # What a member writes when they leave the staff is a revocation too, but of no grant.
    assert writers_of("REVOKE") == {"grants/ending.py", "people/staff.py"}
