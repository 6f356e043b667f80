"""Say how much of each room the tests reach, and fail where that is less than the room promises (`make coverage`).

What counts are statements and branches together. Its argument is what `pytest --cov-report=json` wrote.
"""

import json
import sys
from pathlib import Path
from typing import Any

ASKED = {
    "blockmrs/chain/": 100.0,
    "blockmrs/crypto/": 100.0,
    "blockmrs/domain/": 100.0,
    "blockmrs/services/lines/": 98.0,
    "blockmrs/services/grants/": 98.0,
    "blockmrs/services/sharing/": 98.0,
}
"""Of each room, by the beginning of its files' paths: how many percent are reached at least."""


def reached(files: dict[str, Any], room: str) -> tuple[int, int]:
    """How many statements and branches of the room were reached, and how many there are."""
    sums = [entry["summary"] for path, entry in files.items() if path.startswith(room)]
    there = sum(one["num_statements"] + one["num_branches"] for one in sums)
    return sum(one["covered_lines"] + one["covered_branches"] for one in sums), there


def left(files: dict[str, Any], room: str) -> list[str]:
    """What was not reached, a line for each file: lines, and branches as `from->to`, where a negative number leaves."""
    lines = []
    for path, entry in sorted(files.items()):
        missing = [str(line) for line in entry["missing_lines"]]
        missing += [f"{start}->{end}" for start, end in entry["missing_branches"]]
        if path.startswith(room) and missing:
            lines.append(f"    {path}: {', '.join(missing)}")
    return lines


def main(report: Path) -> int:
    """Print a line for each room; 1 if one has too little, or nothing at all was measured of it."""
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    is_enough = True
    for room, asked in ASKED.items():
        found, there = reached(files, room)
        is_reached = there > 0 and found * 100 >= asked * there
        percent = 100 * found / there if there else 0.0
        print(f"{room:28} {found:5} of {there:5}, {percent:.2f} % (at least {asked:g})")
        print(*left(files, room), sep="\n", end="\n" if left(files, room) else "")
        is_enough = is_enough and is_reached
    return 0 if is_enough else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
