"""The taps and the time of the interviews that a run tapped, as a table. The time is told and never tested."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

TAPPED = "tapped"
"""The name under which a test tells what it tapped."""
TAP_S = 2
"""Somebody who reads, decides and taps (ux.md section 4)."""
HEAD = (
    "| what | mode | language | interviews | most taps | machine: median | machine: most "
    "| level 1 by a sign: most, of 20 s | level 1 by questions: most |\n"
    "|---|---|---|---|---|---|---|---|---|"
)

One = tuple[int, float, int, int]
"""All taps, the machine's milliseconds, the level, and how many screens were answered."""


@dataclass
class Tapped:
    """What one test tapped."""

    mode: str
    language: str
    what: str
    found: list[One] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


def total_s(one: One) -> float:
    """From opening the page, itself a tap, to the advice: the machine's time, and two seconds for each tap."""
    taps, machine_ms, _, _ = one
    return TAP_S * (1 + taps) + machine_ms / 1000


def seconds(found: Sequence[One]) -> str:
    return f"{max(map(total_s, found)):.1f} s" if found else "-"


def row_of(mode: str, language: str, what: str, found: Sequence[One]) -> str:
    times = [machine_ms for _, machine_ms, _, _ in found]
    by_sign = [one for one in found if one[2:] == (1, 1)]
    by_questions = [one for one in found if one[2] == 1 and one not in by_sign]
    cells = [what, mode, language, str(len(found)), str(max(taps for taps, *_ in found))]
    cells += [f"{median(times):.0f} ms", f"{max(times):.0f} ms"]
    cells += [seconds(by_sign), seconds(by_questions)]
    return f"| {' | '.join(cells)} |"


def table(told: Iterable[dict[str, Any]]) -> str:
    """One row for each mode and language, from what the tests of a run told; "" when they told nothing."""
    rows: dict[tuple[str, str, str], list[One]] = {}
    for one in told:
        rows.setdefault((one["what"], one["mode"], one["language"]), []).extend(map(tuple, one["found"]))
    lines = [row_of(mode, language, what, found) for (what, mode, language), found in sorted(rows.items()) if found]
    return "\n".join([HEAD, *lines]) if lines else ""
