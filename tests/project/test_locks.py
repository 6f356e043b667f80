"""What is installed is locked: every package, with its digests, in step with pyproject.toml, and without an address."""

import ast
import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

from tests.support.at_least import at_least

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "requirements"
SETS = {"run": [], "test": ["test"], "load": ["load"], "tools": ["test", "lint", "load", "mutants", "release"]}
ENTRY = re.compile(
    r"^([a-z0-9][a-z0-9._-]*)==(\S+)(?: ; [^\\\n]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M
)


def locked(name: str) -> dict[str, str]:
    """The packages of one lock with their versions; every line of it belongs to one of them."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert ENTRY.sub("", text) == "", "a line that is no package with its digests"
    return {found[1]: found[2] for found in ENTRY.finditer(text)}


def declared(extras: list[str]) -> list[Requirement]:
    """The ranges of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    more = project["optional-dependencies"]
    return [
        Requirement(text) for text in [*project["dependencies"], *(text for extra in extras for text in more[extra])]
    ]


@pytest.mark.parametrize("name", SETS)
def test_each_lock_holds_what_the_project_asks_for_within_its_ranges(name: str) -> None:
    versions = locked(name)
    with at_least(20) as case:
        for wanted in declared(SETS[name]):
            with case(wanted):
                version = versions[wanted.name.lower().replace("_", "-").replace(".", "-")]
                assert wanted.specifier.contains(version, prereleases=True), f"locked at {version}: run `make lock`"


def test_what_is_tested_and_linted_is_what_runs() -> None:
    run, test, tools = locked("run"), locked("test"), locked("tools")
    assert run.items() <= test.items() <= tools.items()
    assert run.items() <= locked("load").items() <= tools.items()


def test_what_builds_the_project_is_locked() -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    assert set(locked("build")) == {Requirement(text).name for text in needed}


def test_the_project_is_described_in_one_place() -> None:
    body = ast.parse((ROOT / "setup.py").read_text(encoding="utf-8")).body
    assert [ast.unparse(node) for node in body[1:]] == ["from setuptools import setup", "setup()"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "dynamic" not in project


def test_whatever_lies_in_the_package_is_shipped_with_it() -> None:
    package = ROOT / "blockmrs"
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
        "package-data"
    ]
    shipped = {path for pattern in patterns["blockmrs"] for path in package.glob(pattern)}
    there = {path for path in package.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}}
    assert there - shipped == set()


def test_no_lock_names_a_host() -> None:
    with at_least(5) as case:
        for path in FOLDER.iterdir():
            with case(path.name):
                assert not re.search(r"https?:|index-url|find-links|\bfile:", path.read_text(encoding="utf-8"))


def test_both_commands_install_from_the_locks() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = [line for line in makefile.splitlines() if "pip install" in line and "NEWEST" not in line]
    assert installs == ["PIP := $(BIN)/python -m pip install $(PIP_OPTIONS)"]
    assert "LOCKED := $(PIP) --require-hashes --no-build-isolation" in makefile
    assert "OURSELVES := $(PIP) --no-deps --no-build-isolation -e ." in makefile
    for stamp, lock in (("installed", "run"), ("installed-tests", "test"), ("installed-tools", "tools")):
        assert re.search(rf"^\$\(VENV\)/{stamp}: .*requirements/{lock}\.txt", makefile, re.M), stamp


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "tools" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SOUND = {"name": "click", "version": "8.5.1", "vulns": []}
UNHEARD = {"name": "click", "skip_reason": "Dependency not found"}
HOLED = {"name": "click", "version": "8.5.1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["8.5.2"]}]}
OTHER = {"name": "rich", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("answers", "status", "says"),
    [
        ([[SOUND]], 0, "no known vulnerability in 1 packages"),
        ([None, None], 3, "NOT checked"),
        ([[UNHEARD], None], 3, "NOT checked"),
        ([[SOUND, OTHER], None], 3, "NOT checked for known vulnerabilities: rich"),
        ([[UNHEARD], [SOUND]], 0, "no known vulnerability"),
        ([[SOUND, OTHER], [HOLED]], 1, "known vulnerabilities"),
        ([[HOLED]], 1, "known vulnerabilities"),
    ],
)
def test_an_audit_that_nobody_answered_has_not_passed(
    audit: ModuleType, answers: list[list[dict[str, object]] | None], status: int, says: str
) -> None:
    found, lines = audit.judge(answers)
    assert found == status
    assert says in lines[0]
