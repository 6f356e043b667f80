"""Write the table of expected and given levels into docs/triage.md, from the worked cases; --check compares only."""

import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.engine import Interview, level_of
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import absence
from blockmrs.domain.triage.rules import ALWAYS, Level, Nature

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "triage" / "cases"
DOCUMENT = ROOT / "docs" / "triage.md"
START, END = "<!-- table of the worked cases -->\n", "<!-- end of the table -->\n"


def cases() -> list[dict[str, Any]]:
    """Every worked case."""
    return [case for file in sorted(CASES.glob("*.toml")) for case in tomllib.loads(file.read_text("utf-8"))["case"]]


def whole_interview(case: dict[str, Any]) -> Interview:
    """The case with every question answered: what it does not name is not so."""
    complaints = tuple(case.get("complaints", []))
    answers: dict[str, Answer] = {}
    for name, finding in load_rules().findings.items():
        if finding.presentation in (*complaints, *ALWAYS) and finding.nature is Nature.DANGER:
            answers[name] = absence(finding)
        if finding.presentation in complaints and finding.nature is Nature.REASSURING:
            answers[name] = False
    answers |= case.get("answers", {})
    for key, value in (("yes", True), ("no", False), ("unsure", None)):
        answers |= dict.fromkeys(case.get(key, []), value)
    return Interview(case.get("age"), complaints, answers)


def table() -> str:
    """Cases by the level that was expected and the one that was given, as lines of Markdown."""
    rules, every = load_rules(), cases()
    count = Counter((case["expected"], level_of(rules, whole_interview(case)).disposition) for case in every)
    names = [level.disposition for level in Level]
    lines = ["| expected \\ given | " + " | ".join(names) + " | cases |", "|---" * (len(names) + 2) + "|"]
    for expected in names:
        row = [count[expected, given] for given in names]
        lines.append(f"| {expected} | " + " | ".join(str(number) for number in (*row, sum(row))) + " |")
    lower = sum(number for (expected, given), number in count.items() if names.index(given) > names.index(expected))
    lines += ["", f"{len(every)} cases; {lower} come out less urgent than expected."]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check; 1 when the document says something else than the cases."""
    text = DOCUMENT.read_text("utf-8")
    before, rest = text.split(START)
    written = before + START + table() + END + rest.split(END)[1]
    if "--check" not in sys.argv[1:]:
        DOCUMENT.write_text(written, "utf-8")
        return 0
    if written != text:
        print("docs/triage.md is out of date: run python tools/confusion.py")
    return int(written != text)


if __name__ == "__main__":
    sys.exit(main())
