"""The soak leaves nothing out: each test that others sample stands in one of its parts."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tests.browser.hands import LANGUAGES, MODES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def soak() -> ModuleType:
    spec = importlib.util.spec_from_file_location("soak", ROOT / "tools" / "soak.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_mode_is_tapped_in_every_language(soak: ModuleType) -> None:
    assert sorted(soak.WAYS) == sorted(f"{mode} in {language}" for mode in MODES for language in LANGUAGES)


def test_every_file_whose_extent_the_soak_decides_is_in_a_part(soak: ModuleType) -> None:
    words = {word.partition("::")[0] for part in soak.parts() for word in part.command}
    needed = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("test_*.py")
        if "tests.support.extent" in path.read_text(encoding="utf-8") and path != Path(__file__)
    }
    needed |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "browser").glob("test_*.py")}
    assert needed - words == set()


def test_a_part_that_failed_or_left_something_out_has_not_passed(soak: ModuleType) -> None:
    assert [len({part.name for part in soak.parts()})] == [len(list(soak.parts()))]
    assert soak.CLOSING.findall("== 3 failed, 12 passed in 4.20s ==") == ["3 failed, 12 passed"]
    assert soak.CLOSING.findall("12 passed, 1 skipped in 4.20s (0:00:04)") == ["12 passed, 1 skipped"]
