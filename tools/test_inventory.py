"""Print all that the tests try, a line each and in order, so that two versions can be compared with `diff`.

    PYTHONPATH=. .venv/bin/python tools/test_inventory.py > before.txt

- every test of `make test`, by its id;
- of the worked cases of triage, each with its rule;
- of the access table, each route, address, persona and method with the answer;
- of each property, how many examples are made up.
"""

import contextlib
import io
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent / "tests"
ELSEWHERE = ("kubo", "browser", "crowd", "abuse")


class _Collected:
    def __init__(self) -> None:
        self.items: list[pytest.Item] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = session.items


def items() -> list[pytest.Item]:
    """Every test that `make test` runs, collected and not run."""
    collected = _Collected()
    marks = " and ".join(f"not {mark}" for mark in ELSEWHERE)
    with contextlib.redirect_stdout(io.StringIO()):
        status = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", "-m", marks, str(TESTS)], [collected])
    if status != pytest.ExitCode.OK:
        sys.exit(f"the tests cannot be collected: {status!r}")
    return collected.items


def cases() -> Iterator[str]:
    """Each worked case with the rule that it is of."""
    for file in sorted((TESTS / "triage" / "cases").glob("*.toml")):
        for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
            yield f"case {case.get('fact', '-')} {file.name} | {case['name']} | {case['expected']}"


def accesses() -> Iterator[str]:
    """Each request of the access table: which methods are tried is the test's, which answers are right the table's."""
    # Not above: pytest has to be the first to import what it rewrites.
    from tests.support.access_table import ABOUT_SOMETHING, PAGE, TABLE, UNHEARD_OF
    from tests.support.cast import EVERYBODY, UNTOLD

    for row in TABLE:
        for persona in EVERYBODY:
            for method in (*PAGE, *UNHEARD_OF, "POST"):
                answers = row.answers(method)
                yield f"access {method} {row.route} {row.address} {persona}: {answers[persona] if answers else 405}"
    for row in ABOUT_SOMETHING:
        for persona in UNTOLD:
            yield f"absent {row.route} {row.address} {persona}"


def properties(of: list[pytest.Item]) -> Iterator[str]:
    """Each test of Hypothesis with the number of its examples."""
    for item in of:
        tried = getattr(item, "obj", None)
        settings = getattr(tried, "_hypothesis_internal_use_settings", None)
        if settings is not None:
            yield f"property {item.nodeid}: {settings.max_examples} examples, {settings.stateful_step_count} steps"


def main() -> None:
    """Print it."""
    every = items()
    lines = [f"test {item.nodeid}" for item in every]
    lines += [*cases(), *accesses(), *properties(every)]
    sys.stdout.write("\n".join(sorted(lines)) + "\n")


if __name__ == "__main__":
    main()
