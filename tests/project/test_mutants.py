"""What `make mutants` changes, what it leaves alone, and how it counts."""

import os
from pathlib import Path

import pytest

from tests.support.at_least import at_least
from tools.mutants.report import reasons, score, show
from tools.mutants.resting import rests
from tools.mutants.rooms import ROOMS, ROOT
from tools.mutants.session import Verdict

SOURCE = '''
"""A module."""

import re
from dataclasses import dataclass

LIMIT = 90


@dataclass(frozen=True)
class Value:
    name: str = "none"

    @property
    def length(self) -> int:
        return len(self.name) + 1


def check(value: int) -> None:
    _log.info("checked")
    if value > LIMIT:
        raise InvalidInput("too much of it", field="value", limit=3)


def nothing() -> None:
    """Nothing that could be otherwise."""
'''


def verdict(outcome: str, difference: str = "-a\n+b") -> Verdict:
    return Verdict("blockmrs/cid.py", 0, "(module)", 1, outcome, difference, "", 0.1)


@pytest.fixture
def changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What lines of the source become, by the stripped line."""
    making = pytest.importorskip("tools.mutants.making", reason="mutmut comes with `make install-tools`")
    monkeypatch.setattr(making, "ROOT", tmp_path)
    path = tmp_path / "module.py"
    path.write_text(SOURCE, encoding="utf-8")
    source = making.read_source(path)
    found: dict[str, list[str]] = {"untouched": list(source.untouched)}
    for mutant in source.mutants:
        before, after = source.difference(mutant).splitlines()
        found.setdefault(before[1:], []).append(after[1:])
    return found


def test_constants_fields_decorators_and_properties_are_changed(changes: dict[str, list[str]]) -> None:
    assert changes["LIMIT = 90"] == ["LIMIT = None", "LIMIT = 91"]
    assert "@dataclass(frozen=False)" in changes["@dataclass(frozen=True)"]
    assert 'name: str = "XXnoneXX"' in changes['name: str = "none"']
    assert changes["return len(self.name) + 1"] == ["return len(self.name) - 1", "return len(self.name) + 2"]
    assert changes["if value > LIMIT:"] == ["if value >= LIMIT:"]


def test_the_wording_of_errors_and_logs_is_left_alone_and_the_field_of_a_form_is_not(
    changes: dict[str, list[str]],
) -> None:
    assert '_log.info("checked")' not in changes
    made = changes['raise InvalidInput("too much of it", field="value", limit=3)']
    assert 'raise InvalidInput("too much of it", field=None, limit=3)' in made
    assert all('"too much of it"' in line and "limit=3" in line for line in made)


def test_functions_in_which_nothing_can_be_changed_are_listed(changes: dict[str, list[str]]) -> None:
    assert changes["untouched"] == ["nothing"]


def test_what_took_too_long_was_not_noticed_and_what_cannot_be_imported_does_not_count() -> None:
    assert score({"killed": 9, "alive": 0, "timeout": 1, "stillborn": 90}) == 90.0


def test_an_equivalent_mutant_is_alive_with_its_reason() -> None:
    known = {("blockmrs/cid.py", "(module)", "-a\n+b"): "the same in another spelling"}
    shown = show({"room": [verdict("alive"), verdict("killed", "-c\n+d")]}, {"room": 2}, known, [])
    assert "| room | 2 | 2 | 0 | 1 | 0 | 1 | 1 | 50.0 % |" in shown
    assert "= the same in another spelling" in shown


def test_every_room_and_every_test_of_it_is_there() -> None:
    with at_least(6) as case:
        for room in ROOMS.values():
            with case(room.code):
                assert list(room.files())
                assert all((ROOT / test).exists() for test in room.tests)


def test_every_equivalent_mutant_has_a_reason_and_changes_a_line_that_is_there() -> None:
    with at_least(10) as case:
        for (path, _, difference), reason in reasons().items():
            with case(path):
                assert len(reason) > 20
                lines = {line.strip() for line in (ROOT / path).read_text(encoding="utf-8").splitlines()}
                gone = [line[1:] for line in difference.splitlines() if line.startswith("-")]
                assert gone
                assert set(gone) <= lines, f"{path}: {difference}"


def test_a_group_of_processes_rests_only_if_none_of_it_runs_or_would_run() -> None:
    # Whoever asks is running, or it would not ask; where there is nobody, nobody runs.
    assert not rests(os.getpgid(0))
    assert rests(2**30)
