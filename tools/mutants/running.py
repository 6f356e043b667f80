"""Try out mutants: a few processes at a time, each with the tests that reach the changed lines."""

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coverage import CoverageData

from tools.mutants.child import ALIVE, KILLED, STILLBORN, Reach, measure, try_out, warm
from tools.mutants.making import Mutant, Source
from tools.mutants.resting import rests
from tools.mutants.rooms import ROOT, Room
from tools.mutants.session import Verdict

_OUTCOMES = {ALIVE: "alive", KILLED: "killed", STILLBORN: "stillborn"}
_LEAST_SECONDS = 5
_TIMES_LONGER = 3
"""A mutant times out after this many times the processor time that its tests need, and a little more."""
_TIMES_RESTING = 10
"""So many times that long it may do nothing at all, as one that waits for itself would for ever."""
_LOOKS_EVERY_S = 2.0


class Tests:
    """The tests of a room, and which of them reach which lines."""

    def __init__(self, room: Room, folder: Path) -> None:
        answer, coverage_file, log = folder / "reach.json", folder / "coverage", folder / "reach.log"
        if not answer.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _wait(_fork(lambda: measure(room, coverage_file, answer), log))
        self.reach = Reach(**json.loads(answer.read_text(encoding="utf-8"))) if answer.exists() else Reach(False)
        if not self.reach.passed:
            answer.unlink(missing_ok=True)
            raise SystemExit(f"The tests do not pass as they are:\n{log.read_text(encoding='utf-8')}")
        data = CoverageData(str(coverage_file))
        data.read()
        self._by_line = {path: data.contexts_by_lineno(str(ROOT / path)) for path in _paths(room)}

    def of(self, mutant: Mutant) -> list[str]:
        """The tests that reach the mutant's lines; all of the room where they run at import; none where nobody does.

        Where a fixture reaches them, all tests of its file: others may use what it made.
        """
        contexts: set[str] = set()
        by_line = self._by_line[mutant.path]
        for line in mutant.lines:
            contexts.update(by_line.get(line, ()))
        if not contexts:
            return []
        if contexts == {""}:
            return list(self.reach.seconds)
        tests, files = set(), set()
        for context in contexts - {""}:
            test, _, phase = context.rpartition("|")
            tests.add(test)
            if phase == "setup":
                files.add(test.partition("::")[0])
        return [test for test in self.reach.seconds if test in tests or test.partition("::")[0] in files]


@dataclass
class _Running:
    mutant: Mutant
    source: Source
    answer: Path
    started: float
    rest_limit_s: float
    rested_s: float = 0
    looked: float = field(default_factory=time.monotonic)

    def rests_too_long(self, group: int, now: float) -> bool:
        """Whether it has done nothing for too long. A machine that does other things makes no mutant slow."""
        if now - self.looked >= _LOOKS_EVERY_S:
            self.rested_s += now - self.looked if rests(group) else 0
            self.looked = now
        return self.rested_s > self.rest_limit_s


def try_all(
    work: Iterable[tuple[Source, Mutant]], tests: Tests, jobs: int, note: Callable[[Verdict], None], folder: Path
) -> None:
    """Every mutant of `work` is tried out, `jobs` at a time."""
    warm(tests.reach.packages)
    running: dict[int, _Running] = {}
    try:
        for source, mutant in work:
            wanted = tests.of(mutant)
            if not wanted:
                note(_verdict(source, mutant, "alive", "no test reaches it", 0))
                continue
            while len(running) >= jobs:
                _reap(running, note)
            limit = _LEAST_SECONDS + int(_TIMES_LONGER * sum(tests.reach.seconds[test] for test in wanted))
            answer = folder / f"answer-{source.path.replace('/', '-')}-{mutant.number}"
            pid = _fork(_trial(source, mutant, wanted, tests.reach, limit, answer), None)
            running[pid] = _Running(mutant, source, answer, time.monotonic(), _TIMES_RESTING * limit)
        while running:
            _reap(running, note)
    finally:
        for pid in running:
            _end(pid)


def _trial(
    source: Source, mutant: Mutant, wanted: Sequence[str], reach: Reach, limit: int, answer: Path
) -> Callable[[], int]:
    return lambda: try_out(source.path, source.text_of(mutant), wanted, reach, limit, answer)


def _reap(running: dict[int, _Running], note: Callable[[Verdict], None]) -> None:
    """Take in the mutants whose processes ended, and end those that run too long; wait where there are none."""
    now, found = time.monotonic(), False
    for pid, one in list(running.items()):
        done, status = os.waitpid(pid, os.WNOHANG)
        if not done and not one.rests_too_long(pid, now):
            continue
        found = True
        outcome = "timeout"
        if done:
            exit_code = os.waitstatus_to_exitcode(status)
            # A signal that is not ours, such as a stack that overflowed, is no test that passed.
            outcome = (
                "timeout" if exit_code in (-signal.SIGXCPU, -signal.SIGKILL) else _OUTCOMES.get(exit_code, "killed")
            )
        _end(pid, waited=bool(done))
        noticed = one.answer.read_text(encoding="utf-8") if one.answer.exists() and outcome == "killed" else ""
        one.answer.unlink(missing_ok=True)
        del running[pid]
        note(_verdict(one.source, one.mutant, outcome, noticed, now - one.started))
    if not found:
        time.sleep(0.005)


def _verdict(source: Source, mutant: Mutant, outcome: str, noticed_by: str, seconds: float) -> Verdict:
    return Verdict(
        mutant.path, mutant.number, mutant.scope, mutant.line, outcome, source.difference(mutant), noticed_by, seconds
    )


def _fork(work: Callable[[], int], log: Path | None) -> int:
    """The id of a new process that does `work`, silent or with its output in `log`, and ends with what it returns."""
    pid = os.fork()
    if pid:
        return pid
    code = KILLED
    try:
        target = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(target, 1)
        os.dup2(target, 2)
        code = work()
    except BaseException:  # noqa: BLE001 - nothing of a copied process may reach its caller
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wait(pid: int) -> None:
    os.waitpid(pid, 0)


def _end(pid: int, *, waited: bool = False) -> None:
    """Nothing of a mutant's process group runs on."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    if not waited:
        os.waitpid(pid, 0)


def _paths(room: Room) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in room.files()]


def scratch() -> Path:
    """An empty folder for what processes tell each other; whoever asks removes it."""
    return Path(tempfile.mkdtemp(prefix="blockmrs-mutants-"))


def clear(folder: Path) -> None:
    """Remove what `scratch` made."""
    shutil.rmtree(folder, ignore_errors=True)
