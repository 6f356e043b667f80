"""To share a report, to read the inbox that it came to, and to stop the share, each against its own floor.

The floor of each is counted at every run, as that of a save is: its calls of `cryptography` and its durable writes, in
their order and sizes, and nothing else. Each is done by people who have done nothing else before: one report, one
organisation, one share.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

from benchmarks.counting import Step, counted_steps
from benchmarks.floor import Floor
from benchmarks.installation import Coach, Installation, install
from benchmarks.measure import Samples, Task, interleave, repeat
from blockmrs.config.assembly import utc_now
from blockmrs.services.accounts.actor import Actor

CHECKS = ("check point", "check sealing key")
"""Of other people's cards; a floor checks nothing."""
WRITES = ("object", "head", "ledger", "rows")
_numbers = count()


@dataclass(slots=True)
class _Case:
    """A coach's report, and the clinician of an organisation that may get it."""

    installation: Installation
    coach: Coach
    clinician: Actor
    organisation: bytes
    address: str
    share_id: str = ""

    def share(self) -> None:
        until = utc_now() + timedelta(days=30)
        sharing, coach = self.installation.services.sharing, self.coach.actor
        self.share_id = sharing.grant(coach, self.address, self.organisation, "care", until).share_id

    def read_inbox(self) -> None:
        self.installation.services.inbox.first(self.clinician, None, [])

    def stop(self) -> None:
        self.installation.services.sharing.stop(self.coach.actor, self.address, self.share_id)


ACTIONS: dict[str, Callable[[_Case], None]] = {"share": _Case.share, "inbox": _Case.read_inbox, "stop": _Case.stop}


@dataclass(frozen=True, slots=True)
class SharingTimes:
    """Seconds of each action and of its floor (its name with " floor"), and what each floor consists of."""

    samples: Samples
    steps: dict[str, list[Step]]


def count_actions(folder: Path) -> dict[str, list[Step]]:
    """What each action does, in order, with the sizes of what it writes."""
    # Each in a new one: SQLite's log grows with each commit, until it begins anew.
    return {name: _count(folder / name, name) for name in ACTIONS}


def measure_sharing(folder: Path, rounds: int) -> SharingTimes:
    """Each action by new people in each round, beside its floor."""
    steps = count_actions(folder / "counting")
    installation = install(folder / "real")
    floors = {name: Floor(folder / f"floor of {name}", of) for name, of in steps.items()}
    tasks: dict[str, Callable[[int], Task]] = {}
    for name, floor in floors.items():
        floor.run()
        _ready(installation, name)()
        tasks[name] = partial(_task, installation, name)
        tasks[f"{name} floor"] = repeat(floor.run)
    try:
        return SharingTimes(interleave(rounds, tasks), steps)
    finally:
        for floor in floors.values():
            floor.close()
        installation.close()


def report_sharing(times: SharingTimes) -> list[str]:
    """The lines about sharing."""
    lines = []
    for name, steps in times.steps.items():
        written = ", ".join(f"{step.name} {step.size_bytes:,}" for step in steps if step.name in WRITES) or "nothing"
        calls = sum(step.name not in WRITES for step in steps)
        lines += [
            f"  {f'{name} / floor':<41} {times.samples.ratio(name, f'{name} floor')}",
            f"    floor: {calls} calls of cryptography; bytes written: {written}",
        ]
    return lines


def _count(folder: Path, name: str) -> list[Step]:
    installation = install(folder)
    # Once before: what is loaded at first use is no part of it.
    _ready(installation, name)()
    action = _ready(installation, name)
    with counted_steps(folder / "blockmrs.db") as steps:
        action()
    installation.close()
    return [step for step in steps if step.name not in CHECKS]


def _task(installation: Installation, name: str, _number: int) -> Task:
    return _ready(installation, name)


def _ready(installation: Installation, name: str) -> Task:
    """The action, for people for whom all is ready."""
    organisation, directory = f"Hospital {next(_numbers)}", installation.services.organisations.directory
    clinician, coach = installation.member(organisation), installation.coach(0)
    card_id = next(entry.card_id for entry in directory() if entry.name == organisation)
    case = _Case(installation, coach, clinician, card_id, installation.save(coach).address)
    if name != "share":
        case.share()
    return lambda: ACTIONS[name](case)
