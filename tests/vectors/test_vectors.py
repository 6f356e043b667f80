"""Runs docs/vectors/: every case gives what it promises, every negative one the error that it names.

A file is `{"description", "kind", "cases"}`. Every case has a `name` and either `expect` (what its runner returns) or
`error` (the class, from blockmrs.errors, that is raised). Runners stand in the modules `kinds_*.py` beside this file,
each with a table RUNNERS from kind to function.
"""

import importlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from blockmrs import errors

FOLDER = Path(__file__).parents[2] / "docs" / "vectors"
RUNNERS: dict[str, Callable[[Mapping[str, Any]], object]] = {}
for module in sorted(Path(__file__).parent.glob("kinds_*.py")):
    RUNNERS |= importlib.import_module(f"tests.vectors.{module.stem}").RUNNERS

FILES = {path.name: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
CASES = [
    pytest.param(content["kind"], case, id=f"{name.removesuffix('.json')}/{case['name']}")
    for name, content in FILES.items()
    for case in content["cases"]
]


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_a_case_gives_what_it_promises(kind: str, case: Mapping[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(errors.BlockMRSError) as refusal:
            RUNNERS[kind](case)
        # The protocol knows one name for what is no value; that pages do not quote the one is no part of it.
        raised = errors.InvalidInput if isinstance(refusal.value, errors.Malformed) else type(refusal.value)
        assert raised is getattr(errors, case["error"])
    else:
        assert RUNNERS[kind](case) == case["expect"]


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_a_file_describes_itself_and_names_each_case_once(content: Mapping[str, Any]) -> None:
    assert set(content) == {"description", "kind", "cases"}
    names = [case["name"] for case in content["cases"]]
    assert len(set(names)) == len(names)
    assert all(("expect" in case) != ("error" in case) for case in content["cases"])


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_a_file_shows_what_is_right_and_what_is_wrong(content: Mapping[str, Any]) -> None:
    assert {"expect", "error"} == {"error" if "error" in case else "expect" for case in content["cases"]}
