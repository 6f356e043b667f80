"""A save of one report against its floor, and against an RSA-4096 key pair per update."""

from dataclasses import replace
from pathlib import Path

from benchmarks.counting import Step, counted_steps, wal_commits, wal_file
from benchmarks.floor import EARLIER_REPORTS, Floor, check_list
from benchmarks.installation import Installation, install
from benchmarks.measure import Samples, interleave, repeat
from benchmarks.rsa import write_update
from benchmarks.syncs import compare_syncs, count_syncs


class Drifted(Exception):
    """The floor is no longer the floor of what a save does, or a save does less than it must."""


def count_steps(folder: Path) -> list[Step]:
    """What one save does, in order, with the sizes of what it writes; Drifted if the floor's list says otherwise."""
    installation = install(folder)
    database_file = folder / "blockmrs.db"
    coach = installation.coach(EARLIER_REPORTS)
    before = wal_file(database_file).stat().st_size
    with counted_steps() as steps:
        installation.save(coach)
    commits = wal_commits(database_file, before)
    installation.close()
    if difference := check_list(steps):
        raise Drifted(difference)
    places = [number for number, step in enumerate(steps) if step.name in ("ledger", "rows")]
    if len(commits) != len(places):
        raise Drifted(f"a save committed {len(commits)} times, not {len(places)}")
    for place, size_bytes in zip(places, commits, strict=True):
        steps[place] = replace(steps[place], size_bytes=size_bytes)
    return steps


def check_syncs(folder: Path, steps: list[Step]) -> list[str]:
    """Lines that say what each makes the disk keep; Drifted if the real save makes it keep less than its floor."""
    real, floor = count_syncs("real", folder / "real", steps), count_syncs("floor", folder / "floor", steps)
    if difference := compare_syncs(real, floor):
        raise Drifted(difference)
    counts = sorted(len(save) for save in real)
    return [
        f"  fsync and fdatasync calls, counted with strace: real {counts[0]} to {counts[-1]}, floor {len(floor[0])}",
        f"    floor: {', '.join(floor[0])}",
        f"    real:  {', '.join(real[0])}",
    ]


def measure_save(folder: Path, steps: list[Step], rounds: int) -> Samples:
    """Seconds of "save", "floor" and "rsa", in interleaved rounds."""
    installation = install(folder / "real")
    floor = Floor(folder / "floor", steps)
    # Each round has a coach of its own, so that every save finds lines of the same length.
    coaches = [installation.coach(EARLIER_REPORTS) for _ in range(rounds)]
    floor.run()
    _warm(installation)
    try:
        return interleave(
            rounds,
            {
                "save": lambda number: lambda: installation.save(coaches[number]),
                "floor": repeat(floor.run),
                "rsa": repeat(write_update),
            },
        )
    finally:
        floor.close()
        installation.close()


def report_save(samples: Samples, steps: list[Step]) -> list[str]:
    """The lines about the save."""
    writes = {step.name: step.size_bytes for step in steps if step.name in ("object", "head", "ledger", "rows")}
    calls = len(steps) - len(writes)
    return [
        f"  save / floor                              {samples.ratio('save', 'floor')}",
        f"  RSA-4096 key pair per update / save       {samples.ratio('rsa', 'save')}",
        f"  floor: {calls} calls of cryptography; bytes written: "
        + ", ".join(f"{name} {size:,}" for name, size in writes.items()),
    ]


def _warm(installation: Installation) -> None:
    coach = installation.coach(2)
    for _ in range(3):
        installation.save(coach)
