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


def reached(files: dict[str, Any], room: str) -> tuple[int, int, int]:
    """How many statements and branches of the room there are, and how many of both were reached."""
    sums = [entry["summary"] for path, entry in files.items() if path.startswith(room)]
    statements, branches = (sum(one[key] for one in sums) for key in ("num_statements", "num_branches"))
    return statements, branches, sum(one["covered_lines"] + one["covered_branches"] for one in sums)


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
    """Print a table, and what is left of each room; 1 if one has too little, or nothing was measured of it."""
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    is_enough = True
    print("| room | statements | branches | reached | at least |", "|---|---|---|---|---|", sep="\n")
    for room, asked in ASKED.items():
        statements, branches, found = reached(files, room)
        there = statements + branches
        # Rounded down: what is not all must not look like it.
        percent = found * 10000 // there / 100 if there else 0.0
        print(f"| {room.removeprefix('blockmrs/')} | {statements} | {branches} | {percent:.2f} % | {asked:g} % |")
        is_enough = is_enough and there > 0 and found * 100 >= asked * there
    for room in ASKED:
        print(*left(files, room), sep="\n", end="\n" if left(files, room) else "")
    return 0 if is_enough else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
