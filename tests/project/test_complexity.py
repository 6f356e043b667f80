"""No function is harder to follow than one can, or the reason stands beside it.

Counted is what McCabe counts, with each "and" and "or", each loop and condition of a comprehension and each case of a
match, which ruff's C901 leaves out; what stands in a function's own functions counts for it. (T. J. McCabe, "A
Complexity Measure", IEEE Transactions on Software Engineering SE-2, 1976, section IV.)
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("blockmrs", "tools", "load", "benchmarks", "tests")
MOST = 15
# On the line of the function's name; where ruff's own count is too high as well, its silence has the reason already.
REASON = re.compile(r"# (?:complexity ([0-9]+):|noqa: C901 -) \S.{10}")
FORKS = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def complexity(function: ast.AST) -> int:
    return 1 + sum(_forks(node) for node in ast.walk(function))


def _forks(node: ast.AST) -> int:
    match node:
        case ast.BoolOp(values=values):
            return len(values) - 1
        case ast.comprehension(ifs=conditions):
            return 1 + len(conditions)
        case ast.Match(cases=cases):
            return sum(not _is_any(case) for case in cases)
    return int(isinstance(node, FORKS))


def _is_any(case: ast.match_case) -> bool:
    return isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and case.guard is None


def _functions() -> Iterator[tuple[str, ast.AST, str]]:
    """Each as its place, its tree and the line of its name."""
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts]
    for path in sorted(paths):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, FUNCTIONS):
                yield f"{path.relative_to(ROOT)}:{node.name}", node, text.splitlines()[node.lineno - 1]


def test_no_function_is_too_complex_without_a_reason_beside_it() -> None:
    counted = [(place, complexity(node), REASON.search(line)) for place, node, line in _functions()]
    assert len(counted) > 5000, "the search finds nothing"
    assert [(place, count) for place, count, reason in counted if count > MOST and reason is None] == []
    # A reason says how far it reaches, and goes when it is no longer needed.
    given = {place: (count, int(reason[1] or count)) for place, count, reason in counted if reason is not None}
    assert {place: both for place, both in given.items() if both[0] != both[1] or both[0] <= MOST} == {}


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("pass", 1),
        ("if a:\n  pass\n elif b:\n  pass\n else:\n  pass", 3),
        ("return a and b and c or d", 4),
        ("return [a for a in b if a if c]", 4),
        ("for a in b:\n  while c:\n   pass", 3),
        ("try:\n  pass\n except A:\n  pass\n except B:\n  pass", 3),
        ("match a:\n  case 1:\n   pass\n  case b if c:\n   pass\n  case _:\n   pass", 3),
        ("return a if b else c", 2),
        ("def inner():\n  return a or b\n return inner", 2),
    ],
)
def test_what_forks_is_counted(body: str, count: int) -> None:
    assert complexity(ast.parse(f"def outer():\n {body}").body[0]) == count
