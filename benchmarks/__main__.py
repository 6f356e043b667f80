"""`python -m benchmarks`: print what things cost, as ratios; exit 1 if a save syncs less often than its floor."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.own_time import measure_own_time, report_own_time
from benchmarks.pages import measure_pages, report_pages
from benchmarks.paint import measure_paint, report_paint
from benchmarks.reading import measure_reading, report_reading
from benchmarks.record import measure_record, report_record
from benchmarks.rights import PLAYERS_FOR_200, measure_rights, report_rights
from benchmarks.save import Drifted, check_syncs, count_steps, measure_save, report_save
from benchmarks.selections import SIZES, measure_giving, report_giving
from benchmarks.sharing import measure_sharing, report_sharing
from benchmarks.standing import measure_standing, report_standing
from benchmarks.startup import measure_start, report_start
from benchmarks.syncs import CannotCount

SHORT_CHAIN, LONG_CHAIN, ENTRIES = 100, 10_000, 1000


def main(arguments: list[str] | None = None) -> int:
    """Run everything; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What things cost, as ratios.")
    parser.add_argument("--rounds", type=int, default=15, help="interleaved rounds of each measurement (15)")
    parser.add_argument("--long-chain", type=int, default=LONG_CHAIN, help="transactions of the long chain (10,000)")
    parser.add_argument("--entries", type=int, default=ENTRIES, help="entries of the long record (1,000)")
    parser.add_argument("--folder", type=Path, default=Path("build"), help="a disk to write on (build/)")
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=chosen.folder) as folder:
        try:
            _run(Path(folder).absolute(), chosen.rounds, chosen.long_chain, chosen.entries)
        except (Drifted, CannotCount) as error:
            print(f"FAILED: {error}", file=sys.stderr)
            return 1
    return 0


def _run(folder: Path, rounds: int, long_chain: int, entries: int) -> None:
    print(f"Ratios: median of {rounds} interleaved rounds (half of the rounds lie between the numbers in brackets).")
    print(f"Machine: {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    steps = count_steps(folder / "counting")
    _say("Save of one report, the whole service call", check_syncs(folder, steps))
    samples = measure_save(folder / "save", steps, rounds)
    _say("", report_save(samples, steps))
    reading = measure_reading(folder / "reading", SHORT_CHAIN, long_chain, rounds)
    _say("The chain's length", report_reading(reading, SHORT_CHAIN, long_chain))
    _say("Sharing, the whole service call", report_sharing(measure_sharing(folder / "sharing", rounds)))
    standing = measure_standing(folder / "standing", rounds)
    _say("A save that others read from now on, the processor's time", report_standing(standing))
    _say("Giving a whole record, the service call", report_giving(measure_giving(folder / "giving", SIZES, rounds)))
    _say("Pages, in process", report_pages(measure_pages(folder / "pages", rounds)))
    _say("Budgets of the advice, the processor's time", report_own_time(measure_own_time(folder / "own", rounds)))
    _say("The record's page, the processor's time", report_record(measure_record(folder / "record", entries, rounds)))
    times = measure_rights(folder / "rights", PLAYERS_FOR_200, max(3, rounds // 3))
    _say("Everybody's rights on one page, the processor's time", report_rights(times))
    _say(
        "Start of the server, after the first time", report_start(measure_start(folder / "start", max(3, rounds // 3)))
    )
    _say("First paint on a slow phone and line", report_paint(measure_paint(folder / "paint", rounds)))


def _say(title: str, lines: list[str]) -> None:
    if title:
        print(f"\n{title}")
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    sys.exit(main())
