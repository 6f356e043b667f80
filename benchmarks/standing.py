"""A save of a record that others read from now on: what each standing reader adds, in the processor's time.

Two people save reports about themselves in turn, with as many before. Nobody reads the one's record; ten hospitals get
the other's. A save that is given is filled with covers, so that ten readers cost what a block of 16 transactions does.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from benchmarks.installation import Installation, a_report, install
from benchmarks.measure import Samples
from blockmrs.chain.lines import one_time_seed_at, slot_at
from blockmrs.chain.transaction import Kind, seal_transaction
from blockmrs.config.assembly import utc_now
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.people.persons import ME

READERS = 10
EACH_MS = 1.0
"""The most that a standing reader may add to a save."""
_EARLIER = 5


@dataclass(frozen=True, slots=True)
class StandingTimes:
    """Seconds of the processor's time: "none" and "ten" of a save with so many readers, "seal" of one transaction."""

    samples: Samples

    @property
    def each_ms(self) -> float:
        """What each reader adds: the median over the rounds."""
        pairs = zip(self.samples.seconds["ten"], self.samples.seconds["none"], strict=True)
        added = sorted(ten - none for ten, none in pairs)
        return added[len(added) // 2] * 1000 / READERS


def measure_standing(folder: Path, rounds: int) -> StandingTimes:
    """In each round a save by the one, a save by the other, and the sealing of one transaction, in turning order."""
    installation = install(folder)
    try:
        none, ten = installation.person("Ada Alone"), installation.person("Ben Read")
        _let_read(installation, ten)
        tasks = {
            "none": lambda: _save(installation, none),
            "ten": lambda: _save(installation, ten),
            "seal": lambda: _seal(installation, none),
        }
        for task in tasks.values():
            for _ in range(_EARLIER):
                task()
        seconds: dict[str, list[float]] = {name: [] for name in tasks}
        for number in range(rounds):
            names = list(tasks)
            for name in names[number % 3 :] + names[: number % 3]:
                seconds[name].append(_processor_s(tasks[name]))
        return StandingTimes(Samples(seconds))
    finally:
        installation.close()


def report_standing(times: StandingTimes) -> list[str]:
    """What each adds, against the limit and against the sealing of a transaction."""
    samples, each, seal = times.samples, times.each_ms, times.samples.median_ms("seal")
    none, ten = samples.median_ms("none"), samples.median_ms("ten")
    return [
        f"  with {READERS} standing readers / with none         {samples.ratio('ten', 'none')}",
        f"  each reader adds / one sealed transaction {each / seal:.1f}",
        f"    (each adds {each:.2f} ms, of at most {EACH_MS:.0f}; with none {none:.1f} ms, with {READERS} {ten:.1f} ms,"
        f" a sealed transaction {seal:.2f} ms)",
    ]


def _let_read(installation: Installation, actor: Actor) -> None:
    services, until = installation.services, utc_now() + timedelta(days=30)
    for number in range(READERS):
        installation.member(f"Hospital {number}")
    for organisation in services.organisations.directory()[:READERS]:
        services.from_now_on.begin(actor, ME, organisation.card_id, "care", until, ("reports",))


def _save(installation: Installation, actor: Actor) -> None:
    services = installation.services
    report = replace(a_report(), origin="home")
    with services.readings.one():  # As in a request.
        services.reports.save(actor, secrets.token_hex(16), report, person=services.people.find(actor, ME))


def _seal(installation: Installation, actor: Actor) -> None:
    keyring, line_key = actor.keyring, secrets.token_bytes(32)
    seal_transaction(
        Kind.COVER,
        {},
        author=keyring.card.id,
        signing_seed=keyring.signing_seed,
        recipient=keyring.card.id,
        recipient_key=keyring.card.sealing_key,
        slot=slot_at(line_key, 0),
        one_time_seed=one_time_seed_at(line_key, 0),
        chain_id=installation.foundation.ledger.chain_id,
    )


def _processor_s(task: Callable[[], None]) -> float:
    start = time.process_time()
    task()
    return time.process_time() - start
