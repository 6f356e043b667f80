"""What the mutants of each room came to, as docs/testing.md shows it."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tools.mutants.session import Verdict

EQUIVALENT = Path(__file__).with_name("equivalent.toml")
_HEAD = """| room | mutants | tried | stillborn | killed | timed out | alive | of these equivalent | score |
|---|---|---|---|---|---|---|---|---|"""


def reasons() -> dict[tuple[str, str, str], str]:
    """Why a mutant behaves as the original does, by its path, its scope and the lines that it changes."""
    entries = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("mutant", [])
    return {(one["path"], one["scope"], one["difference"].strip()): one["reason"] for one in entries}


def show(
    results: Mapping[str, Sequence[Verdict]],
    totals: Mapping[str, int],
    known: Mapping[tuple[str, str, str], str],
    untouched: Iterable[str],
) -> str:
    """The table, each mutant that lives, and the functions that no operator can change."""
    lines = [_HEAD]
    for room, verdicts in results.items():
        lines.append(_row(room, verdicts, totals[room], known))
    for room, verdicts in results.items():
        lines += ["", f"{room}, alive or timed out:", ""]
        for verdict in verdicts:
            if verdict.outcome in ("alive", "timeout"):
                reason = known.get(_key(verdict), "")
                lines.append(f"{verdict.path}:{verdict.line} {verdict.scope} #{verdict.number} {verdict.outcome}")
                lines += [f"    {line}" for line in verdict.difference.splitlines()]
                lines += [f"    = {reason}" if reason else f"    ? {verdict.noticed_by}"]
    lines += ["", "Functions with nothing that an operator can change:", "", *untouched]
    return "\n".join(lines)


def _row(room: str, verdicts: Sequence[Verdict], total: int, known: Mapping[tuple[str, str, str], str]) -> str:
    of: dict[str, int] = dict.fromkeys(("stillborn", "killed", "timeout", "alive"), 0)
    for verdict in verdicts:
        of[verdict.outcome] += 1
    equivalent = sum(verdict.outcome == "alive" and _key(verdict) in known for verdict in verdicts)
    return (
        f"| {room} | {total} | {len(verdicts)} | {of['stillborn']} | {of['killed']} | {of['timeout']} | {of['alive']} "
        f"| {equivalent} | {score(of):.1f} % |"
    )


def score(of: Mapping[str, int]) -> float:
    """What a test noticed, of all that can be imported: a mutant that only took too long was not noticed."""
    tried = of["killed"] + of["alive"] + of["timeout"]
    return 100 * of["killed"] / tried if tried else 0.0


def _key(verdict: Verdict) -> tuple[str, str, str]:
    return verdict.path, verdict.scope, verdict.difference
