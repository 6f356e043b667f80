"""`make coverage` fails where a room has less than it promises, and names what is left."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def gate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage_gate", ROOT / "tools" / "coverage_gate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entry(lines: int, branches: int, *, missing: list[int] | None = None, open_branches: Any = ()) -> dict[str, Any]:
    missing = missing or []
    summary = {
        "num_statements": lines,
        "covered_lines": lines - len(missing),
        "num_branches": branches,
        "covered_branches": branches - len(open_branches),
    }
    return {"summary": summary, "missing_lines": missing, "missing_branches": list(open_branches)}


def report(gate: ModuleType, folder: Path, **changed: dict[str, Any]) -> Path:
    files = {f"{room}file.py": entry(100, 100) for room in gate.ASKED}
    files |= {f"blockmrs/{room}/file.py": one for room, one in changed.items()}
    path = folder / "coverage.json"
    path.write_text(json.dumps({"files": files}), encoding="utf-8")
    return path


def test_everything_reached_is_enough(gate: ModuleType, tmp_path: Path) -> None:
    assert gate.main(report(gate, tmp_path)) == 0


def test_one_branch_of_the_chain_that_no_test_takes_fails(
    gate: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate.main(report(gate, tmp_path, chain=entry(1000, 1000, open_branches=[[7, 9]]))) == 1
    printed = capsys.readouterr().out
    assert "blockmrs/chain/file.py: 7->9" in printed
    assert "| chain/ | 1000 | 1000 | 99.95 % | 100 % |" in printed


def test_one_branch_of_very_many_is_not_rounded_away(
    gate: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate.main(report(gate, tmp_path, chain=entry(99999, 1, open_branches=[[7, 9]]))) == 1
    assert "| chain/ | 99999 | 1 | 99.99 % | 100 % |" in capsys.readouterr().out


def test_two_percent_of_the_services_may_be_left_and_no_more(gate: ModuleType, tmp_path: Path) -> None:
    def judged(missing: int) -> int:
        files = {f"{room}file.py": entry(100, 100) for room in gate.ASKED}
        files["blockmrs/services/lines/file.py"] = entry(100, 100, missing=list(range(missing)))
        path = tmp_path / "coverage.json"
        path.write_text(json.dumps({"files": files}), encoding="utf-8")
        return int(gate.main(path))

    assert (judged(4), judged(5)) == (0, 1)


def test_a_room_of_which_nothing_was_measured_fails(gate: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "coverage.json"
    path.write_text(json.dumps({"files": {}}), encoding="utf-8")
    assert gate.main(path) == 1


def test_every_room_is_there(gate: ModuleType) -> None:
    assert [room for room in gate.ASKED if not list((ROOT / room).glob("*.py"))] == []
