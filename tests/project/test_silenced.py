"""A check that is silenced, and a line that no test has to reach, say why on the same line."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("blockmrs", "tests", "tools", "load", "benchmarks")
SILENCES = re.compile(r"#\s*(?:noqa|type: ignore|pragma: no (?:cover|branch))")
REASONED = (
    re.compile(r"# noqa: [A-Z]+[0-9]+(, [A-Z]+[0-9]+)* - \S.{5}"),
    re.compile(r"# type: ignore\[[a-z-]+(, [a-z-]+)*\] +# \S.{5}"),
    re.compile(r"# pragma: no (cover|branch) - \S.{5}"),
)


def silenced() -> list[tuple[str, str]]:
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts]
    return [
        (f"{path.relative_to(ROOT)}:{number}", line)
        for path in sorted(paths)
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if SILENCES.search(line)
    ]


def test_every_silenced_check_says_why_on_its_line() -> None:
    found = silenced()
    assert len(found) > 20, "the search finds nothing"
    assert [place for place, line in found if not any(reason.search(line) for reason in REASONED)] == []


@pytest.mark.parametrize(
    "line",
    [
        "except Exception:  # noqa: BLE001",
        "except Exception:  # noqa",
        "value = other  # type: ignore[arg-type]",
        "value = other  # type: ignore  # we know better",
        "if never:  # pragma: no cover",
    ],
)
def test_a_silence_without_a_reason_is_found(line: str) -> None:
    assert SILENCES.search(line)
    assert not any(reason.search(line) for reason in REASONED)
