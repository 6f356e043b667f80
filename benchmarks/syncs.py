"""Counts for real, with strace on a child process, how often a save makes the disk keep something."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.counting import Step
from benchmarks.floor import EARLIER_REPORTS, Floor
from benchmarks.installation import install

SAVES = 3
_MARK = "benchmark-save-"
_MISSING = "strace is not installed, and without it nobody can say what reaches the disk: apt-get install strace"
_SYNC = re.compile(r"\b(?:fsync|fdatasync)\(\d+<([^>]*)>")
_KINDS = (
    (re.compile(r"/incoming/"), "object"),
    (re.compile(r"/objects/[0-9a-f]{2}$"), "object's folder"),
    (re.compile(r"\.head\.new$"), "head"),
    (re.compile(r"/secrets$"), "head's folder"),
    (re.compile(r"-wal$"), "write-ahead log"),
)


class CannotCount(Exception):
    """The system calls could not be counted; the message says what to do."""


def count_syncs(what: str, folder: Path, steps: Sequence[Step]) -> list[list[str]]:
    """For each of `SAVES` saves, what was synced, in order. `what`: "real" or "floor"."""
    strace = shutil.which("strace")
    if strace is None:
        raise CannotCount(_MISSING)
    folder.mkdir()
    (folder / "steps.json").write_text(json.dumps([asdict(step) for step in steps]))
    trace = folder / "trace"
    calls = "trace=fsync,fdatasync,?access,?faccessat,?faccessat2"
    command = [strace, "-f", "-y", "-qq", "-o", str(trace), "-e", calls, "-e", "signal=none"]
    ended = subprocess.run(
        [*command, sys.executable, "-m", "benchmarks.syncs", what, str(folder)], capture_output=True, text=True
    )
    if ended.returncode:
        raise CannotCount(f"strace could not follow the {what} save: {ended.stderr.strip()[-2000:]}")
    return _by_save(trace.read_text(errors="replace").splitlines())


def compare_syncs(real: Sequence[Sequence[str]], floor: Sequence[Sequence[str]]) -> str:
    """Empty if each real save made the disk keep everything that the floor's did; else what is missing."""
    least = Counter(floor[0])
    for number, save in enumerate(real, start=1):
        missing = least - Counter(save)
        if missing or len(save) < len(floor[0]):
            return f"save {number} synced {len(save)} times, its floor {len(floor[0])}; not synced: {dict(missing)}"
    return ""


def _by_save(lines: Sequence[str]) -> list[list[str]]:
    saves: list[list[str]] = []
    within = False
    for line in lines:
        if _MARK in line:
            within = "begin" in line
            if within:
                saves.append([])
        elif within and (found := _SYNC.search(line)) and "= -1" not in line:
            saves[-1].append(next((kind for pattern, kind in _KINDS if pattern.search(found[1])), "something else"))
    if len(saves) != SAVES:
        raise CannotCount(f"strace saw {len(saves)} saves of {SAVES}")
    return saves


def _mark(moment: str) -> None:
    os.access(_MARK + moment, os.F_OK)  # Seen in the trace, and no effect.


def _save_for_real(folder: Path) -> None:
    installation = install(folder / "data")
    for coach in [installation.coach(EARLIER_REPORTS) for _ in range(SAVES)]:
        _mark("begin")
        installation.save(coach)
        _mark("end")
    installation.close()


def _save_bare(folder: Path) -> None:
    floor = Floor(folder / "data", [Step(**step) for step in json.loads((folder / "steps.json").read_text())])
    for _ in range(SAVES):
        _mark("begin")
        floor.run()
        _mark("end")
    floor.close()


if __name__ == "__main__":
    {"real": _save_for_real, "floor": _save_bare}[sys.argv[1]](Path(sys.argv[2]))
