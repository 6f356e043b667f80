"""`make mutants`: how many small mistakes in the rooms that matter most a test would notice (docs/testing.md).

    python -m tools.mutants                   all rooms, on with what is left of an earlier run
    python -m tools.mutants chain --jobs 1    one room, one process at a time
    python -m tools.mutants chain --again     what lives, under tests that changed since
    python -m tools.mutants --only-show       what is known so far

Of a room that has more mutants than `--most`, so many are drawn, the same each time.
"""

import argparse
import random
import signal
import sys
import time

from tools.mutants.making import Mutant, Source, functions_of, read_source
from tools.mutants.report import reasons, show
from tools.mutants.rooms import ROOMS
from tools.mutants.running import Tests, clear, scratch, try_all
from tools.mutants.session import Session, Verdict

SEED = 20261130
MOST = 1000


def main() -> int:
    """Try out what is left, and print the table and what lives."""
    options = _options()
    # Also then no mutant runs on.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    results: dict[str, list[Verdict]] = {}
    sources: list[Source] = []
    totals: dict[str, int] = {}
    for name in options.rooms:
        room = ROOMS[name]
        session = Session(name, room, again=options.again and not options.only_show)
        found = [read_source(path) for path in room.files()]
        pairs = [(source, mutant) for source in found for mutant in source.mutants]
        totals[name] = len(pairs)
        # Drawn the same for everybody, and no secret: what was tried so far is a fair sample of all.
        random.Random(options.seed).shuffle(pairs)  # noqa: S311 - a sample, no secret
        pairs = pairs[: options.most]
        if not options.only_show:
            _try(name, _left(pairs, session, options.file), session, options.jobs)
        wanted = {(mutant.path, mutant.number) for _, mutant in pairs}
        results[name] = [verdict for verdict in session.verdicts() if (verdict.path, verdict.number) in wanted]
        sources += found
    print(show(results, totals, reasons(), list(functions_of(sources))))
    return 0


def _options() -> argparse.Namespace:
    """What the command asks for; `rooms` are those to do."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants")
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"one of {', '.join(ROOMS)}; none for all")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (2)")
    parser.add_argument("--most", type=int, default=MOST, help=f"draw so many of a room that has more ({MOST})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"which are drawn ({SEED})")
    parser.add_argument("--file", default="", help="only modules whose path ends so")
    parser.add_argument("--again", action="store_true", help="keep what is dead; try out again what is not")
    parser.add_argument("--only-show", action="store_true", help="try out nothing")
    options = parser.parse_args()
    options.rooms = options.rooms or list(ROOMS)
    if unknown := set(options.rooms) - set(ROOMS):
        parser.error(f"no such room: {', '.join(sorted(unknown))}")
    return options


def _left(pairs: list[tuple[Source, Mutant]], session: Session, file: str) -> list[tuple[Source, Mutant]]:
    """Those without a verdict, of the modules whose path ends with `file`."""
    done = {(verdict.path, verdict.number) for verdict in session.verdicts()}
    named = [pair for pair in pairs if pair[1].path.endswith(file)]
    return [pair for pair in named if (pair[1].path, pair[1].number) not in done]


def _try(name: str, left: list, session: Session, jobs: int) -> None:
    if not left:
        return
    folder, started, count = scratch(), time.monotonic(), 0

    def note(verdict: Verdict) -> None:
        nonlocal count
        session.note(verdict)
        count += 1
        if count % 25 == 0 or count == len(left):
            print(f"{name}: {count} of {len(left)} ({(time.monotonic() - started) / 60:.1f} min)", flush=True)

    try:
        print(f"{name}: {len(left)} mutants to try", flush=True)
        try_all(left, Tests(ROOMS[name], session.reach), jobs, note, folder)
    finally:
        clear(folder)


if __name__ == "__main__":
    sys.exit(main())
