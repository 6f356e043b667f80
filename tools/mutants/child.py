"""Tests in a process of their own: first all of a room as they are, to see what they reach; then some on one mutant.

Each process is a copy of one that has everybody else's packages in memory, and imports BlockMRS and the tests anew. So
a mutant costs what its tests cost, and nothing that one leaves behind is there for the next.
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from hypothesis import Phase, settings

from tools.mutants.rooms import ROOT, Room

OURS = ("blockmrs", "tests")
ALIVE, KILLED, STILLBORN = 0, 1, 77
_MEMORY_BYTES = 4 * 1024**3
_FILE_BYTES = 256 * 1024**2
# Nobody reads what an assertion found: that it failed is enough.
_OPTIONS = ("-q", "-x", "-p", "no:cacheprovider", "--no-header", "--assert=plain", "--tb=no")


@dataclass
class Reach:
    """What the room's tests did as they are.

    `seconds`: of processor time, by test. `packages` and `modules`: what they loaded of others, and of BlockMRS.
    """

    passed: bool
    seconds: dict[str, float] = field(default_factory=dict)
    packages: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)


class _Changed(SourceFileLoader, MetaPathFinder):
    """Finds one module, and gives it another text than its file has."""

    def __init__(self, path: str, text: str) -> None:
        name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        super().__init__(name, str(ROOT / path))
        self._text = text

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        return spec_from_file_location(fullname, self.path, loader=self)

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._text, self.path, "exec", dont_inherit=True)


class _Watch:
    """Runs only the tests asked for, those of quick files first; notes how long each took, and which failed."""

    def __init__(self, wanted: Sequence[str] | None, seconds: dict[str, float]) -> None:
        self.seconds: dict[str, float] = {}
        self.failed = ""
        self._wanted = None if wanted is None else set(wanted)
        self._known = seconds

    def pytest_collection(self) -> None:
        # Before any test is imported, and after their conftest. The same examples each time; the smallest that fails
        # is of no interest.
        phases = [phase for phase in Phase if phase not in (Phase.shrink, Phase.explain, Phase.reuse)]
        settings.register_profile("mutants", parent=settings(), derandomize=True, database=None, phases=phases)
        settings.load_profile("mutants")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._wanted is None:
            return
        items[:] = [item for item in items if item.nodeid in self._wanted]
        files: dict[str, list[float]] = {}
        for item in items:
            files.setdefault(item.path.name, []).append(self._known.get(item.nodeid, 0))
        # By what a test of the file takes on the average: of two that notice, the cheaper one is asked.
        means = {name: sum(seconds) / len(seconds) for name, seconds in files.items()}
        items.sort(key=lambda item: (means[item.path.name], item.path.name, self._known.get(item.nodeid, 0)))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        before = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.process_time() - before

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def measure(room: Room, coverage_file: Path, answer: Path) -> int:
    """Run all tests of a room as they are, and write a `Reach` to `answer`; which lines they reach to `coverage_file`.

    For a forked process.
    """
    os.setpgid(0, 0)
    os.environ["COVERAGE_FILE"] = str(coverage_file)
    watch = _Watch(None, {})
    names = sorted({path.relative_to(ROOT).parts[0] for path in room.files()})
    coverage = [f"--cov={name}" for name in names]
    code = pytest.main([*_OPTIONS, *coverage, "--cov-context=test", "--cov-report=", *room.tests], plugins=[watch])
    loaded = [name for name in sys.modules if name.partition(".")[0] not in (*OURS, "tools", "__main__", "conftest")]
    modules = [name for name in sys.modules if name.partition(".")[0] == "blockmrs"]
    reach = Reach(code == 0, watch.seconds, loaded, modules)
    answer.write_text(json.dumps(vars(reach)), encoding="utf-8")
    return 0


def warm(packages: Sequence[str]) -> None:
    """Everybody else's packages are in memory."""
    for name in packages:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    # Copied processes look for garbage among their own things only.
    gc.collect()
    gc.freeze()


def try_out(path: str, text: str, tests: Sequence[str], reach: Reach, seconds: int, answer: Path) -> int:
    """ALIVE, KILLED or STILLBORN: what `tests` say of the module at `path` with another text. For a forked process.

    The tests that are named after the module come first, in a copy of this process: most mutants end there, before the
    other files are even read. The name of the test that failed is in `answer`.
    """
    # A group that can be ended as a whole; no session: that would not have the priority that a run was given.
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    sys.meta_path.insert(0, _Changed(path, text))
    for name in reach.modules:
        try:
            importlib.import_module(name)
        except BaseException:  # noqa: BLE001 - whatever a mutant raises
            return STILLBORN
    own = f"/test_{Path(path).stem}.py::"
    first = [test for test in tests if own in test]
    rest = [test for test in tests if own not in test]
    if first and rest:
        pid = os.fork()
        if not pid:
            os._exit(_run(first, reach, answer))
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code < 0:
            os.kill(os.getpid(), -code)  # It ran for too long, or fell over: so did this one.
        if code != ALIVE:
            return KILLED
        return _run(rest, reach, answer)
    return _run(tests, reach, answer)


def _run(tests: Sequence[str], reach: Reach, answer: Path) -> int:
    watch = _Watch(tests, reach.seconds)
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a folder of its own in it
    with tempfile.TemporaryDirectory(prefix="blockmrs-mutant-", dir=place, ignore_cleanup_errors=True) as folder:
        tempfile.tempdir = folder
        files = sorted({test.partition("::")[0] for test in tests})
        code = pytest.main([*_OPTIONS, f"--basetemp={folder}/base", *files], plugins=[watch])
    answer.write_text(watch.failed or "while the tests were collected", encoding="utf-8")
    return ALIVE if code == 0 else KILLED
