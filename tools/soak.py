"""`make soak`: all of what the other runs sample, in parts; a run that was ended goes on with the parts that are left.

What is done is kept in build/soak/, in a folder for the commit that it was done on, with each part's whole output. A
part that failed is done again. With uncommitted changes nothing is kept from an earlier run. Prints what docs/soak.md
shows. SOAK_WORKERS: how many processes test at once, else one for each processor.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "build" / "soak"
TAPPED_FILE = "tests/browser/test_cases_by_taps.py"
TAPPED = (
    "test_every_case_is_tapped_to_its_level",
    "test_where_nothing_applies_at_most_nine_taps_lead_to_advice",
)
SHARES = 8
WAYS = [f"{mode} in {language}" for mode in ("script on", "script off", "network off") for language in ("en", "es")]
CLOSING = re.compile(r"^[=\s]*((?:\d+ \w+,? ?)+) in [0-9.]+s", re.MULTILINE)
ROW = re.compile(r"^\| .+ \|$", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """Something that is done whole or not at all; `command` are the arguments of make, or of pytest."""

    name: str
    command: tuple[str, ...]
    make: bool = False


@dataclass(frozen=True)
class Result:
    """How a part ended: the closing line of its tests, and the minutes that it took."""

    name: str
    passed: bool
    closing: str
    minutes: float
    rows: list[str]


def parts() -> Iterator[Part]:
    """All of them, the quick ones first."""
    for path in sorted((ROOT / "tests" / "property").glob("test_*.py")):
        yield Part(f"property {path.stem.removeprefix('test_')}", (str(path.relative_to(ROOT)),))
    for name in ("questions_shown", "umbrellas"):
        yield Part(name.replace("_", " "), (f"tests/triage/test_{name}.py",))
    for name in ("bad_input", "every_answer"):
        yield Part(name.replace("_", " "), (f"tests/pages/web/test_{name}.py",))
    for path in sorted((ROOT / "tests" / "browser").glob("test_*.py")):
        name = str(path.relative_to(ROOT))
        if name != TAPPED_FILE:
            yield Part(f"browser {path.stem.removeprefix('test_')}", (name,))
    yield Part("coverage", ("coverage",), make=True)
    yield Part("newest packages", ("newest",), make=True)
    yield Part("taps: the rest", (TAPPED_FILE, "-k", " and ".join(f"not {test}" for test in TAPPED)))
    for way in WAYS:
        named = [f"{TAPPED_FILE}::{test}[{way}-{share}]" for test in TAPPED for share in range(SHARES)]
        yield Part(f"taps: {way}", tuple(named))


def main() -> int:
    """Do what is left; 1 if anything failed."""
    folder = _folder()
    results: list[Result] = []
    for part in parts():
        kept = folder / f"{_slug(part.name)}.json"
        done = Result(**json.loads(kept.read_text(encoding="utf-8"))) if kept.exists() else None
        if done is None or not done.passed:
            print(f"soak: {part.name} ...", flush=True)
            done = _run(part, folder / f"{_slug(part.name)}.log")
            kept.write_text(json.dumps(asdict(done)), encoding="utf-8")
            print(f"soak: {part.name}: {done.closing} ({done.minutes:.1f} min)", flush=True)
        results.append(done)
    print(summary(results))
    return 0 if all(result.passed for result in results) else 1


def summary(results: list[Result]) -> str:
    """What was done, as two tables: the parts, and the taps and times of the interviews."""
    lines = ["", "| part | result | minutes |", "|---|---|---|"]
    lines += [f"| {result.name} | {result.closing} | {result.minutes:.1f} |" for result in results]
    heads = [row for result in results for row in result.rows if row.startswith("| what |")]
    if heads:
        columns = heads[0].count("|") - 1
        rows = {row for result in results for row in result.rows if not row.startswith("| what |")}
        lines += ["", heads[0], "|" + "---|" * columns, *sorted(rows)]
    return "\n".join(lines)


def _run(part: Part, log: Path) -> Result:
    workers = os.environ.get("SOAK_WORKERS", "auto")
    command = (
        ["make", "-s", *part.command]
        if part.make
        else [sys.executable, "-m", "pytest", "-q", "-n", workers, "--dist", "worksteal", *part.command]
    )
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as output:
        ended = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "BLOCKMRS_SOAK": "1"}, stdout=output, stderr=output, check=False
        )
    text = log.read_text(encoding="utf-8", errors="replace")
    closings = CLOSING.findall(text)
    closing = closings[-1] if closings else "no closing line"
    passed = ended.returncode == 0 and "skipped" not in closing
    return Result(part.name, passed, closing, (time.monotonic() - started) / 60, ROW.findall(text))


def _folder() -> Path:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    folder = KEPT / ("uncommitted" if changed else git("rev-parse", "--short=12", "HEAD"))
    if changed:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())


if __name__ == "__main__":
    sys.exit(main())
